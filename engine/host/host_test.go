package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/timer"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// rig is a host with all loops, driven by hand on a fake clock.
type rig struct {
	t        *testing.T
	ctx      context.Context
	clock    *clock.Fake
	store    *memstore.Store
	world    *hosttest.World
	host     *host.Host
	effects  *effect.Executor
	timers   *timer.Loop
	messages *message.Service

	mu    sync.Mutex
	steps []host.Committed
}

// acceptor breaks the circle between the host and the services it is given.
type acceptor struct{ *host.Host }

// both runs a test against a store that copies at once and one that does not.
func both(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, lazy := range []bool{false, true} {
		name := "immediate"
		if lazy {
			name = "lazy"
		}
		t.Run(name, func(t *testing.T) { test(t, newRig(t, lazy, nil)) })
	}
}

func newRig(t *testing.T, lazy bool, change func(*host.Options), robots ...robot.Performer) *rig {
	t.Helper()
	f := clock.NewFake(start)
	s := memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }, Lazy: lazy})
	r := &rig{t: t, ctx: context.Background(), clock: f, store: s, world: hosttest.NewWorld()}
	link := &acceptor{}
	catalog := robot.NewCatalog(append(robots, hosttest.Robot{Key: "noop"})...)
	r.effects = effect.New(effect.Options{Store: s, Acceptor: link, Performers: catalog, Clock: f, Owner: "w1"})
	r.timers = timer.New(timer.Options{Store: s, Acceptor: link, Clock: f})
	r.messages = message.New(message.Options{Store: s, Acceptor: link, Clock: f})
	ids := 0
	o := host.Options{
		Store: s, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: f,
		Immediate: !lazy, Effects: r.effects, Awaiting: r.effects, Messages: r.messages,
		NewID:     func() string { ids++; return fmt.Sprintf("id%d", ids) },
		Observers: []host.Observer{func(_ context.Context, c host.Committed) { r.mu.Lock(); r.steps = append(r.steps, c); r.mu.Unlock() }},
	}
	if change != nil {
		change(&o)
	}
	r.host = host.New(o)
	link.Host = r.host
	return r
}

func (r *rig) define(text string) {
	r.t.Helper()
	_, err := r.world.Define(text)
	require.NoError(r.t, err)
}

func (r *rig) start(key, id string) store.Run {
	r.t.Helper()
	run, created, err := r.host.Start(r.ctx, host.StartRequest{ID: core.RunID(id), DefinitionKey: key, StartedBy: "ann"})
	require.NoError(r.t, err)
	require.True(r.t, created)
	return run
}

// settle lets everything that is due happen.
func (r *rig) settle() {
	r.t.Helper()
	for range 100 {
		a, err := r.host.Tick(r.ctx)
		require.NoError(r.t, err)
		b, err := r.effects.Tick(r.ctx)
		require.NoError(r.t, err)
		c, err := r.timers.Tick(r.ctx)
		require.NoError(r.t, err)
		if a+b+c == 0 {
			return
		}
		r.clock.Advance(0)
	}
	r.t.Fatal("never settles")
}

func (r *rig) run(id string) store.Run {
	r.t.Helper()
	run, err := r.store.Load(r.ctx, core.RunID(id))
	require.NoError(r.t, err)
	return run
}

func (r *rig) variables(id string) core.Values {
	r.t.Helper()
	v, err := r.host.Inspect(r.ctx, core.RunID(id))
	require.NoError(r.t, err)
	return v.State.Variables()
}

func (r *rig) tasks(id string, statuses ...store.TaskStatus) []store.Task {
	r.t.Helper()
	page, err := r.store.ListTasks(r.ctx, store.TaskQuery{RunID: core.RunID(id), Statuses: statuses})
	require.NoError(r.t, err)
	return page.Tasks
}

func (r *rig) complete(task store.Task, outcome string) (store.Run, error) {
	body, err := json.Marshal(core.TaskBody{Outcome: outcome})
	require.NoError(r.t, err)
	return r.host.Deliver(r.ctx, task.RunID, core.Event{ID: "task:" + task.ID, Kind: core.TaskCompleted, Wait: core.WaitID(task.ID), Actor: "ann", Body: body})
}

// kinds lists the copied records of a run and checks that they are contiguous.
func (r *rig) kinds(id string) []core.RecordKind {
	r.t.Helper()
	records, err := r.store.Records(r.ctx, core.RunID(id), 1, 1000)
	require.NoError(r.t, err)
	var out []core.RecordKind
	for i, rec := range records {
		require.EqualValues(r.t, i+1, rec.Seq)
		out = append(out, rec.Kind)
	}
	return out
}

const humanStep = `{"format":"fluxo/process@1","key":"human","name":"Human","variables":[{"name":"note","type":"string"}],
	"nodes":[{"id":"begin","kind":"startEvent"},
		{"id":"do","kind":"userTask","name":"Do it","config":{"assignee":"ann","due":{"amount":2,"unit":"workingDay"}}},
		{"id":"late","kind":"boundaryEvent","attachedTo":"do","interrupting":false,"trigger":{"timer":{"after":"P3D"}}},
		{"id":"remind","kind":"robot","robot":"noop"},
		{"id":"end","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"begin","to":"do"},{"id":"f2","from":"do","to":"end"},{"id":"f3","from":"late","to":"remind"}]}`

func TestAutomaticRunCostsOneStep(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(hosttest.Sequence("auto", 5, hosttest.Count))
		run := r.start("auto", "r1")
		require.Equal(t, core.Completed, run.Status)
		require.EqualValues(t, 1, run.Rev)
		require.Len(t, r.steps, 1)
		r.settle()
		require.Equal(t, json.Number("5"), r.variables("r1")["count"])
		kinds := r.kinds("r1")
		require.Equal(t, core.RecordRunStarted, kinds[0])
		require.Equal(t, core.RecordRunCompleted, kinds[len(kinds)-1])
		require.Empty(t, r.run("r1").Outbox)
	})
}

func TestStartIsIdempotent(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(humanStep)
		r.start("human", "r1")
		again, created, err := r.host.Start(r.ctx, host.StartRequest{ID: "r1", DefinitionKey: "human"})
		require.NoError(t, err)
		require.False(t, created)
		require.EqualValues(t, "r1", again.ID)
		// Also for another process, which knows nothing of it.
		other := host.New(host.Options{Store: r.store, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: r.clock})
		again, created, err = other.Start(r.ctx, host.StartRequest{ID: "r1", DefinitionKey: "human"})
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, "ann", again.StartedBy)
		require.Len(t, r.tasks("r1"), 1)
	})
}

func TestUnknownDefinitionAndRun(t *testing.T) {
	r := newRig(t, false, nil)
	_, _, err := r.host.Start(r.ctx, host.StartRequest{DefinitionKey: "nothing"})
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = r.host.Deliver(r.ctx, "r9", core.Event{ID: "e", Kind: core.TimerFired})
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestTaskIsOpenedAndItsCompletionShowsAtOnce(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(humanStep)
		r.start("human", "r1")
		open := r.tasks("r1", store.TaskOpen)
		require.Len(t, open, 1)
		require.Equal(t, []string{"ann"}, open[0].Users)
		require.Equal(t, "Do it", open[0].Name)
		require.Equal(t, clock.Instant(start.AddDate(0, 0, 2)), open[0].DueAt)
		require.Equal(t, []core.NodeID{"do"}, r.run("r1").Nodes)

		run, err := r.complete(open[0], "")
		require.NoError(t, err)
		require.Equal(t, core.Completed, run.Status)
		require.Len(t, r.tasks("r1", store.TaskCompleted), 1)
		timers, err := r.store.RunTimers(r.ctx, "r1")
		require.NoError(t, err)
		require.Empty(t, timers)

		_, err = r.complete(open[0], "")
		require.ErrorIs(t, err, store.ErrDuplicate)
		_, err = r.host.Deliver(r.ctx, "r1", core.Event{ID: "other", Kind: core.TimerFired, Wait: "r1:2"})
		require.ErrorIs(t, err, store.ErrFinished)
	})
}

func TestTimerOfABoundaryEventFiresOnTime(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(humanStep)
		r.start("human", "r1")
		r.clock.Advance(72*time.Hour - time.Millisecond)
		r.settle()
		require.Equal(t, []core.NodeID{"do"}, r.run("r1").Nodes)
		r.clock.Advance(time.Millisecond)
		r.settle()
		effects, err := r.store.RunEffects(r.ctx, "r1")
		require.NoError(t, err)
		require.Len(t, effects, 1)
		require.Equal(t, store.EffectFinished, effects[0].Status)
		require.True(t, effects[0].Delivered)
		require.Len(t, r.tasks("r1", store.TaskOpen), 1, "the host of a non-interrupting event goes on")
	})
}

func TestEffectsDriveARunToItsEnd(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(hosttest.Sequence("robots", 5, hosttest.Noop))
		r.start("robots", "r1")
		r.settle()
		run := r.run("r1")
		require.Equal(t, core.Completed, run.Status)
		if r.steps[0].Run.Rev == 1 && len(r.steps) > 0 {
			require.Len(t, r.steps, 6, "one step per effect and one for the start")
		}
		effects, err := r.store.RunEffects(r.ctx, "r1")
		require.NoError(t, err)
		require.Len(t, effects, 5)
		for _, e := range effects {
			require.Equal(t, 1, e.Attempt)
			require.True(t, e.Delivered)
		}
	})
}

func TestConfigThatCannotBeResolvedIsAnIncident(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(`{"format":"fluxo/process@1","key":"bad","name":"Bad","variables":[{"name":"who","type":"string"}],
			"nodes":[{"id":"begin","kind":"startEvent"},{"id":"do","kind":"userTask","config":{"assignee":{"expr":"vars.who"}}},{"id":"end","kind":"endEvent"}],
			"flows":[{"id":"f1","from":"begin","to":"do"},{"id":"f2","from":"do","to":"end"}]}`)
		run := r.start("bad", "r1")
		require.Equal(t, 1, run.Incidents)
		require.EqualValues(t, 1, run.Rev, "the incident is part of the step that met it")
		require.Empty(t, r.tasks("r1"))
		incidents, err := r.store.RunIncidents(r.ctx, "r1")
		require.NoError(t, err)
		require.Len(t, incidents, 1)
		require.Equal(t, "nobody_assigned", incidents[0].Failure.Code)

		run, err = r.host.Retry(r.ctx, "r1", "", "eve", core.RetryBody{Incident: incidents[0].ID, Variables: core.Values{"who": "bob"}})
		require.NoError(t, err)
		require.Zero(t, run.Incidents)
		require.Equal(t, []string{"bob"}, r.tasks("r1", store.TaskOpen)[0].Users)
		incidents, err = r.store.RunIncidents(r.ctx, "r1")
		require.NoError(t, err)
		require.NotZero(t, incidents[0].ResolvedAt)
	})
}

func TestOutageDropsTheStepWithoutATrace(t *testing.T) {
	r := newRig(t, false, nil)
	r.define(humanStep)
	r.start("human", "r1")
	task := r.tasks("r1")[0]
	before := r.run("r1")
	r.world.Outage = func() error { return hosttest.ErrOutage }
	_, err := r.complete(task, "")
	require.ErrorIs(t, err, hosttest.ErrOutage)
	require.Equal(t, before, r.run("r1"))
	r.world.Outage = nil
	run, err := r.complete(task, "")
	require.NoError(t, err)
	require.Equal(t, core.Completed, run.Status)
}

func TestPoisonedRunIsQuarantinedAndOthersGoOn(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(`{"format":"fluxo/process@1","key":"poison","name":"Poison",
			"nodes":[{"id":"begin","kind":"startEvent"},{"id":"first","kind":"userTask","config":{"assignee":"ann"}},
				{"id":"second","kind":"userTask","config":{"assignee":"ann"}},{"id":"end","kind":"endEvent"}],
			"flows":[{"id":"f1","from":"begin","to":"first"},{"id":"f2","from":"first","to":"second"},{"id":"f3","from":"second","to":"end"}]}`)
		r.define(humanStep)
		r.start("poison", "r1")
		r.world.Trouble = func(node core.NodeID) error {
			if node == "second" {
				panic("a defect")
			}
			return nil
		}
		run, err := r.complete(r.tasks("r1")[0], "")
		require.NoError(t, err, "accepted all the same")
		require.Equal(t, core.Active, run.Status)
		for range 4 {
			r.clock.Advance(20 * time.Second)
			_, err := r.host.Tick(r.ctx)
			require.NoError(t, err)
		}
		run = r.run("r1")
		require.Equal(t, core.Quarantined, run.Status)
		require.Equal(t, 3, run.Attempts)
		require.Contains(t, run.Problem, "taskCompleted task:r1:1")
		require.Contains(t, run.Problem, "a defect")
		require.Len(t, run.Inbox, 1)
		r.start("human", "r2")

		// Mended and resumed, the kept event goes through.
		r.world.Trouble = nil
		run, err = r.host.Resume(r.ctx, "r1", "", "eve", "")
		require.NoError(t, err)
		require.Equal(t, core.Active, run.Status)
		require.Equal(t, []core.NodeID{"second"}, run.Nodes)
	})
}

func TestQuarantinedRunCanBeCanceled(t *testing.T) {
	for _, mended := range []bool{true, false} {
		r := newRig(t, false, func(o *host.Options) { o.Tries = 1 })
		r.define(humanStep)
		r.start("human", "r1")
		r.world.Outage = func() error { panic("a defect") }
		_, err := r.complete(r.tasks("r1")[0], "")
		require.NoError(t, err)
		require.Equal(t, core.Quarantined, r.run("r1").Status)
		if mended {
			r.world.Outage = nil
		}
		run, err := r.host.Cancel(r.ctx, "r1", "", "eve", "hopeless")
		require.NoError(t, err)
		require.Equal(t, core.Canceled, run.Status)
		require.Empty(t, r.tasks("r1", store.TaskOpen, store.TaskClaimed))
		timers, err := r.store.RunTimers(r.ctx, "r1")
		require.NoError(t, err)
		require.Empty(t, timers)
		kinds := r.kinds("r1")
		require.Equal(t, core.RecordRunCanceled, kinds[len(kinds)-1])
		_, err = r.host.Deliver(r.ctx, "r1", core.Event{ID: "x", Kind: core.TimerFired})
		require.ErrorIs(t, err, store.ErrFinished)
	}
}

func TestClosedDocumentsArePurgedAfterTheRetention(t *testing.T) {
	r := newRig(t, false, nil)
	r.define(humanStep)
	r.start("human", "r1")
	r.start("human", "r2")
	_, err := r.complete(r.tasks("r1")[0], "")
	require.NoError(t, err)
	r.clock.Advance(29 * 24 * time.Hour)
	r.settle()
	require.Len(t, r.tasks("r1"), 1)
	r.clock.Advance(2 * 24 * time.Hour)
	r.settle()
	require.Empty(t, r.tasks("r1"))
	require.Len(t, r.tasks("r2"), 1, "what is open stays")
}

func TestSuspendedRunKeepsItsEvents(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(humanStep)
		r.start("human", "r1")
		_, err := r.host.Suspend(r.ctx, "r1", "", "eve", "an audit")
		require.NoError(t, err)
		run, err := r.complete(r.tasks("r1")[0], "")
		require.NoError(t, err)
		require.Equal(t, core.Active, run.Status)
		require.Len(t, run.Inbox, 1)
		r.settle()
		require.Equal(t, core.Active, r.run("r1").Status)
		run, err = r.host.Resume(r.ctx, "r1", "", "eve", "")
		require.NoError(t, err)
		require.Equal(t, core.Completed, run.Status)
	})
}

func TestLongDrainGoesOnInSteps(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.host = host.New(host.Options{Store: r.store, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: r.clock, Budget: 3})
		r.define(hosttest.Sequence("auto", 20, hosttest.Count))
		r.start("auto", "r1")
		r.settle()
		_, err := r.host.Tick(r.ctx)
		require.NoError(t, err)
		run := r.run("r1")
		require.Equal(t, core.Completed, run.Status)
		require.Greater(t, run.Rev, int64(5))
		require.Equal(t, json.Number("20"), r.variables("r1")["count"])
		r.kinds("r1")
	})
}

func TestConcurrentDeliveriesAreAppliedOnceEach(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(humanStep)
		r.start("human", "r1")
		other := host.New(host.Options{Store: r.store, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: clock.System{}, Immediate: true})
		own := host.New(host.Options{Store: r.store, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: clock.System{}, Immediate: true})
		var applied, duplicates atomic.Int64
		var all sync.WaitGroup
		for i := range 200 {
			h := own
			if i%2 == 0 {
				h = other
			}
			all.Go(func() {
				_, err := h.SetVariables(r.ctx, "r1", fmt.Sprint(i/4), "eve", core.VariablesBody{Set: core.Values{fmt.Sprintf("v%d", i/4): true}})
				switch {
				case err == nil:
					applied.Add(1)
				case errors.Is(err, store.ErrDuplicate):
					duplicates.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 50, applied.Load())
		require.EqualValues(t, 150, duplicates.Load())
		r.clock.Advance(time.Minute)
		r.settle()
		changed := 0
		for _, k := range r.kinds("r1") {
			if k == core.RecordVariablesChanged {
				changed++
			}
		}
		require.Equal(t, 50, changed)
		require.Len(t, r.variables("r1"), 51)
	})
}

const awaiting = `{"format":"fluxo/process@1","key":"await","name":"Await","variables":[{"name":"body","type":"object"}],
	"nodes":[{"id":"begin","kind":"startEvent"},
		{"id":"wait","kind":"catchEvent","trigger":{"message":{"name":"paid","key":{"expr":"params.order"},"into":"body"}}},
		{"id":"end","kind":"endEvent"}],
	"parameters":[{"name":"order","type":"string"}],
	"flows":[{"id":"f1","from":"begin","to":"wait"},{"id":"f2","from":"wait","to":"end"}]}`

func TestMessageFindsItsRunBeforeAndAfter(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(awaiting)
		begin := func(id, order string) {
			_, _, err := r.host.Start(r.ctx, host.StartRequest{ID: core.RunID(id), DefinitionKey: "await", Parameters: core.Values{"order": order}})
			require.NoError(t, err)
			r.settle()
		}
		publish := func(id, key string) message.Receipt {
			receipt, err := r.messages.Publish(r.ctx, message.Publication{ID: id, Name: "paid", Key: key, Body: core.Values{"sum": json.Number("7")}})
			require.NoError(t, err)
			return receipt
		}
		begin("r1", "A")
		begin("r2", "B")
		require.Equal(t, []core.RunID{"r1"}, publish("m1", "A").Runs)
		require.Equal(t, core.Completed, r.run("r1").Status)
		require.Equal(t, core.Values{"sum": json.Number("7")}, r.variables("r1")["body"])
		require.Equal(t, core.Active, r.run("r2").Status)

		require.Empty(t, publish("m2", "C").Runs)
		begin("r3", "C")
		require.Equal(t, core.Completed, r.run("r3").Status, "the message was there first")
		begin("r4", "C")
		require.Equal(t, core.Active, r.run("r4").Status, "it was taken by the run before")
		require.Equal(t, []core.RunID{"r4"}, publish("m3", "C").Runs)
	})
}

func TestBufferedMessageExpires(t *testing.T) {
	r := newRig(t, false, nil)
	r.define(awaiting)
	_, err := r.messages.Publish(r.ctx, message.Publication{Name: "paid", Key: "A", TTL: time.Minute})
	require.NoError(t, err)
	r.clock.Advance(time.Minute)
	n, err := r.messages.Tick(r.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = r.messages.Publish(r.ctx, message.Publication{Key: "A"})
	require.ErrorIs(t, err, message.ErrMessage)
}

func TestRunAwaitedByAnEffectCompletesIt(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		var r *rig
		r = newRig(t, lazy, nil, hosttest.Robot{Key: "run", Do: func(ctx context.Context, req robot.Request) (robot.Result, error) {
			_, _, err := r.host.Start(ctx, host.StartRequest{ID: core.RunID("child-" + req.EffectID), DefinitionKey: "auto", Parent: host.ParentEffect(req.EffectID)})
			return robot.Result{Pending: true}, err
		}})
		r.define(hosttest.Sequence("auto", 1, hosttest.Count))
		r.define(hosttest.Sequence("parent", 1, `"kind":"robot","robot":"run"`))
		r.start("parent", "p1")
		for range 5 {
			r.pass()
		}
		run := r.run("p1")
		require.Equal(t, core.Completed, run.Status)
		view, err := r.host.Inspect(r.ctx, "p1")
		require.NoError(t, err)
		require.Equal(t, "completed", view.State.Steps()["n1"].(map[string]any)["status"])
		require.Equal(t, "child-p1:1:1", view.State.Steps()["n1"].(map[string]any)["run"])
	}
}

// pass makes one pass of everything, errors of acts that come too early included.
func (r *rig) pass() {
	_, _ = r.host.Tick(r.ctx)
	_, _ = r.effects.Tick(r.ctx)
	r.clock.Advance(3 * time.Second)
}
