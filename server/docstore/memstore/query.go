package memstore

import (
	"context"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

func (c *collection) Find(_ context.Context, q docstore.Query) (docstore.Page, error) {
	plan, err := c.spec.Plan(q)
	if err != nil {
		return docstore.Page{}, err
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	found := c.matching(plan.Conditions)
	order := func(av any, aid string, bv any, bid string) int {
		d := docstore.Compare(av, bv)
		if d == 0 {
			d = strings.Compare(aid, bid)
		}
		if plan.Descending {
			d = -d
		}
		return d
	}
	slices.SortFunc(found, func(a, b entry) int {
		return order(a.value(plan.SortPath), a.doc.ID, b.value(plan.SortPath), b.doc.ID)
	})
	if plan.After != nil {
		found = slices.DeleteFunc(found, func(e entry) bool {
			return order(e.value(plan.SortPath), e.doc.ID, plan.After.Value, plan.After.ID) <= 0
		})
	}
	var page docstore.Page
	for i, e := range found {
		if i == plan.Limit {
			last := found[i-1]
			page.Next = plan.Next(docstore.Position{Value: last.value(plan.SortPath), ID: last.doc.ID})
			break
		}
		page.Documents = append(page.Documents, copied(e.doc))
	}
	return page, nil
}

func (c *collection) Count(_ context.Context, filters []docstore.Filter) (int64, error) {
	conditions, err := c.spec.PlanFilters(filters)
	if err != nil {
		return 0, err
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	return int64(len(c.matching(conditions))), nil
}

func (c *collection) Aggregate(_ context.Context, a docstore.Aggregate) ([]docstore.Group, error) {
	conditions, err := c.spec.PlanAggregate(a)
	if err != nil {
		return nil, err
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	groups := map[any]*docstore.Tally{}
	for _, e := range c.matching(conditions) {
		var key any
		if a.GroupBy != "" {
			key = e.value(a.GroupBy)
		}
		g := groups[key]
		if g == nil {
			g = docstore.NewTally(key)
			groups[key] = g
		}
		g.Add(a.Sums, e.value)
	}
	out := make([]docstore.Group, 0, len(groups))
	for _, g := range groups {
		out = append(out, g.Group())
	}
	slices.SortFunc(out, func(x, y docstore.Group) int { return docstore.Compare(x.Key, y.Key) })
	return out, nil
}

func (c *collection) matching(conditions []docstore.Condition) []entry {
	var out []entry
	for _, e := range c.docs {
		if !slices.ContainsFunc(conditions, func(cond docstore.Condition) bool { return !e.matches(cond) }) {
			out = append(out, e)
		}
	}
	return out
}

func (e entry) matches(c docstore.Condition) bool {
	switch c.Op {
	case docstore.AnyOf:
		return slices.ContainsFunc(c.Of, e.matches)
	case docstore.NoneOf:
		return !slices.ContainsFunc(c.Of, e.matches)
	case docstore.AllOf:
		return !slices.ContainsFunc(c.Of, func(x docstore.Condition) bool { return !e.matches(x) })
	}
	if c.Op == docstore.Text {
		for _, term := range c.Terms {
			if !slices.ContainsFunc(e.entries, func(x docstore.Entry) bool {
				s, ok := x.Value.(string)
				return ok && x.Path == docstore.TextPath && strings.HasPrefix(s, term)
			}) {
				return false
			}
		}
		return true
	}
	if !c.Entry {
		return holds(c, e.value(c.Path))
	}
	any := slices.ContainsFunc(e.entries, func(x docstore.Entry) bool { return x.Path == c.Path })
	switch {
	case c.Op == docstore.Exists:
		return any == c.Value
	case c.Op == docstore.Eq && c.Value == nil:
		return !any
	}
	return slices.ContainsFunc(e.entries, func(x docstore.Entry) bool { return x.Path == c.Path && holds(c, x.Value) })
}

func holds(c docstore.Condition, v any) bool {
	switch c.Op {
	case docstore.Exists:
		return (v != nil) == c.Value
	case docstore.Eq, docstore.Contains:
		return docstore.Compare(v, c.Value) == 0
	case docstore.In:
		return slices.ContainsFunc(c.Values, func(x any) bool { return docstore.Compare(v, x) == 0 })
	}
	if v == nil {
		return false
	}
	d := docstore.Compare(v, c.Value)
	switch c.Op {
	case docstore.Has, docstore.Begins:
		s, ok := v.(string)
		part := strings.ToLower(c.Value.(string))
		return ok && (strings.HasPrefix(strings.ToLower(s), part) || c.Op == docstore.Has && strings.Contains(strings.ToLower(s), part))
	case docstore.Gt:
		return d > 0
	case docstore.Gte:
		return d >= 0
	case docstore.Lt:
		return d < 0
	case docstore.Lte:
		return d <= 0
	case docstore.Prefix:
		s, ok := v.(string)
		return ok && strings.HasPrefix(s, c.Value.(string))
	}
	return false
}
