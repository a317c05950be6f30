package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Conditions that contradict themselves are warned of where they stand: at robots and
// triggers of boards, in status-driven processes and at flows. Nothing is refused.
func TestConditionsThatAreNeverTrueAreNamed(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	const never, maybe = `record.amount > 10 and record.comment == "x" and record.amount < 5`, `record.amount > 10 or record.amount < 5`
	type said struct{ code, severity, path, parts string }
	of := func(a *apptest.Answer, at string) []said {
		var out []said
		for i := range a.Len(at) {
			f := func(key string) string { return a.Text(at + "." + string(rune('0'+i)) + "." + key) }
			require.NotEmpty(t, f("remedy"))
			out = append(out, said{f("code"), f("severity"), f("path"), f("data.parts")})
		}
		return out
	}
	is := func(path string) said {
		return said{"never_true", "warning", path, "record.amount > 10 and record.amount < 5"}
	}

	have := ada.Get("/stage-boards/sales").Expect(200)
	var stages []any
	for i := range have.Len("stages") {
		one := map[string]any{"stage": have.Text("stages." + string(rune('0'+i)) + ".stage"), "robots": []any{}, "triggers": []any{}}
		trigger := func(id, when string) map[string]any {
			return map[string]any{"id": id, "type": "fieldsChanged", "config": map[string]any{"fields": []string{"comment"}}, "when": when}
		}
		switch i {
		case 1:
			one["robots"] = []any{robot("may", "comment.add", rightAway, comment("x"), "when", maybe), robot("cannot", "comment.add", rightAway, comment("x"), "when", never)}
			one["triggers"] = []any{trigger("hears", maybe), trigger("deaf", never)}
		case 2: // without robots
			one["triggers"] = []any{trigger("alone", never)}
		}
		stages = append(stages, one)
	}
	saved := ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": stages}, "If-Match", have.ETag()).Expect(200)
	require.Equal(t, []said{is("/robots/1/when"), is("/triggers/1/when")}, of(saved, "stages.1.findings"))
	require.Equal(t, []said{is("/triggers/0/when")}, of(saved, "stages.2.findings"))
	require.Equal(t, saved.At("stages"), ada.Get("/stage-boards/sales").Expect(200).At("stages"))

	have = ada.Get("/stage-boards/sales").Expect(200)
	stages[1].(map[string]any)["robots"] = []any{robot("sure", "comment.add", rightAway, comment("x"), "when", `record.comment != "x" or record.comment != "y"`)}
	saved = ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": stages}, "If-Match", have.ETag()).Expect(200)
	require.Contains(t, of(saved, "stages.1.findings"), said{"always_true", "warning", "/robots/0/when", `record.comment != "x" or record.comment != "y"`})

	pressed := aCommand("c", nil, says("z", "hi", "when", never))
	pressed["when"] = never
	process := template("Odd", aStatus("a", "entry", list{says("x", "hi", "when", maybe), says("y", "hi", "when", never)}, "commands", list{pressed}))
	process["start"] = map[string]any{"byHand": true, "on": list{map[string]any{"on": "recordCreated", "when": never}}}
	require.ElementsMatch(t, []said{is("/start/on/0/when"), is("/statuses/0/entry/1/when"), is("/statuses/0/commands/0/when"), is("/statuses/0/commands/0/steps/0/when")},
		of(ada.Post("/status-processes", process).Expect(201), "findings"))
}
