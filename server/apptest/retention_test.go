package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Ended runs go when their time is over, with their history; those of a process
// that says so go earlier or never, and what goes on stays.
//
// covers B-48, B-75, U-38
func TestEndedRunsAreRemovedInTheEnd(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada := w.As("ada")
		w.As("marta").Get("/settings/retention").Problem(403, "forbidden")
		rule := ada.Get("/settings/retention").Expect(200)
		require.EqualValues(t, 365, rule.At("days"))
		for _, key := range []string{"usual", "short", "kept"} {
			publishText(t, w, key, `{"format":"fluxo/process@1","key":"`+key+`","name":"`+key+`",
				"nodes":[{"id":"s","kind":"startEvent"},{"id":"first","kind":"userTask","name":"First","config":{"assignee":{"expr":"run.startedBy"}}},{"id":"e","kind":"endEvent"}],
				"flows":[{"id":"f1","from":"s","to":"first"},{"id":"f2","from":"first","to":"e"}]}`)
		}
		put := func(body map[string]any, tag string) *apptest.Answer {
			return ada.Do("PUT", "/settings/retention", body, "If-Match", tag)
		}
		put(map[string]any{"days": 29, "processes": map[string]int{}}, rule.ETag()).Problem(422, "validation")
		put(map[string]any{"days": -1, "processes": map[string]int{}}, rule.ETag()).Problem(422, "validation")
		put(map[string]any{"days": 365, "processes": map[string]int{"nothing": 40}}, rule.ETag()).Problem(422, "validation")
		saved := put(map[string]any{"days": 365, "processes": map[string]int{"short": 40, "kept": 0}}, rule.ETag()).Expect(200)
		require.NotEqual(t, rule.ETag(), saved.ETag())
		put(map[string]any{"days": 365, "processes": map[string]int{}}, rule.ETag()).Problem(409, "stale")

		ended, live := map[string]string{}, map[string]string{}
		oscar := w.As("oscar")
		for _, key := range []string{"usual", "short", "kept"} {
			runs := startRuns(t, w, key, 2)
			ended[key], live[key] = runs[0], runs[1]
			oscar.Post("/tasks/"+oscar.Get("/runs/"+runs[0]).Expect(200).Text("waits.0.taskId")+"/completion", map[string]any{}).Expect(200)
			w.Eventually("the run ends", time.Second, func() bool { return oscar.Get("/runs/"+runs[0]).Text("status") == "completed" })
		}
		there := func(run string) bool { return oscar.Get("/runs/"+run).Status == 200 }
		audited := func() int { return ada.Get("/audit?action=runs.removed").Expect(200).Len("items") }
		signIn := func() { // the session has ended meanwhile
			w.SignOutAll()
			ada, oscar = w.As("ada"), w.As("oscar")
		}
		w.Clock.Advance(39 * 24 * time.Hour)
		signIn()
		w.Eventually("other things are swept", 20*time.Minute, func() bool { return w.Clock.Now().After(apptest.Start.Add(39*24*time.Hour + 12*time.Hour)) })
		require.True(t, there(ended["short"]))
		w.Clock.Advance(24 * time.Hour)
		signIn()
		w.Eventually("the short one goes", time.Minute, func() bool { return !there(ended["short"]) })
		require.True(t, there(ended["usual"]))
		oscar.Get("/runs/"+ended["short"]+"/records").Problem(404, "not_found")
		w.Eventually("the trail tells", time.Minute, func() bool { return audited() == 1 })
		require.Equal(t, "definitions:short", ada.Get("/audit?action=runs.removed").Text("items.0.object"))
		require.Equal(t, 1, ada.Get("/audit?action=retentionChanged").Expect(200).Len("items"))
		counts := oscar.Get("/definitions/short/counts").Expect(200)
		require.EqualValues(t, 0, counts.At("statuses.completed"))
		require.EqualValues(t, 1, counts.At("statuses.active"))

		w.Clock.Advance(326 * 24 * time.Hour)
		signIn()
		w.Eventually("the usual one goes", time.Minute, func() bool { return !there(ended["usual"]) })
		require.True(t, there(ended["kept"]))
		for _, run := range live {
			require.True(t, there(run))
		}
	})
}
