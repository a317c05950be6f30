package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Ways round the rights on records: processes started on them, rehearsals that read
// them, fields and activities that name them and their files.
//
// covers PE-05
func TestHiddenRecordsStayHidden(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta, dana := w.As("ada"), w.As("marta"), w.As("dana")
	own := []any{map[string]any{"action": "crm.view", "reach": "own"}, map[string]any{"action": "crm.edit", "reach": "own"}}
	hidden := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Hidden", "responsibleId": "ada"}).Expect(201).Text("id")
	price := ada.Upload("/files", map[string]string{"owner": "deal:" + hidden}, "prices.txt", []byte("secret")).Expect(201).Text("id")
	ada.Post("/record-types/deal/fields", map[string]any{"key": "related", "label": "Related", "type": "reference", "target": "deal"},
		"If-Match", ada.Get("/record-types/deal").Expect(200).ETag()).Expect(201)
	for _, role := range []string{"member", "designer"} {
		rights := append([]any{map[string]any{"action": "crm.add", "reach": "all"}}, own...)
		ada.Do("PATCH", "/roles/"+role, map[string]any{"rights": rights}, "If-Match", `"0"`).Expect(200)
	}

	marta.Post("/definitions/contract-preparation/runs", map[string]any{"recordType": "deal", "recordId": hidden}).Problem(404, "not_found")
	related := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Mine", "responsibleId": "marta",
		"fields": map[string]any{"related": hidden}}).Expect(201)
	require.Empty(t, related.At("names"))
	wrong := marta.Post("/activities", map[string]any{"type": "task", "title": "Note", "responsibleId": "marta", "files": []any{price}}).Problem(422, "validation")
	require.Equal(t, "/files/0", wrong.Text("errors.0.path"))

	scenario := []any{map[string]any{"format": "fluxo/scenario@1", "start": map[string]any{"record": map[string]any{"type": "deal", "id": hidden}}}}
	seen := dana.Post("/definitions/contract-preparation/rehearsals", map[string]any{"scenarios": scenario}).Expect(200)
	require.NotContains(t, string(seen.Raw), "Hidden")
}
