package robot

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Reservation is what a robot books.
type Reservation struct {
	Resource             string
	From, To             time.Time
	User                 string
	RecordType, RecordID string
	Field                string
	Note                 string
}

// Bookings books resources. A known id is the same booking. A *problem.Problem is the
// author's or the data's fault.
type Bookings interface {
	// Reserve gives the name of the resource.
	Reserve(ctx context.Context, by Change, id string, r Reservation) (resource string, err error)
	// CancelField gives up what a field holds and tells how many bookings that were.
	CancelField(ctx context.Context, by Change, recordType, recordID, field string) (int, error)
}

// bookingFailure explains a refused booking: that the resource is taken does not go
// away by waiting a second.
func bookingFailure(err error) error {
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() == http.StatusConflict && p.Code != "stale" {
		failure := permanent(p.Code, fixStep, "%s", p.Text("en"))
		if p.Code == "resource_busy" {
			failure = permanent("resource_busy", "choose another time or another resource, or free the one that is taken, then retry", "%s", p.Text("en"))
		}
		failure.Cause = err
		failure.Detail = map[string]any{}
		for name, value := range p.Args {
			failure.Detail[name] = value
		}
		return failure
	}
	return recordFailure(err)
}

// bookingReserve books a resource in a field of the record.
type bookingReserve struct {
	bookings   Bookings
	activities Activities
	people     func(ctx context.Context) (People, error)
	times      activityPlan // reads moments
}

// Descriptor implements robot.Performer.
func (*bookingReserve) Descriptor() robot.Descriptor {
	return describe("booking.reserve", robot.Internal)
}

// Perform books once per step, also when an operator retries it.
//
//
func (p *bookingReserve) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	r := Reservation{RecordType: req.Run.RecordType, RecordID: req.Run.RecordID}
	for name, to := range map[string]*string{"resource": &r.Resource, "field": &r.Field, "note": &r.Note} {
		value, failure := text(req.Config, name, name != "note")
		if failure != nil {
			return robot.Result{}, failure
		}
		*to = value
	}
	people, err := p.people(ctx)
	if err != nil {
		return robot.Result{}, temporary("directory_unavailable", err, "the directory could not be read")
	}
	if r.User, err = one(people, "employee", req.Config["employee"]); err != nil {
		return robot.Result{}, err
	}
	if r.User == "" {
		if r.User, err = p.activities.Responsible(ctx, r.RecordType, r.RecordID); err != nil {
			return robot.Result{}, recordFailure(err)
		}
		if _, known := people.User(r.User); !known {
			r.User = ""
		}
	}
	if r.From, err = p.times.begins(ctx, req); err != nil {
		return robot.Result{}, err
	}
	if r.From.IsZero() {
		return robot.Result{}, badConfig("date", "say when: a date, a time or how long after this step")
	}
	r.To = r.From.Add(time.Hour)
	if length := req.Config["duration"]; length != nil && length != "" {
		if r.To, err = p.times.after(ctx, "duration", length, r.From); err != nil {
			return robot.Result{}, err
		}
	}
	wait, _ := waitOf(req.EffectID)
	id := stableID(wait, "booking")
	name, err := p.bookings.Reserve(ctx, change(req), id, r)
	if err != nil {
		return robot.Result{}, bookingFailure(err)
	}
	const form = "2006-01-02T15:04:05.000Z"
	return robot.Result{Values: map[string]any{"id": id, "resource": name, "from": r.From.UTC().Format(form), "to": r.To.UTC().Format(form), "employee": r.User}}, nil
}

// bookingCancel gives up what a field of the record holds.
type bookingCancel struct{ bookings Bookings }

// Descriptor implements robot.Performer.
func (*bookingCancel) Descriptor() robot.Descriptor {
	return describe("booking.cancel", robot.Internal)
}

// Perform cancels; that there is nothing to cancel is a result, not a failure.
//
//
func (p *bookingCancel) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	field, failure := text(req.Config, "field", true)
	if failure != nil {
		return robot.Result{}, failure
	}
	n, err := p.bookings.CancelField(ctx, change(req), req.Run.RecordType, req.Run.RecordID, field)
	if err != nil {
		return robot.Result{}, bookingFailure(err)
	}
	return robot.Result{Values: map[string]any{"count": n}}, nil
}
