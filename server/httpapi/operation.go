package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/problem"
)

// base is the prefix of every operation.
const base = "/api/v1"

// spec declares one operation: its address, who may use it, and how it answers.
type spec struct {
	method, path string
	id, summary  string
	tag          string
	need         string // permission; anyone = also without a session, member = any signed-in user
	status       int    // of success; 0 = 200
	large        bool   // takes a whole process definition
	fresh        bool   // POST that must not be replayed from an idempotency key (secrets, pure questions)
}

// Pseudo-permissions of operations that check nothing, or check in the capability.
const (
	anyone = "anyone"
	member = "member"
)

// none is the output of operations that answer 204.
type none struct{}

// reply is an answer with a body only.
type reply[T any] struct{ Body T }

// tagged is an answer with the version of what it holds.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// list is one page.
type list[T any] struct{ Body pageOf[T] }

type pageOf[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"cursor of the next page, null at the end"`
	Total *int64  `json:"total,omitempty"`
}

func page[T any](items []T, next string) *list[T] {
	var l list[T]
	l.Body.Items = items
	if l.Body.Items == nil {
		l.Body.Items = []T{}
	}
	if next != "" {
		l.Body.Next = &next
	}
	return &l
}

func body[T any](v T) *reply[T] { return &reply[T]{Body: v} }

func withTag[T any](rev int64, v T) *tagged[T] {
	return &tagged[T]{ETag: strconv.Quote(strconv.FormatInt(rev, 10)), Body: v}
}

// Paging is embedded by the input of every list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"4000"`
}

// Matching is embedded by the input of every change of a single resource.
type Matching struct {
	IfMatch string `header:"If-Match" maxLength:"60" doc:"the ETag that the change is based on"`
}

// rev is the revision the caller has seen.
func (m Matching) rev() (int64, error) {
	tag := strings.TrimPrefix(strings.TrimSpace(m.IfMatch), "W/")
	if tag == "" {
		return 0, problem.New("precondition_required")
	}
	n, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || n < 0 {
		return 0, problem.Invalid("header.If-Match", "format", "")
	}
	return n, nil
}

// seen is rev for what is there before it is changed: such a thing has a first revision,
// and 0 would mean whatever is there.
func (m Matching) seen() (int64, error) {
	n, err := m.rev()
	if err == nil && n == 0 {
		err = problem.Invalid("header.If-Match", "format", "")
	}
	return n, err
}

func unwrap(ctx huma.Context) *gin.Context { return humagin.Unwrap(ctx) }

// route declares an operation and its handler.
func route[I, O any](a *API, s spec, handler func(context.Context, *I) (*O, error)) {
	status := s.status
	if status == 0 {
		status = http.StatusOK
	}
	limit := int64(maxBody)
	if s.large {
		limit = maxLarge
	}
	op := huma.Operation{
		OperationID: s.id, Method: s.method, Path: base + s.path, Summary: s.summary, Tags: []string{s.tag}, DefaultStatus: status,
		MaxBodyBytes: limit + 1,
		// huma's own limit of 5 s stays on the connection after the body is read: a
		// slower operation would be canceled, and the next ones on the connection.
		BodyReadTimeout: -1,
		Errors:          []int{400, 401, 403, 404, 409, 422, 429, 500},
		Middlewares:     huma.Middlewares{a.permit(s.need), a.sound(limit)},
	}
	if s.need != anyone {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
		if s.need != member {
			op.Description = "Needs the permission `" + s.need + "`."
		}
	}
	if s.method == http.MethodPost && !s.fresh {
		op.Middlewares = append(op.Middlewares, a.once)
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header",
			Description: "the same key with the same request is answered from memory for a day", Schema: &huma.Schema{Type: "string"}})
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		return out, a.coverStale(ctx, err)
	})
}

// permit lets a request through when its caller has the permission.
func (a *API) permit(need string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if err := a.allowed(ctx.Context(), need); err != nil {
			_ = huma.WriteErr(a.huma, ctx, asProblem(err).Status(), "", err)
			return
		}
		next(ctx)
	}
}

// sound refuses bodies that are no JSON objects worth looking at and keeps the
// bytes for what follows.
func (a *API) sound(limit int64) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if err := soundBody(unwrap(ctx), limit); err != nil {
			_ = huma.WriteErr(a.huma, ctx, asProblem(err).Status(), "", err)
			return
		}
		next(ctx)
	}
}

func soundBody(c *gin.Context, limit int64) error {
	r := c.Request
	if r.Body == nil || r.Body == http.NoBody || r.Method == http.MethodGet {
		return nil
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.Writer, r.Body, limit))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return problem.New("bad_request").Because(err)
	}
	arrived(c)
	r.Body = io.NopCloser(bytes.NewReader(text))
	if len(text) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return problem.New("unsupported_type")
	}
	if p := inspect(text); p != nil {
		return p
	}
	return nil
}
