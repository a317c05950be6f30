package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// Kinds of the events of templates, for the relay and the audit trail.
const (
	EventCreated = "statusProcess.created"
	EventChanged = "statusProcess.changed"
	EventDeleted = "statusProcess.deleted"
)

// edit is the body of the events.
type edit struct {
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
	Name   string `json:"name"`
}

// Records is the CRM as far as templates need it.
type Records interface {
	Pipelines(ctx context.Context, recordType string) ([]crm.Pipeline, error)
	Fields(ctx context.Context, recordType string) ([]crm.Field, error)
	View(ctx context.Context, recordType, id string) (map[string]any, error)
	Title(ctx context.Context, recordType, id string) (string, error)
}

// Definitions publishes what is compiled.
type Definitions interface {
	Inspect(process json.RawMessage) []graph.Finding
	PublishCompiled(ctx context.Context, key, board string, process json.RawMessage, actor string) (definition.Published, error)
	WithdrawCompiled(ctx context.Context, key, board, actor string) error
	Compiled(ctx context.Context, key string) (definition.Compiled, error)
	definition.Processes
}

// Runs reads runs.
type Runs interface {
	Get(ctx context.Context, id string) (run.Detail, error)
	List(ctx context.Context, q run.Query) ([]run.Summary, string, error)
	Counts(ctx context.Context, key string, version int) (run.Counts, error)
}

// Starts begins runs for people.
type Starts interface {
	StartByHand(ctx context.Context, key, node, recordType, recordID string, parameters map[string]any, actor string) (string, error)
}

// Host carries out what people do to runs.
type Host interface {
	Operate(ctx context.Context, id core.RunID, eventID, actor string, acts ...host.Act) (store.Run, error)
}

// Directory knows people and groups.
type Directory interface {
	expr.Directory
	IsGroup(id string) bool
}

// Facts builds what expressions see.
type Facts interface {
	Env(ctx context.Context, record any, actor string, run map[string]any) expr.Env
}

// Options are what a Service needs.
type Options struct {
	Store       docstore.Store
	Records     Records
	Definitions Definitions
	Runs        Runs
	Engine      store.Records
	Host        Host
	Starts      Starts
	Directory   Directory
	Facts       Facts
	Compiler    *expr.Compiler
	Clock       clock.Clock
	// Robot tells the further exits of a robot, false when there is none.
	Robot func(key string) (ports []string, ok bool)
	// Title names a robot for people.
	Title func(key, language string) string
	// Person tells whether somebody is an active user.
	Person func(id string) bool
}

// Service keeps templates and gives commands to what runs by them. Safe for
// concurrent use.
type Service struct {
	Options
	templates docstore.Typed[stored]
}

// Collection is where templates are kept.
const Collection = "statusProcesses"

// ownerPrefix tells the definitions of templates from those of stage boards.
const ownerPrefix = "status:"

// most is how many templates there may be.
const most = 500

// New opens the collection.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o}
	var err error
	s.templates, err = docstore.NewTyped[stored](ctx, o.Store, docstore.Spec{Name: Collection, Indexes: []docstore.Index{{Paths: []string{"name"}}}})
	return s, err
}

// KeyOf is the definition that a template is compiled to.
func KeyOf(id string) string { return "status-" + id }

// By says who changes or looks at something, and in which language.
type By struct {
	Actor, Language string
	// Edits: the person may change the record that it is about.
	Edits bool
}

// List reads all templates, by name, without what is to be said of each.
func (s *Service) List(ctx context.Context) ([]Template, error) {
	all, err := s.templates.All(ctx, docstore.Query{Sort: "name"}, most)
	if err != nil {
		return nil, fmt.Errorf("list status processes: %w", err)
	}
	out := make([]Template, 0, len(all))
	for _, kept := range all {
		t, err := s.outline(ctx, kept)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// Get reads one template.
func (s *Service) Get(ctx context.Context, id string) (Template, error) {
	kept, err := s.load(ctx, id)
	if err != nil {
		return Template{}, err
	}
	return s.show(ctx, kept)
}

func (s *Service) load(ctx context.Context, id string) (stored, error) {
	kept, err := s.templates.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return kept, problem.NotFound("status process")
	}
	if err != nil {
		return kept, fmt.Errorf("read status process %s: %w", id, err)
	}
	return kept, nil
}

func (s *Service) show(ctx context.Context, kept stored) (Template, error) {
	t, err := s.outline(ctx, kept)
	if err != nil {
		return t, err
	}
	t.Findings, err = s.findings(kept)
	return t, err
}

// outline is a template as a list shows it.
func (s *Service) outline(ctx context.Context, kept stored) (Template, error) {
	t := Template{Entity: kept.Entity, Type: kept.Type, Content: kept.Content, Process: board.Process{Key: KeyOf(kept.ID), Name: kept.Name}, Findings: []graph.Finding{}}
	d, err := s.Definitions.Compiled(ctx, t.Process.Key)
	if err != nil {
		return t, err
	}
	t.Process.Version = d.Version
	counts, err := s.Runs.Counts(ctx, t.Process.Key, 0)
	if err != nil {
		return t, err
	}
	t.Active = counts.Statuses[string(core.Active)]
	return t, nil
}

func (s *Service) compile(kept stored) (compiled, error) {
	return compile(kept, KeyOf(kept.ID), wordsIn(kept.Language),
		func(key string) []string { ports, _ := s.Robot(key); return ports },
		func(key string) string { return s.Title(key, kept.Language) })
}

func (s *Service) findings(kept stored) ([]graph.Finding, error) {
	c, err := s.compile(kept)
	if err != nil {
		return nil, err
	}
	return append(translate(s.Definitions.Inspect(c.process), c), doubts(kept.Content, s.Compiler)...), nil
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,49}$`)

// Create adds a template and publishes it. Without an id it gets one of its name.
func (s *Service) Create(ctx context.Context, by By, id, recordType string, c Content) (Template, error) {
	if id == "" {
		id = slug(c.Name)
	} else if !idForm.MatchString(id) {
		return Template{}, problem.Invalid("/id", "format", "small letters, digits and hyphens, beginning with a letter")
	}
	n, err := s.templates.Count(ctx)
	if err != nil {
		return Template{}, fmt.Errorf("count status processes: %w", err)
	}
	if n >= most {
		return Template{}, problem.New("action_refused", "why", fmt.Sprintf("there are %d status processes already", n))
	}
	t, err := s.save(ctx, by, stored{Entity: docstore.Entity{ID: id}}, stored{Entity: docstore.Entity{ID: id}, Type: recordType, Content: c, Language: by.Language})
	if errors.Is(err, docstore.ErrExists) {
		return t, problem.New("exists", "what", "A status process with the id "+id)
	}
	return t, err
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes an id of a name; one that has no plain letters gets a general word.
func slug(name string) string {
	id := strings.Trim(notSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if id = id[:min(len(id), 40)]; !idForm.MatchString(id) {
		id = "process-" + id
	}
	return strings.Trim(id, "-")
}

// Put replaces a template. What starts after it follows the new rules, what is
// under way keeps those by which it has started.
//
// covers B-13
func (s *Service) Put(ctx context.Context, by By, id string, rev int64, c Content) (Template, error) {
	before, err := s.load(ctx, id)
	if err != nil {
		return Template{}, err
	}
	if before.Rev != rev {
		return Template{}, s.stale(ctx, before)
	}
	after := before
	after.Content, after.Language = c, by.Language
	t, err := s.save(ctx, by, before, after)
	if errors.Is(err, docstore.ErrConflict) {
		current, err := s.load(ctx, id)
		if err != nil {
			return Template{}, err
		}
		return Template{}, s.stale(ctx, current)
	}
	return t, err
}

func (s *Service) stale(ctx context.Context, current stored) error {
	t, err := s.show(ctx, current)
	if err != nil {
		return err
	}
	return problem.Stale(t)
}

// Check finds what is wrong with a template that is not stored.
func (s *Service) Check(ctx context.Context, id string, c Content) ([]graph.Finding, error) {
	kept, err := s.load(ctx, id)
	if err != nil {
		return nil, err
	}
	kept.Content = c
	err = s.sound(ctx, kept)
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.Code == "validation" {
		out := make([]graph.Finding, 0, len(refused.Fields))
		for _, f := range refused.Fields {
			out = append(out, graph.Finding{Code: f.Code, Severity: graph.Error, Path: f.Path, Message: f.Words("en")})
		}
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	return s.findings(kept)
}

// sound refuses a template that cannot be compiled.
func (s *Service) sound(ctx context.Context, t stored) error {
	fields, err := s.Records.Fields(ctx, t.Type)
	if err != nil {
		return err
	}
	pipelines, err := s.Records.Pipelines(ctx, t.Type)
	if err != nil {
		return err
	}
	k := known{person: s.Person, robots: func(key string) bool { _, ok := s.Robot(key); return ok }, stages: map[string][]string{},
		condition: func(source string) error { _, err := s.Compiler.Compile(source, nil); return err },
		someone:   func(id string) bool { return s.Person(id) || s.Directory.IsGroup(id) }}
	for _, p := range pipelines {
		k.stages[p.ID] = []string{}
		for _, stage := range p.Stages {
			k.stages[p.ID] = append(k.stages[p.ID], stage.ID)
		}
	}
	for _, f := range fields {
		if f.Type == "date" {
			k.dates = append(k.dates, f.Name)
		}
	}
	return problem.Fields(check(t.Content, k))
}

func (s *Service) save(ctx context.Context, by By, before, after stored) (Template, error) {
	if err := s.sound(ctx, after); err != nil {
		return Template{}, err
	}
	found, err := s.findings(after)
	if err != nil {
		return Template{}, err
	}
	if graph.HasErrors(found) {
		refused := problem.New("findings").With("findings", found)
		for _, f := range found {
			if f.Severity == graph.Error {
				refused.Fields = append(refused.Fields, problem.Field{Path: f.Path, Code: f.Code, Message: f.Message})
			}
		}
		return Template{}, refused
	}
	body := edit{After: after.Content, Name: after.Name}
	event, err := docstore.NewEvent(EventCreated, body)
	if before.Rev > 0 {
		body.Before = before.Content
		event, err = docstore.NewEvent(EventChanged, body)
	}
	if err != nil {
		return Template{}, err
	}
	event.Actor = by.Actor
	saved, err := s.templates.Save(ctx, after, event)
	if err != nil {
		return Template{}, fmt.Errorf("save status process %s: %w", after.ID, err)
	}
	if err := s.publish(ctx, saved, by.Actor); err != nil {
		return Template{}, err
	}
	return s.show(ctx, saved)
}

// publish makes the definition follow a template. It is idempotent: saving calls
// it, and so does the delivery of the event, in case the first call was cut short.
func (s *Service) publish(ctx context.Context, kept stored, actor string) error {
	key, owner := KeyOf(kept.ID), ownerPrefix+kept.ID
	if kept.Disabled {
		return s.Definitions.WithdrawCompiled(ctx, key, owner, actor)
	}
	c, err := s.compile(kept)
	if err != nil {
		return err
	}
	_, err = s.Definitions.PublishCompiled(ctx, key, owner, c.process, actor)
	return err
}

// Delete removes a template by which nothing is under way.
//
// covers B-14
func (s *Service) Delete(ctx context.Context, by By, id string, rev int64) error {
	kept, err := s.load(ctx, id)
	if err != nil {
		return err
	}
	if kept.Rev != rev {
		return s.stale(ctx, kept)
	}
	counts, err := s.Runs.Counts(ctx, KeyOf(id), 0)
	if err != nil {
		return err
	}
	if n := counts.Statuses[string(core.Active)] + counts.Statuses[string(core.Quarantined)]; n > 0 {
		return problem.New("action_refused", "why", fmt.Sprintf("%d processes are under way by it; switch it off, and delete it when they have ended", n))
	}
	event, err := docstore.NewEvent(EventDeleted, edit{Before: kept.Content, Name: kept.Name})
	if err != nil {
		return err
	}
	event.Actor = by.Actor
	err = s.templates.Delete(ctx, id, rev, event)
	if errors.Is(err, docstore.ErrConflict) {
		current, err := s.load(ctx, id)
		if err != nil {
			return err
		}
		return s.stale(ctx, current)
	}
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return fmt.Errorf("delete status process %s: %w", id, err)
	}
	return s.Definitions.WithdrawCompiled(ctx, KeyOf(id), ownerPrefix+id, by.Actor)
}

// Deliver is the relay's consumer of what happens to templates.
func (s *Service) Deliver(ctx context.Context, d docstore.Delivery) error {
	kept, err := s.load(ctx, d.DocumentID)
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() == http.StatusNotFound {
		return s.Definitions.WithdrawCompiled(ctx, KeyOf(d.DocumentID), ownerPrefix+d.DocumentID, d.Event.Actor)
	}
	if err != nil {
		return err
	}
	return s.publish(ctx, kept, d.Event.Actor)
}

// Startable lists what people may start on a record of a type.
func (s *Service) Startable(ctx context.Context, recordType string) ([]board.Process, error) {
	all, err := s.templates.All(ctx, docstore.Query{Sort: "name"}, most)
	if err != nil {
		return nil, fmt.Errorf("list status processes: %w", err)
	}
	out := []board.Process{}
	for _, t := range all {
		if t.Type == recordType && !t.Disabled && t.Start.ByHand {
			out = append(out, board.Process{Key: t.ID, Name: t.Name})
		}
	}
	return slices.Clip(out), nil
}

// Start begins a process on a record for a person.
func (s *Service) Start(ctx context.Context, by By, id, recordType, recordID string) (string, error) {
	t, err := s.load(ctx, id)
	if err != nil {
		return "", err
	}
	switch {
	case t.Type != recordType:
		return "", problem.New("action_refused", "why", "the process is for records of another type")
	case t.Disabled || !t.Start.ByHand:
		return "", problem.New("action_refused", "why", "the process is not started by hand")
	}
	return s.Starts.StartByHand(ctx, KeyOf(id), nodeStart, recordType, recordID, nil, by.Actor)
}
