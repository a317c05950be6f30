package clock

import (
	"context"
	"math/rand/v2"
	"sort"
	"sync"
	"time"
)

// Fake is a clock that moves only when told to. Safe for concurrent use.
type Fake struct {
	mu       sync.Mutex
	changed  *sync.Cond // sleepers changed
	start    time.Time
	now      time.Time
	sleepers []*sleeper // unordered
	order    int
	random   *rand.Rand
}

type sleeper struct {
	at    time.Time
	order int
	wake  func()
}

// NewFake starts a clock at start with a fixed seed for its jitter.
func NewFake(start time.Time) *Fake {
	f := &Fake{start: start.UTC(), now: start.UTC(), random: rand.New(rand.NewPCG(1, 2))}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// Now is the moment the clock was last moved to.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Elapsed is how far the clock was moved.
func (f *Fake) Elapsed() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now.Sub(f.start)
}

// Advance moves the clock by d, waking every sleeper on the way in the order of
// its moment, each seeing its own moment as Now.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	target := f.now.Add(d)
	f.mu.Unlock()
	f.Set(target)
}

// Set moves the clock forward to t; an earlier t is ignored.
func (f *Fake) Set(t time.Time) {
	for {
		f.mu.Lock()
		sort.Slice(f.sleepers, func(i, j int) bool {
			if f.sleepers[i].at.Equal(f.sleepers[j].at) {
				return f.sleepers[i].order < f.sleepers[j].order
			}
			return f.sleepers[i].at.Before(f.sleepers[j].at)
		})
		if len(f.sleepers) == 0 || f.sleepers[0].at.After(t) {
			if t.After(f.now) {
				f.now = t.UTC()
			}
			f.mu.Unlock()
			return
		}
		first := f.sleepers[0]
		f.sleepers = f.sleepers[1:]
		if first.at.After(f.now) {
			f.now = first.at
		}
		f.changed.Broadcast()
		f.mu.Unlock()
		first.wake()
	}
}

// BlockUntil waits until at least n sleepers wait on the clock, so that a test
// can move time only after the code under test has gone to sleep.
func (f *Fake) BlockUntil(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.sleepers) < n {
		f.changed.Wait()
	}
}

// Sleep waits until the clock has been moved by d, or for the end of ctx.
func (f *Fake) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	done := make(chan struct{})
	s := f.add(d, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		f.remove(s)
		return ctx.Err()
	}
}

// WithTimeout ends the context when the clock has been moved by d.
func (f *Fake) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	child, cancel := context.WithCancelCause(ctx)
	s := f.add(d, func() { cancel(context.DeadlineExceeded) })
	return child, func() {
		f.remove(s)
		cancel(context.Canceled)
	}
}

// Fraction is a pseudo-random number in [0, 1) from the fixed seed.
func (f *Fake) Fraction() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.Float64()
}

func (f *Fake) add(d time.Duration, wake func()) *sleeper {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.order++
	s := &sleeper{at: f.now.Add(d), order: f.order, wake: wake}
	f.sleepers = append(f.sleepers, s)
	f.changed.Broadcast()
	return s
}

func (f *Fake) remove(gone *sleeper) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, s := range f.sleepers {
		if s == gone {
			f.sleepers = append(f.sleepers[:i], f.sleepers[i+1:]...)
			f.changed.Broadcast()
			return
		}
	}
}
