package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

const (
	// answerKept is how long an answer can be asked for again.
	answerKept = 24 * time.Hour
	// answerAwaited is how long the first request is believed to be still running.
	answerAwaited = time.Minute
)

// answer is the remembered answer to one idempotency key of one caller.
type answer struct {
	docstore.Entity
	Request string `json:"request"` // hash of method, address and body
	AtMs    int64  `json:"atMs"`
	Status  int    `json:"status"` // 0 while the first request runs
	Type    string `json:"type,omitempty"`
	ETag    string `json:"etag,omitempty"`
	Body    []byte `json:"body,omitempty"`
}

// answers remembers answers in the database, so that a repeat after a restart
// or on another replica finds them.
type answers struct {
	kept  docstore.Typed[answer]
	clock clock.Clock
}

func openAnswers(ctx context.Context, s docstore.Store, c clock.Clock) (*answers, error) {
	kept, err := docstore.NewTyped[answer](ctx, s, docstore.Spec{Name: "answers", Indexes: []docstore.Index{{Paths: []string{"atMs"}}}})
	return &answers{kept: kept, clock: c}, err
}

// sweep forgets old answers and reports how many.
func (s *answers) sweep(ctx context.Context) (int, error) {
	before := s.clock.Now().Add(-answerKept).UnixMilli()
	old, _, err := s.kept.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "atMs", Op: docstore.Lt, Value: before}}, Sort: "atMs", Limit: 200})
	if err != nil {
		return 0, err
	}
	for _, a := range old {
		if err := s.kept.Delete(ctx, a.ID, a.Rev); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return 0, err
		}
	}
	return len(old), nil
}

// begin claims the key: the returned answer is either ours to fill (mine) or
// the one to repeat.
func (s *answers) begin(ctx context.Context, id, request string) (a answer, mine bool, err error) {
	now := s.clock.Now()
	a = answer{Entity: docstore.Entity{ID: id}, Request: request, AtMs: now.UnixMilli()}
	saved, err := s.kept.Save(ctx, a)
	if err == nil {
		return saved, true, nil
	}
	if !errors.Is(err, docstore.ErrExists) && !errors.Is(err, docstore.ErrConflict) {
		return a, false, err
	}
	stored, err := s.kept.Get(ctx, id)
	if err != nil {
		return a, false, err
	}
	age := now.Sub(time.UnixMilli(stored.AtMs))
	switch {
	case age > answerKept || stored.Status == 0 && age > answerAwaited && stored.Request == request:
		a.Rev = stored.Rev
		saved, err := s.kept.Save(ctx, a)
		return saved, err == nil, err
	case stored.Request != request:
		return a, false, problem.New("idempotency_reused")
	case stored.Status == 0:
		p := problem.New("idempotency_pending")
		p.RetryAfterSeconds = 1
		return a, false, p
	}
	return stored, false, nil
}

// recorder copies what a handler writes.
type recorder struct {
	gin.ResponseWriter
	copy bytes.Buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.copy.Write(b)
	return r.ResponseWriter.Write(b)
}

func (r *recorder) WriteString(s string) (int, error) {
	r.copy.WriteString(s)
	return r.ResponseWriter.WriteString(s)
}

// once answers a repeated POST with the first answer. Only answers that changed
// something are remembered: a refused request may be mended and sent again.
func (a *API) once(ctx huma.Context, next func(huma.Context)) {
	c := unwrap(ctx)
	key := c.GetHeader("Idempotency-Key")
	if key == "" {
		next(ctx)
		return
	}
	refuse := func(err error) { _ = huma.WriteErr(a.huma, ctx, asProblem(err).Status(), "", err) }
	if len(key) > 200 {
		refuse(problem.Invalid("header.Idempotency-Key", "too_long", ""))
		return
	}
	text, err := io.ReadAll(c.Request.Body)
	if err != nil {
		refuse(err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(text))
	who := ""
	if caller := requestOf(c.Request.Context()).caller; caller != nil {
		who = caller.ID
	}
	request := digest(c.Request.Method, c.Request.URL.RequestURI(), c.GetHeader("If-Match"), string(text))
	kept, mine, err := a.answers.begin(c.Request.Context(), digest(who, key), request)
	if err != nil {
		refuse(err)
		return
	}
	if !mine {
		if kept.ETag != "" {
			c.Header("ETag", kept.ETag)
		}
		c.Header("Idempotent-Replay", "true")
		c.Data(kept.Status, kept.Type, kept.Body)
		return
	}
	// The request is part of it: a key may be used anew when its answer is forgotten.
	requestOf(c.Request.Context()).effect = "request:" + digest(kept.ID, request)
	// The outcome is written down even when the caller has gone away meanwhile.
	settle := context.WithoutCancel(c.Request.Context())
	w := &recorder{ResponseWriter: c.Writer}
	c.Writer = w
	done := false
	defer func() {
		c.Writer = w.ResponseWriter
		if !done || w.Status() >= http.StatusMultipleChoices {
			err = a.answers.kept.Delete(settle, kept.ID, kept.Rev)
		} else {
			kept.Status, kept.Type, kept.ETag, kept.Body = w.Status(), w.Header().Get("Content-Type"), w.Header().Get("ETag"), w.copy.Bytes()
			_, err = a.answers.kept.Save(settle, kept)
		}
		if err != nil {
			slog.WarnContext(settle, "answer not remembered", "requestId", requestOf(settle).id, "error", err)
		}
	}()
	next(ctx)
	done = true
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}
