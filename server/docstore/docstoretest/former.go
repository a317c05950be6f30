package docstoretest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// testFormerCollection opens what a former release wrote under a new name.
func testFormerCollection(f *fixture) {
	ctx, old := f.Context(), f.deals()
	f.put(old, "d1", `{"stage":"new","rank":3,"client":{"id":"c"},"tags":["a"]}`, docstore.Event{Kind: "created"})
	d := f.put(old, "d2", `{"type":"lead","stage":"new","rank":4,"client":{"id":"c"},"fields":{"size":9}}`)
	d.Body = json.RawMessage(`{"type":"lead","stage":"won","rank":4,"client":{"id":"c"},"fields":{"size":9}}`)
	_, err := old.Save(ctx, d, docstore.Event{Kind: "changed"})
	require.NoError(f, err)
	f.put(old, "gone", `{}`)
	require.NoError(f, old.Delete(ctx, "gone", 1))

	spec := dealSpec
	spec.Name, spec.Formerly = "records", &docstore.Former{Name: "deals", With: map[string]string{"type": "deal"}}
	spec.Indexes = append([]docstore.Index{{Paths: []string{"type", "stage"}}}, spec.Indexes...)
	for range 2 { // again: it is done
		c, err := f.store.Collection(ctx, spec)
		require.NoError(f, err)
		require.Equal(f, []string{"d1"}, f.find(c, "", docstore.Filter{Path: "type", Op: docstore.Eq, Value: "deal"}))
		require.Equal(f, []string{"d2"}, f.find(c, "", docstore.Filter{Path: "type", Op: docstore.Eq, Value: "lead"}, docstore.Filter{Path: "stage", Op: docstore.Eq, Value: "won"}))
		require.Equal(f, []string{"d1"}, f.find(c, "", docstore.Filter{Path: "tags", Op: docstore.Contains, Value: "a"}))
		require.Equal(f, []string{"d2"}, f.find(c, "", docstore.Filter{Path: "fields.size", Op: docstore.Eq, Value: 9}))
		got, err := c.Get(ctx, "d2")
		require.NoError(f, err)
		require.EqualValues(f, 2, got.Rev)
		groups, err := c.Aggregate(ctx, docstore.Aggregate{Filters: []docstore.Filter{{Path: "stage", Op: docstore.Eq, Value: "new"}}, GroupBy: "client.id", Sums: []string{"rank"}})
		require.NoError(f, err)
		require.Equal(f, []docstore.Group{{Key: "c", Count: 1, Sums: map[string]int64{"rank": 3}}}, groups)
		pending, err := f.store.Pending(ctx, 10)
		require.NoError(f, err)
		require.Len(f, pending, 2)
		for _, p := range pending {
			require.Equal(f, "records", p.Collection)
		}
	}
	c, err := f.store.Collection(ctx, spec)
	require.NoError(f, err)
	require.EqualValues(f, 3, f.put(c, "gone", `{}`).Rev, "revisions of an id are not used again")
	pending, err := f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.NoError(f, f.store.Delivered(ctx, pending))
	pending, err = f.store.Pending(ctx, 10)
	require.NoError(f, err)
	require.Empty(f, pending)

	f.put(f.deals(), "new", `{}`)
	_, err = f.store.Collection(ctx, spec)
	require.ErrorContains(f, err, "both hold documents")
}
