package apptest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

func TestOperatorDropsAKeptEvent(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		run := startRuns(t, w, "two-tasks", 1)[0]
		oscar := w.As("oscar")
		drop := func(event string) map[string]any {
			return map[string]any{"action": "dropEvent", "event": event, "reason": "sent by mistake"}
		}
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "dropEvent"}).Problem(422, "validation")
		refused := oscar.Post("/runs/"+run+"/actions", drop("any")).Problem(409, "action_refused")
		require.Equal(t, "not_held", refused.Text("reason"))

		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "suspend"}).Expect(202)
		oscar.Post("/tasks/"+w.Task("oscar", "First")+"/completion", map[string]any{}).Expect(200)
		var kept string
		held := oscar.Get("/runs/" + run + "/outlook").Expect(200)
		require.Equal(t, true, held.At("droppable"))
		for i := range held.Len("keptEvents") {
			if at := fmt.Sprintf("keptEvents.%d.", i); held.Text(at+"kind") == "taskCompleted" {
				kept = held.Text(at + "id")
				require.Equal(t, "First", held.Text(at+"nodeName"))
				require.NotEmpty(t, held.Text(at+"by"))
			}
		}
		require.NotEmpty(t, kept, "the completed task is kept")
		refused = oscar.Post("/runs/"+run+"/actions", drop("other")).Problem(409, "action_refused")
		require.Equal(t, "event_gone", refused.Text("reason"))
		w.As("marta").Post("/runs/"+run+"/actions", drop(kept)).Problem(403, "forbidden")
		require.Equal(t, "does", oscar.Post("/runs/"+run+"/actions/preview", drop(kept)).Expect(200).Text("verdict"))
		bulk := map[string]any{"wish": drop(kept), "select": map[string]any{"runs": []string{run}}}
		require.Equal(t, "one_only", oscar.Post("/repairs/preview", bulk).Expect(200).Text("items.0.why"))

		done := oscar.Post("/runs/"+run+"/actions", drop(kept)).Expect(202)
		require.Equal(t, "First", done.Text("outcome.after.names.0"))
		entry := w.As("ada").Get("/audit?object=run:" + run).Expect(200)
		require.Equal(t, "run.dropEvent", entry.Text("items.0.action"))
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "resume"}).Expect(202)
		require.Equal(t, "first", oscar.Get("/runs/"+run).Expect(200).Text("nodes.0"), "it goes on as if the task had never been done")
	})
}

func TestSuspensionTellsWhoAndWhat(t *testing.T) {
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
	oscar := w.As("oscar")
	oscar.Do("PUT", "/suspensions/two-tasks", map[string]any{"reason": "an audit"}).Expect(204)
	oscar.Do("PUT", "/suspensions/*", map[string]any{"reason": "the database moves"}).Expect(204)
	all := oscar.Get("/suspensions").Expect(200)
	require.Equal(t, 2, all.Len("items"))
	named := map[string]string{}
	for i := range 2 {
		at := fmt.Sprintf("items.%d.", i)
		require.Contains(t, all.Text(at+"by"), "Oscar")
		named[all.Text(at+"key")], _ = all.At(at + "name").(string)
	}
	require.Equal(t, map[string]string{"two-tasks": "Two tasks", "*": ""}, named)
	oscar.Do("DELETE", "/suspensions/*", nil).Expect(204)
	oscar.Do("DELETE", "/suspensions/two-tasks", nil).Expect(204)
}
