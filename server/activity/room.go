package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Rooms books where activities take place. A *problem.Problem is the fault of the
// activity: the room is taken.
type Rooms interface {
	// Take books the room of an activity under an id, or under another one when that
	// was given up before, and gives the id; instead is the booking of the same
	// activity that is given up for it afterwards, "" for none.
	Take(ctx context.Context, by By, id string, a Activity, instead string) (string, error)
	// Release gives a booking up; one that is over or unknown needs nothing.
	Release(ctx context.Context, by By, id string) error
}

// book books the room of an activity before it is kept, and says how to give that
// booking up again when it is not. What was booked for it before is given up by the
// consumer of its events, after it is kept: a crash between leaves a booking too many
// for a while, never one too few.
//
// covers P-12
func (s *Service) book(ctx context.Context, by By, before Activity, a *stored) (undo func(), err error) {
	undo = func() {}
	same := a.Room == before.Room && a.Start.Equal(before.Start.Time) && a.End.Equal(before.End.Time)
	now := s.o.Now()
	switch {
	case a.Room == "", a.Status == Canceled, a.Status == Done && a.Start.After(now):
		a.Booking = ""
		return undo, nil
	case a.Status == Done, same && before.Status == Planned && before.Booking != "":
		return undo, nil
	case !a.End.After(now):
		if !same {
			a.Booking = ""
		}
		return undo, nil
	case s.o.Rooms == nil:
		return undo, problem.Invalid("/room", "unknown_reference", "")
	}
	id := uuid.Must(uuid.NewV7()).String()
	once := before.ID == "" && by.Run != ""
	if once { // a robot that is asked again books once
		id = uuid.NewSHA1(uuid.NameSpaceOID, []byte("fluxo\x00room\x00"+a.ID)).String()
	}
	a.Booking, err = s.o.Rooms.Take(ctx, by, id, a.Activity, before.Booking)
	var p *problem.Problem
	if errors.As(err, &p) {
		for i := range p.Fields { // the places of a booking have other names here
			if path, known := placesOfRooms[p.Fields[i].Path]; known {
				p.Fields[i].Path = path
			}
		}
	}
	if err != nil || once {
		return undo, err
	}
	return func() {
		// When this fails, too, the booking is found to be unused later.
		_ = s.o.Rooms.Release(context.WithoutCancel(ctx), by, a.Booking)
	}, nil
}

var placesOfRooms = map[string]string{"/resourceId": "/room", "/from": "/start", "/to": "/end", "/userId": "/responsibleId", "/record": "/records"}

// FreeRooms is the consumer of the events of activities that gives up what is not
// needed any more. It may see an event any number of times.
//
// covers P-12
func (s *Service) FreeRooms(ctx context.Context, d docstore.Delivery) error {
	var c Change
	if err := json.Unmarshal(d.Event.Body, &c); err != nil {
		return fmt.Errorf("event %d of activity %s: %w", d.Seq, d.DocumentID, err)
	}
	if s.o.Rooms == nil || c.Before == nil || c.Before.Booking == "" {
		return nil
	}
	after := Activity{}
	if c.After != nil {
		after = *c.After
	}
	if after.Booking == c.Before.Booking {
		return nil
	}
	return s.o.Rooms.Release(ctx, By{Actor: d.Event.Actor, Depth: d.Event.Depth}, c.Before.Booking)
}

// BookingOf is the booking that an activity uses, "" for none.
func (s *Service) BookingOf(ctx context.Context, id string) (string, error) {
	a, err := s.kept.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return "", nil
	}
	return a.Booking, err
}

// roomFields checks when a room is needed.
func roomFields(bad func(path, code, message string), a *stored) {
	if a.Room == "" {
		return
	}
	if a.Start.IsZero() {
		bad("/start", "required", "a room is booked from a beginning to an end")
	} else if a.End.IsZero() || !a.End.After(a.Start.Time) {
		bad("/end", "required", "a room is booked from a beginning to an end")
	}
	if len(a.Room) > lineMost {
		bad("/room", "too_long", strconv.Itoa(lineMost))
	}
}
