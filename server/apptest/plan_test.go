package apptest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

func TestSeveralChangesOfARunAreOneAct(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		run := startRuns(t, w, "two-tasks", 1)[0]
		oscar := w.As("oscar")
		step := func(action string, more map[string]any) map[string]any {
			more["action"] = action
			return more
		}
		plan := func(steps ...any) map[string]any {
			return map[string]any{"action": "plan", "steps": steps, "reason": "found on paper"}
		}
		good := plan(step("move", map[string]any{"node": "first", "to": "second"}), step("place", map[string]any{"node": "first"}),
			step("setVariables", map[string]any{"variables": map[string]any{"n": 7}}))
		bad := plan(step("setVariables", map[string]any{"variables": map[string]any{"n": 9}}), step("fire", map[string]any{"node": "second"}))

		seen := oscar.Post("/runs/"+run+"/actions/preview", good).Expect(200)
		require.Equal(t, "does", seen.Text("verdict"))
		require.Equal(t, 2, seen.Len("after.nodes"))
		require.Equal(t, "first", oscar.Get("/runs/"+run).Expect(200).Text("waits.0.node"), "nothing was stored")
		refused := oscar.Post("/runs/"+run+"/actions/preview", bad).Expect(200)
		require.Equal(t, "cannot", refused.Text("verdict"))
		require.Equal(t, "no_token_parked", refused.Text("why"))
		require.EqualValues(t, 2, refused.At("step"))
		w.As("marta").Post("/runs/"+run+"/actions", good).Problem(403, "forbidden")

		// What cannot be done as a whole is not done at all.
		oscar.Post("/runs/"+run+"/actions", bad).Problem(409, "action_refused")
		require.EqualValues(t, 1, oscar.Get("/runs/"+run).Expect(200).At("variables.n"))
		oscar.Post("/runs/"+run+"/actions", plan()).Problem(422, "validation")
		oscar.Post("/runs/"+run+"/actions", plan(step("move", map[string]any{"node": "first"}))).Problem(422, "validation")
		oscar.Post("/runs/"+run+"/actions", plan(step("migrate", map[string]any{}))).Problem(422, "validation")
		require.Zero(t, w.As("ada").Get("/audit?object=run:"+run).Expect(200).Len("items"))

		oscar.Post("/runs/"+run+"/actions", good).Expect(202)
		after := oscar.Get("/runs/" + run).Expect(200)
		require.Equal(t, 2, after.Len("waits"))
		require.EqualValues(t, 7, after.At("variables.n"))
		trail := w.As("ada").Get("/audit?object=run:" + run).Expect(200)
		require.Equal(t, 1, trail.Len("items"), "one act, one entry")
		require.Equal(t, "run.plan", trail.Text("items.0.action"))
		require.Contains(t, string(trail.Raw), `move first second`)
		require.Contains(t, string(trail.Raw), `n=7`)

		// A run that is held keeps the plan as one event, and does all of it when it goes on.
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "suspend", "reason": "an audit"}).Expect(202)
		kept := oscar.Post("/runs/"+run+"/actions", plan(step("move", map[string]any{"node": "second", "to": "e"}), step("move", map[string]any{"node": "first", "to": "second"}))).Expect(202)
		require.Equal(t, "kept", kept.Text("outcome.verdict"))
		require.Equal(t, 1, oscar.Get("/runs/"+run+"/outlook").Expect(200).Len("keptEvents"))
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "resume"}).Expect(202)
		moved := oscar.Get("/runs/" + run).Expect(200)
		require.Equal(t, 1, moved.Len("waits"))
		require.Equal(t, "second", moved.Text("waits.0.node"))
	})
}
