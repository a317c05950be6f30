package host_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

// counted counts the reads of runs and lets a test do something in the middle
// of a page.
type counted struct {
	*memstore.Store
	loads, pages int
	amid         func()
}

func (c *counted) Load(ctx context.Context, id core.RunID) (store.Run, error) {
	c.loads++
	return c.Store.Load(ctx, id)
}

func (c *counted) LoadSeveral(ctx context.Context, ids []core.RunID) ([]store.Run, error) {
	c.pages++
	runs, err := c.Store.LoadSeveral(ctx, ids)
	if c.amid != nil {
		c.amid()
	}
	return runs, err
}

// sleepers starts runs that wait an hour, in a host that caches none.
func sleepers(t *testing.T, n int) (*rig, *counted, []core.RunID) {
	t.Helper()
	c := &counted{}
	r := newRig(t, false, func(o *host.Options) {
		c.Store = o.Store.(*memstore.Store)
		o.Store, o.Cache = c, -1
	})
	r.define(`{"format":"fluxo/process@1","key":"sleep","name":"S","nodes":[{"id":"s","kind":"startEvent"},
		{"id":"t","kind":"catchEvent","trigger":{"timer":{"after":"PT1H"}}},{"id":"e","kind":"endEvent"}],
		"flows":[{"id":"f","from":"s","to":"t"},{"id":"g","from":"t","to":"e"}]}`)
	var ids []core.RunID
	for i := range n {
		id := core.RunID(fmt.Sprintf("r%d", i))
		r.start("sleep", string(id))
		ids = append(ids, id)
	}
	c.loads = 0
	return r, c, ids
}

func TestRunsReadAheadAreNotReadAgain(t *testing.T) {
	r, c, ids := sleepers(t, 3)
	r.host.Warm(r.ctx, append(ids, "nobody"))
	require.Equal(t, 1, c.pages)
	r.clock.Advance(time.Hour)
	_, err := r.timers.Tick(r.ctx)
	require.NoError(t, err)
	require.Zero(t, c.loads)
	for _, id := range ids {
		run, err := c.Load(r.ctx, id)
		require.NoError(t, err)
		require.Equal(t, core.Completed, run.Status)
	}
}

// What was read ahead may be old by the time it is needed; nothing is lost by it.
func TestRunsReadAheadMayBeOld(t *testing.T) {
	t.Run("stepped by this host meanwhile", func(t *testing.T) {
		r, c, ids := sleepers(t, 1)
		c.amid = func() {
			_, err := r.host.Suspend(r.ctx, ids[0], "e1", "ada", "look at it")
			require.NoError(t, err)
		}
		r.host.Warm(r.ctx, ids)
		before := c.loads
		_, err := r.host.Step(r.ctx, ids[0])
		require.NoError(t, err)
		require.Equal(t, before+1, c.loads, "the page was read before the step and is void")
	})
	t.Run("stepped by another host", func(t *testing.T) {
		r, c, ids := sleepers(t, 1)
		r.host.Warm(r.ctx, ids)
		run, err := c.Store.Load(r.ctx, ids[0])
		require.NoError(t, err)
		suspended := run
		suspended.Suspended = true
		_, err = c.Commit(r.ctx, store.Commit{ID: run.ID, Rev: run.Rev, Run: suspended})
		require.NoError(t, err)
		r.clock.Advance(time.Hour)
		_, err = r.timers.Tick(r.ctx)
		require.NoError(t, err)
		run, err = c.Load(r.ctx, ids[0])
		require.NoError(t, err)
		require.True(t, run.Suspended)
		require.Equal(t, core.Active, run.Status)
		require.Len(t, run.Inbox, 1, "a suspended run keeps its event")
	})
}

func TestRunsReadAheadAreDroppedAfterAWhile(t *testing.T) {
	r, c, ids := sleepers(t, 1)
	r.host.Warm(r.ctx, ids)
	r.clock.Advance(2 * time.Minute)
	_, err := r.host.Tick(r.ctx)
	require.NoError(t, err)
	r.host.Warm(r.ctx, ids)
	require.Equal(t, 2, c.pages)
	r.host.Warm(r.ctx, ids)
	require.Equal(t, 2, c.pages, "it is there already")
}
