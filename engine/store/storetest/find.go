package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// listByWhatElse finds runs by what is not in the run document, and by marks.
func listByWhatElse(f *fixture) {
	f.put("r1", func(r *store.Run) { r.StartedAt, r.UpdatedAt, r.Marks = 10, 40, []string{"city=łódź", "kind=a.b$"} })
	f.put("r2", func(r *store.Run) { r.StartedAt, r.UpdatedAt, r.Marks = 20, 20, []string{"city=łódź"} })
	f.put("r3", func(r *store.Run) { r.StartedAt, r.UpdatedAt, r.Nodes = 30, 30, []core.NodeID{"sign"} })
	f.put("r4", func(r *store.Run) { r.StartedAt, r.UpdatedAt, r.Incidents, r.DefinitionKey = 50, 60, 1, "other" })
	f.put("r5", func(r *store.Run) { r.StartedAt, r.UpdatedAt, r.Incidents = 60, 60, 1 })
	task := func(id string, run core.RunID, users, groups []string) store.Outbox {
		return f.entry(store.PutTask, id, store.Task{ID: id, RunID: run, Users: users, Groups: groups, OpenedAt: 5})
	}
	f.copy("r1", task("t1", "r1", []string{"anna"}, nil))
	f.copy("r2", task("t2", "r2", nil, []string{"sales"}), task("t2b", "r2", []string{"ben"}, nil), f.end(store.EndTask, "t2b", "", 6))
	f.copy("r3", task("t3", "r3", []string{"anna"}, []string{"sales"}), task("t3b", "r3", []string{"anna"}, nil))
	incident := func(id string, run core.RunID, definition, code, message string) store.Outbox {
		return f.entry(store.PutIncident, id, store.OpenIncident{
			Incident: core.Incident{ID: id, Node: "n", Failure: core.FailureBody{Code: code, Message: message}}, RunID: run, DefinitionKey: definition, Version: 3, NodeName: "Посла́ть",
		})
	}
	f.copy("r4", incident("i4", "r4", "other", "mail_refused", "550 (No such user)"))
	f.copy("r5", incident("i5", "r5", "contract", "mail_refused", "550 later"), incident("i5b", "r5", "contract", "gone_by", "over"), f.end(store.EndIncident, "i5b", "", 9))
	for _, c := range []struct {
		name  string
		query store.RunQuery
		want  []string
	}{
		{"mark", store.RunQuery{Marks: []string{"city=łódź"}}, []string{"r2", "r1"}},
		{"marks", store.RunQuery{Marks: []string{"city=łódź", "kind=a.b$"}}, []string{"r1"}},
		{"mark of a definition", store.RunQuery{DefinitionKey: "other", Marks: []string{"city=łódź"}}, nil},
		{"mark and node", store.RunQuery{DefinitionKey: "contract", Node: "sign", Marks: []string{"city=łódź"}}, nil},
		{"no part of a mark", store.RunQuery{Marks: []string{"city=łód"}}, nil},
		{"person", store.RunQuery{People: []string{"anna"}}, []string{"r3", "r1"}},
		{"person whose task is done", store.RunQuery{People: []string{"ben"}}, nil},
		{"person with groups", store.RunQuery{People: []string{"ben"}, Groups: []string{"sales"}}, []string{"r3", "r2"}},
		{"one of several people", store.RunQuery{People: []string{"nobody", "ben", "anna"}}, []string{"r3", "r1"}},
		{"group", store.RunQuery{Groups: []string{"sales"}}, []string{"r3", "r2"}},
		{"person and mark", store.RunQuery{People: []string{"anna"}, Marks: []string{"city=łódź"}}, []string{"r1"}},
		{"started", store.RunQuery{StartedFrom: 20, StartedTo: 50}, []string{"r3", "r2"}},
		{"started, by mark", store.RunQuery{StartedFrom: 20, Marks: []string{"city=łódź"}}, []string{"r2"}},
		{"idle", store.RunQuery{IdleSince: 30}, []string{"r3", "r2"}},
		{"incident's code", store.RunQuery{IncidentText: "MAIL_ref"}, []string{"r5", "r4"}},
		{"incident's message with signs", store.RunQuery{IncidentText: "(no such"}, []string{"r4"}},
		{"incident's node", store.RunQuery{IncidentText: "посла"}, []string{"r5", "r4"}},
		{"incident of a definition", store.RunQuery{IncidentText: "mail", DefinitionKey: "contract"}, []string{"r5"}},
		{"incident that is over", store.RunQuery{IncidentText: "gone_by"}, nil},
	} {
		page, err := f.store.List(f.Context(), c.query)
		f.ok(err)
		f.equal(c.want, runIDs(page.Runs), c.name)
		n, err := f.store.CountRuns(f.Context(), c.query, 100)
		f.ok(err)
		require.Equal(f, len(c.want), n, c.name)
	}
	first, err := f.store.List(f.Context(), store.RunQuery{Marks: []string{"city=łódź"}, Limit: 1})
	f.ok(err)
	f.equal([]string{"r2"}, runIDs(first.Runs), "first page")
	second, err := f.store.List(f.Context(), store.RunQuery{Marks: []string{"city=łódź"}, Limit: 1, Cursor: first.Next})
	f.ok(err)
	f.equal([]string{"r1"}, runIDs(second.Runs), "second page")
	f.equal("", second.Next, "second page")

	c := stepOf(f.load("r1"))
	f.equal([]string{"city=łódź", "kind=a.b$"}, c.Run.Marks, "marks are loaded")
	c.Run.Marks = []string{"city=praha"}
	stored, err := f.store.Commit(f.Context(), c)
	f.ok(err)
	f.equal([]string{"city=praha"}, stored.Marks, "marks after a step")
	for mark, want := range map[string][]string{"city=łódź": {"r2"}, "kind=a.b$": nil, "city=praha": {"r1"}} {
		page, err := f.store.List(f.Context(), store.RunQuery{Marks: []string{mark}})
		f.ok(err)
		f.equal(want, runIDs(page.Runs), mark)
	}
	// A run that has ended keeps its marks and stands on no node.
	c = stepOf(f.load("r3"))
	c.Run.Status, c.Run.Marks = core.Completed, []string{"city=praha"}
	_, err = f.store.Commit(f.Context(), c)
	f.ok(err)
	page, err := f.store.List(f.Context(), store.RunQuery{Marks: []string{"city=praha"}})
	f.ok(err)
	f.equal([]string{"r3", "r1"}, runIDs(page.Runs), "ended")
	page, err = f.store.List(f.Context(), store.RunQuery{DefinitionKey: "contract", Node: "sign"})
	f.ok(err)
	require.Empty(f, page.Runs, "an ended run stands nowhere")
}

func flowOfPeriod(f *fixture) {
	ended := func(id core.RunID, from, to core.Instant, status core.Status, version int) {
		f.put(id, func(r *store.Run) {
			r.StartedAt, r.UpdatedAt, r.EndedAt, r.Status, r.Version = from, to, to, status, version
		})
	}
	ended("r1", 50, 100, core.Completed, 3)  // began before the period
	ended("r2", 100, 250, core.Completed, 3) // the first instant of it
	ended("r3", 199, 299, core.Failed, 3)
	ended("r4", 200, 300, core.Completed, 3) // ended after it
	ended("r5", 201, 280, core.Canceled, 4)
	f.put("r6", func(r *store.Run) { r.StartedAt = 210 })
	f.put("r7", func(r *store.Run) { r.StartedAt, r.DefinitionKey = 210, "other" })
	got, err := f.store.Flow(f.Context(), store.FlowQuery{DefinitionKey: "contract", From: 100, To: 300, Spans: 4})
	f.ok(err)
	f.equal(store.Flow{
		Started: []int{1, 1, 3, 0}, Ended: []int{1, 0, 0, 3},
		Statuses:  map[core.Status]int{core.Completed: 2, core.Failed: 1, core.Canceled: 1},
		Durations: []int64{150, 50},
	}, got, "all versions")
	got, err = f.store.Flow(f.Context(), store.FlowQuery{DefinitionKey: "contract", Version: 4, From: 100, To: 300, Spans: 2})
	f.ok(err)
	f.equal(store.Flow{Started: []int{0, 1}, Ended: []int{0, 1}, Statuses: map[core.Status]int{core.Canceled: 1}}, got, "one version")
	got, err = f.store.Flow(f.Context(), store.FlowQuery{DefinitionKey: "nothing", From: 100, To: 300, Spans: 1})
	f.ok(err)
	f.equal(store.Flow{Started: []int{0}, Ended: []int{0}, Statuses: map[core.Status]int{}}, got, "nothing")
}
