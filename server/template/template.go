// Package template keeps the Word templates of documents: the file, the record
// type it is written for, and what its placeholders ask for.
package template

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/document"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Template is one document template. Its key is how processes name it.
type Template struct {
	docstore.Entity
	Key          string              `json:"key"`
	Name         string              `json:"name"`
	Description  string              `json:"description"`
	RecordType   string              `json:"recordType"`
	FileID       string              `json:"fileId"`
	FileName     string              `json:"fileName"`
	Placeholders []string            `json:"placeholders"`
	Findings     []*document.Problem `json:"findings"`
}

// Service owns templates. Safe for concurrent use.
type Service struct {
	kept     docstore.Typed[Template]
	files    file.Store
	compiler *expr.Compiler
	scope    func(recordType string) *expr.Scope
}

// New opens the collection. scope tells what placeholders about a record type may name.
func New(ctx context.Context, s docstore.Store, files file.Store, compiler *expr.Compiler, scope func(string) *expr.Scope) (*Service, error) {
	kept, err := docstore.NewTyped[Template](ctx, s, docstore.Spec{Name: "templates",
		Indexes: []docstore.Index{{Paths: []string{"key"}, Unique: true}, {Paths: []string{"name"}}}})
	return &Service{kept: kept, files: files, compiler: compiler, scope: scope}, err
}

var (
	keyForm    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	recordForm = regexp.MustCompile(`^[a-z][A-Za-z0-9]{0,59}$`)
)

const maxTemplate = 10 << 20

// Put adds a template, or replaces the file of the one with this key. A broken
// template is refused with every placeholder that is wrong and where it is.
func (s *Service) Put(ctx context.Context, t Template, fileName string, content io.Reader, by string) (Template, error) {
	if !keyForm.MatchString(t.Key) {
		return Template{}, problem.Invalid("/key", "format", "small letters, digits and hyphens, beginning with a letter")
	}
	if t.Name = strings.TrimSpace(t.Name); t.Name == "" {
		t.Name = t.Key
	}
	if t.RecordType == "" {
		t.RecordType = "deal"
	}
	if err := t.check(); err != nil {
		return Template{}, err
	}
	text, err := io.ReadAll(io.LimitReader(content, maxTemplate+1))
	if err != nil {
		return Template{}, problem.New("bad_request").Because(err)
	}
	if len(text) > maxTemplate {
		return Template{}, problem.New("file_too_large", "limit", "10 MiB")
	}
	parsed, err := document.Parse(s.compiler, s.scope(t.RecordType), bytes.NewReader(text), int64(len(text)))
	var mistakes document.Problems
	switch {
	case errors.As(err, &mistakes):
		p := problem.New("template_broken").With("findings", mistakes)
		for _, m := range mistakes {
			p.Fields = append(p.Fields, problem.Field{Path: fmt.Sprintf("/file/%s/paragraph/%d", m.Part, m.Paragraph), Code: m.Code,
				Message: fmt.Sprintf("%s: %s (%s, paragraph %d, near %q)", m.Placeholder, m.Message, m.Part, m.Paragraph, m.Around)})
		}
		return Template{}, p
	case errors.Is(err, document.ErrNotDocument):
		return Template{}, problem.Invalid("/file", "format", err.Error())
	case err != nil:
		return Template{}, fmt.Errorf("parse template %s: %w", t.Key, err)
	}
	t.Placeholders, t.Findings = parsed.Placeholders(), []*document.Problem{}
	if t.Placeholders == nil {
		t.Placeholders = []string{}
	}
	old, err := s.kept.One(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "key", Op: docstore.Eq, Value: t.Key}}})
	switch {
	case err == nil:
		t.ID, t.Rev = old.ID, old.Rev
	case errors.Is(err, docstore.ErrNotFound):
		t.ID, t.Rev = uuid.Must(uuid.NewV7()).String(), 0
	default:
		return Template{}, fmt.Errorf("find template %s: %w", t.Key, err)
	}
	info, err := s.files.Put(ctx, file.Put{Name: fileName, Owner: "template:" + t.ID, CreatedBy: by, MaxBytes: maxTemplate}, bytes.NewReader(text))
	if err != nil {
		return Template{}, err
	}
	t.FileID, t.FileName = info.ID, info.Name
	event, err := docstore.NewEvent("template.saved", map[string]any{"after": map[string]string{"name": t.Name, "key": t.Key, "fileName": info.Name}})
	if err != nil {
		return Template{}, err
	}
	event.Actor = by
	saved, err := s.kept.Save(ctx, t, event)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		// Nothing names the file that was refused: it goes with the request.
		if err := s.files.Delete(context.WithoutCancel(ctx), info.ID); err != nil {
			return Template{}, fmt.Errorf("drop refused file of template %s: %w", t.Key, err)
		}
		return Template{}, problem.New("stale").Because(err)
	}
	return saved, err
}

// check bounds the words about a template; they come from a form that no schema
// has looked at.
func (t Template) check() error {
	fields := problem.Line(nil, "/name", t.Name, true, 200)
	if utf8.RuneCountInString(t.Description) > 2000 {
		fields = append(fields, problem.Field{Path: "/description", Code: "too_long", Message: "at most 2000 characters"})
	}
	if !recordForm.MatchString(t.RecordType) {
		fields = append(fields, problem.Field{Path: "/recordType", Code: "format"})
	}
	return problem.Fields(fields)
}

// List lists all templates by name.
func (s *Service) List(ctx context.Context) ([]Template, error) {
	return s.kept.All(ctx, docstore.Query{Sort: "name"}, 10_000)
}

// Get reads a template by id.
func (s *Service) Get(ctx context.Context, id string) (Template, error) {
	t, err := s.kept.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return t, problem.NotFound("template")
	}
	return t, err
}

// ByKey reads a template by the name that processes use.
func (s *Service) ByKey(ctx context.Context, key string) (Template, error) {
	t, err := s.kept.One(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "key", Op: docstore.Eq, Value: key}}})
	if errors.Is(err, docstore.ErrNotFound) {
		return t, problem.NotFound("template " + key)
	}
	return t, err
}

// Content reads the DOCX of a template.
func (s *Service) Content(ctx context.Context, t Template) ([]byte, error) {
	r, _, err := s.files.Open(ctx, t.FileID)
	if err != nil {
		return nil, fmt.Errorf("open template %s: %w", t.Key, err)
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxTemplate))
}

// Delete removes a template.
func (s *Service) Delete(ctx context.Context, id string, rev int64) error {
	err := s.kept.Delete(ctx, id, rev)
	if errors.Is(err, docstore.ErrConflict) {
		current, getErr := s.Get(ctx, id)
		if getErr != nil {
			return getErr
		}
		return problem.Stale(current)
	}
	if errors.Is(err, docstore.ErrNotFound) {
		return problem.NotFound("template")
	}
	return err
}
