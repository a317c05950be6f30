package docstoretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
)

// Compare drives a store and the memory store with the same random writes and
// queries and requires the same answers, down to the errors. steps bounds the
// operations of one trial, for slow servers.
func Compare(t *testing.T, open Open, steps int) {
	rapid.Check(t, func(rt *rapid.T) {
		at := clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
		var (
			pair  [2]docstore.Store
			colls [2]docstore.Collection
		)
		pair[0], pair[1] = memstore.New(at.Now), open(t, at.Now)
		for i, s := range pair {
			var err error
			colls[i], err = s.Collection(t.Context(), dealSpec)
			require.NoError(rt, err)
		}
		c := &comparison{rt: rt, ctx: t.Context(), pair: pair, colls: colls, revs: map[string]int64{}}
		for range rapid.IntRange(1, steps).Draw(rt, "steps") {
			at.Advance(time.Duration(rapid.IntRange(0, 3).Draw(rt, "ms")) * time.Millisecond)
			rapid.OneOf(rapid.Just(c.save), rapid.Just(c.save), rapid.Just(c.remove), rapid.Just(c.query), rapid.Just(c.query), rapid.Just(c.deliver)).Draw(rt, "operation")()
		}
	})
}

type comparison struct {
	rt    *rapid.T
	ctx   context.Context
	pair  [2]docstore.Store
	colls [2]docstore.Collection
	revs  map[string]int64
}

// both runs something on both stores and compares what it says.
func (c *comparison) both(what string, run func(i int) (any, error)) {
	c.rt.Helper()
	var texts [2]string
	for i := range texts {
		v, err := run(i)
		text, marshalErr := json.Marshal(v)
		require.NoError(c.rt, marshalErr)
		texts[i] = string(text) + " " + kindOf(c.rt, err)
	}
	require.Equal(c.rt, texts[0], texts[1], what)
}

func kindOf(rt *rapid.T, err error) string {
	for _, kind := range []error{docstore.ErrNotFound, docstore.ErrExists, docstore.ErrConflict, docstore.ErrNoIndex, docstore.ErrBadQuery} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	require.NoError(rt, err)
	return ""
}

func (c *comparison) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(c.rt, label)
}

func (c *comparison) id() string { return c.pick("id", "a", "b", "c", "d", "e", "F", "ż") }

func (c *comparison) save() {
	id, rev := c.id(), int64(0)
	if rapid.IntRange(0, 3).Draw(c.rt, "replace") > 0 {
		rev = c.revs[id] - int64(rapid.IntRange(0, 8).Draw(c.rt, "stale")/8)
	}
	value := func(label string, values ...string) string { return c.pick(label, append(values, "null", "")...) }
	body := "{"
	for _, f := range []struct{ name, value string }{
		{"number", value("number", `"1"`, `"2"`, `"3"`)},
		{"stage", value("stage", `"new"`, `"won"`, `"wonder"`, `"%"`)},
		{"amount", value("amount", "0", "-3", "7", "7.5", "1e15", "9007199254740993")},
		{"open", value("open", "true", "false")},
		{"rank", value("rank", "1", "-2", "40")},
		{"title", value("title", `"Ana Łódź"`, `"ana"`, `"lodz 17"`)},
		{"tags", value("tags", `["x","y"]`, `["y"]`, `[]`)},
		{"client", value("client", `{"id":"c1"}`, `{"id":null}`, `{}`)},
		{"fields", value("fields", `{"f":5,"g":"won"}`, `{"f":-2.5}`, `{"f":7,"g":["a","won"]}`)},
	} {
		if f.value != "" {
			body += fmt.Sprintf("%q:%s,", f.name, f.value)
		}
	}
	body += `"end":1}`
	var events []docstore.Event
	for range rapid.IntRange(0, 2).Draw(c.rt, "events") {
		events = append(events, docstore.Event{Kind: "saved"})
	}
	c.both("save "+body, func(i int) (any, error) {
		d, err := c.colls[i].Save(c.ctx, docstore.Document{ID: id, Rev: rev, Body: json.RawMessage(body)}, events...)
		if err != nil {
			return nil, err
		}
		c.revs[id] = d.Rev
		return d, nil
	})
}

func (c *comparison) remove() {
	id := c.id()
	c.both("delete", func(i int) (any, error) {
		return nil, c.colls[i].Delete(c.ctx, id, c.revs[id], docstore.Event{Kind: "deleted"})
	})
}

func (c *comparison) filter() docstore.Filter {
	if rapid.IntRange(0, 4).Draw(c.rt, "group") == 0 {
		group := docstore.Filter{Op: rapid.SampledFrom([]docstore.Op{docstore.AnyOf, docstore.AllOf, docstore.NoneOf}).Draw(c.rt, "kind of group")}
		for range rapid.IntRange(0, 2).Draw(c.rt, "members") {
			group.Of = append(group.Of, c.filter())
		}
		return group
	}
	f := docstore.Filter{Path: c.pick("path", "stage", "amount", "open", "client.id", "tags", "fields.f", "fields.g", "number", "id", "createdAt")}
	f.Op = rapid.SampledFrom([]docstore.Op{docstore.Eq, docstore.In, docstore.Gt, docstore.Gte, docstore.Lt, docstore.Lte, docstore.Prefix,
		docstore.Contains, docstore.Exists, docstore.Text, docstore.OwnText}).Draw(c.rt, "op")
	// A path holds values of one type, and is asked for values of that type.
	var values []any
	switch f.Path {
	case "amount", "fields.f":
		values = []any{0, 7, 7.5, -2.5, int64(9007199254740993), nil}
	case "open":
		values = []any{true, false, nil}
	case "createdAt":
		values = []any{time.Date(2026, 3, 1, 8, 0, 0, 3e6, time.UTC), nil}
	default:
		values = []any{"new", "won", "1", "c1", "y", "b", "", nil}
	}
	f.Value = rapid.SampledFrom(values).Draw(c.rt, "value")
	switch f.Op {
	case docstore.In:
		f.Value = []any{f.Value, values[0]}
	case docstore.Exists:
		f.Value = rapid.Bool().Draw(c.rt, "exists")
	case docstore.Text, docstore.OwnText:
		f.Value = c.pick("text", "ana", "lod", "17 lodz", "x")
	}
	return f
}

func (c *comparison) query() {
	q := docstore.Query{Limit: rapid.IntRange(1, 4).Draw(c.rt, "limit"),
		Sort: c.pick("sort", "", "-id", "amount", "-amount", "stage", "-createdAt", "fields.f", "-fields.f", "open")}
	for range rapid.IntRange(0, 2).Draw(c.rt, "filters") {
		q.Filters = append(q.Filters, c.filter())
	}
	what := fmt.Sprintf("%+v", q)
	c.both("count "+what, func(i int) (any, error) { return c.colls[i].Count(c.ctx, q.Filters) })
	c.both("aggregate "+what, func(i int) (any, error) {
		return c.colls[i].Aggregate(c.ctx, docstore.Aggregate{Filters: q.Filters, GroupBy: "open", Sums: []string{"end"}})
	})
	stage := rapid.SampledFrom([]any{"new", "won", nil}).Draw(c.rt, "stage of the kept sums")
	c.both(fmt.Sprintf("kept sums of %v", stage), func(i int) (any, error) {
		return c.colls[i].Aggregate(c.ctx, docstore.Aggregate{Filters: []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: stage}}, GroupBy: "client.id", Sums: []string{"rank"}})
	})
	for {
		next := ""
		c.both("find "+what, func(i int) (any, error) {
			p, err := c.colls[i].Find(c.ctx, q)
			next = p.Next
			return p, err
		})
		if next == "" {
			return
		}
		q.Cursor = next
	}
}

func (c *comparison) deliver() {
	n := rapid.IntRange(1, 5).Draw(c.rt, "deliveries")
	pending, err := c.pair[0].Pending(c.ctx, n)
	require.NoError(c.rt, err)
	for _, s := range c.pair {
		require.NoError(c.rt, s.Delivered(c.ctx, pending))
	}
	// The order across documents is the store's own.
	c.both("pending", func(i int) (any, error) {
		pending, err := c.pair[i].Pending(c.ctx, 1000)
		byDocument := map[string][]docstore.Delivery{}
		for _, d := range pending {
			byDocument[d.DocumentID] = append(byDocument[d.DocumentID], d)
		}
		return byDocument, err
	})
}
