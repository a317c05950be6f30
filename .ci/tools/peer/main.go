// Command peer measures, on the same machine and in the same minutes, what
// another durable engine needs for the same work (go-workflows on SQLite) and
// what the machine itself allows: one fsync, one SQLite row durable. It prints
// lines of the form of Go benchmarks, so that the table treats all alike.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/cschleiden/go-workflows/client"
	"github.com/cschleiden/go-workflows/workflow"
	"github.com/google/uuid"
)

func step(context.Context) (int, error) { return 1, nil }

// sequence is five automatic steps, each durable by itself: their activities
// cannot be fused, as our pure nodes can.
func sequence(ctx workflow.Context) (int, error) {
	sum := 0
	for range 5 {
		n, err := workflow.ExecuteActivity[int](ctx, workflow.DefaultActivityOptions, step).Get(ctx)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func main() {
	dir, err := os.MkdirTemp("", "fluxo-peer-")
	check(err)
	defer os.RemoveAll(dir)
	fsync(dir)
	rows(dir)
	for _, clients := range []int{1, 32} {
		peer(dir, clients)
	}
	more(dir)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

// report prints one line: operations per second and the 50th and 99th
// percentile in milliseconds.
func report(name string, took []time.Duration, total time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000
	}
	fmt.Printf("Benchmark%s %d %.0f ns/op %.1f ops/s %.3f p50-ms %.3f p99-ms\n",
		name, len(took), float64(total.Nanoseconds())/float64(len(took)),
		float64(len(took))/total.Seconds(), at(0.5), at(0.99))
}

// load runs n operations by a closed loop of clients.
func load(name string, clients, n int, operation func(i int) error) {
	took := make([]time.Duration, n)
	next := make(chan int)
	var work sync.WaitGroup
	start := time.Now()
	for range clients {
		work.Add(1)
		go func() {
			defer work.Done()
			for i := range next {
				from := time.Now()
				check(operation(i))
				took[i] = time.Since(from)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	work.Wait()
	report(name, took, time.Since(start))
}

func fsync(dir string) {
	f, err := os.Create(filepath.Join(dir, "log"))
	check(err)
	defer f.Close()
	line := make([]byte, 512)
	load("LimitFsync", 1, 500, func(int) error {
		if _, err := f.Write(line); err != nil {
			return err
		}
		return f.Sync()
	})
}

func rows(dir string) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "rows.db")+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	check(err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec("CREATE TABLE rows (id TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID")
	check(err)
	body := make([]byte, 1024)
	load("LimitSQLiteRow", 1, 500, func(int) error {
		_, err := db.Exec("INSERT INTO rows VALUES (?, ?)", uuid.NewString(), body)
		return err
	})
	load("LimitSQLiteBatch100", 1, 50, func(int) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		for range 100 {
			if _, err := tx.Exec("INSERT INTO rows VALUES (?, ?)", uuid.NewString(), body); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

func peer(dir string, clients int) {
	engine(dir, fmt.Sprintf("peer-%d", clients), func(ctx context.Context, c *client.Client) {
		load(fmt.Sprintf("PeerGoWorkflowsSQLite/clients=%d", clients), clients, 20+10*clients, func(int) error {
			instance, err := begin(ctx, c, sequence)
			if err != nil {
				return err
			}
			return result(ctx, c, instance)
		})
	})
}
