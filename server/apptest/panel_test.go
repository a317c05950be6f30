package apptest_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	schema "github.com/fluxo-app/fluxo/schemas/trigger"
	"github.com/fluxo-app/fluxo/server/apptest"
)

const panel = `{"format":"fluxo/process@1","key":"panel","name":"Panel","appliesTo":"deal","parameters":[{"name":"reason","label":"Reason","type":"string"}],"constants":[{"name":"limit","type":"number","value":5}],
	"nodes":[{"id":"s","kind":"startEvent"},
	{"id":"ask","kind":"userTask","name":"Ask","config":{"assignee":{"expr":"run.startedBy"},"form":[{"name":"size","label":"Size","type":"choice","options":["small","large"],"into":"size"}]}},
	{"id":"later","kind":"userTask","name":"Later","config":{"assignee":{"expr":"run.startedBy"}}},
	{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f0","from":"s","to":"ask"},{"id":"f1","from":"ask","to":"later"},{"id":"f2","from":"later","to":"e"}]}`

type namesReply struct {
	Values []struct {
		Path, Type, Label, Step, Named string
		Sample                         *string
		Choices                        []struct{ Value string }
	}
	Functions []struct{ Name, Signature string }
}

// What a step may read: the record, parameters, variables and results of steps
// before it, with values of the sample record and of the newest run about it.
func TestNamesComeWithTheValuesOfASampleRecord(t *testing.T) {
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "panel", panel)
	oscar := w.As("oscar")
	deal := w.As("marta").Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Sample deal", "responsibleId": "marta"}).Expect(201).Text("id")
	oscar.Post("/definitions/panel/runs", map[string]any{"recordType": "deal", "recordId": deal, "parameters": map[string]any{"reason": "because"}}).Expect(202)
	id := w.Task("oscar", "Ask")
	oscar.Post("/tasks/"+id+"/completion", map[string]any{"values": map[string]any{"size": "large"}}).Expect(200)
	w.Task("oscar", "Later")

	read := func(c *apptest.Client, body map[string]any) map[string]string {
		var got namesReply
		require.NoError(t, json.Unmarshal(c.Post("/expressions/names", body).Expect(200).Raw, &got))
		require.NotEmpty(t, got.Functions)
		samples := map[string]string{}
		for _, v := range got.Values {
			samples[v.Path] = ""
			if v.Sample != nil {
				samples[v.Path] = *v.Sample
			}
			if v.Path == "steps.ask.size" {
				require.Equal(t, []string{"Ask", "Size"}, []string{v.Named, v.Label})
				require.Len(t, v.Choices, 2)
			}
		}
		return samples
	}
	dana := w.As("dana")
	values := read(dana, map[string]any{"definitionKey": "panel", "node": "later", "recordType": "deal", "recordId": deal})
	require.Equal(t, "Sample deal", values["record.title"])
	require.NotContains(t, values, "record.stageEntry", "it is there for compiled stages")
	require.Equal(t, []string{"Marta Nowak", "Oscar Pereira"}, []string{values["record.responsible"], values["steps.ask.by"]}, "people have names")
	require.Equal(t, "because", values["params.reason"])
	require.Equal(t, "large", values["steps.ask.size"])
	require.Equal(t, "large", values["vars.size"])
	require.Equal(t, "5", values["const.limit"])
	require.NotContains(t, values, "steps.later.by")

	before := read(dana, map[string]any{"definitionKey": "panel", "node": "ask"})
	require.NotContains(t, before, "steps.ask.size")
	require.Contains(t, before, "record.amount")
	require.Empty(t, before["record.title"])

	preview := dana.Post("/expressions/preview", map[string]any{"definitionKey": "panel", "source": "steps.ask.size + params.reason", "recordType": "deal", "recordId": deal}).Expect(200)
	require.Equal(t, "largebecause", preview.Text("text"))

	// Rules that are not saved yet come with the request, and know the record and each other.
	unsaved := map[string]any{"format": "fluxo/process@1", "key": "unsaved", "name": "Unsaved", "appliesTo": "deal",
		"nodes": []any{map[string]any{"id": "s", "kind": "startEvent"}, map[string]any{"id": "r1", "kind": "userTask", "config": map[string]any{"assignee": "u"}}, map[string]any{"id": "r2", "kind": "robot", "robot": "comment.add"}},
		"flows": []any{map[string]any{"id": "f1", "from": "s", "to": "r1"}, map[string]any{"id": "f2", "from": "r1", "to": "r2"}}}
	loose := read(dana, map[string]any{"definitionKey": "unsaved", "process": unsaved, "node": "r2", "recordType": "deal", "recordId": deal})
	require.Equal(t, "Sample deal", loose["record.title"])
	require.Contains(t, loose, "steps.r1.by")
	require.NotContains(t, loose, "steps.r2.by")
	check := dana.Post("/expressions/check", map[string]any{"definitionKey": "unsaved", "process": unsaved, "source": "steps.r9.by"}).Expect(200)
	require.NotContains(t, string(check.Raw), `"findings":[]`)
	dana.Post("/expressions/preview", map[string]any{"definitionKey": "unsaved", "process": unsaved, "source": "record.title", "recordType": "deal", "recordId": deal}).Expect(200)

	// Whoever may not draw reads names, and no values.
	read(w.As("marta"), map[string]any{"definitionKey": "panel"})
	w.As("marta").Post("/expressions/names", map[string]any{"definitionKey": "panel", "recordId": deal}).Problem(403, "forbidden")
}

func TestSchedulePreviewShowsTheNextTenMoments(t *testing.T) {
	w := apptest.New(t, apptest.Options{})
	w.Clock.Set(time.Date(2027, 3, 27, 12, 0, 0, 0, time.UTC))
	dana := w.As("dana")
	reply := dana.Post("/schedules/preview", map[string]any{"cron": "30 2 * * *"}).Expect(200)
	require.Equal(t, "Europe/Warsaw", reply.Text("zone"))
	require.Equal(t, 10, reply.Len("firings"))
	require.Equal(t, "2027-03-28T03:00", reply.Text("firings.0.local"))
	require.Equal(t, "2027-03-28T02:30", reply.Text("firings.0.asked"))
	require.Equal(t, "+02:00", reply.Text("firings.0.offset"))
	require.Equal(t, "2027-03-29T02:30", reply.Text("firings.1.local"))
	require.Equal(t, "America/Sao_Paulo", dana.Post("/schedules/preview", map[string]any{"cron": "@daily", "zone": "America/Sao_Paulo"}).Expect(200).Text("zone"))

	working := dana.Post("/schedules/preview", map[string]any{"timer": map[string]any{"after": map[string]any{"amount": 2, "unit": "workingDay"}}}).Expect(200)
	require.Equal(t, 1, working.Len("firings"))
	every := dana.Post("/schedules/preview", map[string]any{"timer": map[string]any{"every": "R3/PT1H"}}).Expect(200)
	require.Equal(t, 3, every.Len("firings"))
	before := dana.Post("/schedules/preview", map[string]any{"timer": map[string]any{"at": "2027-04-12T09:00", "before": "P14D"}}).Expect(200)
	require.Equal(t, []any{1, "2027-03-29T09:00"}, []any{before.Len("firings"), before.Text("firings.0.local")})

	dana.Post("/schedules/preview", map[string]any{"cron": "61 * * * *"}).Problem(422, "validation")
	dana.Post("/schedules/preview", map[string]any{"cron": "@daily", "zone": "Mars/Base"}).Problem(422, "validation")
	dana.Post("/schedules/preview", map[string]any{"timer": map[string]any{"after": "soon"}}).Problem(422, "validation")
	w.As("marta").Post("/schedules/preview", map[string]any{"cron": "@daily"}).Problem(403, "forbidden")
}

// A condition of a trigger is offered what its kind tells, and nothing else is let pass.
//
// covers B-68
func TestConditionsOfTriggersKnowWhatHappened(t *testing.T) {
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	rules := map[string]any{"format": "fluxo/process@1", "key": "stage", "name": "Stage", "appliesTo": "deal",
		"nodes": []any{map[string]any{"id": "s", "kind": "startEvent"}, map[string]any{"id": "e", "kind": "endEvent"}},
		"flows": []any{map[string]any{"id": "f", "from": "s", "to": "e"}}}
	ask := func(path, trigger string, more map[string]any) string {
		body := map[string]any{"definitionKey": "stage", "process": rules, "trigger": trigger}
		maps.Copy(body, more)
		return string(dana.Post("/expressions/"+path, body).Expect(200).Raw)
	}
	names := func(trigger string) map[string]string {
		var got namesReply
		require.NoError(t, json.Unmarshal([]byte(ask("names", trigger, nil)), &got))
		kinds := map[string]string{}
		for _, v := range got.Values {
			if strings.HasPrefix(v.Path, "event") {
				kinds[v.Path] = v.Type
			}
		}
		return kinds
	}
	require.Equal(t, map[string]string{"event.name": "string", "event.outcome": "string", "event.by": "string"}, names("taskStatus"))
	require.Equal(t, map[string]string{"event.code": "string", "event.data": "object"}, names("webhook"))
	require.Empty(t, names(""), "robots read no happening")
	for _, kind := range schema.Keys() {
		require.NotEmpty(t, names(kind), kind)
	}

	require.Contains(t, ask("complete", "taskStatus", map[string]any{"source": "event.", "offset": 6}), `"outcome"`)
	require.NotContains(t, ask("complete", "", map[string]any{"source": "ev", "offset": 2}), `"event"`)

	require.Contains(t, ask("check", "taskStatus", map[string]any{"source": `event.outcome == "approved"`}), `"findings":[]`)
	require.Contains(t, ask("check", "webhook", map[string]any{"source": `event.data.kind == "full"`}), `"findings":[]`)
	require.NotContains(t, ask("check", "taskStatus", map[string]any{"source": `event.visits > 3`}), `"findings":[]`)
	require.NotContains(t, ask("check", "", map[string]any{"source": `event.outcome == "approved"`}), `"findings":[]`)
}
