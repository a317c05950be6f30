package apptest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// await reads on until an event of a kind satisfies the test.
func await(t *testing.T, c *socket, kind string, enough func(event map[string]any) bool) {
	t.Helper()
	for {
		m := next(t, c)
		require.Equal(t, "event", m.Type, "%v", m)
		for _, e := range m.Events {
			if e["kind"] == kind && enough(e) {
				return
			}
		}
	}
}

// people are those in an event or a snapshot, with what they have selected.
func people(list any) map[string]any {
	out := map[string]any{}
	for _, p := range list.([]any) {
		p := p.(map[string]any)
		out[p["name"].(string)] = p["selected"]
	}
	return out
}

func TestEditorsOfADraftSeeEachOther(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	const topic, key = "draft:contract-preparation", "contract-preparation"

	anna, _, err := dial(t, w, "anna", "")
	require.NoError(t, err)
	require.NoError(t, anna.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
	require.Equal(t, "denied", next(t, anna).Type, "who may not edit is not there")
	require.NoError(t, anna.WriteJSON(map[string]any{"type": "select", "topic": topic, "selected": []string{"prepare"}}))

	dana, _, err := dial(t, w, "dana", "")
	require.NoError(t, err)
	require.NoError(t, dana.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
	alone := next(t, dana)
	for alone.Type == "event" { // of her own arrival: it may overtake the answer to the subscription
		alone = next(t, dana)
	}
	require.Equal(t, "snapshot", alone.Type)
	require.Len(t, people(alone.Data["people"]), 1, "%v", alone.Data)

	ada, _, err := dial(t, w, "ada", "")
	require.NoError(t, err)
	require.NoError(t, ada.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
	// Who arrives is told in both ways: the list of the snapshot, and to the others.
	for m := next(t, ada); ; m = next(t, ada) {
		if m.Type == "snapshot" {
			require.Len(t, people(m.Data["people"]), 2)
			require.NotEmpty(t, m.Data["self"])
			break
		}
	}
	await(t, dana, "people", func(e map[string]any) bool { return len(people(e["people"])) == 2 })

	require.NoError(t, ada.WriteJSON(map[string]any{"type": "select", "topic": topic, "selected": []string{"prepare"}}))
	await(t, dana, "people", func(e map[string]any) bool {
		for _, selected := range people(e["people"]) {
			if list, _ := selected.([]any); len(list) == 1 && list[0] == "prepare" {
				return true
			}
		}
		return false
	})

	detail := w.As("ada").Get("/definitions/" + key).Expect(200)
	w.As("ada").Do("PATCH", "/definitions/"+key+"/draft", map[string]any{"patches": []any{
		map[string]any{"element": "nodes/prepare", "path": []string{"name"}, "before": "Prepare the contract", "after": "Draw the contract up"}}},
		"If-Match", detail.Header.Get("ETag")).Expect(200)
	await(t, dana, "draft", func(e map[string]any) bool {
		require.NotEmpty(t, e["byName"])
		return e["by"] == "ada"
	})

	require.NoError(t, ada.Close())
	await(t, dana, "people", func(e map[string]any) bool { return len(people(e["people"])) == 1 })
}

func TestMigrationIsLookedAtBeforePublishing(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
	startRuns(t, w, "two-tasks", 2)
	dana, oscar := w.As("dana"), w.As("oscar")
	draft := dana.Get("/definitions/two-tasks").Expect(200)
	var next any
	require.NoError(t, json.Unmarshal(fmt.Appendf(nil, twoTasks, "two-tasks", "", "opening", "opening", "opening"), &next))
	dana.Do("PUT", "/definitions/two-tasks/draft", next, "If-Match", draft.ETag()).Expect(200)

	look := func(nodes map[string]any) *apptest.Answer {
		return oscar.Post("/repairs/preview", map[string]any{"draft": true, "wish": map[string]any{"action": "migrate", "nodes": nodes},
			"select": map[string]any{"filter": map[string]any{"definition": "two-tasks", "statuses": []any{"active"}}}}).Expect(200)
	}
	blind := look(nil)
	require.Equal(t, 2, blind.Len("items"))
	require.NotEqual(t, "moves", blind.Text("items.0.verdict"), "nothing takes the place of the step")
	mapped := look(map[string]any{"first": "opening"})
	require.Equal(t, "moves", mapped.Text("items.1.verdict"), "%s", mapped.Raw)
	require.Equal(t, "opening", mapped.Text("items.1.after.nodes.0"))
	require.Equal(t, 1, oscar.Get("/definitions/two-tasks/versions").Expect(200).Len("items"), "nothing was published")

	dana.Post("/repairs/preview", map[string]any{"draft": true, "wish": map[string]any{"action": "migrate"},
		"select": map[string]any{"filter": map[string]any{"definition": "two-tasks"}}}).Problem(403, "forbidden")
	oscar.Post("/repairs/preview", map[string]any{"draft": true, "wish": map[string]any{"action": "cancel"},
		"select": map[string]any{"filter": map[string]any{"definition": "two-tasks"}}}).Problem(422, "validation")
}
