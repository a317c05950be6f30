package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Of lists the bookings for a record, those that are over or canceled included.
func (s *Service) Of(ctx context.Context, r Ref) ([]string, error) {
	all, err := s.all(ctx, docstore.Filter{Path: "key", Op: docstore.Eq, Value: r.String()})
	ids := make([]string, 0, len(all))
	for _, b := range all {
		ids = append(ids, b.ID)
	}
	return ids, err
}

// Carry gives bookings for one record to another, in the same fields, because the two
// are one or are two again. What is for neither of them stays as it is, so that it can
// be repeated. A field of one value may hold two bookings afterwards: both are shown,
// and people decide which one is given up.
func (s *Service) Carry(ctx context.Context, by By, ids []string, from, to Ref) error {
	for _, id := range ids {
		b, err := s.Get(ctx, id)
		var p *problem.Problem
		if errors.As(err, &p) && p.Status() == 404 {
			continue
		}
		if err != nil {
			return err
		}
		if b.Record == nil || *b.Record != from {
			continue
		}
		held, err := s.carryHeld(ctx, by, b, from, to)
		if err == nil && !held {
			err = s.carryKept(ctx, b.ID, from, to)
		}
		for _, r := range []Ref{from, to} { // a merge that was cut short comes here again
			if err == nil {
				err = s.note(ctx, by, Booking{Record: &r, Field: b.Field})
			}
		}
		if err != nil {
			return fmt.Errorf("give booking %s to %s: %w", id, to, err)
		}
	}
	return nil
}

// carryHeld carries a booking that takes time now or later.
func (s *Service) carryHeld(ctx context.Context, by By, b Booking, from, to Ref) (held bool, err error) {
	if !b.Holds(s.o.Now()) {
		return false, nil
	}
	resource, err := s.Resource(ctx, b.Resource)
	if err != nil {
		return false, err
	}
	_, err = s.write(ctx, by, resource, EventCarried, func(l *ledger) (before, after *Booking, err error) {
		i := l.find(b.ID)
		if held = i >= 0; !held {
			return nil, &b, nil // over or given up meanwhile
		}
		was := l.Held[i]
		if was.Record == nil || *was.Record != from {
			return nil, &was, nil
		}
		now := was
		now.Version, now.Record = was.Version+1, &to
		l.Held = slices.Clone(l.Held)
		l.Held[i] = now
		return &was, &now, nil
	})
	return held, err
}

// carryKept carries what lists show of a booking that no ledger holds any more.
func (s *Service) carryKept(ctx context.Context, id string, from, to Ref) error {
	_, err := s.kept.Update(ctx, id, func(b *stored) ([]docstore.Event, error) {
		if b.Record == nil || *b.Record != from {
			return nil, nil
		}
		b.Record = &to
		*b = index(b.Booking)
		return nil, nil
	})
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	return err
}
