package booking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Read gives the body of the event of a booking.
func Read(d docstore.Delivery) (Change, error) {
	var c Change
	if err := json.Unmarshal(d.Event.Body, &c); err != nil {
		return c, fmt.Errorf("event %d of ledger %s: %w", d.Seq, d.DocumentID, err)
	}
	if c.After == nil {
		return c, fmt.Errorf("event %d of ledger %s tells of no booking", d.Seq, d.DocumentID)
	}
	return c, nil
}

// Follow is the consumer of the events of bookings: what was not shown because of a
// crash is shown now. It may see an event any number of times.
func (s *Service) Follow(ctx context.Context, d docstore.Delivery) error {
	c, err := Read(d)
	if err != nil {
		return err
	}
	if err := s.show(ctx, *c.After); err != nil {
		return err
	}
	run, _ := strings.CutPrefix(d.Event.Cause, "run:")
	return s.note(ctx, By{Actor: d.Event.Actor, Run: run, Depth: d.Event.Depth}, *c.After)
}

// note brings the field of the record up to date that holds a booking: the newest one
// that is not canceled, or all of them.
func (s *Service) note(ctx context.Context, by By, b Booking) error {
	if b.Record == nil || b.Field == "" {
		return nil
	}
	all, err := s.all(ctx, docstore.Filter{Path: "slot", Op: docstore.Eq, Value: index(b).Slot}, docstore.Filter{Path: "status", Op: docstore.Eq, Value: Active})
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(all))
	for _, one := range all {
		ids = append(ids, one.ID)
	}
	err = s.o.Records.SetBooked(ctx, by, *b.Record, b.Field, ids)
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() < 500 && p.Status() != 409 {
		return nil // the record or the field is gone, or its stage asks for a value: the booking is what it is
	}
	return err
}

// CancelField gives up what a field of a record holds and is not over, and tells how
// many bookings that were.
//
//
func (s *Service) CancelField(ctx context.Context, by By, r Ref, field, reason string) (int, error) {
	held, err := s.held(ctx, r, field)
	if err != nil {
		return 0, err
	}
	return s.cancelAll(ctx, by, held, reason)
}

func (s *Service) cancelAll(ctx context.Context, by By, all []Booking, reason string) (n int, err error) {
	for _, b := range all {
		_, err := s.Cancel(ctx, by, b.ID, 0, reason)
		var p *problem.Problem
		if errors.As(err, &p) && p.Code == "booking_over" {
			continue // meanwhile
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Deleted is the consumer of deleted records: what was booked for them is free again.
// It may see an event any number of times.
func (s *Service) Deleted(ctx context.Context, by By, r Ref) error {
	all, err := s.all(ctx, docstore.Filter{Path: "key", Op: docstore.Eq, Value: r.String()}, docstore.Filter{Path: "status", Op: docstore.Eq, Value: Active},
		docstore.Filter{Path: "to", Op: docstore.Gt, Value: docstore.At(s.o.Now()).String()})
	if err != nil {
		return err
	}
	_, err = s.cancelAll(ctx, by, all, "")
	return err
}

// Forget takes a record that is gone for good out of the bookings for it.
func (s *Service) Forget(ctx context.Context, r Ref) error {
	if err := s.Deleted(ctx, By{}, r); err != nil {
		return err
	}
	for {
		page, _, err := s.kept.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "key", Op: docstore.Eq, Value: r.String()}}, Limit: docstore.MaxLimit})
		if err != nil {
			return fmt.Errorf("bookings of %s: %w", r, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, b := range page {
			b.Record, b.Field, b.Note, b.Reason = nil, "", "", ""
			rev := b.Rev
			forgotten := index(b.Booking)
			forgotten.Rev = rev
			if _, err := s.kept.Save(ctx, forgotten); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
				return fmt.Errorf("forget %s in booking %s: %w", r, b.ID, err)
			}
		}
	}
}

// Meeting is an activity that takes place in a room.
type Meeting struct {
	ID       string
	Resource string
	From, To docstore.Instant
	User     string
	Record   *Ref
}

// Take books the room of a meeting under an id, or under a new one when what that
// names was given up or is for another time; instead is the booking of the same
// meeting that is given up for it afterwards, "" for none.
//
// covers P-12
func (s *Service) Take(ctx context.Context, by By, id string, m Meeting, instead string) (Booking, error) {
	w := Wish{Resource: m.Resource, From: m.From.String(), To: m.To.String(), User: m.User, Record: m.Record, activity: m.ID, instead: instead}
	b, err := s.Reserve(ctx, by, id, w)
	if err == nil && (b.Status != Active || b.Resource != m.Resource || !b.From.Equal(m.From.Time) || !b.To.Equal(m.To.Time)) {
		w.instead = id
		return s.Reserve(ctx, by, "", w)
	}
	return b, err
}

// Release gives up the booking of a meeting; one that is over or unknown needs nothing.
func (s *Service) Release(ctx context.Context, by By, id string) error {
	_, err := s.Cancel(ctx, by, id, 0, "")
	var p *problem.Problem
	if errors.As(err, &p) && (p.Code == "booking_over" || p.Status() == 404) {
		return nil
	}
	return err
}

// Unused gives up the bookings of meetings that were never kept, because the server
// stopped between the two: current tells which booking a meeting has, "" for none.
// What was booked after a moment is left alone.
func (s *Service) Unused(ctx context.Context, before time.Time, current func(ctx context.Context, activity string) (booking string, err error)) error {
	all, err := s.kept.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "to", Op: docstore.Gt, Value: docstore.At(s.o.Now()).String()},
		{Path: "activity", Op: docstore.Gt, Value: ""}, {Path: "status", Op: docstore.Eq, Value: Active}}}, resourcesMost*heldMost)
	if err != nil {
		return fmt.Errorf("bookings of meetings: %w", err)
	}
	for _, b := range all {
		if !b.At.Before(before) {
			continue
		}
		used, err := current(ctx, b.Activity)
		if err != nil {
			return err
		}
		if used == b.ID {
			continue
		}
		if err := s.Release(ctx, By{}, b.ID); err != nil {
			return err
		}
	}
	return nil
}
