package apptest_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The contract process from the move of a deal to its next stage, over HTTP, by
// every person in turn.
func TestContractStory(t *testing.T) {
	cases := []struct {
		name    string
		options apptest.Options
	}{
		{"in memory", apptest.Options{}},
		{"in memory without transactions", apptest.Options{Lazy: true}},
		{"on SQLite", apptest.Options{SQLite: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			contractStory(t, apptest.New(t, c.options))
		})
	}
}

// move puts the demo's first deal on the stage that starts the process.
func move(t *testing.T, w *apptest.World) (deal, run string) {
	t.Helper()
	found := w.As("marta").Get("/records/deal?q=scanners").Expect(200)
	deal = found.Text("items.0.id")
	read := w.As("marta").Get("/records/deal/" + deal).Expect(200)
	moved := w.As("marta").Post("/records/deal/"+deal+"/stage", map[string]any{"stage": "contract"}, "If-Match", read.ETag()).Expect(200)
	require.Equal(t, "contract", moved.Text("record.stageId"))
	require.Equal(t, 1, moved.Len("startedRuns"), "%s", moved.Raw)
	return deal, moved.Text("startedRuns.0.id")
}

func contractStory(t *testing.T, w *apptest.World) {
	deal, run := move(t, w)
	marta, henrik, anna, oscar := w.As("marta"), w.As("henrik"), w.As("anna"), w.As("oscar")

	task := w.Task("marta", "Prepare the contract")
	files := marta.Get("/records/deal/" + deal + "/files").Expect(200)
	require.Equal(t, 2, files.Len("items"), "%s", files.Raw)
	url := files.Text("items.0.url")
	if !strings.HasSuffix(files.Text("items.0.name"), ".docx") {
		url = files.Text("items.1.url")
	}
	docx := marta.Get(url).Expect(200)
	words := documentText(t, docx.Raw)
	for _, want := range []string{"Baltic Timber", "Handheld scanner HX-2", "Piotr Zieliński"} {
		require.Contains(t, words, want)
	}
	require.NotContains(t, words, "{{")
	require.Contains(t, marta.Get("/notifications").Expect(200).Text("items.0.text"), "Warehouse scanners")
	mail := marta.Get("/outbox").Expect(200)
	require.Equal(t, 1, mail.Len("items"))
	letter := marta.Get("/outbox/" + mail.Text("items.0.id")).Expect(200)
	require.Equal(t, 2, letter.Len("attachments"), "%s", letter.Raw)

	marta.Post("/tasks/"+task+"/comments", map[string]any{"text": "Checked the amounts."}).Expect(201)
	marta.Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)

	approval := w.Task("henrik", "Approve the contract")
	detail := henrik.Get("/tasks/" + approval).Expect(200)
	require.Equal(t, 3, detail.Len("config.outcomes"))
	require.Equal(t, "Prepare the contract", detail.Text("next.rework.0"))
	henrik.Post("/tasks/"+approval+"/completion", map[string]any{"outcome": "rework"}).Problem(422, "validation")
	henrik.Post("/tasks/"+approval+"/completion", map[string]any{"outcome": "rework", "comment": "The discount is missing."}).Expect(200)

	again := w.Task("marta", "Prepare the contract")
	require.NotEqual(t, task, again)
	require.Contains(t, marta.Get("/tasks/"+again).Expect(200).Text("text"), "The discount is missing.")
	marta.Post("/tasks/"+again+"/completion", map[string]any{"comment": "Added."}).Expect(200)
	henrik.Post("/tasks/"+w.Task("henrik", "Approve the contract")+"/completion", map[string]any{"outcome": "approve"}).Expect(200)

	scan := w.Task("marta", "Get the scan, print the contract")
	marta.Post("/tasks/"+scan+"/completion", map[string]any{}).Problem(422, "validation")
	uploaded := marta.Upload("/files", map[string]string{"owner": "task:" + scan}, "scan.pdf", []byte("%PDF-1.4\n%%EOF\n")).Expect(201)
	marta.Post("/tasks/"+scan+"/completion", map[string]any{"files": []string{uploaded.Text("id")}}).Expect(200)
	require.Equal(t, 3, marta.Get("/records/deal/"+deal+"/files").Expect(200).Len("items"), "the scan is on the deal too")

	booking := w.Task("anna", "Enter the contract into the accounting system")
	anna.Post("/tasks/"+booking+"/claim", nil).Expect(200)
	anna.Post("/tasks/"+booking+"/completion", map[string]any{"comment": "Booked."}).Expect(200)

	w.Eventually("the deal moves on", 10*time.Millisecond, func() bool {
		return marta.Get("/records/deal/"+deal).Expect(200).Text("stageId") == "signed"
	})
	w.Eventually("the run ends", 10*time.Millisecond, func() bool {
		return oscar.Get("/runs/"+run).Expect(200).Text("status") == "completed"
	})
	end := oscar.Get("/runs/" + run).Expect(200)
	require.EqualValues(t, 2, end.At("nodeStates.prepare.entered"))
	require.EqualValues(t, 2, end.At("nodeStates.ok.left"))
	require.Equal(t, "done", end.Text("nodeStates.done.status"), "%s", end.Raw)
	require.EqualValues(t, 1, end.At("flowsTaken.f9"))
	require.Equal(t, 0, end.Len("waits"))
	history := oscar.Get("/runs/" + run + "/records?limit=1000").Expect(200)
	require.EqualValues(t, history.Len("items"), history.At("items."+itoa(history.Len("items")-1)+".seq"), "records are contiguous")

	kinds := map[string]bool{}
	w.Eventually("the timeline tells the story", 10*time.Millisecond, func() bool {
		story := marta.Get("/records/deal/" + deal + "/timeline?limit=200").Expect(200)
		for i := range story.Len("items") {
			kinds[story.Text("items."+itoa(i)+".kind")] = true
		}
		return kinds["created"] && kinds["stageChanged"] && kinds["document"] && kinds["task"] && kinds["run"] && kinds["mail"]
	})
}

func documentText(t *testing.T, docx []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	require.NoError(t, err)
	f, err := z.Open("word/document.xml")
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(text)
}

// An overdue task tells the head of its assignee by the boundary timer, and goes on.
func TestOverdueTaskTellsTheHead(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	_, run := move(t, w)
	w.Task("marta", "Prepare the contract")
	w.Clock.Advance(49 * time.Hour)
	w.SignOutAll() // nobody's session lives that long unused
	w.Eventually("the head is told", time.Second, func() bool {
		return strings.Contains(w.As("henrik").Get("/notifications").Expect(200).Text("items.0.text"), "the contract is late")
	})
	w.Task("marta", "Prepare the contract")
	require.EqualValues(t, 0, w.As("marta").Get("/tasks/counts").Expect(200).At("overdue"), "a weekend has no working days")
	w.Clock.Advance(72 * time.Hour)
	w.SignOutAll()
	require.EqualValues(t, 1, w.As("marta").Get("/tasks/counts").Expect(200).At("overdue"))
	require.Equal(t, true, w.As("marta").Get("/tasks?view=overdue").Expect(200).At("items.0.overdue"))
	require.Equal(t, "waiting", w.As("oscar").Get("/runs/"+run).Expect(200).Text("nodeStates.prepare.status"))
}

// Without LibreOffice the contract waits as an incident that names the package;
// the document itself is there.
func TestMissingConverterIsAnIncident(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{NoPDF: true})
	deal, run := move(t, w)
	w.Eventually("an incident", time.Second, func() bool {
		return w.As("oscar").Get("/runs/"+run).Expect(200).Len("incidents") == 1
	})
	detail := w.As("oscar").Get("/runs/" + run).Expect(200)
	require.Equal(t, "incident", detail.Text("nodeStates.draft.status"))
	require.Contains(t, detail.Text("incidents.0.remedy")+detail.Text("incidents.0.message"), "libreoffice")
	require.Equal(t, 1, w.As("marta").Get("/records/deal/"+deal+"/files").Expect(200).Len("items"))
	w.As("marta").Post("/runs/"+run+"/actions", map[string]any{"action": "skip", "reason": "x"}).Problem(403, "forbidden")
	w.InstallConverter()
	w.As("oscar").Post("/runs/"+run+"/actions", map[string]any{"action": "retry", "reason": "installed"}).Expect(202)
	w.Task("marta", "Prepare the contract")
	require.Equal(t, 2, w.As("marta").Get("/records/deal/"+deal+"/files").Expect(200).Len("items"), "the DOCX was not made twice")
	w.As("oscar").Post("/runs/"+run+"/actions", map[string]any{"action": "retry"}).Problem(409, "action_refused")
}
