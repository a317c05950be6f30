package apptest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Robots that send records round without end are refused with the way they would
// take; where a condition, a wait, a person or a trigger stands between, it is a warning.
//
// covers 5.8, U-35
func TestCirclesOfRobotsAreRefused(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	to := func(id, stage string, timing map[string]any, more ...any) map[string]any {
		return robot(id, "record.setStage", timing, map[string]any{"stage": stage}, more...)
	}
	board := func(there []map[string]any, back ...map[string]any) map[string][]map[string]any {
		return map[string][]map[string]any{"qualified": there, "contract": back}
	}
	start := w.As("ada").Get("/stage-boards/sales").Expect(200)
	there, backAgain := to("there", "contract", rightAway), to("back", "qualified", rightAway)
	refused := putBoard(w, board([]map[string]any{robot("note", "comment.add", rightAway, comment("hm")), there}, backAgain)).Problem(422, "board_findings")
	require.Equal(t, "/stages/1/robots/1", refused.Text("errors.0.path"))
	require.Equal(t, "stage_circle", refused.Text("errors.0.code"))
	require.Equal(t, []any{"/stages/1/robots/1", "/stages/2/robots/0"}, []any{refused.At("findings.0.path"), refused.At("findings.1.path")}, "each of its robots is marked")
	require.Len(t, refused.At("findings"), 2)
	require.Contains(t, refused.Text("title"), "board")
	way := fmt.Sprintf("%s → %s → %s", "Qualified", "Contract preparation", "Qualified")
	require.Equal(t, way, refused.Text("findings.0.data.way"))
	require.Equal(t, start.ETag(), w.As("ada").Get("/stage-boards/sales").Expect(200).ETag(), "nothing is saved")

	person := robot("ask", "userTask", rightAway, map[string]any{"assignee": "marta"})
	for name, stages := range map[string]map[string][]map[string]any{
		"a condition":          board([]map[string]any{to("there", "contract", rightAway, "when", "record.amount > 10")}, backAgain),
		"a wait":               board([]map[string]any{there}, to("back", "qualified", after(1, "day"))),
		"behind a wait":        board([]map[string]any{there}, robot("late", "comment.add", after(1, "day"), comment("x")), to("back", "qualified", afterIt)),
		"a person":             board([]map[string]any{there}, person, to("back", "qualified", afterIt)),
		"hours of the company": board([]map[string]any{there}, to("back", "qualified", map[string]any{"mode": "immediate", "workingTime": map[string]any{"company": true}})),
	} {
		saved := putBoard(w, stages).Expect(200)
		var codes []string
		for i := range saved.Len("stages.1.findings") {
			codes = append(codes, saved.Text(fmt.Sprintf("stages.1.findings.%d.code", i)), saved.Text(fmt.Sprintf("stages.1.findings.%d.severity", i)))
		}
		require.Equal(t, []string{"stage_circle_possible", "warning"}, codes, name)
	}
	for name, stages := range map[string]map[string][]map[string]any{
		"one way":             board([]map[string]any{there}),
		"a robot that is off": board([]map[string]any{there}, to("back", "qualified", rightAway, "disabled", true)),
		"where it is already": board([]map[string]any{to("stay", "qualified", rightAway)}),
		"found while it runs": board([]map[string]any{there}, robot("back", "record.setStage", rightAway, map[string]any{"stage": map[string]any{"expr": "'qualified'"}})),
	} {
		require.Zero(t, putBoard(w, stages).Expect(200).Len("stages.1.findings"), name)
	}
}

// A robot that leads nowhere is a warning.
func TestRobotsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	for name, config := range map[string]map[string]any{
		"no such stage":    {"stage": "nope"},
		"no such pipeline": {"stage": "qualified", "pipeline": "elsewhere"},
	} {
		saved := putBoard(w, map[string][]map[string]any{"contract": {robot("away", "record.setStage", rightAway, config)}}).Expect(200)
		require.Equal(t, 1, saved.Len("stages.2.findings"), name)
		require.Equal(t, []string{"unknown_stage", "warning"}, []string{saved.Text("stages.2.findings.0.code"), saved.Text("stages.2.findings.0.severity")}, name)
	}
	require.Zero(t, putBoard(w, map[string][]map[string]any{"contract": {robot("away", "record.setStage", rightAway, map[string]any{"stage": "nope"}, "disabled", true)}}).Expect(200).Len("stages.2.findings"))
}

// A field that a robot writes and a trigger hears closes a circle, too, and so does
// the robot of another pipeline.
//
// covers 5.8
func TestCirclesThroughTriggersAndPipelines(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	put := func(pipeline string, robots map[string][]map[string]any, triggers map[string][]map[string]any) *apptest.Answer {
		have := ada.Get("/stage-boards/" + pipeline).Expect(200)
		var stages []map[string]any
		for i := range have.Len("stages") {
			stage := have.Text(fmt.Sprintf("stages.%d.stage", i))
			one := map[string]any{"stage": stage, "robots": []any{}, "triggers": []any{}}
			if robots[stage] != nil {
				one["robots"] = robots[stage]
			}
			if triggers[stage] != nil {
				one["triggers"] = triggers[stage]
			}
			stages = append(stages, one)
		}
		return ada.Do("PUT", "/stage-boards/"+pipeline, map[string]any{"stages": stages}, "If-Match", have.ETag())
	}
	writes := robot("writes", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "comment", "value": "x"}}})
	back := robot("back", "record.setStage", rightAway, map[string]any{"stage": "qualified"})
	hears := map[string]any{"id": "hears", "type": "fieldsChanged", "config": map[string]any{"fields": []string{"comment"}, "byProcesses": true}}
	saved := put("sales", map[string][]map[string]any{"qualified": {writes}, "contract": {back}}, map[string][]map[string]any{"contract": {hears}}).Expect(200)
	require.Equal(t, "stage_circle_possible", saved.Text("stages.1.findings.0.code"))
	hears["config"] = map[string]any{"fields": []string{"comment"}}
	saved = put("sales", map[string][]map[string]any{"qualified": {writes}, "contract": {back}}, map[string][]map[string]any{"contract": {hears}}).Expect(200)
	require.Zero(t, saved.Len("stages.1.findings"), "a trigger that does not hear processes")

	other := ada.Post("/pipelines", map[string]any{"name": "Renewals", "type": "deal", "stages": []any{
		map[string]any{"id": "first", "name": "First", "kind": "normal", "color": "#1d5fd1"}, map[string]any{"id": "yes", "name": "Yes", "kind": "success", "color": "#1d5fd1"}, map[string]any{"id": "no", "name": "No", "kind": "failure", "color": "#1d5fd1"},
	}}).Expect(201).Text("id")
	over := func(id, pipeline, stage string) map[string]any {
		return robot(id, "record.setStage", rightAway, map[string]any{"pipeline": pipeline, "stage": stage})
	}
	put("sales", map[string][]map[string]any{"qualified": {over("over", other, "first")}}, nil).Expect(200)
	refused := put(other, map[string][]map[string]any{"first": {over("home", "sales", "qualified")}}, nil).Problem(422, "board_findings")
	var said struct {
		Findings []struct {
			Data struct{ Way string }
		}
	}
	require.NoError(t, json.Unmarshal(refused.Raw, &said))
	sales := ada.Get("/stage-boards/sales").Expect(200).Text("name")
	require.Equal(t, "First → "+sales+": Qualified → First", said.Findings[0].Data.Way)
}
