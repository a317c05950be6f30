package worklist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Away is a person who is absent, and whose open tasks are not to wait.
type Away struct {
	User        string
	Absence     string // its id
	From, Until string // first and last day
}

// StandIns knows who is away and who does their work.
type StandIns interface {
	// Away lists those who are absent at a moment and hand on their open tasks.
	Away(ctx context.Context, at time.Time) ([]Away, error)
	// StandIn is who does the work of an absent person at a moment, and none whom
	// refused tells about; "" when there is nobody.
	StandIn(ctx context.Context, user string, at time.Time, refused func(id string) bool) (string, error)
}

// Handed is how many tasks of an absence went to stand-ins.
type Handed struct {
	Away
	Tasks int
}

// HandOn gives the open tasks of people who are away to their stand-ins, by the
// rules that new tasks follow: nobody gets a second seat, and whoever asked for an
// approval does not decide it. What nobody can take stays where it is.
func (s *Service) HandOn(ctx context.Context, who StandIns) ([]Handed, error) {
	now := s.Clock.Now()
	away, err := who.Away(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("who is away: %w", err)
	}
	var out []Handed
	for _, a := range away {
		h := Handed{Away: a}
		q := store.TaskQuery{User: a.User, OnlyUser: true, Statuses: open, Limit: store.MaxLimit}
		for {
			page, err := s.Tasks.ListTasks(ctx, q)
			if err != nil {
				return out, fmt.Errorf("tasks of %s, who is away: %w", a.User, err)
			}
			for _, t := range page.Tasks {
				done, err := s.handOn(ctx, who, a, t, now)
				if err != nil {
					return out, err
				}
				if done {
					h.Tasks++
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if h.Tasks > 0 {
			out = append(out, h)
		}
	}
	return out, nil
}

func (s *Service) handOn(ctx context.Context, who StandIns, a Away, t store.Task, now time.Time) (bool, error) {
	to, err := who.StandIn(ctx, a.User, now, func(id string) bool {
		return slices.Contains(t.People(), id) || slices.Contains(t.Users, id) || t.Kind == "approval" && id == t.StartedBy
	})
	if err != nil || to == "" {
		return false, err
	}
	t, handed, err := s.Engine.StandIn(ctx, t.ID, a.User, to, store.AbsenceOf{From: a.From, To: a.Until})
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !handed: // answered or handed on meanwhile
		return false, nil
	case err != nil:
		return false, fmt.Errorf("hand on task %s: %w", t.ID, err)
	}
	// Whoever comes back finds what was handed on among what was delegated.
	h := handover{Entity: docstore.Entity{ID: fmt.Sprintf("%s/%s/%d", t.ID, a.User, len(t.Delegated))}, From: a.User, Task: t.ID, At: docstore.At(now)}
	if _, err := s.handovers.Save(ctx, h); err != nil && !errors.Is(err, docstore.ErrExists) {
		return true, fmt.Errorf("note that task %s was handed on: %w", t.ID, err)
	}
	return true, nil
}
