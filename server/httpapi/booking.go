package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/booking"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// shownBooking is a booking with the names that its reader sees. When something is
// taken, and by whom, is for everybody; what for is for those who may see the record.
type shownBooking struct {
	booking.Booking
	ResourceName string `json:"resourceName"`
	UserName     string `json:"userName,omitempty"`
	BookedByName string `json:"bookedByName,omitempty"`
	Title        string `json:"title,omitempty" doc:"of the record"`
	Hidden       bool   `json:"hidden,omitempty" doc:"it is for something that the reader may not see"`
	CanEdit      bool   `json:"canEdit"`
}

type bookingQuery struct {
	Paging
	Resource []string `query:"resource" maxItems:"50"`
	Person   string   `query:"person" maxLength:"100" doc:"whom it is assigned to; me = the caller"`
	Record   string   `query:"record" maxLength:"160" doc:"type:id"`
	Field    string   `query:"field" maxLength:"40" doc:"of the record"`
	From     string   `query:"from" format:"date-time"`
	To       string   `query:"to" format:"date-time" doc:"exclusive"`
	Status   string   `query:"status" enum:"active,canceled"`
}

func byCaller(ctx context.Context) booking.By { return booking.By{Actor: callerOf(ctx).ID} }

func (a *API) bookingRoutes() {
	const tag = "bookings"
	resource := func(r booking.Resource, err error) (*tagged[booking.Resource], error) { return withTag(r.Rev, r), err }
	route(a, spec{method: http.MethodGet, path: "/resources", id: "listResources", summary: "What can be booked, by name", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[booking.Resource], error) {
			all, err := a.Bookings.Resources(ctx)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/resources/{id}", id: "readResource", summary: "One resource", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*tagged[booking.Resource], error) {
			return resource(a.Bookings.Resource(ctx, in.ID))
		})
	route(a, spec{method: http.MethodPost, path: "/resources", id: "addResource", summary: "Add a resource", tag: tag, need: "settings.manage", status: 201},
		func(ctx context.Context, in *struct{ Body booking.Rules }) (*tagged[booking.Resource], error) {
			return resource(a.Bookings.AddResource(ctx, byCaller(ctx), in.Body))
		})
	route(a, spec{method: http.MethodPut, path: "/resources/{id}", id: "putResource", summary: "Change a resource; what is booked stays", tag: tag, need: "settings.manage"},
		func(ctx context.Context, in *change[booking.Rules]) (*tagged[booking.Resource], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			return resource(a.Bookings.PutResource(ctx, byCaller(ctx), in.ID, rev, in.Body))
		})
	route(a, spec{method: http.MethodDelete, path: "/resources/{id}", id: "deleteResource", summary: "Delete a resource that was never booked", tag: tag, need: "settings.manage", status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			return nil, a.Bookings.DeleteResource(ctx, byCaller(ctx), in.ID, rev)
		})

	route(a, spec{method: http.MethodGet, path: "/bookings", id: "listBookings", summary: "Bookings in the order in which they begin", tag: tag, need: member},
		func(ctx context.Context, in *bookingQuery) (*list[shownBooking], error) {
			q, err := a.bookingFilter(ctx, in)
			if err != nil {
				return nil, err
			}
			all, next, err := a.Bookings.List(ctx, q)
			if err != nil {
				return nil, err
			}
			shown, err := a.showBookings(ctx, all...)
			return page(shown, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/bookings", id: "bookResource", summary: "Book a resource; of two who want the last place one gets it", tag: tag, need: member, status: 201},
		func(ctx context.Context, in *struct{ Body booking.Wish }) (*tagged[shownBooking], error) {
			if err := a.mayBook(ctx, in.Body.Record); err != nil {
				return nil, err
			}
			made, err := a.Bookings.Reserve(ctx, byCaller(ctx), "", in.Body)
			return a.booked(ctx, made, err)
		})
	route(a, spec{method: http.MethodGet, path: "/bookings/{id}", id: "readBooking", summary: "One booking", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*tagged[shownBooking], error) {
			found, err := a.Bookings.Get(ctx, in.ID)
			return a.booked(ctx, found, err)
		})
	route(a, spec{method: http.MethodPatch, path: "/bookings/{id}", id: "moveBooking", summary: "Give a booking another time or another employee", tag: tag, need: member},
		func(ctx context.Context, in *change[booking.Motion]) (*tagged[shownBooking], error) {
			rev, err := a.mayChangeBooking(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			moved, err := a.Bookings.Move(ctx, byCaller(ctx), in.ID, rev, in.Body)
			return a.booked(ctx, moved, err)
		})
	type bookingReason struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"why it is given up"`
	}
	route(a, spec{method: http.MethodPost, path: "/bookings/{id}/cancellation", id: "cancelBooking", summary: "Give a booking up", tag: tag, need: member},
		func(ctx context.Context, in *change[bookingReason]) (*tagged[shownBooking], error) {
			rev, err := a.mayChangeBooking(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			canceled, err := a.Bookings.Cancel(ctx, byCaller(ctx), in.ID, rev, in.Body.Reason)
			return a.booked(ctx, canceled, err)
		})
}

func (a *API) bookingFilter(ctx context.Context, in *bookingQuery) (booking.Query, error) {
	q := booking.Query{Resources: in.Resource, User: in.Person, Field: in.Field, Status: in.Status, Limit: in.Limit, Cursor: in.Cursor}
	if q.User == "me" {
		q.User = callerOf(ctx).ID
	}
	var err error
	if q.From, err = docstore.ParseInstant(in.From); err != nil {
		return q, problem.Invalid("query.from", "format", "")
	}
	if q.To, err = docstore.ParseInstant(in.To); err != nil {
		return q, problem.Invalid("query.to", "format", "")
	}
	if in.Record != "" {
		kind, id, _ := strings.Cut(in.Record, ":")
		if kind == "" || id == "" {
			return q, problem.Invalid("query.record", "format", "type:id")
		}
		q.Record = &booking.Ref{Type: kind, ID: id}
		return q, a.maySee(ctx, kind, id)
	}
	return q, nil
}

// mayBook decides whether the caller may book for a record: that changes it.
func (a *API) mayBook(ctx context.Context, r *booking.Ref) error {
	if r == nil {
		return nil
	}
	if _, err := a.CRM.Title(ctx, r.Type, r.ID); err != nil {
		return nil //nolint:nilerr // told at its place by the check
	}
	return a.mayEdit(ctx, r.Type, r.ID)
}

// mayChangeBooking gives the version that the caller has seen of a booking that it may
// change: its own, those assigned to it, those of records that it may edit, and all
// for those who keep the settings.
func (a *API) mayChangeBooking(ctx context.Context, id string, m Matching) (int64, error) {
	version, err := m.seen()
	if err != nil {
		return 0, err
	}
	found, err := a.Bookings.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if found.Activity != "" {
		return 0, problem.New("booking_of_activity").With("activity", found.Activity)
	}
	return version, a.changesBooking(ctx, found)
}

func (a *API) changesBooking(ctx context.Context, b booking.Booking) error {
	me := callerOf(ctx).ID
	if me != "" && (b.By == me || b.User == me) {
		return nil
	}
	if b.Record != nil && a.mayEdit(ctx, b.Record.Type, b.Record.ID) == nil {
		return nil
	}
	if a.allowed(ctx, "settings.manage") == nil {
		return nil
	}
	return problem.New("booking_of_another")
}

func (a *API) booked(ctx context.Context, b booking.Booking, err error) (*tagged[shownBooking], error) {
	if err != nil {
		return nil, a.inTheWay(ctx, err)
	}
	shown, err := a.showBookings(ctx, b)
	if err != nil {
		return nil, err
	}
	return withTag(b.Version, shown[0]), nil
}

// inTheWay adds to a problem the booking because of which it arose, as the caller may
// see it.
func (a *API) inTheWay(ctx context.Context, err error) error {
	var clash *booking.Clash
	var p *problem.Problem
	if !errors.As(err, &clash) || !errors.As(err, &p) {
		return err
	}
	shown, failed := a.showBookings(ctx, clash.Booking)
	if failed != nil {
		return failed
	}
	return p.With("clash", shown[0])
}

// showBookings adds names and takes away what the caller may not see.
func (a *API) showBookings(ctx context.Context, all ...booking.Booking) ([]shownBooking, error) {
	sight := a.sight()
	resources := map[string]string{}
	out := make([]shownBooking, 0, len(all))
	for _, b := range all {
		name, known := resources[b.Resource]
		if !known {
			r, err := a.Bookings.Resource(ctx, b.Resource)
			var p *problem.Problem
			if err != nil && (!errors.As(err, &p) || p.Status() != http.StatusNotFound) {
				return nil, err
			}
			name = r.Name
			resources[b.Resource] = name
		}
		people, err := a.People.Names(ctx, []string{b.User, b.By, b.EndedBy})
		if err != nil {
			return nil, err
		}
		one := shownBooking{Booking: b, ResourceName: name, UserName: people[b.User], BookedByName: people[b.By],
			CanEdit: b.Activity == "" && b.Holds(a.Clock.Now()) && a.changesBooking(ctx, b) == nil}
		seen := b.Activity == "" || b.By == callerOf(ctx).ID || b.User == callerOf(ctx).ID
		if b.Record != nil {
			if one.Title, seen, err = sight.title(ctx, activity.Ref{Type: b.Record.Type, ID: b.Record.ID}); err != nil {
				return nil, err
			}
		}
		if !seen {
			one.Record, one.Field, one.Activity, one.Note, one.Reason, one.Run, one.Hidden = nil, "", "", "", "", "", true
		}
		out = append(out, one)
	}
	return out, nil
}
