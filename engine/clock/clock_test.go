package clock_test

import (
	"context"
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
