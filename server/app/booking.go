package app

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/booking"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/feed"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/robot"
)

// This file fits bookings to the records, activities and robots that book.

// bookable are records as bookings ask them.
type bookable struct{ crm *crm.Service }

func (b bookable) Booked(ctx context.Context, r booking.Ref, field string) (is, several bool, err error) {
	return b.crm.BookingField(ctx, r.Type, r.ID, field)
}

func (b bookable) Title(ctx context.Context, r booking.Ref) (string, error) {
	return b.crm.Title(ctx, r.Type, r.ID)
}

func (b bookable) SetBooked(ctx context.Context, by booking.By, r booking.Ref, field string, ids []string) error {
	return b.crm.SetFields(ctx, crm.Change{Actor: by.Actor, Run: by.Run, Depth: by.Depth}, r.Type, r.ID, map[string]any{field: crm.Booked{IDs: ids}})
}

// bookingNames lets records name their bookings.
type bookingNames struct{ *booking.Service }

func (b bookingNames) Booking(ctx context.Context, id string) (crm.Booking, bool, error) {
	known, err := b.Get(ctx, id)
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() == 404 {
		return crm.Booking{}, false, nil
	}
	if err != nil {
		return crm.Booking{}, false, err
	}
	resource, err := b.Resource(ctx, known.Resource)
	return crm.Booking{Resource: resource.Name, From: known.From.Time, To: known.To.Time, User: known.User}, err == nil, err
}

func (b bookingNames) Of(ctx context.Context, of crm.Ref) ([]string, error) {
	return b.Service.Of(ctx, booking.Ref{Type: of.Type, ID: of.ID})
}

func (b bookingNames) Carry(ctx context.Context, by crm.Change, ids []string, from, to crm.Ref) error {
	return b.Service.Carry(ctx, booking.By{Actor: by.Actor, Run: by.Run, Depth: by.Depth}, ids, booking.Ref{Type: from.Type, ID: from.ID}, booking.Ref{Type: to.Type, ID: to.ID})
}

// newBookings opens the bookings of a CRM and lets its records name them.
func (a *App) newBookings(ctx context.Context, docs docstore.Store, records *crm.Service, now func() time.Time) (*booking.Service, error) {
	made, err := booking.New(ctx, booking.Options{Store: docs, Records: bookable{records}, People: a.Identity, Calendar: a.Calendars.Find, Now: now})
	if err == nil {
		records.BookedBy(bookingNames{made})
	}
	return made, err
}

// rooms lets activities take place somewhere.
type rooms struct{ *booking.Service }

func (r rooms) Take(ctx context.Context, by activity.By, id string, a activity.Activity, instead string) (string, error) {
	m := booking.Meeting{ID: a.ID, Resource: a.Room, From: a.Start, To: a.End, User: a.ResponsibleID}
	for _, about := range a.Records {
		if about.Type != crm.TypeContact && about.Type != crm.TypeCompany {
			m.Record = &booking.Ref{Type: about.Type, ID: about.ID}
			break
		}
	}
	b, err := r.Service.Take(ctx, booking.By{Actor: by.Actor, Run: by.Run, Depth: by.Depth}, id, m, instead)
	return b.ID, err
}

func (r rooms) Release(ctx context.Context, by activity.By, id string) error {
	return r.Service.Release(ctx, booking.By{Actor: by.Actor, Run: by.Run, Depth: by.Depth}, id)
}

// booker lets robots book.
type booker struct {
	*booking.Service
	crm *crm.Service
}

func byRobot(by robot.Change) booking.By {
	return booking.By{Actor: by.Actor, Run: by.Run, Depth: by.Depth}
}

func (b booker) Reserve(ctx context.Context, by robot.Change, id string, r robot.Reservation) (string, error) {
	made, err := b.Service.Reserve(ctx, byRobot(by), id, booking.Wish{Resource: r.Resource, From: docstore.At(r.From).String(), To: docstore.At(r.To).String(), User: r.User,
		Record: &booking.Ref{Type: r.RecordType, ID: r.RecordID}, Field: r.Field, Note: r.Note})
	if err != nil {
		return "", err
	}
	resource, err := b.Resource(ctx, made.Resource)
	return resource.Name, err
}

func (b booker) CancelField(ctx context.Context, by robot.Change, recordType, id, field string) (int, error) {
	ref := booking.Ref{Type: recordType, ID: id}
	if is, _, err := b.crm.BookingField(ctx, recordType, id, field); err != nil {
		return 0, err
	} else if !is {
		return 0, problem.Invalid("/field", "unknown_field", "there is no such field for bookings")
	}
	return b.Service.CancelField(ctx, byRobot(by), ref, field, "")
}

// bookedEvents is the consumer of the events of bookings: it finishes what a crash has
// left, tells the story of the record and the employee, and refreshes screens.
func bookedEvents(b *booking.Service, c *crm.Service, bell *feed.Service, people *identity.Service, watchers *live, fallback *time.Location) func(context.Context, docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		change, err := booking.Read(d)
		if err != nil {
			return err
		}
		if err := b.Follow(ctx, d); err != nil {
			return err
		}
		now, event := *change.After, d.DocumentID+"#"+strconv.FormatInt(d.Seq, 10)
		word := strings.TrimPrefix(d.Event.Kind, "booking.")
		topics := []string{"inbox:" + now.User}
		if now.Record != nil && now.Activity == "" { // what an activity takes is told by the activity
			run, _ := strings.CutPrefix(d.Event.Cause, "run:")
			entry := crm.Entry{Record: now.Record.String(), At: docstore.At(d.At), Kind: "booking", Actor: d.Event.Actor, Run: run, Text: now.Reason,
				Data: map[string]any{"event": word, "id": now.ID, "resource": change.Resource, "from": now.From.String(), "to": now.To.String()}}
			entry.ID = "booking:" + event
			if _, err := c.AddEntry(ctx, entry); err != nil && !isGone(err) {
				return err
			}
		}
		if now.Record != nil {
			topics = append(topics, "record:"+now.Record.String())
		}
		if now.User != "" && now.User != d.Event.Actor && now.Activity == "" && d.Event.Kind != booking.EventCarried {
			key := map[string]string{"reserved": "bookingReserved", "moved": "bookingMoved", "canceled": "bookingCanceled"}[word]
			if err := bell.Tell(ctx, notice(people, fallback, "booking:"+event+":"+now.User, now.User, key, "booking", "/calendar/resources?day="+now.From.UTC().Format(time.DateOnly),
				d.Event.Actor, change.Resource, now.From)); err != nil {
				return err
			}
		}
		return watchers.show(ctx, "booking:"+event, topics, inboxEvent{"booking", now.ID})
	}
}

func isGone(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == 404
}

// freeDeleted is the consumer of deleted records: what was booked for them is free.
func freeDeleted(b *booking.Service) func(context.Context, docstore.Delivery) error {
	return func(ctx context.Context, d docstore.Delivery) error {
		if d.Event.Kind != crm.RecordDeleted {
			return nil
		}
		_, e, err := crm.EventOf(d)
		if err != nil {
			return err
		}
		run, _ := strings.CutPrefix(d.Event.Cause, "run:")
		return b.Deleted(ctx, booking.By{Actor: d.Event.Actor, Run: run, Depth: d.Event.Depth}, booking.Ref{Type: e.Type, ID: d.DocumentID})
	}
}

// unusedRooms gives up what was booked for activities that were never kept.
type unusedRooms struct {
	bookings   *booking.Service
	activities *activity.Service
	clock      clock.Clock
	log        *slog.Logger
}

// How often it is looked for such bookings, and how long one may wait for its activity.
const (
	unusedPoll = 10 * time.Minute
	unusedAge  = 5 * time.Minute
)

// Run looks at the start and then now and then until ctx ends.
func (u unusedRooms) Run(ctx context.Context) error {
	for {
		if err := u.bookings.Unused(ctx, u.clock.Now().Add(-unusedAge), u.activities.BookingOf); err != nil && ctx.Err() == nil {
			u.log.WarnContext(ctx, "free rooms that no activity uses", "error", err)
		}
		if err := u.clock.Sleep(ctx, unusedPoll); err != nil {
			return err
		}
	}
}
