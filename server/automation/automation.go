// Package automation starts runs from what happens: a record is created,
// changed, moved to a stage; somebody presses start; a webhook is called. A run
// that an event starts has an id derived from the start rule, the record and
// its revision, so that a repeated delivery cannot start it twice.
package automation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// MaxDepth bounds the chain of changes and runs that cause each other.
const MaxDepth = 20

// Rules finds start rules and the versions they belong to.
type Rules interface {
	Rules(ctx context.Context, on string) ([]definition.StartRule, error)
	Hook(ctx context.Context, key, token string) (definition.StartRule, error)
	Latest(ctx context.Context, key string) (int, *graph.Graph, error)
}

// Records is the CRM as far as starting needs it.
type Records interface {
	View(ctx context.Context, recordType, id string) (map[string]any, error)
	Title(ctx context.Context, recordType, id string) (string, error)
	AddLed(ctx context.Context, e crm.Entry, chain []crm.Link) (crm.Entry, error)
}

// Host starts runs.
type Host interface {
	Start(ctx context.Context, req host.StartRequest) (run store.Run, created bool, err error)
}

// History tells what runs were started with.
type History interface {
	Records(ctx context.Context, run core.RunID, from int64, limit int) ([]core.Record, error)
}

// Environment builds what the condition of a start rule sees.
type Environment interface {
	Env(ctx context.Context, record any, actor string, run map[string]any) expr.Env
}

// Options are what a Service needs.
type Options struct {
	Rules    Rules
	Records  Records
	Host     Host
	History  History
	Causes   Causes
	Facts    Environment
	Compiler *expr.Compiler
	Clock    clock.Clock
	Log      *slog.Logger
}

// Service starts runs. Safe for concurrent use.
type Service struct{ Options }

// New makes a service.
func New(o Options) *Service { return &Service{o} }

// happening is one thing that may start runs.
type happening struct {
	on       string
	record   core.RecordRef
	title    string
	rev      int64
	pipeline string
	stage    string
	since    docstore.Instant // when the stage was entered
	fields   []string
	actor    string
	cause    string
	depth    int
	chain    []crm.Link
	at       core.Instant
	// toldOf is when it was written, of what the relay tells; zero of what is
	// handed over in the moment it happens.
	toldOf time.Time
}

// Wants tells whether a delivery can start anything.
func (s *Service) Wants(d docstore.Delivery) bool {
	if !crm.OfRecords(d) {
		return false
	}
	_, what, _ := strings.Cut(d.Event.Kind, ".")
	return what == "created" || what == "changed" || what == "stageChanged"
}

// Take is the relay's consumer of domain events.
func (s *Service) Take(ctx context.Context, d docstore.Delivery) error {
	if crm.ByUndo(d.Event.Cause) {
		return nil // that something is taken back starts nothing
	}
	h, err := read(d)
	if err != nil {
		return err
	}
	_, err = s.happened(ctx, h)
	return err
}

func read(d docstore.Delivery) (happening, error) {
	kind, e, err := crm.EventOf(d)
	if err != nil {
		return happening{}, err
	}
	h := happening{record: core.RecordRef{Type: e.Type, ID: d.DocumentID}, title: e.Card.Title, rev: d.Rev, pipeline: e.Pipeline, stage: e.To,
		actor: d.Event.Actor, cause: d.Event.Cause, depth: d.Event.Depth, chain: e.Chain, at: core.Instant(d.At.UnixMilli()), toldOf: d.At}
	switch kind {
	case crm.RecordCreated:
		h.on = "recordCreated"
	case crm.RecordChanged:
		h.on = "recordChanged"
		for name := range e.Changes {
			h.fields = append(h.fields, name)
		}
	case crm.RecordStageChanged:
		h.on, h.since = "stageEntered", e.Card.StageSince
	}
	return h, nil
}

// RecordMoved starts what a person's move of a record sets in motion and returns the
// ids of the runs. The relay does the same later and finds them started.
func (s *Service) RecordMoved(ctx context.Context, d crm.Record, from, actor string) ([]string, error) {
	return s.happened(ctx, happening{on: "stageEntered", record: core.RecordRef{Type: d.Type, ID: d.ID}, title: d.Title, rev: d.Rev,
		pipeline: d.PipelineID, stage: d.StageID, since: d.StageSince, actor: actor, at: core.Instant(d.StageSince.UnixMilli())})
}

func (s *Service) happened(ctx context.Context, h happening) ([]string, error) {
	rules, err := s.Rules.Rules(ctx, h.on)
	if err != nil {
		return nil, fmt.Errorf("start rules for %s: %w", h.on, err)
	}
	var started []string
	for _, r := range rules {
		if !matches(r, h) {
			continue
		}
		holds, err := s.holds(ctx, r, h)
		if err != nil {
			return started, err
		}
		if !holds {
			continue
		}
		id, err := s.start(ctx, r, h)
		if err != nil {
			return started, err
		}
		if id != "" {
			started = append(started, id)
		}
	}
	return started, nil
}

func matches(r definition.StartRule, h happening) bool {
	// covers B-62: what happened before a rule was there is none of its business,
	// also when the relay is behind and tells of it later.
	if !h.toldOf.IsZero() && h.toldOf.Before(r.CreatedAt.Time) {
		return false
	}
	// A rule of no type is of deals: when it was written there was nothing else.
	if r.Type != h.record.Type && (r.Type != "" || h.record.Type != crm.TypeDeal) {
		return false
	}
	switch h.on {
	case "stageEntered":
		return r.Stage == h.stage && (r.Pipeline == "" || r.Pipeline == h.pipeline)
	case "recordChanged":
		// covers B-15: what a process changes does not start processes unless its rule says so.
		if strings.HasPrefix(h.cause, "run:") && !r.ByProcesses {
			return false
		}
		return len(r.Fields) == 0 || slices.ContainsFunc(r.Fields, func(f string) bool { return slices.Contains(h.fields, f) })
	}
	return true
}

// holds evaluates the condition of a rule. One that fails does not start the
// process and says so in the record's timeline, where its author looks first.
func (s *Service) holds(ctx context.Context, r definition.StartRule, h happening) (bool, error) {
	if r.When == "" {
		return true, nil
	}
	view, err := s.Records.View(ctx, h.record.Type, h.record.ID)
	if err != nil {
		var p *problem.Problem
		if errors.As(err, &p) && p.Status() == 404 {
			return false, nil // deleted meanwhile
		}
		return false, err
	}
	program, err := s.Compiler.Compile(r.When, nil)
	if err == nil {
		env := s.Facts.Env(ctx, view, h.actor, nil)
		env.Now = s.Clock.Now()
		var ok bool
		if ok, err = program.Bool(env); err == nil {
			return ok, nil
		}
	}
	return false, s.tell(ctx, r, h, "startConditionFailed", err.Error(), nil)
}

// tell leaves a line in the record's timeline.
func (s *Service) tell(ctx context.Context, r definition.StartRule, h happening, what, why string, chain []core.Link) error {
	e := crm.Entry{Record: h.record.Type + ":" + h.record.ID, At: docstore.At(s.Clock.Now()), Kind: "run",
		Data: map[string]any{"event": what, "definition": r.DefinitionKey, "definitionName": r.Name, "reason": why}}
	e.ID = runID(r, h) + ":" + what
	if what == "started" {
		e.Run = runID(r, h)
	}
	if _, err := s.Records.AddLed(ctx, e, Kept(chain)); err != nil {
		return fmt.Errorf("timeline of %s: %w", h.record.ID, err)
	}
	return nil
}

func runID(r definition.StartRule, h happening) string { return RunOf(r.ID, h.record, h.rev) }

// RunOf is the id of the run that a start rule starts for a revision of a record.
func RunOf(rule string, record core.RecordRef, rev int64) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + record.Type + "\x00" + record.ID + "\x00" + strconv.FormatInt(rev, 10)))
	return "r-" + hex.EncodeToString(sum[:12])
}

func (s *Service) start(ctx context.Context, r definition.StartRule, h happening) (string, error) {
	chain, err := s.ledTo(ctx, h)
	if err != nil {
		return "", err
	}
	if h.depth >= MaxDepth {
		s.Log.WarnContext(ctx, "chain of processes is too long", "definition", r.DefinitionKey, "record", h.record.ID, "depth", h.depth)
		return "", s.tell(ctx, r, h, "chainTooLong", "more than "+strconv.Itoa(MaxDepth)+" changes and processes caused each other", chain)
	}
	id := runID(r, h)
	record := h.record
	req := host.StartRequest{ID: core.RunID(id), DefinitionKey: r.DefinitionKey, Node: core.NodeID(r.Node), Record: &record,
		RecordTitle: h.title, StartedBy: h.actor, Cause: &core.Cause{Kind: "trigger", ID: r.ID, Depth: h.depth + 1, Chain: chain}}
	if r.Entry {
		req.Parameters = map[string]any{definition.EntryParameter: h.rev, definition.EnteredAtParameter: h.since.String()}
	}
	_, created, err := s.Host.Start(ctx, req)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil // unpublished between the search and the start
	}
	if errors.Is(err, host.ErrHeld) {
		s.Log.InfoContext(ctx, "run not started: the process is suspended", "definition", r.DefinitionKey, "record", h.record.ID)
		return "", nil
	}
	if err != nil && !errors.Is(err, store.ErrExists) {
		return "", fmt.Errorf("start %s for %s %s: %w", r.DefinitionKey, h.record.Type, h.record.ID, err)
	}
	if created {
		s.Log.InfoContext(ctx, "run started", "runId", id, "definition", r.DefinitionKey, "record", h.record.ID)
	}
	// Also when an earlier delivery started it: that one may have been cut short.
	return id, s.tell(ctx, r, h, "started", "", nil)
}

// StartByHand starts a run for a person.
func (s *Service) StartByHand(ctx context.Context, key, node, recordType, recordID string, parameters map[string]any, actor string) (string, error) {
	_, g, err := s.Rules.Latest(ctx, key)
	if err != nil {
		return "", err
	}
	if node == "" {
		if node, err = byHand(g); err != nil {
			return "", err
		}
	} else if n, ok := g.Node(node); !ok || !slices.ContainsFunc(g.Starts(), func(s *graph.Node) bool { return s.Index == n.Index }) {
		return "", problem.Invalid("/node", "unknown_reference", "")
	}
	fields := checkParameters(g, parameters)
	if g.AppliesTo != "" && recordID == "" {
		fields = append(fields, problem.Field{Path: "/recordId", Code: "record_required"})
	}
	if len(fields) > 0 {
		return "", &problem.Problem{Code: "validation", Fields: fields}
	}
	req := host.StartRequest{DefinitionKey: key, Node: core.NodeID(node), Parameters: parameters, StartedBy: actor,
		Cause: &core.Cause{Kind: "user", ID: actor, Depth: 1, Chain: []core.Link{{Kind: LinkUser, ID: actor}}}}
	if recordID != "" {
		if recordType == "" {
			recordType = crm.TypeDeal
		}
		title, err := s.Records.Title(ctx, recordType, recordID)
		if err != nil {
			return "", err
		}
		req.Record, req.RecordTitle = &core.RecordRef{Type: recordType, ID: recordID}, title
	}
	run, _, err := s.Host.Start(ctx, req)
	if errors.Is(err, host.ErrHeld) {
		return "", problem.New("process_suspended").Because(err)
	}
	if err != nil {
		return "", fmt.Errorf("start %s: %w", key, err)
	}
	return string(run.ID), nil
}

// byHand picks the start event that a person means who names none: the manual
// one, or the only one.
func byHand(g *graph.Graph) (string, error) {
	starts := g.Starts()
	for _, n := range starts {
		var t graph.Trigger
		if len(n.Trigger) == 0 {
			return n.ID, nil
		}
		if err := json.Unmarshal(n.Trigger, &t); err == nil && (t.On == "" || t.On == "manual") {
			return n.ID, nil
		}
	}
	if len(starts) == 1 {
		return starts[0].ID, nil
	}
	return "", problem.Invalid("/node", "required", "the process has several start events; name one")
}

// Hook starts the run that a webhook call asks for. The body is the variable
// "webhook" of the run; a delivery id makes repeats of one call one run.
func (s *Service) Hook(ctx context.Context, key, token, delivery string, body any) (string, error) {
	r, err := s.Rules.Hook(ctx, key, token)
	if err != nil {
		return "", err
	}
	req := host.StartRequest{DefinitionKey: key, Node: core.NodeID(r.Node), Variables: core.Values{"webhook": body},
		Cause: &core.Cause{Kind: "webhook", ID: r.ID, Depth: 1, Chain: []core.Link{{Kind: LinkWebhook, ID: r.ID, Key: key}}}}
	if delivery != "" {
		req.ID = core.RunID(runID(r, happening{record: core.RecordRef{Type: "webhook", ID: delivery}}))
	}
	run, created, err := s.Host.Start(ctx, req)
	if errors.Is(err, host.ErrHeld) {
		return "", problem.New("process_suspended").Because(err)
	}
	if err != nil && !errors.Is(err, store.ErrExists) {
		return "", fmt.Errorf("start %s: %w", key, err)
	}
	if delivery != "" && !created {
		same, err := s.startedWith(ctx, req.ID, body)
		if err != nil {
			return "", fmt.Errorf("delivery of %s again: %w", key, err)
		}
		if !same {
			return "", problem.New("idempotency_reused")
		}
	}
	return string(run.ID), nil
}

// startedWith tells whether a call has started a run with this body. The history comes a
// moment behind the run and goes before it: what is not there is taken for the same.
func (s *Service) startedWith(ctx context.Context, run core.RunID, body any) (bool, error) {
	records, err := s.History.Records(ctx, run, 1, 1)
	if err != nil || len(records) == 0 || records[0].Kind != core.RecordRunStarted {
		return true, err
	}
	variables, known := records[0].Body["variables"].(map[string]any)
	if !known {
		return true, nil
	}
	was, err := json.Marshal(variables["webhook"])
	if err != nil {
		return false, err
	}
	is, err := json.Marshal(body)
	return err == nil && bytes.Equal(was, is), err
}

// Scheduled starts the run of one occurrence of a schedule.
func (s *Service) Scheduled(ctx context.Context, schedule store.Schedule, at core.Instant) error {
	_, _, err := s.Host.Start(ctx, host.StartRequest{ID: core.RunID(fmt.Sprintf("s-%s@%d", strings.ReplaceAll(schedule.ID, "/", "-"), at)),
		DefinitionKey: schedule.DefinitionKey, Node: schedule.Node, Cause: &core.Cause{Kind: "schedule", ID: schedule.ID, Depth: 1, Chain: []core.Link{{Kind: LinkSchedule, ID: schedule.ID, Key: schedule.DefinitionKey}}}})
	if errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrNotFound) || errors.Is(err, host.ErrHeld) {
		return nil
	}
	return err
}
