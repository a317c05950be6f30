package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var runChecks = []check{
	{"StartStoresEverything", startStoresEverything},
	{"StartTwiceIsTheSameStart", startTwice},
	{"StartRefusesWhatNeverFits", startTooLarge},
	{"StartCommitted", startCommitted},
	{"AcceptAppendsInOrder", acceptAppends},
	{"AcceptDropsDuplicates", acceptDuplicates},
	{"AcceptRefusals", acceptRefusals},
	{"AcceptFull", acceptFull},
	{"AcceptFullBytes", acceptFullBytes},
	{"CommitReplacesTheState", commitReplaces},
	{"CommitConflict", commitConflict},
	{"CommitKeepsLateArrivals", commitLate},
	{"CommitReadiness", commitReadiness},
	{"CommitLimits", commitLimits},
	{"CommitIgnoresUnknownConsumed", commitUnknown},
	{"CommitImmediate", commitImmediate},
	{"CommitSettled", commitSettled},
	{"ForgetTouchesOnlyTheOutbox", forget},
	{"Ready", ready},
	{"CallersShareNothing", sharesNothing},
	{"CanceledContext", canceledContext},
}

// rest is a run after a step: nothing to do.
func (f *fixture) rest(id core.RunID) store.Run {
	f.Helper()
	return f.step(f.start(id))
}

func startStoresEverything(f *fixture) {
	want := newRun("r1")
	stored, err := f.store.Start(f.Context(), want)
	f.ok(err)
	want.Rev, want.ReadyAt, want.InboxBytes = 1, 1000, store.EventSize(want.Inbox[0])
	f.equal(want, stored, "what Start returns")
	f.equal(want, f.load("r1"), "what Load returns")

	bare, err := f.store.Start(f.Context(), store.Run{ID: "bare", Status: core.Active, Inbox: []core.Event{{ID: "x"}}})
	f.ok(err)
	f.equal(bare, f.load("bare"), "a run of zero values")
	require.NotZero(f, bare.ReadyAt, "a run with an event is ready")

	at := f.start("later", func(r *store.Run) { r.ReadyAt = 5000 })
	require.EqualValues(f, 5000, at.ReadyAt)
	_, err = f.store.Load(f.Context(), "nobody")
	f.is(err, store.ErrNotFound)
}

func startTwice(f *fixture) {
	first := f.rest("r1")
	other := newRun("r1")
	other.DefinitionKey, other.StartedAt = "other", 9
	stored, err := f.store.Start(f.Context(), other)
	f.is(err, store.ErrExists)
	f.equal(first, stored, "the stored run")
	f.equal(first, f.load("r1"), "and nothing changed")
}

func startTooLarge(f *fixture) {
	run := newRun("r1")
	run.Inbox[0].Body = make([]byte, store.EventHard)
	_, err := f.store.Start(f.Context(), run)
	f.is(err, store.ErrTooLarge)
	_, err = f.store.Load(f.Context(), "r1")
	f.is(err, store.ErrNotFound)
}

func startCommitted(f *fixture) {
	s, ok := f.store.(store.FirstStep)
	if !ok {
		f.Skip("optional")
	}
	want := newRun("r1")
	want.Inbox, want.State, want.Seq, want.Nodes = nil, []byte{1, 0, 255}, 2, []core.NodeID{"a", "b"}
	want.Status, want.Recent, want.EndedAt = core.Completed, []string{"x"}, 1001
	record := f.entry(store.PutRecord, "r1", core.Record{Seq: 1, Kind: core.RecordRunStarted})
	child := f.entry(store.StartChildRun, "r1:c", map[string]string{"definition": "other"})
	stored, err := s.StartCommitted(f.Context(), want, []store.Outbox{record, child}, 0, false)
	f.ok(err)
	want.Rev, want.Outbox = 1, []store.Outbox{record, child}
	f.equal(want, stored, "not immediate: everything is in the outbox")
	f.equal(want, f.load("r1"), "as loaded")

	again, err := s.StartCommitted(f.Context(), newRun("r1"), nil, 7, true)
	f.is(err, store.ErrExists)
	f.equal(want, again, "the stored run")

	two := newRun("r2")
	two.Inbox = nil
	stored, err = s.StartCommitted(f.Context(), two, []store.Outbox{record, child}, 77, true)
	f.ok(err)
	require.EqualValues(f, 77, stored.ReadyAt)
	f.equal(f.load("r2"), stored, "immediate")
	f.copiedOrKept("r2", stored, record, child)
}

// copiedOrKept checks that every entry is either copied or in the outbox, and
// those for the host in the outbox.
func (f *fixture) copiedOrKept(id core.RunID, run store.Run, entries ...store.Outbox) {
	f.Helper()
	kept := map[int64]bool{}
	for _, o := range run.Outbox {
		kept[o.Seq] = true
	}
	for _, o := range entries {
		switch {
		case kept[o.Seq]:
		case !o.Kind.Copied():
			f.Fatalf("entry %d (%s) is for the host and has gone", o.Seq, o.Kind)
		case o.Kind == store.PutRecord:
			var want core.Record
			f.ok(o.Decode(&want))
			got, err := f.store.Records(f.Context(), id, want.Seq, 1)
			f.ok(err)
			f.equal([]core.Record{want}, got, "record of entry ", o.Seq)
		case o.Kind == store.PutTask:
			_, err := f.store.Task(f.Context(), o.ID)
			f.ok(err)
		default:
			f.Fatalf("the check cannot tell whether %s was copied", o.Kind)
		}
	}
}

func acceptAppends(f *fixture) {
	run := f.rest("r1")
	a, b, c := event("r1", "a", 2000), event("r1", "b", 2001), event("r1", "c", 1500)
	got, err := f.store.Accept(f.Context(), "r1", a, b)
	f.ok(err)
	want := run
	want.Inbox, want.InboxBytes, want.ReadyAt = []core.Event{a, b}, store.EventSize(a)+store.EventSize(b), 2000
	f.equal(want, got, "after two")
	got, err = f.store.Accept(f.Context(), "r1", c)
	f.ok(err)
	want.Inbox, want.InboxBytes, want.ReadyAt = append(want.Inbox, c), want.InboxBytes+store.EventSize(c), 1500
	f.equal(want, got, "after the third: ready at the earliest")
	f.equal(want, f.load("r1"), "as loaded")
}

func acceptDuplicates(f *fixture) {
	run := f.start("r1")
	a, b := event("r1", "a", 2000), event("r1", "b", 2000)
	_, err := f.store.Accept(f.Context(), "r1", a)
	f.ok(err)
	before := f.load("r1")
	changed := a
	changed.Body = []byte("another body under the same id")
	_, err = f.store.Accept(f.Context(), "r1", changed)
	f.is(err, store.ErrDuplicate)
	_, err = f.store.Accept(f.Context(), "r1", a, a, run.Inbox[0])
	f.is(err, store.ErrDuplicate)
	f.equal(before, f.load("r1"), "nothing was written")

	got, err := f.store.Accept(f.Context(), "r1", a, b, b)
	f.ok(err)
	f.equal([]core.Event{run.Inbox[0], a, b}, got.Inbox, "known ones among new ones are dropped")

	c := stepOf(got)
	c.Run.Recent = []string{a.ID, b.ID}
	rested, err := f.store.Commit(f.Context(), c)
	f.ok(err)
	f.equal([]string{a.ID, b.ID}, rested.Recent, "the ring")
	_, err = f.store.Accept(f.Context(), "r1", b)
	f.is(err, store.ErrDuplicate)
	got, err = f.store.Accept(f.Context(), "r1", b, event("r1", "c", 2000))
	f.ok(err)
	f.equal([]core.Event{event("r1", "c", 2000)}, got.Inbox, "known by the ring")
}

func acceptRefusals(f *fixture) {
	_, err := f.store.Accept(f.Context(), "nobody", event("nobody", "a", 1))
	f.is(err, store.ErrNotFound)
	for _, status := range []core.Status{core.Completed, core.Canceled, core.Failed} {
		id := core.RunID("r-" + status)
		c := stepOf(f.start(id))
		c.Run.Status, c.Run.EndedAt, c.Run.Recent = status, 3000, []string{"known"}
		ended, err := f.store.Commit(f.Context(), c)
		f.ok(err)
		_, err = f.store.Accept(f.Context(), id, event(id, "a", 1))
		f.is(err, store.ErrFinished)
		_, err = f.store.Accept(f.Context(), id, core.Event{ID: "known"})
		f.is(err, store.ErrDuplicate)
		f.equal(ended, f.load(id), "nothing was written")
	}
	c := stepOf(f.start("stuck"))
	c.Run.Status, c.Run.Suspended = core.Quarantined, true
	_, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	_, err = f.store.Accept(f.Context(), "stuck", event("stuck", "a", 1))
	f.ok(err)

	half := event("stuck", "half", 1)
	half.Body = make([]byte, store.EventHard/2)
	_, err = f.store.Accept(f.Context(), "stuck", half, half)
	f.is(err, store.ErrTooLarge)
	huge := event("stuck", "huge", 1)
	huge.Body = make([]byte, store.EventHard)
	_, err = f.store.Accept(f.Context(), "stuck", huge)
	f.is(err, store.ErrTooLarge)
	_, err = f.store.Accept(f.Context(), "nobody", huge)
	f.is(err, store.ErrTooLarge)
}

func acceptFull(f *fixture) {
	f.rest("r1")
	var events []core.Event
	for i := range store.InboxEvents - 1 {
		events = append(events, core.Event{ID: fmt.Sprint("e", i), Kind: core.TimerFired, At: 2000})
	}
	_, err := f.store.Accept(f.Context(), "r1", events...)
	f.ok(err)
	before := f.load("r1")
	_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: "one"}, core.Event{ID: "two"})
	f.is(err, store.ErrFull)
	f.equal(before, f.load("r1"), "all or none")
	_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: "one"})
	f.ok(err)
	_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: "two"})
	f.is(err, store.ErrFull)
	for i := range store.InboxReserve {
		_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: fmt.Sprint("cancel", i), Kind: core.CancelRequested})
		f.ok(err)
	}
	_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: "cancel more", Kind: core.CancelRequested})
	f.is(err, store.ErrFull)

	full := f.load("r1")
	require.Len(f, full.Inbox, store.InboxEvents+store.InboxReserve)
	rested := f.step(full)
	f.equal([]core.Event(nil), rested.Inbox, "all consumed")
	require.Zero(f, rested.InboxBytes)
	_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: "two"})
	f.ok(err)
}

func acceptFullBytes(f *fixture) {
	f.rest("r1")
	half := core.Event{ID: "half", Body: []byte(strings.Repeat("x", store.InboxBytes/2))}
	_, err := f.store.Accept(f.Context(), "r1", half)
	f.ok(err)
	half.ID = "other half" // the inbox is below its limit before, so it fits
	_, err = f.store.Accept(f.Context(), "r1", half)
	f.ok(err)
	_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: "small"})
	f.is(err, store.ErrFull)
	_, err = f.store.Accept(f.Context(), "r1", core.Event{ID: "cancel", Kind: core.CancelRequested})
	f.ok(err)
}

func commitReplaces(f *fixture) {
	run := f.start("r1")
	c := stepOf(run, f.entry(store.PutRecord, "r1", core.Record{Seq: 1, Kind: core.RecordRunStarted}))
	c.Run.Status, c.Run.Suspended, c.Run.Incidents = core.Quarantined, true, 2
	c.Run.Nodes, c.Run.UpdatedAt, c.Run.EndedAt = []core.NodeID{"a", "b"}, 2000, 2001
	c.Run.Seq, c.Run.State, c.Run.Recent = 4, []byte{0, 1, 2, 0xff}, []string{"x", "y"}
	c.Run.Attempts, c.Run.Problem, c.ReadyAt = 3, "panicked", 4000
	c.Run.Version, c.Run.GraphHash, c.Run.Name = 4, "an0ther", "Contract, mended"
	c.Run.Rev = 99 // not the commit's to change
	got, err := f.store.Commit(f.Context(), c)
	f.ok(err)
	want := c.Run
	want.Rev = 2
	want.Inbox, want.InboxBytes, want.Outbox, want.ReadyAt = nil, 0, c.Outbox, 4000
	f.equal(want, got, "what Commit returns")
	f.equal(want, f.load("r1"), "what Load returns")

	// Everything can be taken back to zero.
	c = stepOf(got)
	c.Relayed = []int64{c.Run.Outbox[0].Seq, 12345}
	c.Run.Status, c.Run.Suspended, c.Run.Incidents, c.Run.Nodes = core.Active, false, 0, nil
	c.Run.EndedAt, c.Run.State, c.Run.Recent, c.Run.Attempts, c.Run.Problem = 0, nil, nil, 0, ""
	got, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	want = c.Run
	want.Rev, want.Inbox, want.InboxBytes, want.Outbox, want.ReadyAt = 3, nil, 0, nil, 0
	f.equal(want, got, "zeroed, and the relayed entry forgotten")
	f.equal(want, f.load("r1"), "as loaded")
}

func commitConflict(f *fixture) {
	run := f.start("r1")
	first := f.step(run)
	stale := stepOf(run, f.entry(store.PutRecord, "r1", core.Record{Seq: 9}))
	stale.Run.State, stale.Immediate = []byte("stale"), true
	_, err := f.store.Commit(f.Context(), stale)
	f.is(err, store.ErrConflict)
	stale.Rev = 17
	_, err = f.store.Commit(f.Context(), stale)
	f.is(err, store.ErrConflict)
	f.equal(first, f.load("r1"), "nothing happened")
	records, err := f.store.Records(f.Context(), "r1", 0, 100)
	f.ok(err)
	require.Empty(f, records)
	stale.ID = "nobody"
	_, err = f.store.Commit(f.Context(), stale)
	f.is(err, store.ErrNotFound)
}

func commitLate(f *fixture) {
	run := f.start("r1")
	late := event("r1", "late", 2500)
	_, err := f.store.Accept(f.Context(), "r1", late)
	f.ok(err)
	got := f.step(run)
	f.equal([]core.Event{late}, got.Inbox, "accepted between load and commit")
	require.Equal(f, store.EventSize(late), got.InboxBytes)
	require.NotZero(f, got.ReadyAt, "the wake-up is not lost")
	f.equal(got, f.load("r1"), "as loaded")
	got = f.step(got)
	require.Empty(f, got.Inbox)
	require.Zero(f, got.ReadyAt)
}

func commitReadiness(f *fixture) {
	cases := []struct {
		name     string
		seen     int // of the three events a, b, c at 2000, of which a is consumed
		late     bool
		readyAt  core.Instant // asked for
		expected core.Instant
	}{
		{"put aside", 3, false, 0, 0},
		{"put aside until later", 3, false, 9000, 9000},
		{"unseen by default", 0, false, 0, 2000},
		{"unseen by default and later", 0, false, 9000, 2000},
		{"unseen by default and sooner", 0, false, 500, 500},
		{"late arrival", 3, true, 0, 2000},
		{"late arrival and later", 3, true, 9000, 2000},
		{"late arrival and sooner", 3, true, 500, 500},
	}
	for i, c := range cases {
		id := core.RunID(fmt.Sprint("r", i))
		f.rest(id)
		run, err := f.store.Accept(f.Context(), id, event(id, "a", 2000), event(id, "b", 2000), event(id, "c", 2000))
		f.ok(err)
		if c.late {
			_, err = f.store.Accept(f.Context(), id, event(id, "late", 3000))
			f.ok(err)
		}
		got, err := f.store.Commit(f.Context(), store.Commit{
			ID: id, Rev: run.Rev, Run: run, Consumed: []string{run.Inbox[0].ID}, Seen: c.seen, ReadyAt: c.readyAt,
		})
		f.ok(err)
		require.Equal(f, c.expected, got.ReadyAt, c.name)
		f.equal(got, f.load(id), c.name)
	}
	// What was put aside is ready again as soon as something arrives.
	_, err := f.store.Accept(f.Context(), "r0", event("r0", "d", 7000))
	f.ok(err)
	run := f.load("r0")
	require.EqualValues(f, 7000, run.ReadyAt)
	require.Len(f, run.Inbox, 3)
}

func commitLimits(f *fixture) {
	run := f.start("r1")
	c := stepOf(run)
	c.Run.State = make([]byte, store.StateHard+1)
	_, err := f.store.Commit(f.Context(), c)
	f.is(err, store.ErrTooLarge)
	f.equal(run, f.load("r1"), "nothing happened")

	c = stepOf(run, f.entry(store.PutTask, "t", strings.Repeat("x", store.OutboxHard)))
	_, err = f.store.Commit(f.Context(), c)
	f.is(err, store.ErrTooLarge)

	f.outbox = 0
	var many []store.Outbox
	for i := range store.OutboxMax + 5 {
		many = append(many, f.entry(store.EndTimer, fmt.Sprint("t", i), nil))
	}
	run = f.step(run, many...) // one step alone may exceed it
	require.Len(f, run.Outbox, store.OutboxMax+5)
	c = stepOf(run, f.entry(store.EndTimer, "t", nil))
	_, err = f.store.Commit(f.Context(), c)
	f.is(err, store.ErrFull)
	c.Relayed = []int64{1, 2, 3, 4, 5}
	_, err = f.store.Commit(f.Context(), c)
	f.is(err, store.ErrFull)
	f.equal(run, f.load("r1"), "nothing happened")
	c.Relayed = append(c.Relayed, 6)
	got, err := f.store.Commit(f.Context(), c)
	f.ok(err)
	require.Len(f, got.Outbox, store.OutboxMax)
	require.EqualValues(f, 7, got.Outbox[0].Seq)
}

func commitUnknown(f *fixture) {
	run := f.start("r1")
	c := stepOf(run)
	c.Consumed = append(c.Consumed, "delivered directly")
	got, err := f.store.Commit(f.Context(), c)
	f.ok(err)
	require.Empty(f, got.Inbox)
	require.Zero(f, got.InboxBytes)
	require.Zero(f, got.ReadyAt)
}

func commitImmediate(f *fixture) {
	run := f.start("r1")
	record := f.entry(store.PutRecord, "r1", core.Record{Seq: 1, Kind: core.RecordRunStarted, At: 5})
	task := f.entry(store.PutTask, "r1:1", store.Task{RunID: "r1", Name: "Sign"})
	child := f.entry(store.CancelChildRun, "r1:c", nil)
	c := stepOf(run, record, task, child)
	c.Immediate = true
	got, err := f.store.Commit(f.Context(), c)
	f.ok(err)
	f.equal(f.load("r1"), got, "as loaded")
	f.copiedOrKept("r1", got, record, task, child)
	f.copy("r1", got.Outbox...) // whatever is left; again is harmless
	f.copy("r1", record, task, child)
	_, err = f.store.Task(f.Context(), "r1:1")
	f.ok(err)

	// What an earlier step left waits for its act: a later step that is copied at
	// once must not take it along.
	waiting := f.entry(store.PutSubscription, "r1:9", store.Subscription{ID: "r1:9", RunID: "r1", Wait: "r1:9", Name: "paid"})
	got, err = f.store.Commit(f.Context(), stepOf(got, waiting))
	f.ok(err)
	c = stepOf(got, f.entry(store.PutTask, "r1:10", store.Task{RunID: "r1", Name: "Sign"}))
	c.Immediate = true
	got, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	require.True(f, slices.ContainsFunc(got.Outbox, func(o store.Outbox) bool { return o.Seq == waiting.Seq }), "the entry waits")
}

func commitSettled(f *fixture) {
	s, ok := f.store.(store.Settling)
	if !ok {
		f.Skip("optional")
	}
	f.copy("r1", f.entry(store.PutEffect, "e1", store.Effect{RunID: "r1"}), f.entry(store.PutEffect, "e2", store.Effect{RunID: "r1"}))
	claimed, err := f.store.ClaimEffects(f.Context(), "w", 10, 20, 2)
	f.ok(err)
	require.Len(f, claimed, 2)
	lost := store.Effect{ID: "e2", Attempt: 7, Status: store.EffectFailed}
	done := store.Effect{ID: "e1", Attempt: 1, Status: store.EffectFinished, Result: &core.EffectBody{Port: "sent"}}

	run := f.start("r1")
	stale := stepOf(run)
	stale.Rev = 5
	_, err = s.CommitSettled(f.Context(), stale, []store.Effect{lost, done})
	f.is(err, store.ErrConflict)
	for _, claim := range []store.Effect{lost, {ID: "nobody", Attempt: 1, Status: store.EffectFinished}} {
		_, err = s.CommitSettled(f.Context(), stepOf(run, f.entry(store.PutTask, "t", store.Task{})), []store.Effect{done, claim})
		f.is(err, store.ErrDuplicate)
	}
	f.equal(run, f.load("r1"), "nothing happened to the run")
	for _, id := range []string{"e1", "e2"} {
		require.Equal(f, store.EffectRunning, f.read(id).Status, "nothing happened to %s", id)
	}

	got, err := s.CommitSettled(f.Context(), stepOf(run), []store.Effect{done})
	f.ok(err)
	require.EqualValues(f, 2, got.Rev)
	e := f.read("e1")
	require.Equal(f, store.EffectFinished, e.Status)
	require.True(f, e.Delivered)
	f.equal(done.Result, e.Result, "the result")
	_, err = s.CommitSettled(f.Context(), stepOf(got), []store.Effect{done})
	f.is(err, store.ErrDuplicate)
}

func forget(f *fixture) {
	run := f.start("r1")
	one, two := f.entry(store.EndTimer, "t1", nil), f.entry(store.EndTimer, "t2", nil)
	run = f.step(run, one, two)
	_, err := f.store.Accept(f.Context(), "r1", event("r1", "a", 1))
	f.ok(err)
	want := f.load("r1")
	f.ok(f.store.Forget(f.Context(), "r1", []int64{one.Seq, 999}))
	want.Outbox = []store.Outbox{two}
	f.equal(want, f.load("r1"), "only the outbox")
	f.ok(f.store.Forget(f.Context(), "r1", nil))
	f.ok(f.store.Forget(f.Context(), "nobody", []int64{1}))
	f.step(run) // the rev is as it was
	require.Empty(f, f.load("r1").Outbox[1:])
}

func ready(f *fixture) {
	f.rest("resting")
	f.start("soon", func(r *store.Run) { r.ReadyAt = 100 })
	f.start("now", func(r *store.Run) { r.ReadyAt = 50 })
	f.start("later", func(r *store.Run) { r.ReadyAt = 101 })
	got, err := f.store.Ready(f.Context(), 100, 10)
	f.ok(err)
	require.ElementsMatch(f, []string{"soon", "now"}, texts(got))
	got, err = f.store.Ready(f.Context(), 100, 1)
	f.ok(err)
	require.Len(f, got, 1)
	_, err = f.store.Accept(f.Context(), "resting", event("resting", "a", 99))
	f.ok(err)
	got, err = f.store.Ready(f.Context(), 100, 0)
	f.ok(err)
	require.ElementsMatch(f, []string{"soon", "now", "resting"}, texts(got))
}

func sharesNothing(f *fixture) {
	run := newRun("r1")
	run.State = []byte("state")
	stored, err := f.store.Start(f.Context(), run)
	f.ok(err)
	want := f.load("r1")
	for _, r := range []store.Run{run, stored, f.load("r1")} {
		r.State[0], r.Inbox[0].Body[0], r.Cause[0] = 'X', 'X', 'X'
	}
	f.equal(want, f.load("r1"), "the stored run")
}

func canceledContext(f *fixture) {
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	_, err := f.store.Start(ctx, newRun("r1"))
	f.is(err, context.Canceled)
	_, err = f.store.Load(f.Context(), "r1")
	f.is(err, store.ErrNotFound)
}
