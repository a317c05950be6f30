package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
)

const oneTask = `{"format":"fluxo/process@1","key":"task","name":"One task","variables":[{"name":"a","type":"string"}],
	"nodes":[{"id":"begin","kind":"startEvent"},{"id":"ask","kind":"userTask","config":{"assignee":"ann"}},{"id":"end","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"begin","to":"ask"},{"id":"f2","from":"ask","to":"end"}]}`

// TestSweepSeesWhatAnotherHostLeft: a host that has a run in memory, as it was
// before another host stepped it, still takes up what that one left in the inbox.
func TestSweepSeesWhatAnotherHostLeft(t *testing.T) {
	r := newRig(t, true, nil)
	r.define(oneTask)
	r.start("task", "r1")
	other := host.New(host.Options{Store: r.store, Graphs: r.world, Facts: r.world, Resolver: r.world, Clock: r.clock})
	_, err := other.SetVariables(r.ctx, "r1", "e1", "eve", core.VariablesBody{Set: core.Values{"a": "1"}})
	require.NoError(t, err)
	_, err = r.store.Accept(r.ctx, "r1", core.Event{ID: "op:e2", Kind: core.VariablesChanged, Actor: "eve", At: clock.Now(r.clock), Body: []byte(`{"set":{"a":"2"}}`)})
	require.NoError(t, err)
	// The other host is gone for good; this one has rev 1 in memory.
	r.clock.Advance(10 * time.Second)
	_, err = r.host.Tick(r.ctx)
	require.NoError(t, err)
	run, err := r.store.Load(r.ctx, "r1")
	require.NoError(t, err)
	require.Empty(t, run.Inbox)
	view, err := r.host.Inspect(r.ctx, "r1")
	require.NoError(t, err)
	require.Equal(t, "2", view.State.Variables()["a"])
}

// TestEndsAreToldUntilTheyAreHeard: the end of a run and of its tasks is told by
// whoever relays it, also when the host that committed it has gone.
func TestEndsAreToldUntilTheyAreHeard(t *testing.T) {
	for _, end := range []string{"completed", "canceled"} {
		t.Run(end, func(t *testing.T) {
			var runs []store.Run
			var tasks []string
			deaf := true
			r := newRig(t, true, func(o *host.Options) {
				o.RunEnded = func(_ context.Context, run store.Run) error {
					if deaf {
						return errors.New("the timeline cannot be written now")
					}
					runs = append(runs, run)
					return nil
				}
				o.TaskEnded = func(_ context.Context, task string) error {
					if deaf {
						return errors.New("the timeline cannot be written now")
					}
					tasks = append(tasks, task)
					return nil
				}
				o.Background = func(func()) {} // the host dies after its commit
			})
			r.define(oneTask)
			_, _, err := r.host.Start(r.ctx, host.StartRequest{ID: "r1", DefinitionKey: "task", Record: &core.RecordRef{Type: "deal", ID: "d1"}})
			require.NoError(t, err)
			page, err := r.store.ListTasks(r.ctx, store.TaskQuery{RunID: "r1"})
			require.NoError(t, err)
			id := page.Tasks[0].ID
			if end == "completed" {
				_, err = r.host.Deliver(r.ctx, "r1", core.Event{ID: "task:" + id, Kind: core.TaskCompleted, Wait: core.WaitID(id), Actor: "ann", Body: []byte(`{}`)})
			} else {
				_, err = r.host.Cancel(r.ctx, "r1", "c1", "eve", "not needed")
			}
			require.NoError(t, err)
			require.Empty(t, runs)
			_, err = r.host.Tick(r.ctx)
			require.Error(t, err, "it is tried, and tried again")
			deaf = false
			for range 3 {
				_, err = r.host.Tick(r.ctx)
				require.NoError(t, err)
			}
			require.Len(t, runs, 1)
			require.Equal(t, core.Status(end), runs[0].Status)
			require.Equal(t, "d1", runs[0].RecordID)
			require.Equal(t, []string{id}, tasks)
			run, err := r.store.Load(r.ctx, "r1")
			require.NoError(t, err)
			require.Empty(t, run.Outbox)
		})
	}
}
