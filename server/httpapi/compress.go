package httpapi

import (
	"compress/gzip"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// compressFrom is the size from which compressing pays: below it an answer is
// one packet anyway.
const compressFrom = 4 << 10

// jitter hides the exact length of what was compressed: an answer may hold a
// secret beside something that an attacker chose.
const jitter = 32

// compressed sends large JSON answers of the API compressed to callers that take
// it. Files are sent as they are (most are compressed already, and ranges count
// their bytes), and so is the live stream, which is no answer.
func compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(compressFrom), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false),
		gzhttp.ContentTypeFilter(isJSON), gzhttp.RandomJitter(jitter, 0, false))
	if err != nil {
		return nil, fmt.Errorf("compress answers: %w", err)
	}
	smaller := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ours := strings.CutPrefix(r.URL.Path, base)
		if !ours || path == "/live" || strings.HasPrefix(path, "/files") || r.Header.Get("Upgrade") != "" {
			next.ServeHTTP(w, r)
			return
		}
		smaller(weakening{w}, r)
	}), nil
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "application/yaml")
}

// weakening makes the tag of a compressed answer a weak one: the same version in
// other bytes.
type weakening struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w weakening) WriteHeader(status int) {
	h := w.Header()
	if tag := h.Get("ETag"); h.Get("Content-Encoding") != "" && strings.HasPrefix(tag, `"`) {
		h.Set("ETag", "W/"+tag)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w weakening) Unwrap() http.ResponseWriter { return w.ResponseWriter }
