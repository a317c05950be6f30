package apptest_test

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// publish makes and publishes a process of one start, robots in a row, and an end.
func publish(t *testing.T, w *apptest.World, key, trigger string, config string, robots ...string) {
	t.Helper()
	dana := w.As("dana")
	nodes := []string{`{"id":"begin","kind":"startEvent","trigger":` + trigger + config + `}`}
	flows := []string{}
	last := "begin"
	for i, r := range robots {
		id := "step" + strconv.Itoa(i)
		nodes = append(nodes, strings.Replace(r, "{", `{"id":"`+id+`",`, 1))
		flows = append(flows, `{"id":"f`+id+`","from":"`+last+`","to":"`+id+`"}`)
		last = id
	}
	nodes = append(nodes, `{"id":"end","kind":"endEvent"}`)
	flows = append(flows, `{"id":"fend","from":"`+last+`","to":"end"}`)
	about := `"appliesTo":"deal",`
	if strings.Contains(trigger, `"manual"`) && !strings.Contains(strings.Join(robots, ""), "record.") {
		about = "" // may be started without a record
	}
	process := `{"format":"fluxo/process@1","key":"` + key + `","name":"` + key + `",` + about + `"nodes":[` + strings.Join(nodes, ",") + `],"flows":[` + strings.Join(flows, ",") + `]}`
	created := dana.Post("/definitions", map[string]any{"name": key, "key": key}).Expect(201)
	saved := dana.Do("PUT", "/definitions/"+key+"/draft", json.RawMessage(process), "If-Match", created.ETag()).Expect(200)
	var confirm []any
	for i := range saved.Len("findings") {
		confirm = append(confirm, saved.Text("findings."+itoa(i)+".code"))
	}
	dana.Post("/definitions/"+key+"/versions", map[string]any{"confirm": confirm}, "If-Match", saved.ETag()).Expect(201)
}

func runs(w *apptest.World, query string) *apptest.Answer {
	return w.As("oscar").Get("/runs?limit=200&" + query).Expect(200)
}

// covers B-15: an edit by a person starts an on-change process, a change by a
// process does not, unless the start event says so.
func TestChangesByProcessesStartNothingByThemselves(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publish(t, w, "watch", `{"on":"recordChanged","fields":["comment"]}`, "")
	publish(t, w, "write", `{"on":"stageEntered","pipeline":"sales","stage":"won"}`, "",
		`{"kind":"robot","robot":"record.setFields","config":{"fields":[{"field":"comment","value":"by a process"}]}}`)
	starts := w.As("ada").Get("/stage-boards/sales/starts").Expect(200)
	require.Contains(t, string(starts.Raw), `"stage":"won","key":"write","name":"write","version":1,"conditional":false`)
	marta := w.As("marta")
	deal := marta.Get("/records/deal?q=scanners").Expect(200).Text("items.0.id")
	read := marta.Get("/records/deal/" + deal).Expect(200)
	changed := marta.Do("PATCH", "/records/deal/"+deal, map[string]any{"comment": "by hand"}, "If-Match", read.ETag()).Expect(200)
	w.Eventually("the edit starts a run", 10*time.Millisecond, func() bool { return runs(w, "definition=watch").Len("items") == 1 })
	marta.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": "won"}, "If-Match", changed.ETag()).Expect(200)
	w.Eventually("the process writes", 10*time.Millisecond, func() bool {
		return marta.Get("/records/deal/"+deal).Expect(200).Text("comment") == "by a process"
	})
	w.Eventually("the timeline has it", 10*time.Millisecond, func() bool {
		return strings.Contains(string(marta.Get("/records/deal/"+deal+"/timeline").Expect(200).Raw), "by a process")
	})
	require.Equal(t, 1, runs(w, "definition=watch").Len("items"))
}

// Two processes that move a deal to and fro are stopped, and the record says so.
//
// covers U-29, U-56, B-80
func TestEndlessChainsAreCut(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publish(t, w, "ping", `{"on":"stageEntered","pipeline":"sales","stage":"won"}`, "", `{"kind":"robot","robot":"record.setStage","config":{"stage":"lost"}}`)
	publish(t, w, "pong", `{"on":"stageEntered","pipeline":"sales","stage":"lost"}`, "", `{"kind":"robot","robot":"record.setStage","config":{"stage":"won"}}`)
	marta := w.As("marta")
	deal := marta.Get("/records/deal?q=scanners").Expect(200).Text("items.0.id")
	marta.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": "won"}, "If-Match", marta.Get("/records/deal/"+deal).ETag()).Expect(200)
	w.Eventually("the chain is cut", 20*time.Millisecond, func() bool {
		return strings.Contains(string(marta.Get("/records/deal/"+deal+"/timeline?limit=200").Expect(200).Raw), "chainTooLong")
	})
	n := runs(w, "recordId="+deal).Len("items")
	require.LessOrEqual(t, n, 21)
	require.Greater(t, n, 5)
}

func TestWebhookStart(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publish(t, w, "hooked", `{"on":"webhook"}`, "")
		path := w.As("dana").Get("/definitions/hooked").Expect(200).Text("webhooks.0.path")
		require.NotEmpty(t, path)
		require.Zero(t, w.As("marta").Get("/definitions/hooked").Expect(200).Len("webhooks"), "the address is a right")
		outside := w.Anonymous()
		first := outside.Post(path, map[string]any{"order": 7}, "Webhook-Id", "d1").Expect(202)
		require.Equal(t, first.Text("run"), outside.Post(path, map[string]any{"order": 7}, "Webhook-Id", "d1").Expect(202).Text("run"))
		// Another call under the same delivery is not taken for done.
		w.Eventually("its history", 10*time.Millisecond, func() bool {
			return w.As("oscar").Get("/runs/"+first.Text("run")+"/records").Expect(200).Len("items") > 0
		})
		outside.Post(path, map[string]any{"order": 8}, "Webhook-Id", "d1").Problem(409, "delivery_reused")
		outside.Post(path, nil, "Webhook-Id", "d1").Problem(409, "delivery_reused")
		outside.Post(path, map[string]any{"order": 8}, "Idempotency-Key", "d1").Problem(409, "idempotency_reused")
		outside.Post(path+"x", map[string]any{}).Problem(404, "not_found")
		outside.Post(path, "{").Problem(400, "malformed_json")
		require.Equal(t, 1, runs(w, "definition=hooked").Len("items"))
		require.EqualValues(t, 7, w.As("oscar").Get("/runs/"+first.Text("run")).Expect(200).At("variables.webhook.order"))
	})
}

func TestScheduleStart(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publish(t, w, "daily", `{"on":"schedule","cron":"0 12 * * *","zone":"UTC"}`, "")
	require.Zero(t, runs(w, "definition=daily").Len("items"))
	w.Clock.Set(apptest.Start.Add(3*time.Hour + time.Second))
	w.Eventually("noon starts a run", time.Second, func() bool { return runs(w, "definition=daily").Len("items") == 1 })
	def := w.As("dana").Get("/definitions/daily").Expect(200)
	w.As("dana").Do("PATCH", "/definitions/daily", map[string]any{"enabled": false}, "If-Match", def.ETag()).Expect(200)
	w.Clock.Set(apptest.Start.Add(28 * time.Hour))
	w.SignOutAll()
	w.Clock.Advance(5 * time.Second)
	require.Equal(t, 1, runs(w, "definition=daily").Len("items"), "a process that is switched off starts nothing")
}

func TestStartByHand(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publish(t, w, "manual", `{"on":"manual"}`, "")
	marta := w.As("marta")
	marta.Post("/definitions/manual/runs", map[string]any{"recordId": "none"}).Problem(404, "not_found")
	marta.Post("/definitions/manual/runs", map[string]any{"node": "nowhere"}).Problem(422, "validation")
	marta.Post("/definitions/nothing/runs", map[string]any{}).Problem(404, "not_found")
	publish(t, w, "about-a-deal", `{"on":"manual"}`, "", `{"kind":"robot","robot":"record.setFields","config":{"fields":[{"field":"comment","value":"x"}]}}`)
	refused := marta.Post("/definitions/about-a-deal/runs", map[string]any{}).Problem(422, "validation")
	require.Equal(t, "/recordId", refused.Text("errors.0.path"))
	require.Equal(t, "record_required", refused.Text("errors.0.code"))
	marta.Post("/definitions/about-a-deal/runs", map[string]any{"recordId": marta.Get("/records/deal").Expect(200).Text("items.0.id")}).Expect(202)
	mine := marta.Post("/definitions/manual/runs", map[string]any{}).Expect(202)
	require.Equal(t, "marta", mine.Text("startedBy"))
	require.Equal(t, 2, marta.Get("/runs").Expect(200).Len("items"))
	require.Zero(t, w.As("anna").Get("/runs").Expect(200).Len("items"), "members see their own runs")
	w.As("anna").Get("/runs/"+mine.Text("id")).Problem(403, "forbidden")
	marta.Get("/runs/" + mine.Text("id") + "/records").Expect(200)
}

// A form's values are checked against it, and later steps see them.
func TestTaskForm(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publish(t, w, "form", `{"on":"manual"}`, "", `{"kind":"userTask","name":"Fill","config":{"assignee":"marta","comment":"never",
		"form":[{"name":"amount","type":"number","required":true},{"name":"size","type":"choice","options":["s","m"]}]}}`)
	marta := w.As("marta")
	run := marta.Post("/definitions/form/runs", map[string]any{}).Expect(202).Text("id")
	task := w.Task("marta", "Fill")
	marta.Post("/tasks/"+task+"/completion", map[string]any{}).Problem(422, "validation")
	bad := marta.Post("/tasks/"+task+"/completion", map[string]any{"values": map[string]any{"amount": "much", "size": "xl", "more": 1}, "comment": "hi", "outcome": "yes"}).Problem(422, "validation")
	paths := map[string]string{}
	for i := range bad.Len("errors") {
		paths[bad.Text("errors."+itoa(i)+".path")] = bad.Text("errors." + itoa(i) + ".code")
	}
	require.Equal(t, "wrong_type", paths["/values/amount"], "%s", bad.Raw)
	require.Equal(t, "one_of", paths["/values/size"])
	require.Contains(t, paths, "/comment")
	require.Contains(t, paths, "/outcome")
	marta.Post("/tasks/"+task+"/completion", map[string]any{"values": map[string]any{"amount": 12.5, "size": "m"}}).Expect(200)
	w.Eventually("the run ends", 10*time.Millisecond, func() bool {
		return w.As("oscar").Get("/runs/"+run).Expect(200).Text("status") == "completed"
	})
}

// letters collects what a mail server accepts.
type letters chan string

func (l letters) NewSession(*smtp.Conn) (smtp.Session, error) { return &letter{l: l}, nil }

// A mail server that is down is an incident with the reason; the operator's
// administrator mends the setting, the operator retries, the run goes on.
func TestMailServerDown(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := dead.Addr().(*net.TCPAddr).Port
	require.NoError(t, dead.Close())
	ada, oscar := w.As("ada"), w.As("oscar")
	set := map[string]any{"provider": "smtp", "host": "127.0.0.1", "port": port, "tls": "none", "from": "fluxo@demo.fluxo.test", "password": "s3cret"}
	saved := ada.Do("PUT", "/settings/mail", set).Expect(200)
	require.NotContains(t, string(saved.Raw), "s3cret")
	require.Equal(t, true, saved.At("passwordSet"))
	ada.Post("/settings/mail/test", map[string]any{"to": "ada@demo.fluxo.test"}).Problem(422, "mail_failed")
	_, run := move(t, w)
	w.Eventually("an incident", 2*time.Second, func() bool {
		return oscar.Get("/runs/"+run).Expect(200).Text("nodeStates.mail.status") == "incident"
	})
	require.Equal(t, "smtp_unreachable", oscar.Get("/runs/"+run).Expect(200).Text("incidents.0.code"))
	incidents := oscar.Get("/incidents").Expect(200)
	require.Equal(t, run, incidents.Text("items.0.runId"))
	require.Contains(t, incidents.Text("items.0.text"), "The mail server cannot be reached.")
	require.Equal(t, "Contract preparation", incidents.Text("items.0.definitionName"))
	require.NotEmpty(t, incidents.Text("items.0.recordTitle"))
	require.Contains(t, oscar.Get("/runs/"+run).Expect(200).Text("incidents.0.text"), "Settings > Mail")
	w.Eventually("the operator is told", 5*time.Second, func() bool {
		n := oscar.Get("/notifications?unread=true").Expect(200)
		return n.Len("items") == 1 && n.Text("items.0.link") == "/runs/"+run && strings.Contains(n.Text("items.0.text"), "stands at “Mail the manager”")
	})
	require.EqualValues(t, 1, oscar.Get("/definitions/contract-preparation/counts").Expect(200).At("nodes.mail.incidents"))

	got := make(letters, 10)
	server := smtp.NewServer(got)
	server.AllowInsecureAuth = true
	alive, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(alive) }()
	t.Cleanup(func() { _ = server.Close() })
	set["port"], set["password"] = alive.Addr().(*net.TCPAddr).Port, ""
	set["host"] = "localhost"
	ada.Do("PUT", "/settings/mail", set).Expect(200)
	oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "retry"}).Expect(202)
	w.Eventually("the operator's bell is empty again", 5*time.Second, func() bool {
		return oscar.Get("/notifications?unread=true").Expect(200).Len("items") == 0
	})
	task := w.Task("marta", "Prepare the contract")
	w.Eventually("marta is told of her task", time.Second, func() bool {
		n := w.As("marta").Get("/notifications?unread=true").Expect(200)
		return strings.HasPrefix(n.Text("items.0.text"), "New task: Prepare the contract · ") && n.Text("items.0.link") == "/tasks?task="+url.QueryEscape(task)
	})
	require.Contains(t, <-got, "marta@demo.fluxo.test")
	w.Eventually("the repair is in the audit trail", 10*time.Millisecond, func() bool {
		trail := ada.Get("/audit?action=run.retry").Expect(200)
		return trail.Len("items") == 1 && trail.Text("items.0.actorName") == "Oscar Pereira"
	})
}

// The same story over the MongoDB wire protocol with the official driver.
func TestContractStoryOnMongoDB(t *testing.T) {
	if testing.Short() && mongotest.Light() { // a minute on the stand-in; make test does not use -short
		t.Skip("needs FLUXO_TEST_MONGODB_URI in short mode")
	}
	contractStory(t, apptest.New(t, apptest.Options{MongoDB: mongotest.URI(t), Database: "story_" + uuid.NewString()[:8]}))
}

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }
