package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// undoneStep takes the work of a step of a status-driven process back, or only looks,
// and waits for the end.
func undoneStep(w *apptest.World, process, step string, dry bool, more ...any) *apptest.Answer {
	w.T.Helper()
	in := map[string]any{"dry": dry}
	for i := 0; i+1 < len(more); i += 2 {
		in[more[i].(string)] = more[i+1]
	}
	return undoingEnds(w, w.As("ada").Post("/status-processes/"+process+"/steps/"+step+"/undo", in).Expect(202).Text("id"))
}

// covers 5.7, B-02: a wrong step of a status-driven process is looked at and taken back,
// in handlers of every kind and over several stays; what people have changed since stays.
func TestStepsOfStatusProcessesAreTakenBack(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	does := func(id, robot string, config map[string]any) map[string]any {
		return map[string]any{"id": id, "robot": robot, "config": config}
	}
	draft := aStatus("draft",
		"entry", list{does("mark", "record.setFields", map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "wrong"}}}), does("copy", "record.copy", map[string]any{"title": "Acopy"})},
		"exit", list{does("owner", "record.setResponsible", map[string]any{"user": "henrik"})},
		"commands", list{aCommand("on", nil, does("say", "comment.add", comment("said")), sets("go", "review")), aCommand("ask", nil, does("task", "userTask", map[string]any{"assignees": []any{"marta"}}), says("behind", "went on"))},
		"delays", list{map[string]any{"id": "soon", "name": "Soon", "timing": after(1, "hour"), "steps": list{does("call", "webhook.call", map[string]any{"url": "http://127.0.0.1:9/x", "method": "POST"})}}})
	made := w.As("ada").Post("/status-processes", template("Wrong", draft, aStatus("review", "commands", list{aCommand("back", nil, sets("again", "draft"))}))).Expect(201)
	one, two := aDeal(w, "One"), aDeal(w, "Two")
	runs := map[string]string{}
	for _, id := range []string{one, two} {
		changeDeal(w, id, map[string]any{"responsibleId": "marta", "comment": "before"})
		runs[id] = begun(w, id, "wrong")
		comes(w, id, "draft")
		press(w, "marta", id, runs[id], "on").Expect(200)
		comes(w, id, "review")
	}
	press(w, "marta", one, runs[one], "back").Expect(200) // a second stay
	comes(w, one, "draft")
	changeDeal(w, two, map[string]any{"comment": "mine"})

	looked := undoneStep(w, "wrong", "mark", true)
	require.Equal(t, map[string]int{"field back": 1, "field kept changed": 1}, found(looked))
	require.Equal(t, "wrong", marta.Get("/records/deal/"+one).Expect(200).Text("comment"), "looking changes nothing")
	require.Equal(t, map[string]int{"field back": 1, "field kept changed": 1}, found(undoneStep(w, "wrong", "mark", false)))
	require.Equal(t, []string{"before", "mine"}, []string{marta.Get("/records/deal/" + one).Expect(200).Text("comment"), marta.Get("/records/deal/" + two).Expect(200).Text("comment")})
	require.Equal(t, map[string]int{"created back": 3}, found(undoneStep(w, "wrong", "copy", false)), "two stays of the one, one of the other")
	require.Equal(t, map[string]int{"field back": 2}, found(undoneStep(w, "wrong", "owner", false)))
	require.Equal(t, []string{"marta", "marta"}, []string{marta.Get("/records/deal/" + one).Expect(200).Text("responsibleId"), marta.Get("/records/deal/" + two).Expect(200).Text("responsibleId")})
	require.Equal(t, map[string]int{"comment left outside": 2}, found(undoneStep(w, "wrong", "say", false)))

	// What is begun and not finished is withdrawn, and the process goes on behind it.
	press(w, "marta", one, runs[one], "ask").Expect(200)
	w.Eventually("the task", 0, func() bool { return marta.Get("/tasks?view=mine").Expect(200).Len("items") == 1 })
	require.Equal(t, map[string]int{"task back": 1}, found(undoneStep(w, "wrong", "task", false)))
	w.Eventually("the task is closed, and the process went on", 0, func() bool {
		return marta.Get("/tasks?view=mine").Expect(200).Len("items") == 0 && comments(w, one, "went on") == 1
	})
	comes(w, one, "draft")
	later(w, time.Hour+time.Second)
	w.Eventually("the call has failed", 0, func() bool { return w.As("oscar").Get("/runs/"+runs[one]).Expect(200).Len("incidents") == 1 })
	require.Equal(t, map[string]int{"unsent back": 1}, found(undoneStep(w, "wrong", "call", false)))
	w.Eventually("its incident is gone", 0, func() bool { return w.As("oscar").Get("/runs/"+runs[one]).Expect(200).Len("incidents") == 0 })
	require.Equal(t, map[string]int{}, found(undoneStep(w, "wrong", "call", true, "version", 1, "to", "2020-01-01T00:00:00Z")))

	// A step that is gone from the template is still known by its versions; none is refused.
	less := template("Wrong", aStatus("draft"), aStatus("review"))
	delete(less, "type")
	w.As("ada").Do("PUT", "/status-processes/wrong", less, "If-Match", w.As("ada").Get("/status-processes/wrong").ETag()).Expect(200)
	require.Equal(t, map[string]int{"field kept changed": 2}, found(undoneStep(w, "wrong", "mark", true, "version", 1)), "one was taken back, the other is a person's")
	for _, path := range []string{"/status-processes/wrong/steps/never/undo", "/status-processes/none/steps/mark/undo"} {
		w.As("ada").Post(path, map[string]any{"dry": true}).Problem(404, "not_found")
	}
	w.As("ada").Post("/status-processes/wrong/steps/mark/undo", map[string]any{"dry": true, "version": 9}).Problem(404, "not_found")
	marta.Post("/status-processes/wrong/steps/mark/undo", map[string]any{"dry": true}).Problem(403, "forbidden")
	require.NotEmpty(t, made.Text("id"))
}
