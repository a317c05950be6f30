package apptest_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Large answers travel small; tags of what was compressed are weak and still
// name the version for a change.
func TestLargeAnswersAreCompressed(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	cookie := dana.Cookie()
	ask := func(path, encoding string) (*http.Response, []byte) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
		require.NoError(t, err)
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Accept-Encoding", encoding)
		answer, err := http.DefaultTransport.RoundTrip(r) // decodes nothing that was asked for by hand
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer, text
	}
	const path = "/api/v1/definitions/contract-preparation"
	plain, text := ask(path, "identity")
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	require.True(t, strings.HasPrefix(plain.Header.Get("ETag"), `"`))
	require.Contains(t, plain.Header.Values("Vary"), "Accept-Encoding")

	small, packed := ask(path, "gzip, br")
	require.Equal(t, "gzip", small.Header.Get("Content-Encoding"))
	require.Equal(t, "W/"+plain.Header.Get("ETag"), small.Header.Get("ETag"))
	require.Less(t, len(packed), len(text)/2)
	reader, err := gzip.NewReader(strings.NewReader(string(packed)))
	require.NoError(t, err)
	unpacked, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(unpacked))

	refused, _ := ask(path, "gzip;q=0")
	require.Empty(t, refused.Header.Get("Content-Encoding"))
	tiny, _ := ask("/api/v1/session", "gzip")
	require.Empty(t, tiny.Header.Get("Content-Encoding"), "below one packet nothing is won")

	var body struct{ Draft json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &body))
	dana.Do("PUT", "/definitions/contract-preparation/draft", body.Draft, "If-Match", small.Header.Get("ETag")).Expect(200)
}
