package apptest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Who may press a button is asked at that moment: rights that are gone do not count,
// nor does a run of another record, and what is refused changes nothing.
//
// covers B-05
func TestCommandsOfThoseWhoMayNoMore(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	team := ada.Post("/groups", map[string]any{"name": "Closers", "memberIds": []string{"henrik", "oscar"}}).Expect(201)
	ada.Post("/status-processes", template("Guarded", aStatus("open", "commands", list{
		aCommand("close", []any{team.Text("id"), "role:operator"}, sets("c", "done")), aCommand("mine", []any{"dana"}, sets("m", "done"))}), aStatus("done"))).Expect(201)
	deal, other := aDeal(w, "Guarded"), aDeal(w, "Other")
	run := begun(w, deal, "guarded")
	comes(w, deal, "open")
	before := ofDeal(w, "marta", deal).At("items.0.story")

	press(w, "marta", deal, run, "close").Problem(403, "forbidden")
	press(w, "henrik", other, run, "close").Problem(404, "not_found")
	press(w, "henrik", "nothing", run, "close").Problem(404, "not_found")
	press(w, "henrik", deal, "nothing", "close").Problem(404, "not_found")
	for _, command := range []string{"", "Close", "close ", "../close", "none\x00", "{{ 1 }}"} {
		status := press(w, "henrik", deal, run, command).Status
		require.True(t, status == 409 || status == 422, "%q: %d", command, status)
	}
	// One leaves the group, another loses the role, a third the account.
	ada.Do("PATCH", "/groups/"+team.Text("id"), map[string]any{"memberIds": []string{}}, "If-Match", team.ETag()).Expect(200)
	press(w, "henrik", deal, run, "close").Problem(403, "forbidden")
	w.As("oscar")
	ada.Do("PATCH", "/users/oscar", map[string]any{"roles": []string{"member"}}, "If-Match", ada.Get("/users/oscar").Expect(200).ETag()).Expect(200)
	press(w, "oscar", deal, run, "close").Problem(403, "forbidden")
	dana := w.As("dana")
	ada.Do("PATCH", "/users/dana", map[string]any{"active": false}, "If-Match", ada.Get("/users/dana").Expect(200).ETag()).Expect(200)
	dana.Post("/records/deal/"+deal+"/status-processes/"+run+"/commands", map[string]any{"command": "mine"}).Problem(401, "unauthenticated")
	require.Equal(t, before, ofDeal(w, "marta", deal).At("items.0.story"), "nothing has happened")

	// A record in the bin has no buttons.
	marta := w.As("marta")
	marta.Do("DELETE", "/records/deal/"+deal, nil, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(204)
	press(w, "henrik", deal, run, "close").Problem(404, "not_found")
}

// Views outlive who has made them, and only who may share changes what is shared.
func TestViewsOfThoseWhoMayNoMore(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, oscar, marta := w.As("ada"), w.As("oscar"), w.As("marta")
		body := func(name string, shared bool, search map[string]any) map[string]any {
			return map[string]any{"name": name, "search": search, "shared": shared}
		}
		save := func(of map[string]any) *apptest.Answer {
			of["page"] = "runs"
			return oscar.Post("/views", of).Expect(201)
		}
		shared, own := save(body("Stuck", true, map[string]any{"state": "incident"})), save(body("Own", false, map[string]any{}))
		path, private := "/views/"+shared.Text("id"), "/views/"+own.Text("id")
		for _, who := range []*apptest.Client{marta, ada} {
			who.Do("PUT", private, body("Taken", false, map[string]any{}), "If-Match", own.ETag()).Problem(404, "not_found")
			who.Do("DELETE", private, nil, "If-Match", own.ETag()).Problem(404, "not_found")
		}
		marta.Do("PUT", path, body("Taken", true, map[string]any{}), "If-Match", shared.ETag()).Problem(403, "forbidden")
		marta.Do("DELETE", path, nil, "If-Match", shared.ETag()).Problem(403, "forbidden")

		// An operator no more: what everybody has stays as it is, and may become one's own.
		ada.Do("PATCH", "/users/oscar", map[string]any{"roles": []string{"member"}}, "If-Match", ada.Get("/users/oscar").Expect(200).ETag()).Expect(200)
		oscar = w.As("oscar")
		oscar.Do("PUT", path, body("Renamed", true, map[string]any{}), "If-Match", shared.ETag()).Problem(403, "forbidden")
		mine := oscar.Do("PUT", path, body("Renamed", false, map[string]any{}), "If-Match", shared.ETag()).Expect(200)
		require.Zero(t, marta.Get("/views?page=runs").Expect(200).Len("items"))
		ada.Do("PATCH", "/users/oscar", map[string]any{"roles": []string{"operator"}}, "If-Match", ada.Get("/users/oscar").Expect(200).ETag()).Expect(200)
		oscar = w.As("oscar")
		again := oscar.Do("PUT", path, body("Stuck", true, map[string]any{"state": "incident"}), "If-Match", mine.ETag()).Expect(200)

		// Gone with the account: who shared it is still named, and an administrator clears up.
		marta.Do("PUT", "/views/first", map[string]any{"page": "runs", "view": shared.Text("id")}).Expect(204)
		ada.Do("PATCH", "/users/oscar", map[string]any{"active": false}, "If-Match", ada.Get("/users/oscar").Expect(200).ETag()).Expect(200)
		seen := marta.Get("/views?page=runs").Expect(200)
		require.Equal(t, "Oscar Pereira", seen.Text("items.0.ownerName"))
		require.Equal(t, true, seen.At("items.0.first"))
		ada.Do("DELETE", path, nil, "If-Match", again.ETag()).Expect(204)
		require.Zero(t, marta.Get("/views?page=runs").Expect(200).Len("items"))
	})
}

// A view may name a field that is gone: the list says which, and nothing breaks.
func TestFiltersOfFieldsThatAreGone(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	made := ada.Post("/record-types/deal/fields", map[string]any{"label": "Floor", "type": "text"}, "If-Match", ada.Get("/record-types/deal").Expect(200).ETag()).Expect(201)
	q := "?filter=" + url.QueryEscape(`{"field":"floor","op":"eq","value":"2"}`)
	for _, path := range []string{"/records/deal", "/lists/deal/totals", "/transfer/deal/export?format=csv"} {
		marta.Get(strings.Replace(path+q, "csv?", "csv&", 1)).Expect(200)
	}
	ada.Do("DELETE", "/record-types/deal/fields/floor", nil, "If-Match", made.ETag()).Expect(200)
	for _, path := range []string{"/records/deal", "/lists/deal/totals", "/transfer/deal/export?format=csv"} {
		refused := marta.Get(strings.Replace(path+q, "csv?", "csv&", 1)).Problem(422, "validation")
		require.Contains(t, string(refused.Raw), "floor", path)
	}
	marta.Get("/records/deal?sort=floor").Problem(422, "validation")
}

// Tasks are handed to people who can do them, and absences in a circle lose none.
//
// covers U-17
func TestHandingOnInCircles(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "asked", asked)
	ada, marta, anna := w.As("ada"), w.As("marta"), w.As("anna")
	w.As("oscar").Post("/definitions/asked/runs", map[string]any{}).Expect(202)
	task := w.Task("marta", "Write it")
	give := func(who *apptest.Client, to string) *apptest.Answer {
		return who.Post("/tasks/"+task+"/delegation", map[string]any{"to": to, "reason": strings.Repeat("r", 10)})
	}
	give(marta, "marta").Problem(422, "validation")
	give(marta, "").Problem(422, "validation")
	give(anna, "anna").Problem(403, "not_your_task")
	give(marta, "group:sales").Problem(422, "validation")
	ada.Do("PATCH", "/users/dana", map[string]any{"active": false}, "If-Match", ada.Get("/users/dana").Expect(200).ETag()).Expect(200)
	give(marta, "dana").Problem(422, "validation")
	marta.Post("/tasks/"+task+"/delegation", map[string]any{"to": "anna", "reason": strings.Repeat("r", 100_000)}).Problem(422, "validation")
	give(marta, "anna").Expect(200)
	give(marta, "anna").Problem(403, "not_your_task")
	give(anna, "marta").Expect(200) // back again
	require.Equal(t, 2, marta.Get("/tasks/"+task).Expect(200).Len("delegated"))

	// Three people are away and stand in for each other: the tasks stay where they are.
	day := w.Clock.Now().Add(24 * time.Hour).Format(time.DateOnly)
	away := func(who, standIn string) *apptest.Answer {
		return w.As(who).Post("/absences", map[string]any{"userId": who, "kind": "vacation", "from": day, "to": day, "standIn": standIn})
	}
	away("marta", "marta").Problem(422, "validation")
	away("marta", "dana").Problem(422, "validation")
	away("marta", "anna").Expect(201)
	away("marta", "anna").Problem(422, "validation") // of the same day
	away("anna", "oscar").Expect(201)
	away("oscar", "marta").Expect(201)
	w.As("marta").Post("/absences", map[string]any{"userId": "anna", "kind": "vacation", "from": day, "to": day}).Problem(403, "forbidden")
	w.Clock.Advance(25 * time.Hour)
	w.SignOutAll()
	require.NoError(t, w.App.HandOnTasks(t.Context()))
	require.Equal(t, "marta", w.As("ada").Get("/tasks/"+task).Expect(200).Text("assignees.0.id"))
	w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
}
