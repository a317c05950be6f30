package crm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Into makes a list the one that a selection means.
func (s Selection) Into(q ListQuery) (ListQuery, error) {
	if err := s.Check("/select"); err != nil {
		return q, err
	}
	// Words are what a text is searched by: one without any would mean everything.
	if s.Text != "" && len(docstore.Words(s.Text)) == 0 {
		return q, problem.Invalid("/select/text", "invalid", "there is no word to search for")
	}
	f, err := ParseFilter(string(s.Filter))
	q.Filter, q.Text, q.IDs, q.Except = f, s.Text, s.IDs, s.Except
	return q, err
}

// listing is a list that can be asked of the store: in one order, or, by an own
// field, first those with a value and then the others.
type listing struct {
	docstore.Query
	own  string // path of the own field that gives the order, "" for none
	rest string // order of those without a value
}

// list checks what a list asks for.
func (s *Service) list(ctx context.Context, recordType string, q ListQuery, fallback string) (listing, error) {
	out := listing{rest: "-createdAt"}
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return out, err
	}
	sort := fallback
	if q.Sort != "" {
		key, down := strings.CutPrefix(q.Sort, "-")
		l, known := of.listField(key)
		if known {
			l = q.Reader.covered(of, l)
		}
		if !known || !l.Sorts {
			return out, unsortable(of, l, known)
		}
		sort = l.sortPath()
		if l.own {
			out.own = sort
		}
		if down {
			sort = "-" + sort
		}
	}
	q.Sort = ""
	out.Query = q.store(sort)
	where, err := s.Where(ctx, recordType, q.Filter, q.Reader)
	if err != nil {
		return out, err
	}
	out.Filters = append(out.Filters, where...)
	words, err := s.searched(ctx, recordType, q)
	if err != nil {
		return out, err
	}
	out.Filters = append(out.Filters, words...)
	if q.IDs != nil {
		out.Filters = append(out.Filters, is("id", docstore.In, q.IDs))
	}
	if len(q.Except) > 0 {
		out.Filters = append(out.Filters, noneOf(is("id", docstore.In, q.Except)))
	}
	return out, nil
}

// unsortable says why a list cannot be in the order of a field, and of which it can.
func unsortable(of shape, l ListField, known bool) error {
	var can []string
	for _, f := range of.listFields() {
		if f.Sorts && f.Key != l.Key {
			can = append(can, f.Key)
		}
	}
	why := map[string]string{"several": "it holds several values", "names": "it is kept as an id, and not by the name that is shown", "long": "it is too long", "clients": "it names clients, and not all of them may be seen"}[l.Why]
	if !known || why == "" {
		why = "there is no such field"
	}
	return problem.Invalid("query.sort", "unknown_sort", why+"; sort by one of: "+strings.Join(can, ", "))
}

// Marks at the beginning of cursors of lists by an own field.
const (
	withValue    = "v."
	withoutValue = "e."
)

// page reads a page of a listing.
func page[T any](ctx context.Context, l listing, find func(context.Context, docstore.Query) ([]T, string, error)) ([]T, string, error) {
	if l.own == "" {
		return find(ctx, l.Query)
	}
	filters, limit := l.Filters, cmp.Or(l.Limit, docstore.DefaultLimit)
	part := func(present bool, cursor string, limit int) ([]T, string, error) {
		q := docstore.Query{Filters: append(slices.Clone(filters), is(l.own, docstore.Exists, present)), Sort: l.Sort, Limit: limit, Cursor: cursor}
		mark := withValue
		if !present {
			q.Sort, mark = l.rest, withoutValue
		}
		found, next, err := find(ctx, q)
		if next != "" {
			next = mark + next
		}
		return found, next, err
	}
	if rest, is := strings.CutPrefix(l.Cursor, withoutValue); is {
		return part(false, rest, limit)
	}
	from, is := strings.CutPrefix(l.Cursor, withValue)
	if !is && l.Cursor != "" {
		return nil, "", fmt.Errorf("cursor of another order: %w", docstore.ErrBadQuery)
	}
	found, next, err := part(true, from, limit)
	if err != nil || next != "" || len(found) > limit {
		return found, next, err
	}
	// What has no value fills the page, or begins on the next one.
	more, next, err := part(false, "", max(limit-len(found), 1))
	if err != nil {
		return nil, "", err
	}
	if len(found) == limit {
		if len(more) > 0 {
			next = withoutValue
		}
		return found, next, nil
	}
	return append(found, more...), next, nil
}

// Totals counts what a list shows.
type Totals struct {
	Count int64 `json:"count"`
	// Sums are the amounts by currency, the largest first; contacts and companies
	// have none.
	Sums []Money `json:"sums"`
}

// Totals counts and sums a list, whatever its pages.
func (s *Service) Totals(ctx context.Context, recordType string, q ListQuery) (Totals, error) {
	q.Sort, q.Cursor, q.Limit = "", "", 0
	l, err := s.list(ctx, recordType, q, "")
	if err != nil {
		return Totals{}, err
	}
	out := Totals{Sums: []Money{}}
	if slices.Contains(partyTypes, recordType) {
		out.Count, err = s.collection(recordType).Count(ctx, l.Filters)
		return out, err
	}
	sums := map[string]*docstore.Total{}
	add := func(filters []docstore.Filter) error {
		groups, err := s.records.Collection().Aggregate(ctx, docstore.Aggregate{Filters: filters, GroupBy: "sum", Sums: []string{"amount"}})
		for _, g := range groups {
			key, _ := g.Key.(string)
			_, currency, _ := strings.Cut(key, " ")
			out.Count += g.Count
			if sums[currency] == nil {
				sums[currency] = &docstore.Total{}
			}
			sums[currency].Add(g.Sums["amount"])
		}
		return err
	}
	if len(l.Filters) == 1 { // all that is not in the bin: the sums of its pipelines are kept
		pipelines, err := s.Pipelines(ctx, recordType)
		if err != nil {
			return out, err
		}
		for _, p := range pipelines {
			if err := add([]docstore.Filter{is("pipelineId", docstore.Eq, p.ID), alive}); err != nil {
				return out, fmt.Errorf("sum pipeline %s: %w", p.ID, err)
			}
		}
	} else {
		if q.Pipeline == "" {
			l.Filters = append(l.Filters, is("type", docstore.Eq, recordType))
		}
		if err := add(l.Filters); err != nil {
			return out, fmt.Errorf("sum records of type %s: %w", recordType, err)
		}
	}
	for currency, sum := range sums {
		out.Sums = append(out.Sums, Money{sum.Int64(), currency})
	}
	slices.SortFunc(out.Sums, func(a, b Money) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Currency, b.Currency))
	})
	return out, nil
}

// Listed is a record of any type as a selection names it.
type Listed struct {
	ID    string
	Title string
	Rev   int64
}

// Listed pages what a list shows, in an order that changes of the records do not
// change.
func (s *Service) Listed(ctx context.Context, recordType string, q ListQuery) ([]Listed, string, error) {
	q.Sort = "createdAt"
	var out []Listed
	switch recordType {
	case TypeContact:
		found, next, err := s.Contacts(ctx, q)
		for _, c := range found {
			out = append(out, Listed{c.ID, c.Name, c.Rev})
		}
		return out, next, err
	case TypeCompany:
		found, next, err := s.Companies(ctx, q)
		for _, c := range found {
			out = append(out, Listed{c.ID, c.Name, c.Rev})
		}
		return out, next, err
	}
	found, next, err := s.Records(ctx, recordType, q)
	for _, r := range found {
		out = append(out, Listed{r.ID, r.Title, r.Rev})
	}
	return out, next, err
}
