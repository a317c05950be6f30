package clock

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Clock tells the time and wakes sleepers.
type Clock interface {
	// Now is the present moment.
	Now() time.Time
	// Elapsed is the time that has passed since a fixed moment. It never jumps,
	// also when the clock of the machine is set.
	Elapsed() time.Duration
	// Sleep returns nil after d, or the context's error when that comes first.
	Sleep(ctx context.Context, d time.Duration) error
	// WithTimeout is context.WithTimeout on this clock: the context ends with
	// context.DeadlineExceeded as its cause after d.
	WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	// Fraction is a number in [0, 1) for jitter and spreading, never for a decision
	// that a run's history depends on.
	Fraction() float64
}

// Instant converts a moment to the core's notion of time.
func Instant(t time.Time) core.Instant { return core.Instant(t.UnixMilli()) }

// Time converts an instant back, in UTC.
func Time(i core.Instant) time.Time { return time.UnixMilli(int64(i)).UTC() }

// Now is the present instant of a clock.
func Now(c Clock) core.Instant { return Instant(c.Now()) }

// Spread varies d by up to plus or minus share (0.5 = half), so that many
// processes with the same period do not move in step.
func Spread(c Clock, d time.Duration, share float64) time.Duration {
	return d + time.Duration((c.Fraction()*2-1)*share*float64(d))
}

// Every calls pass until ctx ends, with a spread pause of period after each
// call. It returns the context's error.
func Every(ctx context.Context, c Clock, period time.Duration, share float64, pass func(context.Context)) error {
	for {
		if err := c.Sleep(ctx, Spread(c, period, share)); err != nil {
			return err
		}
		pass(ctx)
	}
}

// System is the clock of the machine.
type System struct{}

// Now is the present moment.
func (System) Now() time.Time { return time.Now() }

// began is the fixed moment of Elapsed; it carries a monotonic reading.
var began = time.Now()

// Elapsed is the time since this process began.
func (System) Elapsed() time.Duration { return time.Since(began) }

// Sleep waits for d or for the end of ctx.
func (System) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// WithTimeout is context.WithTimeout.
func (System) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// Fraction is a pseudo-random number in [0, 1).
func (System) Fraction() float64 { return rand.Float64() }
