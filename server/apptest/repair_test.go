package apptest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// twoTasks is a process of a task, a join that its branches reach, and a task.
const twoTasks = `{"format":"fluxo/process@1","key":%q,"name":"Two tasks","variables":[{"name":"n","type":"number","default":1}%s],
	"nodes":[{"id":"s","kind":"startEvent"},
		{"id":%q,"kind":"userTask","name":"First","config":{"assignee":{"expr":"run.startedBy"}}},
		{"id":"second","kind":"userTask","name":"Second","config":{"assignee":{"expr":"run.startedBy"}}},
		{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":%q},{"id":"f2","from":%q,"to":"second"},{"id":"f3","from":"second","to":"e"}]}`

// publishText makes and publishes a process, or a next version of it.
func publishText(t *testing.T, w *apptest.World, key, text string) {
	t.Helper()
	var process any
	require.NoError(t, json.Unmarshal([]byte(text), &process))
	dana := w.As("dana")
	if dana.Get("/definitions/"+key).Status == 404 {
		dana.Post("/definitions", map[string]any{"key": key, "name": key}).Expect(201)
	}
	draft := dana.Get("/definitions/" + key).Expect(200)
	saved := dana.Do("PUT", "/definitions/"+key+"/draft", process, "If-Match", draft.ETag()).Expect(200)
	confirm := []any{}
	for i := range saved.Len("findings") {
		confirm = append(confirm, saved.Text(fmt.Sprintf("findings.%d.code", i)))
	}
	dana.Post("/definitions/"+key+"/versions", map[string]any{"confirm": confirm}, "If-Match", saved.ETag()).Expect(201)
}

func startRuns(t *testing.T, w *apptest.World, key string, n int) []string {
	t.Helper()
	var ids []string
	for range n {
		ids = append(ids, w.As("oscar").Post("/definitions/"+key+"/runs", map[string]any{}).Expect(202).Text("id"))
	}
	return ids
}

func everyStore(t *testing.T, test func(t *testing.T, w *apptest.World)) {
	for name, o := range map[string]apptest.Options{"memory": {}, "lazy": {Lazy: true}, "SQLite": {SQLite: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, apptest.New(t, o))
		})
	}
}

// covers U-49
func TestOperatorMovesATokenAfterLookingFirst(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		run := startRuns(t, w, "two-tasks", 1)[0]
		oscar := w.As("oscar")
		wish := map[string]any{"action": "move", "node": "first", "to": "second", "reason": "done on paper"}
		seen := oscar.Post("/runs/"+run+"/actions/preview", wish).Expect(200)
		require.Equal(t, "does", seen.Text("verdict"))
		require.Equal(t, "second", seen.Text("after.nodes.0"))
		require.NotZero(t, seen.Len("lines"))
		require.Equal(t, "first", oscar.Get("/runs/"+run).Expect(200).Text("waits.0.node"), "nothing was stored")
		w.As("marta").Post("/runs/"+run+"/actions/preview", wish).Problem(403, "forbidden")
		w.As("marta").Post("/runs/"+run+"/actions", wish).Problem(403, "forbidden")

		done := oscar.Post("/runs/"+run+"/actions", wish).Expect(202)
		require.Equal(t, "second", done.Text("outcome.after.nodes.0"))
		require.Equal(t, "second", oscar.Get("/runs/"+run).Expect(200).Text("waits.0.node"))
		oscar.Post("/runs/"+run+"/actions", wish).Problem(409, "action_refused")
		entry := w.As("ada").Get("/audit?object=run:" + run).Expect(200)
		require.Equal(t, "run.move", entry.Text("items.0.action"))

		// Suspended, the run keeps what arrives; the outlook says so.
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "suspend", "reason": "an audit"}).Expect(202)
		outlook := oscar.Get("/runs/" + run + "/outlook").Expect(200)
		require.Equal(t, "held", outlook.Text("verdict"))
		require.Equal(t, "suspended", outlook.Text("findings.0.code"))
		require.Equal(t, "resume", outlook.Text("findings.0.repairs.0.action"))
		task := w.Task("oscar", "Second")
		oscar.Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
		require.Equal(t, "active", oscar.Get("/runs/"+run).Expect(200).Text("status"))
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "resume"}).Expect(202)
		require.Equal(t, "completed", oscar.Get("/runs/"+run).Expect(200).Text("status"))
		require.Equal(t, "ended", oscar.Get("/runs/"+run+"/outlook").Expect(200).Text("verdict"))
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "cancel"}).Problem(409, "run_ended")
	})
}

// covers U-01, B-77
func TestOutlookFindsRunsThatNobodyCanMove(t *testing.T) {
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
	run := startRuns(t, w, "two-tasks", 1)[0]
	ada := w.As("ada")
	healthy := ada.Get("/runs/" + run + "/outlook").Expect(200)
	require.Equal(t, "waiting", healthy.Text("verdict"))
	require.Equal(t, "task", healthy.Text("movers.0.kind"))
	require.Zero(t, healthy.Len("findings"), "no false alarm")
	require.Equal(t, 1, healthy.Len("movers.0.people"))

	users := ada.Get("/users?q=oscar").Expect(200)
	id := users.Text("items.0.id")
	one := ada.Get("/users/" + id).Expect(200)
	ada.Do("PATCH", "/users/"+id, map[string]any{"active": false}, "If-Match", one.ETag()).Expect(200)
	stuck := ada.Get("/runs/" + run + "/outlook").Expect(200)
	require.Equal(t, "stuck", stuck.Text("verdict"))
	require.Equal(t, "nobody_active", stuck.Text("findings.0.code"))
	// The repair that is offered does move it.
	repair := stuck.At("findings.0.repairs.1")
	ada.Post("/runs/"+run+"/actions", repair).Expect(202)
	require.Equal(t, "second", ada.Get("/runs/"+run).Expect(200).Text("nodes.0"))
}

// covers U-13, U-14
func TestBulkRepairIsAJobWithALinePerRun(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		runs := startRuns(t, w, "two-tasks", 40)
		oscar := w.As("oscar")
		oscar.Post("/runs/"+runs[0]+"/actions", map[string]any{"action": "move", "node": "first", "to": "second"}).Expect(202)
		all := map[string]any{"filter": map[string]any{"definition": "two-tasks", "statuses": []string{"active"}}}
		wish := map[string]any{"action": "move", "node": "first", "to": "second", "reason": "bulk"}

		dry := oscar.Post("/repairs/preview?limit=100", map[string]any{"wish": wish, "select": all}).Expect(200)
		require.Equal(t, 40, dry.Len("items"))
		verdicts := map[string]int{}
		for i := range 40 {
			verdicts[dry.Text(fmt.Sprintf("items.%d.verdict", i))]++
		}
		require.Equal(t, map[string]int{"does": 39, "cannot": 1}, verdicts)
		w.As("marta").Post("/repairs", map[string]any{"wish": wish, "select": all}).Problem(403, "forbidden")
		oscar.Post("/repairs", map[string]any{"wish": wish, "select": map[string]any{}}).Problem(422, "validation")

		job := oscar.Post("/repairs", map[string]any{"wish": wish, "select": all}).Expect(202).Text("id")
		ended(t, w, job)
		state := oscar.Get("/repairs/" + job).Expect(200)
		require.EqualValues(t, 40, state.At("total"))
		require.EqualValues(t, 39, state.At("changed"))
		require.EqualValues(t, 1, state.At("refused"))
		lines := oscar.Get("/repairs/" + job + "/results?limit=200").Expect(200)
		require.Equal(t, 40, lines.Len("items"))
		for i := range 40 {
			if lines.Text(fmt.Sprintf("items.%d.status", i)) == "done" {
				require.Equal(t, "second", lines.Text(fmt.Sprintf("items.%d.outcome.after.nodes.0", i)))
			}
		}
		for _, run := range runs[:3] {
			entry := w.As("ada").Get("/audit?object=run:" + run).Expect(200)
			require.Equal(t, 1, entry.Len("items"), "one entry for one act")
			require.Equal(t, "run.move", entry.Text("items.0.action"))
		}
		require.Equal(t, job, oscar.Get("/repairs").Expect(200).Text("items.0.id"))
	})
}

// ended waits for a job.
func ended(t *testing.T, w *apptest.World, job string) {
	t.Helper()
	w.Eventually("the job ends", 100*time.Millisecond, func() bool {
		return w.As("oscar").Get("/repairs/"+job).Expect(200).At("open") == false
	})
}

// covers U-22, U-59
func TestMigrationInBulkAndBack(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		runs := startRuns(t, w, "two-tasks", 5)
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", `,{"name":"m","type":"number","default":2}`, "one", "one", "one"))
		oscar := w.As("oscar")
		select5 := map[string]any{"runs": runs}
		blind := map[string]any{"action": "migrate", "version": 2}
		dry := oscar.Post("/repairs/preview", map[string]any{"wish": blind, "select": select5}).Expect(200)
		require.Equal(t, "needsChoice", dry.Text("items.0.verdict"))
		require.Equal(t, "node_missing", dry.Text("items.0.findings.0.code"))
		wish := map[string]any{"action": "migrate", "version": 2, "nodes": map[string]any{"first": "one"}, "reason": "mended"}
		task := w.Task("oscar", "First")
		job := oscar.Post("/repairs", map[string]any{"wish": wish, "select": select5}).Expect(202).Text("id")
		ended(t, w, job)
		lines := oscar.Get("/repairs/" + job + "/results").Expect(200)
		for i := range runs {
			require.Equal(t, "moves", lines.Text(fmt.Sprintf("items.%d.outcome.verdict", i)))
			require.EqualValues(t, 1, lines.At(fmt.Sprintf("items.%d.outcome.keptWaits", i)))
		}
		moved := oscar.Get("/runs/" + runs[0]).Expect(200)
		require.EqualValues(t, 2, moved.At("version"))
		require.Equal(t, "one", moved.Text("waits.0.node"))
		require.Equal(t, "waiting", moved.Text("nodeStates.one.status"))
		// The kept task is the same one, and completing it moves the run in its new version.
		oscar.Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
		oscar.Post("/repairs", map[string]any{"wish": wish, "select": select5}).Expect(202)

		// Several who take it back at the same moment make one job.
		back := ""
		answers := make(chan *apptest.Answer, 4)
		for range cap(answers) {
			go func() { answers <- oscar.Post("/repairs/"+job+"/take-back", map[string]any{"reason": "too early"}) }()
		}
		for range cap(answers) {
			if answer := <-answers; answer.Status == 202 {
				require.Empty(t, back, "taken back twice")
				back = answer.Text("id")
			} else {
				answer.Problem(409, "action_refused")
			}
		}
		ended(t, w, back)
		at1 := 0
		for _, run := range runs {
			if oscar.Get("/runs/"+run).Expect(200).At("version") == float64(1) {
				at1++
			}
		}
		require.Equal(t, 5, at1)
		detail := oscar.Get("/runs/" + runs[1]).Expect(200)
		require.Nil(t, detail.At("variables.m"))
		oscar.Post("/repairs/"+job+"/take-back", map[string]any{}).Problem(409, "action_refused")
	})
}

func TestSuspendedProcessStartsNothing(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		run := startRuns(t, w, "two-tasks", 1)[0]
		oscar := w.As("oscar")
		w.As("dana").Do("PUT", "/suspensions/two-tasks", map[string]any{}).Problem(403, "forbidden")
		oscar.Do("PUT", "/suspensions/nowhere", map[string]any{}).Problem(404, "not_found")
		oscar.Do("PUT", "/suspensions/two-tasks", map[string]any{"reason": "an audit"}).Expect(204)
		require.Equal(t, "two-tasks", oscar.Get("/suspensions").Expect(200).Text("items.0.key"))
		oscar.Post("/definitions/two-tasks/runs", map[string]any{}).Problem(409, "process_suspended")
		require.Equal(t, "held", oscar.Get("/runs/"+run+"/outlook").Expect(200).Text("verdict"))
		oscar.Post("/tasks/"+w.Task("oscar", "First")+"/completion", map[string]any{}).Expect(200)
		require.Equal(t, "first", oscar.Get("/runs/"+run).Expect(200).Text("nodes.0"), "kept")
		oscar.Do("DELETE", "/suspensions/two-tasks", nil).Expect(204)
		w.Eventually("the kept event is applied", 100*time.Millisecond, func() bool {
			return oscar.Get("/runs/"+run).Expect(200).Text("nodes.0") == "second"
		})
		startRuns(t, w, "two-tasks", 1)
		oscar.Do("PUT", "/suspensions/*", map[string]any{"reason": "maintenance"}).Expect(204)
		oscar.Post("/definitions/two-tasks/runs", map[string]any{}).Problem(409, "process_suspended")
		oscar.Do("DELETE", "/suspensions/*", nil).Expect(204)
		startRuns(t, w, "two-tasks", 1)
	})
}
