package apptest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The answer names the limit of the operation, not that of all others.
func TestTooLargeNamesTheLimitOfTheOperation(t *testing.T) {
	t.Parallel()
	dana := apptest.New(t, apptest.Options{}).As("dana")
	large := map[string]any{"file": json.RawMessage(`"` + strings.Repeat("x", 5<<20) + `"`)}
	require.Contains(t, dana.Post("/definition-files", large).Problem(413, "too_large").Text("detail"), "4 MiB")
	require.Contains(t, dana.Post("/pipelines", map[string]any{"name": strings.Repeat("x", 2<<20)}).Problem(413, "too_large").Text("detail"), "1 MiB")
}

func TestViewsHaveNamesOfOneLine(t *testing.T) {
	t.Parallel()
	anna := apptest.New(t, apptest.Options{}).As("anna")
	for _, name := range []string{"a\nb", "a\tb", "  \n "} {
		anna.Post("/views", map[string]any{"page": "runs", "name": name, "search": map[string]any{}, "shared": false}).Problem(422, "validation")
	}
	anna.Post("/views", map[string]any{"page": "runs", "name": " mine ", "search": map[string]any{}, "shared": false}).Expect(201)
}

// Companies are nobody's: asking whose they are asks nothing.
func TestCompaniesAreListedWhateverIsAsked(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	all := marta.Get("/companies").Expect(200)
	require.NotZero(t, all.Len("items"))
	require.Equal(t, all.Len("items"), marta.Get("/companies?company=x").Expect(200).Len("items"))
	require.Zero(t, marta.Get("/contacts?company=x").Expect(200).Len("items"))
}
