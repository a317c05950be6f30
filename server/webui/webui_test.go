package webui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/webui"
)

func TestHandlerServesPagesAndAssets(t *testing.T) {
	h := webui.New(fstest.MapFS{
		"index.html":          {Data: []byte("<page>")},
		"assets/app-1.js":     {Data: []byte("script")},
		"assets/app-1.js.br":  {Data: []byte("small")},
		"assets/app-1.js.gz":  {Data: []byte("medium")},
		"assets/style-1.css":  {Data: []byte("style")},
		".vite/manifest.json": {Data: []byte("{}")},
	})
	cases := []struct {
		name, path, accept     string
		status                 int
		body, encoding, caches string
	}{
		{"the page", "/", "", 200, "<page>", "", "no-cache"},
		{"a view is the page", "/crm/deals/1", "", 200, "<page>", "", "no-cache"},
		{"brotli first", "/assets/app-1.js", "gzip, br", 200, "small", "br", "public, max-age=31536000, immutable"},
		{"gzip next", "/assets/app-1.js", "gzip, br;q=0", 200, "medium", "gzip", "public, max-age=31536000, immutable"},
		{"plain last", "/assets/app-1.js", "", 200, "script", "", "public, max-age=31536000, immutable"},
		{"a missing asset is no page", "/assets/app-0.js", "", 404, "404 page not found\n", "", ""},
		{"a missing file is no page", "/robots.txt", "", 404, "404 page not found\n", "", ""},
		{"climbing out leads to the page", "/../../etc", "", 200, "<page>", "", "no-cache"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://fluxo.test/", nil)
			r.URL.Path = c.path
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, c.status, w.Code)
			require.Equal(t, c.body, w.Body.String())
			require.Equal(t, c.encoding, w.Header().Get("Content-Encoding"))
			require.Equal(t, c.caches, w.Header().Get("Cache-Control"))
		})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestHandlerExplainsAMissingBuild(t *testing.T) {
	w := httptest.NewRecorder()
	webui.New(fstest.MapFS{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "was not built")
}
