package storetest

import (
	"encoding/json"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var messageChecks = []check{
	{"Messages", messages},
	{"MatchMessage", matchMessage},
	{"ExpireMessages", expireMessages},
	{"WaitingMessages", waitingMessages},
	{"Subscriptions", subscriptions},
}

func messageIDs(list []store.Message) []string {
	return ids(list, func(m store.Message) string { return m.ID })
}

func messages(f *fixture) {
	ctx := f.Context()
	want := store.Message{
		ID: "m2", Name: "paid", Key: "inv.7", At: 20, ExpiresAt: 100,
		Body: core.Values{"amount": json.Number("10.50"), "$a.b": map[string]any{"c": nil}},
	}
	f.ok(f.store.PutMessage(ctx, want))
	f.is(f.store.PutMessage(ctx, store.Message{ID: "m2", Name: "other"}), store.ErrExists)
	f.ok(f.store.PutMessage(ctx, store.Message{ID: "m3", Name: "paid", Key: "inv.7", At: 10, ExpiresAt: 101}))
	f.ok(f.store.PutMessage(ctx, store.Message{ID: "m1", Name: "paid", Key: "inv.7", At: 20, ExpiresAt: 101}))
	f.ok(f.store.PutMessage(ctx, store.Message{ID: "m4", Name: "paid", Key: "", At: 1, ExpiresAt: 101}))
	got, err := f.store.FindMessages(ctx, "paid", "inv.7", 99, 10)
	f.ok(err)
	require.Equal(f, []string{"m3", "m1", "m2"}, messageIDs(got), "oldest first")
	f.equal(want, got[2], "everything is stored")
	got, err = f.store.FindMessages(ctx, "paid", "inv.7", 100, 10)
	f.ok(err)
	require.Equal(f, []string{"m3", "m1"}, messageIDs(got), "an expired one is not found")
	got, err = f.store.FindMessages(ctx, "paid", "inv.7", 0, 1)
	f.ok(err)
	require.Equal(f, []string{"m3"}, messageIDs(got))
	got, err = f.store.FindMessages(ctx, "paid", "", 0, 10)
	f.ok(err)
	require.Equal(f, []string{"m4"}, messageIDs(got), "an empty key is a key")
	got, err = f.store.FindMessages(ctx, "unpaid", "inv.7", 0, 10)
	f.ok(err)
	require.Empty(f, got)
}

func matchMessage(f *fixture) {
	ctx := f.Context()
	f.ok(f.store.PutMessage(ctx, store.Message{ID: "m", Name: "n", ExpiresAt: 9}))
	f.ok(f.store.MatchMessage(ctx, "m", "w1"))
	f.is(f.store.MatchMessage(ctx, "m", "w2"), store.ErrConflict)
	f.ok(f.store.MatchMessage(ctx, "m", "w1"))
	f.is(f.store.MatchMessage(ctx, "nobody", "w1"), store.ErrNotFound)
	got, err := f.store.FindMessages(ctx, "n", "", 0, 10)
	f.ok(err)
	require.Equal(f, []string{"w1"}, got[0].Matched)
}

func expireMessages(f *fixture) {
	ctx := f.Context()
	for i := range 5 {
		f.ok(f.store.PutMessage(ctx, store.Message{ID: fmt.Sprint("m", i), Name: "n", ExpiresAt: core.Instant(10 * i)}))
	}
	n, err := f.store.ExpireMessages(ctx, 30, 3)
	f.ok(err)
	require.Len(f, n, 3)
	f.equal(store.Message{ID: n[0].ID, Name: "n", ExpiresAt: n[0].ExpiresAt, Body: n[0].Body}, n[0], "everything comes back")
	n, err = f.store.ExpireMessages(ctx, 30, 3)
	f.ok(err)
	require.Len(f, n, 1)
	n, err = f.store.ExpireMessages(ctx, 30, 3)
	f.ok(err)
	require.Empty(f, n)
	got, err := f.store.FindMessages(ctx, "n", "", 0, 10)
	f.ok(err)
	require.Equal(f, []string{"m4"}, messageIDs(got))
}

func waitingMessages(f *fixture) {
	ctx := f.Context()
	put := func(id, name string, expires core.Instant) {
		f.ok(f.store.PutMessage(ctx, store.Message{ID: id, Name: name, Key: "k", At: 1, ExpiresAt: expires, Body: core.Values{"a": "b"}}))
	}
	put("late", "n", 30)
	put("soon", "zoo", 20)
	put("again", "a", 20)
	put("over", "n", 10)
	put("taken", "n", 40)
	put("signal", store.SignalName("n"), 40)
	f.ok(f.store.MatchMessage(ctx, "taken", "w"))
	got, err := f.store.WaitingMessages(ctx, 10, 10)
	f.ok(err)
	require.Equal(f, []string{"again", "soon", "late"}, messageIDs(got), "what expires first")
	f.equal(store.Message{ID: "late", Name: "n", Key: "k", At: 1, ExpiresAt: 30, Body: core.Values{"a": "b"}}, got[2], "everything is told")
	got, err = f.store.WaitingMessages(ctx, 10, 2)
	f.ok(err)
	require.Len(f, got, 2)
	f.ok(f.store.DropMessage(ctx, "soon"))
	f.is(f.store.DropMessage(ctx, "soon"), store.ErrNotFound)
	f.is(f.store.DropMessage(ctx, "taken"), store.ErrConflict)
	got, err = f.store.WaitingMessages(ctx, 10, 10)
	f.ok(err)
	require.Equal(f, []string{"again", "late"}, messageIDs(got))
}

func subscriptions(f *fixture) {
	ctx := f.Context()
	put := func(id string, run core.RunID, key string) {
		f.copy(run, f.entry(store.PutSubscription, id, store.Subscription{RunID: run, Wait: core.WaitID(id), Name: "paid", Key: key}))
	}
	put("w2", "r1", "k")
	put("w1", "r2", "k")
	put("w3", "r1", "other")
	put("w4", "r1", "k")
	f.copy("r1", f.end(store.EndSubscription, "w4", "", 5))
	put("w4", "r1", "k") // late
	names := func(list []store.Subscription) []string {
		return ids(list, func(s store.Subscription) string { return s.ID })
	}
	got, err := f.store.FindSubscriptions(ctx, "paid", "k", "", 10)
	f.ok(err)
	require.Equal(f, []string{"w1", "w2"}, names(got))
	beyond, err := f.store.FindSubscriptions(ctx, "paid", "k", "w1", 10)
	f.ok(err)
	require.Equal(f, []string{"w2"}, names(beyond))
	f.equal(store.Subscription{ID: "w2", RunID: "r1", Wait: "w2", Name: "paid", Key: "k"}, got[1], "everything is stored")
	got, err = f.store.FindSubscriptions(ctx, "paid", "k", "", 1)
	f.ok(err)
	require.Equal(f, []string{"w1"}, names(got))
	got, err = f.store.FindSubscriptions(ctx, "refused", "k", "", 10)
	f.ok(err)
	require.Empty(f, got)
	got, err = f.store.RunSubscriptions(ctx, "r1")
	f.ok(err)
	require.Equal(f, []string{"w2", "w3"}, names(got))
	got, err = f.store.NamedSubscriptions(ctx, "paid", 10)
	f.ok(err)
	require.Equal(f, []string{"w1", "w2", "w3"}, names(got), "by key")
	got, err = f.store.NamedSubscriptions(ctx, "paid", 2)
	f.ok(err)
	require.Equal(f, []string{"w1", "w2"}, names(got))
}
