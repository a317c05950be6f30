package apptest_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// publishProcess publishes a whole process, whatever it warns of.
func publishProcess(w *apptest.World, key, process string) {
	w.T.Helper()
	dana := w.As("dana")
	created := dana.Post("/definitions", map[string]any{"name": key, "key": key}).Expect(201)
	saved := dana.Do("PUT", "/definitions/"+key+"/draft", json.RawMessage(process), "If-Match", created.ETag()).Expect(200)
	confirm := []any{}
	for i := range saved.Len("findings") {
		confirm = append(confirm, saved.Text("findings."+strconv.Itoa(i)+".code"))
	}
	dana.Post("/definitions/"+key+"/versions", map[string]any{"confirm": confirm}, "If-Match", saved.ETag()).Expect(201)
}

// aboutLeads starts when a lead comes into work, comments it and moves it on.
const aboutLeads = `{"format":"fluxo/process@1","key":"about-leads","name":"About leads","appliesTo":"lead","nodes":[
	{"id":"s","kind":"startEvent","trigger":{"on":"stageEntered","pipeline":"leads","stage":"work"}},
	{"id":"say","kind":"robot","robot":"comment.add","config":{"text":"{{ record.title }} is a {{ record.type }}"}},
	{"id":"move","kind":"robot","robot":"record.setStage","config":{"stage":"converted"}},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"say"},{"id":"f2","from":"say","to":"move"},{"id":"f3","from":"move","to":"e"}]}`

// covers O-01, O-02, O-10, O-11, S-06: leads, quotes and invoices stand on the stages
// of their own pipelines, and processes start from and work on any of them.
func TestRecordsOfEveryType(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	for recordType, stages := range map[string][]string{"lead": {"new", "work", "converted", "junk"}, "quote": {"draft", "sent", "accepted", "declined"}, "invoice": {"draft", "sent", "paid", "canceled"}} {
		found := marta.Get("/pipelines?type=" + recordType).Expect(200)
		require.Equal(t, 1, found.Len("items"))
		for i, stage := range stages {
			require.Equal(t, stage, found.Text("items.0.stages."+string(rune('0'+i))+".id"))
		}
		pipeline := found.Text("items.0.id")
		before := marta.Get("/records/" + recordType).Expect(200).Len("items")
		made := marta.Post("/records/"+recordType, map[string]any{"pipelineId": pipeline, "title": "One more", "amount": 500, "currency": "EUR"}).Expect(201)
		require.Equal(t, recordType, made.Text("type"))
		require.Equal(t, stages[0], made.Text("stageId"))
		require.Equal(t, before+1, marta.Get("/records/"+recordType).Expect(200).Len("items"))
		path := "/records/" + recordType + "/" + made.Text("id")
		moved := marta.Post(path+"/stage", map[string]any{"stage": stages[2]}, "If-Match", made.ETag()).Expect(200)
		require.Equal(t, stages[2], moved.Text("record.stageId"))
		marta.Post(path+"/comments", map[string]any{"text": "Seen"}).Expect(201)
		w.Eventually("the story is told", 10*time.Millisecond, func() bool { return marta.Get(path+"/timeline").Expect(200).Len("items") == 3 })
		marta.Get("/records/deal/"+made.Text("id")).Problem(404, "not_found")
		marta.Post("/records/"+recordType, map[string]any{"pipelineId": "sales", "title": "x"}).Problem(422, "validation")
	}
	marta.Get("/records/contact").Problem(404, "not_found")
	marta.Get("/records/nothing").Problem(404, "not_found")
	require.Equal(t, "lead", marta.Get("/board?pipeline=leads").Expect(200).Text("columns.0.records.0.type"))

	publishProcess(w, "about-leads", aboutLeads)
	lead := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Fair"}).Expect(201)
	path := "/records/lead/" + lead.Text("id")
	started := marta.Post(path+"/stage", map[string]any{"stage": "work"}, "If-Match", lead.ETag()).Expect(200)
	require.Equal(t, 1, started.Len("startedRuns"))
	w.Eventually("the process has moved the lead", 10*time.Millisecond, func() bool { return marta.Get(path).Expect(200).Text("stageId") == "converted" })
	w.Eventually("the story of the lead", 10*time.Millisecond, func() bool {
		return strings.Contains(string(marta.Get(path+"/timeline?limit=50").Expect(200).Raw), "Fair is a lead")
	})
	require.Equal(t, 1, marta.Get(path+"/runs").Expect(200).Len("items"))
}
