package apptest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers X-01: a BPMN file says what its secrets are called, wherever they are sent, and
// an import finds those of here.
func TestSecretsInBPMNFilesHaveNames(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, dana := w.As("ada"), w.As("dana")
	ada.Post("/secrets", map[string]any{"name": "Billing & <co>", "hosts": []any{"api.example.com"}, "value": "x"}).Expect(201)
	ada.Post("/secrets", map[string]any{"name": "Token", "hosts": []any{"api.example.com"}, "value": "x"}).Expect(201)
	publishText(t, w, "sending", `{"format":"fluxo/process@1","key":"sending","name":"Sending","nodes":[{"id":"s","kind":"startEvent"},
		{"id":"call","kind":"robot","robot":"webhook.call","config":{"url":"https://api.example.com/?k={{ secret(\"billing-co\") }}","body":"{{ secret('billing-co') }}",
			"headers":[{"name":"X-Key","value":{"secret":"token"}}]}},{"id":"e","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"call"},{"id":"f2","from":"call","to":"e"}]}`)
	file := string(dana.Get("/definitions/sending/bpmn").Expect(200).Raw)
	require.Contains(t, file, `name="Billing &amp; &lt;co>"`)
	imported := func(file string) string {
		t.Helper()
		report := dana.Do("POST", "/definitions/import", file, "Content-Type", "application/xml").Expect(201)
		return string(dana.Get("/definitions/" + report.Text("processes.0.key")).Expect(200).Raw)
	}
	here := imported(file)
	require.Equal(t, 1, strings.Count(here, `secret(\"billing-co\")`), here)
	elsewhere := strings.NewReplacer("billing-co", "b-17", `"token"`, `"t-4"`, `&#34;token&#34;`, `&#34;t-4&#34;`, `&quot;token&quot;`, `&quot;t-4&quot;`).Replace(file)
	require.NotEqual(t, file, elsewhere)
	there := imported(elsewhere)
	require.Contains(t, there, `secret(\"billing-co\")`)
	require.Contains(t, there, `secret('billing-co')`)
	require.Contains(t, there, `"secret":"token"`)
	require.NotContains(t, there, "unknown_secret")
	unknown := imported(strings.NewReplacer("Billing &amp;", "Invoices &amp;").Replace(elsewhere))
	require.Contains(t, unknown, `secret(\"b-17\")`)
	require.Contains(t, unknown, "unknown_secret")
}
