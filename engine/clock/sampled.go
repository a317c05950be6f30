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

	mu     sync.Mutex
	taken  time.Time // own clock at the last sample; zero = never
	offset time.Duration
}

// NewSampled estimates source by c, renewing the sample every period.
func NewSampled(c Clock, source func(context.Context) (core.Instant, error), period time.Duration) *Sampled {
	return &Sampled{clock: c, source: source, period: period}
}

// Now is the estimated time of the source. When the source cannot be asked the
// last known offset stands; without any sample the error is returned, because a
// guess could fire early.
func (s *Sampled) Now(ctx context.Context) (core.Instant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.clock.Now()
	if s.taken.IsZero() || before.Sub(s.taken) >= s.period {
		at, err := s.source(ctx)
		after := s.clock.Now()
		switch {
		case err != nil && s.taken.IsZero():
			return 0, err
		case err == nil:
			// The sample was taken somewhere within the round trip; taking its end
			// makes the estimate late by at most the round trip, never early.
			s.offset = Time(at).Sub(after)
			s.taken = after
		}
	}
	return Instant(s.clock.Now().Add(s.offset)), nil
}
