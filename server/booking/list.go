package booking

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Query asks for a page of bookings in the order in which they begin. All that is
// set must hold.
type Query struct {
	Resources []string // any of them
	User      string
	Record    *Ref
	Field     string
	// From and To limit to bookings that take time between them.
	From, To docstore.Instant
	Status   string
	Limit    int
	Cursor   string
}

// List pages bookings.
func (s *Service) List(ctx context.Context, q Query) ([]Booking, string, error) {
	var f []docstore.Filter
	add := func(path string, op docstore.Op, value any) {
		f = append(f, docstore.Filter{Path: path, Op: op, Value: value})
	}
	if len(q.Resources) > 0 {
		add("resourceId", docstore.In, q.Resources)
	}
	if q.User != "" {
		add("userId", docstore.Eq, q.User)
	}
	switch {
	case q.Record != nil && q.Field != "":
		add("slot", docstore.Eq, q.Record.String()+"#"+q.Field)
	case q.Record != nil:
		add("key", docstore.Eq, q.Record.String())
	}
	if q.Status != "" {
		add("status", docstore.Eq, q.Status)
	}
	if !q.From.IsZero() {
		add("to", docstore.Gt, q.From.String())
		// No booking lasts longer: whatever began before is over.
		add("from", docstore.Gt, docstore.At(q.From.Add(-Longest)).String())
	}
	if !q.To.IsZero() {
		add("from", docstore.Lt, q.To.String())
	}
	found, next, err := s.kept.Find(ctx, docstore.Query{Filters: f, Sort: "from", Limit: q.Limit, Cursor: q.Cursor})
	if err != nil {
		return nil, "", fmt.Errorf("list bookings: %w", err)
	}
	out := make([]Booking, 0, len(found))
	for _, b := range found {
		out = append(out, b.Booking)
	}
	return out, next, nil
}

// slotMost bounds the bookings of one field or one record.
const slotMost = 5000

// held lists the bookings of a field that take time now or later.
func (s *Service) held(ctx context.Context, r Ref, field string) ([]Booking, error) {
	return s.all(ctx, docstore.Filter{Path: "slot", Op: docstore.Eq, Value: r.String() + "#" + field},
		docstore.Filter{Path: "status", Op: docstore.Eq, Value: Active}, docstore.Filter{Path: "to", Op: docstore.Gt, Value: docstore.At(s.o.Now()).String()})
}

func (s *Service) all(ctx context.Context, filters ...docstore.Filter) ([]Booking, error) {
	found, err := s.kept.All(ctx, docstore.Query{Filters: filters, Sort: "from"}, slotMost)
	if err != nil {
		return nil, fmt.Errorf("find bookings: %w", err)
	}
	out := make([]Booking, 0, len(found))
	for _, b := range found {
		out = append(out, b.Booking)
	}
	return out, nil
}
