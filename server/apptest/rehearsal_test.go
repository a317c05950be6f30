package apptest_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The contract process is rehearsed with a made-up deal: months pass, nothing is
// sent and no record changes.
func TestContractIsRehearsed(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana, oscar := w.As("dana"), w.As("oscar")
	const path = "/definitions/contract-preparation/rehearsals"
	scenario := json.RawMessage(`{"name":"late",
		"start":{"record":{"type":"deal","id":"made-up","title":"Scanners","responsible":"marta","stage":"contract","client":{"name":"Acme"},"amount":{"amount":120000,"currency":"PLN"}}},
		"hold":["prepare"],"steps":[{"answer":{"node":"draft","variables":{"contract":{"id":"f1","name":"contract.docx","link":"/files/f1"}}}},{"advance":"P10D"},{"expect":{"end":"waiting"}},{"release":"prepare"},{"advance":"P60D"}],"expect":{"end":"completed"}}`)
	before := oscar.Get("/runs?limit=200").Expect(200).Len("items")
	mails := w.As("ada").Get("/outbox").Expect(200).Len("items")
	report := dana.Post(path, map[string]any{"scenarios": []any{scenario}}).Expect(200)
	require.Equal(t, "completed", report.Text("results.0.end"), report.Text("results.0.incidents.0.message"))
	require.Zero(t, report.Len("results.0.failures"), report.Text("results.0.failures.0.message"))
	require.NotZero(t, report.Len("results.0.outbox"), "robots acted in the rehearsal")
	require.Equal(t, before, oscar.Get("/runs?limit=200").Expect(200).Len("items"), "a rehearsal makes no run")
	require.Equal(t, mails, w.As("ada").Get("/outbox").Expect(200).Len("items"), "a rehearsal sends nothing")

	dana.Post(path, map[string]any{"scenarios": []any{json.RawMessage(`{"steps":[{"jump":"x"}]}`)}}).Expect(422)
	w.As("marta").Post(path, map[string]any{}).Expect(403)
	dana.Post("/definitions/nothing/rehearsals", map[string]any{}).Expect(404)
}

// The shipped template brings its own scenarios, with people of their own: they
// pass wherever it is installed, and say nothing of how long things take or of
// steps that are put in between, which everybody changes first.
func TestContractPassesItsScenarios(t *testing.T) {
	t.Parallel()
	report := apptest.New(t, apptest.Options{}).As("dana").Post("/definitions/contract-preparation/rehearsals", map[string]any{}).Expect(200)
	require.Equal(t, 3, report.Len("results"))
	for i := range report.Len("results") {
		at := "results." + strconv.Itoa(i)
		require.Zero(t, report.Len(at+".failures"), "%s: %s", report.Text(at+".scenario"), report.Text(at+".failures.0.message"))
		require.Zero(t, report.Len(at+".incidents"), report.Text(at+".incidents.0.message"))
	}
}

// A version is not published over the heads of its own scenarios.
func TestScenariosRunBeforePublishing(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	created := dana.Post("/definitions", map[string]any{"name": "Checked", "key": "checked"}).Expect(201)
	saved := dana.Do("PUT", "/definitions/checked/draft", json.RawMessage(`{"format":"fluxo/process@1","key":"checked","name":"Checked",
		"nodes":[{"id":"begin","kind":"startEvent"},{"id":"a","kind":"userTask","config":{"assignee":"marta"}},{"id":"end","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"begin","to":"a"},{"id":"f2","from":"a","to":"end"}],
		"scenarios":[{"name":"good","expect":{"end":"completed"}},{"name":"bad","hold":["a"],"expect":{"end":"completed"}}]}`), "If-Match", created.ETag()).Expect(200)
	refused := dana.Post("/definitions/checked/versions", map[string]any{}, "If-Match", saved.ETag()).Expect(422)
	require.Equal(t, "warnings_unconfirmed", refused.Text("code"))
	require.Equal(t, 1, refused.Len("findings"))
	require.Equal(t, "scenario_failed", refused.Text("findings.0.code"))
	require.Equal(t, "bad", refused.Text("findings.0.data.scenario"))
	dana.Post("/definitions/checked/versions", map[string]any{"confirm": []any{"scenario_failed"}}, "If-Match", saved.ETag()).Expect(201)
}
