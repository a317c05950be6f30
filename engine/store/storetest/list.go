package storetest

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var listChecks = []check{
	{"ListFilters", listFilters},
	{"ListPages", listPages},
	{"ListByWhatElse", listByWhatElse},
	{"FlowOfPeriod", flowOfPeriod},
	{"Counts", counts},
	{"RemoveEnded", removeEnded},
}

// put starts a run and commits it once with the changes made.
func (f *fixture) put(id core.RunID, change func(*store.Run)) {
	f.Helper()
	run := f.start(id, change)
	c := stepOf(run)
	change(&c.Run)
	_, err := f.store.Commit(f.Context(), c)
	f.ok(err)
}

func listFilters(f *fixture) {
	f.put("a1", func(r *store.Run) { r.DefinitionKey, r.StartedAt, r.StartedBy = "other", 1, "ben" })
	f.put("a2", func(r *store.Run) {
		r.Version, r.StartedAt, r.Nodes, r.CausedBy = 4, 2, []core.NodeID{"sign", "check"}, "a1"
	})
	f.put("b3", func(r *store.Run) { r.Status, r.StartedAt, r.Incidents = core.Failed, 3, 1 })
	f.put("b4", func(r *store.Run) {
		r.RecordType, r.RecordID, r.StartedAt, r.Status = "contact", "c-1", 4, core.Completed
	})
	f.put("b5", func(r *store.Run) {
		r.RecordTitle, r.StartedAt, r.Nodes, r.Suspended = "100% (a_b)", 5, []core.NodeID{"sign.here"}, true
	})
	cases := []struct {
		name  string
		query store.RunQuery
		want  []string
	}{
		{"none", store.RunQuery{}, []string{"b5", "b4", "b3", "a2", "a1"}},
		{"definition", store.RunQuery{DefinitionKey: "other"}, []string{"a1"}},
		{"version", store.RunQuery{DefinitionKey: "contract", Version: 4}, []string{"a2"}},
		{"status", store.RunQuery{Statuses: []core.Status{core.Failed}}, []string{"b3"}},
		{"statuses", store.RunQuery{Statuses: []core.Status{core.Failed, core.Completed}}, []string{"b4", "b3"}},
		{"record type", store.RunQuery{RecordType: "contact"}, []string{"b4"}},
		{"record", store.RunQuery{RecordType: "deal", RecordID: "d-1"}, []string{"b5", "b3", "a2", "a1"}},
		{"node", store.RunQuery{Node: "sign"}, []string{"a2"}},
		{"node with a dot", store.RunQuery{Node: "sign.here", DefinitionKey: "contract"}, []string{"b5"}},
		{"starter", store.RunQuery{StartedBy: "ben"}, []string{"a1"}},
		{"what a run has started", store.RunQuery{CausedBy: "a1"}, []string{"a2"}},
		{"incident", store.RunQuery{WithIncident: true}, []string{"b3"}},
		{"suspended", store.RunQuery{Suspended: true}, []string{"b5"}},
		{"id prefix", store.RunQuery{Text: "b"}, []string{"b5", "b4", "b3"}},
		{"title prefix in any case", store.RunQuery{Text: "äcHZEN &"}, []string{"b4", "b3", "a2", "a1"}},
		{"title with signs", store.RunQuery{Text: "100% (A_"}, []string{"b5"}},
		{"no wildcard", store.RunQuery{Text: "_"}, nil},
		{"no pattern", store.RunQuery{Text: "."}, nil},
		{"all at once", store.RunQuery{DefinitionKey: "contract", Statuses: []core.Status{core.Failed}, RecordID: "d-1", WithIncident: true, Text: "b3"}, []string{"b3"}},
		{"nothing", store.RunQuery{DefinitionKey: "nothing"}, nil},
	}
	for _, c := range cases {
		page, err := f.store.List(f.Context(), c.query)
		f.ok(err)
		f.equal(c.want, runIDs(page.Runs), c.name)
		require.Empty(f, page.Next, c.name)
		n, err := f.store.CountRuns(f.Context(), c.query, 100)
		f.ok(err)
		require.Equal(f, len(c.want), n, c.name)
	}
	n, err := f.store.CountRuns(f.Context(), store.RunQuery{}, 3)
	f.ok(err)
	require.Equal(f, 3, n, "a count stops at its bound")
	page, err := f.store.List(f.Context(), store.RunQuery{Node: "sign.here"})
	f.ok(err)
	want := f.load("b5")
	want.State, want.Inbox, want.Outbox, want.Recent = nil, nil, nil, nil
	f.equal([]store.Run{want}, page.Runs, "a page has everything but state, inbox, outbox and recent")
}

func listPages(f *fixture) {
	total := f.scaled(23, 11)
	var want []string
	for i := range total {
		id := core.RunID(fmt.Sprintf("r%02d:x", i))
		f.start(id, func(r *store.Run) { r.StartedAt = core.Instant(1000 + i/5) }) // many ties
		want = append(want, string(id))
	}
	slices.Reverse(want) // start times and ids rise together
	for _, limit := range []int{1, 4, total, total + 1} {
		var got []string
		q := store.RunQuery{DefinitionKey: "contract", Limit: limit}
		for pages := 0; ; pages++ {
			require.LessOrEqual(f, pages, total, "pages without end")
			page, err := f.store.List(f.Context(), q)
			f.ok(err)
			got = append(got, runIDs(page.Runs)...)
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
			require.Len(f, page.Runs, limit)
		}
		f.equal(want, got, "limit ", limit)
	}
	page, err := f.store.List(f.Context(), store.RunQuery{Limit: 3})
	f.ok(err)
	for _, cursor := range []string{"?", "bm9uc2Vuc2U", page.Next[1:]} {
		_, err = f.store.List(f.Context(), store.RunQuery{Cursor: cursor})
		f.is(err, store.ErrBadCursor)
	}
	_, err = f.store.ListTasks(f.Context(), store.TaskQuery{Cursor: page.Next})
	f.is(err, store.ErrBadCursor)
	// Newer runs do not disturb the pages behind a cursor.
	f.start("z", func(r *store.Run) { r.StartedAt = 9999 })
	page, err = f.store.List(f.Context(), store.RunQuery{Limit: 2, Cursor: page.Next})
	f.ok(err)
	f.equal(want[3:5], runIDs(page.Runs), "after the third")
}

func counts(f *fixture) {
	on := func(nodes ...core.NodeID) func(*store.Run) { return func(r *store.Run) { r.Nodes = nodes } }
	f.put("r1", on("a", "b"))
	f.put("r2", on("a"))
	f.put("r3", func(r *store.Run) { r.Nodes, r.Version = []core.NodeID{"a"}, 4 })
	f.put("r4", func(r *store.Run) { r.Nodes, r.Status = []core.NodeID{"b"}, core.Quarantined })
	f.put("r5", func(r *store.Run) { r.Nodes, r.Status = []core.NodeID{"b"}, core.Completed })
	f.put("r6", func(r *store.Run) { r.Nodes, r.DefinitionKey = []core.NodeID{"a"}, "other" })
	incident := func(id string, node core.NodeID, version int) store.Outbox {
		return f.entry(store.PutIncident, id, store.OpenIncident{
			Incident: core.Incident{ID: id, Node: node}, RunID: "r1", DefinitionKey: "contract", Version: version,
		})
	}
	f.copy("r1", incident("i1", "a", 3), incident("i2", "a", 3), incident("i3", "b", 4), incident("i4", "b", 3),
		f.end(store.EndIncident, "i4", "", 5), f.end(store.EndIncident, "tombstone", "", 5))

	got, err := f.store.Counts(f.Context(), "contract", 0)
	f.ok(err)
	f.equal(store.Counts{
		Nodes:     map[core.NodeID]int{"a": 3, "b": 2},
		Incidents: map[core.NodeID]int{"a": 2, "b": 1},
		Statuses:  map[core.Status]int{core.Active: 3, core.Quarantined: 1, core.Completed: 1},
	}, got, "all versions")
	got, err = f.store.Counts(f.Context(), "contract", 3)
	f.ok(err)
	f.equal(store.Counts{
		Nodes:     map[core.NodeID]int{"a": 2, "b": 2},
		Incidents: map[core.NodeID]int{"a": 2},
		Statuses:  map[core.Status]int{core.Active: 2, core.Quarantined: 1, core.Completed: 1},
	}, got, "one version")

	f.step(f.load("r1")) // keeps its nodes
	c := stepOf(f.load("r2"))
	c.Run.Nodes = []core.NodeID{"c"}
	_, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	c = stepOf(f.load("r4"))
	c.Run.Nodes, c.Run.Status = nil, core.Canceled
	_, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	got, err = f.store.Counts(f.Context(), "contract", 3)
	f.ok(err)
	f.equal(map[core.NodeID]int{"a": 1, "b": 1, "c": 1}, got.Nodes, "after the tokens moved")
	f.equal(map[core.Status]int{core.Active: 2, core.Canceled: 1, core.Completed: 1}, got.Statuses, "after the tokens moved")

	c = stepOf(f.load("r2"))
	c.Run.Version, c.Run.Nodes = 4, []core.NodeID{"d"}
	_, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	got, err = f.store.Counts(f.Context(), "contract", 3)
	f.ok(err)
	f.equal(map[core.NodeID]int{"a": 1, "b": 1}, got.Nodes, "after a migration")
	f.equal(map[core.Status]int{core.Active: 1, core.Canceled: 1, core.Completed: 1}, got.Statuses, "after a migration")
	got, err = f.store.Counts(f.Context(), "contract", 4)
	f.ok(err)
	f.equal(map[core.NodeID]int{"a": 1, "d": 1}, got.Nodes, "where it went")
	f.equal(map[core.Status]int{core.Active: 2}, got.Statuses, "where it went")
}

func removeEnded(f *fixture) {
	// ended puts a run of a definition that has ended, with records and with what lists find it by.
	ended := func(id core.RunID, definition string, at core.Instant, status core.Status) {
		f.put(id, func(r *store.Run) {
			r.DefinitionKey, r.Status, r.EndedAt, r.Marks = definition, status, at, []string{"city=x"}
		})
		f.copy(id, f.entry(store.PutRecord, string(id), core.Record{Seq: 1, Kind: core.RecordRunStarted}),
			f.entry(store.PutRecord, string(id), core.Record{Seq: 2, Kind: core.RecordRunCompleted}))
	}
	ended("old", "sell", 10, core.Completed)
	ended("older", "sell", 5, core.Canceled)
	ended("recent", "sell", 20, core.Completed)
	ended("other", "hire", 5, core.Failed)
	f.put("live", func(r *store.Run) { r.DefinitionKey = "sell" })
	f.put("only live", func(r *store.Run) { r.DefinitionKey = "buy" })
	// Somebody has still to hear of this one.
	heard := f.start("unheard", func(r *store.Run) { r.DefinitionKey = "sell" })
	c := stepOf(heard, f.entry(store.NotifyParentDone, "unheard", nil))
	c.Run.Status, c.Run.EndedAt = core.Completed, 5
	_, err := f.store.Commit(f.Context(), c)
	f.ok(err)

	keys, err := f.store.EndedDefinitions(f.Context())
	f.ok(err)
	f.equal([]string{"hire", "sell"}, keys, "definitions with ended runs")
	remove := func(before core.Instant, limit int) int {
		n, err := f.store.RemoveEnded(f.Context(), "sell", before, limit)
		f.ok(err)
		return n
	}
	gone := func(id core.RunID) {
		f.Helper()
		_, err := f.store.Load(f.Context(), id)
		f.is(err, store.ErrNotFound)
		records, err := f.store.Records(f.Context(), id, 1, 10)
		f.ok(err)
		require.Empty(f, records)
	}
	require.Zero(f, remove(5, 10))
	require.Equal(f, 1, remove(20, 1), "the first to end is the first to go")
	gone("older")
	f.load("old")
	require.Equal(f, 1, remove(20, 10))
	gone("old")
	require.Zero(f, remove(20, 10))
	page, err := f.store.List(f.Context(), store.RunQuery{Marks: []string{"city=x"}})
	f.ok(err)
	var left []string
	for _, r := range page.Runs {
		left = append(left, string(r.ID))
	}
	require.ElementsMatch(f, []string{"recent", "other"}, left)
	counted, err := f.store.Counts(f.Context(), "sell", 0)
	f.ok(err)
	f.equal(map[core.Status]int{core.Active: 1, core.Completed: 2}, counted.Statuses, "what is counted")
	records, err := f.store.Records(f.Context(), "recent", 1, 10)
	f.ok(err)
	require.Len(f, records, 2)
	require.Equal(f, 1, remove(100, 10))
	f.ok(f.store.Forget(f.Context(), "unheard", []int64{f.load("unheard").Outbox[0].Seq}))
	require.Equal(f, 1, remove(100, 10), "now that it was heard of")
	keys, err = f.store.EndedDefinitions(f.Context())
	f.ok(err)
	f.equal([]string{"hire"}, keys, "definitions with ended runs")
}
