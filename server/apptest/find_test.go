package apptest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// askAll is a process that asks the group of the accountants for a number.
const askAll = `{"format":"fluxo/process@1","key":"ask","name":"Ask","variables":[{"name":"city","type":"text","default":"Łódź"},{"name":"amount","type":"number"}],
	"nodes":[{"id":"s","kind":"startEvent"},
		{"id":"first","kind":"userTask","name":"First","config":{"assignee":{"expr":"run.startedBy"}}},
		{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"first"},{"id":"f3","from":"first","to":"e"}]}`

// Operators find runs by anything; what they repair in bulk is what they see.
func TestRunsAreFoundByAnything(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "ask", askAll)
		began := w.Clock.Now()
		old := startRuns(t, w, "ask", 1)[0]
		w.Clock.Advance(time.Hour)
		runs := startRuns(t, w, "ask", 2)
		oscar := w.As("oscar")
		oscar.Post("/runs/"+runs[0]+"/actions", map[string]any{"action": "setVariables", "variables": map[string]any{"amount": 12.5}, "reason": "known now"}).Expect(202)
		found := func(pairs ...string) []string {
			q := url.Values{}
			for i := 0; i < len(pairs); i += 2 {
				q.Add(pairs[i], pairs[i+1])
			}
			page := oscar.Get("/runs?" + q.Encode()).Expect(200)
			ids := []string{}
			for i := range page.Len("items") {
				ids = append(ids, page.Text(fmt.Sprintf("items.%d.id", i)))
			}
			require.EqualValues(t, len(ids), oscar.Get("/runs/count?"+q.Encode()).Expect(200).At("count"))
			return ids
		}
		newest := []string{runs[1], runs[0], old}
		require.ElementsMatch(t, newest, found("variable", "City = łÓDŹ"))
		require.Equal(t, []string{runs[0]}, found("variable", "city=Łódź", "variable", "amount=12.5"))
		require.Empty(t, found("variable", "amount=12"))
		require.Len(t, found("person", "oscar"), 3)
		require.Empty(t, found("person", "anna"))
		for _, who := range []string{"user:oscar", "purchasing", "group:purchasing", "role:operator", "department:operations"} {
			require.Len(t, found("person", who), 3, who) // the people of a group, a role, a department
		}
		for _, who := range []string{"management", "group:oscar", "role:designer", "role:nobody", "department:nowhere", "place:operations"} {
			require.Empty(t, found("person", who), who)
		}
		require.Len(t, found("startedBy", "oscar", "definition", "ask", "node", "first"), 3)
		stamp := func(d time.Duration) string { return began.Add(d).Format(time.RFC3339Nano) }
		require.Equal(t, []string{old}, found("startedTo", stamp(time.Minute)))
		require.Len(t, found("startedFrom", stamp(time.Minute)), 2)
		require.Equal(t, []string{old}, found("idleSince", stamp(time.Minute)))
		require.Empty(t, found("incidentText", "anything"))
		oscar.Post("/runs/"+old+"/actions", map[string]any{"action": "suspend", "reason": "an audit"}).Expect(202)
		require.Equal(t, []string{old}, found("suspended", "true"))
		oscar.Get("/runs?startedTo=yesterday").Problem(422, "validation")

		// The same filter in bulk: one run, not three.
		seen := oscar.Post("/repairs/preview", map[string]any{"wish": map[string]any{"action": "cancel", "reason": "a mistake"},
			"select": map[string]any{"filter": map[string]any{"definition": "ask", "variables": []string{"amount=12.5"}}}}).Expect(200)
		require.Equal(t, 1, seen.Len("items"))
		require.Equal(t, runs[0], seen.Text("items.0.run"))

		for who, count := range map[string]int{"role:operator": 3, "role:designer": 0} {
			seen := oscar.Post("/repairs/preview", map[string]any{"wish": map[string]any{"action": "cancel", "reason": "a mistake"},
				"select": map[string]any{"filter": map[string]any{"definition": "ask", "person": who}}}).Expect(200)
			require.Equal(t, count, seen.Len("items"), who)
		}

		// Who sees only their own runs finds no others.
		require.Zero(t, w.As("marta").Get("/runs?person=oscar").Expect(200).Len("items"))
		w.As("marta").Get("/runs?startedBy=oscar").Problem(403, "forbidden")
	})
}

// A view is its owner's until an operator gives it to all.
func TestViewsAreSavedAndShared(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		oscar, marta := w.As("oscar"), w.As("marta")
		view := map[string]any{"page": "runs", "name": "Stuck contracts", "shared": false, "search": map[string]any{"state": "incident", "idle": 24}}
		saved := oscar.Post("/views", view).Expect(201)
		require.Equal(t, "incident", oscar.Get("/views?page=runs").Expect(200).Text("items.0.search.state"))
		require.Zero(t, marta.Get("/views?page=runs").Expect(200).Len("items"))
		path := "/views/" + saved.Text("id")
		change := map[string]any{"name": "Stuck", "shared": true, "search": map[string]any{"state": "incident"}}
		marta.Do("PUT", path, change, "If-Match", saved.ETag()).Problem(404, "not_found")
		oscar.Do("PUT", path, change, "If-Match", `"99"`).Problem(409, "stale")
		shared := oscar.Do("PUT", path, change, "If-Match", saved.ETag()).Expect(200)
		seen := marta.Get("/views?page=runs").Expect(200)
		require.Equal(t, "Stuck", seen.Text("items.0.name"))
		require.Equal(t, false, seen.At("items.0.mine"))
		require.Equal(t, shared.Text("ownerName"), seen.Text("items.0.ownerName"))
		marta.Do("DELETE", path, nil, "If-Match", shared.ETag()).Problem(403, "forbidden")
		marta.Post("/views", map[string]any{"page": "runs", "name": "Mine", "shared": true, "search": map[string]any{}}).Problem(403, "forbidden")
		marta.Post("/views", map[string]any{"page": "runs", "name": " ", "shared": false, "search": map[string]any{}}).Problem(422, "validation")
		marta.Post("/views", map[string]any{"page": "runs", "name": "Deep", "shared": false, "search": map[string]any{"a": []int{1}}}).Problem(422, "validation")
		oscar.Do("DELETE", path, nil, "If-Match", shared.ETag()).Expect(204)
		require.Zero(t, marta.Get("/views?page=runs").Expect(200).Len("items"))
	})
}
