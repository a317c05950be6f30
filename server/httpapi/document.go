package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Document is a problem document (RFC 9457). Submitted values are never echoed.
type Document struct {
	Type     string          `json:"type"`
	Title    string          `json:"title"`
	Status   int             `json:"status"`
	Detail   string          `json:"detail"`
	Code     string          `json:"code" doc:"public error code, see schemas/errors"`
	Instance string          `json:"instance" doc:"request id, found in the server's log"`
	Remedy   string          `json:"remedy,omitempty"`
	Errors   []DocumentError `json:"errors,omitempty"`

	extra map[string]any
}

// DocumentError is one mistake with its place: a JSON pointer into the body, or
// "query.name", "path.name", "header.name".
type DocumentError struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error is the detail; it makes the document a huma.StatusError.
func (d *Document) Error() string { return d.Code + ": " + d.Detail }

// GetStatus is the HTTP status.
func (d *Document) GetStatus() int { return d.Status }

// ContentType names the media type of problem documents.
func (d *Document) ContentType(string) string { return "application/problem+json" }

// MarshalJSON writes the fixed members and the extra ones side by side.
func (d *Document) MarshalJSON() ([]byte, error) {
	type fixed Document
	raw, err := json.Marshal((*fixed)(d))
	if err != nil || len(d.extra) == 0 {
		return raw, err
	}
	members := map[string]any{}
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	for name, value := range d.extra {
		if _, taken := members[name]; !taken {
			members[name] = value
		}
	}
	return json.Marshal(members)
}

// asProblem turns any error into one that may be shown. What is not known is
// "internal": its words stay in the log.
func asProblem(err error) *problem.Problem {
	var p *problem.Problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &tooLarge):
		return problem.New("too_large", "limit", bytesText(tooLarge.Limit)).Because(err)
	case errors.Is(err, docstore.ErrNotFound), errors.Is(err, store.ErrNotFound), errors.Is(err, file.ErrNotFound):
		return problem.NotFound("object").Because(err)
	case errors.Is(err, docstore.ErrConflict), errors.Is(err, store.ErrConflict):
		return problem.New("stale").Because(err)
	case errors.Is(err, docstore.ErrExists), errors.Is(err, store.ErrExists):
		return problem.New("exists", "what", "It").Because(err)
	case errors.Is(err, store.ErrBadCursor):
		return &problem.Problem{Code: "bad_request", Fields: []problem.Field{{Path: "query.cursor", Code: "invalid"}}, Cause: err}
	case errors.Is(err, docstore.ErrBadQuery):
		return problem.New("bad_request").Because(err)
	case errors.Is(err, store.ErrFinished):
		return problem.New("run_ended").Because(err)
	case errors.Is(err, store.ErrFull):
		p := problem.New("too_many_requests").Because(err)
		p.RetryAfterSeconds = 1
		return p
	case errors.Is(err, file.ErrTooLarge):
		return problem.New("file_too_large", "limit", "25 MiB").Because(err)
	case errors.Is(err, file.ErrForbidden):
		return problem.New("file_type").Because(err)
	}
	return problem.New("internal").Because(err)
}

// render makes the document of a problem for one request and logs what the
// reader does not see.
func render(r *http.Request, header http.Header, p *problem.Problem) *Document {
	info := requestOf(r.Context())
	language := info.language
	if p.Status() >= 500 && errors.Is(p, context.Canceled) && errors.Is(r.Context().Err(), context.Canceled) {
		// The caller went away and its context ended the work: nobody reads this
		// answer, and nothing is wrong with the server.
		slog.DebugContext(r.Context(), "request withdrawn", "requestId", info.id, "method", r.Method, "path", r.URL.Path, "error", p.Error())
		p = problem.New("withdrawn").Because(p)
	}
	d := &Document{
		Type: "https://fluxo.dev/problems/" + p.Code, Title: problem.Text(p.Code, language), Status: p.Status(),
		Detail: p.Text(language), Code: p.Code, Instance: info.id, Remedy: p.Remedy(language), extra: maps.Clone(p.Extra),
	}
	if strings.Contains(d.Title, "{") {
		d.Title = d.Detail
	}
	for _, f := range p.Fields {
		d.Errors = append(d.Errors, DocumentError{Path: f.Path, Code: f.Code, Message: f.Words(language)})
	}
	if path, ok := place(r, p.Code); ok && len(d.Errors) == 0 {
		d.Errors = []DocumentError{{Path: path, Code: p.Code, Message: d.Detail}}
	}
	if p.RetryAfterSeconds > 0 {
		header.Set("Retry-After", strconv.Itoa(p.RetryAfterSeconds))
	}
	if d.Status >= 500 {
		slog.ErrorContext(r.Context(), "request failed", "requestId", info.id, "method", r.Method, "path", r.URL.Path, "error", p.Error())
	}
	return d
}

// place tells which part of a request a code is about when the problem itself
// names none; "" is the whole body.
func place(r *http.Request, code string) (string, bool) {
	switch code {
	case "malformed_json", "too_large":
		return "", true
	case "bad_request": // nothing else of a list's address passes the schema and fails later
		return "query.cursor", r.Method == http.MethodGet && r.URL.Query().Has("cursor")
	case "file_type", "file_too_large":
		return "/file", true
	case "unsupported_type":
		return "header.Content-Type", true
	case "precondition_required":
		return "header.If-Match", true
	case "stale", "clash":
		return "header.If-Match", r.Header.Get("If-Match") != ""
	case "idempotency_reused", "idempotency_pending":
		return "header.Idempotency-Key", true
	}
	return "", false
}

// fail answers a request outside huma with a problem document.
func fail(c *gin.Context, err error) {
	d := render(c.Request, c.Writer.Header(), asProblem(err))
	c.Header("Content-Type", "application/problem+json")
	c.Status(d.Status)
	_ = json.NewEncoder(c.Writer).Encode(d)
	c.Abort()
}

// Hijackers of huma's error hook get the request through the context.
func newDocument(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	if ctx == nil { // huma asks once at start to learn the type of error documents
		return &Document{Status: status}
	}
	c := unwrap(ctx)
	return render(c.Request, c.Writer.Header(), fromHuma(status, message, errs))
}

// fromHuma maps what huma itself finds (schema, parameters, size) to our codes.
func fromHuma(status int, message string, errs []error) *problem.Problem {
	fields := make([]problem.Field, 0, len(errs))
	for _, err := range errs {
		var p *problem.Problem
		if errors.As(err, &p) {
			return p
		}
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) { // of an operation with a limit of its own
			return asProblem(err)
		}
		var detailer huma.ErrorDetailer
		if errors.As(err, &detailer) {
			d := detailer.ErrorDetail()
			fields = append(fields, fieldOf(d))
		}
	}
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return problem.New("too_large", "limit", bytesText(maxBody))
	case status == http.StatusUnsupportedMediaType:
		return problem.New("unsupported_type")
	case status == http.StatusNotAcceptable:
		return problem.New("unsupported_type")
	case len(fields) > 0:
		return &problem.Problem{Code: "validation", Fields: fields}
	case status == http.StatusBadRequest:
		return &problem.Problem{Code: "bad_request", Fields: []problem.Field{{Path: "", Code: "required"}}}
	}
	if len(errs) > 0 {
		return asProblem(errs[0])
	}
	return problem.New("internal").Because(errors.New(message))
}

var indexed = regexp.MustCompile(`\[(\d+)\]`)

// pointer turns huma's "body.nodes[0].id" into "/nodes/0/id"; parameters keep
// their place in front.
func pointer(location string) string {
	rest, ok := strings.CutPrefix(location, "body")
	if !ok {
		return location
	}
	rest = indexed.ReplaceAllString(rest, ".$1")
	return strings.ReplaceAll(rest, ".", "/")
}

// Each of huma's messages begins with one of these words.
var messageCodes = []struct{ prefix, code string }{
	{"unexpected property", "unknown_field"},
	{"expected required property", "required"},
	{"required ", "required"},
	{"expected length >=", "too_short"}, {"expected length <=", "too_long"},
	{"expected array length >=", "too_short"}, {"expected array length <=", "too_long"},
	{"expected object with at least", "too_short"}, {"expected object with at most", "too_long"},
	{"expected number >", "out_of_range"}, {"expected number <", "out_of_range"},
	{"expected value to be one of", "one_of"},
	{"expected string to match pattern", "format"}, {"expected string to be", "format"},
	{"expected boolean", "wrong_type"}, {"expected number", "wrong_type"}, {"expected integer", "wrong_type"},
	{"expected string", "wrong_type"}, {"expected array", "wrong_type"}, {"expected object", "wrong_type"},
	{"invalid ", "wrong_type"},
}

// unread is what the JSON package says of a number that its member cannot hold, such
// as 1e30 for a whole number.
var unread = regexp.MustCompile(`cannot unmarshal number (\S+) into `)

// fieldOf keeps the place and the rule, never the value.
func fieldOf(d *huma.ErrorDetail) problem.Field {
	f := problem.Field{Path: pointer(d.Location), Code: "invalid"}
	if number := unread.FindStringSubmatch(d.Message); number != nil && d.Location == "body" {
		text, _ := d.Value.(string)
		return problem.Field{Path: placeOf([]byte(text), number[1]), Code: "out_of_range"}
	}
	for _, m := range messageCodes {
		if strings.HasPrefix(d.Message, m.prefix) {
			f.Code = m.code
			break
		}
	}
	if f.Code == "required" {
		if words := strings.Fields(d.Message); len(words) > 3 && words[0] == "expected" {
			f.Path += "/" + words[3]
		}
	}
	return f
}

func bytesText(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
