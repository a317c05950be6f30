package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// A company may sell in several ways: pipelines are added, renamed, and deleted
// while they hold nothing.
func TestPipelinesComeAndGo(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{SQLite: true})
	ada := w.As("ada")
	w.As("marta").Post("/pipelines", map[string]any{"name": "Leasing"}).Problem(403, "forbidden")
	ada.Post("/pipelines", map[string]any{"name": ""}).Problem(422, "validation")
	made := ada.Post("/pipelines", map[string]any{"name": "Leasing & rent"}).Expect(201)
	require.Equal(t, "leasing-rent", made.Text("id"))
	require.Equal(t, 4, made.Len("stages"), "there are stages to begin with")
	require.Equal(t, "leasing-rent-2", ada.Post("/pipelines", map[string]any{"name": "Leasing, rent"}).Expect(201).Text("key"))
	require.Equal(t, "pipeline", ada.Post("/pipelines", map[string]any{"name": "Лизинг"}).Expect(201).Text("key"))
	ada.Post("/pipelines", map[string]any{"name": "Again", "key": "leasing-rent"}).Problem(409, "exists")
	require.Equal(t, 4, ada.Get("/pipelines?type=deal").Expect(200).Len("items"))

	path := "/pipelines/leasing-rent"
	renamed := ada.Do("PATCH", path, map[string]any{"name": "Leasing"}, "If-Match", made.ETag()).Expect(200)
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "leasing-rent", "title": "Two trucks", "amount": 700, "currency": "EUR"}).Expect(201)
	board := ada.Get("/board?pipeline=leasing-rent").Expect(200)
	require.EqualValues(t, 700, board.At("columns.0.sum.amount"))
	ada.Do("DELETE", path, nil, "If-Match", renamed.ETag()).Problem(409, "pipeline_in_use")
	ada.Do("DELETE", "/records/deal/"+deal.Text("id"), nil, "If-Match", deal.ETag()).Expect(204)
	require.EqualValues(t, 0, ada.Get("/board?pipeline=leasing-rent").Expect(200).At("columns.0.count"))
	ada.Do("DELETE", path, nil, "If-Match", renamed.ETag()).Problem(409, "pipeline_in_use") // it could come back from the bin
	ada.Do("DELETE", "/pipelines/leasing-rent-2", nil).Problem(428, "precondition_required")
	ada.Do("DELETE", "/pipelines/leasing-rent-2", nil, "If-Match", `"7"`).Problem(409, "stale")
	ada.Do("DELETE", "/pipelines/leasing-rent-2", nil, "If-Match", `"1"`).Expect(204)
	ada.Get("/board?pipeline=leasing-rent-2").Problem(404, "not_found")
}
