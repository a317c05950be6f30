package apptest_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The values that somebody gave at a start are on the run for those who may see
// it, also when the process has no variable.
func TestRunsShowWhatTheyWereGiven(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "order", `{"format":"fluxo/process@1","key":"order","name":"Order",
		"parameters":[{"name":"urgent","type":"boolean"},{"name":"pieces","type":"number","default":3}],
		"nodes":[{"id":"begin","kind":"startEvent","trigger":{"on":"manual"}},{"id":"do","kind":"userTask","name":"Do","config":{"assignee":"oscar"}},{"id":"end","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"begin","to":"do"},{"id":"f2","from":"do","to":"end"}]}`)
	oscar := w.As("oscar")
	run := oscar.Post("/definitions/order/runs", map[string]any{"parameters": map[string]any{"urgent": true}}).Expect(202).Text("id")
	shown := oscar.Get("/runs/" + run).Expect(200)
	require.Equal(t, map[string]any{}, shown.At("variables"))
	require.Equal(t, map[string]any{"urgent": true, "pieces": float64(3)}, shown.At("parameters"))
	values := oscar.Get("/runs/" + run + "/variables").Expect(200)
	require.Equal(t, 2, values.Len("items"))
	require.Equal(t, "pieces", values.Text("items.0.name"))
	require.Equal(t, true, values.At("items.1.parameter"))
	require.Equal(t, true, values.At("items.1.value"))
	require.Equal(t, oscar.Get("/session").Expect(200).Text("user.name"), values.Text("items.1.changes.0.by"))
	w.As("anna").Get("/runs/"+run+"/variables").Problem(403, "forbidden")
	w.As("anna").Get("/runs/"+run).Problem(403, "forbidden")
}

// What a run is given at its start is what its process asks, and of its type.
func TestGivenParametersAreChecked(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	created := dana.Post("/definitions", map[string]any{"name": "Asks", "key": "asks"}).Expect(201)
	saved := dana.Do("PUT", "/definitions/asks/draft", json.RawMessage(`{"format":"fluxo/process@1","key":"asks","name":"Asks",
		"parameters":[{"name":"urgent","type":"boolean"},{"name":"pieces","type":"integer","required":true},{"name":"size","type":"string","options":["s","m"]},
			{"name":"days","type":"date","multiple":true},{"name":"price","type":"money"},{"name":"note","type":"string"}],
		"nodes":[{"id":"s","kind":"startEvent","trigger":{"on":"manual"}},{"id":"e","kind":"endEvent"}],"flows":[{"id":"f","from":"s","to":"e"}]}`), "If-Match", created.ETag()).Expect(200)
	dana.Post("/definitions/asks/versions", map[string]any{}, "If-Match", saved.ETag()).Expect(201)
	start := func(parameters map[string]any) *apptest.Answer {
		return dana.Post("/definitions/asks/runs", map[string]any{"parameters": parameters})
	}
	good := map[string]any{"urgent": true, "pieces": 3, "size": "m", "days": []any{"2026-03-02"}, "price": map[string]any{"amount": 5, "currency": "PLN"}, "note": nil}
	start(good).Expect(202)
	for _, bad := range []struct {
		name  string
		value any
		code  string
	}{
		{"other", 1, "unknown_field"}, {"urgent", "yes", "wrong_type"}, {"pieces", 1.5, "wrong_type"}, {"pieces", nil, "required"}, {"size", "xl", "one_of"},
		{"days", "2026-03-02", "wrong_type"}, {"days", []any{"tomorrow"}, "wrong_type"}, {"price", 5, "wrong_type"}, {"note", strings.Repeat("x", 300_000), "too_long"},
	} {
		given := maps.Clone(good)
		given[bad.name] = bad.value
		refused := start(given).Problem(422, "validation")
		require.Equal(t, "/parameters/"+bad.name, refused.Text("errors.0.path"))
		require.Equal(t, bad.code, refused.Text("errors.0.code"))
	}
}
