// Package booking keeps what can be booked, such as rooms, cars, equipment and
// specialists, and who has booked it for when.
//
// Invariants: a resource never has more bookings at one moment than it has places.
// Whether a time is free is decided in one document per resource, its ledger,
// which holds the bookings that are not over and changes only by compare and set:
// of two bookings of the last place at the same moment one wins, on every store
// and on every number of servers. The event of the change lies in the same write.
// What lists show is written from it, at once and, after a crash, by the consumer
// of these events.
//
// Entry points: service.go books, moves and cancels, resource.go keeps what can be
// booked, follow.go is what happens because of bookings, records and activities.
package booking

import (
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Kinds of resources.
const (
	Room       = "room"
	Car        = "car"
	Equipment  = "equipment"
	Specialist = "specialist"
	Other      = "other"
)

// Statuses of bookings.
const (
	Active   = "active"
	Canceled = "canceled"
)

// Ref names a record.
type Ref struct {
	Type string `json:"type" minLength:"1" maxLength:"40"`
	ID   string `json:"id" minLength:"1" maxLength:"100"`
}

// String is the form by which records are found: "deal:<id>".
func (r Ref) String() string { return r.Type + ":" + r.ID }

// Rules are what people edit of a resource.
type Rules struct {
	Name     string `json:"name" minLength:"1" maxLength:"100"`
	Kind     string `json:"kind" enum:"room,car,equipment,specialist,other"`
	Capacity int    `json:"capacity" minimum:"1" maximum:"100" doc:"how many bookings it takes at one moment"`
	Calendar string `json:"calendar,omitempty" maxLength:"100" doc:"whose working time it has: id of a calendar, user:<id>, empty for the company's"`
	AnyTime  bool   `json:"anyTime,omitempty" doc:"it may be booked outside of working time"`
	Active   bool   `json:"active" doc:"false: it takes no new bookings"`
	Note     string `json:"note,omitempty" maxLength:"500"`
}

// Resource is something that can be booked.
type Resource struct {
	docstore.Entity
	Rules
}

// Booking is a resource that is taken for a time.
type Booking struct {
	docstore.Entity
	// Version counts its changes; lists and who moves it compare it.
	Version  int64            `json:"version"`
	Resource string           `json:"resourceId"`
	From     docstore.Instant `json:"from"`
	To       docstore.Instant `json:"to" doc:"exclusive"`
	User     string           `json:"userId,omitempty" doc:"the employee it is assigned to"`
	Record   *Ref             `json:"record,omitempty"`
	Field    string           `json:"field,omitempty" doc:"the booking field of the record that holds it"`
	Activity string           `json:"activity,omitempty" doc:"the activity that takes place there"`
	Note     string           `json:"note,omitempty"`
	Status   string           `json:"status" enum:"active,canceled"`
	At       docstore.Instant `json:"bookedAt"`
	By       string           `json:"bookedBy,omitempty" doc:"empty: a process did it"`
	Run      string           `json:"run,omitempty" doc:"the run that booked it"`
	EndedAt  docstore.Instant `json:"canceledAt"`
	EndedBy  string           `json:"canceledBy,omitempty"`
	Reason   string           `json:"reason,omitempty" doc:"why it was canceled"`
}

// Holds tells whether the booking takes its resource, now or later.
func (b Booking) Holds(now time.Time) bool { return b.Status == Active && b.To.After(now) }

// stored is a booking with what only the store needs.
type stored struct {
	Booking
	Key  string `json:"key,omitempty"`  // of its record
	Slot string `json:"slot,omitempty"` // of the record's field
}

func index(b Booking) stored {
	s := stored{Booking: b}
	if b.Record != nil {
		s.Key = b.Record.String()
		if b.Field != "" {
			s.Slot = s.Key + "#" + b.Field
		}
	}
	return s
}

// ledger holds the bookings of a resource that are not over. Its id is that of the
// resource.
type ledger struct {
	docstore.Entity
	Held []Booking `json:"held"`
	// Closed: the resource is being deleted.
	Closed bool `json:"closed,omitempty"`
}

// heldMost bounds the bookings of one resource that are not over.
const heldMost = 3000

// over is how long a booking that is over stays in the ledger: for clocks of
// servers that differ.
const over = time.Hour

// prune forgets what is over; lists keep it.
func (l *ledger) prune(now time.Time) {
	l.Held = slices.DeleteFunc(l.Held, func(b Booking) bool { return !b.To.After(now.Add(-over)) })
}

func (l *ledger) find(id string) int {
	return slices.IndexFunc(l.Held, func(b Booking) bool { return b.ID == id })
}

// clash finds a booking because of which there is no place from one moment to
// another, leaving those out that are given up for it.
func (l *ledger) clash(capacity int, from, to time.Time, except ...string) (Booking, bool) {
	var near []Booking
	for _, b := range l.Held {
		if b.From.Before(to) && b.To.After(from) && !slices.Contains(except, b.ID) {
			near = append(near, b)
		}
	}
	// The most bookings are held together where one of them begins, or at the start.
	slices.SortFunc(near, func(a, b Booking) int { return a.From.Compare(b.From.Time) })
	for _, first := range near {
		at := first.From.Time
		if at.Before(from) {
			at = from
		}
		together := 0
		for _, b := range near {
			if !b.From.After(at) && b.To.After(at) {
				together++
			}
		}
		if together >= capacity {
			return first, true
		}
	}
	return Booking{}, false
}
