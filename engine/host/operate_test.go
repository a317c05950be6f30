package host_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
)

const pause = `{"format":"fluxo/process@1","key":"pause","name":"pause","variables":[{"name":"n","type":"number","default":1}],
	"nodes":[{"id":"s","kind":"startEvent"},{"id":"wait","kind":"catchEvent","trigger":{"timer":{"after":"P170D"}}},
		{"id":"ask","kind":"userTask","config":{"assignee":"ann"}}],
	"flows":[{"id":"f1","from":"s","to":"wait"},{"id":"f2","from":"wait","to":"ask"}]}`

const pauseLater = `{"format":"fluxo/process@1","key":"pause","name":"pause, mended","variables":[{"name":"n","type":"number","default":1},{"name":"m","type":"number","default":2}],
	"nodes":[{"id":"s","kind":"startEvent"},{"id":"longer","kind":"catchEvent","trigger":{"timer":{"after":"P170D"}}},
		{"id":"ask","kind":"userTask","config":{"assignee":"bob"}}],
	"flows":[{"id":"f1","from":"s","to":"longer"},{"id":"f2","from":"longer","to":"ask"}]}`

func TestTimersOfASuspendedRunFireLate(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(pause)
		r.start("pause", "r1")
		due, err := r.store.RunTimers(r.ctx, "r1")
		require.NoError(t, err)
		require.Len(t, due, 1)
		run, err := r.host.Suspend(r.ctx, "r1", "x", "eve", "an audit")
		require.NoError(t, err)
		require.True(t, run.Suspended)
		_, err = r.host.Suspend(r.ctx, "r1", "x", "eve", "an audit")
		require.ErrorIs(t, err, store.ErrDuplicate)
		r.clock.Advance(200 * 24 * time.Hour)
		r.settle()
		require.Equal(t, []core.NodeID{"wait"}, r.run("r1").Nodes, "it fires into the inbox")

		// What an operator may do to a run that stands still: change its variables.
		_, err = r.host.SetVariables(r.ctx, "r1", "v", "eve", core.VariablesBody{Set: core.Values{"n": json.Number("5")}})
		require.NoError(t, err)
		require.Equal(t, json.Number("5"), r.variables("r1")["n"])
		_, err = r.host.SetVariables(r.ctx, "r1", "v", "eve", core.VariablesBody{Set: core.Values{"n": json.Number("6")}})
		require.ErrorIs(t, err, store.ErrDuplicate)

		run, err = r.host.Resume(r.ctx, "r1", "y", "eve", "")
		require.NoError(t, err)
		require.False(t, run.Suspended)
		require.Equal(t, []core.NodeID{"ask"}, run.Nodes)
		kinds := r.kinds("r1")
		require.Contains(t, kinds, core.RecordRunSuspended)
		require.Contains(t, kinds, core.RecordRunResumed)
	})
}

func TestMigrationKeepsItsTimerAndCanBeTakenBack(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(pause)
		r.start("pause", "r1")
		r.define(pauseLater)
		r.settle() // the relay forgets in the background
		before := r.run("r1")
		timers, err := r.store.RunTimers(r.ctx, "r1")
		require.NoError(t, err)

		// Without a mapping the run needs a choice, and nothing changes.
		run, plan, err := r.host.Migrate(r.ctx, "r1", "m0", "eve", host.Move{Version: 2})
		require.NoError(t, err)
		require.Equal(t, core.NeedsChoice, plan.Verdict)
		require.Equal(t, before.Rev, run.Rev)

		there := host.Move{Version: 2, Mapping: core.Mapping{Nodes: map[core.NodeID]core.NodeID{"wait": "longer"}}, Reason: "mended"}
		preview, err := r.host.PreviewMigration(r.ctx, "r1", there)
		require.NoError(t, err)
		require.Equal(t, core.Moves, preview.Plan.Verdict)
		require.Equal(t, before, r.run("r1"), "a preview stores nothing")

		run, plan, err = r.host.Migrate(r.ctx, "r1", "m1", "eve", there)
		require.NoError(t, err)
		require.Equal(t, core.Moves, plan.Verdict)
		require.Equal(t, []string{"m"}, plan.Added)
		require.Equal(t, 2, run.Version)
		require.Equal(t, "pause, mended", run.Name)
		require.Equal(t, []core.NodeID{"longer"}, run.Nodes)
		kept, err := r.store.RunTimers(r.ctx, "r1")
		require.NoError(t, err)
		require.Equal(t, timers, kept)
		_, _, err = r.host.Migrate(r.ctx, "r1", "m1", "eve", there)
		require.ErrorIs(t, err, store.ErrDuplicate)
		counts, err := r.store.Counts(r.ctx, "pause", 1)
		require.NoError(t, err)
		require.Empty(t, counts.Nodes)

		// And back: but for its history the run is as it was.
		back := host.Move{Version: 1, Mapping: core.Mapping{Nodes: map[core.NodeID]core.NodeID{"longer": "wait"}, Forget: plan.Added}}
		_, plan, err = r.host.Migrate(r.ctx, "r1", "m2", "eve", back)
		require.NoError(t, err)
		require.Equal(t, core.Moves, plan.Verdict)
		require.Equal(t, content(t, before), content(t, r.run("r1")))

		// The timer that was armed half a year ago fires in the version it is in.
		_, _, err = r.host.Migrate(r.ctx, "r1", "m3", "eve", there)
		require.NoError(t, err)
		r.clock.Advance(171 * 24 * time.Hour)
		r.settle()
		require.Equal(t, []core.NodeID{"ask"}, r.run("r1").Nodes)
		require.Equal(t, []string{"bob"}, r.tasks("r1")[0].Users)
	})
}

// content is a state without its history.
func content(t *testing.T, run store.Run) string {
	t.Helper()
	s, err := codec.Decode(run.State)
	require.NoError(t, err)
	snapshot := s.Snapshot()
	snapshot.Seq, snapshot.At = 0, 0
	text, err := json.Marshal(snapshot)
	require.NoError(t, err)
	return string(text)
}

func TestPreviewStoresNothing(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(pause)
		r.start("pause", "r1")
		r.settle() // the relay forgets in the background
		before := r.run("r1")
		p, err := r.host.Preview(r.ctx, "r1", "eve", host.Act{Kind: core.MoveRequested, Body: core.MoveBody{Node: "wait", To: "ask"}})
		require.NoError(t, err)
		require.Len(t, p.Tasks, 1)
		require.Equal(t, []string{"ann"}, p.Tasks[0].Users)
		require.Equal(t, "r1:1", string(p.State.Waits()[0].ID))
		require.Equal(t, before, r.run("r1"))
		require.Empty(t, r.tasks("r1"))

		p, err = r.host.Preview(r.ctx, "r1", "eve", host.Act{Kind: core.MoveRequested, Body: core.MoveBody{Node: "wait", To: "nowhere"}})
		require.NoError(t, err)
		require.Equal(t, core.RecordEventIgnored, p.Records[0].Kind)
		require.Equal(t, "node_unknown", p.Records[0].Body["code"])

		run, err := r.host.Operate(r.ctx, "r1", "go", "eve", host.Act{Kind: core.MoveRequested, Body: core.MoveBody{Node: "wait", To: "ask"}})
		require.NoError(t, err)
		require.Equal(t, []core.NodeID{"ask"}, run.Nodes)
		due, err := r.store.RunTimers(r.ctx, "r1")
		require.NoError(t, err)
		require.Empty(t, due)
	})
}

func TestHeldDefinitionStartsNothingAndKeepsEvents(t *testing.T) {
	held := false
	r := newRig(t, false, func(o *host.Options) { o.Held = func(key string) bool { return held && key == "human" } })
	r.define(humanStep)
	r.define(pause)
	r.start("human", "r1")
	held = true
	_, _, err := r.host.Start(r.ctx, host.StartRequest{ID: "r2", DefinitionKey: "human"})
	require.ErrorIs(t, err, host.ErrHeld)
	r.start("pause", "p1")
	run, err := r.complete(r.tasks("r1")[0], "")
	require.NoError(t, err)
	require.Len(t, run.Inbox, 1)
	r.settle()
	require.Zero(t, r.run("r1").ReadyAt, "it does not crowd the list of ready runs")
	held = false
	run, err = r.host.Step(r.ctx, "r1")
	require.NoError(t, err)
	require.Equal(t, core.Completed, run.Status)
	_, _, err = r.host.Start(r.ctx, host.StartRequest{ID: "r2", DefinitionKey: "human"})
	require.NoError(t, err)
}

func TestMigrationOfAQuarantinedRun(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(pause)
		r.start("pause", "r1")
		r.define(pauseLater)
		r.world.Trouble = func(core.NodeID) error { panic("a defect") }
		r.clock.Advance(171 * 24 * time.Hour)
		for range 8 {
			_, err := r.timers.Tick(r.ctx)
			require.NoError(t, err)
			r.clock.Advance(20 * time.Second)
			_, err = r.host.Tick(r.ctx)
			require.NoError(t, err)
		}
		require.Equal(t, core.Quarantined, r.run("r1").Status)
		r.world.Trouble = nil
		run, plan, err := r.host.Migrate(r.ctx, "r1", "m", "eve", host.Move{Version: 2, Mapping: core.Mapping{Nodes: map[core.NodeID]core.NodeID{"wait": "longer"}}})
		require.NoError(t, err)
		require.Equal(t, core.Moves, plan.Verdict)
		require.Equal(t, core.Quarantined, run.Status)
		run, err = r.host.Resume(r.ctx, "r1", "", "eve", "")
		require.NoError(t, err)
		require.Equal(t, []core.NodeID{"ask"}, run.Nodes, "the kept event is applied in the new version")
	})
}

func TestMigrationOfAnEndedRun(t *testing.T) {
	r := newRig(t, false, nil)
	r.define(pause)
	r.start("pause", "r1")
	_, err := r.host.Cancel(r.ctx, "r1", "", "eve", "not needed")
	require.NoError(t, err)
	p, err := r.host.PreviewMigration(r.ctx, "r1", host.Move{})
	require.NoError(t, err)
	require.Equal(t, core.Cannot, p.Plan.Verdict)
	_, _, err = r.host.Migrate(r.ctx, "r1", "", "eve", host.Move{})
	require.True(t, errors.Is(err, store.ErrFinished))
	records, err := r.store.Records(r.ctx, "r1", 1, 100)
	require.NoError(t, err)
	require.Equal(t, "not needed", records[len(records)-1].Reason)
}
