package timer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/timer"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// shelf holds armed timers and takes their firings; it counts what a real
// store would be asked for.
type shelf struct {
	clock *clock.Fake
	skew  time.Duration

	mu     sync.Mutex
	timers map[string]store.Timer
	fired  []string
	at     map[string]core.Instant
	fail   map[string]int // failures still to give, by timer
	reads  int
	most   int // timers read at a time
}

func newShelf(f *clock.Fake, timers ...store.Timer) *shelf {
	s := &shelf{clock: f, timers: map[string]store.Timer{}, at: map[string]core.Instant{}, fail: map[string]int{}}
	for _, t := range timers {
		s.timers[t.ID] = t
	}
	return s
}

func (s *shelf) Now(context.Context) (core.Instant, error) {
	return clock.Instant(s.now().Add(s.skew)), nil
}

func (s *shelf) now() time.Time {
	if s.clock == nil {
		return time.Now()
	}
	return s.clock.Now()
}

func (s *shelf) DueTimers(_ context.Context, before core.Instant, limit int) ([]store.Timer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	var out []store.Timer
	for _, t := range s.timers {
		if t.DueAt <= before {
			out = append(out, t)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].DueAt < out[j].DueAt })
	if len(out) > limit {
		out = out[:limit]
	}
	s.most = max(s.most, len(out))
	return out, nil
}

func (s *shelf) RunTimers(context.Context, core.RunID) ([]store.Timer, error) { return nil, nil }

func (s *shelf) Deliver(_ context.Context, run core.RunID, events ...core.Event) (store.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := string(events[0].Wait)
	if s.fail[id] > 0 {
		s.fail[id]--
		return store.Run{}, errors.New("store is away")
	}
	if _, armed := s.timers[id]; !armed {
		return store.Run{}, store.ErrDuplicate
	}
	delete(s.timers, id)
	s.fired = append(s.fired, id)
	s.at[id] = clock.Instant(s.now().Add(s.skew))
	return store.Run{ID: run}, nil
}

func armed(id string, due time.Time) store.Timer {
	return store.Timer{ID: id, Wait: core.WaitID(id), RunID: core.RunID("r-" + id), DueAt: clock.Instant(due)}
}

func newLoop(s *shelf, o timer.Options) *timer.Loop {
	o.Store, o.Acceptor, o.Clock = s, s, s.clock
	return timer.New(o)
}

func tick(t *testing.T, l *timer.Loop) int {
	t.Helper()
	n, err := l.Tick(context.Background())
	require.NoError(t, err)
	return n
}

func TestLoopIsNeverEarlyByTheTimeOfTheStore(t *testing.T) {
	f := clock.NewFake(start)
	s := newShelf(f, armed("a", start.Add(time.Minute)))
	s.skew = -20 * time.Second // the store's clock is behind ours
	l := newLoop(s, timer.Options{})
	f.Advance(79 * time.Second)
	require.Zero(t, tick(t, l))
	f.Advance(time.Second)
	require.Equal(t, 1, tick(t, l))
	require.Equal(t, clock.Instant(start.Add(time.Minute)), s.at["a"])
}

func TestLoopCatchesUpOldestFirst(t *testing.T) {
	f := clock.NewFake(start)
	s := newShelf(f)
	for i := range 50 {
		id := fmt.Sprintf("t%02d", i)
		s.timers[id] = armed(id, start.Add(time.Duration(i)*time.Minute))
	}
	var late []time.Duration
	l := newLoop(s, timer.Options{Window: 8, Workers: 1, Lateness: func(_ string, by time.Duration) { late = append(late, by) }})
	f.Advance(3 * time.Hour)
	require.Equal(t, 50, tick(t, l))
	require.True(t, sort.StringsAreSorted(s.fired), s.fired)
	require.LessOrEqual(t, s.most, 8, "only a window is in memory")
	require.Equal(t, 3*time.Hour, late[0])
}

func TestLoopTriesAgainAfterAFailure(t *testing.T) {
	f := clock.NewFake(start)
	s := newShelf(f, armed("a", start), armed("b", start))
	s.fail["a"] = 1
	l := newLoop(s, timer.Options{})
	require.Equal(t, 3, tick(t, l))
	require.ElementsMatch(t, []string{"a", "b"}, s.fired)
}

func TestLoopForgetsDisarmedTimers(t *testing.T) {
	f := clock.NewFake(start)
	s := newShelf(f, armed("a", start.Add(10*time.Second)))
	l := newLoop(s, timer.Options{})
	require.Zero(t, tick(t, l)) // now held in memory
	delete(s.timers, "a")
	l.Disarmed("a")
	f.Advance(10 * time.Second)
	require.Zero(t, tick(t, l))
}

func TestLoopRunFiresArmedTimersOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(nil)
		fired := make(chan time.Duration, 1)
		l := timer.New(timer.Options{Store: s, Acceptor: s, Clock: clock.System{}, Lateness: func(_ string, by time.Duration) { fired <- by }})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx) }()
		synctest.Wait()
		for i := range 20 {
			due := time.Now().Add(time.Duration(37*i+1) * time.Millisecond)
			a := armed(fmt.Sprint(i), due)
			s.mu.Lock()
			s.timers[a.ID] = a
			s.mu.Unlock()
			if i%2 == 0 {
				l.Armed(a)
				require.LessOrEqual(t, <-fired, time.Millisecond, "told of it, the loop is on time")
			} else {
				require.LessOrEqual(t, <-fired, 1300*time.Millisecond, "untold, it finds it by its poll")
			}
		}
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestLoopRunDrainsABacklogWithoutWaitingForItsPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(nil)
		for i := range 500 {
			a := armed(fmt.Sprint(i), time.Now())
			s.timers[a.ID] = a
		}
		done := make(chan struct{})
		left := 500
		var mu sync.Mutex
		l := timer.New(timer.Options{Store: s, Acceptor: s, Clock: clock.System{}, Window: 20, Lateness: func(string, time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				close(done)
			}
		}})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- l.Run(ctx) }()
		<-done
		require.Zero(t, time.Since(began))
		cancel()
		<-ended
	})
}

func TestLoopFiresEveryTimerOnceUnderRandomTime(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a fixed seed is wanted
	f := clock.NewFake(start)
	s := newShelf(f)
	due := map[string]time.Time{}
	for i := range 2000 {
		id := fmt.Sprintf("t%d", i)
		due[id] = start.Add(time.Duration(random.IntN(600_000)) * time.Millisecond)
		s.timers[id] = armed(id, due[id])
		if random.IntN(10) == 0 {
			s.fail[id] = 1 + random.IntN(2)
		}
	}
	l := newLoop(s, timer.Options{Window: 300, Workers: 4})
	for len(s.fired) < 2000 {
		f.Advance(time.Duration(random.IntN(5000)) * time.Millisecond)
		tick(t, l)
	}
	for id, at := range s.at {
		require.False(t, clock.Time(at).Before(due[id]), "%s was early", id)
	}
	require.Len(t, s.at, 2000)
}
