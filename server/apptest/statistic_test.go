package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// An operator sees what happened when, how it was at any moment, and how long
// the steps of all runs took.
func TestOperatorLooksBackAndMeasures(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		runs := startRuns(t, w, "two-tasks", 3)
		oscar := w.As("oscar")
		complete := func(run string) {
			task := oscar.Get("/runs/" + run).Expect(200).Text("waits.0.taskId")
			oscar.Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
		}
		settled := func(run, node string) {
			w.Eventually(run+" at "+node, time.Second, func() bool {
				r := oscar.Get("/runs/" + run).Expect(200)
				return r.Text("waits.0.node") == node || node == "" && r.Text("status") == "completed"
			})
		}
		for _, run := range runs[:2] {
			settled(run, "first")
			w.Clock.Advance(time.Hour)
			complete(run)
			settled(run, "second")
		}
		oscar.Post("/runs/"+runs[0]+"/actions", map[string]any{"action": "setVariables", "variables": map[string]any{"n": 5}, "reason": "counted again"}).Expect(202)
		w.Clock.Advance(time.Hour)
		complete(runs[0])
		settled(runs[0], "")

		line := oscar.Get("/runs/" + runs[0] + "/timeline").Expect(200)
		require.Equal(t, 4, line.Len("bars"), "start, two tasks, end")
		require.Equal(t, "first", line.Text("bars.1.node"))
		require.Equal(t, "person", line.Text("bars.1.parts.0.kind"))
		require.Equal(t, "done", line.Text("bars.1.end"))
		require.NotEmpty(t, line.Text("bars.1.by"))
		require.Equal(t, 1, line.Len("interventions"))
		require.Contains(t, line.Text("interventions.0.text"), "counted again")

		begin := fmt.Sprint(line.At("bars.1.seq"))
		then := oscar.Get("/runs/" + runs[0] + "/past?seq=" + begin).Expect(200)
		require.Equal(t, "active", then.Text("status"))
		require.EqualValues(t, 1, then.At("nodeStates.first.tokens"))
		require.EqualValues(t, 1, then.At("variables.n"), "as declared")
		require.Nil(t, then.At("nodeStates.second"))
		now := oscar.Get("/runs/" + runs[0] + "/past?seq=99999").Expect(200)
		require.Equal(t, "completed", now.Text("status"))
		require.EqualValues(t, 5, now.At("variables.n"))
		oscar.Get("/runs/"+runs[0]+"/past?seq=0").Problem(422, "validation")

		vars := oscar.Get("/runs/" + runs[0] + "/variables").Expect(200)
		require.Equal(t, "n", vars.Text("items.0.name"))
		require.EqualValues(t, 5, vars.At("items.0.changes.0.value"))
		require.Equal(t, "counted again", vars.Text("items.0.changes.0.reason"))

		st := oscar.Get("/definitions/two-tasks/statistics?period=24h").Expect(200)
		require.EqualValues(t, 1, st.At("statuses.completed"))
		require.EqualValues(t, 2, st.At("statuses.active"))
		require.EqualValues(t, 1, st.At("outcomes.completed"))
		require.GreaterOrEqual(t, st.At("medianMs"), float64(3*time.Hour/time.Millisecond))
		sum := 0.0
		for i := range st.Len("started") {
			sum += st.At(fmt.Sprintf("started.%d", i)).(float64)
		}
		require.EqualValues(t, 3, sum)
		steps := oscar.Get("/definitions/two-tasks/statistics/steps?period=24h&version=1").Expect(200)
		require.EqualValues(t, 2, steps.At("nodes.first.count"))
		require.InDelta(t, float64(time.Hour/time.Millisecond), steps.At("nodes.first.medianMs"), 60_000)
		require.Equal(t, true, steps.At("all"))
		all := oscar.Get("/statistics/definitions?q=Two").Expect(200)
		require.Equal(t, 1, all.Len("items"))
		require.EqualValues(t, 2, all.At("items.0.statuses.active"))
		oscar.Get("/statistics/definitions?period=8d").Problem(422, "validation")

		marta := w.As("marta")
		for _, path := range []string{"/runs/" + runs[0] + "/timeline", "/runs/" + runs[0] + "/past?seq=1", "/runs/" + runs[0] + "/variables",
			"/definitions/two-tasks/statistics", "/definitions/two-tasks/statistics/steps", "/statistics/definitions"} {
			marta.Get(path).Problem(403, "forbidden")
		}
	})
}
