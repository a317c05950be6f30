package activity

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Query asks for a page of activities. All that is set must hold.
//
// covers O-15
type Query struct {
	Record *Ref
	// Also are other ids of that record: those of what was merged into it.
	Also []string
	// People limits to activities of any of them; nil = everybody's, empty = nobody's.
	People []string
	// From and To limit to activities that take place between them.
	From, To docstore.Instant
	Status   string
	Type     string
	// Overdue limits to planned ones that should be done by now.
	Overdue bool
	// InCalendar limits to those that calendars show.
	InCalendar bool
	Text       string
	// Newest orders by when it takes place, the latest first.
	Newest bool
	Limit  int
	Cursor string
}

func (s *Service) filters(q Query) []docstore.Filter {
	var f []docstore.Filter
	add := func(path string, op docstore.Op, value any) {
		f = append(f, docstore.Filter{Path: path, Op: op, Value: value})
	}
	if q.Record != nil {
		keys := []string{q.Record.String()}
		for _, id := range q.Also {
			keys = append(keys, Ref{q.Record.Type, id}.String())
		}
		add("keys", docstore.In, keys)
	}
	if q.People != nil {
		add("people", docstore.In, q.People)
	}
	if !q.From.IsZero() {
		add("until", docstore.Gte, q.From.String())
	}
	if !q.To.IsZero() {
		add("from", docstore.Lt, q.To.String())
	} else if !q.From.IsZero() {
		add("from", docstore.Lt, undated)
	}
	if q.Status != "" {
		add("status", docstore.Eq, q.Status)
	}
	if q.Type != "" {
		add("type", docstore.Eq, q.Type)
	}
	if q.Overdue {
		add("status", docstore.Eq, Planned)
		add("due", docstore.Lt, docstore.At(s.o.Now()).String())
	}
	if q.InCalendar {
		add("calendar", docstore.Eq, true)
	}
	if len(docstore.Words(q.Text)) > 0 {
		add("", docstore.Text, q.Text)
	}
	return f
}

// List pages activities in the order in which they take place; those without a
// date come last.
func (s *Service) List(ctx context.Context, q Query) ([]Activity, string, error) {
	if q.People != nil && len(q.People) == 0 {
		return nil, "", nil
	}
	sort := "from"
	if q.Newest {
		sort = "-from"
	}
	found, next, err := s.kept.Find(ctx, docstore.Query{Filters: s.filters(q), Sort: sort, Limit: q.Limit, Cursor: q.Cursor})
	if err != nil {
		return nil, "", fmt.Errorf("list activities: %w", err)
	}
	out := make([]Activity, 0, len(found))
	for _, a := range found {
		out = append(out, a.Activity)
	}
	return out, next, nil
}

// Count counts what List would give.
func (s *Service) Count(ctx context.Context, q Query) (int64, error) {
	if q.People != nil && len(q.People) == 0 {
		return 0, nil
	}
	n, err := s.kept.Count(ctx, s.filters(q)...)
	if err != nil {
		return 0, fmt.Errorf("count activities: %w", err)
	}
	return n, nil
}
