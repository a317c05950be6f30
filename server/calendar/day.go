package calendar

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// States of a person's day.
const (
	DayOff     = "off"
	DayWorking = "working"
	DayPaused  = "paused"
)

// Mark is a change of a person's day.
type Mark struct {
	Action string           `json:"action" enum:"start,pause,resume,end"`
	At     docstore.Instant `json:"at"`
}

// Workday is whether a person has begun the day, and its marks.
type Workday struct {
	docstore.Entity        // the user's id
	State           string `json:"state" enum:"off,working,paused"`
	Date            string `json:"date" doc:"of the last start, in the person's zone"`
	Marks           []Mark `json:"marks" doc:"of the day, oldest first"`
}

const marksMost = 100

// Workday reads a person's day. One that was begun on an earlier date and never
// ended is over.
func (s *Service) Workday(ctx context.Context, userID string) (Workday, error) {
	d, err := s.days.Get(ctx, userID)
	if errors.Is(err, docstore.ErrNotFound) {
		d, err = Workday{Entity: docstore.Entity{ID: userID}, State: DayOff, Marks: []Mark{}}, nil
	}
	if err != nil {
		return d, err
	}
	today, err := s.today(ctx, userID)
	if err == nil && d.Date != today {
		d.State, d.Marks = DayOff, []Mark{}
	}
	return d, err
}

// MarkDay begins, interrupts and ends a person's day.
func (s *Service) MarkDay(ctx context.Context, userID, action string) (Workday, error) {
	for range 5 {
		d, err := s.Workday(ctx, userID)
		if err != nil {
			return d, err
		}
		next, ok := map[string]map[string]string{
			DayOff:     {"start": DayWorking},
			DayWorking: {"pause": DayPaused, "end": DayOff},
			DayPaused:  {"resume": DayWorking, "end": DayOff},
		}[d.State][action]
		if !ok {
			return d, problem.Invalid("/action", "invalid", fmt.Sprintf("the day is %s", d.State)).With("current", d)
		}
		if len(d.Marks) >= marksMost {
			return d, problem.Invalid("/action", "too_many", fmt.Sprint(marksMost))
		}
		before := d
		if d.Date, err = s.today(ctx, userID); err != nil {
			return d, err
		}
		d.State = next
		d.Marks = append(append([]Mark{}, d.Marks...), Mark{action, docstore.At(s.o.Now())})
		e, err := event(ctx, "workday.marked", map[string]any{"state": before.State}, map[string]any{"state": d.State})
		if err != nil {
			return d, err
		}
		d, err = s.days.Save(ctx, d, e)
		if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
			continue // the same person in another window
		}
		return d, err
	}
	return Workday{}, problem.Stale(nil)
}
