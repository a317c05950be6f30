package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The robots of a deleted pipeline do not come back with another one of its key.
func TestBoardGoesWithItsDeletedPipeline(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	pipeline := map[string]any{"name": "Leasing", "key": "leasing"}
	made := ada.Post("/pipelines", pipeline).Expect(201)
	stage := made.Text("stages.0.id")
	have := ada.Get("/stage-boards/leasing").Expect(200)
	ada.Do("PUT", "/stage-boards/leasing", map[string]any{"stages": []any{map[string]any{"stage": stage, "triggers": []any{},
		"robots": []any{robot("old", "comment.add", rightAway, comment("from before"))}}}}, "If-Match", have.ETag()).Expect(200)
	key := ada.Get("/stage-boards/leasing").Expect(200).Text("stages.0.process.key")
	require.NotEmpty(t, key)
	ada.Do("DELETE", "/pipelines/leasing", nil, "If-Match", made.ETag()).Expect(204)
	w.Clock.Advance(time.Second)
	ada.Post("/pipelines", pipeline).Expect(201)
	w.Eventually("the board is empty", 0, func() bool { return ada.Get("/stage-boards/leasing").Expect(200).Len("stages.0.robots") == 0 })
	w.Eventually("the process is withdrawn", 0, func() bool {
		d, err := w.App.Definitions.Compiled(t.Context(), key)
		return err == nil && d.Version == 0
	})
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "leasing", "title": "Trucks"}).Expect(201).Text("id")
	w.Clock.Advance(time.Minute)
	require.Equal(t, 0, comments(w, deal, "from before"))
}

// Not even for a moment: whoever makes the pipeline again under its old key finds no
// robots there, although nobody has heard of the deletion yet.
func TestOldRobotsDoNotStartInANewPipeline(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	for i := range 5 {
		made := ada.Post("/pipelines", map[string]any{"name": "Leasing", "key": "leasing"}).Expect(201)
		stage := made.Text("stages.0.id")
		have := ada.Get("/stage-boards/leasing").Expect(200)
		require.Zero(t, have.Len("stages.0.robots"), "round %d", i)
		ada.Do("PUT", "/stage-boards/leasing", map[string]any{"stages": []any{map[string]any{"stage": stage, "triggers": []any{},
			"robots": []any{robot("old", "comment.add", rightAway, comment("from before"))}}}}, "If-Match", have.ETag()).Expect(200)
		ada.Do("DELETE", "/pipelines/leasing", nil, "If-Match", made.ETag()).Expect(204)
	}
	ada.Post("/pipelines", map[string]any{"name": "Leasing", "key": "leasing"}).Expect(201)
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "leasing", "title": "Trucks"}).Expect(201).Text("id")
	w.Clock.Advance(time.Minute)
	require.Zero(t, ada.Get("/runs?recordId="+deal).Expect(200).Len("items"))
	require.Equal(t, 0, comments(w, deal, "from before"))
}
