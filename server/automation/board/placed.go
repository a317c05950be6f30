package board

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// placed remembers the triggers of all pipelines: every change of every record
// asks for them. What another server has saved is seen when it is no longer fresh.
type placed struct {
	mu      sync.Mutex
	at      time.Time
	changes int
	known   map[string][]trigger.Placed // by pipeline; nil = nothing is known
	people  bool                        // some robot waits for people's working time
}

// fresh is how long what is remembered counts.
const fresh = 5 * time.Second

func (p *placed) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = nil
	p.changes++
}

// Triggers lists the triggers of a pipeline, stage by stage, as they are arranged.
func (s *Service) Triggers(ctx context.Context, _, pipeline string) ([]trigger.Placed, error) {
	known, _, err := s.remembered(ctx)
	return known[pipeline], err
}

// AwaitPeople tells whether any robot runs in the working time of the person who
// is responsible. Once a board has had such
// a robot it counts, because records may wait under the old rules.
func (s *Service) AwaitPeople(ctx context.Context) (bool, error) {
	_, people, err := s.remembered(ctx)
	return people, err
}

func (s *Service) remembered(ctx context.Context) (map[string][]trigger.Placed, bool, error) {
	now := s.Clock.Now()
	s.placed.mu.Lock()
	known, people, changes := s.placed.known, s.placed.people, s.placed.changes
	old := known == nil || now.Sub(s.placed.at) >= fresh || now.Before(s.placed.at)
	s.placed.mu.Unlock()
	if !old {
		return known, people, nil
	}
	all, err := s.boards.All(ctx, docstore.Query{}, 1000)
	if err != nil {
		return nil, false, err
	}
	known, people = map[string][]trigger.Placed{}, false
	for _, b := range all {
		people = people || b.Personal
		if known[b.ID], err = s.arranged(ctx, b); err != nil {
			return nil, false, err
		}
	}
	s.placed.mu.Lock()
	defer s.placed.mu.Unlock()
	if s.placed.changes == changes { // else what was read may be older than the change
		s.placed.known, s.placed.people, s.placed.at = known, people, now
	}
	return known, people, nil
}

func (s *Service) arranged(ctx context.Context, b stored) ([]trigger.Placed, error) {
	var out []trigger.Placed
	some := false
	for _, c := range b.Stages {
		some = some || len(c.Triggers) > 0
	}
	if !some {
		return nil, nil
	}
	p, err := s.Records.Pipeline(ctx, b.ID)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, stage := range p.Stages {
		for _, t := range b.of(stage.ID).Triggers {
			out = append(out, trigger.Placed{Trigger: t, Stage: stage.ID})
		}
	}
	return out, nil
}

// gone tells whether an error says that something is not there.
func gone(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == http.StatusNotFound
}
