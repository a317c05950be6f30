package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Rights decides about each row, for the person of the context.
type Rights interface {
	MayAdd(ctx context.Context, recordType, pipeline, stage string) error
	MayEdit(ctx context.Context, recordType, id string) error
	MaySee(ctx context.Context, recordType, id string) error
}

// People finds users.
type People interface {
	Directory(ctx context.Context) (*identity.Directory, error)
}

// Options of New. Rights is set before anything is served.
type Options struct {
	Store  docstore.Store
	CRM    *crm.Service
	Files  file.Store
	Jobs   *job.Service
	People People
	Rights Rights
	Now    func() time.Time
	Zone   *time.Location
	Log    *slog.Logger
}

// Service brings records in and out. Safe for concurrent use.
type Service struct {
	Options
	drafts  docstore.Typed[Draft]
	reading chan struct{} // how many files are unpacked at once
	cursors cursors
}

// New opens the collection of imports and registers their jobs.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o, reading: make(chan struct{}, 2)}
	var err error
	s.drafts, err = docstore.NewTyped[Draft](ctx, o.Store, docstore.Spec{Name: "imports", Indexes: []docstore.Index{{Paths: []string{"createdAt"}}}})
	if err == nil && o.Jobs != nil {
		o.Jobs.Register(JobKind, s)
	}
	return s, err
}

// What is done with a row whose record is there already.
const (
	Skip   = "skip"
	Update = "update"
	Add    = "add"
)

// Rules say how rows become records.
type Rules struct {
	// Duplicates is what is done with a row whose record is there already.
	Duplicates string `json:"duplicates,omitempty" enum:"skip,update,add"`
	// By are the ways in which it is found: email, phone, name, taxId, own fields.
	By []string `json:"by,omitempty" maxItems:"10"`
	Forms
	PipelineID    string `json:"pipelineId,omitempty" maxLength:"100"`
	StageID       string `json:"stageId,omitempty" maxLength:"100"`
	ResponsibleID string `json:"responsibleId,omitempty" maxLength:"100"`
}

// Draft is an import from the upload of its file on.
type Draft struct {
	docstore.Entity
	Type  string `json:"type"`
	Name  string `json:"name" doc:"of the file"`
	File  string `json:"file"`
	Actor string `json:"actor"`
	Reading
	Sheets []string   `json:"sheets,omitempty"`
	Header []string   `json:"header"`
	Sample [][]string `json:"sample" doc:"the first rows"`
	Rows   int        `json:"rows" doc:"rows with values"`
	// Mapping names the field of each column, "" for a column that is left out.
	Mapping []string `json:"mapping"`
	Rules
	// Job is the job of an import that was started.
	Job string `json:"job,omitempty"`
}

// maxUpload bounds a file.
const maxUpload = 25 << 20

// Upload keeps a file and looks into it.
func (s *Service) Upload(ctx context.Context, actor, recordType, name, language string, content io.Reader) (Draft, error) {
	columns, err := s.Columns(ctx, recordType, language)
	if err != nil {
		return Draft{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(content, maxUpload+1))
	if err != nil {
		return Draft{}, problem.New("bad_request").Because(err)
	}
	if len(raw) > maxUpload {
		return Draft{}, problem.New("file_too_large", "limit", "25 MiB")
	}
	d := Draft{Entity: docstore.Entity{ID: uuid.Must(uuid.NewV7()).String()}, Type: recordType, Name: filepath.Base(name), Actor: actor}
	d.Rules = Rules{Duplicates: Skip, Forms: Forms{Decimal: ","}}
	if language == "en" {
		d.Decimal = "."
	}
	if !party(recordType) {
		pipelines, err := s.CRM.Pipelines(ctx, recordType)
		if err != nil {
			return d, err
		}
		if len(pipelines) > 0 {
			d.PipelineID = pipelines[0].ID
		}
	}
	if err := s.inspect(&d, raw); err != nil {
		return d, err
	}
	d.Mapping = guessMapping(columns, d.Header)
	d.By = waysFor(recordType, d.Mapping)
	stored, err := s.Files.Put(ctx, file.Put{Name: d.Name, Owner: "import:" + d.ID, CreatedBy: actor, MaxBytes: maxUpload,
		Allowed: []string{file.Sniff(raw[:min(len(raw), file.ChunkBytes)])}}, bytes.NewReader(raw))
	if err != nil {
		return d, fmt.Errorf("keep the file of an import: %w", err)
	}
	d.File = stored.ID
	return s.drafts.Save(ctx, d)
}

// waysFor are the ways to find duplicates that the columns of a file allow.
func waysFor(recordType string, mapping []string) []string {
	by := []string{}
	for _, way := range []string{crm.ByEmail, crm.ByPhone, crm.ByTaxID, crm.BySKU} {
		if slices.Contains(mapping, way) {
			by = append(by, way)
		}
	}
	if len(by) == 0 {
		by = append(by, crm.ByName)
	}
	return by
}

// closing lets a reader in memory be closed.
type closing struct{ *bytes.Reader }

func (closing) Close() error { return nil }

// inspect reads a whole file once: what it is, its first rows, how many there are.
func (s *Service) inspect(d *Draft, raw []byte) error {
	s.reading <- struct{}{}
	defer func() { <-s.reading }()
	var err error
	if d.Reading, d.Sheets, err = guess(bytes.NewReader(raw), d.Reading); err != nil {
		return refusal(err, 1)
	}
	rows, err := open(closing{bytes.NewReader(raw)}, d.Reading)
	if err != nil {
		return refusal(err, 1)
	}
	defer rows.close() //nolint:errcheck // it was read only
	d.Header, d.Sample, d.Rows = nil, nil, 0
	const kept = 20
	widest := 0
	var looked [][]string
	for n := 1; ; n++ {
		cells, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if text, is := rows.(*csvReader); is {
				n = text.line
			}
			return refusal(err, n)
		}
		if empty(cells) {
			continue
		}
		widest = max(widest, len(cells))
		if d.Header == nil && !d.NoHeader {
			d.Header = trimmed(cells)
			continue
		}
		if d.Rows++; d.Rows > maxRows {
			return problem.New("file_rows", "limit", fmt.Sprint(maxRows))
		}
		if len(looked) < 200 {
			looked = append(looked, cells)
		}
	}
	if d.Rows == 0 {
		return problem.New("file_empty")
	}
	for len(d.Header) < widest {
		d.Header = append(d.Header, "")
	}
	d.Sample = looked[:min(len(looked), kept)]
	for _, row := range d.Sample {
		for i := range row {
			row[i] = shortened(row[i])
		}
	}
	d.Dates = guessDates(looked, d.Decimal)
	return nil
}

func shortened(text string) string {
	const most = 200
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func empty(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

func trimmed(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = shortened(strings.TrimSpace(strings.TrimPrefix(unmarked(c), "\ufeff")))
	}
	return out
}

// guessDates looks for dates that can be read in one way only.
func guessDates(rows [][]string, decimalMark string) string {
	for _, row := range rows {
		for _, c := range row {
			m := dateForm.FindStringSubmatch(strings.TrimSpace(c))
			switch {
			case m == nil:
			case len(m[1]) == 4:
				return "ymd"
			case len(m[1]) <= 2 && m[1] > "12" && len(m[1]) == 2:
				return "dmy"
			case len(m[2]) == 2 && m[2] > "12":
				return "mdy"
			}
		}
	}
	if decimalMark == "." {
		return "mdy"
	}
	return "dmy"
}

// Get reads an import of its actor.
func (s *Service) Get(ctx context.Context, actor, id string) (Draft, error) {
	d, err := s.drafts.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) || err == nil && d.Actor != actor {
		return d, problem.NotFound("import")
	}
	return d, err
}

// Edit changes how a file is read and what becomes of its rows; what is nil stays.
type Edit struct {
	Reading *Reading  `json:"reading,omitempty"`
	Mapping *[]string `json:"mapping,omitempty" maxItems:"500"`
	Rules   *Rules    `json:"rules,omitempty"`
}

// Change edits an import that was not started yet.
func (s *Service) Change(ctx context.Context, actor, id, language string, e Edit) (Draft, error) {
	d, err := s.Get(ctx, actor, id)
	if err != nil {
		return d, err
	}
	if d.Job != "" {
		return d, problem.New("import_started")
	}
	columns, err := s.Columns(ctx, d.Type, language)
	if err != nil {
		return d, err
	}
	if e.Reading != nil {
		raw, err := s.content(ctx, d)
		if err != nil {
			return d, err
		}
		d.Reading = *e.Reading
		if d.Encoding != "" && !slices.Contains(Encodings(), d.Encoding) {
			return d, problem.Invalid("/reading/encoding", "one_of", strings.Join(Encodings(), ", "))
		}
		before := d.Header
		if err := s.inspect(&d, raw); err != nil {
			return d, err
		}
		if !slices.Equal(before, d.Header) {
			d.Mapping = guessMapping(columns, d.Header)
			d.By = waysFor(d.Type, d.Mapping)
		}
	}
	if e.Rules != nil {
		d.Rules = *e.Rules
		if d.Duplicates == "" {
			d.Duplicates = Skip
		}
		if len(d.By) == 0 {
			d.By = waysFor(d.Type, d.Mapping)
		}
	}
	if e.Mapping != nil {
		d.Mapping = *e.Mapping
	}
	if err := s.check(ctx, d, columns); err != nil {
		return d, err
	}
	saved, err := s.drafts.Save(ctx, d)
	if errors.Is(err, docstore.ErrConflict) {
		return d, problem.New("stale")
	}
	return saved, err
}

func (s *Service) check(ctx context.Context, d Draft, columns []Column) error {
	var wrongs []problem.Field
	if len(d.Mapping) != len(d.Header) {
		wrongs = append(wrongs, problem.Field{Path: "/mapping", Code: "invalid", Message: "one entry for each column"})
	}
	taken := map[string]bool{}
	for i, key := range d.Mapping {
		if key == "" {
			continue
		}
		at := fmt.Sprintf("/mapping/%d", i)
		if !slices.ContainsFunc(columns, func(c Column) bool { return c.Key == key && c.Import }) {
			wrongs = append(wrongs, problem.Field{Path: at, Code: "unknown_field", Message: "there is no such field to import"})
		} else if taken[key] {
			wrongs = append(wrongs, problem.Field{Path: at, Code: "duplicate", Message: "the field has a column already"})
		}
		taken[key] = true
	}
	for i, way := range d.By {
		known := slices.Contains([]string{crm.ByEmail, crm.ByPhone, crm.ByName, crm.ByTaxID, crm.BySKU}, way)
		if !known && !slices.ContainsFunc(columns, func(c Column) bool { return c.Key == way && c.Own }) {
			wrongs = append(wrongs, problem.Field{Path: fmt.Sprintf("/rules/by/%d", i), Code: "unknown_field", Message: "email, phone, name, taxId or an own field"})
		}
	}
	if d.Decimal != "" && d.Decimal != "." && d.Decimal != "," {
		wrongs = append(wrongs, problem.Field{Path: "/rules/decimal", Code: "one_of", Message: "a point or a comma"})
	}
	if d.Duplicates != Skip && d.Duplicates != Update && d.Duplicates != Add {
		wrongs = append(wrongs, problem.Field{Path: "/rules/duplicates", Code: "one_of", Message: "skip, update, add"})
	}
	if d.PipelineID != "" {
		p, err := s.CRM.Pipeline(ctx, d.PipelineID)
		var missing *problem.Problem
		if errors.As(err, &missing) || err == nil && p.Type != d.Type {
			wrongs = append(wrongs, problem.Field{Path: "/rules/pipelineId", Code: "unknown_reference", Message: "there is no such pipeline"})
		} else if err != nil {
			return err
		} else if _, known := p.Stage(d.StageID); d.StageID != "" && !known {
			wrongs = append(wrongs, problem.Field{Path: "/rules/stageId", Code: "unknown_reference", Message: "the pipeline has no such stage"})
		}
	}
	return problem.Fields(wrongs)
}

// content is the whole file.
func (s *Service) content(ctx context.Context, d Draft) ([]byte, error) {
	in, _, err := s.Files.Open(ctx, d.File)
	if errors.Is(err, file.ErrNotFound) {
		return nil, problem.NotFound("import")
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, maxUpload))
}

// walk gives the rows of a file in order, numbered from 1, those before from left
// out, until each says that it is enough.
func (s *Service) walk(ctx context.Context, d Draft, from int, each func(n int, cells []string) (bool, error)) error {
	raw, err := s.content(ctx, d)
	if err != nil {
		return err
	}
	s.reading <- struct{}{}
	rows, err := open(closing{bytes.NewReader(raw)}, d.Reading)
	<-s.reading
	if err != nil {
		return refusal(err, 1)
	}
	defer rows.close() //nolint:errcheck // it was read only
	header := d.NoHeader
	for n := 0; ctx.Err() == nil; {
		cells, err := rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return refusal(err, n+1)
		}
		if empty(cells) {
			continue
		}
		if !header {
			header = true
			continue
		}
		if n++; n < from {
			continue
		}
		for i := range cells {
			cells[i] = unmarked(cells[i])
		}
		if more, err := each(n, cells); err != nil || !more {
			return err
		}
	}
	return ctx.Err()
}

// draftKept is how long an import and its file are kept.
const draftKept = 30 * 24 * time.Hour

// Sweep forgets old imports and their files.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	old, _, err := s.drafts.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "createdAt", Op: docstore.Lt, Value: docstore.At(s.Now().Add(-draftKept))}}, Sort: "createdAt", Limit: 50})
	if err != nil {
		return 0, err
	}
	for i, d := range old {
		if err := s.Files.Delete(ctx, d.File); err != nil && !errors.Is(err, file.ErrNotFound) {
			return i, err
		}
		if err := s.drafts.Delete(ctx, d.ID, d.Rev); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
			return i, err
		}
	}
	return len(old), nil
}
