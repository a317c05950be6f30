package storetest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var taskChecks = []check{
	{"TaskStoresEverything", taskStoresEverything},
	{"UpdateTask", updateTask},
	{"EndTask", endTask},
	{"TasksOfPeople", tasksOfPeople},
	{"TaskFilters", taskFilters},
	{"TaskPages", taskPages},
	{"UndeliveredDecisions", undeliveredDecisions},
	{"Timers", timers},
	{"IncidentPages", incidentPages},
}

func (f *fixture) task(id string, t store.Task) store.Task {
	f.Helper()
	if t.RunID == "" {
		t.RunID = "r1"
	}
	f.copy(t.RunID, f.entry(store.PutTask, id, t))
	task, err := f.store.Task(f.Context(), id)
	f.ok(err)
	return task
}

func taskStoresEverything(f *fixture) {
	want := store.Task{
		ID: "r1:4", RunID: "r1", DefinitionKey: "contract", DefinitionName: "Contract", Version: 2, Node: "sign", Kind: "approval",
		Name: "Sign", RecordType: "deal", RecordID: "d-1", RecordTitle: "Deal", Users: []string{"anna", "ben"}, Groups: []string{"g.1", "$legal"},
		Config: json.RawMessage(`{"fields":[{"key":"a.b","$max":10.50}]}`), OpenedAt: 10, DueAt: 20, StartedBy: "cleo",
	}
	f.copy("r1", f.entry(store.PutTask, "r1:4", want))
	got, err := f.store.Task(f.Context(), "r1:4")
	f.ok(err)
	want.Rev, want.Status = 1, store.TaskOpen
	f.equal(want, got, "as opened")
	_, err = f.store.Task(f.Context(), "nobody")
	f.is(err, store.ErrNotFound)

	change := got
	change.Name, change.Users, change.OpenedAt = "forged", []string{"mallory"}, 0
	change.Status, change.ClaimedBy = store.TaskDecided, "anna"
	change.Votes = []store.Vote{{User: "anna", Outcome: "approved", Comment: "fine", At: 11}, {User: "ben", Outcome: "rejected", At: 12}}
	change.Decision = &store.Decision{
		Outcome: "approved", By: "anna", At: 12, NotBefore: 18, Comment: "so be it",
		Result: core.Values{"amount": json.Number("10.50"), "$odd.key": []any{json.Number("1"), nil, true}},
	}
	change.Delegated = []store.Delegation{{From: "ben", To: "dora", By: "anna", At: 11, Reason: "ill"}}
	stored, err := f.store.UpdateTask(f.Context(), change)
	f.ok(err)
	want = want.Owned(change)
	want.Rev = 2
	f.equal(want, stored, "what UpdateTask returns: only the owner's fields changed")
	got, err = f.store.Task(f.Context(), "r1:4")
	f.ok(err)
	f.equal(want, got, "what Task returns")
	page, err := f.store.ListTasks(f.Context(), store.TaskQuery{})
	f.ok(err)
	f.equal([]store.Task{want}, page.Tasks, "what ListTasks returns")
}

func updateTask(f *fixture) {
	task := f.task("t", store.Task{Users: []string{"anna"}})
	task.Status, task.ClaimedBy = store.TaskClaimed, "anna"
	claimed, err := f.store.UpdateTask(f.Context(), task)
	f.ok(err)
	_, err = f.store.UpdateTask(f.Context(), task)
	f.is(err, store.ErrConflict)
	claimed.Status, claimed.ClaimedBy = store.TaskOpen, ""
	open, err := f.store.UpdateTask(f.Context(), claimed)
	f.ok(err)
	require.EqualValues(f, 3, open.Rev)
	for _, status := range []store.TaskStatus{store.TaskCompleted, store.TaskCanceled, "", "lost"} {
		open.Status = status
		_, err = f.store.UpdateTask(f.Context(), open)
		f.is(err, store.ErrBadEntry)
	}
	_, err = f.store.UpdateTask(f.Context(), store.Task{ID: "nobody", Status: store.TaskOpen})
	f.is(err, store.ErrNotFound)
}

func endTask(f *fixture) {
	cases := []struct {
		before store.TaskStatus
		reason string
		after  store.TaskStatus
	}{
		{store.TaskOpen, "", store.TaskCompleted},
		{store.TaskDecided, "", store.TaskCompleted},
		{store.TaskDecided, "completed", store.TaskCompleted},
		{store.TaskDecided, "canceled by ben", store.TaskCanceled},
		{store.TaskClaimed, "timedOut", store.TaskCanceled},
	}
	for i, c := range cases {
		id := fmt.Sprint("t", i)
		task := f.task(id, store.Task{})
		task.Status, task.Votes = c.before, []store.Vote{{User: "anna", Outcome: "yes"}}
		task.Decision = &store.Decision{Outcome: "yes", By: "anna"}
		task, err := f.store.UpdateTask(f.Context(), task)
		f.ok(err)
		f.copy("r1", f.end(store.EndTask, id, c.reason, 77))
		got, err := f.store.Task(f.Context(), id)
		f.ok(err)
		require.Equal(f, c.after, got.Status, c)
		require.EqualValues(f, 77, got.ClosedAt)
		require.Equal(f, "yes", got.Decision.Outcome)
		require.Len(f, got.Votes, 1)
		if c.after == store.TaskCanceled {
			require.Equal(f, c.reason, got.Reason)
		} else {
			require.Empty(f, got.Reason)
		}
		_, err = f.store.UpdateTask(f.Context(), task)
		f.is(err, store.ErrConflict)
		got.Status = store.TaskOpen
		_, err = f.store.UpdateTask(f.Context(), got)
		f.is(err, store.ErrConflict)
	}
	f.task("now", store.Task{})
	f.copy("r1", f.end(store.EndTask, "now", "", 0))
	got, err := f.store.Task(f.Context(), "now")
	f.ok(err)
	require.NotZero(f, got.ClosedAt, "without an instant, the time of the copy")
}

func tasksOfPeople(f *fixture) {
	f.task("direct", store.Task{Users: []string{"anna", "ben"}, OpenedAt: 1})
	f.task("group", store.Task{Groups: []string{"legal", "sales"}, OpenedAt: 2})
	f.task("both", store.Task{Users: []string{"anna"}, Groups: []string{"sales"}, OpenedAt: 3})
	claimed := f.task("claimed", store.Task{Groups: []string{"sales"}, OpenedAt: 4})
	claimed.Status, claimed.ClaimedBy = store.TaskClaimed, "cleo"
	_, err := f.store.UpdateTask(f.Context(), claimed)
	f.ok(err)
	delegated := f.task("delegated", store.Task{Users: []string{"anna"}, OpenedAt: 5})
	delegated.Delegated = []store.Delegation{{From: "anna", To: "ben"}, {From: "ben", To: "cleo"}}
	_, err = f.store.UpdateTask(f.Context(), delegated)
	f.ok(err)
	f.task("nobody's", store.Task{OpenedAt: 6})

	cases := []struct {
		name  string
		query store.TaskQuery
		want  []string
	}{
		{"user", store.TaskQuery{User: "anna"}, []string{"both", "direct"}},
		{"another", store.TaskQuery{User: "ben"}, []string{"direct"}},
		{"claimed and delegated", store.TaskQuery{User: "cleo"}, []string{"delegated", "claimed"}},
		{"user and groups", store.TaskQuery{User: "anna", Groups: []string{"legal", "sales"}}, []string{"claimed", "both", "group", "direct"}},
		{"only the user", store.TaskQuery{User: "anna", Groups: []string{"legal", "sales"}, OnlyUser: true}, []string{"both", "direct"}},
		{"only groups", store.TaskQuery{Groups: []string{"legal"}}, []string{"group"}},
		{"everybody", store.TaskQuery{}, []string{"nobody's", "delegated", "claimed", "both", "group", "direct"}},
		{"a group is no user", store.TaskQuery{User: "sales"}, nil},
		{"a user is no group", store.TaskQuery{Groups: []string{"anna"}}, nil},
	}
	for _, c := range cases {
		page, err := f.store.ListTasks(f.Context(), c.query)
		f.ok(err)
		f.equal(c.want, taskIDs(page.Tasks), c.name)
		n, err := f.store.CountTasks(f.Context(), c.query)
		f.ok(err)
		require.Equal(f, len(c.want), n, c.name)
	}
}

func taskFilters(f *fixture) {
	f.task("t1", store.Task{RunID: "r1", RecordID: "d-1", Name: "Sign the contract", DueAt: 50, OpenedAt: 1})
	f.task("t2", store.Task{RunID: "r2", RecordID: "d-2", RecordTitle: "Ärger (100%)", OpenedAt: 2})
	f.task("t3", store.Task{RunID: "r2", DefinitionKey: "hire", DefinitionName: "Onboarding", DueAt: 60, OpenedAt: 3, Users: []string{"anna"}})
	f.copy("r2", f.end(store.EndTask, "t3", "", 9))
	cases := []struct {
		name  string
		query store.TaskQuery
		want  []string
	}{
		{"run", store.TaskQuery{RunID: "r2"}, []string{"t3", "t2"}},
		{"status", store.TaskQuery{Statuses: []store.TaskStatus{store.TaskCompleted}}, []string{"t3"}},
		{"statuses", store.TaskQuery{Statuses: []store.TaskStatus{store.TaskCompleted, store.TaskOpen}}, []string{"t3", "t2", "t1"}},
		{"live", store.TaskQuery{Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed}}, []string{"t2", "t1"}},
		{"closed of a person", store.TaskQuery{User: "anna", Statuses: []store.TaskStatus{store.TaskCompleted}}, []string{"t3"}},
		{"live of a person", store.TaskQuery{User: "anna", Statuses: []store.TaskStatus{store.TaskOpen}}, nil},
		{"due", store.TaskQuery{DueBefore: 50}, []string{"t1"}},
		{"due later", store.TaskQuery{DueBefore: 60}, []string{"t3", "t1"}},
		{"record", store.TaskQuery{RecordID: "d-2"}, []string{"t2"}},
		{"name", store.TaskQuery{Text: "THE CON"}, []string{"t1"}},
		{"title", store.TaskQuery{Text: "ÄRGER (100%"}, []string{"t2"}},
		{"definition", store.TaskQuery{Text: "board"}, []string{"t3"}},
		{"no wildcard", store.TaskQuery{Text: "Ä%)"}, nil},
		{"no pattern", store.TaskQuery{Text: "s.gn"}, nil},
		{"process", store.TaskQuery{DefinitionKey: "hire"}, []string{"t3"}},
		{"process of a person", store.TaskQuery{User: "anna", DefinitionKey: "hire"}, []string{"t3"}},
		{"another process of a person", store.TaskQuery{User: "anna", DefinitionKey: "sell"}, nil},
		{"run of a person", store.TaskQuery{User: "anna", RunID: "r2"}, []string{"t3"}},
		{"another run of a person", store.TaskQuery{User: "anna", RunID: "r1"}, nil},
		{"all", store.TaskQuery{RunID: "r1", RecordID: "d-1", DueBefore: 90, Text: "sign"}, []string{"t1"}},
	}
	for _, c := range cases {
		page, err := f.store.ListTasks(f.Context(), c.query)
		f.ok(err)
		f.equal(c.want, taskIDs(page.Tasks), c.name)
		n, err := f.store.CountTasks(f.Context(), c.query)
		f.ok(err)
		require.Equal(f, len(c.want), n, c.name)
	}
}

func taskPages(f *fixture) {
	total := f.scaled(17, 9)
	var newest, due []store.Task
	for i := range total {
		task := store.Task{Users: []string{"anna"}, DefinitionKey: "sell", OpenedAt: core.Instant(100 + i/4)}
		switch i % 3 {
		case 0:
			task.Groups = []string{"legal", "sales"}
		case 1:
			task.Users, task.Groups = nil, []string{"sales"}
		}
		f.task(fmt.Sprintf("u%02d", i), store.Task{Users: []string{"anna"}, DefinitionKey: "hire", OpenedAt: task.OpenedAt, DueAt: 501})
		if i%3 != 0 {
			task.DueAt = core.Instant(500 - i/4)
		}
		newest = append(newest, f.task(fmt.Sprintf("t%02d", i), task))
	}
	due = slices.Clone(newest)
	slices.Reverse(newest)
	slices.SortStableFunc(due, func(a, b store.Task) int { return int(min(a.DueKey(), 1e9)) - int(min(b.DueKey(), 1e9)) })
	for _, byDue := range []bool{false, true} {
		want := newest
		if byDue {
			want = due
		}
		for _, limit := range []int{3, total, total + 1} {
			var got []string
			q := store.TaskQuery{User: "anna", Groups: []string{"legal", "sales"}, DefinitionKey: "sell", SortByDue: byDue, Limit: limit}
			for pages := 0; ; pages++ {
				require.LessOrEqual(f, pages, total, "pages without end")
				page, err := f.store.ListTasks(f.Context(), q)
				f.ok(err)
				got = append(got, taskIDs(page.Tasks)...)
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
				other := store.TaskQuery{SortByDue: !byDue, Cursor: q.Cursor}
				_, err = f.store.ListTasks(f.Context(), other)
				f.is(err, store.ErrBadCursor)
			}
			f.equal(taskIDs(want), got, "by due ", byDue, ", limit ", limit)
		}
	}
}

func undeliveredDecisions(f *fixture) {
	decide := func(id string, notBefore core.Instant, delivered bool) {
		task := f.task(id, store.Task{})
		task.Status = store.TaskDecided
		task.Decision = &store.Decision{Outcome: "yes", NotBefore: notBefore, Delivered: delivered}
		_, err := f.store.UpdateTask(f.Context(), task)
		f.ok(err)
	}
	f.task("open", store.Task{})
	decide("now", 0, false)
	decide("soon", 100, false)
	decide("later", 101, false)
	decide("delivered", 0, true)
	decide("closed", 0, false)
	f.copy("r1", f.end(store.EndTask, "closed", "", 9))
	withdrawn := func() {
		task, err := f.store.Task(f.Context(), "soon")
		f.ok(err)
		task.Status, task.Decision = store.TaskOpen, nil
		_, err = f.store.UpdateTask(f.Context(), task)
		f.ok(err)
	}
	got, err := f.store.UndeliveredDecisions(f.Context(), 100, 10)
	f.ok(err)
	require.ElementsMatch(f, []string{"now", "soon"}, taskIDs(got))
	got, err = f.store.UndeliveredDecisions(f.Context(), 100, 1)
	f.ok(err)
	require.Len(f, got, 1)
	withdrawn()
	got, err = f.store.UndeliveredDecisions(f.Context(), 100, 10)
	f.ok(err)
	require.Equal(f, []string{"now"}, taskIDs(got))
}

func timers(f *fixture) {
	want := store.Timer{
		ID: "r1:2#3", RunID: "r1", Wait: "r1:2", DefinitionKey: "contract", Rule: json.RawMessage(`{"after":"P2D"}`), DueAt: 30, Bucket: 7,
	}
	f.copy("r1", f.entry(store.PutTimer, want.ID, want),
		f.entry(store.PutTimer, "b", store.Timer{RunID: "r1", DueAt: 20}),
		f.entry(store.PutTimer, "a", store.Timer{RunID: "r2", DueAt: 20}),
		f.entry(store.PutTimer, "late", store.Timer{RunID: "r1", DueAt: 31}))
	names := func(list []store.Timer) []string { return ids(list, func(t store.Timer) string { return t.ID }) }
	due, err := f.store.DueTimers(f.Context(), 30, 10)
	f.ok(err)
	require.ElementsMatch(f, []string{"a", "b"}, names(due[:2]))
	f.equal([]store.Timer{want}, due[2:], "everything is stored, earliest first")
	due, err = f.store.DueTimers(f.Context(), 30, 2)
	f.ok(err)
	require.Len(f, due, 2)
	require.NotContains(f, names(due), want.ID)
	due, err = f.store.DueTimers(f.Context(), 19, 2)
	f.ok(err)
	require.Empty(f, due)
	if s, ok := f.store.(store.Foresight); ok {
		due, err = s.TimersAfter(f.Context(), store.Position{}, 30, 2)
		f.ok(err)
		f.equal([]string{"a", "b"}, names(due), "equal instants by id")
		due, err = s.TimersAfter(f.Context(), store.Position{Key: 20, ID: "a"}, 30, 10)
		f.ok(err)
		f.equal([]string{"b", want.ID}, names(due), "after the position, up to the instant")
		due, err = s.TimersAfter(f.Context(), store.Position{Key: 30, ID: want.ID}, 30, 10)
		f.ok(err)
		require.Empty(f, due)
	}
	own, err := f.store.RunTimers(f.Context(), "r1")
	f.ok(err)
	f.equal([]string{"b", want.ID, "late"}, names(own), "of the run")
	armed, err := f.store.ArmedTimers(f.Context(), store.Position{}, 10)
	f.ok(err)
	f.equal([]string{"a", "b", want.ID, "late"}, names(armed), "however far ahead")
	armed, err = f.store.ArmedTimers(f.Context(), store.Position{Key: 20, ID: "a"}, 2)
	f.ok(err)
	f.equal([]string{"b", want.ID}, names(armed), "after the position")
	f.ok(f.store.Retime(f.Context(), own[2], 40))
	require.ErrorIs(f, f.store.Retime(f.Context(), own[2], 50), store.ErrConflict, "it is due at another instant by now")
	own[2].DueAt = 40
	f.copy("r1", f.entry(store.PutTimer, "late", store.Timer{RunID: "r1", DueAt: 31}))
	again, err := f.store.RunTimers(f.Context(), "r1")
	f.ok(err)
	f.equal(own, again, "moved, and not moved back by what the relay repeats")
	f.copy("r1", f.end(store.EndTimer, "b", "", 1))
	require.ErrorIs(f, f.store.Retime(f.Context(), own[0], 50), store.ErrConflict, "it is closed")
	f.copy("r1", f.entry(store.PutTimer, "b", store.Timer{RunID: "r1", DueAt: 20}))
	due, err = f.store.DueTimers(f.Context(), 30, 10)
	f.ok(err)
	f.equal([]string{"a", want.ID}, names(due), "a closed timer stays closed")
}

func incidentPages(f *fixture) {
	var want []store.OpenIncident
	for i := range 7 {
		incident := store.OpenIncident{
			Incident: core.Incident{
				ID: fmt.Sprint("i", i), Node: "sign", Wait: "w", At: core.Instant(100 + i/3),
				Failure: core.FailureBody{Code: "smtp_unreachable", Message: "no route", Remedy: "check", Detail: core.Values{"n": json.Number("1.0")}},
			},
			RunID: "r1", DefinitionKey: "contract", Version: 2, NodeName: "Sign",
		}
		if i == 3 {
			incident.DefinitionKey = "other"
		}
		f.copy("r1", f.entry(store.PutIncident, incident.ID, incident))
		want = append(want, incident)
	}
	all, err := f.store.RunIncidents(f.Context(), "r1")
	f.ok(err)
	f.equal(want, all, "of the run, oldest first")
	f.copy("r1", f.end(store.EndIncident, "i5", "", 200))
	slices.Reverse(want)
	want = slices.DeleteFunc(want, func(i store.OpenIncident) bool { return i.ID == "i5" })

	var got []store.OpenIncident
	cursor := ""
	for range 4 {
		var page []store.OpenIncident
		page, cursor, err = f.store.ListIncidents(f.Context(), "", 2, cursor)
		f.ok(err)
		got = append(got, page...)
		if cursor == "" {
			break
		}
	}
	f.equal(want, got, "open ones, newest first")
	page, _, err := f.store.ListIncidents(f.Context(), "other", 10, "")
	f.ok(err)
	f.equal([]string{"i3"}, ids(page, func(i store.OpenIncident) string { return i.ID }), "of a definition")
	_, _, err = f.store.ListIncidents(f.Context(), "", 2, "nonsense")
	f.is(err, store.ErrBadCursor)
}
