package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// processUndone takes back what a status-driven process has done, or only looks.
func processUndone(t *testing.T, w *apptest.World, process string, in map[string]any) *apptest.Answer {
	t.Helper()
	ada := w.As("ada")
	id := ada.Post("/status-processes/"+process+"/undo", in).Expect(202).Text("id")
	var v *apptest.Answer
	w.Eventually("the undoing has ended", 10*time.Millisecond, func() bool {
		v = ada.Get("/undoings/" + id).Expect(200)
		return v.Text("job.status") == "done"
	})
	return v
}

// covers 5.7: what a version of a status-driven process has done by its entry, exit,
// command and delay is found, ended and turned back as far as nobody has touched it.
func TestStatusProcessIsTakenBack(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	writes := func(id, field, value string) map[string]any {
		return map[string]any{"id": id, "robot": "record.setFields", "config": map[string]any{"fields": []any{map[string]any{"field": field, "value": value}}}}
	}
	content := template("Review",
		aStatus("draft", "entry", list{writes("in", "title", "WRONG")}, "exit", list{{"id": "out", "robot": "record.setStage", "config": map[string]any{"stage": "qualified"}}},
			"commands", list{aCommand("go", nil, writes("cmd", "comment", "wrong"), sets("on", "review"))}),
		aStatus("review", "entry", list{says("told", "in review")},
			"commands", list{aCommand("ask", nil, map[string]any{"id": "task", "robot": "userTask", "config": map[string]any{"assignees": []any{"marta"}}}), aCommand("close", nil, sets("end", "closed"))},
			"delays", list{
				{"id": "soon", "timing": after(1, "day"), "steps": list{writes("soonSet", "title", "LATE")}},
				{"id": "late", "timing": after(9, "day"), "steps": list{says("lateSays", "late")}}}),
		aStatus("closed"))
	made := ada.Post("/status-processes", content).Expect(201)
	deals, runs := map[string]string{}, map[string]string{}
	place := map[string]any{}
	for _, name := range []string{"untouched", "edited", "ended"} {
		id := aDeal(w, name)
		changeDeal(w, id, map[string]any{"comment": "mine"})
		d := marta.Get("/records/deal/" + id).Expect(200)
		deals[name], place[name] = id, []any{d.Text("stageId"), d.At("stageEntry")}
		runs[name] = begun(w, id, "review")
		comes(w, id, "draft")
		press(w, "marta", id, runs[name], "go").Expect(200)
		comes(w, id, "review")
	}
	press(w, "marta", deals["ended"], runs["ended"], "close").Expect(200)
	w.Eventually("it is over", 0, func() bool { return ofDeal(w, "marta", deals["ended"]).Text("items.0.status") == "completed" })
	later(w, 25*time.Hour)
	ada, marta = w.As("ada"), w.As("marta")
	title := func(name string) string { return marta.Get("/records/deal/" + deals[name]).Expect(200).Text("title") }
	w.Eventually("the delay has come", 0, func() bool { return title("untouched") == "LATE" && title("edited") == "LATE" })
	changeDeal(w, deals["edited"], map[string]any{"comment": "by hand"})
	moveTo(w, deals["edited"], "contract")
	comes(w, deals["untouched"], "review")
	press(w, "marta", deals["untouched"], runs["untouched"], "ask").Expect(200)
	w.Eventually("the task is there", 0, func() bool { return marta.Get("/tasks").Expect(200).Len("items") > 0 })
	var open string
	for i, tasks := 0, marta.Get("/tasks").Expect(200); i < tasks.Len("items"); i++ {
		if at := "items." + string(rune('0'+i)) + "."; tasks.Text(at+"run") == runs["untouched"] || tasks.Text(at+"runId") == runs["untouched"] {
			open = tasks.Text(at + "id")
		}
	}
	require.NotEmpty(t, open)

	// A later version has its own work, which stays.
	content["name"] = "Review 2"
	ada.Do("PUT", "/status-processes/review", content, "If-Match", made.ETag()).Expect(200)
	other := aDeal(w, "other version")
	otherRun := begun(w, other, "review")
	comes(w, other, "draft")

	ada.Post("/status-processes/review/undo", map[string]any{"dry": true, "version": 9}).Problem(404, "not_found")
	ada.Post("/status-processes/nothing/undo", map[string]any{"dry": true}).Problem(404, "not_found")
	marta.Post("/status-processes/review/undo", map[string]any{"dry": true}).Problem(403, "forbidden")
	require.Empty(t, found(processUndone(t, w, "review", map[string]any{"dry": true, "version": 1, "from": w.Clock.Now().Add(time.Hour).Format(time.RFC3339)})))

	want := map[string]int{
		"run back": 2, "run left ended": 1, "status back": 2, "status left ended": 2,
		"field back": 5, "field kept changed": 1, "stage back": 2, "stage kept changed": 1, "task back": 1, "comment left outside": 3,
	}
	dry := processUndone(t, w, "review", map[string]any{"dry": true, "version": 1})
	require.Equal(t, want, found(dry))
	require.EqualValues(t, 3, dry.At("records"))
	require.Equal(t, "active", marta.Get("/records/deal/"+deals["untouched"]+"/status-processes").Expect(200).Text("items.0.status"), "looking ends nothing")
	require.Equal(t, want, found(processUndone(t, w, "review", map[string]any{"version": 1})))

	back := func(name string) []any {
		d := marta.Get("/records/deal/" + deals[name]).Expect(200)
		return []any{d.Text("title"), d.Text("comment"), []any{d.Text("stageId"), d.At("stageEntry")}}
	}
	require.Equal(t, []any{"untouched", "mine", place["untouched"]}, back("untouched"))
	require.Equal(t, []any{"ended", "mine", place["ended"]}, back("ended"))
	require.Equal(t, []any{"edited", "by hand", "contract"}, []any{back("edited")[0], back("edited")[1], stageOf(w, deals["edited"])})
	for _, name := range []string{"untouched", "edited"} {
		require.Equal(t, "canceled", ofDeal(w, "marta", deals[name]).Text("items.0.status"))
	}
	require.Equal(t, "canceled", marta.Get("/tasks/"+open).Expect(200).Text("status"))
	require.Equal(t, []any{"active", "WRONG"}, []any{w.As("oscar").Get("/runs/" + otherRun).Expect(200).Text("status"), marta.Get("/records/deal/" + other).Expect(200).Text("title")})
	later(w, 30*24*time.Hour)
	require.Zero(t, comments(w, deals["untouched"], "late"), "nothing of it comes any more")
	require.Contains(t, string(w.As("ada").Get("/audit?limit=50").Expect(200).Raw), "statusProcess.undone")
}
