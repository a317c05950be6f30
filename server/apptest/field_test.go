package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

const leveled = `{"format":"fluxo/process@1","key":"leveled","name":"Leveled","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},
	{"id":"g","kind":"exclusiveGateway","default":"f3"},
	{"id":"write","kind":"robot","robot":"record.setFields","name":"Write","config":{"fields":[{"field":"note","value":{"expr":"'Level ' + record.levelName"}}]}},
	{"id":"move","kind":"robot","robot":"record.setStage","name":"Move","config":{"stage":"signed"}},
	{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"g"},{"id":"f2","from":"g","to":"write","when":"record.level == 'gold'"},{"id":"f3","from":"g","to":"e"},{"id":"f4","from":"write","to":"move"},{"id":"f5","from":"move","to":"e"}]}`

// covers L-05, L-06, L-07: a field of one's own, with values from a list, is read and
// written by a process like a standard one; what a stage requires holds for robots too.
func TestOwnFieldsWorkLikeStandardOnes(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta := w.As("ada"), w.As("marta")
		marta.Post("/dictionaries", map[string]any{"name": "Levels", "items": []any{}}).Problem(403, "forbidden")
		levels := ada.Post("/dictionaries", map[string]any{"name": "Levels", "items": []any{map[string]any{"name": "Gold"}, map[string]any{"name": "Silver"}}}).Expect(201)
		tag := ada.Get("/record-types/deal").Expect(200).ETag()
		add := func(body map[string]any) *apptest.Answer {
			answer := ada.Post("/record-types/deal/fields", body, "If-Match", tag)
			if answer.Status == 201 {
				tag = answer.ETag()
			}
			return answer
		}
		marta.Post("/record-types/deal/fields", map[string]any{"label": "Level", "type": "text"}, "If-Match", tag).Problem(403, "forbidden")
		add(map[string]any{"label": "Level", "type": "list"}).Problem(422, "validation")
		add(map[string]any{"label": "Level", "type": "list", "dictionary": levels.Text("id")}).Expect(201)
		add(map[string]any{"label": "Note", "type": "longText"}).Expect(201)
		add(map[string]any{"label": "Number of the contract", "key": "number", "type": "text", "requiredAt": []any{map[string]any{"pipeline": "sales", "stages": []any{"signed"}}}}).Expect(201)
		ada.Post("/record-types/deal/fields", map[string]any{"label": "Late", "type": "text"}, "If-Match", `"1"`).Problem(409, "stale")

		publishText(t, w, "leveled", leveled)
		deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Pumps", "responsibleId": "marta", "fields": map[string]any{"level": "gold"}}).Expect(201)
		path := "/records/deal/" + deal.Text("id")
		marta.Do("PATCH", path, map[string]any{"fields": map[string]any{"level": "iron", "weight": 5}}, "If-Match", deal.ETag()).Problem(422, "validation")
		w.As("oscar").Post("/definitions/leveled/runs", map[string]any{"recordType": "deal", "recordId": deal.Text("id")}).Expect(202)
		w.Eventually("the robot has written", 10*time.Millisecond, func() bool {
			return marta.Get(path).Expect(200).Text("fields.note") == "Level Gold"
		})
		w.Eventually("the robot that moves it is refused", 10*time.Millisecond, func() bool {
			return w.As("oscar").Get("/runs?definition=leveled&incidents=true").Expect(200).Len("items") == 1
		})
		require.Equal(t, "new", marta.Get(path).Expect(200).Text("stageId"))

		refused := marta.Post(path+"/stage", map[string]any{"stage": "signed"}, "If-Match", marta.Get(path).Expect(200).ETag()).Problem(422, "fields_required")
		require.Equal(t, "number", refused.Text("fields.0"))
		require.Equal(t, "/fields/number", refused.Text("errors.0.path"))
		marta.Post(path+"/stage", map[string]any{"stage": "signed", "fill": map[string]any{"fields": map[string]any{"number": "7/2026"}}},
			"If-Match", marta.Get(path).Expect(200).ETag()).Expect(200)

		used := ada.Do("DELETE", "/record-types/deal/fields/level", nil, "If-Match", tag).Problem(409, "field_in_use")
		require.Equal(t, "Leveled", used.Text("uses.0.name"))
		tag = ada.Do("PATCH", "/record-types/deal/fields/level", map[string]any{"retired": true}, "If-Match", tag).Expect(200).ETag()
		w.Eventually("the trail tells of it", 10*time.Millisecond, func() bool {
			trail := ada.Get("/audit?action=field.changed").Expect(200)
			return trail.Len("items") == 1 && trail.Text("items.0.objectName") == "Level"
		})
	})
}

// A draft that was refused because of a field is checked anew when the field is there.
func TestAddedFieldMendsADraft(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, dana := w.As("ada"), w.As("dana")
	dana.Post("/definitions", map[string]any{"key": "leveled", "name": "Leveled"}).Expect(201)
	dana.Do("PUT", "/definitions/leveled/draft", leveled, "If-Match", dana.Get("/definitions/leveled").Expect(200).ETag()).Expect(200)
	findings := func() int { return dana.Get("/definitions/leveled").Expect(200).Len("findings") }
	require.NotZero(t, findings())
	ada.Post("/dictionaries", map[string]any{"id": "levels", "name": "Levels", "items": []any{}}).Expect(201)
	tag := ada.Get("/record-types/deal").Expect(200).ETag()
	tag = ada.Post("/record-types/deal/fields", map[string]any{"label": "Level", "type": "list", "dictionary": "levels"}, "If-Match", tag).Expect(201).ETag()
	ada.Post("/record-types/deal/fields", map[string]any{"label": "Note", "type": "longText"}, "If-Match", tag).Expect(201)
	require.Zero(t, findings())
}
