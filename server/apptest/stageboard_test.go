package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// robot is one robot of a stage board: id, key, timing, config and what else there is.
func robot(id, key string, timing map[string]any, config map[string]any, more ...any) map[string]any {
	r := map[string]any{"id": id, "robot": key, "name": id, "timing": timing, "config": config}
	for i := 0; i+1 < len(more); i += 2 {
		r[more[i].(string)] = more[i+1]
	}
	return r
}

var (
	rightAway = map[string]any{"mode": "immediate"}
	afterIt   = map[string]any{"mode": "afterPrevious"}
)

func after(amount int, unit string) map[string]any {
	return map[string]any{"mode": "delay", "amount": amount, "unit": unit}
}

func comment(text string) map[string]any { return map[string]any{"text": text} }

// putBoard replaces the robots of stages of the sales pipeline.
func putBoard(w *apptest.World, stages map[string][]map[string]any) *apptest.Answer {
	w.T.Helper()
	ada := w.As("ada")
	have := ada.Get("/stage-boards/sales").Expect(200)
	var list []map[string]any
	for i := range have.Len("stages") {
		stage := have.Text(fmt.Sprintf("stages.%d.stage", i))
		robots := stages[stage]
		if robots == nil {
			robots = []map[string]any{}
		}
		list = append(list, map[string]any{"stage": stage, "robots": robots, "triggers": []any{}})
	}
	return ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": list}, "If-Match", have.ETag())
}

// aDeal of marta's on the first stage.
func aDeal(w *apptest.World, title string) string {
	w.T.Helper()
	return w.As("marta").Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title}).Expect(201).Text("id")
}

func moveTo(w *apptest.World, deal, stage string) {
	w.T.Helper()
	marta := w.As("marta")
	marta.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": stage}, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
}

// robotState reads state and reason of a robot of a deal.
func robotState(w *apptest.World, deal, id string, query ...string) (state, reason string) {
	w.T.Helper()
	path := "/records/deal/" + deal + "/automation"
	for _, q := range query {
		path += q
	}
	a := w.As("marta").Get(path).Expect(200)
	for i := range a.Len("items") {
		at := fmt.Sprintf("items.%d.", i)
		if a.Text(at+"id") == id {
			return a.Text(at + "state"), a.Text(at + "because")
		}
	}
	return "", ""
}

// becomes waits for the state of a robot without moving the clock on.
func becomes(w *apptest.World, deal, id, state string) {
	w.T.Helper()
	w.Eventually(id+" becomes "+state, 0, func() bool { s, _ := robotState(w, deal, id); return s == state })
}

// later moves the clock on; sessions do not outlive long steps.
func later(w *apptest.World, d time.Duration) {
	w.Clock.Advance(d)
	w.SignOutAll()
}

// covers S-01, S-02, S-03, S-05, T-01: entering a stage arms all of its robots.
func TestRobotsOfAStageRunWhenItIsEntered(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	answer := putBoard(w, map[string][]map[string]any{"qualified": {
		robot("first", "comment.add", rightAway, comment("one")), robot("second", "comment.add", rightAway, comment("two")),
		robot("third", "comment.add", afterIt, comment("three")), robot("late", "comment.add", after(2, "day"), comment("four")),
	}}).Expect(200)
	require.NotEmpty(t, answer.Raw)
	deal := aDeal(w, "Machines")
	moveTo(w, deal, "qualified")
	for _, id := range []string{"first", "second", "third"} {
		becomes(w, deal, id, "done")
	}
	becomes(w, deal, "late", "waiting")
	later(w, 2*24*time.Hour+time.Second)
	becomes(w, deal, "late", "done")
}
