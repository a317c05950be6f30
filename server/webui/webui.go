// Package webui serves the built user interface from the binary: hashed assets
// for a year, precompressed; the page itself never from a cache; a missing
// asset is a 404, because a page in its place would be run as a script.
package webui

import (
	"bytes"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// notBuilt is what a server without the built interface shows.
const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Fluxo</title>
<h1>Fluxo</h1><p>The user interface was not built. Run <code>make run</code>, or <code>npm ci &amp;&amp; npm run build</code> in designer-ui, and build the server again.</p>
<p>The API is at <a href="/api/docs">/api/docs</a>.</p></html>`

// New serves the files of dist.
func New(dist fs.FS) http.Handler { return handler{dist} }

type handler struct{ dist fs.FS }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" || name == "." {
		h.page(w, r)
		return
	}
	if strings.HasPrefix(path.Base(name), ".") {
		http.NotFound(w, r)
		return
	}
	if h.send(w, r, name) {
		return
	}
	if strings.HasPrefix(name, "assets/") || path.Ext(name) != "" {
		http.NotFound(w, r)
		return
	}
	h.page(w, r)
}

// page answers every address that is a view of the interface.
func (h handler) page(w http.ResponseWriter, r *http.Request) {
	if h.send(w, r, "index.html") {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write([]byte(notBuilt))
}

// send answers with a file, in the smallest form that the browser takes.
func (h handler) send(w http.ResponseWriter, r *http.Request, name string) bool {
	accepted := r.Header.Get("Accept-Encoding")
	for _, form := range []struct{ suffix, encoding string }{{".br", "br"}, {".gz", "gzip"}, {"", ""}} {
		if form.encoding != "" && !accepts(accepted, form.encoding) {
			continue
		}
		text, err := fs.ReadFile(h.dist, name+form.suffix)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) && form.encoding == "" {
				return false
			}
			continue
		}
		header := w.Header()
		kind := mime.TypeByExtension(path.Ext(name))
		if kind == "" {
			kind = "application/octet-stream"
		}
		header.Set("Content-Type", kind)
		header.Set("Vary", "Accept-Encoding")
		if form.encoding != "" {
			header.Set("Content-Encoding", form.encoding)
		}
		if strings.HasPrefix(name, "assets/") {
			header.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			header.Set("Cache-Control", "no-cache")
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
		return true
	}
	return false
}

func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			return strings.ReplaceAll(strings.TrimSpace(params), " ", "") != "q=0"
		}
	}
	return false
}
