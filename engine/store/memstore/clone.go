package memstore

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Nothing that the store keeps is shared with a caller: a test that changes what
// it was given must not change the database.

func cloneRun(r store.Run) store.Run {
	r.Cause = slices.Clone(r.Cause)
	r.Nodes = slices.Clone(r.Nodes)
	r.Marks = slices.Clone(r.Marks)
	r.State = slices.Clone(r.State)
	r.Recent = slices.Clone(r.Recent)
	r.Outbox = cloneOutbox(r.Outbox)
	r.Inbox = slices.Clone(r.Inbox)
	for i := range r.Inbox {
		r.Inbox[i] = cloneEvent(r.Inbox[i])
	}
	return r
}

func cloneEvent(e core.Event) core.Event {
	e.Body = slices.Clone(e.Body)
	return e
}

func cloneOutbox(entries []store.Outbox) []store.Outbox {
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].Body = slices.Clone(entries[i].Body)
	}
	return entries
}

// cloneJSON copies a document by way of its stored form, which also shows a
// test whether a field survives being stored at all.
func cloneJSON[T any](doc T) T {
	text, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("memstore: %T cannot be stored: %v", doc, err))
	}
	var clone T
	if err := store.ReadJSON(text, &clone); err != nil {
		panic(fmt.Sprintf("memstore: %T cannot be read back: %v", doc, err))
	}
	return clone
}
