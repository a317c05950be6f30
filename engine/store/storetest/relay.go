package storetest

import (
	"math/rand/v2"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var relayChecks = []check{
	{"RecordsInAnyOrder", recordsAnyOrder},
	{"RecordsWindow", recordsWindow},
	{"CopyInAnyOrder", copyAnyOrder},
	{"CopyNeverOverwrites", copyNeverOverwrites},
	{"CopyTombstones", copyTombstones},
	{"CopyReportsBadEntries", copyBad},
	{"Unrelayed", unrelayed},
	{"Purge", purge},
	{"PurgeDelivered", purgeDelivered},
}

func record(seq int64) core.Record {
	return core.Record{
		Seq: seq, At: core.Instant(seq * 10), Kind: core.RecordNodeLeft, Node: "n", Actor: "anna", Reason: "why",
		Body: core.Values{"port": "yes", "a.b": map[string]any{"$c": nil}},
	}
}

func recordsAnyOrder(f *fixture) {
	seed := uint64(7)
	random := rand.New(rand.NewPCG(seed, seed))
	total := int64(f.scaled(60, 20))
	var entries []store.Outbox
	var want []core.Record
	for seq := int64(1); seq <= total; seq++ {
		entries = append(entries, f.entry(store.PutRecord, "r1", record(seq)))
		want = append(want, record(seq))
	}
	// In pieces that overlap, shuffled, and some of them twice.
	for from := 0; from < len(entries); from += 3 {
		piece := slices.Clone(entries[from:min(from+5, len(entries))])
		random.Shuffle(len(piece), func(i, j int) { piece[i], piece[j] = piece[j], piece[i] })
		f.copy("r1", piece...)
		if from%2 == 0 {
			f.copy("r1", piece...)
		}
	}
	f.copy("r2", f.entry(store.PutRecord, "r2", record(1)))
	got, err := f.store.Records(f.Context(), "r1", 1, 1000)
	f.ok(err)
	f.equal(want, got, "seed ", seed)
}

func recordsWindow(f *fixture) {
	var entries []store.Outbox
	for _, seq := range []int64{1, 2, 3, 4, 6, 7, 8} { // 5 is late
		entries = append(entries, f.entry(store.PutRecord, "r1", record(seq)))
	}
	f.copy("r1", entries...)
	window := func(from int64, limit int) []int64 {
		list, err := f.store.Records(f.Context(), "r1", from, limit)
		f.ok(err)
		var seqs []int64
		for _, r := range list {
			seqs = append(seqs, r.Seq)
		}
		return seqs
	}
	f.equal([]int64{3, 4}, window(3, 3), "up to the gap")
	f.equal([]int64{2}, window(2, 1), "one")
	f.equal([]int64{1, 2, 3, 4, 6, 7, 8}, window(0, 100), "all")
	f.equal([]int64{7, 8}, window(7, 100), "the end")
	f.equal([]int64(nil), window(9, 10), "beyond")
	f.copy("r1", f.entry(store.PutRecord, "r1", record(5)))
	f.equal([]int64{3, 4, 5, 6}, window(3, 4), "the gap is closed")
	none, err := f.store.Records(f.Context(), "nobody", 1, 10)
	f.ok(err)
	require.Empty(f, none)
}

// lives is one document of every kind, opened and closed.
func (f *fixture) lives() []store.Outbox {
	return []store.Outbox{
		f.entry(store.PutTask, "t1", store.Task{RunID: "r1", Name: "Sign", Users: []string{"anna"}, OpenedAt: 5}),
		f.entry(store.PutTimer, "m1", store.Timer{RunID: "r1", DueAt: 50}),
		f.entry(store.PutEffect, "e1", store.Effect{RunID: "r1", Robot: "mail.send", CreatedAt: 6}),
		f.entry(store.PutSubscription, "s1", store.Subscription{RunID: "r1", Name: "paid", Key: "k"}),
		f.entry(store.PutIncident, "i1", store.OpenIncident{Incident: core.Incident{Node: "n", At: 7}, RunID: "r1", DefinitionKey: "contract"}),
		f.end(store.EndTask, "t1", "timedOut", 9),
		f.end(store.EndTimer, "m1", "", 9),
		f.end(store.EndEffect, "e1", "boundary", 9),
		f.end(store.EndSubscription, "s1", "", 9),
		f.end(store.EndIncident, "i1", "", 9),
	}
}

// picture is everything that can be read of the lives.
type picture struct {
	Task          store.Task
	Timers        []store.Timer
	Due           []store.Timer
	Effects       []store.Effect
	Subscriptions []store.Subscription
	Found         []store.Subscription
	Incidents     []store.OpenIncident
	Open          []store.OpenIncident
	Claimable     []store.Effect
	Undelivered   []store.Effect
	Tasks         int
}

func (f *fixture) picture() picture {
	f.Helper()
	var p picture
	var err error
	ctx := f.Context()
	p.Task, err = f.store.Task(ctx, "t1")
	f.ok(err)
	p.Task.Rev = 0 // only says that something has changed
	p.Timers, err = f.store.RunTimers(ctx, "r1")
	f.ok(err)
	p.Due, err = f.store.DueTimers(ctx, 1000, 10)
	f.ok(err)
	p.Effects, err = f.store.RunEffects(ctx, "r1")
	f.ok(err)
	p.Subscriptions, err = f.store.RunSubscriptions(ctx, "r1")
	f.ok(err)
	p.Found, err = f.store.FindSubscriptions(ctx, "paid", "k", "", 10)
	f.ok(err)
	p.Incidents, err = f.store.RunIncidents(ctx, "r1")
	f.ok(err)
	p.Open, _, err = f.store.ListIncidents(ctx, "", 10, "")
	f.ok(err)
	p.Undelivered, err = f.store.UndeliveredEffects(ctx, 10)
	f.ok(err)
	p.Claimable, err = f.store.ClaimEffects(ctx, "w", 1000, 2000, 10)
	f.ok(err)
	p.Tasks, err = f.store.CountTasks(ctx, store.TaskQuery{User: "anna", Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed, store.TaskDecided}})
	f.ok(err)
	return p
}

func copyAnyOrder(f *fixture) {
	entries := f.lives()
	order := rand.New(rand.NewPCG(11, 11)).Perm(len(entries))
	for _, i := range order { // one by one, in an order that has Ends before Puts
		f.copy("r1", entries[i])
	}
	f.copy("r1", entries...) // and once more, in the right order
	want := picture{
		Task: store.Task{
			ID: "t1", RunID: "r1", Name: "Sign", Users: []string{"anna"}, OpenedAt: 5,
			Status: store.TaskCanceled, ClosedAt: 9, Reason: "timedOut",
		},
		Effects: []store.Effect{{
			ID: "e1", RunID: "r1", Robot: "mail.send", CreatedAt: 6, Status: store.EffectCanceled, Delivered: true,
		}},
		Incidents: []store.OpenIncident{{
			Incident: core.Incident{ID: "i1", Node: "n", At: 7}, RunID: "r1", DefinitionKey: "contract", ResolvedAt: 9,
		}},
	}
	f.equalPicture(want, f.picture())
}

// equalPicture ignores raw JSON that a body left out.
func (f *fixture) equalPicture(want, got picture) {
	f.Helper()
	got.Task.Config = nil
	for i := range got.Effects {
		got.Effects[i].Config = nil
	}
	f.equal(want, got)
}

func copyNeverOverwrites(f *fixture) {
	entries := f.lives()[:5]
	f.copy("r1", entries...)
	task, err := f.store.Task(f.Context(), "t1")
	f.ok(err)
	require.EqualValues(f, 1, task.Rev)
	require.Equal(f, store.TaskOpen, task.Status)
	task.Status, task.ClaimedBy = store.TaskClaimed, "anna"
	_, err = f.store.UpdateTask(f.Context(), task)
	f.ok(err)
	claimed, err := f.store.ClaimEffects(f.Context(), "w", 1000, 2000, 10)
	f.ok(err)
	require.Len(f, claimed, 1)

	f.copy("r1", entries...)
	after, err := f.store.Task(f.Context(), "t1")
	f.ok(err)
	require.Equal(f, "anna", after.ClaimedBy)
	require.EqualValues(f, 2, after.Rev)
	effect, err := f.store.Effect(f.Context(), "e1")
	f.ok(err)
	require.Equal(f, store.EffectRunning, effect.Status)
	require.Equal(f, 1, effect.Attempt)

	// A body may bring an effect that is claimed already.
	f.copy("r1", f.entry(store.PutEffect, "e2", store.Effect{
		RunID: "r1", Status: store.EffectRunning, Attempt: 1, Owner: "w", LeaseAt: 70, NotBefore: 3,
	}))
	effect, err = f.store.Effect(f.Context(), "e2")
	f.ok(err)
	require.Equal(f, []any{store.EffectRunning, 1, "w", core.Instant(70), core.Instant(3)},
		[]any{effect.Status, effect.Attempt, effect.Owner, effect.LeaseAt, effect.NotBefore})
	f.ok(f.store.ExtendEffect(f.Context(), "e2", 1, 80))
}

func copyTombstones(f *fixture) {
	entries := f.lives()
	f.copy("r1", entries[5:]...) // only the Ends
	ctx := f.Context()
	_, err := f.store.Task(ctx, "t1")
	f.is(err, store.ErrNotFound)
	_, err = f.store.UpdateTask(ctx, store.Task{ID: "t1", Status: store.TaskOpen})
	f.is(err, store.ErrNotFound)
	_, err = f.store.Effect(ctx, "e1")
	f.is(err, store.ErrNotFound)
	f.is(f.store.SettleEffect(ctx, store.Effect{ID: "e1", Status: store.EffectFinished}), store.ErrNotFound)
	f.is(f.store.EffectDelivered(ctx, "e1", 0), store.ErrNotFound)
	page, err := f.store.ListTasks(ctx, store.TaskQuery{})
	f.ok(err)
	require.Empty(f, page.Tasks)
	n, err := f.store.CountTasks(ctx, store.TaskQuery{})
	f.ok(err)
	require.Zero(f, n)
	effects, err := f.store.RunEffects(ctx, "r1")
	f.ok(err)
	require.Empty(f, effects)
	incidents, err := f.store.RunIncidents(ctx, "r1")
	f.ok(err)
	require.Empty(f, incidents)

	f.copy("r1", entries[:5]...) // and now the late Puts
	got := f.picture()
	require.Equal(f, store.TaskCanceled, got.Task.Status)
	require.Empty(f, got.Timers)
	require.Empty(f, got.Due)
	require.Empty(f, got.Claimable)
	require.Empty(f, got.Found)
	require.Empty(f, got.Open)
	require.Zero(f, got.Tasks)
	require.EqualValues(f, 9, got.Incidents[0].ResolvedAt)
	// A second End with another reason changes nothing.
	f.copy("r1", f.end(store.EndTask, "t1", "", 99), f.end(store.EndIncident, "i1", "", 99))
	f.equal(got, f.picture(), "closed once and for all")
}

func copyBad(f *fixture) {
	bad := []store.Outbox{
		{Seq: 1, Kind: store.PutTask, ID: "t", Body: []byte(`{"name": 7}`)},
		{Seq: 2, Kind: store.PutRecord, ID: "r1", Body: []byte(`nonsense`)},
		{Seq: 3, Kind: "unheardOf", ID: "x"},
		{Seq: 4, Kind: store.PutEffect, ID: "e"},
	}
	good := f.entry(store.PutTimer, "m1", store.Timer{RunID: "r1", DueAt: 5})
	host := []store.Outbox{{Seq: 8, Kind: store.StartChildRun, ID: "c"}, {Seq: 9, Kind: store.NotifyParentDone}}
	for _, o := range bad {
		err := f.store.Copy(f.Context(), "r1", []store.Outbox{o, good})
		f.is(err, store.ErrBadEntry)
		require.ErrorContains(f, err, "r1")
	}
	timers, err := f.store.RunTimers(f.Context(), "r1")
	f.ok(err)
	require.Len(f, timers, 1, "its neighbors are written")
	f.copy("r1", host...)
	f.copy("r1")
}

func unrelayed(f *fixture) {
	f.rest("clean")
	a := f.step(f.start("a"), f.entry(store.EndTimer, "t", nil))
	f.step(f.start("b"), f.entry(store.StartChildRun, "t", nil))
	got, err := f.store.Unrelayed(f.Context(), 10)
	f.ok(err)
	require.ElementsMatch(f, []string{"a", "b"}, texts(got))
	got, err = f.store.Unrelayed(f.Context(), 1)
	f.ok(err)
	require.Len(f, got, 1)
	f.ok(f.store.Forget(f.Context(), "a", []int64{a.Outbox[0].Seq}))
	got, err = f.store.Unrelayed(f.Context(), 10)
	f.ok(err)
	require.Equal(f, []string{"b"}, texts(got))
	b := f.load("b")
	c := stepOf(b)
	c.Relayed = []int64{b.Outbox[0].Seq}
	_, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	got, err = f.store.Unrelayed(f.Context(), 10)
	f.ok(err)
	require.Empty(f, got)
}

func purge(f *fixture) {
	f.copy("r1", f.lives()...)
	f.copy("r1", f.entry(store.PutTask, "open", store.Task{RunID: "r1"}), f.end(store.EndTask, "tombstone", "", 9))
	n, err := f.store.Purge(f.Context(), 9, 100)
	f.ok(err)
	require.Zero(f, n, "closed at 9 is not before 9")
	total := 0
	for range 4 {
		n, err = f.store.Purge(f.Context(), 10, 2)
		f.ok(err)
		require.LessOrEqual(f, n, 2)
		total += n
	}
	require.Equal(f, 6, total)
	_, err = f.store.Task(f.Context(), "t1")
	f.is(err, store.ErrNotFound)
	_, err = f.store.Effect(f.Context(), "e1")
	f.is(err, store.ErrNotFound)
	incidents, err := f.store.RunIncidents(f.Context(), "r1")
	f.ok(err)
	require.Empty(f, incidents)
	_, err = f.store.Task(f.Context(), "open")
	f.ok(err)
	f.copy("r1", f.entry(store.PutTask, "tombstone", store.Task{RunID: "r1"}))
	task, err := f.store.Task(f.Context(), "tombstone")
	f.ok(err)
	require.Equal(f, store.TaskOpen, task.Status, "the tombstone has gone, as Purge warns")
}

func purgeDelivered(f *fixture) {
	ctx := f.Context()
	at, err := f.store.Now(ctx)
	f.ok(err)
	for _, id := range []string{"delivered", "again", "kept"} {
		e := f.claim(id)
		e.Status = store.EffectUnknown
		f.ok(f.store.SettleEffect(ctx, e))
		if id != "kept" {
			f.ok(f.store.EffectDelivered(ctx, id, 1))
		}
		if id == "again" { // somebody has decided to try once more
			e.Status, e.NotBefore = store.EffectReady, at+1_000_000
			f.ok(f.store.SettleEffect(ctx, e))
		}
	}
	n, err := f.store.Purge(ctx, at, 10)
	f.ok(err)
	require.Zero(f, n, "delivered after that instant")
	n, err = f.store.Purge(ctx, at+1_000_000, 10)
	f.ok(err)
	require.Equal(f, 1, n)
	left, err := f.store.RunEffects(ctx, "r1")
	f.ok(err)
	require.Equal(f, []string{"again", "kept"}, effectIDs(left))
}
