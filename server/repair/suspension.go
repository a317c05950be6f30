package repair

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Workspace is the key of the suspension of everything.
const Workspace = "*"

// Suspension holds a definition, or the workspace: no run starts, and what
// arrives for runs is kept until it ends.
type Suspension struct {
	docstore.Entity
	Key    string           `json:"key"` // of the definition, "*" = everything
	Actor  string           `json:"actor"`
	Reason string           `json:"reason,omitempty"`
	At     docstore.Instant `json:"at"`
}

// holding is what this process knows of suspensions. The set is replaced, never
// written.
type holding struct {
	keys atomic.Pointer[map[string]bool]
}

// Held tells whether a definition is suspended. It costs no read: another
// process's suspension is seen within the poll.
func (s *Service) Held(key string) bool {
	keys := s.held.keys.Load()
	return keys != nil && ((*keys)[Workspace] || (*keys)[key])
}

func (s *Service) refresh(ctx context.Context) error {
	all, err := s.Suspensions(ctx)
	if err != nil {
		return err
	}
	keys := make(map[string]bool, len(all))
	for _, x := range all {
		keys[x.Key] = true
	}
	before := s.held.keys.Swap(&keys)
	if before != nil && !maps.Equal(*before, keys) {
		s.nudge()
	}
	return nil
}

// Suspensions lists what is suspended.
func (s *Service) Suspensions(ctx context.Context) ([]Suspension, error) {
	const most = 10000
	return s.suspensions.All(ctx, docstore.Query{}, most)
}

// Hold suspends a definition or the workspace; again is no error.
func (s *Service) Hold(ctx context.Context, key, actor, reason string) error {
	_, err := s.suspensions.Save(ctx, Suspension{Entity: docstore.Entity{ID: identifier(key)}, Key: key, Actor: actor, Reason: reason, At: docstore.At(s.Clock.Now())})
	if err != nil && !errors.Is(err, docstore.ErrExists) {
		return fmt.Errorf("suspend %s: %w", key, err)
	}
	return s.refresh(ctx)
}

// Release ends a suspension. The runs that have kept events are stepped in the
// background; until they are, their events stay where they are. What is not
// suspended, or not any more, is not found.
func (s *Service) Release(ctx context.Context, key string) error {
	x, err := s.suspensions.Get(ctx, identifier(key))
	if err == nil {
		err = s.suspensions.Delete(ctx, x.ID, x.Rev)
	}
	if errors.Is(err, docstore.ErrNotFound) || errors.Is(err, docstore.ErrConflict) {
		return problem.NotFound("suspension")
	}
	if err != nil {
		return fmt.Errorf("resume %s: %w", key, err)
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	return s.catchUp(ctx, key)
}

func identifier(key string) string {
	if key == Workspace {
		return "workspace"
	}
	return "definition-" + key
}

// catchUp makes a durable job of stepping the runs that have kept events.
func (s *Service) catchUp(ctx context.Context, key string) error {
	filter := Filter{Statuses: []string{string(core.Active)}}
	if key != Workspace {
		filter.Definition = key
	}
	_, err := s.start(ctx, Job{Wish: Wish{Action: actionStep}, Filter: &filter})
	return err
}

// actionStep is a job of the product itself: apply what runs have kept.
const actionStep = "step"

// stepKept applies what a run has kept, unless it is suspended by itself.
func (s *Service) stepKept(ctx context.Context, id string) (Outcome, error) {
	r, err := s.Host.Step(ctx, core.RunID(id))
	if err != nil && !errors.Is(err, store.ErrFinished) {
		return Outcome{}, missing(err)
	}
	o := Outcome{Run: id, Title: title(r), Verdict: verdictDoes, After: stand(r, nil)}
	return o, s.call(ctx, &o, r)
}

// poll is how often suspensions and jobs of other processes are looked for.
const poll = 2 * time.Second

// Run carries out jobs and keeps the suspensions known until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := s.refresh(ctx)
		worked := false
		if err == nil {
			worked, err = s.work(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "repair pass", "error", err)
		}
		if worked && err == nil {
			continue
		}
		waiting, cancel := s.Clock.WithTimeout(ctx, clock.Spread(s.Clock, poll, 0.2))
		select {
		case <-waiting.Done():
		case <-s.wake:
		}
		cancel()
	}
	return ctx.Err()
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
