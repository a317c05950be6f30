package apptest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/config"
)

// aLeaf is a comparison of a field that people fill in.
func aLeaf(r *rand.Rand) string {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("record.amount.amount %s %d", pick("<", "<=", ">", ">=", "==", "!="), 10_000*(1+r.IntN(9)))
	case 1:
		return fmt.Sprintf(`record.comment %s "%s"`, pick("==", "!=", "contains", "startsWith", "endsWith"), pick("steel", "wood", "by road"))
	case 2:
		return fmt.Sprintf(`record.responsible %s "%s"`, pick("==", "!="), pick("marta", "henrik", "anna"))
	}
	return fmt.Sprintf(`record.comment in ["%s", "by road"]`, pick("steel", "wood"))
}

func aCondition(r *rand.Rand, depth int) string {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return "not (" + aCondition(r, depth-1) + ")"
		case 1:
			return "(" + aCondition(r, depth-1) + ") and (" + aCondition(r, depth-1) + ")"
		case 2:
			return "(" + aCondition(r, depth-1) + ") or (" + aCondition(r, depth-1) + ")"
		}
	}
	return aLeaf(r)
}

// follow is what a person changes who does what an explanation proposes.
func follow(t *testing.T, why *apptest.Answer, at string) map[string]any {
	t.Helper()
	patch := map[string]any{}
	for i := range why.Len(at + "changes") {
		change := fmt.Sprintf("%schanges.%d.", at, i)
		to := why.At(change + "to")
		switch path := why.Text(change + "path"); path {
		case "record.amount.amount":
			patch["amount"], patch["currency"] = to, "EUR"
		case "record.comment":
			patch["comment"] = to
		case "record.responsible":
			patch["responsibleId"] = to
		default:
			t.Fatalf("%s is nothing that the condition names", path)
		}
	}
	return patch
}

// covers 5.3: random conditions on robots, buttons and triggers, and a record on which
// some of them are silent. Each tells its parts, what they saw and the smallest change
// that would turn it round; done as it says, the robot runs, the button can be pressed,
// the trigger moves the record, every time.
func TestSilentRulesSpeakAfterTheChangeThatTheyPropose(t *testing.T) {
	t.Parallel()
	const many = 20
	w := apptest.New(t, apptest.Options{Change: func(c *config.Config) { c.Limits.RequestsPerMinute = 0 }})
	ada, marta := w.As("ada"), w.As("marta")
	random := rand.New(rand.NewPCG(5, 3))
	conditions := make([]string, many)
	var robots, commands, triggers []map[string]any
	for i := range conditions {
		conditions[i] = aCondition(random, 2)
		robots = append(robots, robot(fmt.Sprint("r", i), "comment.add", rightAway, comment(fmt.Sprint("robot ", i)), "when", conditions[i]))
		c := aCommand(fmt.Sprint("c", i), nil, says(fmt.Sprint("s", i), "pressed"))
		c["when"] = conditions[i]
		commands = append(commands, c)
		triggers = append(triggers, map[string]any{"id": fmt.Sprint("t", i), "type": "webhook", "name": fmt.Sprint("t", i), "config": map[string]any{"code": fmt.Sprint("t", i)}, "when": conditions[i]})
	}
	have := ada.Get("/stage-boards/sales").Expect(200)
	ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": []any{onStage("qualified", robots), onStage("signed", []map[string]any{}, triggers...)}}, "If-Match", have.ETag()).Expect(200)
	ada.Post("/status-processes", template("Buttons", aStatus("open", "commands", commands), aStatus("closed"))).Expect(201)
	hook := hooked(w)

	change := func(deal string, values map[string]any) {
		t.Helper()
		ada.Do("PATCH", "/records/deal/"+deal, values, "If-Match", ada.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
	}
	enter := func(deal string) {
		t.Helper()
		ada.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": "qualified"}, "If-Match", ada.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
	}
	made := 0
	deal := func(more map[string]any) string {
		made++
		in := map[string]any{"pipelineId": "sales", "title": fmt.Sprint("Deal ", made), "comment": "wood by sea", "amount": 50_000, "currency": "EUR", "responsibleId": "anna"}
		for name, value := range more {
			in[name] = value
		}
		return ada.Post("/records/deal", in).Expect(201).Text("id")
	}
	silent := func(what string, why *apptest.Answer, at string, i int) map[string]any {
		t.Helper()
		require.Equal(t, conditions[i], why.Text(at+"source"), what)
		require.Equal(t, false, why.At(at+"result"), what)
		require.Equal(t, true, why.At(at+"exact"), what)
		require.Positive(t, why.Len(at+"parts")+why.Len(at+"values"), "%s: parts and what they saw", what)
		patch := follow(t, why, at)
		require.NotEmpty(t, patch, "%s: %s", what, conditions[i])
		return patch
	}

	// Robots: in the entry of a record that is as proposed, it runs.
	first := deal(nil)
	enter(first)
	settled := func(deal string) *apptest.Answer {
		var a *apptest.Answer
		w.Eventually("all robots have run or were passed over", 0, func() bool {
			a = marta.Get("/records/deal/" + deal + "/automation").Expect(200)
			for i := range a.Len("items") {
				if state := a.Text(fmt.Sprintf("items.%d.state", i)); state != "done" && state != "skipped" {
					return false
				}
			}
			return a.Len("items") == many
		})
		return a
	}
	told, silences := settled(first), 0
	proposed := map[int]string{}
	for i := range many {
		if at := fmt.Sprintf("items.%d.", i); told.Text(at+"state") == "skipped" {
			silences++
			again := deal(silent("robot", told, at+"why.", i))
			enter(again)
			proposed[i] = again
		}
	}
	require.Greater(t, silences, many/4, "some are silent")
	require.Less(t, silences, many, "and some are not")
	for _, i := range slices.Sorted(maps.Keys(proposed)) {
		again := proposed[i]
		require.Equal(t, "done", settled(again).Text(fmt.Sprintf("items.%d.state", i)), "%s of %s", conditions[i], marta.Get("/records/deal/"+again).Raw)
	}

	// Buttons: on the same record, after the change and before it is taken back.
	second := deal(nil)
	run := ada.Post("/records/deal/"+second+"/status-processes", map[string]any{"process": "buttons"}).Expect(201).Text("run")
	comes(w, second, "open")
	seen := ofDeal(w, "ada", second)
	for _, i := range slices.Sorted(maps.Keys(proposed)) {
		at := fmt.Sprintf("items.0.commands.%d.", i)
		require.Equal(t, []any{false, "condition"}, []any{seen.At(at + "can"), seen.At(at + "because")})
		press(w, "ada", second, run, fmt.Sprint("c", i)).Problem(409, "action_refused")
		change(second, silent("button", seen, at+"why.", i))
		require.Equal(t, true, ofDeal(w, "ada", second).At(at+"can"), conditions[i])
		change(second, map[string]any{"comment": "wood by sea", "amount": 50_000, "currency": "EUR", "responsibleId": "anna"})
	}

	// Triggers: the same call, about a record that is as proposed.
	outside := w.Anonymous()
	call := func(deal string, i int) {
		outside.Post(hook, map[string]any{"id": deal, "code": fmt.Sprint("t", i)}).Expect(202)
	}
	for _, i := range slices.Sorted(maps.Keys(proposed)) {
		third := deal(nil)
		call(third, i)
		said(w, third, fmt.Sprintf("t%d conditionFalse", i))
		require.Equal(t, "new", stageOf(w, third))
		log := marta.Get("/records/deal/" + third + "/triggers").Expect(200)
		at := slices.IndexFunc(reasons(w, third), func(line string) bool { return line == fmt.Sprintf("t%d conditionFalse", i) })
		patch := silent("trigger", log, fmt.Sprintf("items.%d.why.", at), i)
		moved := deal(patch)
		call(moved, i)
		said(w, moved, fmt.Sprintf("t%d moved", i))
		require.Equal(t, "signed", stageOf(w, moved))
	}

	// Whoever may not see the record is told nothing of it.
	for _, of := range []string{"automation", "triggers", "status-processes"} {
		w.Anonymous().Get("/records/deal/"+first+"/"+of).Problem(401, "unauthenticated")
	}
}
