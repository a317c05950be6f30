package apptest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// review waits two working days, gives marta two working hours of her own time,
// and lets henrik and anna approve within a working day.
const review = `{"format":"fluxo/process@1","key":"review","name":"Review","nodes":[
	{"id":"begin","kind":"startEvent","trigger":{"on":"manual"}},
	{"id":"pause","kind":"catchEvent","trigger":{"timer":{"after":{"amount":2,"unit":"workingDay","calendar":"company"}}}},
	{"id":"write","kind":"userTask","name":"Write it","config":{"assignee":"marta","due":{"amount":2,"unit":"workingHour","calendar":"assignee"}}},
	{"id":"ok","kind":"approval","name":"Approve it","config":{"approvers":["henrik","anna"],"rule":"all","outcomes":[{"name":"approve","positive":true},{"name":"reject"}],
		"timeout":{"after":{"amount":1,"unit":"workingDay"},"outcome":"reject"}}},
	{"id":"won","kind":"endEvent"},{"id":"lost","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"begin","to":"pause"},{"id":"f2","from":"pause","to":"write"},{"id":"f3","from":"write","to":"ok"},
	{"id":"f4","from":"ok","port":"approve","to":"won"},{"id":"f5","from":"ok","port":"reject","to":"lost"}]}`

func publishReview(t *testing.T, w *apptest.World) {
	t.Helper()
	dana := w.As("dana")
	created := dana.Post("/definitions", map[string]any{"name": "Review", "key": "review"}).Expect(201)
	saved := dana.Do("PUT", "/definitions/review/draft", json.RawMessage(review), "If-Match", created.ETag()).Expect(200)
	require.Zero(t, saved.Len("findings"), "%s", saved.Raw)
	dana.Post("/definitions/review/versions", map[string]any{}, "If-Match", saved.ETag()).Expect(201)
}

func companyRules(t *testing.T, w *apptest.World) (rules map[string]any, tag string) {
	t.Helper()
	c := w.As("marta").Get("/calendars/company").Expect(200)
	require.NoError(t, json.Unmarshal(c.Raw, &rules))
	for _, own := range []string{"id", "rev", "createdAt", "updatedAt", "$schema"} {
		delete(rules, own)
	}
	return rules, c.ETag()
}

func waitsUntil(w *apptest.World, run, kind string) string {
	a := w.As("oscar").Get("/runs/" + run).Expect(200)
	for i := range a.Len("waits") {
		if a.Text(fmt.Sprintf("waits.%d.kind", i)) == kind {
			return a.Text(fmt.Sprintf("waits.%d.dueAt", i))
		}
	}
	return ""
}

// Working time of processes goes by the company's calendar; a holiday entered
// meanwhile moves the timers that are armed.
//
// covers U-30, U-32, B-50
func TestProcessesKeepWorkingTime(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]apptest.Options{"memory": {}, "sqlite": {SQLite: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := apptest.New(t, options)
			publishReview(t, w)
			monday := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC) // ten o'clock in Warsaw
			w.Clock.Advance(monday.Sub(w.Clock.Now()))
			w.SignOutAll()
			ada := w.As("ada")

			run := w.As("oscar").Post("/definitions/review/runs", map[string]any{}).Expect(202).Text("id")
			w.Eventually("the timer is armed", time.Millisecond, func() bool { return waitsUntil(w, run, "timer") != "" })
			require.Equal(t, "2027-03-03", waitsUntil(w, run, "timer")[:10])

			rules, tag := companyRules(t, w)
			rules["days"] = []any{map[string]any{"date": "2027-03-02", "name": "Founding day", "hours": []any{}}}
			w.As("marta").Do("PUT", "/calendars/company", rules, "If-Match", tag).Problem(403, "forbidden")
			ada.Do("PUT", "/calendars/company", rules).Problem(428, "precondition_required")
			ada.Do("PUT", "/calendars/company", rules, "If-Match", tag).Expect(200)
			ada.Do("PUT", "/calendars/company", rules, "If-Match", tag).Problem(409, "stale")
			w.Eventually("the armed timer moves over the new holiday", 10*time.Millisecond, func() bool { return waitsUntil(w, run, "timer")[:10] == "2027-03-04" })
			require.Equal(t, "09:0", waitsUntil(w, run, "timer")[11:15])
			w.Eventually("the trail tells of it", 10*time.Millisecond, func() bool {
				return ada.Get("/audit?action=timers.moved").Expect(200).Len("items") == 1
			})

			// Anna is away until Friday and oscar, who has started the run, stands in for
			// henrik: he must not decide what he asked for, but his own stand-in may.
			add := func(who, from, to, standIn string) *apptest.Answer {
				return w.As(who).Post("/absences", map[string]any{"userId": who, "kind": "vacation", "from": from, "to": to, "standIn": standIn, "note": "sea"})
			}
			add("henrik", "2027-03-04", "2027-03-05", "oscar").Expect(201)
			add("oscar", "2027-03-08", "2027-03-09", "dana").Expect(201)
			add("anna", "2027-03-03", "2027-03-05", "dana").Expect(201)
			add("marta", "2027-03-04", "2027-03-05", "").Expect(201)
			add("marta", "2027-03-05", "2027-03-07", "").Problem(422, "validation")

			w.Clock.Advance(72*time.Hour + 10*time.Minute)
			w.SignOutAll()
			write := w.Task("marta", "Write it") // nobody stands in: it stays hers, and her hours begin on Monday
			require.Equal(t, "2027-03-08T10:00", w.As("marta").Get("/tasks/" + write).Expect(200).Text("dueAt")[:16])
			w.As("marta").Post("/tasks/"+write+"/completion", map[string]any{}).Expect(200)

			task := w.Task("dana", "Approve it")
			seen := w.As("dana").Get("/tasks/" + task).Expect(200)
			require.Equal(t, 1, seen.Len("delegated"), "%s", seen.Raw)
			require.Equal(t, "Anna Kowalska", seen.Text("delegated.0.fromName"))
			require.Equal(t, "Dana Wójcik", seen.Text("delegated.0.toName"))
			require.Equal(t, "2027-03-05", seen.Text("delegated.0.absence.to"))
			w.As("henrik").Post("/tasks/"+task+"/delegation", map[string]any{"to": "oscar"}).Problem(422, "validation")
			w.As("oscar").Post("/tasks/"+task+"/completion", map[string]any{"outcome": "approve"}).Problem(403, "not_your_task")
			w.As("anna").Post("/tasks/"+task+"/completion", map[string]any{"outcome": "approve"}).Problem(403, "not_your_task")
			w.As("dana").Post("/tasks/"+task+"/completion", map[string]any{"outcome": "approve"}).Expect(200)
			w.As("henrik").Post("/tasks/"+task+"/completion", map[string]any{"outcome": "approve"}).Expect(200)
			w.Eventually("the run ends", 10*time.Millisecond, func() bool {
				return w.As("oscar").Get("/runs/"+run).Expect(200).Text("status") == "completed"
			})
		})
	}
}

// covers U-32, B-56
func TestCalendarsAreKept(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	rules, tag := companyRules(t, w)
	wrong := func(path, code, field string, value any) {
		t.Helper()
		changed := map[string]any{}
		for k, v := range rules {
			changed[k] = v
		}
		changed[field] = value
		a := ada.Do("PUT", "/calendars/company", changed, "If-Match", tag).Problem(422, "validation")
		require.Equal(t, path, a.Text("errors.0.path"), "%s", a.Raw)
		require.Equal(t, code, a.Text("errors.0.code"), "%s", a.Raw)
	}
	hours := func(from, to string) []any { return []any{map[string]any{"from": from, "to": to}} }
	none := []any{}
	wrong("/zone", "invalid", "zone", "Mars/Base")
	wrong("/name", "required", "name", " ")
	wrong("/week/0", "invalid", "week", []any{hours("22:00", "06:00"), none, none, none, none, none, none})
	wrong("/sets/0", "one_of", "sets", []any{"XX"})
	wrong("/days/1/date", "duplicate_key", "days", []any{map[string]any{"date": "2027-01-01", "name": "", "hours": none}, map[string]any{"date": "2027-01-01", "name": "", "hours": none}})

	rules["name"], rules["zone"], rules["sets"] = "Night shift", "America/Sao_Paulo", []any{"BR"}
	rules["week"] = []any{hours("22:00", "24:00"), hours("00:00", "06:00"), none, none, none, none, none}
	night := ada.Post("/calendars", rules).Expect(201)
	id := night.Text("id")
	marta.Post("/calendars", rules).Problem(403, "forbidden")
	ada.Do("PUT", "/calendar-uses/department/sales", map[string]any{"calendarId": id}).Expect(200)
	ada.Do("PUT", "/calendar-uses/department/nowhere", map[string]any{"calendarId": id}).Problem(404, "not_found")
	ada.Do("PUT", "/calendar-uses/user/henrik", map[string]any{"calendarId": "nothing"}).Problem(422, "validation")
	ada.Do("DELETE", "/calendars/"+id, nil, "If-Match", night.ETag()).Problem(409, "in_use")
	due := func(calendar string) string {
		return marta.Post("/calendars/preview", map[string]any{"calendar": calendar, "at": "2027-03-01T11:00:00Z", "amount": 1, "unit": "workingHour"}).Expect(200).Text("due")
	}
	require.Equal(t, "2027-03-01T12:00:00.000Z", due("company"))
	require.Equal(t, "2027-03-02T02:00:00.000Z", due("user:marta"), "by the calendar of her department")
	require.Equal(t, "2027-03-01T12:00:00.000Z", due("user:anna"))
	ada.Do("PUT", "/calendar-uses/user/marta", map[string]any{"calendarId": "company"}).Expect(200)
	require.Equal(t, "2027-03-01T12:00:00.000Z", due("user:marta"))
	ada.Do("PUT", "/calendar-uses/user/marta", map[string]any{"calendarId": ""}).Expect(200)
	require.Equal(t, "2027-03-02T02:00:00.000Z", due("user:marta"))
	both := marta.Post("/calendars/preview", map[string]any{"calendar": "company+" + id, "amount": 1, "unit": "workingDay"}).Expect(200)
	require.Equal(t, "2026-12-01T08:00:00.000Z", both.Text("due"), "an hour on Tuesdays is common to both")
	marta.Post("/calendars/preview", map[string]any{"calendar": "nothing", "amount": 1, "unit": "workingDay"}).Problem(422, "validation")
	fifteenth := marta.Post("/calendars/preview", map[string]any{"at": "2027-08-15T12:00:00+02:00", "amount": -1, "unit": "workingDay"}).Expect(200)
	require.Equal(t, "2027-08-12", fifteenth.Text("due")[:10], "a Sunday counts as the Friday") // covers B-56

	require.Equal(t, 14, ada.Get("/holidays?year=2026").Expect(200).Len("items.2.days"), "of Poland")
	file := "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270606\r\nSUMMARY:Founding day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	read := ada.Post("/holidays/import", map[string]any{"text": file}).Expect(200)
	require.Equal(t, "Founding day", read.Text("days.0.name"))
	ada.Post("/holidays/import", map[string]any{"text": "<html>"}).Problem(422, "validation")
	marta.Post("/holidays/import", map[string]any{"text": file}).Problem(403, "forbidden")
	ada.Do("DELETE", "/calendars/company", nil, "If-Match", `"0"`).Problem(403, "forbidden")
	ada.Do("PUT", "/calendar-uses/department/sales", map[string]any{"calendarId": ""}).Expect(200)
	ada.Do("DELETE", "/calendars/"+id, nil, "If-Match", night.ETag()).Expect(204)
}

// People enter their own absences, heads those of their people. Why somebody is
// away is not for everybody.
//
// covers U-30, B-57
func TestAbsencesAndDays(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	henrik, marta, anna := w.As("henrik"), w.As("marta"), w.As("anna")
	absence := func(user string) map[string]any {
		return map[string]any{"userId": user, "kind": "sickLeave", "from": "2027-05-03", "to": "2027-05-05", "standIn": "oscar", "note": "flu"}
	}
	anna.Post("/absences", absence("marta")).Problem(403, "forbidden")
	entered := henrik.Post("/absences", absence("marta")).Expect(201)
	path := "/absences/" + entered.Text("id")
	require.Equal(t, "sickLeave", marta.Get("/absences?userId=marta").Expect(200).Text("items.0.kind"))
	require.Equal(t, "flu", henrik.Get("/absences?team=true").Expect(200).Text("items.0.note"))
	require.Zero(t, marta.Get("/absences?team=true").Expect(200).Len("items"))
	others := anna.Get("/absences?userId=marta").Expect(200)
	require.Equal(t, "other", others.Text("items.0.kind"))
	require.Empty(t, others.Text("items.0.note"))
	require.Equal(t, "Oscar Pereira", others.Text("items.0.standInName"))
	anna.Do("DELETE", path, nil, "If-Match", entered.ETag()).Problem(403, "forbidden")
	for field, value := range map[string]any{"to": "2027-05-01", "standIn": "marta", "from": "2027-02-30", "note": "\x01", "userId": "nobody"} {
		bad := absence("marta")
		bad[field] = value
		if field != "userId" {
			bad["userId"] = "marta"
		}
		w.As("ada").Post("/absences", bad).Problem(422, "validation")
	}
	changed := absence("marta")
	changed["to"] = "2027-05-07"
	later := marta.Do("PUT", path, changed, "If-Match", entered.ETag()).Expect(200)
	marta.Do("PUT", path, changed, "If-Match", entered.ETag()).Problem(409, "stale")
	marta.Do("DELETE", path, nil, "If-Match", later.ETag()).Expect(204)

	require.Equal(t, "off", marta.Get("/me/day").Expect(200).Text("state"))
	mark := func(action string) *apptest.Answer { return marta.Post("/me/day", map[string]any{"action": action}) }
	mark("pause").Problem(422, "validation")
	require.Equal(t, "working", mark("start").Expect(200).Text("state"))
	require.Equal(t, "paused", mark("pause").Expect(200).Text("state"))
	require.Equal(t, "working", mark("resume").Expect(200).Text("state"))
	require.Equal(t, 3, marta.Get("/me/day").Expect(200).Len("marks"))
	w.Clock.Advance(24 * time.Hour)
	w.SignOutAll()
	marta = w.As("marta")
	require.Equal(t, "off", marta.Get("/me/day").Expect(200).Text("state"), "a day that was not ended is over with its date")
	w.Eventually("the trail has it", 10*time.Millisecond, func() bool {
		text := string(w.As("ada").Get("/audit?limit=200").Expect(200).Raw)
		return strings.Contains(text, "absence.deleted") && strings.Contains(text, "workday.marked")
	})
}
