package host_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

// overtaken lets something happen between what a step has read and its commit.
type overtaken struct {
	*memstore.Store
	before func()
}

// Commit implements store.Runs.
func (o *overtaken) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	if before := o.before; before != nil {
		o.before = nil
		before()
	}
	return o.Store.Commit(ctx, c)
}

// TestWhatTheEndOvertakesIsInTheHistory: an event that was accepted while the last
// step was under way was promised to be applied; the history says what became of it.
func TestWhatTheEndOvertakesIsInTheHistory(t *testing.T) {
	var s *overtaken
	r := newRig(t, true, func(o *host.Options) {
		s = &overtaken{Store: o.Store.(*memstore.Store)}
		o.Store = s
	})
	r.define(oneTask)
	r.start("task", "r1")
	page, err := r.store.ListTasks(r.ctx, store.TaskQuery{RunID: "r1"})
	require.NoError(t, err)
	id := page.Tasks[0].ID
	s.before = func() {
		_, err := r.store.Accept(r.ctx, "r1", core.Event{ID: "op:e1", Kind: core.VariablesChanged, Actor: "eve", At: clock.Now(r.clock), Body: []byte(`{"set":{"a":"1"}}`)})
		require.NoError(t, err)
	}
	_, err = r.host.Deliver(r.ctx, "r1", core.Event{ID: "task:" + id, Kind: core.TaskCompleted, Wait: core.WaitID(id), Actor: "ann", Body: []byte(`{}`)})
	require.NoError(t, err)
	ended := r.run("r1")
	require.Equal(t, core.Completed, ended.Status)
	for range 3 {
		r.clock.Advance(10 * time.Second)
		r.settle()
	}
	run := r.run("r1")
	require.Empty(t, run.Inbox)
	require.Equal(t, core.Completed, run.Status)
	require.Equal(t, ended.EndedAt, run.EndedAt)
	records, err := r.store.Records(r.ctx, "r1", 1, store.MaxLimit)
	require.NoError(t, err)
	require.EqualValues(t, run.Seq, len(records))
	last := records[len(records)-1]
	require.Equal(t, core.RecordEventIgnored, last.Kind)
	require.Equal(t, "op:e1", last.Body["event"])
	_, err = r.store.Accept(r.ctx, "r1", core.Event{ID: "op:e1", Kind: core.VariablesChanged, Actor: "eve", At: clock.Now(r.clock)})
	require.Error(t, err, "and it is not taken again")
}
