package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers 5.7: the closed steps and tasks of runs go after a month (cluster.retention).
// What a robot has done is still found afterwards, from the histories of the runs, also
// when its stage was emptied long ago and the robot was taken off it.
func TestUndoingFindsWhatWasDoneLongAgo(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("set", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "wrong"}, map[string]any{"field": "title", "value": "WRONG"}}}),
		robot("copy", "record.copy", rightAway, map[string]any{"title": "Acopy"}),
		robot("say", "comment.add", rightAway, comment("said")),
		robot("ask", "userTask", rightAway, map[string]any{"assignees": []any{"marta"}}),
		robot("mail", "mail.send", rightAway, map[string]any{"to": "client@example.com", "subject": "Your deal", "body": "Soon."}),
	}}).Expect(200)
	id := aDeal(w, "One")
	moveTo(w, id, "qualified")
	for _, r := range []string{"set", "copy", "say", "mail"} {
		becomes(w, id, r, "done")
	}
	marta := w.As("marta")
	task := marta.Get("/tasks?view=mine").Expect(200)
	require.Equal(t, 1, task.Len("items"))
	marta.Post("/tasks/"+task.Text("items.0.id")+"/completion", map[string]any{}).Expect(200)
	becomes(w, id, "ask", "done")
	changeDeal(w, id, map[string]any{"comment": "mine"})
	runs := w.As("oscar").Get("/runs?limit=10&recordType=deal&recordId=" + id).Expect(200)
	require.Equal(t, 1, runs.Len("items"))
	run := core.RunID(runs.Text("items.0.id"))
	moveTo(w, id, "lost")

	want := map[string]map[string]int{
		"set":  {"field back": 1, "field kept changed": 1},
		"copy": {"created back": 1},
		"say":  {"comment left outside": 1},
		"ask":  {"task left done": 1},
		"mail": {"mail left outside": 1},
	}
	for name, items := range want {
		require.Equal(t, items, found(undone(t, w, "qualified", name, true)), name)
	}
	putBoard(w, nil).Expect(200)
	later(w, 200*24*time.Hour)
	w.Eventually("the steps of the run have gone", 10*time.Millisecond, func() bool {
		left, err := w.App.Stores.Engine.RunEffects(t.Context(), run)
		require.NoError(t, err)
		return len(left) == 0
	})
	for name, items := range want {
		require.Equal(t, items, found(undone(t, w, "qualified", name, true, "version", 1)), name)
	}
	require.Empty(t, found(undone(t, w, "qualified", "set", true, "from", w.Clock.Now().Format(time.RFC3339))), "the period is asked for still")
	require.Equal(t, want["set"], found(undone(t, w, "qualified", "set", false)))
	require.Equal(t, want["copy"], found(undone(t, w, "qualified", "copy", false)))
	deal := w.As("marta").Get("/records/deal/" + id).Expect(200)
	require.Equal(t, []string{"One", "mine", "lost"}, []string{deal.Text("title"), deal.Text("comment"), deal.Text("stageId")})
	require.Zero(t, w.As("marta").Get("/records/deal?q=Acopy").Expect(200).Len("items"))
}

// covers 5.7: contacts and companies that a robot has changed go back field by field,
// as far as nobody has changed them since. A mail that went out is listed.
func TestUndoingTurnsBackWhatARobotChangedOfClients(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	contact := marta.Post("/contacts", map[string]any{"firstName": "Jan", "lastName": "Kos", "email": "jan@kos.test", "position": "Clerk", "phone": "+48 601 202 303"}).Expect(201).Text("id")
	company := marta.Post("/companies", map[string]any{"name": "Kos", "email": "office@kos.test", "address": "Old street"}).Expect(201).Text("id")
	client := func(kind string, values ...any) map[string]any {
		fields := []any{}
		for i := 0; i+1 < len(values); i += 2 {
			fields = append(fields, map[string]any{"field": values[i], "value": values[i+1]})
		}
		return map[string]any{"client": kind, "update": true, "fields": fields}
	}
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("person", "record.setClient", rightAway, client("contact", "email", "jan@kos.test", "position", "Buyer", "phone", "+48 111 111 111")),
		robot("firm", "record.setClient", afterIt, client("company", "email", "office@kos.test", "address", "Wrong street")),
		robot("again", "record.setClient", afterIt, client("company", "email", "office@kos.test", "address", "Wrong street")),
		robot("mail", "mail.send", rightAway, map[string]any{"to": "client@example.com", "subject": "Your deal", "body": "Soon."}),
	}}).Expect(200)
	id := aDeal(w, "One")
	moveTo(w, id, "qualified")
	for _, r := range []string{"person", "firm", "again", "mail"} {
		becomes(w, id, r, "done")
	}
	was := marta.Get("/contacts/" + contact).Expect(200)
	require.Equal(t, "Buyer", was.Text("position"))
	marta.Do("PATCH", "/contacts/"+contact, map[string]any{"phone": "+48 222 222 222"}, "If-Match", was.ETag()).Expect(200)

	items := func(robot string, dry bool) map[string]int { return found(undone(t, w, "qualified", robot, dry)) }
	require.Equal(t, map[string]int{"field back": 2, "field kept changed": 1}, items("person", true), "the link of the deal, and two fields of the client")
	require.Equal(t, "Buyer", marta.Get("/contacts/"+contact).Expect(200).Text("position"), "looking changes nothing")
	require.Equal(t, map[string]int{"field back": 2, "field kept changed": 1}, items("person", false))
	now := marta.Get("/contacts/" + contact).Expect(200)
	require.Equal(t, []string{"Clerk", "+48 222 222 222"}, []string{now.Text("position"), now.Text("phone")})
	require.Empty(t, marta.Get("/records/deal/"+id).Expect(200).Text("contactId"))
	require.Equal(t, map[string]int{"field back": 2}, items("firm", false))
	require.Equal(t, "Old street", marta.Get("/companies/"+company).Expect(200).Text("address"))
	require.Equal(t, map[string]int{"mail left outside": 1}, items("mail", false))

	// One that has gone is told of.
	marta.Do("DELETE", "/contacts/"+contact, nil, "If-Match", now.ETag()).Expect(204)
	require.Equal(t, 1, items("person", true)["client kept gone"])
}

// covers 5.7: records that a trigger has moved go back to where they stood, into their
// former entry, those that were moved since stay; nothing that waits there goes on.
func TestMovesOfATriggerAreTakenBack(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	putBoard(w, map[string][]map[string]any{"contract": {robot("late", "comment.add", after(10, "day"), comment("late"))}}).Expect(200)
	board := ada.Get("/stage-boards/sales").Expect(200)
	stages := board.At("stages").([]any)
	for _, s := range stages {
		if stage := s.(map[string]any); stage["stage"] == "contract" {
			stage["triggers"] = []any{map[string]any{"id": "paid", "type": "webhook", "config": map[string]any{"code": "paid"}}}
		}
	}
	ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": stages}, "If-Match", board.ETag()).Expect(200)
	path := hooked(w)
	var ids []string
	for _, title := range []string{"One", "Two", "Three"} {
		id := aDeal(w, title)
		moveTo(w, id, "qualified")
		ids = append(ids, id)
	}
	entry := w.As("marta").Get("/records/deal/" + ids[0]).Expect(200).At("stageEntry")
	for _, id := range ids[:2] {
		w.Anonymous().Post(path, map[string]any{"type": "deal", "id": id, "code": "paid"}).Expect(202)
		said(w, id, "paid moved")
		becomes(w, id, "late", "waiting")
	}
	moveTo(w, ids[2], "contract") // by hand
	moveTo(w, ids[1], "lost")

	take := func(dry bool, in map[string]any) map[string]int {
		t.Helper()
		in["dry"] = dry
		id := w.As("ada").Post("/stage-boards/sales/stages/contract/triggers/paid/undo", in).Expect(202).Text("id")
		var v *apptest.Answer
		w.Eventually("it has ended", 10*time.Millisecond, func() bool {
			v = w.As("ada").Get("/undoings/" + id).Expect(200)
			return v.Text("job.status") == "done"
		})
		return found(v)
	}
	want := map[string]int{"stage back": 1, "stage kept changed": 1}
	w.Eventually("the stories are told", 10*time.Millisecond, func() bool { return take(true, map[string]any{})["stage back"] == 1 })
	require.Equal(t, want, take(true, map[string]any{}))
	require.Empty(t, take(true, map[string]any{"from": w.Clock.Now().Add(time.Hour).Format(time.RFC3339)}))
	later(w, 5*24*time.Hour)
	putBoard(w, nil).Expect(200)
	require.Equal(t, want, take(false, map[string]any{}))
	back := w.As("marta").Get("/records/deal/" + ids[0]).Expect(200)
	require.Equal(t, []any{"qualified", entry}, []any{back.Text("stageId"), back.At("stageEntry")})
	require.Equal(t, []string{"lost", "contract"}, []string{stageOf(w, ids[1]), stageOf(w, ids[2])})
	later(w, 30*24*time.Hour)
	require.Zero(t, comments(w, ids[0], "late"))
	require.Equal(t, map[string]int{"stage kept changed": 2}, take(true, map[string]any{}), "once more: both stand elsewhere by now")

	w.As("oscar").Post("/stage-boards/sales/stages/contract/triggers/paid/undo", map[string]any{}).Problem(403, "forbidden")
	w.As("ada").Post("/stage-boards/sales/stages/contract/triggers/never/undo", map[string]any{}).Problem(404, "not_found")
	require.Contains(t, string(w.As("ada").Get("/audit?limit=50").Expect(200).Raw), "stageTrigger.undone")
}
