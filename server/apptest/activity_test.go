package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// newDeal adds a deal of marta's with a contact and gives its id.
func newDeal(t *testing.T, w *apptest.World, title string) (deal, contact string) {
	t.Helper()
	marta := w.As("marta")
	contact = marta.Post("/contacts", map[string]any{"firstName": "Olga", "lastName": "Lis", "email": "olga@lis.test"}).Expect(201).Text("id")
	deal = marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title, "responsibleId": "marta", "contactId": contact}).Expect(201).Text("id")
	return deal, contact
}

func bells(w *apptest.World, login string) []string {
	a := w.As(login).Get("/notifications").Expect(200)
	var out []string
	for i := range a.Len("items") {
		out = append(out, a.Text(fmt.Sprintf("items.%d.text", i)))
	}
	return out
}

// told waits until a person has been told a text.
func told(t *testing.T, w *apptest.World, login, text string) {
	t.Helper()
	w.Eventually(login+" is told: "+text, 10*time.Millisecond, func() bool {
		for _, line := range bells(w, login) {
			if line == text {
				return true
			}
		}
		return false
	})
}

// An activity is planned on a record, told of, moved, done and planned again; who
// may do so is checked on the server, and each act is in the story and the trail.
//
// covers O-13, O-20, K-01, K-02, P-06, P-07, P-10
func TestActivitiesArePlannedAndDone(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta, henrik, anna, ada := w.As("marta"), w.As("henrik"), w.As("anna"), w.As("ada")
		deal, contact := newDeal(t, w, "Pumps")
		ref := map[string]any{"type": "deal", "id": deal}

		marta.Post("/activities", map[string]any{"type": "call", "title": " ", "records": []any{ref}}).Problem(422, "validation")
		for field, value := range map[string]any{"deadline": "tomorrow", "link": "javascript:alert(1)", "responsibleId": "nobody", "color": "pink", "contacts": []any{"x"}, "participants": []any{"x"},
			"records": []any{map[string]any{"type": "deal", "id": "x"}}, "files": []any{"x"}, "end": "2026-11-23T10:00:00Z"} {
			body := map[string]any{"type": "call", "title": "Ring", "records": []any{ref}}
			body[field] = value
			require.NotEmpty(t, marta.Post("/activities", body).Problem(422, "validation").Text("errors.0.path"), field)
		}
		w.As("oscar").Post("/activities", map[string]any{"type": "call", "title": "Ring", "records": []any{ref}}).Problem(403, "forbidden")

		call := henrik.Post("/activities", map[string]any{"type": "call", "title": "Ring about pumps", "text": "Ask for the drawing", "records": []any{ref},
			"deadline": "2026-11-23T13:00:00Z", "participants": []any{"anna"}, "contacts": []any{contact}}).Expect(201)
		require.Equal(t, "marta", call.Text("responsibleId"), "it is the responsible person's of the record")
		require.Equal(t, "yellow", call.Text("color"))
		require.Equal(t, "Pumps", call.Text("names.deal:"+deal))
		require.Equal(t, "Olga Lis", call.Text("names.contact:"+contact))
		meeting := marta.Post("/activities", map[string]any{"type": "meeting", "title": "Visit", "records": []any{ref}, "start": "2026-11-24T09:00:00Z", "end": "2026-11-24T10:30:00Z",
			"address": "Portowa 14", "link": "https://meet.example.com/a"}).Expect(201)
		require.Equal(t, "green", meeting.Text("color"))
		told(t, w, "marta", "Call: Ring about pumps 23 Nov 2026 14:00")
		told(t, w, "anna", "You take part: Ring about pumps 23 Nov 2026 14:00")
		require.Empty(t, bells(w, "henrik"), "nobody is told of what they did themselves")

		path := "/activities/" + call.Text("id")
		marta.Do("PATCH", path, map[string]any{"title": "Ring"}).Problem(428, "precondition_required")
		changed := marta.Do("PATCH", path, map[string]any{"deadline": "2026-11-23T14:00:00Z", "type": "task"}, "If-Match", call.ETag()).Expect(200)
		require.Equal(t, "blue", changed.Text("color"), "a color that nobody chose goes with the type")
		marta.Do("PATCH", path, map[string]any{"title": "Ring"}, "If-Match", call.ETag()).Problem(409, "stale")
		told(t, w, "anna", "Has another date: Ring about pumps 23 Nov 2026 15:00")
		w.As("oscar").Post(path+"/done", map[string]any{}, "If-Match", changed.ETag()).Problem(403, "forbidden")

		done := anna.Post(path+"/done", map[string]any{"result": "They want ten"}, "If-Match", changed.ETag()).Expect(200)
		require.Equal(t, "done", done.Text("status"))
		require.Equal(t, "anna", done.Text("closedBy"))
		told(t, w, "henrik", "Done by Anna Kowalska: Ring about pumps")
		anna.Post(path+"/cancellation", map[string]any{}, "If-Match", done.ETag()).Problem(409, "activity_closed")
		marta.Do("PATCH", path, map[string]any{"title": "Ring"}, "If-Match", done.ETag()).Problem(409, "activity_closed")
		open := marta.Post(path+"/reopening", nil, "If-Match", done.ETag()).Expect(200)
		require.Equal(t, "planned", open.Text("status"))
		canceled := marta.Post(path+"/cancellation", map[string]any{"result": "No need"}, "If-Match", open.ETag()).Expect(200)
		require.Equal(t, "canceled", canceled.Text("status"))
		told(t, w, "anna", "Canceled: Ring about pumps")
		marta.Do("DELETE", path, nil, "If-Match", canceled.ETag()).Expect(204)
		marta.Get(path).Problem(404, "not_found")

		w.Eventually("the story tells of it", 10*time.Millisecond, func() bool {
			story := marta.Get("/records/deal/" + deal + "/timeline").Expect(200)
			words := map[string]bool{}
			for i := range story.Len("items") {
				if story.Text(fmt.Sprintf("items.%d.kind", i)) == "activity" {
					words[story.Text(fmt.Sprintf("items.%d.data.event", i))] = true
				}
			}
			return words["planned"] && words["moved"] && words["done"] && words["reopened"] && words["canceled"] && words["deleted"]
		})
		w.Eventually("the trail tells of it", 10*time.Millisecond, func() bool {
			return ada.Get("/audit?action=activity.done").Expect(200).Len("items") == 1
		})
	})
}

// covers O-15, P-08: the list is filtered by kind, record, person, department, time and state.
func TestActivitiesAreFound(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta, anna := w.As("marta"), w.As("anna")
		deal, contact := newDeal(t, w, "Pumps")
		plan := func(login string, body map[string]any) string {
			return w.As(login).Post("/activities", body).Expect(201).Text("id")
		}
		about := []any{map[string]any{"type": "deal", "id": deal}, map[string]any{"type": "contact", "id": contact}}
		plan("marta", map[string]any{"type": "call", "title": "Late call", "records": about, "deadline": "2026-11-19T09:00:00Z"})
		plan("marta", map[string]any{"type": "meeting", "title": "Fair", "records": about, "start": "2026-11-20T12:00:00Z", "end": "2026-11-24T12:00:00Z", "participants": []any{"anna"}})
		plan("marta", map[string]any{"type": "task", "title": "Some day", "records": about[1:]})
		plan("anna", map[string]any{"type": "task", "title": "Own note", "responsibleId": "anna", "deadline": "2026-11-25T09:00:00Z", "calendar": false})
		titles := func(login, query string) []string {
			a := w.As(login).Get("/activities?" + query).Expect(200)
			out := []string{}
			for i := range a.Len("items") {
				out = append(out, a.Text(fmt.Sprintf("items.%d.title", i)))
			}
			return out
		}
		require.Equal(t, []string{"Late call", "Fair"}, titles("anna", "record=deal:"+deal))
		require.Equal(t, []string{"Late call", "Fair", "Some day"}, titles("anna", "record=contact:"+contact))
		require.Equal(t, []string{"Fair", "Own note"}, titles("anna", "person=me"))
		require.Equal(t, []string{"Fair"}, titles("anna", "person=me&calendar=true"))
		require.Equal(t, []string{"Late call", "Fair", "Some day"}, titles("henrik", "department=sales&person=henrik"))
		require.Equal(t, []string{"Late call", "Fair", "Own note", "Some day"}, titles("henrik", "department=mine"), "with the departments below")
		require.Equal(t, []string{"Fair"}, titles("anna", "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z"), "what began before and still lasts")
		require.Equal(t, []string{"Fair", "Own note"}, titles("anna", "from=2026-11-20T00:00:00Z"))
		require.Equal(t, []string{"Late call"}, titles("marta", "overdue=true"))
		require.Equal(t, []string{"Some day", "Own note"}, titles("marta", "type=task&sort=-at"))
		require.Equal(t, []string{"Fair"}, titles("marta", "q=fai&status=planned"))
		first := marta.Get("/activities?limit=2").Expect(200)
		require.Equal(t, []string{"Own note", "Some day"}, titles("marta", "limit=2&cursor="+first.Text("next")))
		marta.Get("/activities?record=deal").Problem(422, "validation")
		counts := marta.Get("/activities/count").Expect(200)
		require.Equal(t, []any{3.0, 1.0, 1.0}, []any{counts.At("planned"), counts.At("overdue"), counts.At("today")})
		require.EqualValues(t, 2, anna.Get("/activities/count?record=deal:"+deal).Expect(200).At("planned"))
	})
}

// covers P-15: what is to close with its stage closes when the record leaves it,
// what a person must close stays.
func TestActivitiesCloseWithTheStage(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta := w.As("marta")
		deal, _ := newDeal(t, w, "Pumps")
		plan := func(title string, closes bool) string {
			return marta.Post("/activities", map[string]any{"type": "task", "title": title, "records": []any{map[string]any{"type": "deal", "id": deal}}, "closeOnStageChange": closes}).Expect(201).Text("id")
		}
		status := func(id string) string { return marta.Get("/activities/" + id).Expect(200).Text("status") }
		closes, stays := plan("Closes", true), plan("Stays", false)
		move := func(stage string) {
			marta.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": stage}, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
		}
		move("qualified")
		later := plan("Of the next stage", true)
		w.Eventually("it closes by itself", 10*time.Millisecond, func() bool { return status(closes) == "done" })
		require.Empty(t, marta.Get("/activities/"+closes).Expect(200).Text("closedBy"))
		require.Equal(t, []string{"planned", "planned"}, []string{status(stays), status(later)})
		move("signed")
		w.Eventually("the next one too", 10*time.Millisecond, func() bool { return status(later) == "done" })
		require.Equal(t, "planned", status(stays))
	})
}

const plans = `{"format":"fluxo/process@1","key":"plans","name":"Plans","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},
	{"id":"call","kind":"robot","robot":"activity.call","name":"Call","config":{"title":"Ring {{ record.contact.name }}","in":{"amount":1,"unit":"day"},"time":"14:00","contacts":"all"}},
	{"id":"meet","kind":"robot","robot":"activity.meeting","name":"Meet","config":{"title":"Visit","date":"2026-11-26T10:00:00Z","duration":"PT2H","participants":["anna"],"address":"{{ record.contact.name }}'s office","place":"Blue room","responsible":{"expr":"head(record.responsible)"}}},
	{"id":"task","kind":"robot","robot":"activity.task","name":"Task","config":{"title":"Send the offer","text":"For {{ record.title }}","in":{"amount":2,"unit":"workingDay"},"contacts":"first"}},
	{"id":"any","kind":"robot","robot":"activity.plan","name":"Any","config":{"type":"other","title":"Look in","link":"https://meet.example.com/{{ record.id }}","color":"violet","calendar":false,"closeOnStageChange":true}},
	{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"call"},{"id":"f2","from":"call","to":"meet"},{"id":"f3","from":"meet","to":"task"},{"id":"f4","from":"task","to":"any"},{"id":"f5","from":"any","to":"e"}]}`

// covers, P-03, P-04, P-05, P-06, P-07, P-08, P-09, P-10, P-11, P-12, P-13, P-15, P-16, T-06
func TestRobotsPlanActivities(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta := w.As("marta")
		deal, contact := newDeal(t, w, "Pumps")
		publishText(t, w, "plans", plans)
		run := w.As("oscar").Post("/definitions/plans/runs", map[string]any{"recordType": "deal", "recordId": deal}).Expect(202).Text("id")
		w.Eventually("the run ends", 10*time.Millisecond, func() bool {
			return w.As("oscar").Get("/runs/"+run).Expect(200).Text("status") == "completed"
		})
		list := marta.Get("/activities?record=deal:" + deal).Expect(200)
		require.Equal(t, 4, list.Len("items"), "%s", list.Raw)
		by := map[string]string{}
		for i := range 4 {
			by[list.Text(fmt.Sprintf("items.%d.type", i))] = fmt.Sprintf("items.%d.", i)
		}
		at := func(kind, field string) string { return list.Text(by[kind] + field) }
		require.Equal(t, []string{"Ring Olga Lis", "marta", "2026-11-21T13:00:00.000Z", contact, "yellow"},
			[]string{at("call", "title"), at("call", "responsibleId"), at("call", "deadline"), at("call", "contacts.0"), at("call", "color")})
		require.Equal(t, []string{"henrik", "2026-11-26T10:00:00.000Z", "2026-11-26T12:00:00.000Z", "anna", "Olga Lis's office", "Blue room", "green"},
			[]string{at("meeting", "responsibleId"), at("meeting", "start"), at("meeting", "end"), at("meeting", "participants.0"), at("meeting", "address"), at("meeting", "place"), at("meeting", "color")})
		require.Equal(t, []string{"For Pumps", "2026-11-24", contact}, []string{at("task", "text"), at("task", "deadline")[:10], at("task", "contacts.0")})
		require.Equal(t, []any{"https://meet.example.com/" + deal, "violet", false, true, run}, []any{at("other", "link"), at("other", "color"), list.At(by["other"] + "calendar"), list.At(by["other"] + "closeOnStageChange"), at("other", "run")})
		told(t, w, "marta", "Call: Ring Olga Lis 21 Nov 2026 14:00")
		told(t, w, "henrik", "Meeting: Visit 26 Nov 2026 11:00")
		told(t, w, "anna", "You take part: Visit 26 Nov 2026 11:00")
	})
}

// covers P-14: a robot attaches a file of the record; a meeting that nobody gave a
// length takes an hour.
func TestARobotAttachesFiles(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal, _ := newDeal(t, w, "Pumps")
	file := marta.Upload("/files", map[string]string{"owner": "deal:" + deal}, "plan.txt", []byte("the plan")).Expect(201).Text("id")
	publishText(t, w, "bring", oneRobot("bring", "activity.meeting", fmt.Sprintf(`{"title":"Bring the plan","date":"2026-12-01T10:00:00Z","files":{"expr":"'%s'"}}`, file)))
	ends(w, runOn(w, "bring", deal))
	list := marta.Get("/activities?record=deal:" + deal).Expect(200)
	require.Equal(t, []string{file, "plan.txt", "2026-12-01T11:00:00.000Z"}, []string{list.Text("items.0.files.0"), list.Text("items.0.names." + file), list.Text("items.0.end")})
	publishText(t, w, "lost", oneRobot("lost", "activity.meeting", `{"title":"Bring","date":"2026-12-01T10:00:00Z","files":{"expr":"'nothing'"}}`))
	runOn(w, "lost", deal)
	w.Eventually("a file that is gone is an incident", 10*time.Millisecond, func() bool {
		return w.As("oscar").Get("/runs?definition=lost&incidents=true").Expect(200).Len("items") == 1
	})
}

// covers PE-03, K-02: an activity of a record that one may not see is not seen
// either, unless one takes part, and then the record has no name.
func TestActivitiesFollowTheRightsOnRecords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta, henrik := w.As("ada"), w.As("marta"), w.As("henrik")
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Secret", "responsibleId": "ada"}).Expect(201).Text("id")
	about := []any{map[string]any{"type": "deal", "id": deal}}
	hidden := ada.Post("/activities", map[string]any{"type": "call", "title": "Hidden", "records": about}).Expect(201).Text("id")
	shared := ada.Post("/activities", map[string]any{"type": "meeting", "title": "Shared", "records": about, "participants": []any{"marta"}, "start": "2026-12-01T09:00:00Z"}).Expect(201).Text("id")
	require.Equal(t, 2, henrik.Get("/activities").Expect(200).Len("items"))
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": "all"},
		map[string]any{"action": "crm.view", "reach": "none", "pipeline": "sales"}, map[string]any{"action": "crm.edit", "reach": "own"}}}, "If-Match", `"0"`).Expect(200)
	require.Zero(t, henrik.Get("/activities").Expect(200).Len("items"))
	henrik.Get("/activities?record=deal:"+deal).Problem(404, "not_found")
	henrik.Get("/activities/"+hidden).Problem(404, "not_found")
	henrik.Post("/activities/"+hidden+"/done", map[string]any{}, "If-Match", `"1"`).Problem(404, "not_found")
	henrik.Post("/activities", map[string]any{"type": "call", "title": "Ring", "records": about}).Problem(404, "not_found")
	seen := marta.Get("/activities").Expect(200)
	require.Equal(t, []string{shared, ""}, []string{seen.Text("items.0.id"), seen.Text("items.0.names.deal:" + deal)})
	require.Equal(t, 1, seen.Len("items"))
}
