// Package trial plays a whole pipeline: a copy of a record moves through the stages
// of a board, saved or not, under a clock that is moved by hand. The record, its
// clients and its story live in a store over the real one that forgets everything;
// robots do their real work there, and what would have left is kept in an outbox.
//
// A trial is a list of acts that is played from its beginning each time, so that
// nothing is kept between two requests, the same acts give the same trial, and a list
// of acts can be saved and played again.
//
// Entry points: Service.Play, act.go (what can be done), log.go (what is told).
package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/resolve"
)

// Limits of a trial.
const (
	MaxActs = 500
	limit   = 20 * time.Second
	// furthest is how far a trial may go at once: further is a slip of the pen.
	furthest = 10 * 366 * 24 * time.Hour
	// atOnce is how many are played at the same time: each keeps a processor busy.
	atOnce = 2
)

// latest is where the clock of a trial ends: what is due a century later still has a
// year of four digits.
var latest = time.Date(9800, 1, 1, 0, 0, 0, 0, time.UTC)

// World is what robots work on in one trial: made anew for each.
type World struct {
	CRM *crm.Service
	// View is a record as expressions see it, and Cover takes names out of changes:
	// without the clients that whoever plays may not see.
	View       func(ctx context.Context, recordType, id string) (map[string]any, error)
	Cover      func(ctx context.Context, recordType string, changes map[string]crm.FieldChange) error
	Documents  docstore.Store // of the CRM and of all others here
	Activities *activity.Service
	Triggered  trigger.Records
	People     trigger.People
	Catalog    *robot.Catalog
	Facts      *resolve.Service
	// Outgoing is what the robot that works now has sent.
	Outgoing *Outgoing
	// Arrive lets a person be at work, whatever the calendar says.
	Arrive func(user string)
}

// Outgoing gathers what robots send, and the processes that they start.
type Outgoing struct {
	Items  []Item
	Starts []Start
}

// Start is a process that a robot starts. It is played in the trial.
type Start struct {
	ID, Process          string
	Parameters           map[string]any
	RecordType, RecordID string
	StartedBy, CauseRun  string
	Depth                int
	// ParentEffect awaits its end, "" when nobody does.
	ParentEffect string
}

// Item is one thing that would have left.
type Item struct {
	Kind    string   `json:"kind" enum:"mail,notification,post,webhook,process,document"`
	To      []string `json:"to" nullable:"false"`
	Subject string   `json:"subject,omitempty"`
	Text    string   `json:"text,omitempty"`
}

// Add notes one thing.
func (o *Outgoing) Add(i Item) {
	const most = 4000
	if len(i.Text) > most {
		i.Text = strings.ToValidUTF8(i.Text[:most], "") + "…"
	}
	if i.To == nil {
		i.To = []string{}
	}
	o.Items = append(o.Items, i)
}

// Definitions are the processes beside those of the board.
type Definitions interface {
	automation.Rules
	Graph(ctx context.Context, key string, number int) (*graph.Graph, error)
}

// Options are what a Service needs.
type Options struct {
	Boards      *board.Service
	Definitions Definitions
	Compile     definition.Checker
	World       func(ctx context.Context, c *clock.Fake) (*World, error)
	Compiler    *expr.Compiler
	Clock       clock.Clock
	Zone        *time.Location
	Log         *slog.Logger
}

// Service plays trials. Safe for concurrent use.
type Service struct {
	Options
	playing *semaphore.Weighted
}

// New makes a service.
func New(o Options) *Service { return &Service{o, semaphore.NewWeighted(atOnce)} }

// Subject is the record of a trial: a copy of a real one, or one that is made up.
type Subject struct {
	ID    string           `json:"id,omitempty" maxLength:"200" doc:"of the record that is copied"`
	New   *crm.RecordPatch `json:"new,omitempty" doc:"the record that is made up"`
	Stage string           `json:"stage,omitempty" maxLength:"100" doc:"where it enters; absent = the first stage"`
}

// Request asks for a trial.
type Request struct {
	Stages []board.Stage    `json:"stages,omitempty" maxItems:"100" doc:"a board that is not saved; absent = the saved one"`
	Record Subject          `json:"record"`
	At     docstore.Instant `json:"at,omitzero" doc:"where the clock begins; absent = now"`
	Acts   []Act            `json:"acts,omitempty" maxItems:"500"`
}

// Stage is a stage with its robots as they stand for the record.
type Stage struct {
	Stage   string             `json:"stage"`
	Name    string             `json:"name"`
	Current bool               `json:"current"`
	Entries int                `json:"entries" doc:"times that the record has entered"`
	Robots  []board.RobotState `json:"robots" nullable:"false" doc:"in its newest entry"`
}

// Task is what a person is asked to do.
type Task struct {
	Wait     string          `json:"wait"`
	Kind     string          `json:"kind" doc:"task, or effect for a robot that waits for something from outside"`
	Stage    string          `json:"stage,omitempty"`
	Robot    string          `json:"robot,omitempty"`
	Node     string          `json:"node"`
	Name     string          `json:"name"`
	Users    []string        `json:"users" nullable:"false"`
	Groups   []string        `json:"groups" nullable:"false"`
	DueAt    *time.Time      `json:"dueAt,omitempty"`
	Outcomes []Outcome       `json:"outcomes" nullable:"false"`
	Config   json.RawMessage `json:"config,omitempty"`
}

// Outcome is one of the answers to a task.
type Outcome struct {
	Name  string `json:"name"`
	Label string `json:"label,omitempty"`
}

// Sent is what one robot did, or would have done outside.
type Sent struct {
	N      int             `json:"n"`
	At     time.Time       `json:"at"`
	Stage  string          `json:"stage,omitempty"`
	Robot  string          `json:"robot,omitempty"`
	Key    string          `json:"key" doc:"of the robot"`
	Title  string          `json:"title" doc:"in the reader's language"`
	Name   string          `json:"name"`
	Leaves bool            `json:"leaves" doc:"it would have left this installation"`
	Record string          `json:"record,omitempty" doc:"another record than that of the trial"`
	Config json.RawMessage `json:"config,omitempty"`
	Items  []Item          `json:"items" nullable:"false"`
	Result map[string]any  `json:"result,omitempty"`
	Code   string          `json:"code,omitempty" doc:"of its failure"`
	Reason string          `json:"reason,omitempty"`

	effect string
}

// Report is a trial that was played.
type Report struct {
	At       time.Time      `json:"at" doc:"where the clock stands"`
	Type     string         `json:"type"`
	Record   map[string]any `json:"record" doc:"as expressions see it; null when it was deleted"`
	Stage    string         `json:"stage"`
	Deleted  bool           `json:"deleted"`
	Stages   []Stage        `json:"stages" nullable:"false"`
	Tasks    []Task         `json:"tasks" nullable:"false"`
	Next     *time.Time     `json:"next,omitempty" doc:"when something is due next"`
	Log      []Line         `json:"log" nullable:"false"`
	Outbox   []Sent         `json:"outbox" nullable:"false"`
	Acts     int            `json:"acts" doc:"that were played"`
	Problems []string       `json:"problems" nullable:"false" doc:"why it was broken off"`
}

// Play plays a trial.
//
// covers H-04, B-73, B-74, U-40, U-57
func (s *Service) Play(ctx context.Context, by board.By, pipeline string, r Request) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := s.playing.Acquire(ctx, 1); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return Report{}, problem.New("too_many_requests")
		}
		return Report{}, err
	}
	defer s.playing.Release(1)
	p, err := s.begin(ctx, by, pipeline, r)
	if errors.Is(err, context.DeadlineExceeded) {
		return Report{}, problem.New("action_refused", "why", fmt.Sprintf("the trial took longer than %s before it began", limit))
	}
	if err != nil {
		return Report{}, err
	}
	err = p.enter(r.Record)
	for i := 0; err == nil && i < len(r.Acts); i++ {
		p.act = i + 1
		if err = p.do(r.Acts[i]); err == nil {
			err = p.session.Settle()
		}
		p.played = p.act
	}
	var refused *problem.Problem
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Report{}, problem.New("action_refused", "why", fmt.Sprintf("the trial took longer than %s; act %d was under way", limit, p.act))
	case ctx.Err() != nil, errors.As(err, &refused):
		return Report{}, err
	case err != nil:
		p.problems = append(p.problems, err.Error())
	}
	return p.report()
}

// play is one trial under way.
type play struct {
	*Service
	ctx      context.Context
	by       board.By
	draft    board.Draft
	stages   map[string]board.Compiled // by definition
	clock    *clock.Fake
	world    *World
	session  *rehearsal.Session
	starts   *automation.Service
	triggers *trigger.Service
	follow   func(ctx context.Context, d docstore.Delivery) error

	record core.RecordRef
	stage  string
	gone   bool

	act      int // 0 = the entry
	played   int
	drained  int // records of the session that are in the log
	log      []Line
	sent     []Sent
	told     map[string]bool // what triggers did, by happening and trigger
	runs     []core.RunID    // of stages, about the record, in order
	runStage map[core.RunID]string
	about    map[core.RunID]string // record of a run
	problems []string
	starting []Start              // processes that robots have asked for
	awaiting map[core.WaitID]bool // robots that wait for the end of one of them
}

// begin makes the world of a trial.
func (s *Service) begin(ctx context.Context, by board.By, pipeline string, r Request) (*play, error) {
	if len(r.Acts) > MaxActs {
		return nil, problem.Invalid("/acts", "too_many", "")
	}
	if r.At.After(latest) {
		return nil, problem.Invalid("/at", "out_of_range", "")
	}
	draft, err := s.Boards.Draft(ctx, by, pipeline, r.Stages)
	if err != nil {
		return nil, err
	}
	at := s.Clock.Now().UTC().Truncate(time.Minute)
	if !r.At.IsZero() {
		at = r.At.Time
	}
	p := &play{Service: s, ctx: ctx, by: by, draft: draft, stages: map[string]board.Compiled{}, clock: clock.NewFake(at), told: map[string]bool{}, awaiting: map[core.WaitID]bool{},
		runStage: map[core.RunID]string{}, about: map[core.RunID]string{}, log: []Line{}, sent: []Sent{}, problems: []string{}}
	var defs []rehearsal.Definition
	for _, c := range draft.Compiled {
		def, err := graph.Parse(c.Process)
		if err != nil {
			return nil, fmt.Errorf("stage %s of %s: %w", c.Stage, pipeline, err)
		}
		g, findings := s.Compile(def)
		if g == nil {
			return nil, problem.New("findings").With("findings", findings)
		}
		p.stages[c.Key] = c
		defs = append(defs, rehearsal.Definition{Key: c.Key, Name: def.Name, Graph: g})
	}
	if p.world, err = s.World(ctx, p.clock); err != nil {
		return nil, err
	}
	w := p.world
	if p.session, err = rehearsal.Lead(ctx, defs, s.Zone.String(), rehearsal.Options{Facts: w.Facts, Resolver: w.Facts, Logger: s.Log, Find: definition.Finder(s.Definitions),
		Clock: p.clock, Perform: p.perform, React: p.react}); err != nil {
		return nil, err
	}
	p.starts = automation.New(automation.Options{Rules: p, Records: w.CRM, Host: p.session, Facts: w.Facts, Compiler: s.Compiler, Clock: p.clock, Log: s.Log,
		Causes: p.session})
	p.follow = automation.Follow(p.session, w.CRM)
	p.triggers, err = trigger.New(ctx, trigger.Options{Store: w.Documents, People: w.People, Boards: p, Records: w.Triggered, Entries: w.CRM, Causes: p.session,
		Facts: w.Facts, Compiler: s.Compiler, Clock: p.clock, Log: s.Log})
	return p, err
}

// Rules implements automation.Rules: the stages of the board that is tried, and
// whatever else is published but what the board has replaced.
func (p *play) Rules(ctx context.Context, on string) ([]definition.StartRule, error) {
	all, err := p.Definitions.Rules(ctx, on)
	if err != nil {
		return nil, err
	}
	var out []definition.StartRule
	if on == "stageEntered" {
		for _, c := range p.draft.Compiled {
			r := definition.StartRule{DefinitionKey: c.Key, Name: p.draft.Pipeline.Name, Version: 1, Node: c.Node, On: on, Type: p.draft.Pipeline.Type,
				Pipeline: p.draft.Pipeline.ID, Stage: c.Stage, Entry: true}
			r.ID = c.Key + "/" + c.Node
			out = append(out, r)
		}
	}
	ours := map[string]bool{}
	for _, key := range p.draft.Keys {
		ours[key] = true
	}
	for _, r := range all {
		if !ours[r.DefinitionKey] {
			out = append(out, r)
		}
	}
	return out, nil
}

// Hook implements automation.Rules: nobody calls from outside.
func (p *play) Hook(context.Context, string, string) (definition.StartRule, error) {
	return definition.StartRule{}, problem.NotFound("address")
}

// Latest implements automation.Rules.
func (p *play) Latest(ctx context.Context, key string) (int, *graph.Graph, error) {
	return p.Definitions.Latest(ctx, key)
}

// Triggers implements trigger.Boards: those of the board that is tried.
func (p *play) Triggers(ctx context.Context, recordType, pipeline string) ([]trigger.Placed, error) {
	if pipeline != p.draft.Pipeline.ID {
		return p.Boards.Triggers(ctx, recordType, pipeline)
	}
	var out []trigger.Placed
	for _, stage := range p.draft.Stages {
		for _, t := range stage.Triggers {
			out = append(out, trigger.Placed{Trigger: t, Stage: stage.Stage})
		}
	}
	return out, nil
}

// enter makes the record and lets it enter its first stage.
func (p *play) enter(of Subject) error {
	pipe := p.draft.Pipeline
	stage := of.Stage
	if stage == "" {
		stage = pipe.Stages[0].ID
	}
	by := crm.Change{Actor: p.by.Actor}
	var made crm.Record
	var err error
	switch {
	case of.ID != "":
		from, readErr := p.world.CRM.Record(p.ctx, pipe.Type, of.ID)
		if readErr != nil {
			return readErr
		}
		made, err = p.world.CRM.CopyRecord(p.ctx, by, pipe.Type, of.ID, crm.CopyOptions{Pipeline: pipe.ID, Stage: stage, Title: from.Title})
	case of.New != nil:
		made, err = p.world.CRM.CreateRecord(p.ctx, by, pipe.Type, pipe.ID, stage, *of.New)
	default:
		return problem.Invalid("/record", "required", "choose a record, or make one up")
	}
	if err != nil {
		return err
	}
	p.record, p.stage = core.RecordRef{Type: pipe.Type, ID: made.ID}, made.StageID
	return p.session.Settle()
}
