package sqlitestore_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// TestReadsUseIndexes runs every read once and looks at the plan of each
// statement: none may walk a whole table, and none may sort what an index could
// give in order, unless it is listed here with the reason.
func TestReadsUseIndexes(t *testing.T) {
	s, db := openDB(t)
	ctx := t.Context()
	check := func(_ any, err error) {
		t.Helper()
		require.NoError(t, err)
	}
	check(s.Ready(ctx, 1, 1))
	check(s.Unrelayed(ctx, 1))
	check(s.Counts(ctx, "d", 1))
	check(s.Flow(ctx, store.FlowQuery{DefinitionKey: "d", Version: 1, From: 1, To: 2, Spans: 1}))
	check(s.Flow(ctx, store.FlowQuery{DefinitionKey: "d", From: 1, To: 2, Spans: 1}))
	check(s.Records(ctx, "r", 1, 1))
	check(s.EndedDefinitions(ctx))
	check(s.RemoveEnded(ctx, "d", 1, 1))
	after := store.Position{Key: 1, ID: "x"}
	for _, q := range []store.RunQuery{
		{}, {DefinitionKey: "d"}, {DefinitionKey: "d", Statuses: []core.Status{core.Active}}, {RecordType: "deal", RecordID: "d"},
		{StartedBy: "anna"}, {CausedBy: "r"}, {DefinitionKey: "d", Node: "n"}, {WithIncident: true}, {Text: "x"}, {DefinitionKey: "d", Text: "x"},
		{Statuses: []core.Status{core.Failed}}, {DefinitionKey: "d", Version: 2}, {Marks: []string{"a=b", "c=d"}}, {DefinitionKey: "d", Node: "n", Marks: []string{"a=b"}},
		{People: []string{"anna"}, Groups: []string{"g"}}, {DefinitionKey: "d", IdleSince: 5}, {StartedFrom: 4, StartedTo: 5}, {IncidentText: "x"}, {Suspended: true},
	} {
		check(s.List(ctx, q))
		check(s.CountRuns(ctx, q, 10))
		q.Cursor = after.Cursor(store.RunList)
		check(s.List(ctx, q))
	}
	open := []store.TaskStatus{store.TaskOpen, store.TaskClaimed}
	for _, q := range []store.TaskQuery{
		{}, {User: "anna", Groups: []string{"g"}}, {User: "anna", Statuses: open}, {RunID: "r"}, {RecordID: "d"}, {Statuses: open, DueBefore: 5},
	} {
		check(s.CountTasks(ctx, q))
		for _, q.SortByDue = range []bool{false, true} {
			q.Cursor = ""
			check(s.ListTasks(ctx, q))
			q.Cursor = after.Cursor(map[bool]string{false: store.TaskList, true: store.TaskDueList}[q.SortByDue])
			check(s.ListTasks(ctx, q))
		}
	}
	check(s.UndeliveredDecisions(ctx, 1, 1))
	check(s.DueTimers(ctx, 1, 1))
	check(s.TimersAfter(ctx, after, 1, 1))
	check(s.LoadSeveral(ctx, []core.RunID{"r"}))
	check(s.RunTimers(ctx, "r"))
	check(s.ClaimEffects(ctx, "w", 1, 1, 1))
	check(s.ExpiredEffects(ctx, 1, 1))
	check(s.UndeliveredEffects(ctx, 1))
	check(s.RunEffects(ctx, "r"))
	check(s.FindSubscriptions(ctx, "n", "k", "", 1))
	check(s.RunSubscriptions(ctx, "r"))
	check(s.FindMessages(ctx, "n", "k", 1, 1))
	check(s.DueSchedules(ctx, 1, 1))
	check(s.RunIncidents(ctx, "r"))
	_, _, err := s.ListIncidents(ctx, "", 1, "")
	check(nil, err)
	_, _, err = s.ListIncidents(ctx, "d", 1, after.Cursor(store.IncidentList))
	check(nil, err)

	// Filters that must lead to their own index, not to a walk through another one.
	wanted := map[string]string{
		"FROM run WHERE record_type = ? AND record_id = ?": "run_record", "FROM run WHERE started_by = ?": "run_starter",
		"FROM run WHERE caused_by = ?":                       "run_caused",
		"FROM task WHERE body IS NOT NULL AND record_id = ?": "task_record", "FROM task WHERE body IS NOT NULL AND run_id = ?": "task_run",
		"FROM run WHERE status = ?": "run_status", "FROM run WHERE definition_key = ? AND status = ?": "run_state",
		"FROM run WHERE definition_key = ? AND version = ?": "run_version", "WHERE incidents > 0 ORDER": "run_incident", "WHERE suspended = 1 ORDER": "run_suspended",
		"ended_at >= ?": "run_ended",
	}
	for _, text := range db.Statements() {
		for filter, index := range wanted {
			if strings.Contains(text, filter) {
				require.Contains(t, strings.Join(plan(t, db.Read(), text), "; "), " INDEX "+index, text)
			}
		}
		for _, step := range plan(t, db.Read(), text) {
			switch {
			case strings.HasPrefix(step, "SCAN") && strings.Contains(step, "INDEX"):
				// In the order of an index, for the first page of it.
			case strings.HasPrefix(step, "SCAN CONSTANT ROW"), strings.HasPrefix(step, "SCAN json_each"), strings.HasPrefix(step, "SCAN (subquery"):
			case step == "SCAN run_count": // a few rows per definition
			case strings.HasPrefix(step, "SCAN"):
				t.Errorf("%s\n  %s", step, text)
			case strings.HasPrefix(step, "USE TEMP B-TREE FOR ORDER BY"):
				// The tasks of some people, and the runs with some title or of
				// some other few, are gathered first and sorted then.
				few := strings.Contains(text, "task_person") || strings.Contains(text, "FROM incident") || strings.Contains(text, "title_fold >=") ||
					strings.Contains(text, "FROM task WHERE") || strings.Contains(text, "UNION ALL")
				if !few {
					t.Errorf("%s\n  %s", step, text)
				}
			}
		}
	}
}

func plan(t *testing.T, db *sql.DB, text string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, max(20, strings.Count(text, "?")))...)
	require.NoError(t, err, text)
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return steps
}
