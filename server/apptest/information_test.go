package apptest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// carrier asks marta or anna for the facts of a transport, and lets henrik and
// anna read what came out.
const carrier = `{"format":"fluxo/process@1","key":"carrier","name":"Carrier","nodes":[
	{"id":"begin","kind":"startEvent","trigger":{"on":"manual"}},
	{"id":"ask","kind":"requestInformation","name":"Ask for the weight","config":{"assignees":["marta","anna"],"text":"What is it?","refusal":"all","refusalReason":true,"form":[
		{"name":"weight","label":"Weight","type":"number","required":true,"min":0.5,"max":900},
		{"name":"boxes","type":"integer","max":20},
		{"name":"sizes","type":"choice","options":["S","M"],"multiple":true},
		{"name":"pickup","type":"date","min":"2026-01-01"},
		{"name":"worth","type":"money","max":1000},
		{"name":"driver","type":"user"},
		{"name":"fragile","type":"boolean"},
		{"name":"note","type":"text","maxLength":10},
		{"name":"slip","type":"file"}]}},
	{"id":"read","kind":"acknowledge","name":"Read the facts","config":{"people":["henrik","anna"],"text":"{{ vars.weight }} kg","button":"Seen"}},
	{"id":"heavy","kind":"exclusiveGateway","default":"f5"},
	{"id":"crane","kind":"endEvent","name":"Crane"},{"id":"done","kind":"endEvent"},{"id":"none","kind":"endEvent","name":"Nobody knows"}],
	"flows":[{"id":"f1","from":"begin","to":"ask"},{"id":"f2","from":"ask","to":"read"},{"id":"f3","from":"ask","to":"none","port":"refused"},
	{"id":"f4","from":"read","to":"heavy"},{"id":"f5","from":"heavy","to":"done"},{"id":"f6","from":"heavy","to":"crane","when":"vars.weight > 100 && vars.sizes[0] == \"M\""}]}`

func publishCarrier(t *testing.T, w *apptest.World) {
	t.Helper()
	dana := w.As("dana")
	created := dana.Post("/definitions", map[string]any{"name": "Carrier", "key": "carrier"}).Expect(201)
	saved := dana.Do("PUT", "/definitions/carrier/draft", json.RawMessage(carrier), "If-Match", created.ETag()).Expect(200)
	require.Zero(t, saved.Len("findings"), "%s", saved.Raw)
	dana.Post("/definitions/carrier/versions", map[string]any{}, "If-Match", saved.ETag()).Expect(201)
}

// covers B-43, B-44
func TestInformationIsAskedForAndAcknowledged(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishCarrier(t, w)
	run := w.As("oscar").Post("/definitions/carrier/runs", map[string]any{}).Expect(202).Text("id")
	marta := w.As("marta")
	ask := w.Task("marta", "Ask for the weight")
	view := marta.Get("/tasks/" + ask).Expect(200)
	require.Equal(t, "all", view.Text("config.refusal"))
	require.Equal(t, "refused", view.Text("config.outcomes.1.name"))

	wrong := func(path, code string, values map[string]any) {
		t.Helper()
		all := map[string]any{"weight": 3}
		for name, v := range values {
			all[name] = v
		}
		a := marta.Post("/tasks/"+ask+"/completion", map[string]any{"values": all}).Problem(422, "validation")
		require.Equal(t, path, a.Text("errors.0.path"), "%s", a.Raw)
		require.Equal(t, code, a.Text("errors.0.code"), "%s", a.Raw)
		require.Equal(t, 1, a.Len("errors"), "%s", a.Raw)
		require.NotEmpty(t, a.Text("errors.0.message"))
	}
	wrong("/values/weight", "required", map[string]any{"weight": nil})
	wrong("/values/weight", "wrong_type", map[string]any{"weight": "three"})
	wrong("/values/weight", "out_of_range", map[string]any{"weight": 0.25})
	wrong("/values/boxes", "wrong_type", map[string]any{"boxes": 1.5})
	wrong("/values/boxes", "out_of_range", map[string]any{"boxes": 21})
	wrong("/values/sizes", "wrong_type", map[string]any{"sizes": "S"})
	wrong("/values/sizes/1", "one_of", map[string]any{"sizes": []string{"S", "XL"}})
	wrong("/values/pickup", "format", map[string]any{"pickup": "2026-02-30"})
	wrong("/values/pickup", "out_of_range", map[string]any{"pickup": "2025-12-31"})
	wrong("/values/worth", "wrong_type", map[string]any{"worth": 7})
	wrong("/values/worth", "out_of_range", map[string]any{"worth": map[string]any{"amount": 100001, "currency": "EUR"}})
	wrong("/values/driver", "unknown_reference", map[string]any{"driver": "nobody"})
	wrong("/values/fragile", "wrong_type", map[string]any{"fragile": "yes"})
	wrong("/values/note", "too_long", map[string]any{"note": "much too long"})
	wrong("/values/slip", "unknown_reference", map[string]any{"slip": "somebody-elses"})
	wrong("/values/other", "unknown_field", map[string]any{"other": 1})

	slip := marta.Upload("/files", map[string]string{"owner": "task:" + ask}, "slip.txt", []byte("a slip")).Expect(201).Text("id")
	marta.Post("/tasks/"+ask+"/completion", map[string]any{"values": map[string]any{"weight": 120.5, "sizes": []string{"M"}, "pickup": "2026-03-02",
		"worth": map[string]any{"amount": 100000, "currency": "EUR"}, "driver": "anna", "slip": slip}}).Expect(200)
	w.As("anna").Post("/tasks/"+ask+"/completion", map[string]any{"values": map[string]any{"weight": 1}}).Problem(409, "already_decided")

	read := w.Task("henrik", "Read the facts")
	require.Contains(t, w.As("henrik").Get("/tasks/"+read).Expect(200).Text("text"), "120.5 kg")
	vars := w.As("oscar").Get("/runs/" + run).Expect(200)
	require.EqualValues(t, 120.5, vars.At("variables.weight"))
	require.Equal(t, "M", vars.Text("variables.sizes.0"))
	require.Equal(t, "slip.txt", vars.Text("variables.slip.name"))
	require.Equal(t, false, vars.At("variables.fragile"))
	require.Nil(t, vars.At("variables.note"))

	first := w.As("henrik").Post("/tasks/"+read+"/completion", map[string]any{}).Expect(200)
	require.Equal(t, "henrik", first.Text("task.votes.0.user"))
	require.Equal(t, "open", first.Text("task.status"), "anna has not read it")
	w.As("henrik").Post("/tasks/"+read+"/completion", map[string]any{}).Problem(409, "already_decided")
	w.As("marta").Post("/tasks/"+read+"/completion", map[string]any{}).Problem(403, "not_your_task")
	w.As("anna").Post("/tasks/"+read+"/completion", map[string]any{}).Expect(200)
	w.Eventually("the run ends by the crane", 10*time.Millisecond, func() bool {
		a := w.As("oscar").Get("/runs/" + run).Expect(200)
		return a.Text("status") == "completed" && a.At("nodeStates.crane") != nil
	})
}

// covers B-45
func TestInformationIsRefused(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishCarrier(t, w)
	run := w.As("oscar").Post("/definitions/carrier/runs", map[string]any{}).Expect(202).Text("id")
	marta := w.As("marta")
	ask := w.Task("marta", "Ask for the weight")
	need := marta.Post("/tasks/"+ask+"/completion", map[string]any{"outcome": "refused"}).Problem(422, "validation")
	require.Equal(t, "comment_required", need.Text("errors.0.code"))
	marta.Post("/tasks/"+ask+"/completion", map[string]any{"outcome": "later"}).Problem(422, "validation")
	once := marta.Post("/tasks/"+ask+"/completion", map[string]any{"outcome": "refused", "comment": "no scales"}).Expect(200)
	require.Equal(t, "open", once.Text("task.status"))
	require.Equal(t, "no scales", once.Text("task.votes.0.comment"))
	marta.Post("/tasks/"+ask+"/completion", map[string]any{"values": map[string]any{"weight": 1}}).Problem(409, "already_decided")
	w.As("anna").Post("/tasks/"+ask+"/completion", map[string]any{"outcome": "refused", "comment": "nor have I", "values": map[string]any{"weight": 7}}).Expect(200)
	w.Eventually("the run ends by the refusal", 10*time.Millisecond, func() bool {
		a := w.As("oscar").Get("/runs/" + run).Expect(200)
		return a.Text("status") == "completed" && a.At("nodeStates.none") != nil && a.At("variables.weight") == nil
	})
}
