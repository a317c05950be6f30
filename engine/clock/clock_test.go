package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestFakeSleepWakesAtItsMoment(t *testing.T) {
	f := clock.NewFake(start)
	woken := make(chan time.Time, 2)
	sleep := func(d time.Duration) {
		_ = f.Sleep(context.Background(), d)
		woken <- f.Now()
	}
	go sleep(2 * time.Second)
	f.BlockUntil(1)
	f.Advance(1999 * time.Millisecond)
	require.Empty(t, woken)
	f.Advance(time.Millisecond)
	require.Equal(t, start.Add(2*time.Second), <-woken)
}

func TestFakeSleepEndsWithItsContext(t *testing.T) {
	f := clock.NewFake(start)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Sleep(ctx, time.Hour) }()
	f.BlockUntil(1)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestFakeTimeoutHasItsCause(t *testing.T) {
	f := clock.NewFake(start)
	ctx, cancel := f.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	f.Advance(59 * time.Second)
	require.NoError(t, ctx.Err())
	f.Advance(time.Second)
	require.Error(t, ctx.Err())
	require.ErrorIs(t, context.Cause(ctx), context.DeadlineExceeded)
}

func TestSpreadStaysInItsShare(t *testing.T) {
	f := clock.NewFake(start)
	for range 1000 {
		d := clock.Spread(f, time.Second, 0.5)
		require.GreaterOrEqual(t, d, 500*time.Millisecond)
		require.LessOrEqual(t, d, 1500*time.Millisecond)
	}
}

func TestInstantKeepsMilliseconds(t *testing.T) {
	at := start.Add(123456789 * time.Nanosecond)
	require.Equal(t, start.Add(123*time.Millisecond), clock.Time(clock.Instant(at)))
}

func TestSampledFollowsTheSource(t *testing.T) {
	f := clock.NewFake(start)
	skew, asked := 2*time.Minute, 0
	s := clock.NewSampled(f, func(context.Context) (core.Instant, error) {
		asked++
		return clock.Instant(f.Now().Add(skew)), nil
	}, 30*time.Second)
	read := func() time.Time {
		now, err := s.Now(context.Background())
		require.NoError(t, err)
		return clock.Time(now)
	}
	require.Equal(t, start.Add(skew), read())
	f.Advance(29 * time.Second)
	require.Equal(t, start.Add(skew+29*time.Second), read())
	require.Equal(t, 1, asked)
	skew = time.Minute
	f.Advance(time.Second)
	require.Equal(t, start.Add(skew+30*time.Second), read())
}

// setClock is a machine whose wall clock was set by hand.
type setClock struct {
	*clock.Fake
	by time.Duration
}

func (c *setClock) Now() time.Time { return c.Fake.Now().Add(c.by) }

func TestSampledIgnoresAClockThatIsSet(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, 900 * time.Millisecond, -time.Hour} {
		c := &setClock{Fake: clock.NewFake(start)}
		down := false
		s := clock.NewSampled(c, func(context.Context) (core.Instant, error) {
			if down {
				return 0, errors.New("down")
			}
			return clock.Instant(c.Fake.Now()), nil
		}, 30*time.Second)
		read := func() time.Time {
			now, err := s.Now(context.Background())
			require.NoError(t, err)
			return clock.Time(now)
		}
		require.Equal(t, start, read())
		c.by = by
		c.Advance(10 * time.Second)
		require.Equal(t, start.Add(10*time.Second), read(), "set by %s", by)
		down = true // also when the source cannot be asked
		c.by *= 2
		c.Advance(10 * time.Second)
		require.Equal(t, start.Add(20*time.Second), read(), "set by %s", by)
	}
}

func TestSampledAsksAgainAfterSleep(t *testing.T) {
	c := &setClock{Fake: clock.NewFake(start)}
	asked := 0
	s := clock.NewSampled(c, func(context.Context) (core.Instant, error) {
		asked++
		return clock.Instant(c.Now()), nil
	}, 30*time.Second)
	_, err := s.Now(context.Background())
	require.NoError(t, err)
	c.by = time.Hour // the machine slept: the time that counts stood still
	now, err := s.Now(context.Background())
	require.NoError(t, err)
	require.Equal(t, start.Add(time.Hour), clock.Time(now))
	require.Equal(t, 2, asked)
}

func TestElapsedOfTheMachineMoves(t *testing.T) {
	var c clock.System
	before := c.Elapsed()
	require.NoError(t, c.Sleep(context.Background(), time.Millisecond))
	require.GreaterOrEqual(t, c.Elapsed()-before, time.Millisecond)
}
