package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	engine "github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Kinds of the events of bookings, which lie in the ledgers of resources. The body
// of each is a Change.
const (
	EventReserved = "booking.reserved"
	EventMoved    = "booking.moved"
	EventCanceled = "booking.canceled"
	EventCarried  = "booking.carried" // to the record that its own became a part of, or back
)

// Ledgers is the name under which ledgers are kept, and their events are delivered.
const Ledgers = "bookingLedgers"

// Change is the body of the events of bookings: the booking before and after, and
// the name of its resource.
type Change struct {
	Before   *Booking `json:"before,omitempty"`
	After    *Booking `json:"after"`
	Resource string   `json:"resource"`
	Kind     string   `json:"kind"`
}

// By says who changes a booking. The zero value is the installation itself.
type By struct {
	Actor string // user id
	Run   string // the run that does it, "" for a person
	Depth int    // length of the causal chain so far
}

func (by By) event(kind string, body any) (docstore.Event, error) {
	event, err := docstore.NewEvent(kind, body)
	event.Actor, event.Depth = by.Actor, by.Depth
	if by.Run != "" {
		event.Cause = "run:" + by.Run
	}
	return event, err
}

// Records answers for the records that hold bookings.
type Records interface {
	// Booked tells whether a field of a record can hold bookings, and several. A
	// *problem.Problem that is not found tells that there is no such record.
	Booked(ctx context.Context, r Ref, field string) (is, several bool, err error)
	// Title names a record.
	Title(ctx context.Context, r Ref) (string, error)
	// SetBooked writes the bookings of a field.
	SetBooked(ctx context.Context, by By, r Ref, field string, ids []string) error
}

// People names users; false for one who is unknown or not active.
type People interface {
	UserName(id string) (name string, active bool)
}

// Options of New.
type Options struct {
	Store    docstore.Store
	Records  Records
	People   People
	Calendar func(ctx context.Context, name string) (*engine.Calendar, error)
	Now      func() time.Time
}

// Service owns resources and bookings. Safe for concurrent use.
type Service struct {
	o         Options
	resources docstore.Typed[Resource]
	ledgers   docstore.Typed[ledger]
	kept      docstore.Typed[stored]
}

// New opens the collections.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{o: o}
	var errs [3]error
	s.resources, errs[0] = docstore.NewTyped[Resource](ctx, o.Store, docstore.Spec{Name: "resources"})
	s.ledgers, errs[1] = docstore.NewTyped[ledger](ctx, o.Store, docstore.Spec{Name: Ledgers})
	s.kept, errs[2] = docstore.NewTyped[stored](ctx, o.Store, docstore.Spec{Name: "bookings", Indexes: []docstore.Index{
		{Paths: []string{"resourceId", "from"}}, {Paths: []string{"userId", "from"}}, {Paths: []string{"key", "from"}}, {Paths: []string{"slot", "from"}},
		{Paths: []string{"from"}}, {Paths: []string{"to"}}, {Paths: []string{"status", "from"}}, {Paths: []string{"activity"}},
	}})
	return s, errors.Join(errs[:]...)
}

// Wish is what somebody wants to book.
type Wish struct {
	Resource string `json:"resourceId" minLength:"1" maxLength:"100"`
	From     string `json:"from" format:"date-time" maxLength:"40"`
	To       string `json:"to" format:"date-time" maxLength:"40" doc:"exclusive"`
	User     string `json:"userId,omitempty" maxLength:"100" doc:"the employee it is assigned to"`
	Record   *Ref   `json:"record,omitempty"`
	Field    string `json:"field,omitempty" maxLength:"40" doc:"a field of the type booking of the record"`
	Note     string `json:"note,omitempty" maxLength:"500"`

	activity string
	instead  string // a booking of the same activity that is given up afterwards
}

// Clash is the cause of a problem resource_busy: the booking that is in the way.
type Clash struct{ Booking Booking }

func (c *Clash) Error() string { return "booking " + c.Booking.ID + " is in the way" }

// Longest is how long a booking may last at most.
const Longest = 366 * 24 * time.Hour

// Reserve books a resource. With an id that is known already, which robots make of
// their step, it is the same booking and nothing changes.
//
//
func (s *Service) Reserve(ctx context.Context, by By, id string, w Wish) (Booking, error) {
	if id == "" {
		id = uuid.Must(uuid.NewV7()).String()
	} else if known, err := s.kept.Get(ctx, id); err == nil {
		return known.Booking, nil
	} else if !errors.Is(err, docstore.ErrNotFound) {
		return Booking{}, err
	}
	resource, err := s.Resource(ctx, w.Resource)
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() == 404 {
		return Booking{}, problem.Invalid("/resourceId", "unknown_reference", "")
	}
	if err != nil {
		return Booking{}, err
	}
	b := Booking{Entity: docstore.Entity{ID: id}, Version: 1, Resource: w.Resource, User: w.User, Record: w.Record, Field: w.Field, Activity: w.activity,
		Note: strings.TrimSpace(w.Note), Status: Active, At: docstore.At(s.o.Now()), By: by.Actor, Run: by.Run}
	if err := s.fill(ctx, &b, resource, w); err != nil {
		return b, err
	}
	return s.write(ctx, by, resource, EventReserved, func(l *ledger) (before, after *Booking, err error) {
		if i := l.find(id); i >= 0 { // kept just before a crash
			return nil, &l.Held[i], nil
		}
		if len(l.Held) >= heldMost {
			return nil, nil, problem.Invalid("/resourceId", "too_many", fmt.Sprint(heldMost))
		}
		if taken, is := l.clash(resource.Capacity, b.From.Time, b.To.Time, w.instead); is {
			return nil, nil, s.busy(ctx, resource, taken)
		}
		l.Held = append(l.Held, b)
		return &Booking{}, &b, nil
	})
}

// fill reads and checks a wish.
func (s *Service) fill(ctx context.Context, b *Booking, resource Resource, w Wish) error {
	var found []problem.Field
	bad := func(path, code, message string) {
		found = append(found, problem.Field{Path: path, Code: code, Message: message})
	}
	instant := func(path, text string) docstore.Instant {
		at, err := docstore.ParseInstant(strings.TrimSpace(text))
		if err != nil || at.IsZero() {
			bad(path, "format", "write an instant such as 2026-03-31T14:00:00Z")
		}
		return at
	}
	b.From, b.To = instant("/from", w.From), instant("/to", w.To)
	found = problem.Line(found, "/note", b.Note, false, noteMost)
	if len(found) == 0 {
		switch {
		case !b.To.After(b.From.Time):
			bad("/to", "out_of_range", "the end is not after the beginning")
		case b.To.Sub(b.From.Time) > Longest:
			bad("/to", "out_of_range", "at most 366 days")
		case !b.To.After(s.o.Now()):
			bad("/to", "out_of_range", "this time is over")
		}
	}
	if w.User != "" {
		if _, active := s.o.People.UserName(w.User); !active {
			bad("/userId", "unknown_user", "")
		}
	}
	if w.Record == nil && w.Field != "" {
		bad("/record", "required", "")
	}
	if w.Record != nil {
		if err := s.slot(ctx, bad, b); err != nil {
			return err
		}
	}
	if err := problem.Fields(found); err != nil {
		return err
	}
	return s.bookable(ctx, resource, *b)
}

// slot checks the record and the field that a booking is for.
func (s *Service) slot(ctx context.Context, bad func(path, code, message string), b *Booking) error {
	is, several, err := s.o.Records.Booked(ctx, *b.Record, b.Field)
	var p *problem.Problem
	switch {
	case errors.As(err, &p) && p.Status() == 404:
		bad("/record", "unknown_reference", "")
		return nil
	case err != nil:
		return fmt.Errorf("record %s of a booking: %w", b.Record, err)
	case b.Field == "":
		return nil
	case !is:
		bad("/field", "unknown_field", "there is no such field for bookings")
		return nil
	case several:
		return nil
	}
	held, err := s.held(ctx, *b.Record, b.Field)
	if err != nil {
		return err
	}
	for _, other := range held {
		if other.ID != b.ID {
			return problem.New("booking_field_taken").With("booking", other.ID)
		}
	}
	return nil
}

// bookable refuses what a resource does not take at all.
func (s *Service) bookable(ctx context.Context, resource Resource, b Booking) error {
	if !resource.Active {
		return problem.New("resource_inactive", "resource", resource.Name)
	}
	if resource.AnyTime {
		return nil
	}
	hours, err := s.o.Calendar(ctx, resource.Calendar)
	if err != nil {
		return fmt.Errorf("calendar of resource %s: %w", resource.ID, err)
	}
	if hours.Between(b.From.Time, b.To.Time) < b.To.Sub(b.From.Time) {
		zone := hours.Zone()
		return problem.New("resource_closed", "resource", resource.Name, "from", local(b.From, zone), "to", local(b.To, zone))
	}
	return nil
}

func local(at docstore.Instant, zone *time.Location) string {
	return at.In(zone).Format("2006-01-02 15:04")
}

// busy says which booking is in the way, but not what it is for.
func (s *Service) busy(ctx context.Context, resource Resource, taken Booking) error {
	zone := time.UTC
	if hours, err := s.o.Calendar(ctx, resource.Calendar); err == nil {
		zone = hours.Zone()
	}
	return problem.New("resource_busy", "resource", resource.Name, "from", local(taken.From, zone), "to", local(taken.To, zone)).Because(&Clash{taken})
}

// Move gives a booking another time or another employee; rev 0 is whatever is there.
func (s *Service) Move(ctx context.Context, by By, id string, version int64, m Motion) (Booking, error) {
	known, resource, err := s.open(ctx, id)
	if err != nil {
		return known, err
	}
	w := Wish{From: known.From.String(), To: known.To.String(), User: known.User, Note: known.Note}
	set(&w.From, m.From)
	set(&w.To, m.To)
	set(&w.User, m.User)
	set(&w.Note, m.Note)
	return s.write(ctx, by, resource, EventMoved, func(l *ledger) (before, after *Booking, err error) {
		i := l.find(id)
		if i < 0 {
			return nil, nil, problem.New("booking_over")
		}
		was := l.Held[i]
		if version != 0 && version != was.Version {
			return nil, nil, problem.Stale(was)
		}
		now := was
		now.Version, now.Note = was.Version+1, strings.TrimSpace(w.Note)
		if w.User == was.User {
			w.User = "" // somebody who has left keeps what was booked
		}
		if err := s.fill(ctx, &now, resource, w); err != nil {
			return nil, nil, err
		}
		if now.User = was.User; m.User != nil {
			now.User = *m.User
		}
		if taken, is := l.clash(resource.Capacity, now.From.Time, now.To.Time, id); is {
			return nil, nil, s.busy(ctx, resource, taken)
		}
		l.Held[i] = now
		return &was, &now, nil
	})
}

// Motion changes the members that are present.
type Motion struct {
	From *string `json:"from,omitempty" format:"date-time" maxLength:"40"`
	To   *string `json:"to,omitempty" format:"date-time" maxLength:"40"`
	User *string `json:"userId,omitempty" maxLength:"100" doc:"empty: nobody"`
	Note *string `json:"note,omitempty" maxLength:"500"`
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Cancel gives a booking up. One that was given up already stays as it is.
//
//
func (s *Service) Cancel(ctx context.Context, by By, id string, version int64, reason string) (Booking, error) {
	if err := problem.Fields(problem.Line(nil, "/reason", reason, false, noteMost)); err != nil {
		return Booking{}, err
	}
	known, err := s.Get(ctx, id)
	if err != nil || known.Status == Canceled {
		return known, err
	}
	known, resource, err := s.open(ctx, id)
	if err != nil {
		return known, err
	}
	return s.write(ctx, by, resource, EventCanceled, func(l *ledger) (before, after *Booking, err error) {
		i := l.find(id)
		if i < 0 {
			return nil, nil, problem.New("booking_over")
		}
		was := l.Held[i]
		if version != 0 && version != was.Version {
			return nil, nil, problem.Stale(was)
		}
		now := was
		now.Version, now.Status, now.EndedAt, now.EndedBy, now.Reason = was.Version+1, Canceled, docstore.At(s.o.Now()), by.Actor, strings.TrimSpace(reason)
		l.Held = slices.Delete(l.Held, i, i+1)
		return &was, &now, nil
	})
}

// open reads a booking that can still be changed.
func (s *Service) open(ctx context.Context, id string) (Booking, Resource, error) {
	known, err := s.Get(ctx, id)
	if err != nil {
		return known, Resource{}, err
	}
	if !known.Holds(s.o.Now()) {
		return known, Resource{}, problem.New("booking_over")
	}
	resource, err := s.Resource(ctx, known.Resource)
	return known, resource, err
}

// attempts bounds how often a ledger is read anew because others book at the same
// moment.
const attempts = 200

// write changes the ledger of a resource and what lists show. edit gives the booking
// before and after: before nil when it is there already, and the zero Booking when
// it is new. It must be safe to repeat.
func (s *Service) write(ctx context.Context, by By, resource Resource, kind string, edit func(*ledger) (before, after *Booking, err error)) (Booking, error) {
	for attempt := 1; ; attempt++ {
		l, err := s.ledgers.Get(ctx, resource.ID)
		if errors.Is(err, docstore.ErrNotFound) {
			l, err = ledger{Entity: docstore.Entity{ID: resource.ID}}, nil
		}
		if err != nil {
			return Booking{}, fmt.Errorf("ledger of resource %s: %w", resource.ID, err)
		}
		if l.Closed {
			return Booking{}, problem.NotFound("resource")
		}
		l.prune(s.o.Now())
		before, after, err := edit(&l)
		if err != nil {
			return Booking{}, err
		}
		if before != nil {
			change := Change{After: after, Resource: resource.Name, Kind: resource.Kind}
			if before.ID != "" {
				change.Before = before
			}
			event, err := by.event(kind, change)
			if err != nil {
				return Booking{}, err
			}
			_, err = s.ledgers.Save(ctx, l, event)
			if (errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists)) && attempt < attempts {
				continue
			}
			if err != nil {
				return Booking{}, fmt.Errorf("book resource %s: %w", resource.ID, err)
			}
		}
		if err := s.show(ctx, *after); err != nil {
			return Booking{}, err
		}
		shown, err := s.Get(ctx, after.ID)
		if err != nil {
			return Booking{}, err
		}
		return shown, s.note(ctx, by, shown)
	}
}

// show writes what lists show of a booking, unless they show something newer.
func (s *Service) show(ctx context.Context, b Booking) error {
	for {
		known, err := s.kept.Get(ctx, b.ID)
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return fmt.Errorf("show booking %s: %w", b.ID, err)
		}
		if err == nil && known.Version >= b.Version {
			return nil
		}
		b.Entity = docstore.Entity{ID: b.ID, Rev: known.Rev}
		_, err = s.kept.Save(ctx, index(b))
		if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
			continue
		}
		return err
	}
}

// Get reads one.
func (s *Service) Get(ctx context.Context, id string) (Booking, error) {
	b, err := s.kept.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		err = problem.NotFound("booking")
	}
	return b.Booking, err
}
