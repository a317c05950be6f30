package host

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
)

// A backlog of one definition delays a step of another by one step, not by the
// backlog.
func TestGateTakesTurnsByDefinition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		require.NoError(t, g.enter(context.Background(), "busy"))
		var order []string
		wait := func(definition string) {
			go func() {
				if g.enter(context.Background(), definition) == nil {
					order = append(order, definition)
					g.leave()
				}
			}()
			synctest.Wait()
		}
		for range 50 {
			wait("busy")
		}
		wait("quiet")
		wait("other")
		g.leave()
		synctest.Wait()
		require.Len(t, order, 52)
		require.Equal(t, []string{"busy", "quiet", "other", "busy"}, order[:4])
	})
}

func TestGateGivesUpAPlaceThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		require.NoError(t, g.enter(context.Background(), "a"))
		ctx, cancel := context.WithCancel(context.Background())
		gone := make(chan error, 1)
		go func() { gone <- g.enter(ctx, "b") }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-gone, context.Canceled)
		g.leave()
		require.NoError(t, g.enter(context.Background(), "c"), "the place was not lost")
	})
}

func TestActorsKeepABoundedNumberOfIdleRuns(t *testing.T) {
	as := newActors(2)
	for _, id := range []string{"a", "b", "c"} {
		a := as.get(core.RunID(id))
		a.loaded, a.run.Status = true, "active"
		as.put(a)
	}
	require.Len(t, as.by, 2)
	require.NotContains(t, as.by, core.RunID("a"))
	held := as.get("b")
	for _, id := range []string{"d", "e", "f"} {
		a := as.get(core.RunID(id))
		a.loaded, a.run.Status = true, "active"
		as.put(a)
	}
	require.Same(t, held, as.get("b"), "what is in use stays")
}
