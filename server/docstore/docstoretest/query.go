package docstoretest

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/docstore"
)

func testFilters(f *fixture) {
	c := f.deals()
	f.put(c, "d1", `{"stage":"new","amount":10,"open":true,"client":{"id":"c1"},"number":"A-1"}`)
	f.put(c, "d2", `{"stage":"new","amount":20,"open":false,"client":{"id":"c2"},"number":"A-2"}`)
	f.put(c, "d3", `{"stage":"won","amount":2.5,"open":true,"number":"a-3"}`)
	f.put(c, "d4", `{"amount":-7,"client":"not an object","number":"A_4%"}`)
	cases := []struct {
		name    string
		filters []docstore.Filter
		want    []string
	}{
		{"eq", []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "new"}}, []string{"d1", "d2"}},
		{"eq nothing", []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: nil}}, []string{"d4"}},
		{"eq boolean", []docstore.Filter{{Path: "open", Op: docstore.Eq, Value: true}}, []string{"d1", "d3"}},
		{"eq false is not nothing", []docstore.Filter{{Path: "open", Op: docstore.Eq, Value: false}}, []string{"d2"}},
		{"eq fraction", []docstore.Filter{{Path: "amount", Op: docstore.Eq, Value: 2.5}}, []string{"d3"}},
		{"eq integer as float", []docstore.Filter{{Path: "amount", Op: docstore.Eq, Value: 10.0}}, []string{"d1"}},
		{"nested", []docstore.Filter{{Path: "client.id", Op: docstore.Eq, Value: "c2"}}, []string{"d2"}},
		{"id", []docstore.Filter{{Path: "id", Op: docstore.Gt, Value: "d2"}}, []string{"d3", "d4"}},
		{"in", []docstore.Filter{{Path: "stage", Op: docstore.In, Value: []string{"won", "lost"}}}, []string{"d3"}},
		{"in nothing", []docstore.Filter{{Path: "stage", Op: docstore.In, Value: []string{}}}, []string{}},
		{"range", []docstore.Filter{{Path: "amount", Op: docstore.Gt, Value: 2}, {Path: "amount", Op: docstore.Lte, Value: 10}}, []string{"d1", "d3"}},
		{"lt", []docstore.Filter{{Path: "amount", Op: docstore.Lt, Value: 0}}, []string{"d4"}},
		{"gte", []docstore.Filter{{Path: "amount", Op: docstore.Gte, Value: 20}}, []string{"d2"}},
		{"two paths", []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "new"}, {Path: "amount", Op: docstore.Gte, Value: 15}}, []string{"d2"}},
		{"rest filtered", []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "new"}, {Path: "client.id", Op: docstore.Eq, Value: "c1"}}, []string{"d1"}},
		{"exists", []docstore.Filter{{Path: "amount", Op: docstore.Lt, Value: 100}, {Path: "open", Op: docstore.Exists, Value: false}}, []string{"d4"}},
		{"prefix", []docstore.Filter{{Path: "number", Op: docstore.Prefix, Value: "A-"}}, []string{"d1", "d2"}},
		{"prefix takes no wildcard", []docstore.Filter{{Path: "number", Op: docstore.Prefix, Value: "A_4%"}}, []string{"d4"}},
		{"prefix is not a pattern", []docstore.Filter{{Path: "number", Op: docstore.Prefix, Value: "A_1"}}, []string{}},
		{"quotes", []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "new' OR '1'='1"}}, []string{}},
	}
	for _, tt := range cases {
		require.Equal(f, tt.want, f.find(c, "", tt.filters...), tt.name)
	}
}

// testParts: a text is found by a part of it, in any alphabet and case, on paths
// without an index, too.
func testParts(f *fixture) {
	c := f.deals()
	f.put(c, "d1", `{"stage":"new","note":"Срочный ЗАКАЗ","title":"a.b","fields":{"town":"Łódź"}}`)
	f.put(c, "d2", `{"stage":"new","note":"заказ","title":"axb","fields":{"town":["Opole","ŁÓDŹ Widzew"]}}`)
	f.put(c, "d3", `{"stage":"new","note":17,"fields":{"town":"Radom"}}`)
	for _, tt := range []struct {
		path, value string
		op          docstore.Op
		want        []string
	}{
		{"note", "ЗАКАЗ", docstore.Has, []string{"d1", "d2"}}, {"note", "заказ", docstore.Begins, []string{"d2"}}, {"note", "1", docstore.Has, []string{}},
		{"title", ".", docstore.Has, []string{"d1"}}, {"title", "A", docstore.Begins, []string{"d1", "d2"}},
		{"fields.town", "łódź", docstore.Has, []string{"d1", "d2"}}, {"fields.town", "łódź w", docstore.Begins, []string{"d2"}},
		{"note", "заказ", docstore.Eq, []string{"d2"}}, {"note", "a", docstore.Gt, []string{"d1", "d2"}},
	} {
		require.Equal(f, tt.want, f.find(c, "", eq("stage", "new"), docstore.Filter{Path: tt.path, Op: tt.op, Value: tt.value}), "%s %s %s", tt.path, tt.op, tt.value)
	}
	for _, q := range []docstore.Query{
		{Filters: []docstore.Filter{{Path: "note", Op: docstore.Eq, Value: "x"}}}, {Filters: []docstore.Filter{{Path: "fields.town", Op: docstore.Has, Value: "x"}}},
		{Sort: "note", Filters: []docstore.Filter{eq("stage", "new")}},
	} {
		_, err := c.Find(f.Context(), q)
		require.ErrorIs(f, err, docstore.ErrNoIndex)
	}
	_, err := c.Find(f.Context(), docstore.Query{Filters: []docstore.Filter{eq("stage", "new"), {Path: "note", Op: docstore.Has, Value: ""}}})
	require.ErrorIs(f, err, docstore.ErrBadQuery)
}

func eq(path string, v any) docstore.Filter {
	return docstore.Filter{Path: path, Op: docstore.Eq, Value: v}
}

func testGroups(f *fixture) {
	c := f.deals()
	f.put(c, "d1", `{"stage":"new","amount":10,"open":true,"tags":["a"],"fields":{"f":5},"title":"Ana Kos"}`)
	f.put(c, "d2", `{"stage":"new","amount":20,"open":false}`)
	f.put(c, "d3", `{"stage":"won","tags":["b"],"title":"Ana Bel"}`)
	f.put(c, "d4", `{"stage":"lost"}`)
	is := func(path string, v any) docstore.Filter {
		return docstore.Filter{Path: path, Op: docstore.Eq, Value: v}
	}
	group := func(op docstore.Op, of ...docstore.Filter) docstore.Filter { return docstore.Filter{Op: op, Of: of} }
	words := func(text string) docstore.Filter { return docstore.Filter{Op: docstore.Text, Value: text} }
	way := docstore.Filter{Path: "id", Op: docstore.Gte, Value: ""} // groups alone do not serve a query
	for _, tt := range []struct {
		name   string
		filter docstore.Filter
		want   []string
	}{
		{"any", group(docstore.AnyOf, is("stage", "won"), is("amount", 20)), []string{"d2", "d3"}},
		{"all", group(docstore.AllOf, is("stage", "new"), is("open", true)), []string{"d1"}},
		{"none holds where there is no value", group(docstore.NoneOf, is("amount", 10)), []string{"d2", "d3", "d4"}},
		{"none of several", group(docstore.NoneOf, is("amount", 10), is("stage", "lost")), []string{"d2", "d3"}},
		{"inside each other", group(docstore.AnyOf, is("stage", "lost"), group(docstore.AllOf, is("stage", "new"), group(docstore.NoneOf, is("open", true)))), []string{"d2", "d4"}},
		{"somebody's, or nobody's that somebody added", group(docstore.AnyOf, docstore.Filter{Path: "amount", Op: docstore.In, Value: []int{10, 20}},
			group(docstore.AllOf, is("amount", nil), docstore.Filter{Path: "stage", Op: docstore.In, Value: []string{"won"}})), []string{"d1", "d2", "d3"}},
		{"entries", group(docstore.AnyOf, docstore.Filter{Path: "tags", Op: docstore.Contains, Value: "b"}, is("fields.f", 5)), []string{"d1", "d3"}},
		{"several words are one", group(docstore.AnyOf, words("ana kos"), is("stage", "lost")), []string{"d1", "d4"}},
		{"words that are not there", group(docstore.NoneOf, words("ana kos")), []string{"d2", "d3", "d4"}},
	} {
		require.Equal(f, tt.want, f.find(c, "", way, tt.filter), tt.name)
		n, err := c.Count(f.Context(), []docstore.Filter{way, tt.filter})
		require.NoError(f, err)
		require.EqualValues(f, len(tt.want), n, tt.name)
	}
	deep, wide := is("stage", "new"), group(docstore.AnyOf)
	for range docstore.MaxDepth + 1 {
		deep = group(docstore.AllOf, deep)
	}
	for range docstore.MaxFilters {
		wide.Of = append(wide.Of, is("stage", "new"))
	}
	for name, bad := range map[string]docstore.Filter{
		"empty": group(docstore.AnyOf), "deep": deep, "wide": wide, "with a path": {Op: docstore.AnyOf, Path: "stage", Of: []docstore.Filter{is("stage", "new")}},
		"filters of a filter": {Op: docstore.Eq, Path: "stage", Value: "new", Of: []docstore.Filter{is("stage", "new")}},
	} {
		_, err := c.Find(f.Context(), docstore.Query{Filters: []docstore.Filter{way, bad}})
		require.ErrorIs(f, err, docstore.ErrBadQuery, name)
	}
	_, err := c.Find(f.Context(), docstore.Query{Filters: []docstore.Filter{group(docstore.AnyOf, is("stage", "new"))}})
	require.ErrorIs(f, err, docstore.ErrNoIndex, "a group alone")
	_, err = c.Find(f.Context(), docstore.Query{Filters: []docstore.Filter{way, group(docstore.AnyOf, is("end", 1))}})
	require.ErrorIs(f, err, docstore.ErrNoIndex, "a path without an index inside")
}

func testArrayPaths(f *fixture) {
	c := f.deals()
	f.put(c, "d1", `{"tags":["a","b","b"],"rows":[{"product":"p1"},{"product":"p2"}]}`)
	f.put(c, "d2", `{"tags":["b"],"rows":[{"product":"p2"}]}`)
	f.put(c, "d3", `{"tags":[],"rows":[]}`)
	find := func(op docstore.Op, path string, v any) []string {
		return f.find(c, "", docstore.Filter{Path: path, Op: op, Value: v})
	}
	require.Equal(f, []string{"d1", "d2"}, find(docstore.Contains, "tags", "b"))
	require.Equal(f, []string{"d1"}, find(docstore.Contains, "tags", "a"))
	require.Equal(f, []string{"d1", "d2"}, find(docstore.In, "tags", []any{"a", "b"}))
	require.Equal(f, []string{"d1"}, find(docstore.Contains, "rows.product", "p1"))
	require.Equal(f, []string{"d3"}, find(docstore.Eq, "tags", nil))

	d, err := c.Get(f.Context(), "d1")
	require.NoError(f, err)
	d.Body = json.RawMessage(`{"tags":["c"]}`)
	_, err = c.Save(f.Context(), d)
	require.NoError(f, err)
	require.Equal(f, []string{"d2"}, find(docstore.Contains, "tags", "b"))
	require.Equal(f, []string{"d1"}, find(docstore.Contains, "tags", "c"))
}

func testCustomFields(f *fixture) {
	c := f.deals()
	f.put(c, "d1", `{"stage":"new","fields":{"f1":"red","f2":5,"m":["x","y"]}}`)
	f.put(c, "d2", `{"stage":"new","fields":{"f1":"blue","f2":7}}`)
	f.put(c, "d3", `{"stage":"new","fields":{}}`)
	require.Equal(f, []string{"d1"}, f.find(c, "", eq("fields.f1", "red")))
	require.Equal(f, []string{"d2"}, f.find(c, "", docstore.Filter{Path: "fields.f2", Op: docstore.Gt, Value: 5}))
	for _, tt := range []struct {
		op    docstore.Op
		value any
		want  []string
	}{
		{docstore.Gte, 5, []string{"d1", "d2"}}, {docstore.Lt, 7, []string{"d1"}}, {docstore.Lte, 7, []string{"d1", "d2"}}, {docstore.Gt, 7, []string{}},
		{docstore.Lt, -0.5, []string{}}, {docstore.Gt, -1e300, []string{"d1", "d2"}}, {docstore.Eq, 7.0, []string{"d2"}},
	} {
		require.Equal(f, tt.want, f.find(c, "", docstore.Filter{Path: "fields.f2", Op: tt.op, Value: tt.value}), "%s %v", tt.op, tt.value)
	}
	require.Equal(f, []string{"d1"}, f.find(c, "", docstore.Filter{Path: "fields.m", Op: docstore.Gt, Value: "x"}))
	require.Equal(f, []string{"d1", "d2"}, f.find(c, "", docstore.Filter{Path: "fields.f1", Op: docstore.In, Value: []any{"red", "blue"}}))
	require.Equal(f, []string{"d2"}, f.find(c, "", docstore.Filter{Path: "fields.f1", Op: docstore.Prefix, Value: "bl"}))
	require.Equal(f, []string{"d1"}, f.find(c, "", docstore.Filter{Path: "fields.m", Op: docstore.Contains, Value: "y"}))
	require.Equal(f, []string{"d3"}, f.find(c, "", eq("stage", "new"), docstore.Filter{Path: "fields.f1", Op: docstore.Exists, Value: false}))
	require.Equal(f, []string{"d1", "d2"}, f.find(c, "", eq("stage", "new"), docstore.Filter{Path: "fields.f1", Op: docstore.Exists, Value: true}))
	require.Equal(f, []string{"d2", "d1", "d3"}, f.find(c, "-fields.f2", eq("stage", "new")))
}

func testText(f *fixture) {
	c := f.deals()
	f.put(c, "d1", `{"title":"Umowa z Łódzką Spółką","client":{"name":"João Müller"}}`)
	f.put(c, "d2", `{"title":"Договор поставки №17","fields":{"note":"срочный"}}`)
	f.put(c, "d3", `{"title":"Contract 17"}`)
	cases := []struct {
		text string
		want []string
	}{
		{"lodzka", []string{"d1"}}, {"SPOLKA", []string{"d1"}}, {"joao umowa", []string{"d1"}}, {"muller", []string{"d1"}},
		{"догов", []string{"d2"}}, {"17", []string{"d2", "d3"}}, {"17 contr", []string{"d3"}}, {"срочн", []string{"d2"}},
		{"ontract", []string{}}, {"joao 17", []string{}},
	}
	for _, tt := range cases {
		require.Equal(f, tt.want, f.find(c, "", docstore.Filter{Op: docstore.Text, Value: tt.text}), tt.text)
	}
	f.put(c, "d4", `{"title":"Offer for Łódzka","client":{"name":"Offer Bureau"}}`)
	for text, want := range map[string][]string{
		"muller": {}, "spolka lodzka": {"d1"}, "bureau": {}, "offer": {"d4"}, "lodzka": {"d1", "d4"}, "offer bureau": {}, "17": {"d2", "d3"},
	} {
		require.Equal(f, want, f.find(c, "", docstore.Filter{Op: docstore.OwnText, Value: text}), text)
	}
}

func testSortAndCursor(f *fixture) {
	ctx, c := f.Context(), f.deals()
	for i := range 23 {
		body := fmt.Sprintf(`{"stage":"s","amount":%d}`, i%5)
		if i%7 == 0 {
			body = `{"stage":"s"}`
		}
		f.put(c, fmt.Sprintf("d%02d", i), body)
	}
	inStage := []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "s"}}
	for _, q := range []docstore.Query{
		{}, {Sort: "-id"}, {Sort: "amount"}, {Sort: "-amount"},
		{Sort: "amount", Filters: inStage}, {Sort: "-amount", Filters: inStage}, {Filters: inStage},
	} {
		q.Limit = docstore.MaxLimit
		whole, err := c.Find(ctx, q)
		require.NoError(f, err)
		require.Len(f, whole.Documents, 23)
		require.Empty(f, whole.Next)
		q.Limit = 4
		var paged []string
		for {
			p, err := c.Find(ctx, q)
			require.NoError(f, err)
			require.LessOrEqual(f, len(p.Documents), 4)
			paged = append(paged, ids(p.Documents)...)
			if q.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		require.Equal(f, ids(whole.Documents), paged, "sort %q", q.Sort)
	}
	for i := range 23 {
		f.put(c, fmt.Sprintf("w%02d", i), fmt.Sprintf(`{"stage":"w","fields":{"size":%d,"other":1}}`, i%5))
	}
	f.put(c, "w99", `{"stage":"w","fields":{"other":1}}`)
	f.put(c, "x99", `{"stage":"x","fields":{"size":2}}`)
	for _, sort := range []string{"fields.size", "-fields.size"} {
		q := docstore.Query{Sort: sort, Limit: 4, Filters: []docstore.Filter{eq("stage", "w"), {Path: "fields.size", Op: docstore.Exists, Value: true}}}
		var paged []string
		for {
			p, err := c.Find(ctx, q)
			require.NoError(f, err)
			paged = append(paged, ids(p.Documents)...)
			if q.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		require.Len(f, paged, 23)
		first := []string{"w00", "w05", "w10", "w15", "w20", "w01"}
		if sort[0] == '-' {
			first = []string{"w19", "w14", "w09", "w04", "w18", "w13"}
		}
		require.Equal(f, first, paged[:6])
	}
	up := f.find(c, "amount", inStage...)
	require.Equal(f, []string{"d00", "d07", "d14", "d21", "d05", "d10"}, up[:6])
	down := f.find(c, "-amount", inStage...)
	for i := range up {
		require.Equal(f, up[i], down[len(down)-1-i])
	}
}

func testOwnInstants(f *fixture) {
	ctx, c := f.Context(), f.deals()
	start := f.clock.Now()
	for i := range 5 {
		f.put(c, fmt.Sprintf("d%d", 9-i), `{}`)
		f.clock.Advance(500 * time.Millisecond)
	}
	require.Equal(f, []string{"d9", "d8", "d7", "d6", "d5"}, f.find(c, "createdAt"))
	require.Equal(f, []string{"d8", "d7"}, f.find(c, "createdAt",
		docstore.Filter{Path: "createdAt", Op: docstore.Gt, Value: start},
		docstore.Filter{Path: "createdAt", Op: docstore.Lte, Value: start.Add(time.Second)}))
	p, err := c.Find(ctx, docstore.Query{Sort: "-createdAt", Limit: 2})
	require.NoError(f, err)
	p, err = c.Find(ctx, docstore.Query{Sort: "-createdAt", Limit: 2, Cursor: p.Next})
	require.NoError(f, err)
	require.Equal(f, []string{"d7", "d8"}, ids(p.Documents))
}

func testNoIndex(f *fixture) {
	ctx, c := f.Context(), f.deals()
	for _, q := range []docstore.Query{
		{Filters: []docstore.Filter{{Path: "color", Op: docstore.Eq, Value: 1}}},
		{Filters: []docstore.Filter{{Path: "tags.x", Op: docstore.Contains, Value: 1}}},
		{Filters: []docstore.Filter{{Path: "stage", Op: docstore.Contains, Value: "x"}}},
		{Filters: []docstore.Filter{{Path: "open", Op: docstore.Exists, Value: true}}},
		{Filters: []docstore.Filter{{Path: "fields", Op: docstore.Eq, Value: 1}}},
		{Sort: "color"},
		{Sort: "tags", Filters: []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "x"}}},
	} {
		_, err := c.Find(ctx, q)
		require.ErrorIs(f, err, docstore.ErrNoIndex, "%+v", q)
	}
	_, err := c.Count(ctx, []docstore.Filter{{Path: "color", Op: docstore.Eq, Value: 1}})
	require.ErrorIs(f, err, docstore.ErrNoIndex)
	_, err = c.Aggregate(ctx, docstore.Aggregate{GroupBy: "color"})
	require.ErrorIs(f, err, docstore.ErrNoIndex)
	plain, err := f.store.Collection(ctx, docstore.Spec{Name: "plain"})
	require.NoError(f, err)
	_, err = plain.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Op: docstore.Text, Value: "x"}}})
	require.ErrorIs(f, err, docstore.ErrNoIndex)
}

func testBadQueries(f *fixture) {
	ctx, c := f.Context(), f.deals()
	f.put(c, "d1", `{"amount":1}`)
	f.put(c, "d2", `{"amount":2}`)
	p, err := c.Find(ctx, docstore.Query{Sort: "amount", Limit: 1})
	require.NoError(f, err)
	for _, q := range []docstore.Query{
		{Limit: 201}, {Limit: -1}, {Cursor: "???"}, {Cursor: "e30"}, {Sort: "-amount", Cursor: p.Next},
		{Filters: []docstore.Filter{{Path: "stage", Op: "like", Value: "x"}}},
		{Filters: []docstore.Filter{{Path: "stage", Op: docstore.In, Value: "x"}}},
		{Filters: []docstore.Filter{{Path: "stage", Op: docstore.Gt, Value: nil}}},
		{Filters: []docstore.Filter{{Path: "stage", Op: docstore.Prefix, Value: 5}}},
		{Filters: []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: []int{1}}}},
		{Filters: []docstore.Filter{{Path: "stage", Op: docstore.Exists, Value: "yes"}}},
		{Filters: []docstore.Filter{{Op: docstore.Text, Value: " - "}}},
	} {
		_, err := c.Find(ctx, q)
		require.ErrorIs(f, err, docstore.ErrBadQuery, "%+v", q)
	}
	for _, spec := range []docstore.Spec{
		{Name: "Bad name"}, {Name: ""}, {Name: "x; DROP TABLE y"},
		{Name: "x", Indexes: []docstore.Index{{}}},
		{Name: "x", Indexes: []docstore.Index{{Paths: []string{"a')"}}}},
		{Name: "x", Indexes: []docstore.Index{{Paths: []string{"a", "b"}, Multi: true}}},
		{Name: "x", Indexes: []docstore.Index{{Paths: []string{"a.*"}, Unique: true}}},
		{Name: "x", Text: []string{"a b"}},
		{Name: "x", Text: []string{"a"}, Apart: []string{"b"}},
		{Name: "x", Indexes: []docstore.Index{{Paths: []string{"a"}}}, Kept: []docstore.Kept{{By: []string{"a", "b"}}}},
	} {
		_, err := f.store.Collection(ctx, spec)
		require.ErrorIs(f, err, docstore.ErrBadQuery, "%+v", spec)
	}
}

func testAggregate(f *fixture) {
	ctx, c := f.Context(), f.deals()
	f.put(c, "d1", `{"stage":"new","amount":10,"open":true}`)
	f.put(c, "d2", `{"stage":"new","amount":20,"open":false}`)
	f.put(c, "d3", `{"stage":"won","amount":5,"open":true}`)
	f.put(c, "d4", `{"amount":1}`)
	groups, err := c.Aggregate(ctx, docstore.Aggregate{GroupBy: "stage", Sums: []string{"amount", "absent"}})
	require.NoError(f, err)
	require.Equal(f, []docstore.Group{
		{Key: nil, Count: 1, Sums: map[string]int64{"amount": 1, "absent": 0}},
		{Key: "new", Count: 2, Sums: map[string]int64{"amount": 30, "absent": 0}},
		{Key: "won", Count: 1, Sums: map[string]int64{"amount": 5, "absent": 0}},
	}, groups)
	groups, err = c.Aggregate(ctx, docstore.Aggregate{GroupBy: "open", Filters: []docstore.Filter{{Path: "amount", Op: docstore.Gte, Value: 5}}})
	require.NoError(f, err)
	require.Equal(f, []docstore.Group{
		{Key: false, Count: 1, Sums: map[string]int64{}}, {Key: true, Count: 2, Sums: map[string]int64{}},
	}, groups)
	groups, err = c.Aggregate(ctx, docstore.Aggregate{Sums: []string{"amount"}})
	require.NoError(f, err)
	require.Equal(f, []docstore.Group{{Key: nil, Count: 4, Sums: map[string]int64{"amount": 36}}}, groups)

	// A sum beyond the range of whole numbers ends there; it does not wrap.
	f.put(c, "d5", `{"stage":"huge","amount":9223372036854775807}`)
	f.put(c, "d6", `{"stage":"huge","amount":9223372036854775807}`)
	groups, err = c.Aggregate(ctx, docstore.Aggregate{GroupBy: "stage", Sums: []string{"amount"}, Filters: []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "huge"}}})
	require.NoError(f, err)
	require.Equal(f, []docstore.Group{{Key: "huge", Count: 2, Sums: map[string]int64{"amount": math.MaxInt64}}}, groups)
}
