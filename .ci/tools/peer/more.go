package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cschleiden/go-workflows/backend"
	"github.com/cschleiden/go-workflows/backend/sqlite"
	"github.com/cschleiden/go-workflows/client"
	"github.com/cschleiden/go-workflows/worker"
	"github.com/cschleiden/go-workflows/workflow"
	"github.com/google/uuid"
)

// fork is ten activities side by side and a join.
func fork(ctx workflow.Context) (int, error) {
	var branches []workflow.Future[int]
	for range 10 {
		branches = append(branches, workflow.ExecuteActivity[int](ctx, workflow.DefaultActivityOptions, step))
	}
	sum := 0
	for _, branch := range branches {
		n, err := branch.Get(ctx)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// human waits for a signal and ends.
func human(ctx workflow.Context) (int, error) {
	n, _ := workflow.NewSignalChannel[int](ctx, "decide").Receive(ctx)
	return n, nil
}

// late collects how late timers fired.
var late struct {
	mu sync.Mutex
	by []time.Duration
}

// sleeper waits until a moment and notes when it goes on.
func sleeper(ctx workflow.Context, due time.Time) (int, error) {
	if _, err := workflow.ScheduleTimer(ctx, due.Sub(workflow.Now(ctx))).Get(ctx); err != nil {
		return 0, err
	}
	if !workflow.Replaying(ctx) {
		late.mu.Lock()
		late.by = append(late.by, time.Since(due))
		late.mu.Unlock()
	}
	return 1, nil
}

// engine starts a worker of the peer on a database of its own.
func engine(dir, name string, do func(ctx context.Context, c *client.Client)) (path string) {
	quiet := backend.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	path = filepath.Join(dir, name+".db")
	b := sqlite.NewSqliteBackend(path, sqlite.WithBackendOptions(quiet))
	ctx, cancel := context.WithCancel(context.Background())
	options := worker.Options{SingleWorkerMode: true}
	// Polling far below the default of 200 ms, so that waiting for the poll is not what is measured.
	options.WorkflowPollers, options.ActivityPollers = 2, 2
	options.WorkflowPollingInterval, options.ActivityPollingInterval = time.Millisecond, time.Millisecond
	w := worker.New(b, &options)
	for _, what := range []workflow.Workflow{sequence, fork, human, sleeper} {
		check(w.RegisterWorkflow(what))
	}
	check(w.RegisterActivity(step))
	check(w.Start(ctx))
	do(ctx, client.New(b))
	cancel()
	check(w.WaitForCompletion())
	check(b.Close())
	return path
}

func begin(ctx context.Context, c *client.Client, what workflow.Workflow, args ...any) (*workflow.Instance, error) {
	return c.CreateWorkflowInstance(ctx, client.WorkflowInstanceOptions{InstanceID: uuid.NewString()}, what, args...)
}

func result(ctx context.Context, c *client.Client, instance *workflow.Instance) error {
	_, err := client.GetWorkflowResult[int](ctx, c, instance, time.Minute)
	return err
}

// costs measures what a run of five activities takes besides time: processor,
// bytes that are kept and bytes that were written meanwhile.
func costs(dir string) {
	const n = 150
	var cpu time.Duration
	var written int64
	path := engine(dir, "costs", func(ctx context.Context, c *client.Client) {
		before, wrote := processor(), writes()
		load("PeerGoWorkflowsCosts", 32, n, func(int) error {
			instance, err := begin(ctx, c, sequence)
			if err != nil {
				return err
			}
			return result(ctx, c, instance)
		})
		cpu, written = processor()-before, writes()-wrote
	})
	info, err := os.Stat(path) // closed: the log is in the file
	check(err)
	fmt.Printf("BenchmarkPeerGoWorkflowsCosts %d %.3f cpu-ms/run %d disk-bytes/run %d written-bytes/run\n",
		n, float64(cpu.Microseconds())/1000/n, info.Size()/n, written/n)
}

// processor is the time that this process has computed so far.
func processor() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// writes is what this process has written to disks so far; 0 where nobody tells.
func writes() int64 {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		var n int64
		if _, err := fmt.Sscanf(line, "write_bytes: %d", &n); err == nil {
			return n
		}
	}
	return 0
}

func more(dir string) {
	costs(dir)
	engine(dir, "fork", func(ctx context.Context, c *client.Client) {
		load("PeerGoWorkflowsFork/clients=32", 32, 100, func(int) error {
			instance, err := begin(ctx, c, fork)
			if err != nil {
				return err
			}
			return result(ctx, c, instance)
		})
	})
	engine(dir, "human", func(ctx context.Context, c *client.Client) {
		took := make([]time.Duration, 100)
		began := time.Now()
		for i := range took {
			instance, err := begin(ctx, c, human)
			check(err)
			time.Sleep(20 * time.Millisecond) // until it waits
			from := time.Now()
			check(c.SignalWorkflow(ctx, instance.InstanceID, "decide", 1))
			check(result(ctx, c, instance))
			took[i] = time.Since(from)
		}
		report("PeerGoWorkflowsHuman", took, time.Since(began))
	})
	engine(dir, "timers", func(ctx context.Context, c *client.Client) {
		const n = 1000
		due := time.Now().Add(12 * time.Second)
		instances := make([]*workflow.Instance, n)
		for i := range instances {
			var err error
			instances[i], err = begin(ctx, c, sleeper, due)
			check(err)
		}
		if spare := time.Until(due); spare < 2*time.Second {
			fmt.Fprintf(os.Stderr, "peer: %s between the last start and the timers\n", spare)
		}
		for _, instance := range instances {
			check(result(ctx, c, instance))
		}
		slices.Sort(late.by)
		report("PeerGoWorkflowsTimers", late.by, time.Since(due))
	})
}
