package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
)

// What people do about a record moves it on: a task that ends with an outcome, an
// activity that is done, a document that is made; another outcome, kind or name does not.
//
// covers B-68, G-06
func TestWhatIsDoneAboutARecordMovesIt(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Boards: placed{
		at("qualified", "called", trigger.ActivityDone, `{"types":["call"]}`),
		at("contract", "agreed", trigger.TaskStatus, `{"name":"check it","outcome":"approve"}`, when(`event.by == "henrik"`)),
		at("signed", "written", trigger.DocumentCreated, `{"name":"offer"}`),
	}})
	publishText(t, w, "ask", `{"format":"fluxo/process@1","key":"ask","name":"Ask","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent","trigger":{"on":"manual"}},
		{"id":"ok","kind":"approval","name":"Check it","config":{"approvers":["henrik"],"outcomes":[{"name":"approve","positive":true},{"name":"reject"}]}},
		{"id":"e","kind":"endEvent"},{"id":"e2","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"ok"},{"id":"f2","from":"ok","port":"approve","to":"e"},{"id":"f3","from":"ok","port":"reject","to":"e2"}]}`)
	publishText(t, w, "write", `{"format":"fluxo/process@1","key":"write","name":"Write","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent","trigger":{"on":"manual"}},
		{"id":"doc","kind":"robot","robot":"document.generate","name":"Write it","config":{"template":"contract","name":"Offer for {{ record.title }}","formats":["docx"]}},{"id":"e","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"doc"},{"id":"f2","from":"doc","to":"e"}]}`)
	marta, deal := w.As("marta"), dealOn(w, "tracking")
	done := func(kind string) {
		t.Helper()
		a := marta.Post("/activities", map[string]any{"type": kind, "title": kind, "responsibleId": "marta", "records": []any{map[string]any{"type": "deal", "id": deal}}}).Expect(201)
		marta.Post("/activities/"+a.Text("id")+"/done", map[string]any{}, "If-Match", a.ETag()).Expect(200)
	}
	decide := func(outcome string) {
		t.Helper()
		runOn(w, "ask", deal)
		w.As("henrik").Post("/tasks/"+w.Task("henrik", "Check it")+"/completion", map[string]any{"outcome": outcome}).Expect(200)
	}

	done("meeting")
	said(w, deal, "called notMeant")
	done("call")
	said(w, deal, "called moved")
	require.Equal(t, "qualified", stageOf(w, deal))

	decide("reject")
	said(w, deal, "agreed notMeant")
	require.Equal(t, "qualified", stageOf(w, deal))
	decide("approve")
	said(w, deal, "agreed moved")
	require.Equal(t, "contract", stageOf(w, deal))

	runOn(w, "write", deal)
	w.Eventually("the document moves it", 10*time.Millisecond, func() bool { return stageOf(w, deal) == "signed" })
	said(w, deal, "written moved")
}
