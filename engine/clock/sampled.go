package clock

import (
	"context"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Sampled is the time of a database, estimated from a sample that is renewed
// now and then. Lease and due comparisons use it, so that replicas whose own
// clocks disagree still agree on what is due.
type Sampled struct {
	clock  Clock
	source func(context.Context) (core.Instant, error)
	period time.Duration

	mu    sync.Mutex
	known bool          // at least one sample was taken; guards what follows
	at    core.Instant  // the source's time at the last sample
	taken time.Duration // Elapsed then
	wall  time.Time     // the own clock then
}

// jumped is how far the own clock may move against the time that has really
// passed before the sample counts as old: the machine slept or its clock was set.
const jumped = time.Second

// NewSampled estimates source by c, renewing the sample every period.
func NewSampled(c Clock, source func(context.Context) (core.Instant, error), period time.Duration) *Sampled {
	return &Sampled{clock: c, source: source, period: period}
}

// Now is the estimated time of the source. Between samples it moves with the
// time that has really passed, so that a clock that is set forward fires nothing
// early. When the source cannot be asked the last sample stands; without any
// sample the error is returned, because a guess could fire early.
func (s *Sampled) Now(ctx context.Context) (core.Instant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.old() {
		at, err := s.source(ctx)
		switch {
		case err != nil && !s.known:
			return 0, err
		case err == nil:
			// The sample was taken somewhere within the round trip; taking its end
			// makes the estimate late by at most the round trip, never early.
			s.known, s.at, s.taken, s.wall = true, at, s.clock.Elapsed(), s.clock.Now().Round(0)
		}
	}
	return s.at + core.Instant((s.clock.Elapsed() - s.taken).Milliseconds()), nil
}

// old tells that a new sample is due. The wall clock is compared without its
// monotonic reading: the point is to see it jump.
func (s *Sampled) old() bool {
	if !s.known {
		return true
	}
	passed := s.clock.Elapsed() - s.taken
	drift := s.clock.Now().Round(0).Sub(s.wall) - passed
	return passed >= s.period || drift > jumped || drift < -jumped
}
