package crm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Booking is what a field of the type booking shows of a booking.
type Booking struct {
	Resource string // its name
	From, To time.Time
	User     string
}

// Bookings names bookings; false for an unknown one.
type Bookings interface {
	Booking(ctx context.Context, id string) (Booking, bool, error)
	// Of lists the bookings for a record.
	Of(ctx context.Context, of Ref) ([]string, error)
	// Carry gives bookings for one record to another. It can be repeated.
	Carry(ctx context.Context, by Change, ids []string, from, to Ref) error
}

// BookedBy sets who keeps bookings. They are kept for records, so this is set once,
// before anything is served.
func (s *Service) BookedBy(b Bookings) { s.bookings = b }

// Booked are the ids of bookings as the value of a field of the type booking: only
// who books and cancels changes such a field.
type Booked struct{ IDs []string }

// value is what is kept: of one value the last, which was booked last.
func (b Booked) value(f field.Field) any {
	if len(b.IDs) == 0 {
		return nil
	}
	if !f.Multiple {
		return b.IDs[len(b.IDs)-1]
	}
	all := make([]any, 0, len(b.IDs))
	for _, id := range b.IDs {
		all = append(all, id)
	}
	return all
}

// BookingField tells whether a record has a field for bookings, and for several.
func (s *Service) BookingField(ctx context.Context, recordType, id, key string) (is, several bool, err error) {
	if _, err := s.Title(ctx, recordType, id); err != nil {
		return false, false, err
	}
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return false, false, err
	}
	f, known := of.field(key)
	return known && f.Type == field.Booking && !f.Retired, f.Multiple, nil
}

// bookedView is a booking as expressions see it: record.visit.from.
func (s *Service) bookedView(ctx context.Context, value any) (map[string]any, error) {
	view := map[string]any{"id": "", "resource": "", "from": nil, "to": nil, "user": ""}
	id, _ := value.(string)
	if id == "" || s.bookings == nil {
		return view, nil
	}
	b, known, err := s.bookings.Booking(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("booking %s: %w", id, err)
	}
	if known {
		view["id"], view["resource"], view["user"] = id, b.Resource, b.User
		view["from"], view["to"] = instantText(b.From), instantText(b.To)
	}
	return view, nil
}

func instantText(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// BookingName is a booking in words: what is booked from when, "" for an unknown one.
func (s *Service) BookingName(ctx context.Context, id string) (string, error) {
	if s.bookings == nil {
		return "", nil
	}
	b, known, err := s.bookings.Booking(ctx, id)
	if err != nil || !known {
		return "", err
	}
	return b.Resource + " " + b.From.UTC().Format(time.RFC3339), nil
}

// carryBookings gives what is booked for a record that goes to the one that stays. It
// is noted first: what was not carried because of a crash is carried again.
func (s *Service) carryBookings(ctx context.Context, by Change, m Merge, from string) (Merge, error) {
	if s.bookings == nil {
		return m, nil
	}
	ids, err := s.bookings.Of(ctx, Ref{m.Type, from})
	if err != nil || len(ids) == 0 {
		return m, err
	}
	m, err = s.merges.Update(ctx, m.ID, func(m *Merge) ([]docstore.Event, error) {
		for _, id := range ids {
			if one := (movedBooking{id, from}); !slices.Contains(m.Bookings, one) {
				m.Bookings = append(m.Bookings, one)
			}
		}
		return nil, nil
	})
	if err != nil {
		return m, err
	}
	return m, s.bookings.Carry(ctx, by, ids, Ref{m.Type, from}, Ref{m.Type, m.Into})
}

// returnBookings gives back what was carried, unless it is for another record since.
func (s *Service) returnBookings(ctx context.Context, by Change, m Merge) error {
	if s.bookings == nil {
		return nil
	}
	for _, b := range m.Bookings {
		if err := s.bookings.Carry(ctx, by, []string{b.ID}, Ref{m.Type, m.Into}, Ref{m.Type, b.From}); err != nil {
			return err
		}
	}
	return nil
}
