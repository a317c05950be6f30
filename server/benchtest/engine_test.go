package benchtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/effect"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/host/hosttest"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/engine/store/sqlitestore"
	"github.com/fluxo-app/fluxo/engine/task"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// movable is the machine's clock plus an offset: what is due in a day is made
// due in seconds once everything is parked, however long parking took.
type movable struct {
	clock.System
	ahead atomic.Int64
}

func (m *movable) Now() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) }

// engine is a host with its loops, outside a server.
type engine struct {
	host  *host.Host
	tasks *task.Service
	world *hosttest.World
	clock *movable
	db    *sqlitedb.DB // nil in memory

	ended sync.Map // run -> chan struct{}, closed at its end
	open  sync.Map // run -> id of its task
	late  func(time.Duration)
}

type acceptor struct{ *host.Host }

var kinds = []string{"memory", "sqlite"}

func newEngine(b *testing.B, kind, definition string) *engine {
	b.Helper()
	e := &engine{world: hosttest.NewWorld(), clock: &movable{}, late: func(time.Duration) {}}
	now := func() core.Instant { return clock.Now(e.clock) }
	var s store.Store = memstore.New(memstore.Options{Now: now})
	if kind == "sqlite" {
		// Options left out mean synchronous=FULL: an answer follows its fsync.
		db, err := sqlitedb.Open(b.Context(), filepath.Join(b.TempDir(), "fluxo.db"), sqlitedb.Options{})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, db.Close()) })
		e.db = db
		s, err = sqlitestore.New(b.Context(), db, sqlitestore.Options{Now: now})
		require.NoError(b, err)
	}
	_, err := e.world.Define(definition)
	require.NoError(b, err)
	link := &acceptor{}
	effects := effect.New(effect.Options{Store: s, Acceptor: link, Performers: robot.NewCatalog(hosttest.Robot{Key: "noop"}), Clock: e.clock, Slots: 256})
	timers := timer.New(timer.Options{Store: s, Acceptor: link, Clock: e.clock, Lateness: func(_ string, by time.Duration) { e.late(by) },
		Warm: func(ctx context.Context, runs []core.RunID) { e.host.Warm(ctx, runs) }})
	e.tasks = task.New(task.Options{Store: s, Acceptor: link, Clock: e.clock})
	e.host = host.New(host.Options{Store: s, Graphs: e.world, Facts: e.world, Resolver: e.world, Clock: e.clock, Immediate: true, Effects: effects,
		Observers: []host.Observer{func(_ context.Context, c host.Committed) {
			for _, t := range c.Timers {
				timers.Armed(t)
			}
			for _, t := range c.Tasks {
				e.open.Store(c.Run.ID, t.ID)
			}
			if store.Ended(c.Run.Status) {
				if done, ok := e.ended.LoadAndDelete(c.Run.ID); ok {
					close(done.(chan struct{}))
				}
			}
		}}})
	link.Host = e.host
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, run := range []func(context.Context) error{e.host.Run, effects.Run, timers.Run, e.tasks.Run} {
		all.Go(func() { _ = run(ctx) })
	}
	b.Cleanup(func() { cancel(); all.Wait() })
	return e
}

func runID(i int) core.RunID { return core.RunID(fmt.Sprintf("run-%07d", i)) }

// start starts a run and returns the channel that its end closes.
func (e *engine) start(id core.RunID, key string) (<-chan struct{}, error) {
	done := make(chan struct{})
	e.ended.Store(id, done)
	_, _, err := e.host.Start(context.Background(), host.StartRequest{ID: id, DefinitionKey: key})
	return done, err
}

// cost is what a store and a processor have spent.
type cost struct {
	writes, transactions, bytes int64
	cpu                         time.Duration
}

func (e *engine) cost(b *testing.B) cost {
	b.Helper()
	c := cost{cpu: cpuTime(b)}
	if e.db == nil {
		return c
	}
	c.writes, c.transactions = e.db.Stats().Ops, e.db.Stats().Batches
	require.NoError(b, e.db.Checkpoint(b.Context()))
	info, err := os.Stat(e.db.Path())
	require.NoError(b, err)
	c.bytes = info.Size()
	return c
}

// reportCost tells what each of n runs cost since before.
func (e *engine) reportCost(b *testing.B, before cost, n int) {
	b.Helper()
	after := e.cost(b)
	per := func(v int64) float64 { return float64(v) / float64(n) }
	b.ReportMetric(milliseconds(after.cpu-before.cpu)/float64(n), "cpu-ms/run")
	if e.db != nil {
		b.ReportMetric(per(after.writes-before.writes), "commits/run")
		b.ReportMetric(float64(n)/float64(max(1, after.transactions-before.transactions)), "runs/transaction")
		b.ReportMetric(per(after.bytes-before.bytes), "disk-bytes/run")
	}
}

// BenchmarkFiveSteps starts 1,000 runs of five automatic steps, each
// acknowledged when it is durable, and sees all of them finished.
func BenchmarkFiveSteps(b *testing.B) {
	const runs = 1000
	for _, kind := range kinds {
		for _, clients := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("store=%s/clients=%d", kind, clients), func(b *testing.B) {
				for range b.N {
					e := newEngine(b, kind, hosttest.Sequence("w1", 5, hosttest.Count))
					before := e.cost(b)
					took, total := closedLoop(b, clients, runs, func(_, i int) error {
						done, err := e.start(runID(i), "w1")
						if err == nil {
							<-done
						}
						return err
					})
					b.ReportMetric(rate(runs, total), "runs/s")
					quantiles(b, "", took)
					e.reportCost(b, before, runs)
				}
			})
		}
	}
}

// BenchmarkHumanWait starts a run that waits for a person, completes the task
// and sees the run finished.
func BenchmarkHumanWait(b *testing.B) {
	const runs = 500
	for _, kind := range kinds {
		for _, clients := range []int{1, 32} {
			b.Run(fmt.Sprintf("store=%s/clients=%d", kind, clients), func(b *testing.B) {
				for range b.N {
					e := newEngine(b, kind, hosttest.Sequence("w4", 1, `"kind":"userTask","config":{"assignee":"marta"}`))
					before := e.cost(b)
					decided := make([]time.Duration, runs)
					took, total := closedLoop(b, clients, runs, func(_, i int) error {
						done, err := e.start(runID(i), "w4")
						if err != nil {
							return err
						}
						id, ok := e.open.LoadAndDelete(runID(i))
						if !ok {
							return fmt.Errorf("run %s has opened no task", runID(i))
						}
						from := time.Now()
						if _, err := e.tasks.Complete(context.Background(), id.(string), task.Actor{User: "marta"}, task.Answer{}); err != nil {
							return err
						}
						decided[i] = time.Since(from)
						<-done
						return nil
					})
					b.ReportMetric(rate(runs, total), "runs/s")
					quantiles(b, "", took)
					quantiles(b, "decide-", decided)
					e.reportCost(b, before, runs)
				}
			})
		}
	}
}

// BenchmarkTimersDue parks runs until one moment and sees how late each goes on:
// alone in the store, and beside runs that are parked until next month.
func BenchmarkTimersDue(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("timers=%d", n), func(b *testing.B) {
			for range b.N {
				timersDue(b, n, 0)
			}
		})
	}
}

// BenchmarkTimersDueBesideParked is BenchmarkTimersDue in a store with 50,000
// parked runs, which were parked as any others.
func BenchmarkTimersDueBesideParked(b *testing.B) {
	for range b.N {
		timersDue(b, 10_000, 50_000)
	}
}

func timersDue(b *testing.B, n, parked int) {
	due := time.Now().Add(24 * time.Hour).Truncate(time.Millisecond)
	e := newEngine(b, "sqlite", hosttest.Sequence("w3", 1, `"kind":"catchEvent","trigger":{"timer":{"at":"`+due.UTC().Format(time.RFC3339Nano)+`"}}`))
	if parked > 0 {
		_, err := e.world.Define(hosttest.Sequence("later", 1, `"kind":"catchEvent","trigger":{"timer":{"after":"P30D"}}`))
		require.NoError(b, err)
		closedLoop(b, 64, parked, func(_, i int) error {
			_, _, err := e.host.Start(context.Background(), host.StartRequest{ID: runID(n + i), DefinitionKey: "later"})
			return err
		})
	}
	var mu sync.Mutex
	late := make([]time.Duration, 0, n)
	all := make(chan struct{})
	e.late = func(by time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		if late = append(late, by); len(late) == n {
			close(all)
		}
	}
	_, parking := closedLoop(b, 64, n, func(_, i int) error {
		_, _, err := e.host.Start(context.Background(), host.StartRequest{ID: runID(i), DefinitionKey: "w3"})
		return err
	})
	spent := cpuTime(b)
	// The loop reads what is due in the next 30 s once a second: leave it time to
	// see them coming, as timers do that were set long ago.
	const notice = 3 * time.Second
	e.clock.ahead.Store(int64(time.Until(due) - notice))
	select {
	case <-all:
	case <-time.After(notice + 2*time.Minute):
		mu.Lock()
		defer mu.Unlock()
		b.Fatalf("only %d of %d timers have fired", len(late), n)
	}
	spent = cpuTime(b) - spent
	slices.Sort(late)
	if late[0] < 0 {
		b.Fatalf("a timer fired %s early", -late[0])
	}
	b.ReportMetric(rate(n, parking), "parked/s")
	b.ReportMetric(milliseconds(spent)/float64(n), "cpu-ms/timer")
	quantiles(b, "late-", late)
	b.ReportMetric(milliseconds(late[n-1]), "late-max-ms")
}
