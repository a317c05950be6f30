package repair

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// Host is what carries out repairs.
type Host interface {
	Operate(ctx context.Context, id core.RunID, eventID, actor string, acts ...host.Act) (store.Run, error)
	Suspend(ctx context.Context, id core.RunID, eventID, who, reason string) (store.Run, error)
	Resume(ctx context.Context, id core.RunID, eventID, who, reason string) (store.Run, error)
	Migrate(ctx context.Context, id core.RunID, eventID, who string, to host.Move) (store.Run, core.Migration, error)
	Preview(ctx context.Context, id core.RunID, actor string, acts ...host.Act) (host.Preview, error)
	PreviewMigration(ctx context.Context, id core.RunID, to host.Move) (host.Preview, error)
	Step(ctx context.Context, id core.RunID) (store.Run, error)
	DropEvent(ctx context.Context, id core.RunID, eventID, drop string) (store.Run, error)
}

// Definitions reads processes.
type Definitions interface {
	Process(ctx context.Context, key string, version int) (json.RawMessage, error)
	// DraftGraph compiles the draft, with the number it would be published under.
	DraftGraph(ctx context.Context, key string) (int, *graph.Graph, error)
}

// People tells of users.
type People interface {
	Person(id string) (groups []string, active bool)
	Members(group string) []string
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Records tells whether a record is still there.
type Records interface {
	Title(ctx context.Context, recordType, id string) (string, error)
}

// Runs puts records into words.
type Runs interface {
	Lines(ctx context.Context, process json.RawMessage, records []core.Record, language string) ([]run.Line, error)
}

// Options are what a Service needs.
type Options struct {
	Documents   docstore.Store
	Engine      store.Store
	Host        Host
	Runs        Runs
	Definitions Definitions
	Tasks       Tasks
	People      People
	Records     Records
	Audit       *audit.Log
	Clock       clock.Clock
	Log         *slog.Logger
	Owner       string // of this process, for leases
}

// Service repairs runs. Safe for concurrent use.
type Service struct {
	Options
	jobs        docstore.Typed[Job]
	results     docstore.Typed[Result]
	suspensions docstore.Typed[Suspension]
	held        holding
	labels      labels
	wake        chan struct{} // capacity 1
}

// New opens the collections.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o, wake: make(chan struct{}, 1)}
	var err error
	if s.jobs, err = docstore.NewTyped[Job](ctx, o.Documents, docstore.Spec{Name: "repairJobs", Indexes: []docstore.Index{
		{Paths: []string{"open", "createdAt"}}, {Paths: []string{"createdAt"}},
	}}); err != nil {
		return nil, err
	}
	if s.results, err = docstore.NewTyped[Result](ctx, o.Documents, docstore.Spec{Name: "repairResults", Indexes: []docstore.Index{
		{Paths: []string{"job", "n"}}, {Paths: []string{"job", "status", "n"}},
	}}); err != nil {
		return nil, err
	}
	if s.suspensions, err = docstore.NewTyped[Suspension](ctx, o.Documents, docstore.Spec{Name: "suspensions"}); err != nil {
		return nil, err
	}
	return s, s.refresh(ctx)
}

// Verdicts of what a wish does to a run, beside those of a migration.
const (
	verdictDoes    = "does"
	verdictStays   = "stays"
	verdictKept    = "kept" // accepted, and applied when the run is resumed
	verdictCannot  = "cannot"
	verdictMoves   = "moves"
	verdictChoices = "needsChoice"
)

// After is where a run stands.
type After struct {
	Status    core.Status `json:"status"`
	Suspended bool        `json:"suspended"`
	Version   int         `json:"version"`
	Nodes     []string    `json:"nodes"`
	Names     []string    `json:"names,omitempty" doc:"of the nodes, in their order"`
	Waits     int         `json:"waits"`
	Incidents int         `json:"incidents"`
}

// Finding is one thing a migration meets in a run.
type Finding struct {
	Code    string `json:"code"`
	Verdict string `json:"verdict,omitempty"`
	Node    string `json:"node,omitempty"`
	Flow    string `json:"flow,omitempty"`
	Wait    string `json:"wait,omitempty"`
	Name    string `json:"name,omitempty"`
}

// Outcome is what a wish does to one run, in a preview or in fact. Why is a code
// for a run that it does nothing to.
type Outcome struct {
	Run         string     `json:"run"`
	Title       string     `json:"title"`
	Verdict     string     `json:"verdict" enum:"does,stays,kept,cannot,moves,needsChoice"`
	Why         string     `json:"why,omitempty"`
	Message     string     `json:"message,omitempty"`
	Step        int        `json:"step,omitempty" doc:"number of the step that a plan cannot do, from 1"`
	Lines       []run.Line `json:"lines,omitempty"`
	Findings    []Finding  `json:"findings,omitempty"`
	KeptWaits   int        `json:"keptWaits"`
	ClosedWaits int        `json:"closedWaits"`
	OpenedWaits int        `json:"openedWaits"`
	Before      After      `json:"before"`
	After       After      `json:"after"`

	added []string
}

func title(r store.Run) string {
	if r.RecordTitle != "" {
		return r.RecordTitle
	}
	return r.Name
}

// stand tells where a run is.
func stand(r store.Run, s *core.State) After {
	a := After{Status: r.Status, Suspended: r.Suspended, Version: r.Version, Incidents: r.Incidents, Nodes: []string{}}
	for _, n := range r.Nodes {
		a.Nodes = append(a.Nodes, string(n))
	}
	if s != nil {
		a.Waits = len(s.Waits())
	}
	return a
}

// would tells where a run would be.
func would(p host.Preview) After {
	a := After{Status: p.Next.Status(), Suspended: p.Run.Suspended, Version: p.Version.Number, Waits: len(p.Next.Waits()),
		Incidents: len(p.Next.Incidents()), Nodes: []string{}}
	for _, n := range p.Next.Nodes() {
		a.Nodes = append(a.Nodes, string(n.Node))
	}
	return a
}

// Preview tells what a wish would do to a run; nothing is stored.
func (s *Service) Preview(ctx context.Context, id string, w Wish, actor, language string) (Outcome, error) {
	return s.preview(ctx, id, w, actor, language, false)
}

func (s *Service) preview(ctx context.Context, id string, w Wish, actor, language string, bulk bool) (Outcome, error) {
	o, r, err := s.look(ctx, id, w, actor, language, bulk)
	if err != nil {
		return o, err
	}
	return o, s.call(ctx, &o, r)
}

// look is a preview before its places have names.
func (s *Service) look(ctx context.Context, id string, w Wish, actor, language string, bulk bool) (Outcome, store.Run, error) {
	if w.Action == "migrate" {
		if r, state, err := s.load(ctx, id); err == nil && state == nil {
			return unreadable(r, w), r, nil
		}
		p, err := s.Host.PreviewMigration(ctx, core.RunID(id), w.move())
		if err != nil {
			return Outcome{}, store.Run{}, missing(err)
		}
		o := Outcome{Run: id, Title: title(p.Run), Before: stand(p.Run, p.State), After: would(p)}
		o.read(p.Plan)
		if p.Plan.Verdict != core.Moves {
			o.After = o.Before
		}
		return o, p.Run, s.tell(ctx, &o, p, language)
	}
	r, state, err := s.load(ctx, id)
	if err != nil {
		return Outcome{}, r, err
	}
	o := Outcome{Run: id, Title: title(r), Before: stand(r, state), Verdict: verdictDoes}
	o.After = o.Before
	if store.Ended(r.Status) {
		o.Verdict, o.Why = verdictCannot, "run_ended"
		return o, r, nil
	}
	if w.Action == actionDropEvent {
		o.Verdict, o.Why = w.dropping(r, bulk)
		return o, r, nil
	}
	if w.Action == actionAssign {
		_, o.Why, err = s.seats(ctx, r, w)
		if o.Why != "" {
			o.Verdict = verdictCannot
		}
		return o, r, err
	}
	if state == nil {
		return unreadable(r, w), r, nil
	}
	acts, why := w.acts(state, r, bulk)
	if why != "" {
		o.Verdict, o.Why = verdictStays, why
		if !bulk {
			o.Verdict = verdictCannot
		}
		return o, r, nil
	}
	if r.Status == core.Quarantined && w.Action != "cancel" {
		// The step that broke down would break down here as well.
		if w.Action == "resume" || w.Action == "suspend" {
			o.After.Suspended, o.After.Status = w.Action == "suspend", core.Active
			return o, r, nil
		}
		o.Verdict, o.Why = verdictKept, "kept_until_resume"
		return o, r, nil
	}
	p, err := s.Host.Preview(ctx, core.RunID(id), actor, acts...)
	if err != nil {
		return Outcome{}, r, missing(err)
	}
	o.After = would(p)
	for _, rec := range p.Records {
		if rec.Kind == core.RecordEventIgnored && rec.Actor == actor {
			code, _ := rec.Body["code"].(string)
			if code == "" {
				code = "refused"
			}
			o.Verdict, o.Why, o.Message, o.Step, o.After = verdictCannot, code, rec.Reason, blocked(rec), o.Before
			return o, r, nil
		}
	}
	switch {
	case w.Action == "suspend":
		o.After.Suspended = true
	case w.Action == "resume":
		o.After.Suspended = false
	case (r.Suspended || s.Held(r.DefinitionKey)) && w.Action != "cancel" && w.Action != "setVariables":
		o.Verdict, o.Why = verdictKept, "kept_until_resume"
	}
	o.count(state, p.Next)
	return o, r, s.tell(ctx, &o, p, language)
}

// unreadable is what a wish does to a run whose state cannot be read: only
// canceling needs none.
func unreadable(r store.Run, w Wish) Outcome {
	o := Outcome{Run: string(r.ID), Title: title(r), Before: stand(r, nil), Verdict: verdictDoes}
	o.After = o.Before
	switch {
	case store.Ended(r.Status):
		o.Verdict, o.Why = verdictCannot, "run_ended"
	case w.Action == "cancel":
		o.After = After{Status: core.Canceled, Version: r.Version, Nodes: []string{}}
	default:
		o.Verdict, o.Why = verdictCannot, "state_unreadable"
	}
	return o
}

// count compares the open waits.
func (o *Outcome) count(before, after *core.State) {
	had := before.Waits()
	for _, w := range after.Waits() {
		if slices.ContainsFunc(had, func(h core.Wait) bool { return h.ID == w.ID }) {
			o.KeptWaits++
		} else {
			o.OpenedWaits++
		}
	}
	o.ClosedWaits = len(had) - o.KeptWaits
}

// read takes over what a migration says.
func (o *Outcome) read(m *core.Migration) {
	o.Verdict, o.added = string(m.Verdict), m.Added
	o.KeptWaits, o.ClosedWaits, o.OpenedWaits = len(m.Kept), len(m.Closed), len(m.Opened)
	for _, f := range m.Findings {
		o.Findings = append(o.Findings, Finding{Code: f.Code, Verdict: string(f.Verdict), Node: string(f.Node), Flow: string(f.Flow), Wait: string(f.Wait), Name: f.Name})
		if o.Why == "" && f.Verdict == m.Verdict {
			o.Why = f.Code
		}
	}
}

// tell puts what would happen into words.
func (s *Service) tell(ctx context.Context, o *Outcome, p host.Preview, language string) error {
	if len(p.Records) == 0 || language == "" {
		return nil
	}
	process, err := s.Definitions.Process(ctx, p.Run.DefinitionKey, max(p.Version.Number, 1))
	if err != nil {
		return err
	}
	const most = 100 // a long drain is not read by anybody
	o.Lines, err = s.Runs.Lines(ctx, process, p.Records[:min(len(p.Records), most)], language)
	return err
}

// load reads a run. A state that cannot be read is nil; such a run can be canceled.
func (s *Service) load(ctx context.Context, id string) (store.Run, *core.State, error) {
	r, err := s.Engine.Load(ctx, core.RunID(id))
	if err != nil {
		return r, nil, missing(err)
	}
	state := core.NewState(r.ID)
	if len(r.State) > 0 {
		if state, err = codec.Decode(r.State); err != nil {
			s.Log.ErrorContext(ctx, "the state of a run cannot be read", "run", id, "error", err)
			return r, nil, nil
		}
	}
	return r, state, nil
}

func missing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return problem.NotFound("run").Because(err)
	}
	return err
}

// Act does what is wished to one run. What cannot be done is refused with the
// reason, and nothing is written.
func (s *Service) Act(ctx context.Context, id string, w Wish, actor, key string) (Outcome, error) {
	if err := w.Check(); err != nil {
		return Outcome{}, err
	}
	o, err := s.preview(ctx, id, w, actor, "", false)
	if err != nil {
		return o, err
	}
	switch {
	case o.Why == "run_ended":
		return o, problem.New("run_ended")
	case o.Why == "several_incidents":
		return o, problem.Invalid("/incident", "required", "")
	case w.Action == actionPlan && o.Step > 0:
		return o, refusal(o.Why, o.Message).With("step", o.Step)
	case o.Why == "port_needed" || o.Verdict == verdictCannot && w.Action == "skip" && w.Port == "":
		return o, problem.Invalid("/port", "required", o.Message)
	case o.Verdict == verdictCannot || o.Verdict == verdictChoices || o.Verdict == verdictStays:
		return o, refusal(o.Why, o.Message).With("findings", o.Findings)
	}
	return s.apply(ctx, id, w, actor, key, false)
}

// refusal is the answer to what cannot be done.
func refusal(code, message string) *problem.Problem {
	if message == "" {
		message = inWords(code)
	}
	return problem.New("action_refused", "why", message).With("reason", code)
}

// inWords says in English why something is refused; the interface translates the
// code.
func inWords(code string) string {
	switch code {
	case "no_incident":
		return "the run has no open incident"
	case "incident_closed":
		return "the incident is not open any more"
	case "is_suspended":
		return "the run is suspended already"
	case "not_suspended":
		return "the run is not suspended"
	case "same_version":
		return "the run is at this version already"
	case "state_unreadable":
		return "the state of the run cannot be read; it can only be canceled"
	case "not_held":
		return "the run is not suspended: its events are being applied"
	case "event_gone":
		return "the event is not kept any more"
	case "no_task":
		return "no open task of the run is meant"
	case "person_unknown":
		return "there is no such person, or the account is disabled"
	case "has_task_already":
		return "this person has the task already"
	case "asked_for_it":
		return "whoever has asked for an approval does not decide it"
	case "several_people":
		return "several people have the task; say whose is handed over"
	}
	return "the run cannot be moved as it is (" + code + ")"
}

// apply carries a wish out. It may be repeated under the same key: what was done
// is not done again.
func (s *Service) apply(ctx context.Context, id string, w Wish, actor, key string, bulk bool) (Outcome, error) {
	r, state, err := s.load(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	o := Outcome{Run: id, Title: title(r), Verdict: verdictDoes, Before: stand(r, state)}
	if state == nil && w.Action != "cancel" && w.Action != actionAssign {
		return unreadable(r, w), nil
	}
	switch w.Action {
	case "migrate":
		var plan core.Migration
		_, plan, err = s.Host.Migrate(ctx, r.ID, key, actor, w.move())
		if err == nil {
			o.read(&plan)
		} else if errors.Is(err, store.ErrDuplicate) {
			o.Verdict = verdictMoves
		}
	case "suspend":
		_, err = s.Host.Suspend(ctx, r.ID, key, actor, w.Reason)
	case "resume":
		_, err = s.Host.Resume(ctx, r.ID, key, actor, w.Reason)
	case actionDropEvent:
		_, err = s.Host.DropEvent(ctx, r.ID, key, w.Event)
	case actionAssign:
		if o.Why, err = s.assign(ctx, r, w, actor); o.Why != "" {
			o.Verdict = verdictStays
		}
	default:
		var acts []host.Act
		if acts, o.Why = w.acts(state, r, bulk); o.Why != "" {
			o.Verdict = verdictStays
		}
		if len(acts) > 0 {
			_, err = s.Host.Operate(ctx, r.ID, key, actor, acts...)
		}
		if len(acts) > 0 && (r.Suspended || r.Status == core.Quarantined) && w.Action != "cancel" && w.Action != "setVariables" {
			o.Verdict, o.Why = verdictKept, "kept_until_resume"
		}
	}
	switch {
	case errors.Is(err, store.ErrDuplicate): // done before a crash
	case errors.Is(err, host.ErrMoving): // resumed since it was looked at
		return o, refusal("not_held", "")
	case w.Action == actionDropEvent && errors.Is(err, store.ErrNotFound):
		return o, refusal("event_gone", "")
	case errors.Is(err, store.ErrFinished):
		if !bulk {
			return o, problem.New("run_ended").Because(err)
		}
		o.Verdict, o.Why = verdictCannot, "run_ended"
	case err != nil:
		return o, missing(err)
	}
	after, next, err := s.load(ctx, id)
	if err != nil {
		return o, err
	}
	o.After = stand(after, next)
	if w.Action != "migrate" && state != nil && next != nil {
		o.count(state, next)
	}
	return o, s.call(ctx, &o, after)
}

// note writes the audit entry of an act on one run. Source makes it one, however
// often it is written.
func (s *Service) note(ctx context.Context, source, cause, actor string, w Wish, o Outcome) error {
	before, after := Told(w, o)
	detail, err := json.Marshal(map[string]any{"before": before, "after": after})
	if err != nil {
		return fmt.Errorf("audit of run %s: %w", o.Run, err)
	}
	return s.Audit.Append(ctx, audit.Entry{At: docstore.At(s.Clock.Now()), Actor: actor, Action: "run." + w.Action, Object: "run:" + o.Run,
		Cause: cause, Source: source, Detail: detail})
}

// Told is what the audit trail keeps of an act: where the run stood, where it
// stands, and what was asked for.
func Told(w Wish, o Outcome) (before, after map[string]any) {
	of := func(a After) map[string]any {
		return map[string]any{"status": a.Status, "suspended": a.Suspended, "version": a.Version, "nodes": a.Nodes, "incidents": a.Incidents}
	}
	before, after = of(o.Before), of(o.After)
	for name, value := range map[string]string{"process": o.Title, "reason": w.Reason, "node": w.Node, "to": w.To, "place": w.Place, "port": w.Port,
		"incident": w.Incident, "scope": w.Scope, "event": w.Event, "verdict": o.Verdict, "person": w.Person, "from": w.From} {
		if value != "" {
			after[name] = value
		}
	}
	if len(w.Variables) > 0 {
		after["variables"] = w.Variables
	}
	if len(w.Steps) > 0 {
		after["steps"] = w.told()
	}
	return before, after
}
