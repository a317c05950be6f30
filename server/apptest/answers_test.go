package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// What people brought in real runs can be played again: in one run, and the last
// time of all, by those who see the runs.
func TestAnswersOfRealRuns(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishCarrier(t, w)
	oscar, marta := w.As("oscar"), w.As("marta")
	var runs []string
	for _, weight := range []float64{3, 7} {
		run := oscar.Post("/definitions/carrier/runs", map[string]any{}).Expect(202).Text("id")
		ask := w.Task("marta", "Ask for the weight")
		marta.Post("/tasks/"+ask+"/completion", map[string]any{"values": map[string]any{"weight": weight}}).Expect(200)
		w.Eventually("the answer has arrived", 10*time.Millisecond, func() bool {
			return oscar.Get("/runs/"+run).Expect(200).At("variables.weight") == weight
		})
		runs = append(runs, run)
	}
	first := oscar.Get("/runs/" + runs[0] + "/answers").Expect(200)
	require.Equal(t, 1, first.Len("items"), "%s", first.Raw)
	require.Equal(t, "ask", first.Text("items.0.node"))
	require.EqualValues(t, 3, first.At("items.0.result.weight"))
	require.EqualValues(t, 1, first.At("items.0.version"))
	last := oscar.Get("/definitions/carrier/answers").Expect(200)
	require.Equal(t, 1, last.Len("items"), "%s", last.Raw)
	require.Equal(t, runs[1], last.Text("items.0.run"))
	require.EqualValues(t, 7, last.At("items.0.result.weight"))
	require.Zero(t, marta.Get("/definitions/carrier/answers").Expect(200).Len("items"), "she started none of them")
	dana := w.As("dana")
	created := dana.Post("/definitions", map[string]any{"name": "Silent", "key": "silent"}).Expect(201)
	dana.Post("/definitions/silent/versions", map[string]any{}, "If-Match", created.ETag()).Expect(201)
	silent := oscar.Post("/definitions/silent/runs", map[string]any{}).Expect(202).Text("id")
	require.Zero(t, oscar.Get("/runs/"+silent+"/answers").Expect(200).Len("items"))
	marta.Get("/runs/"+silent+"/answers").Problem(403, "forbidden")
}
