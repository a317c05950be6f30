package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
)

// aRoom adds a resource and gives its id.
func aRoom(w *apptest.World, name string, more ...any) string {
	w.T.Helper()
	rules := map[string]any{"name": name, "kind": "room", "capacity": 1, "active": true}
	for i := 0; i+1 < len(more); i += 2 {
		rules[more[i].(string)] = more[i+1]
	}
	return w.As("ada").Post("/resources", rules).Expect(201).Text("id")
}

// bookingField gives deals a field for bookings.
func bookingField(w *apptest.World, key string, more ...any) {
	w.T.Helper()
	ada := w.As("ada")
	body := map[string]any{"key": key, "label": key, "type": "booking"}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	ada.Post("/record-types/deal/fields", body, "If-Match", ada.Get("/record-types/deal").Expect(200).ETag()).Expect(201)
}

func bookingsOf(w *apptest.World, query string) []string {
	w.T.Helper()
	list := w.As("ada").Get("/bookings?" + query).Expect(200)
	out := []string{}
	for i := range list.Len("items") {
		at := fmt.Sprintf("items.%d.", i)
		out = append(out, list.Text(at + "from")[:16]+" "+list.Text(at+"status"))
	}
	return out
}

// covers: a resource is booked for a record and an employee in a field,
// moved and given up; who is in the way is said, and what for only to those who may
// see it.
func TestResourcesAreBooked(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta, henrik := w.As("ada"), w.As("marta"), w.As("henrik")
		marta.Post("/resources", map[string]any{"name": "x", "kind": "room", "capacity": 1, "active": true}).Problem(403, "forbidden")
		for path, body := range map[string]map[string]any{
			"/name": {"name": " ", "kind": "room", "capacity": 1, "active": true}, "/calendar": {"name": "x", "kind": "room", "capacity": 1, "active": true, "calendar": "none"},
		} {
			require.Equal(t, path, ada.Post("/resources", body).Problem(422, "validation").Text("errors.0.path"))
		}
		room := aRoom(w, "Blue room")
		bookingField(w, "visit")
		deal, _ := newDeal(t, w, "Pumps")
		ref := map[string]any{"type": "deal", "id": deal}
		wish := func(from, to string, more ...any) map[string]any {
			body := map[string]any{"resourceId": room, "from": from, "to": to}
			for i := 0; i+1 < len(more); i += 2 {
				body[more[i].(string)] = more[i+1]
			}
			return body
		}
		for path, body := range map[string]map[string]any{
			"/to":         wish("2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z"),
			"/userId":     wish("2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", "userId", "nobody"),
			"/field":      wish("2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", "record", ref, "field", "title"),
			"/record":     wish("2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", "record", map[string]any{"type": "deal", "id": "none"}),
			"/resourceId": {"resourceId": "none", "from": "2026-11-24T10:00:00Z", "to": "2026-11-24T11:00:00Z"},
		} {
			require.Equal(t, path, marta.Post("/bookings", body).Problem(422, "validation").Text("errors.0.path"))
		}
		require.Equal(t, "/to", marta.Post("/bookings", wish("2026-11-10T10:00:00Z", "2026-11-10T11:00:00Z")).Problem(422, "validation").Text("errors.0.path"), "it is over")
		require.Contains(t, marta.Post("/bookings", wish("2026-11-24T15:30:00Z", "2026-11-24T16:30:00Z")).Problem(409, "resource_closed").Text("detail"), "2026-11-24 16:30", "in the zone of the room")

		made := marta.Post("/bookings", wish("2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", "record", ref, "field", "visit", "userId", "henrik", "note", "with samples")).Expect(201)
		require.Equal(t, []string{"Blue room", "Henrik Lindqvist", "Pumps"}, []string{made.Text("resourceName"), made.Text("userName"), made.Text("title")})
		require.Equal(t, made.Text("id"), marta.Get("/records/deal/"+deal).Expect(200).Text("fields.visit"))
		told(t, w, "henrik", "Booked for you: Blue room 24 Nov 2026 11:00")
		marta.Post("/bookings", wish("2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z", "record", ref, "field", "visit")).Problem(409, "booking_field_taken")
		for name, value := range map[string]any{"another": "x", "nothing": nil} {
			marta.Do("PATCH", "/records/deal/"+deal, map[string]any{"fields": map[string]any{"visit": value}}, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).
				Problem(422, "validation")
			require.Equal(t, made.Text("id"), marta.Get("/records/deal/"+deal).Expect(200).Text("fields.visit"), name)
		}
		copied := marta.Post("/records/deal/"+deal+"/copies", map[string]any{}).Expect(201)
		require.Empty(t, copied.Text("fields.visit"), "what is booked is booked for one")

		busy := henrik.Post("/bookings", wish("2026-11-24T10:30:00Z", "2026-11-24T11:30:00Z")).Problem(409, "resource_busy")
		require.Equal(t, []string{made.Text("id"), "Pumps", "with samples"}, []string{busy.Text("clash.id"), busy.Text("clash.title"), busy.Text("clash.note")})
		require.Contains(t, busy.Text("detail"), "Blue room")
		right := func(action, reach string) map[string]any { return map[string]any{"action": action, "reach": reach} }
		ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{right("crm.view", "own"), right("crm.edit", "own"), right("crm.add", "all")}}, "If-Match", `"0"`).Expect(200)
		anna := w.As("anna")
		hidden := anna.Post("/bookings", wish("2026-11-24T10:30:00Z", "2026-11-24T11:30:00Z")).Problem(409, "resource_busy")
		require.Equal(t, []any{made.Text("id"), "Henrik Lindqvist", true, nil, nil, nil}, []any{hidden.At("clash.id"), hidden.At("clash.userName"), hidden.At("clash.hidden"),
			hidden.At("clash.title"), hidden.At("clash.record"), hidden.At("clash.note")})
		require.NotContains(t, string(hidden.Raw), "Pumps")
		require.NotContains(t, string(anna.Get("/bookings?resource="+room).Expect(200).Raw), "Pumps")
		anna.Get("/bookings?record=deal:"+deal).Problem(404, "not_found")
		anna.Post("/bookings", wish("2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z", "record", ref, "field", "visit")).Problem(404, "not_found")

		path := "/bookings/" + made.Text("id")
		anna.Do("PATCH", path, map[string]any{"to": "2026-11-24T12:00:00Z"}, "If-Match", made.ETag()).Problem(403, "booking_of_another")
		other := anna.Post("/bookings", wish("2026-11-24T12:00:00Z", "2026-11-24T13:00:00Z")).Expect(201)
		henrik.Do("PATCH", path, map[string]any{"to": "2026-11-24T12:30:00Z"}, "If-Match", made.ETag()).Problem(409, "resource_busy")
		moved := henrik.Do("PATCH", path, map[string]any{"from": "2026-11-24T10:30:00Z", "to": "2026-11-24T12:00:00Z"}, "If-Match", made.ETag()).Expect(200)
		henrik.Do("PATCH", path, map[string]any{"to": "2026-11-24T11:00:00Z"}, "If-Match", made.ETag()).Problem(409, "stale")
		require.Equal(t, []string{"2026-11-24T10:30 active", "2026-11-24T12:00 active"}, bookingsOf(w, "resource="+room+"&from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z"))
		require.Equal(t, []string{"2026-11-24T10:30 active"}, bookingsOf(w, "person=henrik&record=deal:"+deal+"&field=visit"))
		require.Empty(t, bookingsOf(w, "from=2026-11-24T13:00:00Z"), "what ends then is over")

		canceled := marta.Post(path+"/cancellation", map[string]any{"reason": "They are ill"}, "If-Match", moved.ETag()).Expect(200)
		require.Equal(t, []string{"canceled", "They are ill"}, []string{canceled.Text("status"), canceled.Text("reason")})
		require.Empty(t, marta.Get("/records/deal/"+deal).Expect(200).Text("fields.visit"))
		told(t, w, "henrik", "Your booking is canceled: Blue room 24 Nov 2026 11:30")
		marta.Do("PATCH", path, map[string]any{"note": "x"}, "If-Match", canceled.ETag()).Problem(409, "booking_over")
		w.Eventually("the story tells of it", 10*time.Millisecond, func() bool {
			story, seen := marta.Get("/records/deal/"+deal+"/timeline").Expect(200), map[string]bool{}
			for i := range story.Len("items") {
				if story.Text(fmt.Sprintf("items.%d.kind", i)) == "booking" {
					seen[story.Text(fmt.Sprintf("items.%d.data.event", i))] = story.Text(fmt.Sprintf("items.%d.data.resource", i)) == "Blue room"
				}
			}
			return seen["reserved"] && seen["moved"] && seen["canceled"]
		})
		w.Eventually("the trail tells of it", 10*time.Millisecond, func() bool { return ada.Get("/audit?action=booking.canceled").Expect(200).Len("items") == 1 })

		rules := ada.Get("/resources/" + room).Expect(200)
		ada.Do("DELETE", "/resources/"+room, nil, "If-Match", rules.ETag()).Problem(409, "in_use")
		off := ada.Do("PUT", "/resources/"+room, map[string]any{"name": "Blue room", "kind": "room", "capacity": 1, "active": false, "anyTime": true}, "If-Match", rules.ETag()).Expect(200)
		marta.Post("/bookings", wish("2026-11-27T10:00:00Z", "2026-11-27T11:00:00Z")).Problem(409, "resource_inactive")
		ada.Do("PUT", "/resources/"+room, map[string]any{"name": "Blue room", "kind": "room", "capacity": 1, "active": true, "anyTime": true}, "If-Match", off.ETag()).Expect(200)
		marta.Post("/bookings", wish("2026-11-28T22:00:00Z", "2026-11-29T02:00:00Z")).Expect(201)
		unused := aRoom(w, "Attic")
		ada.Do("DELETE", "/resources/"+unused, nil, "If-Match", ada.Get("/resources/"+unused).Expect(200).ETag()).Expect(204)
		require.NotEmpty(t, other.Text("id"))
	})
}

const books = `{"resource":"%s","field":"visit","employee":"anna","date":"2026-11-25","time":"10:00","duration":"PT90M","note":"For {{ record.title }}"}`

// covers: robots book and give up, once however often they are asked; a
// resource that is taken is an incident that names it, and can take the way of errors.
func TestRobotsBook(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta, oscar := w.As("marta"), w.As("oscar")
		room := aRoom(w, "Blue room")
		bookingField(w, "visit")
		deal, _ := newDeal(t, w, "Pumps")
		other, _ := newDeal(t, w, "Valves")
		done := performs(w, "deal", deal, "booking.reserve", fmt.Sprintf(books, room))
		require.Equal(t, "completed", done.Text("status"))
		list := w.As("ada").Get("/bookings?record=deal:" + deal).Expect(200)
		require.Equal(t, 1, list.Len("items"))
		require.Equal(t, []string{"2026-11-25T09:00:00.000Z", "2026-11-25T10:30:00.000Z", "anna", "For Pumps", room},
			[]string{list.Text("items.0.from"), list.Text("items.0.to"), list.Text("items.0.userId"), list.Text("items.0.note"), list.Text("items.0.resourceId")})
		told(t, w, "anna", "Booked for you: Blue room 25 Nov 2026 10:00")

		// The field is read as what is booked.
		performs(w, "deal", deal, "comment.add", `{"text":"{{ record.visit.resource }} from {{ formatDate(record.visit.from, \"HH:mm\") }} with {{ record.visit.user }}"}`)
		require.Equal(t, 1, comments(w, deal, "Blue room from 10:00 with anna"))

		publishProcess(w, "books-too", oneRobot("books-too", "booking.reserve", fmt.Sprintf(books, room)))
		run := oscar.Post("/definitions/books-too/runs", map[string]any{"recordType": "deal", "recordId": other}).Expect(202).Text("id")
		w.Eventually("the room is taken", 10*time.Millisecond, func() bool { return oscar.Get("/runs/"+run).Expect(200).Len("incidents") == 1 })
		failed := oscar.Get("/runs/" + run).Expect(200)
		require.Equal(t, "resource_busy", failed.Text("incidents.0.code"))
		require.Contains(t, failed.Text("incidents.0.message"), "“Blue room” is taken from 2026-11-25 10:00 to 2026-11-25 11:30")
		require.NotContains(t, failed.Text("incidents.0.message"), "Pumps")

		gone := performs(w, "deal", deal, "booking.cancel", `{"field":"visit"}`)
		require.Equal(t, "completed", gone.Text("status"))
		require.Equal(t, []string{"2026-11-25T09:00 canceled"}, bookingsOf(w, "record=deal:"+deal))
		require.Empty(t, marta.Get("/records/deal/"+deal).Expect(200).Text("fields.visit"))

		// The operator lets the step try again now that the room is free: it books once.
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "retry"}).Expect(202)
		ends(w, run)
		require.Equal(t, []string{"2026-11-25T09:00 active"}, bookingsOf(w, "record=deal:"+other))

		// What was booked for a record is free when the record is deleted.
		marta.Do("DELETE", "/records/deal/"+other, nil, "If-Match", marta.Get("/records/deal/"+other).Expect(200).ETag()).Expect(204)
		w.Eventually("it is free", 10*time.Millisecond, func() bool { return len(bookingsOf(w, "resource="+room+"&status=active")) == 0 })
	})
}

// covers R-06: a board is tried, and a process rehearsed, without anything being booked.
func TestNothingIsBookedInATrial(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	room := aRoom(w, "Blue room", "anyTime", true)
	bookingField(w, "visit")
	deal, _ := newDeal(t, w, "Pumps")
	booking := robot("book", "booking.reserve", rightAway, map[string]any{"resource": room, "field": "visit", "in": map[string]any{"amount": 1, "unit": "day"}})
	meeting := robot("meet", "activity.meeting", afterIt, map[string]any{"title": "Visit", "room": room, "in": map[string]any{"amount": 1, "unit": "day"}})
	tried := tryBoard(w, []map[string]any{onStage("new", []map[string]any{booking, meeting})}, map[string]any{"id": deal})
	tried.Expect(200)
	require.Equal(t, "done", tried.state("book"))
	require.Equal(t, "failed", tried.state("meet"), "the room is taken in the trial, too")
	require.Empty(t, bookingsOf(w, "resource="+room))
	require.Empty(t, w.As("marta").Get("/records/deal/"+deal).Expect(200).Text("fields.visit"))
}

// covers P-12: an activity books its room; it moves and is given up with the activity.
func TestActivitiesBookRooms(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta, henrik := w.As("marta"), w.As("henrik")
		room, small := aRoom(w, "Blue room"), aRoom(w, "Small room")
		deal, _ := newDeal(t, w, "Pumps")
		meeting := func(title, in, from, to string) map[string]any {
			return map[string]any{"type": "meeting", "title": title, "room": in, "start": "2026-11-24T" + from + ":00Z", "end": "2026-11-24T" + to + ":00Z", "records": []any{map[string]any{"type": "deal", "id": deal}}}
		}
		active := func(of string) []string { return bookingsOf(w, "resource="+of+"&status=active") }
		becomesActive := func(of string, want ...string) {
			t.Helper()
			w.Eventually(fmt.Sprintf("%v are booked", want), 10*time.Millisecond, func() bool { return fmt.Sprint(active(of)) == fmt.Sprint(append([]string{}, want...)) })
		}
		without := meeting("No end", room, "10:00", "11:00")
		delete(without, "end")
		require.Equal(t, "/end", marta.Post("/activities", without).Problem(422, "validation").Text("errors.0.path"))
		require.Equal(t, "/room", marta.Post("/activities", meeting("Nowhere", "none", "10:00", "11:00")).Problem(422, "validation").Text("errors.0.path"))
		first := marta.Post("/activities", meeting("Visit", room, "10:00", "11:00")).Expect(201)
		require.Equal(t, "Blue room", first.Text("names."+room))
		require.Equal(t, []string{"2026-11-24T10:00 active"}, active(room))
		busy := henrik.Post("/activities", meeting("Another", room, "10:30", "11:30")).Problem(409, "resource_busy")
		require.Equal(t, "Pumps", busy.Text("clash.title"))
		require.Len(t, active(room), 1, "what could not be planned has booked nothing")
		booking := first.Text("booking")
		marta.Post("/bookings/"+booking+"/cancellation", map[string]any{}, "If-Match", `"1"`).Problem(409, "booking_of_activity")

		path := "/activities/" + first.Text("id")
		moved := marta.Do("PATCH", path, map[string]any{"start": "2026-11-24T10:30:00Z", "end": "2026-11-24T11:30:00Z"}, "If-Match", first.ETag()).Expect(200)
		becomesActive(room, "2026-11-24T10:30 active")
		marta.Do("PATCH", path, map[string]any{"start": "2026-11-24T12:30:00Z", "end": "2026-11-24T13:30:00Z"}, "If-Match", first.ETag()).Problem(409, "stale")
		becomesActive(room, "2026-11-24T10:30 active")
		second := henrik.Post("/activities", meeting("Another", small, "10:30", "11:30")).Expect(201)
		henrik.Do("PATCH", "/activities/"+second.Text("id"), map[string]any{"room": room}, "If-Match", second.ETag()).Problem(409, "resource_busy")
		named := marta.Do("PATCH", path, map[string]any{"title": "Visit of theirs"}, "If-Match", moved.ETag()).Expect(200)
		require.Equal(t, moved.Text("booking"), named.Text("booking"), "what does not concern the room keeps it")

		canceled := marta.Post(path+"/cancellation", map[string]any{}, "If-Match", named.ETag()).Expect(200)
		becomesActive(room)
		henrik.Do("PATCH", "/activities/"+second.Text("id"), map[string]any{"room": room}, "If-Match", second.ETag()).Expect(200)
		becomesActive(small)
		marta.Post(path+"/reopening", nil, "If-Match", canceled.ETag()).Problem(409, "resource_busy")
		again := henrik.Get("/activities/" + second.Text("id")).Expect(200)
		henrik.Do("DELETE", "/activities/"+second.Text("id"), nil, "If-Match", again.ETag()).Expect(204)
		becomesActive(room)
		marta.Post(path+"/reopening", nil, "If-Match", canceled.ETag()).Expect(200)
		require.Equal(t, []string{"2026-11-24T10:30 active"}, active(room))

		run := performs(w, "deal", deal, "activity.meeting", `{"title":"By a robot","date":"2026-11-26T10:00:00Z","room":"`+small+`"}`)
		require.Equal(t, "completed", run.Text("status"))
		require.Equal(t, []string{"2026-11-26T10:00 active"}, active(small))
	})
}

// covers G-19: a booking moves the record; which resource may be asked for.
func TestABookingMovesTheRecord(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{
		at("qualified", "elsewhere", trigger.ResourceBooked, `{"resources":["another"]}`),
		at("contract", "booked", trigger.ResourceBooked, `{}`, when(`event.resource == "Blue room" && event.employee == "anna"`)),
	}})
	room, deal := aRoom(w, "Blue room", "anyTime", true), dealOn(w, "tracking")
	book := func(user, from, to string) {
		t.Helper()
		w.As("ada").Post("/bookings", map[string]any{"resourceId": room, "from": from, "to": to, "userId": user, "record": map[string]any{"type": "deal", "id": deal}}).Expect(201)
	}
	book("henrik", "2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z")
	said(w, deal, "booked conditionFalse")
	said(w, deal, "elsewhere notMeant")
	book("anna", "2026-11-24T11:00:00Z", "2026-11-24T12:00:00Z")
	said(w, deal, "booked moved")
	require.Equal(t, "contract", stageOf(w, deal))
}

// covers R-24: documents of the record are removed by name and by file, with a line in
// its story; files of anything else stay, and nothing to remove is no failure.
func TestRobotsRemoveDocuments(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		marta := w.As("marta")
		deal, other := aDeal(w, "Pumps"), aDeal(w, "Valves")
		upload := func(owner, name string) string {
			return marta.Upload("/files", map[string]string{"owner": "deal:" + owner}, name, []byte("words")).Expect(201).Text("id")
		}
		files := func(of string) []string {
			out, list := []string{}, marta.Get("/records/deal/"+of+"/files").Expect(200)
			for i := range list.Len("items") {
				out = append(out, list.Text(fmt.Sprintf("items.%d.name", i)))
			}
			return out
		}
		upload(deal, "Contract.txt")
		upload(deal, "Offer.txt")
		foreign := upload(other, "Contract.txt")
		require.Equal(t, "completed", performs(w, "deal", deal, "document.remove", `{"name":"contract"}`).Text("status"))
		require.Equal(t, []string{"Offer.txt"}, files(deal))
		require.Equal(t, []string{"Contract.txt"}, files(other))
		performs(w, "deal", deal, "document.remove", `{"name":"{{ 'Con' }}tract"}`)
		removed := 0
		story := marta.Get("/records/deal/" + deal + "/timeline").Expect(200)
		for i := range story.Len("items") {
			if story.Text(fmt.Sprintf("items.%d.kind", i)) == "documentRemoved" {
				removed++
				require.Equal(t, "Contract.txt", story.Text(fmt.Sprintf("items.%d.data.files.0.name", i)))
			}
		}
		require.Equal(t, 1, removed)
		publishProcess(w, "foreign", oneRobot("foreign", "document.remove", `{"files":{"expr":"\"`+foreign+`\""}}`))
		run := w.As("oscar").Post("/definitions/foreign/runs", map[string]any{"recordType": "deal", "recordId": deal}).Expect(202).Text("id")
		w.Eventually("it is refused", 10*time.Millisecond, func() bool { return w.As("oscar").Get("/runs/"+run).Expect(200).Len("incidents") == 1 })
		require.Equal(t, []string{"Contract.txt"}, files(other))
	})
}
