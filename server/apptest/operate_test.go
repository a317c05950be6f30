package apptest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Figures of the server are for those who operate it, signed in or by a token.
func TestMetricsNeedAnOperator(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ask := func(token string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/metrics", nil)
		require.NoError(t, err)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		var text strings.Builder
		_, err = io.Copy(&text, answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, text.String()
	}
	token := func(login string) string {
		return w.As(login).Post("/tokens", map[string]any{"name": "metrics"}).Expect(201).Text("token")
	}
	status, _ := ask("")
	require.Equal(t, 401, status)
	status, _ = ask("nonsense")
	require.Equal(t, 401, status)
	status, _ = ask(token("anna"))
	require.Equal(t, 403, status)
	for _, login := range []string{"oscar", "ada"} {
		status, text := ask(token(login))
		require.Equal(t, 200, status)
		require.Contains(t, text, "fluxo_http_request_seconds")
	}
}

// A deal that nobody is responsible for can be taken up by who added it.
func TestDealsOfNobodyBelongToWhoAddedThem(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Found at the fair", "responsibleId": ""}).Expect(201)
	require.Empty(t, deal.Text("responsibleId"))
	path := "/records/deal/" + deal.Text("id")
	w.As("anna").Do("PATCH", path, map[string]any{"comment": "mine"}, "If-Match", deal.ETag()).Problem(403, "forbidden")
	taken := marta.Do("PATCH", path, map[string]any{"comment": "ours"}, "If-Match", deal.ETag()).Expect(200)
	w.As("henrik").Do("PATCH", path, map[string]any{"responsibleId": "marta"}, "If-Match", taken.ETag()).Expect(200)
}
