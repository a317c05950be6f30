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

// signing asks whoever holds a role: one of them does the task, all of them
// approve, and all of them are told.
const signing = `{"format":"fluxo/process@1","key":"signing","name":"Signing","nodes":[
	{"id":"begin","kind":"startEvent","trigger":{"on":"manual"}},
	{"id":"sign","kind":"userTask","name":"Sign it","config":{"assignee":"role:%[1]s"}},
	{"id":"tell","kind":"robot","robot":"notification.send","name":"Tell them","config":{"to":["role:%[1]s"],"text":"Signed"}},
	{"id":"ok","kind":"approval","name":"Agree to it","config":{"approvers":["role:%[1]s","henrik"],"rule":"all","outcomes":[{"name":"approve","positive":true},{"name":"reject"}]}},
	{"id":"won","kind":"endEvent"},{"id":"lost","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"begin","to":"sign"},{"id":"f2","from":"sign","to":"tell"},{"id":"f3","from":"tell","to":"ok"},
	{"id":"f4","from":"ok","port":"approve","to":"won"},{"id":"f5","from":"ok","port":"reject","to":"lost"}]}`

// findingsOf lists the findings of an answer by code and place.
func findingsOf(a *apptest.Answer) []string {
	out := []string{}
	for i := range a.Len("findings") {
		out = append(out, a.Text(fmt.Sprintf("findings.%d.code", i))+" "+a.Text(fmt.Sprintf("findings.%d.path", i)))
	}
	return out
}

// hasTask tells whether somebody may do an open task of this name.
func hasTask(w *apptest.World, login, name string) bool {
	w.T.Helper()
	for _, view := range []string{"mine", "group"} {
		list := w.As(login).Get("/tasks?view=" + view).Expect(200)
		for i := range list.Len("items") {
			if list.Text(fmt.Sprintf("items.%d.name", i)) == name {
				return true
			}
		}
	}
	return false
}

// A role where people are chosen means whoever holds it when the step starts.
//
// covers PE-03, B-17
func TestARoleStandsForItsHolders(t *testing.T) {
	t.Parallel()
	here := apptest.New(t, apptest.Options{})
	ada, dana := here.As("ada"), here.As("dana")
	role := ada.Post("/roles", map[string]any{"name": "Signers", "rights": []any{}, "userIds": []string{"anna", "marta"}}).Expect(201)
	id := role.Text("id")
	directory := here.As("marta").Get("/directory").Expect(200)
	require.Equal(t, 5, directory.Len("roles"), "the built-in ones and that")
	require.Equal(t, []any{"", "Signers", 2.0}, []any{directory.At("roles.0.name"), directory.At("roles.4.name"), directory.At("roles.4.holders")})

	created := dana.Post("/definitions", map[string]any{"name": "Signing", "key": "signing"}).Expect(201)
	draft := func(role, tag string) *apptest.Answer {
		return dana.Do("PUT", "/definitions/signing/draft", json.RawMessage(fmt.Sprintf(signing, role)), "If-Match", tag).Expect(200)
	}
	saved := draft("nobody-knows", created.ETag())
	require.Equal(t, []string{"nobody_to_ask /nodes/1/config", "unknown_role /nodes/1", "unknown_role /nodes/2", "unknown_role /nodes/3"}, findingsOf(saved), "henrik can still approve")
	require.Equal(t, "nobody-knows", saved.Text("findings.1.data.role"))
	empty := ada.Post("/roles", map[string]any{"name": "Nobody yet", "rights": []any{}}).Expect(201).Text("id")
	saved = draft(empty, saved.ETag())
	require.Equal(t, []string{"nobody_to_ask /nodes/1/config"}, findingsOf(saved), "a role that nobody holds")
	saved = draft(id, saved.ETag())
	require.Empty(t, findingsOf(saved))
	dana.Post("/definitions/signing/versions", map[string]any{}, "If-Match", saved.ETag()).Expect(201)

	start := func() string {
		return here.As("oscar").Post("/definitions/signing/runs", map[string]any{}).Expect(202).Text("id")
	}
	first := start()
	task := here.Task("anna", "Sign it")
	require.True(t, hasTask(here, "marta", "Sign it"), "one of those who hold it does it")
	require.False(t, hasTask(here, "dana", "Sign it"))

	// Who holds the role later is not asked by steps that had started.
	role = ada.Do("PATCH", "/roles/"+id, map[string]any{"userIds": []string{"dana"}}, "If-Match", role.ETag()).Expect(200)
	require.False(t, hasTask(here, "dana", "Sign it"))
	here.As("anna").Post("/tasks/"+task+"/claim", nil).Expect(200)
	here.As("anna").Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
	here.Task("dana", "Agree to it")
	here.Task("henrik", "Agree to it")
	require.False(t, hasTask(here, "anna", "Agree to it"), "asked is who holds it when the step starts")
	bell := here.As("dana").Get("/notifications").Expect(200)
	require.Contains(t, string(bell.Raw), "Signed")
	require.NotContains(t, string(here.As("anna").Get("/notifications").Expect(200).Raw), "Signed")
	people := here.As("oscar").Get("/runs/" + first).Expect(200)
	require.Contains(t, string(people.Raw), "Dana Wójcik", "the page of the run names people, not roles")

	// Nobody holds it any more: the step waits for help instead of for nobody.
	ada.Do("PATCH", "/roles/"+id, map[string]any{"userIds": []string{}}, "If-Match", role.ETag()).Expect(200)
	stuck := start()
	here.Eventually("the empty role is an incident", 10*time.Millisecond, func() bool {
		return strings.Contains(string(here.As("oscar").Get("/runs/"+stuck).Expect(200).Raw), "nobody_assigned")
	})

	// Elsewhere the role has another id and the same name.
	file := dana.Get("/definitions/signing/file").Expect(200)
	require.Contains(t, string(file.Raw), `"role:signers": {"name": "Signers"}`)
	require.Contains(t, string(file.Raw), `"assignee": "role:signers"`)
	there := apptest.New(t, apptest.Options{})
	trial := there.As("dana").Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "dryRun": true}).Expect(200)
	require.EqualValues(t, 1, trial.At("missing"), "%s", trial.Raw)
	other := there.As("ada").Post("/roles", map[string]any{"name": "Signers", "rights": []any{}, "userIds": []string{"anna"}}).Expect(201).Text("id")
	made := there.As("dana").Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw)}).Expect(200)
	require.Equal(t, true, made.At("created"), "%s", made.Raw)
	there.As("ada").Post("/roles", map[string]any{"name": "Designer", "rights": []any{}}).Expect(201) // shares its symbol with a built-in one
	carried := there.As("dana").Get("/definitions/signing").Expect(200)
	require.Contains(t, string(carried.Raw), "role:"+other)
	require.Empty(t, findingsOf(carried))
	require.Equal(t, string(file.Raw), string(there.As("dana").Get("/definitions/signing/file").Expect(200).Raw))
	built := there.As("dana").Do("PUT", "/definitions/signing/draft", json.RawMessage(fmt.Sprintf(signing, "designer")), "If-Match", carried.ETag()).Expect(200)
	require.Empty(t, findingsOf(built))
	require.Contains(t, string(there.As("dana").Get("/definitions/signing/file").Expect(200).Raw), `"assignee": "role:designer"`)
	xml := there.As("dana").Get("/definitions/signing/bpmn").Expect(200)
	back := there.As("dana").Do("POST", "/definitions/import", string(xml.Raw), "Content-Type", "application/xml").Expect(201)
	require.Contains(t, string(there.As("dana").Get("/definitions/"+back.Text("processes.0.key")).Expect(200).Raw), `"assignee":"role:designer"`, "and BPMN keeps it")
}

// A role may press the button of a status-driven process, and robots write to it.
//
// covers B-08, R-04
func TestARoleMayPressAButton(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	role := ada.Post("/roles", map[string]any{"name": "Deciders", "rights": []any{}, "userIds": []string{"henrik"}}).Expect(201)
	of := template("By role", aStatus("open", "entry", list{says("post", "", "robot", "feed.post", "config", map[string]any{"to": []string{"role:" + role.Text("id")}, "text": "Decide, please"})},
		"commands", list{aCommand("decide", []any{"role:" + role.Text("id")}, setsNow("s", "done"))}), aStatus("done"))
	of["statuses"].([]map[string]any)[0]["commands"] = list{aCommand("decide", []any{"role:none"}, setsNow("s", "done"))}
	require.Equal(t, "/statuses/0/commands/0/allowed/0", ada.Post("/status-processes", of).Problem(422, "validation").Text("errors.0.path"))
	of["statuses"].([]map[string]any)[0]["commands"] = list{aCommand("decide", []any{"role:" + role.Text("id")}, setsNow("s", "done"))}
	made := ada.Post("/status-processes", of).Expect(201)
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "By role", "responsibleId": "marta"}).Expect(201).Text("id")
	run := begun(w, deal, made.Text("id"))
	comes(w, deal, "open")
	require.Equal(t, "forbidden", press(w, "marta", deal, run, "decide").Problem(403, "forbidden").Text("code"))
	require.Contains(t, string(w.As("henrik").Get("/posts").Expect(200).Raw), "Decide, please")
	require.NotContains(t, string(w.As("oscar").Get("/posts").Expect(200).Raw), "Decide, please")
	press(w, "henrik", deal, run, "decide").Expect(200)
	comes(w, deal, "done")
}
