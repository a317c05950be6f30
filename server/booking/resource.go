package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Kinds of the events of resources. The body of each is a ResourceChange.
const (
	EventAdded   = "resource.created"
	EventEdited  = "resource.changed"
	EventRemoved = "resource.deleted"
)

// ResourceChange is the body of the events of resources.
type ResourceChange struct {
	Before *Resource `json:"before,omitempty"`
	After  *Resource `json:"after,omitempty"`
}

// Limits of resources.
const (
	resourcesMost = 1000
	nameMost      = 100
	noteMost      = 500
)

// Resources lists all, by name.
func (s *Service) Resources(ctx context.Context) ([]Resource, error) {
	all, err := s.resources.All(ctx, docstore.Query{}, resourcesMost)
	if err != nil {
		return nil, fmt.Errorf("list resources: %w", err)
	}
	slices.SortFunc(all, func(a, b Resource) int {
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return all, nil
}

// Resource reads one.
func (s *Service) Resource(ctx context.Context, id string) (Resource, error) {
	r, err := s.resources.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		err = problem.NotFound("resource")
	}
	return r, err
}

// AddResource makes one.
func (s *Service) AddResource(ctx context.Context, by By, r Rules) (Resource, error) {
	all, err := s.Resources(ctx)
	if err != nil {
		return Resource{}, err
	}
	if len(all) >= resourcesMost {
		return Resource{}, problem.Invalid("/name", "too_many", fmt.Sprint(resourcesMost))
	}
	made := Resource{Entity: docstore.Entity{ID: uuid.Must(uuid.NewV7()).String()}, Rules: r}
	if err := s.check(ctx, &made.Rules, Rules{}); err != nil {
		return made, err
	}
	event, err := by.event(EventAdded, ResourceChange{After: &made})
	if err != nil {
		return made, err
	}
	return s.resources.Save(ctx, made, event)
}

// PutResource replaces the rules of a resource that stands at rev. Bookings that are
// there stay, also when they would not be made any more.
func (s *Service) PutResource(ctx context.Context, by By, id string, rev int64, r Rules) (Resource, error) {
	before, err := s.Resource(ctx, id)
	if err != nil {
		return before, err
	}
	after := before
	after.Rules, after.Rev = r, rev
	if err := s.check(ctx, &after.Rules, before.Rules); err != nil {
		return after, err
	}
	event, err := by.event(EventEdited, ResourceChange{Before: &before, After: &after})
	if err != nil {
		return after, err
	}
	saved, err := s.resources.Save(ctx, after, event)
	if errors.Is(err, docstore.ErrConflict) {
		return saved, problem.Stale(before)
	}
	return saved, err
}

// DeleteResource removes a resource that was never booked; one that was is switched
// off instead, so that what was booked keeps its name.
func (s *Service) DeleteResource(ctx context.Context, by By, id string, rev int64) error {
	before, err := s.Resource(ctx, id)
	if err != nil {
		return err
	}
	if rev != before.Rev {
		return problem.Stale(before)
	}
	// A ledger that is closed takes nothing; one that is there already was used.
	closed, err := s.ledgers.Save(ctx, ledger{Entity: docstore.Entity{ID: id}, Held: []Booking{}, Closed: true})
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
		if closed, err = s.ledgers.Get(ctx, id); err == nil && !closed.Closed {
			return problem.New("in_use", "by", "1")
		}
	}
	if err != nil {
		return fmt.Errorf("close resource %s: %w", id, err)
	}
	event, err := by.event(EventRemoved, ResourceChange{Before: &before})
	if err != nil {
		return err
	}
	err = s.resources.Delete(ctx, id, rev, event)
	if errors.Is(err, docstore.ErrConflict) {
		return errors.Join(problem.Stale(before), s.ledgers.Delete(ctx, id, closed.Rev))
	}
	return err
}

func (s *Service) check(ctx context.Context, r *Rules, before Rules) error {
	var found []problem.Field
	r.Name, r.Note = strings.TrimSpace(r.Name), strings.TrimSpace(r.Note)
	found = problem.Line(found, "/name", r.Name, true, nameMost)
	found = problem.Line(found, "/note", r.Note, false, noteMost)
	if !slices.Contains([]string{Room, Car, Equipment, Specialist, Other}, r.Kind) {
		found = append(found, problem.Field{Path: "/kind", Code: "invalid", Message: "room, car, equipment, specialist or other"})
	}
	if r.Capacity < 1 || r.Capacity > 100 {
		found = append(found, problem.Field{Path: "/capacity", Code: "out_of_range", Message: "1 to 100"})
	}
	if r.Calendar != before.Calendar && r.Calendar != "" {
		if _, err := s.o.Calendar(ctx, r.Calendar); err != nil || strings.Contains(r.Calendar, "+") {
			found = append(found, problem.Field{Path: "/calendar", Code: "unknown_reference"})
		}
	}
	return problem.Fields(found)
}
