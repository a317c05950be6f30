package apptest_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/config"
)

// counted is a listener that counts who comes.
type counted struct {
	net.Listener
	n *atomic.Int64
}

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// errand asks people, waits for working time and a message, writes a letter and calls
// another system.
const errand = `{"format":"fluxo/process@1","key":"errand","name":"Errand","appliesTo":"deal","variables":[{"name":"answer","type":"string"},{"name":"n","type":"number","default":2}],
	"nodes":[{"id":"s","kind":"startEvent"},
		{"id":"write","kind":"userTask","name":"Write","config":{"assignee":{"expr":"record.responsible"},"due":{"amount":2,"unit":"workingDay","calendar":"assignee"}}},
		{"id":"late","kind":"boundaryEvent","attachedTo":"write","interrupting":false,"trigger":{"timer":{"after":"P1D"}}},
		{"id":"nudge","kind":"robot","robot":"notification.send","config":{"to":{"expr":"record.responsible"},"text":"Still open: {{ record.title }}"}},
		{"id":"ok","kind":"approval","name":"Approve","config":{"approvers":["henrik"],"outcomes":[{"name":"yes","positive":true},{"name":"no"}]}},
		{"id":"both","kind":"parallelGateway"},
		{"id":"mail","kind":"robot","robot":"mail.send","config":{"to":"client@example.com","subject":"{{ record.title }}","body":"It is done."}},
		{"id":"call","kind":"robot","robot":"webhook.call","config":{"url":"%s","method":"POST"}},
		{"id":"meet","kind":"parallelGateway"},
		{"id":"pause","kind":"catchEvent","trigger":{"timer":{"after":{"amount":2,"unit":"workingDay"}}}},
		{"id":"which","kind":"exclusiveGateway","default":"f12"},
		{"id":"paid","kind":"receiveTask","trigger":{"message":{"name":"paid","key":{"expr":"record.id"}}}},
		{"id":"e","kind":"endEvent"},{"id":"lost","kind":"endEvent"},{"id":"told","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"write"},{"id":"f2","from":"write","to":"ok"},{"id":"f3","from":"ok","port":"yes","to":"both"},{"id":"f4","from":"ok","port":"no","to":"lost"},
		{"id":"f5","from":"late","to":"nudge"},{"id":"f6","from":"nudge","to":"told"},{"id":"f7","from":"both","to":"mail"},{"id":"f8","from":"both","to":"call"},{"id":"f9","from":"mail","to":"meet"},{"id":"f10","from":"call","to":"meet"},
		{"id":"f11","from":"meet","to":"pause"},{"id":"f13","from":"pause","to":"which"},{"id":"f14","from":"which","to":"paid","when":"vars.n > 1 && record.responsible != ''"},{"id":"f12","from":"which","to":"lost"},{"id":"f15","from":"paid","to":"e"}]}`

// lines are records without what differs from run to run: its id, the clock, and who
// began it and changed its variables by hand, which in a rehearsal is nobody.
func lines(t *testing.T, run string, records any) []string {
	t.Helper()
	text, err := json.Marshal(records)
	require.NoError(t, err)
	var all []map[string]any
	require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), run, "RUN")), &all))
	var out []string
	for _, r := range all {
		for _, of := range []string{"at", "run", "process"} {
			delete(r, of)
		}
		switch r["kind"] {
		case "runStarted":
			delete(r["body"].(map[string]any), "cause")
		case "variablesChanged":
			delete(r, "actor")
		}
		line, err := json.Marshal(r)
		require.NoError(t, err)
		out = append(out, string(line))
	}
	return out
}

// A rehearsal and a live run with the same inputs have the same history but for the
// clock, with the calendars and absences of the company; and of a rehearsal no packet
// leaves, while the live run calls and writes.
//
// covers 5.1, U-57
func TestRehearsalHasTheHistoryOfTheLiveRun(t *testing.T) {
	t.Parallel()
	var calls, letters atomic.Int64
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"number":7}`))
	}))
	other.Listener = counted{other.Listener, &calls}
	other.Start()
	t.Cleanup(other.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	got := make(chan string, 10)
	post := smtp.NewServer(mailroom(got))
	go func() { _ = post.Serve(counted{listener, &letters}) }()
	t.Cleanup(func() { _ = post.Close() })

	w := apptest.New(t, apptest.Options{Change: func(c *config.Config) { c.Outgoing.Allow = []string{"127.0.0.1/32"} }})
	ada, oscar := w.As("ada"), w.As("oscar")
	ada.Do("PUT", "/settings/mail", map[string]any{"provider": "smtp", "host": "127.0.0.1", "port": listener.Addr().(*net.TCPAddr).Port, "tls": "none", "from": "fluxo@demo.fluxo.test"}).Expect(200)
	process := fmt.Sprintf(errand, other.URL+"/orders")
	publishText(t, w, "errand", process)
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Scanners", "responsibleId": "marta"}).Expect(201).Text("id")
	// A day off and an absence lie in the way: both know of them.
	rules, tag := companyRules(t, w)
	rules["days"] = []any{map[string]any{"date": "2026-11-24", "name": "Founding day", "hours": []any{}}}
	ada.Do("PUT", "/calendars/company", rules, "If-Match", tag).Expect(200)
	ada.Post("/absences", map[string]any{"userId": "henrik", "kind": "vacation", "from": "2026-11-20", "to": "2026-11-27", "standIn": "anna"}).Expect(201)

	began := w.Clock.Now()
	run := oscar.Post("/definitions/errand/runs", map[string]any{"recordType": "deal", "recordId": deal}).Expect(202).Text("id")
	until := func(what, node, status string) {
		t.Helper()
		w.Eventually(what, 0, func() bool {
			return w.As("oscar").Get("/runs/"+run).Expect(200).Text("nodeStates."+node+".status") == status
		})
	}
	at := func(hours int) {
		w.Clock.Advance(began.Add(time.Duration(hours) * time.Hour).Sub(w.Clock.Now()))
		w.SignOutAll()
	}
	until("the task is open", "write", "waiting")
	at(25) // the reminder has gone out
	until("the reminder has gone out", "nudge", "done")
	w.As("oscar").Post("/runs/"+run+"/actions", map[string]any{"action": "setVariables", "variables": map[string]any{"n": 3}}).Expect(202)
	w.As("marta").Post("/tasks/"+w.Task("marta", "Write")+"/completion", map[string]any{}).Expect(200)
	until("the approval is open", "ok", "waiting")
	w.As("anna").Post("/tasks/"+w.Task("anna", "Approve")+"/completion", map[string]any{"outcome": "yes", "comment": "fine"}).Expect(200)
	until("both robots are done", "pause", "timer")
	at(24 * 9)
	until("working time is over", "paid", "waiting")
	w.As("oscar").Post("/messages", map[string]any{"id": "m1", "name": "paid", "key": deal, "body": map[string]any{"amount": 12}}).Expect(202)
	w.Eventually("it ends", 0, func() bool { return w.As("oscar").Get("/runs/"+run).Expect(200).Text("status") == "completed" })
	require.EqualValues(t, 1, calls.Load(), "the live run has called")
	require.NotZero(t, letters.Load(), "and written")
	wrote, called := letters.Load(), calls.Load()

	// The same inputs: who did what and when, and what the robots got.
	records, err := w.App.Stores.Engine.Records(t.Context(), core.RunID(run), 1, 1000)
	require.NoError(t, err)
	results := map[string]any{}
	later := "" // of the two robots side by side: which answers first is an input, too
	who := map[string]string{}
	for _, r := range records {
		if r.Kind == core.RecordEffectCompleted {
			results[string(r.Node)] = r.Body
			later = string(r.Node)
		}
		if r.Kind == core.RecordTaskCompleted {
			who[string(r.Node)] = r.Actor
		}
	}
	require.Equal(t, map[string]string{"write": "marta", "ok": "anna"}, who)
	robot := func(node string) string {
		body, ok := results[node].(core.Values)
		require.True(t, ok, node)
		answer := map[string]any{"node": node, "result": body["result"]}
		if node == later {
			answer["delay"] = "PT1S"
		}
		text, err := json.Marshal(map[string]any{"answer": answer})
		require.NoError(t, err)
		return string(text)
	}
	scenario := fmt.Sprintf(`{"at":%q,"start":{"by":"oscar","record":{"type":"deal","id":%q}},"hold":["write","ok"],"steps":[%s,%s,%s,{"advance":"PT25H"},{"set":{"n":3}},
		{"complete":{"node":"write","by":"marta"}},{"complete":{"node":"ok","by":"anna","outcome":"yes","result":{"comment":"fine"}}},
		{"advance":"P7DT23H"},{"message":{"name":"paid","key":%q,"body":{"amount":12}}}],"expect":{"end":"completed"}}`,
		began.UTC().Format(time.RFC3339), deal, robot("nudge"), robot("mail"), robot("call"), deal)
	report := w.As("dana").Post("/definitions/errand/rehearsals", map[string]any{"version": 1, "scenarios": []any{json.RawMessage(scenario)}}).Expect(200)
	require.Zero(t, report.Len("results.0.failures"), "%s", report.Raw)
	require.Equal(t, []int64{wrote, called}, []int64{letters.Load(), calls.Load()}, "no packet leaves")
	rehearsed := lines(t, report.Text("results.0.runs.0.id"), report.At("results.0.records"))
	require.Equal(t, lines(t, run, records), rehearsed)
}

// A year of the contract passes in a moment.
//
// covers 5.1
func TestAYearIsRehearsedInAMoment(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	steps := []any{map[string]any{"answer": map[string]any{"node": "draft", "variables": map[string]any{"contract": map[string]any{"id": "f1", "name": "contract.docx", "link": "/files/f1"}}}}}
	for range 52 {
		steps = append(steps, map[string]any{"advance": "P7D"}, map[string]any{"expect": map[string]any{"end": "waiting"}})
	}
	steps = append(steps, map[string]any{"release": "prepare"}, map[string]any{"advance": "P1D"})
	scenario := map[string]any{"start": map[string]any{"record": map[string]any{"type": "deal", "id": "made-up", "title": "Scanners", "responsible": "marta", "stage": "contract", "client": map[string]any{"name": "Acme"}}},
		"hold": []string{"prepare"}, "steps": steps, "expect": map[string]any{"end": "completed"}}
	began := time.Now()
	report := w.As("dana").Post("/definitions/contract-preparation/rehearsals", map[string]any{"scenarios": []any{scenario}}).Expect(200)
	require.Less(t, time.Since(began), 5*time.Second)
	require.Zero(t, report.Len("results.0.failures"), "%s", report.Text("results.0.failures.0.message"))
	last := report.Len("results.0.marks") - 1
	first, err := time.Parse(time.RFC3339, report.Text("results.0.marks.0.at"))
	require.NoError(t, err)
	end, err := time.Parse(time.RFC3339, report.Text(fmt.Sprintf("results.0.marks.%d.at", last)))
	require.NoError(t, err)
	require.GreaterOrEqual(t, end.Sub(first), 365*24*time.Hour)
}

// mailroom is a mail server that takes everything.
type mailroom chan string

func (m mailroom) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &letter{l: letters(m)}, nil
}
