// Package docstoretest is the conformance suite of docstore.Store: every
// implementation runs it, and only what it checks may be relied on.
package docstoretest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Open returns an empty store that takes its time from now. The suite does not
// close it.
type Open func(t *testing.T, now func() time.Time) docstore.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		run  func(*fixture)
	}{
		{"SaveAndGet", testSaveAndGet},
		{"CompareAndSet", testCompareAndSet},
		{"DeleteKeepsRevAndSeq", testDelete},
		{"Unique", testUnique},
		{"Filters", testFilters},
		{"Groups", testGroups},
		{"Parts", testParts},
		{"ArrayPaths", testArrayPaths},
		{"CustomFields", testCustomFields},
		{"Text", testText},
		{"SortAndCursor", testSortAndCursor},
		{"CursorOfOwnInstants", testOwnInstants},
		{"NoIndex", testNoIndex},
		{"BadQueries", testBadQueries},
		{"Aggregate", testAggregate},
		{"Shared", testShared},
		{"Outbox", testOutbox},
		{"AnyJSON", testAnyJSON},
		{"ConcurrentUpdates", testConcurrentUpdates},
		{"ReopenedSpec", testReopenedSpec},
		{"FormerCollection", testFormerCollection},
		{"Typed", testTyped},
		{"InsertTogether", testInsertTogether},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fixture{T: t, clock: clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))}
			f.store = open(t, f.clock.Now)
			tt.run(f)
		})
	}
}

type fixture struct {
	*testing.T
	store docstore.Store
	clock *clock.Fake
}

var dealSpec = docstore.Spec{
	Name: "deals",
	Indexes: []docstore.Index{
		{Paths: []string{"number"}, Unique: true},
		{Paths: []string{"stage", "amount"}},
		{Paths: []string{"client.id", "rank"}},
		{Paths: []string{"open", "stage"}},
		{Paths: []string{"amount"}},
		{Paths: []string{"createdAt"}},
		{Paths: []string{"tags"}, Multi: true},
		{Paths: []string{"rows.product"}, Multi: true},
		{Paths: []string{"fields.*"}},
	},
	Text:   []string{"title", "client.name", "fields.*"},
	Apart:  []string{"client.name"},
	Tested: []string{"note", "title"},
	Kept:   []docstore.Kept{{By: []string{"stage", "client.id"}, Sums: []string{"rank"}}},
}

func (f *fixture) deals() docstore.Collection {
	f.Helper()
	c, err := f.store.Collection(f.Context(), dealSpec)
	require.NoError(f, err)
	return c
}

func (f *fixture) put(c docstore.Collection, id, body string, events ...docstore.Event) docstore.Document {
	f.Helper()
	d, err := c.Save(f.Context(), docstore.Document{ID: id, Body: json.RawMessage(body)}, events...)
	require.NoError(f, err)
	return d
}

func (f *fixture) find(c docstore.Collection, sort string, filters ...docstore.Filter) []string {
	f.Helper()
	p, err := c.Find(f.Context(), docstore.Query{Filters: filters, Sort: sort})
	require.NoError(f, err)
	n, err := c.Count(f.Context(), filters)
	if err == nil {
		require.EqualValues(f, len(p.Documents), n, "count differs from find")
	} else {
		require.ErrorIs(f, err, docstore.ErrNoIndex)
	}
	return ids(p.Documents)
}

func ids(ds []docstore.Document) []string {
	out := []string{}
	for _, d := range ds {
		out = append(out, d.ID)
	}
	return out
}

func testSaveAndGet(f *fixture) {
	ctx, c := f.Context(), f.deals()
	saved := f.put(c, "d1", `{"title":"One","amount":5}`)
	require.Equal(f, int64(1), saved.Rev)
	require.True(f, saved.CreatedAt.Equal(f.clock.Now()))
	f.clock.Advance(time.Minute)

	got, err := c.Get(ctx, "d1")
	require.NoError(f, err)
	require.Equal(f, int64(1), got.Rev)
	require.JSONEq(f, `{"title":"One","amount":5}`, string(got.Body))

	got.Body = json.RawMessage(`{"title":"Two"}`)
	again, err := c.Save(ctx, got)
	require.NoError(f, err)
	require.Equal(f, int64(2), again.Rev)
	require.True(f, again.CreatedAt.Equal(saved.CreatedAt))
	require.True(f, again.UpdatedAt.Equal(f.clock.Now()))
	stored, err := c.Get(ctx, "d1")
	require.NoError(f, err)
	require.JSONEq(f, `{"title":"Two"}`, string(stored.Body))
	require.True(f, stored.UpdatedAt.Equal(again.UpdatedAt))

	_, err = c.Get(ctx, "absent")
	require.ErrorIs(f, err, docstore.ErrNotFound)

	f.put(c, "d0", `{}`)
	many, err := c.GetMany(ctx, []string{"d1", "absent", "d0"})
	require.NoError(f, err)
	require.Equal(f, []string{"d1", "d0"}, ids(many))
	none, err := c.GetMany(ctx, nil)
	require.NoError(f, err)
	require.Empty(f, none)
}

func testCompareAndSet(f *fixture) {
	ctx, c := f.Context(), f.deals()
	saved := f.put(c, "d1", `{"amount":1}`)
	_, err := c.Save(ctx, docstore.Document{ID: "d1", Body: json.RawMessage(`{}`)})
	require.ErrorIs(f, err, docstore.ErrExists)
	saved.Body = json.RawMessage(`{"amount":2}`)
	_, err = c.Save(ctx, saved, docstore.Event{Kind: "changed"})
	require.NoError(f, err)
	saved.Body = json.RawMessage(`{"amount":3}`)
	_, err = c.Save(ctx, saved, docstore.Event{Kind: "lost"})
	require.ErrorIs(f, err, docstore.ErrConflict)
	_, err = c.Save(ctx, docstore.Document{ID: "absent", Rev: 3, Body: json.RawMessage(`{}`)})
	require.ErrorIs(f, err, docstore.ErrNotFound)
	require.ErrorIs(f, c.Delete(ctx, "d1", 1), docstore.ErrConflict)
	require.ErrorIs(f, c.Delete(ctx, "absent", 1), docstore.ErrNotFound)

	got, err := c.Get(ctx, "d1")
	require.NoError(f, err)
	require.JSONEq(f, `{"amount":2}`, string(got.Body))
	pending, err := f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Len(f, pending, 1, "a refused write leaves no event")
	require.Equal(f, "changed", pending[0].Event.Kind)
}

func testDelete(f *fixture) {
	ctx, c := f.Context(), f.deals()
	f.put(c, "d1", `{"number":"7","tags":["a"]}`, docstore.Event{Kind: "created"})
	require.NoError(f, c.Delete(ctx, "d1", 1, docstore.Event{Kind: "deleted"}))
	_, err := c.Get(ctx, "d1")
	require.ErrorIs(f, err, docstore.ErrNotFound)
	require.Empty(f, f.find(c, "", docstore.Filter{Path: "number", Op: docstore.Eq, Value: "7"}))
	require.Empty(f, f.find(c, "", docstore.Filter{Path: "tags", Op: docstore.Contains, Value: "a"}))

	f.put(c, "d2", `{"number":"7"}`) // the unique key is free again
	pending, err := f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Equal(f, []string{"created 1 1", "deleted 2 2"}, brief(pending))
	require.NoError(f, f.store.Delivered(ctx, pending))

	d := f.put(c, "d1", `{}`, docstore.Event{Kind: "created"})
	require.Equal(f, int64(3), d.Rev, "a rev is never used twice")
	pending, err = f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Equal(f, []string{"created 3 3"}, brief(pending))
}

func brief(ds []docstore.Delivery) []string {
	out := []string{}
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%s %d %d", d.Event.Kind, d.Seq, d.Rev))
	}
	return out
}

func testUnique(f *fixture) {
	ctx := f.Context()
	c := f.deals()
	f.put(c, "d1", `{"number":"1"}`)
	f.put(c, "d2", `{}`)
	f.put(c, "d3", `{"number":null}`)
	_, err := c.Save(ctx, docstore.Document{ID: "d4", Body: json.RawMessage(`{"number":"1"}`)}, docstore.Event{Kind: "lost"})
	require.ErrorIs(f, err, docstore.ErrExists)
	d2, err := c.Get(ctx, "d2")
	require.NoError(f, err)
	d2.Body = json.RawMessage(`{"number":"1"}`)
	_, err = c.Save(ctx, d2)
	require.ErrorIs(f, err, docstore.ErrExists)
	_, err = c.Get(ctx, "d4")
	require.ErrorIs(f, err, docstore.ErrNotFound)
	d1, err := c.Get(ctx, "d1")
	require.NoError(f, err)
	_, err = c.Save(ctx, d1)
	require.NoError(f, err, "a document keeps its own key")

	pair, err := f.store.Collection(ctx, docstore.Spec{Name: "members", Indexes: []docstore.Index{{Paths: []string{"groupId", "seat"}, Unique: true}}})
	require.NoError(f, err)
	f.put(pair, "a", `{"groupId":"g","seat":1}`)
	f.put(pair, "b", `{"groupId":"g","seat":2}`)
	f.put(pair, "c", `{"groupId":"g"}`)
	f.put(pair, "d", `{"groupId":"g"}`)
	_, err = pair.Save(ctx, docstore.Document{ID: "e", Body: json.RawMessage(`{"groupId":"g","seat":2}`)})
	require.ErrorIs(f, err, docstore.ErrExists)
	pending, err := f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Empty(f, pending)
}

func testOutbox(f *fixture) {
	ctx, c := f.Context(), f.deals()
	other, err := f.store.Collection(ctx, docstore.Spec{Name: "contacts"})
	require.NoError(f, err)
	select {
	case <-f.store.Wake():
		f.Fatal("woken without an event")
	default:
	}
	d := f.put(c, "d1", `{}`,
		docstore.Event{Kind: "a", Body: json.RawMessage(`{"x":[[1]],"a.b":"$c"}`), Actor: "u1", Cause: "run r1", Depth: 3},
		docstore.Event{Kind: "b"})
	select {
	case <-f.store.Wake():
	default:
		f.Fatal("not woken by an event")
	}
	f.clock.Advance(time.Second)
	f.put(other, "d1", `{}`, docstore.Event{Kind: "c"})
	f.clock.Advance(time.Second)
	_, err = c.Save(ctx, d, docstore.Event{Kind: "d"})
	require.NoError(f, err)

	pending, err := f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Len(f, pending, 4)
	var mine []docstore.Delivery
	for _, p := range pending {
		if p.Collection == "deals" {
			mine = append(mine, p)
		}
	}
	require.Equal(f, []string{"a 1 1", "b 2 1", "d 3 2"}, brief(mine))
	require.JSONEq(f, `{"x":[[1]],"a.b":"$c"}`, string(mine[0].Event.Body))
	require.Equal(f, "u1", mine[0].Event.Actor)
	require.Equal(f, "run r1", mine[0].Event.Cause)
	require.Equal(f, 3, mine[0].Event.Depth)
	require.True(f, mine[0].At.Equal(d.CreatedAt))
	require.Equal(f, "d1", mine[0].DocumentID)

	first, err := f.store.Pending(ctx, 1)
	require.NoError(f, err)
	require.Equal(f, []string{"a 1 1"}, brief(first))
	require.NoError(f, f.store.Delivered(ctx, mine[:2]))
	require.NoError(f, f.store.Delivered(ctx, mine[:2]), "marking twice is harmless")
	pending, err = f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Len(f, pending, 2)
	require.NoError(f, f.store.Delivered(ctx, pending))
	pending, err = f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Empty(f, pending)
	got, err := c.Get(ctx, "d1")
	require.NoError(f, err)
	require.Equal(f, int64(2), got.Rev, "delivery does not change the rev")
}

func testAnyJSON(f *fixture) {
	c := f.deals()
	body := `{"nested":[[0,0],[180,0.5]],"a.b":{"$set":1,"":null},"big":9007199254740993,"neg":-1.25e-3,"t":true,"u":"żółw \u0000 \ud83d\ude00","e":{},"l":[]}`
	f.put(c, "id with / and ü", body)
	got, err := c.Get(f.Context(), "id with / and ü")
	require.NoError(f, err)
	want, err := docstore.ParseBody(json.RawMessage(body))
	require.NoError(f, err)
	have, err := docstore.ParseBody(got.Body)
	require.NoError(f, err)
	require.Equal(f, want, have)
	for _, bad := range []string{``, `[]`, `null`, `{"a":`, `"x"`, `{} {}`} {
		_, err := c.Save(f.Context(), docstore.Document{ID: "bad", Body: json.RawMessage(bad)})
		require.Error(f, err, bad)
	}
	for _, id := range []string{"", "a\nb", string(make([]byte, 300))} {
		_, err := c.Save(f.Context(), docstore.Document{ID: id, Body: json.RawMessage(`{}`)})
		require.ErrorIs(f, err, docstore.ErrBadQuery)
	}
}

func testConcurrentUpdates(f *fixture) {
	type counter struct {
		docstore.Entity
		N int `json:"n"`
	}
	ctx := f.Context()
	typed, err := docstore.NewTyped[counter](ctx, f.store, docstore.Spec{Name: "counters"})
	require.NoError(f, err)
	_, err = typed.Save(ctx, counter{Entity: docstore.Entity{ID: "c"}})
	require.NoError(f, err)
	const workers, rounds = 4, 5
	var wg sync.WaitGroup
	errs := make(chan error, workers*rounds)
	for range workers {
		wg.Go(func() {
			for range rounds {
				_, err := typed.Update(ctx, "c", func(c *counter) ([]docstore.Event, error) {
					c.N++
					return []docstore.Event{{Kind: "counted"}}, nil
				})
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(f, err)
	}
	got, err := typed.Get(ctx, "c")
	require.NoError(f, err)
	require.Equal(f, workers*rounds, got.N)
	pending, err := f.store.Pending(ctx, 100)
	require.NoError(f, err)
	require.Len(f, pending, workers*rounds)
	for i, p := range pending {
		require.EqualValues(f, i+1, p.Seq)
		require.EqualValues(f, i+2, p.Rev)
	}
}

func testTyped(f *fixture) {
	type note struct {
		docstore.Entity
		Title string           `json:"title"`
		DueAt docstore.Instant `json:"dueAt"`
	}
	ctx := f.Context()
	typed, err := docstore.NewTyped[note](ctx, f.store, docstore.Spec{Name: "notes", Indexes: []docstore.Index{{Paths: []string{"dueAt"}}}})
	require.NoError(f, err)
	n, err := typed.Save(ctx, note{Entity: docstore.Entity{ID: "n1"}, Title: "x", DueAt: docstore.At(f.clock.Now())})
	require.NoError(f, err)
	require.Equal(f, int64(1), n.Rev)
	require.True(f, n.CreatedAt.Equal(f.clock.Now()))
	_, err = typed.Save(ctx, note{Entity: docstore.Entity{ID: "n2"}, DueAt: docstore.At(f.clock.Now().Add(time.Millisecond))})
	require.NoError(f, err)
	due, err := typed.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "dueAt", Op: docstore.Lte, Value: f.clock.Now()}}}, 10)
	require.NoError(f, err)
	require.Equal(f, []note{n}, due)
	_, err = typed.One(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "dueAt", Op: docstore.Eq, Value: f.clock.Now().Add(time.Hour)}}})
	require.ErrorIs(f, err, docstore.ErrNotFound)
	_, err = typed.All(ctx, docstore.Query{}, 1)
	require.ErrorIs(f, err, docstore.ErrBadQuery)
	stop := fmt.Errorf("stop")
	_, err = typed.Update(ctx, "n1", func(*note) ([]docstore.Event, error) { return nil, stop })
	require.ErrorIs(f, err, stop)
	require.NoError(f, typed.Delete(ctx, "n1", n.Rev))
	_, err = typed.Get(ctx, "n1")
	require.ErrorIs(f, err, docstore.ErrNotFound)
	_, err = docstore.NewTyped[struct{}](ctx, f.store, docstore.Spec{Name: "wrong"})
	require.Error(f, err)
}

func testReopenedSpec(f *fixture) {
	ctx := f.Context()
	c, err := f.store.Collection(ctx, docstore.Spec{Name: "things"})
	require.NoError(f, err)
	f.put(c, "t1", `{"color":"red","tags":["x"],"title":"Old words"}`)
	c, err = f.store.Collection(ctx, docstore.Spec{Name: "things", Text: []string{"title"}, Indexes: []docstore.Index{
		{Paths: []string{"color"}}, {Paths: []string{"tags"}, Multi: true}}})
	require.NoError(f, err)
	f.put(c, "t2", `{"color":"blue","tags":["x"]}`)
	require.Equal(f, []string{"t1"}, f.find(c, "", docstore.Filter{Path: "color", Op: docstore.Eq, Value: "red"}))
	require.Equal(f, []string{"t1", "t2"}, f.find(c, "", docstore.Filter{Path: "tags", Op: docstore.Contains, Value: "x"}),
		"documents stored before the index was declared are found")
	require.Equal(f, []string{"t1"}, f.find(c, "", docstore.Filter{Op: docstore.Text, Value: "old"}))
}

// testInsertTogether holds for stores that offer it: all documents or none.
func testInsertTogether(f *fixture) {
	ctx, c := f.Context(), f.deals()
	together, ok := c.(docstore.Together)
	if !ok {
		return
	}
	doc := func(id, number string) docstore.Document {
		return docstore.Document{ID: id, Body: json.RawMessage(`{"number":"` + number + `"}`)}
	}
	stored, err := together.InsertTogether(ctx, []docstore.Document{doc("a", "1"), doc("b", "2")})
	require.NoError(f, err)
	require.Len(f, stored, 2)
	require.EqualValues(f, 1, stored[1].Rev)
	for _, second := range []docstore.Document{doc("a", "9"), doc("d", "2")} { // the id, the unique key
		_, err = together.InsertTogether(ctx, []docstore.Document{doc("c", "3"), second})
		require.ErrorIs(f, err, docstore.ErrExists)
		_, err = c.Get(ctx, "c")
		require.ErrorIs(f, err, docstore.ErrNotFound)
	}
	_, err = together.InsertTogether(ctx, []docstore.Document{doc("c", "3"), doc("bad id\x00", "4")})
	require.Error(f, err)
}
