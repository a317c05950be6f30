package storetest

import (
	"encoding/json"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var effectChecks = []check{
	{"EffectStoresEverything", effectStoresEverything},
	{"ClaimEffects", claimEffects},
	{"ClaimIsLost", claimIsLost},
	{"SettleEffect", settleEffect},
	{"RescueEffect", rescueEffect},
	{"EndEffect", endEffect},
	{"CompleteAwaiting", completeAwaiting},
	{"UndeliveredEffects", undeliveredEffects},
}

func (f *fixture) effect(id string, change ...func(*store.Effect)) {
	f.Helper()
	e := store.Effect{RunID: "r1", Robot: "mail.send"}
	for _, c := range change {
		c(&e)
	}
	f.copy("r1", f.entry(store.PutEffect, id, e))
}

// claim makes an effect that is claimed until 100.
func (f *fixture) claim(id string) store.Effect {
	f.Helper()
	f.effect(id)
	claimed, err := f.store.ClaimEffects(f.Context(), "w1", 50, 100, 100)
	f.ok(err)
	require.Equal(f, []string{id}, effectIDs(claimed))
	return claimed[0]
}

func (f *fixture) read(id string) store.Effect {
	f.Helper()
	e, err := f.store.Effect(f.Context(), id)
	f.ok(err)
	return e
}

func effectStoresEverything(f *fixture) {
	want := store.Effect{
		ID: "r1:2:1", RunID: "r1", Wait: "r1:2", DefinitionKey: "contract", Version: 2, Node: "mail", NodeName: "Mail", Robot: "mail.send",
		RecordType: "deal", RecordID: "d-1", StartedBy: "anna", CauseDepth: 3,
		Config: json.RawMessage(`{"to":"x@y","amount":10.50}`), Policy: json.RawMessage(`{"tries":3}`), Scope: json.RawMessage(`{"vars":{"$a.b":1}}`),
		CreatedAt: 10, NotBefore: 20,
	}
	f.copy("r1", f.entry(store.PutEffect, want.ID, want))
	want.Status = store.EffectReady
	f.equal(want, f.read(want.ID), "as created")
	all, err := f.store.RunEffects(f.Context(), "r1")
	f.ok(err)
	f.equal([]store.Effect{want}, all, "of the run")
	claimed, err := f.store.ClaimEffects(f.Context(), "w1", 20, 99, 5)
	f.ok(err)
	want.Status, want.Attempt, want.Owner, want.LeaseAt = store.EffectRunning, 1, "w1", 99
	f.equal([]store.Effect{want}, claimed, "as claimed")
	f.equal(want, f.read(want.ID), "as claimed, read")
	settled := want
	settled.Status = store.EffectFailed
	settled.Result = &core.EffectBody{Port: "p", Result: core.Values{"a.b": json.Number("1.10")}, Variables: core.Values{"$v": nil}, Effect: want.ID}
	settled.Failure = &core.FailureBody{Code: "c", Thrown: true, Message: "m", Remedy: "r", Detail: core.Values{"d": []any{"x"}}}
	settled.NotBefore = 44
	f.ok(f.store.SettleEffect(f.Context(), settled))
	settled.Owner, settled.LeaseAt = "", 0
	f.equal(settled, f.read(want.ID), "as settled")
	_, err = f.store.Effect(f.Context(), "nobody")
	f.is(err, store.ErrNotFound)
}

func claimEffects(f *fixture) {
	for i := range 5 {
		f.effect(fmt.Sprint("e", i), func(e *store.Effect) { e.NotBefore = core.Instant(i * 10) })
	}
	got, err := f.store.ClaimEffects(f.Context(), "w", 30, 99, 0)
	f.ok(err)
	require.Empty(f, got)
	first, err := f.store.ClaimEffects(f.Context(), "w", 30, 99, 3)
	f.ok(err)
	require.Len(f, first, 3)
	second, err := f.store.ClaimEffects(f.Context(), "w", 30, 99, 3)
	f.ok(err)
	require.Len(f, second, 1)
	require.ElementsMatch(f, []string{"e0", "e1", "e2", "e3"}, effectIDs(append(first, second...)))
	none, err := f.store.ClaimEffects(f.Context(), "w", 30, 99, 3)
	f.ok(err)
	require.Empty(f, none)
}

func claimIsLost(f *fixture) {
	ctx := f.Context()
	e := f.claim("e1")
	f.ok(f.store.ExtendEffect(ctx, "e1", 1, 120))
	require.EqualValues(f, 120, f.read("e1").LeaseAt)
	f.ok(f.store.SendingEffect(ctx, "e1", 1))
	f.ok(f.store.SendingEffect(ctx, "e1", 1))
	f.ok(f.store.ExtendEffect(ctx, "e1", 1, 130))
	require.Equal(f, store.EffectSending, f.read("e1").Status)

	// Somebody else gives it back and claims it.
	e.Status = store.EffectReady
	f.ok(f.store.SettleEffect(ctx, e))
	f.is(f.store.ExtendEffect(ctx, "e1", 1, 140), store.ErrConflict)
	f.is(f.store.SendingEffect(ctx, "e1", 1), store.ErrConflict)
	f.is(f.store.SettleEffect(ctx, e), store.ErrConflict)
	again, err := f.store.ClaimEffects(ctx, "w2", 50, 100, 1)
	f.ok(err)
	require.Equal(f, 2, again[0].Attempt)
	before := f.read("e1")
	f.is(f.store.ExtendEffect(ctx, "e1", 1, 150), store.ErrConflict)
	f.is(f.store.SendingEffect(ctx, "e1", 1), store.ErrConflict)
	f.is(f.store.SettleEffect(ctx, store.Effect{ID: "e1", Attempt: 1, Status: store.EffectFinished}), store.ErrConflict)
	f.is(f.store.EffectDelivered(ctx, "e1", 1), store.ErrConflict)
	f.equal(before, f.read("e1"), "the old claim changes nothing")

	f.is(f.store.ExtendEffect(ctx, "nobody", 1, 1), store.ErrNotFound)
	f.is(f.store.SendingEffect(ctx, "nobody", 1), store.ErrNotFound)
	f.is(f.store.SettleEffect(ctx, store.Effect{ID: "nobody", Status: store.EffectFinished}), store.ErrNotFound)
	f.is(f.store.EffectDelivered(ctx, "nobody", 1), store.ErrNotFound)
}

func settleEffect(f *fixture) {
	ctx := f.Context()
	e := f.claim("e1")
	for _, status := range []store.EffectStatus{store.EffectRunning, store.EffectSending, store.EffectCanceled, ""} {
		e.Status = status
		f.is(f.store.SettleEffect(ctx, e), store.ErrBadEntry)
	}
	e.Status = store.EffectUnknown
	f.ok(f.store.SettleEffect(ctx, e))
	f.ok(f.store.EffectDelivered(ctx, "e1", 1))
	e.Status, e.NotBefore = store.EffectReady, 70 // an unknown outcome may be decided on
	f.ok(f.store.SettleEffect(ctx, e))
	got := f.read("e1")
	require.Equal(f, []any{store.EffectReady, "", core.Instant(0), core.Instant(70), 1, false},
		[]any{got.Status, got.Owner, got.LeaseAt, got.NotBefore, got.Attempt, got.Delivered})
	none, err := f.store.ClaimEffects(ctx, "w", 69, 100, 1)
	f.ok(err)
	require.Empty(f, none, "not before its time")
	again, err := f.store.ClaimEffects(ctx, "w", 70, 100, 1)
	f.ok(err)
	require.Equal(f, 2, again[0].Attempt)
	again[0].Status = store.EffectFinished
	f.ok(f.store.SettleEffect(ctx, again[0]))
	f.is(f.store.SettleEffect(ctx, again[0]), store.ErrConflict)
}

func rescueEffect(f *fixture) {
	ctx := f.Context()
	f.claim("e1")
	expired, err := f.store.ExpiredEffects(ctx, 99, 10)
	f.ok(err)
	require.Empty(f, expired)
	expired, err = f.store.ExpiredEffects(ctx, 100, 10)
	f.ok(err)
	require.Equal(f, []string{"e1"}, effectIDs(expired))
	f.ok(f.store.ExtendEffect(ctx, "e1", 1, 110)) // a heartbeat in between
	expired[0].Status = store.EffectReady
	f.is(f.store.RescueEffect(ctx, expired[0]), store.ErrConflict)
	f.ok(f.store.SendingEffect(ctx, "e1", 1))
	expired, err = f.store.ExpiredEffects(ctx, 110, 10)
	f.ok(err)
	require.Equal(f, store.EffectSending, expired[0].Status)
	expired[0].Status = store.EffectUnknown
	f.ok(f.store.RescueEffect(ctx, expired[0]))
	require.Equal(f, store.EffectUnknown, f.read("e1").Status)
	expired, err = f.store.ExpiredEffects(ctx, 1000, 10)
	f.ok(err)
	require.Empty(f, expired)
	f.is(f.store.RescueEffect(ctx, store.Effect{ID: "nobody", Status: store.EffectReady}), store.ErrNotFound)
}

func endEffect(f *fixture) {
	ctx := f.Context()
	settle := func(id string, status store.EffectStatus) {
		e := f.claim(id)
		e.Status = status
		f.ok(f.store.SettleEffect(ctx, e))
	}
	f.claim("running")
	settle("finished", store.EffectFinished)
	settle("failed", store.EffectFailed)
	settle("unknown", store.EffectUnknown)
	settle("awaiting", store.EffectAwaiting)
	f.claim("sending")
	f.ok(f.store.SendingEffect(ctx, "sending", 1))
	f.effect("ready")
	want := map[string]store.EffectStatus{
		"ready": store.EffectCanceled, "running": store.EffectCanceled, "sending": store.EffectCanceled, "awaiting": store.EffectCanceled,
		"finished": store.EffectFinished, "failed": store.EffectFailed, "unknown": store.EffectUnknown,
	}
	for id, status := range want {
		f.copy("r1", f.end(store.EndEffect, id, "boundary", 60))
		e := f.read(id)
		require.Equal(f, status, e.Status, id)
		require.True(f, e.Delivered, id)
		f.is(f.store.SettleEffect(ctx, store.Effect{ID: id, Attempt: e.Attempt, Status: store.EffectFinished}), store.ErrConflict)
		require.Equal(f, status, f.read(id).Status, id)
	}
	left, err := f.store.UndeliveredEffects(ctx, 10)
	f.ok(err)
	require.Empty(f, left)
	expired, err := f.store.ExpiredEffects(ctx, 1000, 10)
	f.ok(err)
	require.Empty(f, expired)
	ready, err := f.store.ClaimEffects(ctx, "w", 1000, 2000, 10)
	f.ok(err)
	require.Empty(f, ready)
}

func completeAwaiting(f *fixture) {
	ctx := f.Context()
	body := core.EffectBody{Port: "signed", Result: core.Values{"by": "x"}}
	_, err := f.store.CompleteAwaiting(ctx, "nobody", body)
	f.is(err, store.ErrNotFound)
	e := f.claim("e1")
	_, err = f.store.CompleteAwaiting(ctx, "e1", body)
	f.is(err, store.ErrConflict)
	e.Status = store.EffectAwaiting
	f.ok(f.store.SettleEffect(ctx, e))
	undelivered, err := f.store.UndeliveredEffects(ctx, 10)
	f.ok(err)
	require.Empty(f, undelivered)
	done, err := f.store.CompleteAwaiting(ctx, "e1", body)
	f.ok(err)
	require.Equal(f, store.EffectFinished, done.Status)
	f.equal(&body, done.Result, "the result")
	f.equal(done, f.read("e1"), "as read")
	_, err = f.store.CompleteAwaiting(ctx, "e1", core.EffectBody{Port: "other"})
	f.is(err, store.ErrConflict)
	undelivered, err = f.store.UndeliveredEffects(ctx, 10)
	f.ok(err)
	require.Equal(f, []string{"e1"}, effectIDs(undelivered))
}

func undeliveredEffects(f *fixture) {
	ctx := f.Context()
	for _, status := range []store.EffectStatus{store.EffectFinished, store.EffectFailed, store.EffectUnknown, store.EffectAwaiting} {
		e := f.claim(string(status))
		f.is(f.store.EffectDelivered(ctx, e.ID, 1), store.ErrConflict) // not settled yet
		e.Status = status
		f.ok(f.store.SettleEffect(ctx, e))
	}
	got, err := f.store.UndeliveredEffects(ctx, 10)
	f.ok(err)
	require.ElementsMatch(f, []string{"finished", "failed", "unknown"}, effectIDs(got))
	got, err = f.store.UndeliveredEffects(ctx, 2)
	f.ok(err)
	require.Len(f, got, 2)
	f.ok(f.store.EffectDelivered(ctx, "finished", 1))
	f.ok(f.store.EffectDelivered(ctx, "finished", 1))
	f.is(f.store.EffectDelivered(ctx, "failed", 2), store.ErrConflict)
	got, err = f.store.UndeliveredEffects(ctx, 10)
	f.ok(err)
	require.ElementsMatch(f, []string{"failed", "unknown"}, effectIDs(got))
}
