package timer_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// farsighted is a shelf that reads ahead.
type farsighted struct {
	*shelf
	pages int
}

func (s *farsighted) TimersAfter(_ context.Context, after store.Position, before core.Instant, limit int) ([]store.Timer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages++
	var out []store.Timer
	for _, t := range s.timers {
		if t.DueAt <= before && cmp.Or(cmp.Compare(t.DueAt, after.Key), cmp.Compare(t.ID, after.ID)) > 0 {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b store.Timer) int { return cmp.Or(cmp.Compare(a.DueAt, b.DueAt), cmp.Compare(a.ID, b.ID)) })
	return out[:min(limit, len(out))], nil
}

func (s *farsighted) DueTimers(ctx context.Context, before core.Instant, limit int) ([]store.Timer, error) {
	s.pages--
	return s.TimersAfter(ctx, store.Position{}, before, limit)
}

func (s *farsighted) LoadSeveral(context.Context, []core.RunID) ([]store.Run, error) { return nil, nil }

// What falls due in one moment is in memory, and its runs are asked for, before
// the moment comes.
func TestLoopReadsAhead(t *testing.T) {
	f := clock.NewFake(start)
	s := &farsighted{shelf: newShelf(f)}
	due := start.Add(20 * time.Second)
	for i := range 300 {
		id := fmt.Sprintf("t%03d", i)
		s.timers[id] = armed(id, due)
	}
	s.timers["later"] = armed("later", start.Add(time.Hour))
	var mu sync.Mutex
	var warm []core.RunID
	l := timer.New(timer.Options{Store: s, Acceptor: s, Clock: f, Window: 50, Warm: func(_ context.Context, runs []core.RunID) {
		mu.Lock()
		defer mu.Unlock()
		warm = append(warm, runs...)
	}})
	require.Zero(t, tick(t, l))
	require.Equal(t, 6, s.pages)
	require.Empty(t, warm, "twenty seconds are too early")
	f.Advance(16 * time.Second)
	require.Zero(t, tick(t, l))
	require.Len(t, warm, 300)
	require.Equal(t, core.RunID("r-t000"), warm[0], "the first come first")
	f.Advance(time.Second)
	require.Zero(t, tick(t, l))
	require.Len(t, warm, 300, "once for each")
	f.Advance(3 * time.Second)
	require.Equal(t, 300, tick(t, l))
	require.Len(t, s.fired, 300)
	require.Len(t, warm, 300)
}

// Memory holds sixteen windows; the rest of a larger burst follows.
func TestLoopReadsAheadWithinBounds(t *testing.T) {
	f := clock.NewFake(start)
	s := &farsighted{shelf: newShelf(f)}
	for i := range 400 {
		id := fmt.Sprintf("t%03d", i)
		s.timers[id] = armed(id, start.Add(time.Second+time.Duration(i%7)*time.Millisecond))
	}
	l := timer.New(timer.Options{Store: s, Acceptor: s, Clock: f, Window: 10})
	require.Zero(t, tick(t, l))
	require.Equal(t, 14, s.pages)
	// Armed behind the place where reading has stopped, by somebody else.
	s.timers["between"] = armed("between", start.Add(500*time.Millisecond))
	f.Advance(500 * time.Millisecond)
	require.Equal(t, 1, tick(t, l), "found among the earliest")
	f.Advance(600 * time.Millisecond)
	require.Equal(t, 400, tick(t, l))
	require.Len(t, s.fired, 401)
}
