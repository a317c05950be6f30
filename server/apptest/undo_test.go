package apptest_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// undone takes the work of a robot back, or only looks, and waits for the end.
func undone(t *testing.T, w *apptest.World, stage, robot string, dry bool, more ...any) *apptest.Answer {
	t.Helper()
	ada := w.As("ada")
	in := map[string]any{"dry": dry}
	for i := 0; i+1 < len(more); i += 2 {
		in[more[i].(string)] = more[i+1]
	}
	return undoingEnds(w, ada.Post("/stage-boards/sales/stages/"+stage+"/robots/"+robot+"/undo", in).Expect(202).Text("id"))
}

// undoingEnds waits for the end of an undoing.
func undoingEnds(w *apptest.World, id string) (v *apptest.Answer) {
	w.T.Helper()
	w.Eventually("the undoing has ended", 10*time.Millisecond, func() bool {
		v = w.As("ada").Get("/undoings/" + id).Expect(200)
		return v.Text("job.status") == "done"
	})
	return v
}

// found are the counts of an undoing: "stage back" or "field kept changed" and how many.
func found(v *apptest.Answer) map[string]int {
	out := map[string]int{}
	for i := range v.Len("counts") {
		at := fmt.Sprintf("counts.%d.", i)
		name := v.Text(at+"kind") + " " + v.Text(at+"verdict")
		if because := v.Text(at + "because"); because != "" {
			name += " " + because
		}
		out[name] = int(v.At(at + "count").(float64))
	}
	return out
}

// covers 5.7: a wrong robot has gone over many records while people worked on them, and
// go on working while it is undone. Afterwards each field is what its last person wrote,
// or what it was before the robot.
func TestWrongRobotIsUndoneOverManyRecords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	const many = 100
	random := rand.New(rand.NewPCG(5, 7))
	marta := w.As("marta")
	type oracle struct{ comment, title string }
	want, ids := map[string]oracle{}, make([]string, many)
	for i := range ids {
		title, words := fmt.Sprint("Deal ", i), fmt.Sprint("before ", i)
		ids[i] = marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title, "comment": words, "amount": 1000 + i, "currency": "EUR"}).Expect(201).Text("id")
		want[ids[i]] = oracle{words, title}
	}
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("wrong", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "wrong"}, map[string]any{"field": "title", "value": "WRONG"}}}),
		robot("right", "comment.add", rightAway, comment("stays")),
	}}).Expect(200)
	require.Equal(t, []any{100.0, 100.0, 0.0, 0.0}, counts(massDone(t, w, w.As("ada"), "deal", map[string]any{"action": "stage", "pipeline": "sales", "stage": "qualified"}, map[string]any{"ids": ids})))
	w.Eventually("the robot has been everywhere", 10*time.Millisecond, func() bool {
		return marta.Get("/records/deal?q=WRONG&limit=200").Expect(200).Len("items") == many
	})
	edit := func(c *apptest.Client, id string, values map[string]any) bool {
		tag := c.Get("/records/deal/" + id).ETag()
		return c.Do("PATCH", "/records/deal/"+id, values, "If-Match", tag).Status == 200
	}
	edited, renamed := 0, 0
	for _, id := range ids[:many/2] {
		o := want[id]
		switch random.IntN(4) {
		case 0:
			o.comment = "by hand"
			require.True(t, edit(marta, id, map[string]any{"comment": o.comment}))
			edited++
		case 1:
			o.comment, o.title = "both by hand", "By hand "+id
			require.True(t, edit(marta, id, map[string]any{"comment": o.comment, "title": o.title}))
			edited += 2
			renamed++
		case 2: // to what the robot wrote: it is what this person wants
			require.True(t, edit(marta, id, map[string]any{"comment": "something"}))
			require.True(t, edit(marta, id, map[string]any{"comment": "wrong"}))
			o.comment = "wrong"
			edited++
		}
		want[id] = o
	}

	// Stories that are not told to their end yet are waited for.
	dry := undone(t, w, "qualified", "wrong", true)
	require.Equal(t, map[string]int{"field back": 2*many - edited, "field kept changed": edited}, found(dry))
	require.Equal(t, many, marta.Get("/records/deal?q=WRONG&limit=200").Expect(200).Len("items")+renamed, "looking changes nothing")

	// People write while it is undone.
	var group sync.WaitGroup
	var lock sync.Mutex
	late := w.As("marta")
	group.Go(func() {
		for i, id := range ids[many/2:] {
			if i%2 == 0 && edit(late, id, map[string]any{"comment": "meanwhile " + id}) {
				lock.Lock()
				o := want[id]
				o.comment = "meanwhile " + id
				want[id] = o
				lock.Unlock()
			}
		}
	})
	real := undone(t, w, "qualified", "wrong", false)
	group.Wait()
	counted := found(real)
	require.Equal(t, 2*many, counted["field back"]+counted["field kept changed"], counted)
	for id, o := range want {
		d := marta.Get("/records/deal/" + id).Expect(200)
		require.Equal(t, o, oracle{d.Text("comment"), d.Text("title")}, id)
		require.Equal(t, 1, comments(w, id, "stays"), "what other robots did stays")
	}
	require.EqualValues(t, 0, undone(t, w, "qualified", "wrong", false).At("job.refused"))
	for id, o := range want {
		require.Equal(t, o.comment, marta.Get("/records/deal/"+id).Expect(200).Text("comment"), "once more changes nothing")
		break
	}
}

// covers 5.7: each kind of thing that a robot leaves behind is taken back, or listed.
func TestWhatRobotsLeaveBehindIsTakenBack(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("copy", "record.copy", rightAway, map[string]any{"title": "Acopy"}),
		robot("plan", "activity.task", rightAway, map[string]any{"title": "Call them", "in": map[string]any{"amount": 2, "unit": "day"}}),
		robot("ask", "userTask", rightAway, map[string]any{"assignees": []any{"marta"}}),
		robot("say", "comment.add", rightAway, comment("said")),
		robot("call", "webhook.call", rightAway, map[string]any{"url": "http://127.0.0.1:9/x", "method": "POST"}),
		robot("late", "comment.add", after(30, "day"), comment("late")),
		robot("bin", "record.delete", after(40, "day"), map[string]any{}),
	}, "contract": {robot("on", "record.setStage", after(1, "hour"), map[string]any{"stage": "won"})},
		"won": {robot("thanks", "comment.add", after(10, "day"), comment("thanks"))}}).Expect(200)
	one, two := aDeal(w, "One"), aDeal(w, "Two")
	for _, id := range []string{one, two} {
		changeDeal(w, id, map[string]any{"responsibleId": "marta"})
		moveTo(w, id, "qualified")
	}
	for _, id := range []string{one, two} {
		for _, r := range []string{"copy", "plan", "say"} {
			becomes(w, id, r, "done")
		}
		becomes(w, id, "call", "failed")
		becomes(w, id, "late", "waiting")
	}
	// One copy was touched, one task done.
	copies := marta.Get("/records/deal?q=Acopy").Expect(200)
	require.Equal(t, 2, copies.Len("items"))
	marta.Post("/records/deal/"+copies.Text("items.0.id")+"/comments", map[string]any{"text": "mine"}).Expect(201)
	w.Eventually("the copies are told of", 0, func() bool { return tellingOf(w, copies.Text("items.0.id")).Len("items") >= 2 })

	all := func(robot string, dry bool) map[string]int { return found(undone(t, w, "qualified", robot, dry)) }
	require.Equal(t, map[string]int{"created back": 1, "created kept touched": 1}, all("copy", true))
	require.Equal(t, map[string]int{"created back": 1, "created kept touched": 1}, all("copy", false))
	require.Equal(t, 1, marta.Get("/records/deal?q=Acopy").Expect(200).Len("items"))
	require.Equal(t, map[string]int{"activity back": 2}, all("plan", false))
	require.Zero(t, marta.Get("/activities?status=planned&record=deal:"+one).Expect(200).Len("items"))
	require.Equal(t, map[string]int{"task back": 2}, all("ask", false))
	w.Eventually("the tasks are closed", 0, func() bool { return marta.Get("/tasks?view=mine").Expect(200).Len("items") == 0 })
	require.Equal(t, map[string]int{"comment left outside": 2}, all("say", false))
	require.Equal(t, map[string]int{"unsent back": 2}, all("call", false))
	becomes(w, one, "call", "canceled")
	require.Equal(t, map[string]int{"waiting back": 2}, all("late", true))
	require.Equal(t, map[string]int{"waiting back": 2}, all("late", false))
	becomes(w, two, "late", "canceled")

	// What was put into the bin comes back on its stage; the entry is a new one, in which nothing waits.
	later(w, 40*24*time.Hour+time.Second)
	w.Eventually("both are in the bin", 0, func() bool {
		return w.As("marta").Get("/records/deal/"+one).Status == 404 && w.As("marta").Get("/records/deal/"+two).Status == 404
	})
	w.Eventually("and can come back", 0, func() bool { return all("bin", true)["deleted back"] == 2 })
	require.Equal(t, map[string]int{"deleted back": 2}, all("bin", false))
	require.Equal(t, "qualified", w.As("marta").Get("/records/deal/"+one).Expect(200).Text("stageId"))
	require.Equal(t, 0, comments(w, one, "late"))

	// A record goes back to its stage without arming anything; who moved on stays there.
	moveTo(w, one, "contract")
	moveTo(w, two, "contract")
	entry := w.As("marta").Get("/records/deal/" + one).Expect(200).At("stageEntry")
	becomes(w, one, "on", "waiting")
	becomes(w, two, "on", "waiting")
	later(w, time.Hour+time.Second)
	w.Eventually("both have come to the wrong stage", 100*time.Millisecond, func() bool { // a robot that met another writer tries again
		first, _ := robotState(w, one, "thanks")
		second, _ := robotState(w, two, "thanks")
		return first == "waiting" && second == "waiting"
	})
	moveTo(w, two, "lost")
	started := w.As("oscar").Get("/runs?limit=100&recordType=deal&recordId=" + one).Expect(200).Len("items")
	w.Eventually("the stories are told", 0, func() bool {
		return found(undone(t, w, "contract", "on", true))["stage back"] == 1
	})
	require.Equal(t, map[string]int{"stage back": 1, "stage kept changed": 1}, found(undone(t, w, "contract", "on", false)))
	back := w.As("marta").Get("/records/deal/" + one).Expect(200)
	require.Equal(t, []any{"contract", entry}, []any{back.Text("stageId"), back.At("stageEntry")})
	require.Equal(t, "lost", w.As("marta").Get("/records/deal/"+two).Expect(200).Text("stageId"))
	w.Eventually("what the wrong stage had armed is canceled", 0, func() bool {
		runs := w.As("oscar").Get("/runs?limit=100&status=active&recordType=deal&recordId=" + one).Expect(200)
		for i := range runs.Len("items") {
			if runs.Text(fmt.Sprintf("items.%d.definitionKey", i)) == "stage-sales-won" {
				return false
			}
		}
		return true
	})
	later(w, 20*24*time.Hour)
	require.Equal(t, 0, comments(w, one, "thanks"))
	require.Equal(t, started, w.As("oscar").Get("/runs?limit=100&recordType=deal&recordId="+one).Expect(200).Len("items"), "nothing was armed anew")

	// Rights, words and the audit trail.
	w.As("oscar").Post("/stage-boards/sales/stages/qualified/robots/say/undo", map[string]any{"dry": true}).Problem(403, "forbidden")
	w.As("ada").Post("/stage-boards/sales/stages/nothing/robots/say/undo", map[string]any{}).Problem(404, "not_found")
	for path, code := range map[string]string{"never": "not_found", "start": "not_found", "end": "not_found"} {
		w.As("ada").Post("/stage-boards/sales/stages/qualified/robots/"+path+"/undo", map[string]any{"dry": true}).Problem(404, code)
	}
	w.As("ada").Post("/stage-boards/sales/stages/qualified/robots/say/undo", map[string]any{"version": 99}).Problem(404, "not_found")
	putBoard(w, nil).Expect(200)
	undone(t, w, "qualified", "say", true) // one that was taken off its stage is known still
	require.Contains(t, string(w.As("ada").Get("/audit?limit=50").Expect(200).Raw), "stageRobot.undone")
}

// covers 5.7, PE-05: a robot has exchanged the client of a record; whoever takes that
// back may see the record, and neither of the clients.
func TestUndoingNamesNoHiddenClient(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	company := func(name string) string {
		return ada.Post("/companies", map[string]any{"name": name}).Expect(201).Text("id")
	}
	before, after := company("Stealthy Before"), company("Stealthy After")
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("wrong", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "company", "value": after}}}),
	}}).Expect(200)
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Own", "responsibleId": "marta", "companyId": before, "stageId": "qualified"}).Expect(201).Text("id")
	w.Eventually("the robot was there", 10*time.Millisecond, func() bool { return ada.Get("/records/deal/"+deal).Text("companyId") == after })
	right := func(action, reach string) map[string]any { return map[string]any{"action": action, "reach": reach} }
	own := clientLines("crm.view", "own", "crm.edit", "own")["rights"].([]any)
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": append(own, right("automation.view", "all"), right("automation.edit", "all"),
		map[string]any{"action": "crm.view", "type": "deal", "reach": "all"}, map[string]any{"action": "crm.edit", "type": "deal", "reach": "all"})}, "If-Match", `"0"`).Expect(200)
	marta.Get("/companies/"+before).Problem(404, "not_found")

	job := marta.Post("/stage-boards/sales/stages/qualified/robots/wrong/undo", map[string]any{}).Expect(202).Text("id")
	w.Eventually("the undoing has ended", 10*time.Millisecond, func() bool { return marta.Get("/undoings/"+job).Expect(200).Text("job.status") == "done" })
	for _, path := range []string{"/jobs/" + job + "/lines", "/undoings/" + job, "/records/deal/" + deal, "/records/deal/" + deal + "/timeline"} {
		require.NotContains(t, string(marta.Get(path).Expect(200).Raw), "Stealthy", path)
	}
	require.Equal(t, before, ada.Get("/records/deal/"+deal).Text("companyId"), "%s", marta.Get("/jobs/"+job+"/lines").Raw)
}

// A robot has gone over a record that whoever takes its work back may not see: nothing is
// done to it, and it is not named.
func TestUndoingNamesNoHiddenRecord(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	putBoard(w, map[string][]map[string]any{"qualified": {
		robot("wrong", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "wrong"}}}),
	}}).Expect(200)
	ids := map[string]string{}
	for title, owner := range map[string]string{"Hidden": "ada", "Own": "marta"} {
		id := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title, "responsibleId": owner, "stageId": "qualified"}).Expect(201).Text("id")
		w.Eventually("the robot was there", 10*time.Millisecond, func() bool { return ada.Get("/records/deal/"+id).Text("comment") == "wrong" })
		ids[title] = id
	}
	right := func(action, reach string) map[string]any { return map[string]any{"action": action, "reach": reach} }
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{right("crm.view", "own"), right("crm.edit", "own"), right("automation.view", "all"), right("automation.edit", "all")}}, "If-Match", `"0"`).Expect(200)

	job := marta.Post("/stage-boards/sales/stages/qualified/robots/wrong/undo", map[string]any{}).Expect(202).Text("id")
	w.Eventually("the undoing has ended", 10*time.Millisecond, func() bool { return marta.Get("/undoings/"+job).Expect(200).Text("job.status") == "done" })
	lines := marta.Get("/jobs/" + job + "/lines").Expect(200)
	require.Equal(t, 2, lines.Len("items"))
	require.Contains(t, string(lines.Raw), "Own")
	require.NotContains(t, string(lines.Raw), "Hidden")
	require.Equal(t, "wrong", ada.Get("/records/deal/"+ids["Hidden"]).Text("comment"))
	require.Empty(t, ada.Get("/records/deal/"+ids["Own"]).Text("comment"))
}
