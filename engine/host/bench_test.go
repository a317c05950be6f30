package host_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
	"github.com/fluxo-app/fluxo/engine/timer"
)

// wall is the machine's clock as a store's.
func wall() core.Instant { return clock.Now(clock.System{}) }

// engine is a host with its loops on the machine's clock.
type engine struct {
	host    *host.Host
	world   *hosttest.World
	effects *effect.Executor
	timers  *timer.Loop
	ended   sync.Map // run id -> chan struct{}
	late    func(time.Duration)
	path    string // of the database file, "" in memory
	db      *sqlitedb.DB
}

func openSQLite(tb testing.TB) (store.Store, *sqlitedb.DB, string) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "fluxo.db")
	db, err := sqlitedb.Open(context.Background(), path, sqlitedb.Options{})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	s, err := sqlitestore.New(context.Background(), db, sqlitestore.Options{Now: wall})
	require.NoError(tb, err)
	return s, db, path
}

func newEngine(tb testing.TB, sqlite bool) *engine {
	tb.Helper()
	e := &engine{world: hosttest.NewWorld(), late: func(time.Duration) {}}
	var s store.Store = memstore.New(memstore.Options{Now: wall})
	if sqlite {
		s, e.db, e.path = openSQLite(tb)
	}
	l := &acceptor{}
	e.effects = effect.New(effect.Options{Store: s, Acceptor: l, Performers: robot.NewCatalog(hosttest.Robot{Key: "noop"}), Clock: clock.System{}, Slots: 256})
	e.timers = timer.New(timer.Options{Store: s, Acceptor: l, Clock: clock.System{}, Lateness: func(_ string, by time.Duration) { e.late(by) }})
	e.host = host.New(host.Options{Store: s, Graphs: e.world, Facts: e.world, Resolver: e.world, Clock: clock.System{}, Immediate: true, Effects: e.effects,
		Observers: []host.Observer{func(_ context.Context, c host.Committed) {
			for _, t := range c.Timers {
				e.timers.Armed(t)
			}
			if store.Ended(c.Run.Status) {
				if done, ok := e.ended.LoadAndDelete(c.Run.ID); ok {
					close(done.(chan struct{}))
				}
			}
		}}})
	l.Host = e.host
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, run := range []func(context.Context) error{e.host.Run, e.effects.Run, e.timers.Run} {
		all.Go(func() { _ = run(ctx) })
	}
	tb.Cleanup(func() { cancel(); all.Wait() })
	return e
}

func (e *engine) define(tb testing.TB, text string) {
	tb.Helper()
	_, err := e.world.Define(text)
	require.NoError(tb, err)
}

// through starts a run and waits for its end.
func (e *engine) through(tb testing.TB, key string, id int64) {
	run := core.RunID(fmt.Sprintf("r%d", id))
	done := make(chan struct{})
	e.ended.Store(run, done)
	if _, _, err := e.host.Start(context.Background(), host.StartRequest{ID: run, DefinitionKey: key}); err != nil {
		tb.Error(err)
		return
	}
	<-done
}

// closedLoop drives b.N runs by so many clients and reports their times.
func (e *engine) closedLoop(b *testing.B, key string, clients int) {
	var next atomic.Int64
	times := make([]time.Duration, b.N)
	var all sync.WaitGroup
	before := e.spent(b)
	b.ResetTimer()
	for range clients {
		all.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				began := time.Now()
				e.through(b, key, i)
				times[i-1] = time.Since(began)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(times)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(float64(times[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[b.N*99/100].Microseconds())/1000, "p99-ms")
	if e.db == nil {
		return
	}
	after := e.spent(b)
	per := func(n int64) float64 { return float64(n) / float64(b.N) }
	b.ReportMetric(float64(b.N)/float64(max(1, after.batches-before.batches)), "runs/transaction")
	b.ReportMetric(per(after.cpu.Microseconds()-before.cpu.Microseconds())/1000, "cpu-ms/run")
	b.ReportMetric(per(after.written-before.written), "written-bytes/run")
	b.ReportMetric(per(after.kept-before.kept), "disk-bytes/run")
}

// spent is what a process and its database have used so far.
type spent struct {
	cpu                    time.Duration
	batches, kept, written int64
}

func (e *engine) spent(b *testing.B) (s spent) {
	b.Helper()
	if e.db == nil {
		return s
	}
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	s.cpu, s.batches, s.written = time.Duration(usage.Utime.Nano()+usage.Stime.Nano()), e.db.Stats().Batches, written()
	// What is kept is told by the file alone, once the log is in it.
	require.NoError(b, e.db.Checkpoint(b.Context()))
	info, err := os.Stat(e.path)
	require.NoError(b, err)
	s.kept = info.Size()
	return s
}

// written is what this process has written to disks so far; 0 where nobody tells.
func written() (n int64) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "write_bytes: %d", &n); err == nil {
			return n
		}
	}
	return 0
}

func benchmark(b *testing.B, sqlite bool, node string) {
	for _, clients := range []int{1, 32, 256} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			e := newEngine(b, sqlite)
			e.define(b, hosttest.Sequence("w1", 5, node))
			b.ReportAllocs()
			e.closedLoop(b, "w1", clients)
		})
	}
}

// W1: a run of five automatic nodes, acknowledged when it is durable.
func BenchmarkW1Memstore(b *testing.B) { benchmark(b, false, hosttest.Count) }

// W1 on the embedded store with full durability.
func BenchmarkW1SQLite(b *testing.B) { benchmark(b, true, hosttest.Count) }

// W1e: the same with five robots, each a durable effect.
func BenchmarkW1eMemstore(b *testing.B) { benchmark(b, false, hosttest.Noop) }

// W1e on the embedded store.
func BenchmarkW1eSQLite(b *testing.B) { benchmark(b, true, hosttest.Noop) }

const forkJoin = `"kind":"parallelGateway"`

// W2: a fork into ten robots and a join.
func BenchmarkW2SQLite(b *testing.B) {
	nodes, flows := "", ""
	for i := range 10 {
		nodes += fmt.Sprintf(`{"id":"b%d",%s},`, i, hosttest.Noop)
		flows += fmt.Sprintf(`{"id":"i%d","from":"fork","to":"b%d"},{"id":"o%d","from":"b%d","to":"join"},`, i, i, i, i)
	}
	e := newEngine(b, true)
	e.define(b, `{"format":"fluxo/process@1","key":"w2","name":"W2","nodes":[{"id":"begin","kind":"startEvent"},{"id":"fork",`+forkJoin+`},`+nodes+
		`{"id":"join",`+forkJoin+`},{"id":"end","kind":"endEvent"}],"flows":[{"id":"f1","from":"begin","to":"fork"},`+flows+`{"id":"f2","from":"join","to":"end"}]}`)
	b.ReportAllocs()
	e.closedLoop(b, "w2", 32)
}

// W3: b.N timers due in the same moment; how late they fire.
func BenchmarkTimersSQLite(b *testing.B) {
	e := newEngine(b, true)
	var mu sync.Mutex
	var late []time.Duration
	all := make(chan struct{})
	e.late = func(by time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		if late = append(late, by); len(late) == b.N {
			close(all)
		}
	}
	due := time.Now().Add(time.Duration(b.N)*time.Millisecond + 2*time.Second)
	e.define(b, `{"format":"fluxo/process@1","key":"w3","name":"W3","nodes":[{"id":"begin","kind":"startEvent"},
		{"id":"wait","kind":"catchEvent","trigger":{"timer":{"at":"`+due.UTC().Format(time.RFC3339Nano)+`"}}},{"id":"end","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"begin","to":"wait"},{"id":"f2","from":"wait","to":"end"}]}`)
	var starters sync.WaitGroup
	var next atomic.Int64
	for range 64 {
		starters.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				_, _, err := e.host.Start(context.Background(), host.StartRequest{ID: core.RunID(fmt.Sprintf("r%d", i)), DefinitionKey: "w3"})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	starters.Wait()
	if spare := time.Until(due); spare < 0 {
		b.Logf("parking took %s longer than until they were due", -spare)
	}
	b.ResetTimer()
	<-all
	b.StopTimer()
	slices.Sort(late)
	require.GreaterOrEqual(b, late[0], time.Duration(0), "never early")
	b.ReportMetric(float64(late[b.N/2].Milliseconds()), "late-p50-ms")
	b.ReportMetric(float64(late[b.N*99/100].Milliseconds()), "late-p99-ms")
	b.ReportMetric(float64(late[b.N-1].Milliseconds()), "late-max-ms")
}
