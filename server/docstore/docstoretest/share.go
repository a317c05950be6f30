package docstoretest

import (
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/docstore"
)

func testShared(f *fixture) {
	ctx := f.Context()
	c, err := f.store.Collection(ctx, docstore.Spec{Name: "clients", Indexes: []docstore.Index{{Paths: []string{"keys"}, Multi: true}}})
	require.NoError(f, err)
	for id, body := range map[string]string{
		"a": `{"keys":["e:x@a.test","n:anna","p:48"]}`, "b": `{"keys":["e:x@a.test","e:y@a.test","n:anna"]}`, "c": `{"keys":["e:y@a.test","e:z@a.test","e:ż@a.test"]}`,
		"d": `{"keys":["e:ż@a.test","e:ż@a.test"]}`, "e": `{"keys":["f:1"]}`, "f": `{}`,
	} {
		f.put(c, id, body)
	}
	shared := func(prefix, after string, limit int) []string {
		found, err := c.Shared(ctx, "keys", prefix, after, limit)
		require.NoError(f, err)
		return found
	}
	require.Equal(f, []string{"e:x@a.test", "e:y@a.test", "e:ż@a.test"}, shared("e:", "", 10))
	require.Equal(f, []string{"e:x@a.test", "e:y@a.test"}, shared("e:", "", 2))
	require.Equal(f, []string{"e:ż@a.test"}, shared("e:", "e:y@a.test", 2))
	require.Equal(f, []string{"n:anna"}, shared("n:", "", 10))
	require.Empty(f, shared("f:", "", 10), "held once")
	d, err := c.Get(ctx, "c")
	require.NoError(f, err)
	require.NoError(f, c.Delete(ctx, "c", d.Rev))
	require.Equal(f, []string{"e:x@a.test"}, shared("e:", "", 10), "what is gone shares nothing")
	_, err = c.Shared(ctx, "other", "e:", "", 10)
	require.ErrorIs(f, err, docstore.ErrNoIndex)
	_, err = c.Shared(ctx, "keys", "", "", 10)
	require.ErrorIs(f, err, docstore.ErrBadQuery)
}
