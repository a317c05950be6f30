package host_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/host/hosttest"
	"github.com/fluxo-app/fluxo/engine/store"
)

// busy has one of everything open that another part of the engine knows of.
const busy = `{"format":"fluxo/process@1","key":"busy","name":"Busy","nodes":[{"id":"begin","kind":"startEvent"},{"id":"fork","kind":"parallelGateway"},
	{"id":"do","kind":"userTask","config":{"assignee":"ann"}},{"id":"late","kind":"boundaryEvent","attachedTo":"do","trigger":{"timer":{"after":"P3D"}}},
	{"id":"hear","kind":"catchEvent","trigger":{"message":{"name":"m","key":"k"}}},{"id":"call","kind":"callActivity","config":{"process":"two"}},
	{"id":"work","kind":"robot","robot":"missing"},{"id":"nobody","kind":"userTask","config":{}}],
	"flows":[{"id":"f1","from":"begin","to":"fork"},{"id":"f2","from":"fork","to":"do"},{"id":"f3","from":"fork","to":"hear"},{"id":"f4","from":"fork","to":"call"},
	{"id":"f5","from":"fork","to":"work"},{"id":"f6","from":"fork","to":"nobody"},{"id":"f7","from":"late","to":"hear"}]}`

// damage puts another text in the place of a run's state, as a disk might.
func (r *rig) damage(id string) {
	r.t.Helper()
	run := r.run(id)
	run.State = []byte("\x01{damaged")
	_, err := r.store.Commit(r.ctx, store.Commit{ID: run.ID, Rev: run.Rev, Run: run, Seen: len(run.Inbox)})
	require.NoError(r.t, err)
	// Another process, which has nothing in memory.
	r.host = host.New(host.Options{Store: r.store, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: r.clock, Effects: r.effects, Messages: r.messages})
}

// openOf counts what of a run is open outside of it.
func (r *rig) openOf(id core.RunID) map[string]int {
	r.t.Helper()
	timers, err := r.store.RunTimers(r.ctx, id)
	require.NoError(r.t, err)
	subs, err := r.store.RunSubscriptions(r.ctx, id)
	require.NoError(r.t, err)
	effects, err := r.store.RunEffects(r.ctx, id)
	require.NoError(r.t, err)
	incidents, err := r.store.RunIncidents(r.ctx, id)
	require.NoError(r.t, err)
	open := map[string]int{"tasks": len(r.tasks(string(id), store.TaskOpen)), "timers": len(timers), "subscriptions": len(subs)}
	for _, e := range effects {
		if e.Status == store.EffectReady {
			open["effects"]++
		}
	}
	for _, i := range incidents {
		if i.ResolvedAt == 0 {
			open["incidents"]++
		}
	}
	return open
}

// A run whose state cannot be read is quarantined like any other poison, stands in
// nobody's way, and is canceled by an operator at any time; what it had open is
// closed.
func TestRunThatCannotBeReadIsCanceled(t *testing.T) {
	for _, quarantined := range []bool{false, true} {
		t.Run(fmt.Sprint("quarantined ", quarantined), func(t *testing.T) {
			both(t, func(t *testing.T, r *rig) {
				r.define(busy)
				r.define(twoTasks)
				r.start("busy", "r1")
				r.settle()
				require.Equal(t, map[string]int{"tasks": 1, "timers": 1, "subscriptions": 1, "incidents": 2}, r.openOf("r1"))
				child := r.run("r1").Seq
				children, err := r.store.List(r.ctx, store.RunQuery{DefinitionKey: "two"})
				require.NoError(t, err)
				require.Len(t, children.Runs, 1)
				r.damage("r1")

				if quarantined {
					_, err = r.host.SetVariables(r.ctx, "r1", "x", "eve", core.VariablesBody{Set: core.Values{"a": "b"}})
					require.NoError(t, err, "kept")
					for range 5 {
						r.clock.Advance(20e9)
						_, err = r.host.Tick(r.ctx)
						require.NoError(t, err)
					}
					run := r.run("r1")
					require.Equal(t, core.Quarantined, run.Status)
					require.Contains(t, run.Problem, "cannot be read")
					_, err = r.host.Deliver(r.ctx, "r1", core.Event{ID: "later", Kind: core.TimerFired, Wait: "r1:9"})
					require.NoError(t, err, "kept")
					r.settleHost()
					ready, err := r.store.Ready(r.ctx, 1<<60, 10)
					require.NoError(t, err)
					require.Empty(t, ready, "nothing is tried any more")
				}
				run, err := r.host.Cancel(r.ctx, "r1", "c", "eve", "no use")
				require.NoError(t, err)
				require.Equal(t, core.Canceled, run.Status)
				require.Equal(t, child+1, run.Seq)
				r.settleHost()
				require.Equal(t, map[string]int{"tasks": 0, "timers": 0, "subscriptions": 0}, r.openOf("r1"))
				require.Equal(t, core.Canceled, r.run(string(children.Runs[0].ID)).Status)
				kinds := r.kinds("r1")
				require.Equal(t, core.RecordRunCanceled, kinds[len(kinds)-1])
				_, err = r.host.Cancel(r.ctx, "r1", "again", "eve", "")
				require.ErrorIs(t, err, store.ErrFinished)
			})
		})
	}
}

// settleHost lets the host alone do what is due.
func (r *rig) settleHost() {
	r.t.Helper()
	for range 20 {
		r.clock.Advance(20e9)
		_, err := r.host.Tick(r.ctx)
		require.NoError(r.t, err)
	}
}

// The same when the version that the run is pinned to does not compile any more.
func TestRunOfAVersionThatIsGoneIsCanceled(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(twoTasks)
		r.start("two", "r1")
		r.settle()
		gone := &withoutVersions{World: r.world}
		h := host.New(host.Options{Store: r.store, Graphs: gone, Facts: r.world, Resolver: r.world, Clock: r.clock})
		_, err := h.SetVariables(r.ctx, "r1", "x", "eve", core.VariablesBody{Set: core.Values{"a": "b"}})
		require.NoError(t, err, "kept")
		run, err := h.Cancel(r.ctx, "r1", "c", "eve", "")
		require.NoError(t, err)
		require.Equal(t, core.Canceled, run.Status)
		_, err = h.Tick(r.ctx)
		require.NoError(t, err)
		require.Empty(t, r.tasks("r1", store.TaskOpen))
	})
}

// withoutVersions has lost all versions.
type withoutVersions struct{ *hosttest.World }

// Version implements host.Graphs.
func (withoutVersions) Version(context.Context, string, int) (host.Version, error) {
	return host.Version{}, fmt.Errorf("%w: it was made by a newer program", host.ErrUnusable)
}

// Canceling does not queue up behind the event that the run breaks down on.
func TestCancelPassesTheEventThatBreaksTheRun(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(twoTasks)
		r.start("two", "r1")
		r.settle()
		r.world.Trouble = func(core.NodeID) error { panic("a defect") }
		_, err := r.complete(r.one("r1"), "")
		require.NoError(t, err, "kept")
		run, err := r.host.Cancel(r.ctx, "r1", "c", "eve", "")
		require.NoError(t, err)
		require.Equal(t, core.Canceled, run.Status)
		r.settleHost()
		require.Empty(t, r.tasks("r1", store.TaskOpen))
	})
}
