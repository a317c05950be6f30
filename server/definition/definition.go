package definition

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/schedule"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/definition/portable"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// EventPublished is written with a definition when what it starts on may have changed.
const EventPublished = "definitionPublished"

// Limits of a definition.
const (
	maxText  = 200     // of a name
	maxLong  = 10_000  // of a description
	maxDraft = 4 << 20 // bytes of a draft
)

// Checker compiles a definition and finds what is wrong with it.
type Checker func(*graph.Definition) (*graph.Graph, []graph.Finding)

// People names users.
type People interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Runs tells how many runs a definition has.
type Runs interface {
	Counts(ctx context.Context, definitionKey string, version int) (store.Counts, error)
}

// Scheduler keeps the recurring start rules of a definition.
type Scheduler interface {
	// SyncSchedules makes the rules given the only ones of the definition.
	SyncSchedules(ctx context.Context, definitionKey string, rules []ScheduleRule) error
}

// ScheduleRule is a recurring start of one start node.
type ScheduleRule struct {
	Node core.NodeID
	Cron string
	Zone string
}

// Summary is a definition in a list.
type Summary struct {
	Key              string           `json:"key"`
	Name             string           `json:"name"`
	Description      string           `json:"description"`
	AppliesTo        string           `json:"appliesTo"`
	Rev              int64            `json:"rev"`
	DraftRev         int64            `json:"draftRev"`
	PublishedVersion *int             `json:"publishedVersion"`
	PublishedAt      docstore.Instant `json:"publishedAt"`
	ChangedAt        docstore.Instant `json:"changedAt"`
	ChangedBy        string           `json:"changedBy"`
	ChangedByName    string           `json:"changedByName"`
	HasChanges       bool             `json:"hasChanges"`
	ActiveRuns       int              `json:"activeRuns"`
	Incidents        int              `json:"incidents"`
	Enabled          bool             `json:"enabled"`
	Board            string           `json:"board,omitempty" doc:"the stage board that it is compiled from; nobody draws it"`
}

// Detail is a definition with its draft.
type Detail struct {
	Summary
	Draft    json.RawMessage `json:"draft"`
	Findings []graph.Finding `json:"findings"`
	Webhooks []Webhook       `json:"webhooks"`
}

// Webhook is the address that starts a run from outside; the token is the right to do so.
type Webhook struct {
	Node string `json:"node"`
	Path string `json:"path"`
}

// Saved answers a change of the draft. Draft is set when changes of others were merged in.
type Saved struct {
	DraftRev int64            `json:"draftRev"`
	Findings []graph.Finding  `json:"findings"`
	SavedAt  docstore.Instant `json:"savedAt"`
	Draft    json.RawMessage  `json:"draft,omitempty"`
}

// definition is the stored document; its id is the key.
type definition struct {
	docstore.Entity
	Name         string           `json:"name"`
	Description  string           `json:"description"`
	AppliesTo    string           `json:"appliesTo"`
	Disabled     bool             `json:"disabled"`
	Draft        json.RawMessage  `json:"draft"`
	DraftRev     int64            `json:"draftRev"`
	DraftHash    string           `json:"draftHash"` // "" while the draft does not parse
	Published    int              `json:"published"`
	Hash         string           `json:"hash"`
	PublishedAt  docstore.Instant `json:"publishedAt"`
	ChangedAt    docstore.Instant `json:"changedAt"`
	ChangedBy    string           `json:"changedBy"`
	WebhookToken string           `json:"webhookToken"`
	// The last change of the draft that the audit trail was told of.
	NotedBy string           `json:"notedBy,omitempty"`
	NotedAt docstore.Instant `json:"notedAt,omitzero"`
	// Board is the stage board that it is compiled from.
	Board string `json:"board,omitempty"`
}

// Options are what a Service needs.
type Options struct {
	Store     docstore.Store
	Clock     clock.Clock
	Check     Checker
	Compile   Checker // of published versions, which need not hold any more what Check asks of drafts; nil = Check
	People    People
	Runs      Runs
	Scheduler Scheduler
	Examples  []Example
	// Directory knows who can act; nil = it is not checked who is named.
	Directory Directory
	// Secret tells whether there is a secret of an id; nil = it is not checked.
	Secret func(id string) bool
	// SecretGoes tells whether a secret may be sent to an address.
	SecretGoes func(id, address string) bool
	// Callable tells what is wrong with an address that is to be called, ErrInternal for
	// one that this server may not call; nil = it is not checked.
	Callable func(address string) error
	// Places lists what definitions may name; nil = nothing is known.
	Places Places
	// Schema gives the schema of a config; it says which values are names.
	Schema portable.Schemas
	// Surroundings is a mark that changes with what Check knows beside the text, for
	// example the fields of records; nil = nothing changes.
	Surroundings func() (string, error)
	// Rehearse plays the scenarios of a process before it is published and tells
	// of those that fail; nil = they are not played.
	Rehearse func(ctx context.Context, process json.RawMessage) ([]graph.Finding, error)
	// Saved is told of every new state of a draft; nil = nobody is.
	Saved func(ctx context.Context, key string, state Drafted)
}

// Service owns definitions, versions and start rules. Safe for concurrent use.
type Service struct {
	Options
	definitions docstore.Typed[definition]
	versions    docstore.Typed[version]
	rules       docstore.Typed[StartRule]
	graphs      *recent[*graph.Graph]
	checks      *recent[inspected]
}

// New opens the collections.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Compile == nil {
		o.Compile = o.Check
	}
	s := &Service{Options: o, graphs: newRecent[*graph.Graph](graphsKept), checks: newRecent[inspected](checksKept)}
	var err error
	if s.definitions, err = docstore.NewTyped[definition](ctx, o.Store, docstore.Spec{Name: "definitions",
		Indexes: []docstore.Index{{Paths: []string{"name"}}, {Paths: []string{"changedAt"}}, {Paths: []string{"board", "name"}}}, Text: []string{"name", "description"}}); err != nil {
		return nil, err
	}
	if s.versions, err = docstore.NewTyped[version](ctx, o.Store, docstore.Spec{Name: "versions",
		Indexes: []docstore.Index{{Paths: []string{"key", "version"}, Unique: true}}}); err != nil {
		return nil, err
	}
	s.rules, err = docstore.NewTyped[StartRule](ctx, o.Store, docstore.Spec{Name: "startRules",
		Indexes: []docstore.Index{{Paths: []string{"definitionKey"}}, {Paths: []string{"on"}}}})
	return s, err
}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Draft of a new process: a start and an end, joined.
const empty = `{"format":"fluxo/process@1","key":%q,"name":%q,"nodes":[{"id":"start","kind":"startEvent","trigger":{"on":"manual"}},` +
	`{"id":"end","kind":"endEvent"}],"flows":[{"id":"f1","from":"start","to":"end"}],"layout":{"start":{"at":[0,0]},"end":{"at":[300,0]}}}`

// NewDefinition asks for a definition. Key "" is made from the name.
type NewDefinition struct {
	Key       string `json:"key,omitempty" maxLength:"63"`
	Name      string `json:"name" minLength:"1" maxLength:"200"`
	AppliesTo string `json:"appliesTo,omitempty" maxLength:"60"`
	Template  string `json:"template,omitempty" maxLength:"100" doc:"key of a definition template"`
	// Empty leaves the start and the end out too: the designer asks first what starts the process.
	Empty bool `json:"empty,omitempty" doc:"without any step; not together with a template"`
	// Map says what the names of a template mean here.
	Map map[string]string `json:"map,omitempty" doc:"of a template: key of a reference -> id here"`
	// Language of the texts of a template.
	Language string `json:"-"`
}

// Create makes a definition with a first draft.
func (s *Service) Create(ctx context.Context, n NewDefinition, actor string) (Detail, error) {
	n.Name = strings.TrimSpace(n.Name)
	if err := checkName("/name", n.Name); err != nil {
		return Detail{}, err
	}
	if n.Key == "" {
		n.Key = slug(n.Name)
	} else if !keyForm.MatchString(n.Key) {
		return Detail{}, problem.Invalid("/key", "format", "small letters, digits and hyphens, beginning with a letter")
	}
	tree, err := parseTree(fmt.Appendf(nil, empty, n.Key, n.Name))
	if err != nil {
		return Detail{}, err
	}
	if n.Empty {
		tree["nodes"], tree["flows"] = []any{}, []any{}
		delete(tree, "layout")
	}
	if n.Template != "" {
		e, err := s.example(n.Template, n.Language)
		if err != nil {
			return Detail{}, err
		}
		if tree, err = parseTree(e.whole); err != nil {
			return Detail{}, fmt.Errorf("template %s: %w", n.Template, err)
		}
		if _, err := s.localize(ctx, tree, n.Map, e.groups(), e.named); err != nil {
			return Detail{}, err
		}
	}
	tree["key"], tree["name"] = n.Key, n.Name
	if n.AppliesTo != "" {
		tree["appliesTo"] = n.AppliesTo
	}
	d := definition{Entity: docstore.Entity{ID: n.Key}, WebhookToken: newToken()}
	if err := s.take(&d, tree, actor); err != nil {
		return Detail{}, err
	}
	if err := s.first(ctx, d, n.Template, actor); err != nil {
		return Detail{}, err
	}
	return s.Get(ctx, n.Key)
}

// Query filters the list.
type Query struct {
	Text   string
	Boards bool // with those that stage boards own
	Limit  int
	Cursor string
}

// List pages definitions by name.
func (s *Service) List(ctx context.Context, q Query) ([]Summary, string, error) {
	dq := docstore.Query{Sort: "name", Limit: q.Limit, Cursor: q.Cursor}
	if !q.Boards {
		dq.Filters = append(dq.Filters, docstore.Filter{Path: "board", Op: docstore.Eq})
	}
	if q.Text != "" {
		dq.Filters = append(dq.Filters, docstore.Filter{Op: docstore.Text, Value: q.Text})
	}
	ds, next, err := s.definitions.Find(ctx, dq)
	if err != nil {
		return nil, "", fmt.Errorf("list definitions: %w", err)
	}
	out, err := s.summaries(ctx, ds)
	return out, next, err
}

func (s *Service) summaries(ctx context.Context, ds []definition) ([]Summary, error) {
	ids := make([]string, 0, len(ds))
	for _, d := range ds {
		ids = append(ids, d.ChangedBy)
	}
	names, err := s.People.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Summary, 0, len(ds))
	for _, d := range ds {
		v := Summary{Key: d.ID, Name: d.Name, Description: d.Description, AppliesTo: d.AppliesTo, Rev: d.Rev, DraftRev: d.DraftRev,
			PublishedAt: d.PublishedAt, ChangedAt: d.ChangedAt, ChangedBy: d.ChangedBy, ChangedByName: names[d.ChangedBy],
			HasChanges: d.Published == 0 || d.DraftHash != d.Hash, Enabled: !d.Disabled, Board: d.Board}
		if d.Published > 0 {
			n := d.Published
			v.PublishedVersion = &n
			counts, err := s.Runs.Counts(ctx, d.ID, 0)
			if err != nil {
				return nil, fmt.Errorf("count runs of %s: %w", d.ID, err)
			}
			v.ActiveRuns = counts.Statuses[core.Active]
			for _, n := range counts.Incidents {
				v.Incidents += n
			}
		}
		out = append(out, v)
	}
	return out, nil
}

func (s *Service) get(ctx context.Context, key string) (definition, error) {
	d, err := s.definitions.Get(ctx, key)
	if errors.Is(err, docstore.ErrNotFound) {
		return d, problem.NotFound("process")
	}
	return d, err
}

// Known tells whether there is a definition.
func (s *Service) Known(ctx context.Context, key string) (bool, error) {
	_, err := s.definitions.Get(ctx, key)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Get reads a definition with its draft and what is wrong with it.
func (s *Service) Get(ctx context.Context, key string) (Detail, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return Detail{}, err
	}
	return s.detail(ctx, d)
}

// Summary reads a definition without its draft.
func (s *Service) Summary(ctx context.Context, key string) (Summary, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return Summary{}, err
	}
	all, err := s.summaries(ctx, []definition{d})
	if err != nil {
		return Summary{}, err
	}
	return all[0], nil
}

func (s *Service) detail(ctx context.Context, d definition) (Detail, error) {
	all, err := s.summaries(ctx, []definition{d})
	if err != nil {
		return Detail{}, err
	}
	seen := s.inspect(d.Draft)
	out := Detail{Summary: all[0], Draft: d.Draft, Findings: s.findingsOf(seen), Webhooks: []Webhook{}}
	if seen.def != nil {
		for _, n := range seen.def.Nodes {
			if n.Trigger != nil && n.Trigger.On == "webhook" {
				out.Webhooks = append(out.Webhooks, Webhook{Node: n.ID, Path: "/api/v1/hooks/" + d.ID + "/" + d.WebhookToken})
			}
		}
	}
	return out, nil
}

// timerFindings are the mistakes in the timer of a start event: there is no run
// yet whose values an expression could name.
func (s *Service) timerFindings(i int, n graph.NodeDefinition) []graph.Finding {
	rule, err := json.Marshal(n.Trigger.Timer)
	if err == nil {
		_, err = schedule.New(n.ID, n.ID, core.NodeID(n.ID), string(rule), n.Trigger.Zone, clock.Now(s.Clock))
	}
	if err == nil {
		return nil
	}
	return []graph.Finding{{Code: "bad_value", Severity: graph.Error, Message: err.Error(), Path: fmt.Sprintf("/nodes/%d/trigger/timer", i), Node: n.ID,
		Field: "/trigger/timer", Remedy: "give a point in time or a duration; values of a run are not known before it starts"}}
}

// scheduleFindings are the mistakes in rules of scheduled starts. They must be
// found before a version is published: afterwards its schedules could not be made.
func (s *Service) scheduleFindings(def *graph.Definition) []graph.Finding {
	var findings []graph.Finding
	for i, n := range def.Nodes {
		if n.Kind != "startEvent" || n.Trigger == nil {
			continue
		}
		if n.Trigger.Timer != nil {
			findings = append(findings, s.timerFindings(i, n)...)
			continue
		}
		if n.Trigger.On != "schedule" || n.Trigger.Cron == "" {
			continue
		}
		_, err := schedule.New(n.ID, def.Key, core.NodeID(n.ID), n.Trigger.Cron, n.Trigger.Zone, clock.Now(s.Clock))
		if err == nil {
			continue
		}
		f := graph.Finding{Code: "bad_value", Severity: graph.Error, Message: err.Error(), Path: fmt.Sprintf("/nodes/%d/trigger/cron", i), Node: n.ID,
			Field: "/trigger/cron", Remedy: "give a cron rule, for example 0 9 * * 1-5"}
		if errors.Is(err, schedule.ErrZone) {
			f.Path, f.Field, f.Remedy = fmt.Sprintf("/nodes/%d/trigger/zone", i), "/trigger/zone", "choose a time zone, for example Europe/Warsaw"
		}
		findings = append(findings, f)
	}
	return findings
}

// CheckDraft finds what is wrong with the draft.
func (s *Service) CheckDraft(ctx context.Context, key string) ([]graph.Finding, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.findings(d.Draft), nil
}

// Parsed is the draft as the engine reads it.
func (s *Service) Parsed(ctx context.Context, key string) (*graph.Definition, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	return graph.Parse(d.Draft)
}

// Change edits what is not part of a version.
type Change struct {
	Name        *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Description *string `json:"description,omitempty" maxLength:"10000"`
	Enabled     *bool   `json:"enabled,omitempty"`
}

// Update renames, describes, switches on or off. Name and description also go
// into the draft, so that the next version carries them.
func (s *Service) Update(ctx context.Context, key string, rev int64, c Change, actor string) (Detail, error) {
	d, err := s.byHand(ctx, key)
	if err != nil {
		return Detail{}, err
	}
	if d.DraftRev != rev {
		return Detail{}, s.stale(ctx, d)
	}
	tree, err := parseTree(d.Draft)
	if err != nil {
		return Detail{}, err
	}
	before := d
	if c.Name != nil {
		name := strings.TrimSpace(*c.Name)
		if err := checkName("/name", name); err != nil {
			return Detail{}, err
		}
		tree["name"] = name
	}
	if c.Description != nil {
		tree["description"] = *c.Description
	}
	if err := s.take(&d, tree, actor); err != nil {
		return Detail{}, err
	}
	if c.Enabled != nil {
		d.Disabled = !*c.Enabled
	}
	event, err := changed(before, d, actor)
	if err != nil {
		return Detail{}, err
	}
	saved, err := s.save(ctx, d, event)
	if err != nil {
		return Detail{}, err
	}
	if err := s.Sync(ctx, key); err != nil {
		return Detail{}, err
	}
	return s.detail(ctx, saved)
}

// Delete removes a definition that nothing runs on.
func (s *Service) Delete(ctx context.Context, key string, rev int64, actor string) error {
	d, err := s.byHand(ctx, key)
	if err != nil {
		return err
	}
	if d.DraftRev != rev {
		return s.stale(ctx, d)
	}
	counts, err := s.Runs.Counts(ctx, key, 0)
	if err != nil {
		return err
	}
	if n := counts.Statuses[core.Active]; n > 0 {
		return problem.New("in_use", "by", fmt.Sprintf("%d active runs", n))
	}
	d.Disabled, d.Published = true, 0
	if d, err = s.save(ctx, d); err != nil {
		return err
	}
	if err := s.Sync(ctx, key); err != nil {
		return err
	}
	event, err := docstore.NewEvent("definitionDeleted", map[string]string{"name": d.Name})
	if err != nil {
		return err
	}
	event.Actor = actor
	return s.definitions.Delete(ctx, key, d.Rev, event)
}

func (s *Service) stale(ctx context.Context, d definition) error {
	current, err := s.detail(ctx, d)
	if err != nil {
		return err
	}
	return problem.Stale(current)
}

func (s *Service) save(ctx context.Context, d definition, events ...docstore.Event) (definition, error) {
	saved, err := s.definitions.Save(ctx, d, events...)
	if errors.Is(err, docstore.ErrConflict) {
		return saved, problem.New("stale")
	}
	if err != nil {
		return saved, fmt.Errorf("save definition %s: %w", d.ID, err)
	}
	s.tell(ctx, saved)
	return saved, nil
}

// take makes tree the draft of d and copies what lists show.
func (s *Service) take(d *definition, tree map[string]any, actor string) error {
	if fields := tooLong(tree); len(fields) > 0 {
		return &problem.Problem{Code: "validation", Fields: fields}
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return fmt.Errorf("encode draft: %w", err)
	}
	if len(text) > maxDraft {
		return problem.New("too_large", "limit", "4 MiB")
	}
	d.Draft = text
	d.DraftRev++
	if name, _ := tree["name"].(string); !problem.Blank(name) || d.Name == "" {
		d.Name = name // lists keep the last name that can be read
	}
	d.Description, _ = tree["description"].(string)
	d.AppliesTo, _ = tree["appliesTo"].(string)
	d.ChangedBy, d.ChangedAt = actor, docstore.At(s.Clock.Now())
	d.DraftHash = ""
	if def, err := graph.Parse(text); err == nil {
		if d.DraftHash, err = def.Hash(); err != nil {
			return fmt.Errorf("hash draft: %w", err)
		}
	}
	return nil
}

// checkName is the rule for the name of a process. Drafts may hold any; it is a
// finding there.
func checkName(path, name string) error {
	return problem.Fields(problem.Line(nil, path, name, true, maxText))
}

func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	key := strings.Trim(b.String(), "-")
	if len(key) > 50 {
		key = strings.Trim(key[:50], "-")
	}
	if key == "" || key[0] < 'a' {
		key = strings.Trim("process-"+key, "-")
	}
	return key
}
