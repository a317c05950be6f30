package apptest_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/bpmn"
	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/definition"
)

// A designer tries a file, imports it, and gets it back; nobody else may.
func TestBPMNGoesInAndOut(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	text, err := os.ReadFile("../../engine/bpmn/testdata/camunda7-order.bpmn")
	require.NoError(t, err)
	xml := []string{"Content-Type", "application/xml"}

	w.As("marta").Do("POST", "/definitions/import", string(text), xml...).Expect(403)

	var report definition.BPMNReport
	read := func(a *apptest.Answer) {
		t.Helper()
		report = definition.BPMNReport{}
		require.NoError(t, json.Unmarshal(a.Raw, &report), "%s", a.Raw)
	}
	read(dana.Do("POST", "/definitions/import?dryRun=true", string(text), xml...).Expect(200))
	require.False(t, report.Created)
	require.Len(t, report.Processes, 1)
	require.Equal(t, "process-order", report.Processes[0].Key)
	dana.Get("/definitions/process-order").Expect(404)

	read(dana.Do("POST", "/definitions/import?robot=charge-card=userTask", string(text), xml...).Expect(201))
	require.True(t, report.Created)
	detail := string(dana.Get("/definitions/process-order").Expect(200).Raw)
	require.Contains(t, detail, `"CARD_REFUSED"`)
	require.NotContains(t, detail, `"robot":"charge-card"`)

	read(dana.Do("POST", "/definitions/import", string(text), xml...).Expect(201))
	require.Equal(t, "process-order-2", report.Processes[0].Key, "a taken key is not overwritten")

	out := dana.Get("/definitions/process-order/bpmn").Expect(200)
	require.Contains(t, string(out.Raw), "Camunda Modeler")
	require.Equal(t, `attachment; filename=process-order.bpmn`, out.Header.Get("Content-Disposition"))
	require.False(t, bpmn.Import(out.Raw, bpmn.Options{}).Refused())
	dana.Get("/definitions/process-order/bpmn?version=7").Expect(404)
	dana.Get("/definitions/process-order/bpmn?version=x").Expect(422)
	w.As("marta").Get("/definitions/process-order/bpmn").Expect(403)

	bad := strings.Replace(string(text), `targetRef="Decide"`, `targetRef="Gone"`, 1)
	refused := dana.Do("POST", "/definitions/import", bad, xml...).Expect(422)
	require.Contains(t, string(refused.Raw), `"bpmn_refused"`)
	require.Contains(t, string(refused.Raw), `"dangling_reference"`)
	dana.Get("/definitions/process-order-3").Expect(404)
	read(dana.Do("POST", "/definitions/import?dryRun=true", bad, xml...).Expect(200))
	require.True(t, report.Refused)

	dana.Do("POST", "/definitions/import", "{}", "Content-Type", "application/json").Expect(415)
	dana.Do("POST", "/definitions/import", strings.Repeat(" ", bpmn.MaxBytes+1), xml...).Expect(413)
	dana.Do("POST", "/definitions/import?robot=x", string(text), xml...).Expect(422)
}
