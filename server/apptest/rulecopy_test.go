package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// rulesOf are the robots and triggers of a stage, as they are saved.
func rulesOn(w *apptest.World, pipeline, stage string) (robots, triggers []any) {
	w.T.Helper()
	b := w.As("ada").Get("/stage-boards/" + pipeline).Expect(200)
	for i := range b.Len("stages") {
		if at := fmt.Sprintf("stages.%d.", i); b.Text(at+"stage") == stage {
			robots, _ = b.At(at + "robots").([]any)
			triggers, _ = b.At(at + "triggers").([]any)
		}
	}
	return robots, triggers
}

// covers S-13, B-13: robots and triggers of a stage are copied to another pipeline, also
// of another record type. What they name and the other lacks is told first, and has to
// be chosen or left out; until then nothing is there.
func TestRulesAreCopiedToAnotherPipeline(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	field := func(recordType, key, label, typ string) {
		t.Helper()
		of := ada.Get("/record-types/" + recordType).Expect(200)
		ada.Post("/record-types/"+recordType+"/fields", map[string]any{"key": key, "label": label, "type": typ}, "If-Match", of.ETag()).Expect(201)
	}
	field("deal", "machine", "Machine", "text")
	field("deal", "delivery", "Delivery", "date")
	field("lead", "product", "Product asked for", "text")
	field("lead", "wanted", "Wanted by", "date")
	have := ada.Get("/stage-boards/sales").Expect(200)
	ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": []any{onStage("qualified", []map[string]any{
		robot("say", "comment.add", rightAway, comment("{{ record.title }}: {{ record.machine }}")),
		robot("on", "record.setStage", afterIt, map[string]any{"stage": "contract"}, "when", `record.machine != "" and steps.say.comment != ""`),
		robot("remind", "notification.send", map[string]any{"mode": "date", "direction": "before", "amount": 1, "unit": "day", "field": "delivery"}, map[string]any{"to": []any{"marta"}, "text": "{{ steps.say.comment }}"}),
		robot("last", "record.setFields", rightAway, map[string]any{"fields": []any{map[string]any{"field": "machine", "value": "x"}}}),
	}, map[string]any{"id": "changed", "type": "fieldsChanged", "name": "Machine chosen", "config": map[string]any{"fields": []any{"machine"}}})}}, "If-Match", have.ETag()).Expect(200)
	leads := ada.Get("/stage-boards/leads").Expect(200)
	ada.Do("PUT", "/stage-boards/leads", map[string]any{"stages": []any{onStage("work", []map[string]any{robot("say", "comment.add", rightAway, comment("there before"))})}}, "If-Match", leads.ETag()).Expect(200)

	copies := func(in map[string]any, headers ...string) *apptest.Answer {
		if in["to"] == nil {
			in["to"] = map[string]any{"pipeline": "leads", "stage": "work"}
		}
		return ada.Post("/stage-boards/sales/stages/qualified/copies", in, headers...)
	}
	look := copies(map[string]any{"dryRun": true}).Expect(200)
	require.Equal(t, 5, look.Len("copies"))
	require.Equal(t, "say_2", look.Text("copies.0.id"), "the other stage has a robot of this id")
	refs := map[string]string{}
	for i := range look.Len("references") {
		at := fmt.Sprintf("references.%d.", i)
		refs[look.Text(at+"key")] = look.Text(at+"name") + " -> " + look.Text(at+"id")
	}
	require.Equal(t, map[string]string{"field:machine": "Machine -> ", "field:delivery": "Delivery -> ", "stage:contract": "Contract preparation -> "}, refs, "%s", look.Raw)
	require.EqualValues(t, 3, look.At("missing"))
	choices := look.At("references.0.choices")
	require.Contains(t, fmt.Sprint(choices), "Wanted by", "a date may stand for a date")
	require.NotContains(t, fmt.Sprint(choices), "Product asked for")

	tag := ada.Get("/stage-boards/leads").Expect(200).ETag()
	copies(map[string]any{}, "If-Match", tag).Problem(422, "references_missing")
	copies(map[string]any{"map": map[string]any{"field:machine": "wanted", "field:delivery": "wanted", "stage:contract": "nowhere"}}, "If-Match", tag).Problem(422, "references_missing")
	copies(map[string]any{"ids": []any{"never"}}, "If-Match", tag).Problem(422, "validation")
	copies(map[string]any{"to": map[string]any{"pipeline": "leads", "stage": "never"}}, "If-Match", tag).Problem(404, "not_found")
	robots, triggers := rulesOn(w, "leads", "work")
	require.Equal(t, []int{1, 0}, []int{len(robots), len(triggers)}, "nothing half done")

	// With the choices all fits; what is left out needs none.
	chosen := map[string]any{"field:machine": "product", "field:delivery": "wanted", "stage:contract": "converted"}
	fits := copies(map[string]any{"dryRun": true, "map": chosen}).Expect(200)
	require.Zero(t, fits.At("missing"))
	require.NotContains(t, string(fits.Raw), `"severity":"error"`)
	require.EqualValues(t, 1, copies(map[string]any{"dryRun": true, "ids": []any{"say", "on"}, "drop": []any{"on"}}).Expect(200).At("missing"))
	copies(map[string]any{"map": chosen}, "If-Match", leads.ETag()).Problem(409, "stale")
	done := copies(map[string]any{"map": chosen}, "If-Match", tag).Expect(200)
	require.Equal(t, true, done.At("done"))
	robots, triggers = rulesOn(w, "leads", "work")
	require.Equal(t, []int{5, 1}, []int{len(robots), len(triggers)})
	told := fmt.Sprint(robots, triggers)
	require.NotContains(t, told, "machine")
	require.NotContains(t, told, "delivery")
	for _, want := range []string{"{{ record.title }}: {{ record.product }}", `record.product != "" and steps.say_2.comment != ""`, "stage:converted", "field:wanted", "{{ steps.say_2.comment }}", "fields:[product]"} {
		require.Contains(t, told, want)
	}
	robots, _ = rulesOn(w, "sales", "qualified")
	require.Len(t, robots, 4, "copied, not moved")

	// They work there.
	lead := ada.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Asked", "fields": map[string]any{"product": "Lathe"}}).Expect(201).Text("id")
	ada.Post("/records/lead/"+lead+"/stage", map[string]any{"stage": "work"}, "If-Match", ada.Get("/records/lead/"+lead).Expect(200).ETag()).Expect(200)
	w.Eventually("the copied robot has said it", 100*time.Millisecond, func() bool {
		a := ada.Get("/records/lead/" + lead + "/automation").Expect(200)
		if a.Text("stage") == "converted" {
			return true // the copied robot behind it, which reads what it has said, was faster
		}
		for i := range a.Len("items") {
			if at := fmt.Sprintf("items.%d.", i); a.Text(at+"id") == "say_2" {
				return a.Text(at+"state") == "done"
			}
		}
		return false
	})

	// A robot that loses the one before it runs at once; to another stage of its own
	// pipeline nothing has to be chosen.
	alone := copies(map[string]any{"ids": []any{"on"}, "to": map[string]any{"pipeline": "sales", "stage": "signed"}, "dryRun": true}).Expect(200)
	require.Equal(t, true, alone.At("copies.0.alone"))
	require.Equal(t, "robot:say", alone.Text("references.0.key"), "its condition reads what another robot gave: %s", alone.Raw)
	own := ada.Get("/stage-boards/sales").Expect(200).ETag()
	copies(map[string]any{"ids": []any{"last", "changed"}, "to": map[string]any{"pipeline": "sales", "stage": "signed"}}, "If-Match", own).Expect(200)
	robots, triggers = rulesOn(w, "sales", "signed")
	require.Equal(t, []int{1, 1}, []int{len(robots), len(triggers)})

	// Both boards are asked for rights.
	w.As("marta").Post("/stage-boards/sales/stages/qualified/copies", map[string]any{"dryRun": true, "to": map[string]any{"pipeline": "leads", "stage": "work"}}).Problem(403, "forbidden")
	require.Contains(t, string(ada.Get("/audit?object=stageBoards:leads").Expect(200).Raw), "stageBoard.changed")
}
