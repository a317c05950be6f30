package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The values that somebody gave at a start are on the run for those who may see
// it, also when the process has no variable.
func TestRunsShowWhatTheyWereGiven(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "order", `{"format":"fluxo/process@1","key":"order","name":"Order",
		"parameters":[{"name":"urgent","type":"boolean"},{"name":"pieces","type":"number","default":3}],
		"nodes":[{"id":"begin","kind":"startEvent","trigger":{"on":"manual"}},{"id":"do","kind":"userTask","name":"Do","config":{"assignee":"oscar"}},{"id":"end","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"begin","to":"do"},{"id":"f2","from":"do","to":"end"}]}`)
	oscar := w.As("oscar")
	run := oscar.Post("/definitions/order/runs", map[string]any{"parameters": map[string]any{"urgent": true}}).Expect(202).Text("id")
	shown := oscar.Get("/runs/" + run).Expect(200)
	require.Equal(t, map[string]any{}, shown.At("variables"))
	require.Equal(t, map[string]any{"urgent": true, "pieces": float64(3)}, shown.At("parameters"))
	values := oscar.Get("/runs/" + run + "/variables").Expect(200)
	require.Equal(t, 2, values.Len("items"))
	require.Equal(t, "pieces", values.Text("items.0.name"))
	require.Equal(t, true, values.At("items.1.parameter"))
	require.Equal(t, true, values.At("items.1.value"))
	require.Equal(t, oscar.Get("/session").Expect(200).Text("user.name"), values.Text("items.1.changes.0.by"))
	w.As("anna").Get("/runs/"+run+"/variables").Problem(403, "forbidden")
	w.As("anna").Get("/runs/"+run).Problem(403, "forbidden")
}
