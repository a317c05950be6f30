package host_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// connection is one host's way to the shared store. It counts the host's commits
// and lets a test do something in the middle of one.
type connection struct {
	*memstore.Store
	mu            sync.Mutex // the host steps several runs at once
	commits, lost int
	amid          func()
}

func (c *connection) Commit(ctx context.Context, x store.Commit) (store.Run, error) {
	c.mu.Lock()
	amid := c.amid
	c.amid = nil
	c.mu.Unlock()
	if amid != nil {
		amid()
	}
	run, err := c.Store.Commit(ctx, x)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.lost++
	}
	c.commits++
	return run, err
}

// server is one process of several.
type server struct {
	connection *connection
	host       *host.Host
	members    *share.Members
	timers     *timer.Loop

	mu    sync.Mutex
	fires []string // runs whose timers it fired
}

// server starts a process beside those of the rig.
func (r *rig) server(name string) *server {
	s := &server{connection: &connection{Store: r.store}}
	s.members = share.New(share.Options{Store: r.store, Clock: r.clock, Owner: name, Lease: 5 * time.Second})
	s.host = host.New(host.Options{Store: s.connection, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: r.clock, Owner: name, Members: s.members})
	s.timers = timer.New(timer.Options{Store: r.store, Acceptor: s, Clock: r.clock, Members: s.members})
	return s
}

// Deliver notes what the timers of a server fire.
func (s *server) Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error) {
	s.mu.Lock()
	s.fires = append(s.fires, string(run))
	s.mu.Unlock()
	return s.host.Deliver(ctx, run, events...)
}

// fired lists the runs whose timers it fired.
func (s *server) fired() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fires)
}

func (s *server) beat(t *testing.T) {
	t.Helper()
	require.NoError(t, s.members.Tick(t.Context()))
}

func (s *server) tick(t *testing.T) {
	t.Helper()
	_, err := s.timers.Tick(t.Context())
	require.NoError(t, err)
	_, err = s.host.Tick(t.Context())
	require.NoError(t, err)
}

func (s *server) set(r *rig, id string) (store.Run, error) {
	return s.host.SetVariables(r.ctx, "r1", id, "eve", core.VariablesBody{Set: core.Values{"v" + id: true}})
}

// applied counts the changes of variables in a run's history, by event.
func (r *rig) applied(id string) map[string]int {
	r.t.Helper()
	records, err := r.store.Records(r.ctx, core.RunID(id), 1, 1000)
	require.NoError(r.t, err)
	seen := map[string]int{}
	for i := range records {
		if records[i].Kind == core.RecordVariablesChanged {
			seen[fmt.Sprint(records[i].Body)]++
		}
	}
	return seen
}

func TestHotRunStaysWithOneHost(t *testing.T) {
	r := newRig(t, true, nil)
	r.define(oneTask)
	r.start("task", "r1")
	a, b, c := r.server("a"), r.server("b"), r.server("c")
	_, err := a.set(r, "0")
	require.NoError(t, err)
	_, err = b.set(r, "1")
	require.NoError(t, err)
	// a knows the run as it was before b: it loses a race, and from then on the run
	// is a hot one. While it commits, the others get an event each.
	a.connection.amid = func() {
		a.connection.amid = func() {
			run, err := c.set(r, "3")
			require.NoError(t, err)
			require.Equal(t, "a", run.Lease.Owner)
			require.Len(t, run.Inbox, 2, "kept for a")
			run, err = b.host.Step(r.ctx, "r1")
			require.NoError(t, err)
			require.NotEmpty(t, run.ID)
		}
	}
	_, err = a.set(r, "2")
	require.NoError(t, err)
	require.Equal(t, 1, a.connection.lost)
	require.Zero(t, c.connection.commits, "c leaves the run to a")
	require.Equal(t, 1, b.connection.commits)
	run := r.run("r1")
	require.Empty(t, run.Inbox, "a has seen to all of it")
	require.Zero(t, run.Lease)
	require.Zero(t, run.ReadyAt)

	// As long as it is hot, no event costs another lost race.
	for i := 4; i < 20; i++ {
		_, err = a.set(r, fmt.Sprint(i))
		require.NoError(t, err)
	}
	require.Equal(t, 1, a.connection.lost)
	r.settle()
	for change, times := range r.applied("r1") {
		require.Equal(t, 1, times, change)
	}
	require.Len(t, r.applied("r1"), 20)
}

func TestLeaseOfTheDeadEnds(t *testing.T) {
	r := newRig(t, true, nil)
	r.define(oneTask)
	r.start("task", "r1")
	a := r.server("a")
	a.beat(t)
	now := clock.Now(r.clock)
	_, err := r.store.AcceptLeased(r.ctx, "r1", store.RunLease{Owner: "dead", Until: now + 5000}, now,
		core.Event{ID: "op:e0", Kind: core.VariablesChanged, Actor: "eve", At: now, Body: []byte(`{"set":{"v0":true}}`)})
	require.NoError(t, err)
	_, err = a.set(r, "1")
	require.NoError(t, err)
	require.Len(t, r.run("r1").Inbox, 2, "durable, and left to who has the lease")
	r.clock.Advance(4 * time.Second)
	a.beat(t)
	a.tick(t)
	require.Len(t, r.run("r1").Inbox, 2)
	r.clock.Advance(2 * time.Second)
	a.beat(t)
	a.tick(t)
	require.Empty(t, r.run("r1").Inbox)
	require.Equal(t, true, r.variables("r1")["v0"])
	require.Equal(t, true, r.variables("r1")["v1"])
}

func TestCancelAsksForNoLease(t *testing.T) {
	r := newRig(t, true, nil)
	r.define(oneTask)
	r.start("task", "r1")
	now := clock.Now(r.clock)
	_, err := r.store.AcceptLeased(r.ctx, "r1", store.RunLease{Owner: "stuck", Until: now + 5000}, now,
		core.Event{ID: "op:e0", Kind: core.VariablesChanged, Actor: "eve", At: now, Body: []byte(`{"set":{"v0":true}}`)})
	require.NoError(t, err)
	run, err := r.server("a").host.Cancel(r.ctx, "r1", "c1", "eve", "at once")
	require.NoError(t, err)
	require.Equal(t, core.Canceled, run.Status)
}

// TestEventThatComesTwoWaysIsAppliedOnce: one process has it in hand while
// another puts it into the inbox.
func TestEventThatComesTwoWaysIsAppliedOnce(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late %t", late), func(t *testing.T) {
			r := newRig(t, true, nil)
			r.define(oneTask)
			r.start("task", "r1")
			a := r.server("a")
			_, err := a.set(r, "0")
			require.NoError(t, err)
			again := func() {
				_, err := r.store.Accept(r.ctx, "r1", core.Event{ID: "op:1", Kind: core.VariablesChanged, Actor: "eve", At: clock.Now(r.clock), Body: []byte(`{"set":{"v1":true}}`)})
				require.NoError(t, err)
			}
			if late {
				a.connection.amid = again
			} else {
				again()
			}
			_, err = a.set(r, "1")
			require.NoError(t, err)
			r.clock.Advance(time.Minute)
			r.settle()
			require.Equal(t, map[string]int{"map[v0:true]": 1, "map[v1:true]": 1}, r.applied("r1"))
			require.Empty(t, r.run("r1").Inbox)
			require.Zero(t, r.run("r1").ReadyAt)
		})
	}
}

// sleep is a process whose runs wait an hour.
const sleep = `{"format":"fluxo/process@1","key":"sleep","name":"S","nodes":[{"id":"s","kind":"startEvent"},
	{"id":"t","kind":"catchEvent","trigger":{"timer":{"after":"PT1H"}}},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f","from":"s","to":"t"},{"id":"g","from":"t","to":"e"}]}`

func TestServersShareTheWork(t *testing.T) {
	r := newRig(t, true, nil)
	r.define(sleep)
	a, b := r.server("a"), r.server("b")
	a.beat(t)
	b.beat(t)
	a.beat(t)
	const runs = 60
	begin := func(kind string) {
		for i := range runs {
			_, _, err := a.host.Start(r.ctx, host.StartRequest{ID: core.RunID(fmt.Sprintf("%s%d", kind, i)), DefinitionKey: "sleep"})
			require.NoError(t, err)
		}
	}
	completed := func() int {
		counts, err := r.store.Counts(r.ctx, "sleep", 0)
		require.NoError(t, err)
		return counts.Statuses[core.Completed]
	}
	pass := func(d time.Duration, servers ...*server) {
		r.clock.Advance(d)
		for _, s := range servers {
			s.beat(t)
		}
		for _, s := range servers {
			s.tick(t)
		}
	}

	begin("both")
	pass(time.Hour-4*time.Second, a, b)
	pass(4*time.Second, a, b)
	require.Equal(t, runs, completed())
	require.Len(t, append(a.fired(), b.fired()...), runs, "each timer by one of them")
	require.Greater(t, len(a.fired()), runs/5)
	require.Greater(t, len(b.fired()), runs/5)

	// b is killed: a has everything as soon as its membership is over, which is
	// before the next timers are due.
	begin("killed")
	pass(time.Hour-10*time.Second, a, b)
	pass(5*time.Second, a)
	pass(5*time.Second, a)
	require.Equal(t, 2*runs, completed())

	// b is back, and is stopped when it has its timers in memory: a fires them when
	// b is missed, and b finds nothing to do afterwards.
	b = r.server("b2")
	pass(0, a, b)
	a.beat(t)
	begin("stopped")
	pass(time.Hour-4*time.Second, a, b)
	pass(4*time.Second, a)
	require.Less(t, completed(), 3*runs, "some are left to b")
	pass(2*time.Second, a)
	require.Equal(t, 3*runs, completed(), "it was missed")
	r.clock.Advance(4 * time.Minute)
	before := len(b.fired())
	b.tick(t) // it goes on where it was stopped: no share, nothing in the store
	pass(0, b, a)
	require.Len(t, b.fired(), before)
	r.settle()
	for _, kind := range []string{"both", "killed", "stopped"} {
		for i := range runs {
			require.NotContains(t, r.kinds(fmt.Sprintf("%s%d", kind, i)), core.RecordEventIgnored)
		}
	}
}

// TestWorkThatNobodyLooksAfterIsAnybodys: a member that lives and does nothing
// holds up its share for a while, and no longer.
func TestWorkThatNobodyLooksAfterIsAnybodys(t *testing.T) {
	r := newRig(t, true, nil)
	r.define(sleep)
	a, idle := r.server("a"), r.server("idle")
	for i := range 20 {
		_, _, err := a.host.Start(r.ctx, host.StartRequest{ID: core.RunID(fmt.Sprintf("r%d", i)), DefinitionKey: "sleep"})
		require.NoError(t, err)
		if i < 10 { // one more event for each, whose acceptor has died
			_, err = r.store.Accept(r.ctx, core.RunID(fmt.Sprintf("r%d", i)), core.Event{ID: "op:x", Kind: core.VariablesChanged, Actor: "eve", At: clock.Now(r.clock), Body: []byte(`{"set":{"x":1}}`)})
			require.NoError(t, err)
		}
	}
	left := func() (n int) {
		for i := range 20 {
			n += len(r.run(fmt.Sprintf("r%d", i)).Inbox)
		}
		return n
	}
	step := func(d time.Duration) {
		r.clock.Advance(d)
		a.beat(t)
		idle.beat(t)
		a.beat(t)
		a.tick(t)
	}
	step(6 * time.Second)
	require.Positive(t, left())
	require.Less(t, left(), 10)
	step(15 * time.Second)
	require.Zero(t, left())
	step(time.Hour - 21*time.Second)
	require.Less(t, len(a.fired()), 20)
	step(14 * time.Second)
	require.Less(t, len(a.fired()), 20)
	step(time.Second)
	require.Len(t, a.fired(), 20)
}
