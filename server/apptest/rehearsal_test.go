package apptest_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/run"
)

// The contract process is rehearsed with a made-up deal: months pass, nothing is
// sent and no record changes.
//
// covers U-40, U-57
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

// So is what an expression has failed of, in a rehearsal and in the preview beside its field.
//
// covers U-40
func TestFailedExpressionsAreToldInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	dana := apptest.New(t, apptest.Options{}).As("dana")
	process := json.RawMessage(`{"format":"fluxo/process@1","key":"contract-preparation","name":"Nobody",
		"nodes":[{"id":"s","kind":"startEvent"},{"id":"which","kind":"exclusiveGateway"},{"id":"e","kind":"endEvent"},{"id":"e2","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"which"},{"id":"f2","from":"which","to":"e","when":"1 / 0 > 1"},{"id":"f3","from":"which","to":"e2"}]}`)
	report := dana.Post("/definitions/contract-preparation/rehearsals", map[string]any{"process": process, "scenarios": []any{json.RawMessage(`{}`)}},
		"Accept-Language", "pl").Expect(200)
	require.Equal(t, "expression_failed", report.Text("results.0.incidents.0.code"))
	require.Equal(t, "dzielenie przez zero", report.Text("results.0.incidents.0.message"))
	preview := dana.Post("/expressions/preview", map[string]any{"source": "1 / 0"}, "Accept-Language", "pt-BR").Expect(422)
	require.Equal(t, "divisão por zero", preview.Text("finding.message"))
}

// What goes wrong in a rehearsal is told in the language of who plays, as on the page of a run.
//
// covers U-40
func TestTroublesOfARehearsalAreSaidInTheLanguageOfItsPlayer(t *testing.T) {
	t.Parallel()
	dana := apptest.New(t, apptest.Options{}).As("dana")
	process := json.RawMessage(`{"format":"fluxo/process@1","key":"contract-preparation","name":"Nobody",
		"nodes":[{"id":"s","kind":"startEvent"},{"id":"which","kind":"exclusiveGateway"},{"id":"e","kind":"endEvent"},{"id":"e2","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"which"},{"id":"f2","from":"which","to":"e","when":"1 > 2"},{"id":"f3","from":"which","to":"e2","when":"2 > 3"}]}`)
	report := dana.Post("/definitions/contract-preparation/rehearsals", map[string]any{"process": process, "scenarios": []any{json.RawMessage(`{}`)}},
		"Accept-Language", "ru").Expect(200)
	require.Equal(t, "no_condition_holds", report.Text("results.0.incidents.0.code"))
	text := report.Text("results.0.incidents.0.text")
	require.Equal(t, run.Trouble("no_condition_holds", "ru"), text)
	require.NotEqual(t, run.Trouble("no_condition_holds", "en"), text)
	said := 0
	for i := range report.Len("results.0.records") {
		at := fmt.Sprintf("results.0.records.%d.", i)
		if report.Text(at+"kind") == "incidentRaised" {
			require.Equal(t, text, report.Text(at+"body.text"))
			said++
		}
	}
	require.Equal(t, 1, said)
}

// What a person who plays step by step has to know is in the answer: who would be
// asked and by when, what each condition found, how far each step went.
func TestRehearsalTellsWhatWaitsAndWhy(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	deal := dana.Get("/records/deal?limit=1").Expect(200)
	id, title, responsible := deal.Text("items.0.id"), deal.Text("items.0.title"), deal.Text("items.0.responsibleId")
	process := json.RawMessage(`{"format":"fluxo/process@1","key":"contract-preparation","name":"Steps","appliesTo":"deal","variables":[{"name":"big","type":"boolean"}],
		"nodes":[{"id":"s","kind":"startEvent"},
			{"id":"tell","kind":"robot","robot":"notification.send","config":{"to":{"expr":"record.responsible"},"text":"About {{ record.title }}"}},
			{"id":"which","kind":"exclusiveGateway","default":"f4"},
			{"id":"task","kind":"userTask","config":{"assignee":{"expr":"record.responsible"},"due":{"amount":2,"unit":"day"}}},
			{"id":"late","kind":"boundaryEvent","attachedTo":"task","interrupting":false,"trigger":{"timer":{"after":"P3D"}}},
			{"id":"e","kind":"endEvent"},{"id":"e2","kind":"endEvent"},{"id":"e3","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"tell"},{"id":"f2","from":"tell","to":"which"},{"id":"f3","from":"which","to":"task","when":"vars.big == true && record.title != ''"},
			{"id":"f4","from":"which","to":"e"},{"id":"f5","from":"task","to":"e2"},{"id":"f6","from":"late","to":"e3"}]}`)
	scenario := func(steps string) json.RawMessage {
		return json.RawMessage(`{"at":"2026-03-02T09:00:00Z","start":{"record":{"type":"deal","id":"` + id + `"},"variables":{"big":true}},"hold":["tell","task"],"steps":` + steps + `}`)
	}
	play := func(c *apptest.Client, steps string) *apptest.Answer {
		return c.Post("/definitions/contract-preparation/rehearsals", map[string]any{"process": process, "scenarios": []any{scenario(steps)}}).Expect(200)
	}
	before := dana.Get("/records/deal/" + id).Expect(200).ETag()

	first := play(dana, `[]`)
	require.Equal(t, "tell", first.Text("results.0.waits.0.node"))
	require.Equal(t, "notification.send", first.Text("results.0.waits.0.robot"))
	require.Equal(t, "About "+title, first.Text("results.0.waits.0.config.text"), "the real record is read")
	require.Equal(t, "About "+title, first.Text("results.0.outbox.0.config.text"))
	require.Equal(t, 1, first.Len("results.0.marks"))
	require.Equal(t, title, first.Text("results.0.record.title"), "what a scenario can keep of it")

	second := play(dana, `[{"answer":{"node":"tell"}},{"advance":"P1D"}]`)
	require.Equal(t, "task", second.Text("results.0.waits.0.node"))
	require.Equal(t, responsible, second.Text("results.0.waits.0.users.0"))
	require.Equal(t, "2026-03-04T09:00:00Z", second.Text("results.0.waits.0.dueAt"))
	require.Equal(t, "late", second.Text("results.0.waits.1.node"))
	require.Equal(t, "2026-03-05T09:00:00Z", second.Text("results.0.waits.1.dueAt"))
	require.Equal(t, 3, second.Len("results.0.marks"), "the start and two steps")
	require.Equal(t, "2026-03-03T09:00:00Z", second.Text("results.0.marks.2.at"))
	require.EqualValues(t, second.Len("results.0.records"), second.At("results.0.marks.2.records"))
	chosen := -1
	for i := range second.Len("results.0.records") {
		if second.Text("results.0.records."+strconv.Itoa(i)+".kind") == "conditionChosen" {
			chosen = i
		}
	}
	require.GreaterOrEqual(t, chosen, 0)
	tried := "results.0.records." + strconv.Itoa(chosen) + ".body.conditions.0"
	require.Equal(t, true, second.At(tried+".result"))
	require.Equal(t, true, second.At(tried + ".values").(map[string]any)["vars.big"], "the values that it compared")
	require.Equal(t, before, dana.Get("/records/deal/"+id).Expect(200).ETag(), "the record is as it was")
}

// What a scenario does to a record wakes the conditions that look at it, over the
// real record, which stays as it is.
func TestRehearsalChangesItsOwnRecord(t *testing.T) {
	t.Parallel()
	dana := apptest.New(t, apptest.Options{}).As("dana")
	deal := dana.Get("/records/deal?limit=1").Expect(200)
	id, title := deal.Text("items.0.id"), deal.Text("items.0.title")
	before := dana.Get("/records/deal/" + id).Expect(200).ETag()
	process := json.RawMessage(`{"format":"fluxo/process@1","key":"contract-preparation","name":"Waits","appliesTo":"deal","variables":[{"name":"of","type":"string"}],
		"nodes":[{"id":"s","kind":"startEvent"},{"id":"c","kind":"catchEvent","trigger":{"conditional":"record.comment == 'paid' and record.company.taxId == 'PL1'"}},
			{"id":"note","kind":"setVariables","config":{"set":[{"name":"of","value":{"expr":"record.title"}}]}},{"id":"e","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"c"},{"id":"f2","from":"c","to":"note"},{"id":"f3","from":"note","to":"e"}]}`)
	report := dana.Post("/definitions/contract-preparation/rehearsals", map[string]any{"process": process, "scenarios": []any{json.RawMessage(`{"start":{"record":{"type":"deal","id":"` + id + `"}},
		"steps":[{"expect":{"waits":["c"]}},{"record":{"comment":"paid"}},{"expect":{"waits":["c"]}},{"record":{"company":{"taxId":"PL1"}}}],"expect":{"end":"completed"}}`)}}).Expect(200)
	require.Zero(t, report.Len("results.0.failures"), report.Text("results.0.failures.0.message"))
	require.Equal(t, title, report.Text("results.0.variables.of"), "what no step changes is read from the real record")
	require.Equal(t, "PL1", report.Text("results.0.record.company.taxId"))
	require.Equal(t, before, dana.Get("/records/deal/"+id).Expect(200).ETag())
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
//
// covers U-10
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
