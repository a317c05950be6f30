package identity

import (
	"context"
	"errors"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// throttle counts wrong guesses for a login or from an address. It is stored,
// so that several processes count together.
type throttle struct {
	docstore.Entity
	Failures int              `json:"failures"`
	LastAt   docstore.Instant `json:"lastAt"`
	Until    docstore.Instant `json:"until"`
}

// After so many failures the next attempt must wait, twice as long each time.
// Failures are forgotten one by one as time goes by. An address gets more and is
// forgiven sooner: a whole office may share it, and people mistype.
const (
	loginFailures   = 5
	loginForgets    = 10 * time.Minute
	addressFailures = 30
	addressForgets  = time.Minute
	firstPause      = 15 * time.Second
	longestPause    = 15 * time.Minute
	forgetAfter     = time.Hour
)

type counter struct {
	id      string
	limit   int
	forgets time.Duration
}

func counters(in SignIn) []counter {
	out := []counter{{fingerprint("login " + normalLogin(in.Login)), loginFailures, loginForgets}}
	if in.Address != "" {
		out = append(out, counter{fingerprint("address " + in.Address), addressFailures, addressForgets})
	}
	return out
}

// throttled refuses an attempt that comes too early.
func (s *Service) throttled(ctx context.Context, in SignIn) error {
	now := s.now()
	var wait time.Duration
	for _, c := range counters(in) {
		t, err := s.throttles.Get(ctx, c.id)
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return err
		}
		wait = max(wait, t.Until.Sub(now))
	}
	if wait <= 0 {
		return nil
	}
	p := problem.New("too_many_requests")
	p.RetryAfterSeconds = int((wait + time.Second - 1) / time.Second)
	return p
}

// countFailure counts a wrong guess.
func (s *Service) countFailure(ctx context.Context, in SignIn) error {
	for _, c := range counters(in) {
		if err := s.count(ctx, c, in); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) count(ctx context.Context, c counter, in SignIn) error {
	for {
		t, err := s.throttles.Get(ctx, c.id)
		if errors.Is(err, docstore.ErrNotFound) {
			t.ID, err = c.id, nil
		}
		if err != nil {
			return err
		}
		now := s.now()
		t.Failures = max(0, t.Failures-int(min(now.Sub(t.LastAt.Time)/c.forgets, 1000))) + 1
		t.LastAt = docstore.At(now)
		if over := t.Failures - c.limit; over >= 0 {
			pause := firstPause
			for range min(over, 10) {
				pause = min(2*pause, longestPause)
			}
			t.Until = docstore.At(now.Add(pause))
		}
		e, err := event(ctx, "signInRefused", nil, map[string]any{"login": clip(in.Login, 80), "address": in.Address, "failures": t.Failures})
		if err != nil {
			return err
		}
		var events []docstore.Event
		if c.limit == loginFailures {
			events = append(events, e) // once per guess
		}
		_, err = s.throttles.Save(ctx, t, events...)
		if !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrExists) {
			return err
		}
	}
}

// forgive forgets the failures of a login after its right password. Those of
// the address stay: one known account must not pay for guesses at others.
func (s *Service) forgive(ctx context.Context, in SignIn) error {
	t, err := s.throttles.Get(ctx, counters(in)[0].id)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	err = s.throttles.Delete(ctx, t.ID, t.Rev)
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	return err
}
