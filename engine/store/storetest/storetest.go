// Package storetest is the conformance suite of store.Store, and the faults a
// store may legally show.
//
// The suite is written for the weakest store: nothing is assumed to be copied
// before Copy has been called, and Copy is called late, twice and in any order.
// A store with transactions passes the same tests, and those for the optional
// interfaces it has.
package storetest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Options of Run.
type Options struct {
	// Light shrinks counts, never behaviors, for stores that do few operations a
	// second.
	Light bool
}

// Run checks a store. The function passed opens an empty one, and closes it in a
// cleanup of the given test.
func Run(t *testing.T, open func(t *testing.T) store.Store, options Options) {
	for _, group := range [][]check{
		runChecks, listChecks, relayChecks, taskChecks, effectChecks, messageChecks, scheduleChecks, raceChecks, walkChecks, watchingChecks, sharingChecks,
	} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(&fixture{T: t, store: open(t), options: options})
			})
		}
	}
}

// check is one behavior.
type check struct {
	name string
	run  func(f *fixture)
}

// fixture is one test with its own store.
type fixture struct {
	*testing.T
	store   store.Store
	options Options
	outbox  int64 // last seq used
}

// scaled is n, or less of it for slow stores.
func (f *fixture) scaled(n, light int) int {
	if f.options.Light {
		return light
	}
	return n
}

// equal compares documents; nil and empty are the same to every store.
func (f *fixture) equal(want, got any, message ...any) {
	f.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		f.Fatalf("%s (-want +got):\n%s", fmt.Sprint(message...), diff)
	}
}

func (f *fixture) ok(err error) {
	f.Helper()
	require.NoError(f, err)
}

func (f *fixture) is(err, target error) {
	f.Helper()
	require.ErrorIs(f, err, target)
}

// newRun is a run with every field set that Start writes.
func newRun(id core.RunID) store.Run {
	return store.Run{
		ID: id, DefinitionKey: "contract", Version: 3, GraphHash: "h4sh", Name: "Contract",
		RecordType: "deal", RecordID: "d-1", RecordTitle: "Ächzen & Söhne", StartedBy: "anna",
		Cause: json.RawMessage(`{"kind":"user","id":"anna"}`), Parent: "p:w1",
		Status: core.Active, StartedAt: 1000, UpdatedAt: 1000,
		State: []byte{}, Inbox: []core.Event{event(id, "start", 1000)},
	}
}

// event is one with a body that no text encoding survives by accident.
func event(run core.RunID, name string, at core.Instant) core.Event {
	return core.Event{
		ID: string(run) + "/" + name, Kind: core.MessageArrived, Wait: core.WaitID(string(run) + ":1"), At: at, Actor: "anna",
		Body: []byte("{\"name.with.dots\":{\"$set\":1.10,\"\u2028\":\"ё\"}}"),
	}
}

// start starts a run and returns it as stored.
func (f *fixture) start(id core.RunID, change ...func(*store.Run)) store.Run {
	f.Helper()
	run := newRun(id)
	for _, c := range change {
		c(&run)
	}
	stored, err := f.store.Start(f.Context(), run)
	f.ok(err)
	return stored
}

// step commits everything in the inbox with these outbox entries.
func (f *fixture) step(run store.Run, entries ...store.Outbox) store.Run {
	f.Helper()
	stored, err := f.store.Commit(f.Context(), stepOf(run, entries...))
	f.ok(err)
	return stored
}

func stepOf(run store.Run, entries ...store.Outbox) store.Commit {
	c := store.Commit{ID: run.ID, Rev: run.Rev, Run: run, Seen: len(run.Inbox), Outbox: entries}
	for _, e := range run.Inbox {
		c.Consumed = append(c.Consumed, e.ID)
	}
	return c
}

// entry numbers an outbox entry.
func (f *fixture) entry(kind store.OutboxKind, id string, body any) store.Outbox {
	f.Helper()
	f.outbox++
	o := store.Outbox{Seq: f.outbox, Kind: kind, ID: id}
	if body != nil {
		text, err := json.Marshal(body)
		f.ok(err)
		o.Body = text
	}
	return o
}

// end numbers a closing entry.
func (f *fixture) end(kind store.OutboxKind, id, reason string, at core.Instant) store.Outbox {
	f.Helper()
	o := f.entry(kind, id, nil)
	o.Reason, o.At = reason, at
	return o
}

func (f *fixture) copy(run core.RunID, entries ...store.Outbox) {
	f.Helper()
	f.ok(f.store.Copy(f.Context(), run, entries))
}

func (f *fixture) load(id core.RunID) store.Run {
	f.Helper()
	run, err := f.store.Load(f.Context(), id)
	f.ok(err)
	return run
}

func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = id(x)
	}
	return out
}

func runIDs(list []store.Run) []string {
	return ids(list, func(r store.Run) string { return string(r.ID) })
}

func taskIDs(list []store.Task) []string { return ids(list, func(t store.Task) string { return t.ID }) }

func effectIDs(list []store.Effect) []string {
	return ids(list, func(e store.Effect) string { return e.ID })
}

func texts(list []core.RunID) []string {
	return ids(list, func(id core.RunID) string { return string(id) })
}
