package board

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// Kinds of the events of boards, for the relay and the audit trail.
const (
	EventChanged = "stageBoard.changed"
	EventKept    = "stageBoard.kept"
)

// edit is the body of the events.
type edit struct {
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
	Name   string `json:"name"`
}

// keeping says which process was made of a stage.
type keeping struct {
	Stage   string `json:"stage"`
	Process string `json:"process"`
	Replace bool   `json:"replace,omitempty"`
}

// Whom a robot may run as, beside a user.
const (
	AsResponsible = "responsible"
	AsInitiator   = "initiator"
)

// Records is the CRM as far as boards need it.
type Records interface {
	Pipeline(ctx context.Context, id string) (crm.Pipeline, error)
	// HoldsRecords tells whether a pipeline has records, in the bin or not.
	HoldsRecords(ctx context.Context, pipeline string) (bool, error)
	Fields(ctx context.Context, recordType string) ([]crm.Field, error)
	RecordType(ctx context.Context, key string) (crm.RecordType, error)
	View(ctx context.Context, recordType, id string) (map[string]any, error)
}

// Definitions publishes what is compiled.
type Definitions interface {
	Inspect(process json.RawMessage) []graph.Finding
	PublishCompiled(ctx context.Context, key, board string, process json.RawMessage, actor string) (definition.Published, error)
	WithdrawCompiled(ctx context.Context, key, board, actor string) error
	Compiled(ctx context.Context, key string) (definition.Compiled, error)
	Process(ctx context.Context, key string, version int) (json.RawMessage, error)
	Summary(ctx context.Context, key string) (definition.Summary, error)
	Get(ctx context.Context, key string) (definition.Detail, error)
	Update(ctx context.Context, key string, rev int64, c definition.Change, actor string) (definition.Detail, error)
	Delete(ctx context.Context, key string, rev int64, actor string) error
	Copy(ctx context.Context, key string, version int, name, actor string) (definition.Detail, error)
	Publish(ctx context.Context, key string, rev int64, note string, confirm []string, actor string) (definition.Published, error)
}

// Runs reads runs.
type Runs interface {
	Get(ctx context.Context, id string) (run.Detail, error)
	List(ctx context.Context, q run.Query) ([]run.Summary, string, error)
}

// Engine reads the history of runs.
type Engine interface {
	store.Records
}

// Host carries out what is done by hand.
type Host interface {
	Operate(ctx context.Context, id core.RunID, eventID, actor string, acts ...host.Act) (store.Run, error)
}

// Options are what a Service needs.
type Options struct {
	Store       docstore.Store
	Records     Records
	Definitions Definitions
	Runs        Runs
	Engine      Engine
	Host        Host
	// Robot tells the further exits of a robot, false when there is none.
	Robot func(key string) (ports []string, ok bool)
	// Title names a robot for people.
	Title func(key, language string) string
	// Trigger finds what is wrong with the config of a kind of trigger, false when
	// there is no such kind.
	Trigger func(kind string, config []byte) ([]graph.ConfigProblem, bool)
	// Schema and TriggerSchema give the schemas of the configs of robots and of triggers:
	// they say which values are names.
	Schema, TriggerSchema func(subject string) map[string]any
	Compiler              *expr.Compiler
	Clock                 clock.Clock
	// Person tells whether somebody is an active user.
	Person func(id string) bool
}

// Service keeps boards. Safe for concurrent use.
type Service struct {
	Options
	boards docstore.Typed[stored]
	placed placed
}

// Collection is where boards are kept.
const Collection = "stageBoards"

// New opens the collection.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o}
	var err error
	s.boards, err = docstore.NewTyped[stored](ctx, o.Store, docstore.Spec{Name: Collection})
	return s, err
}

// Get reads the board of a pipeline; one that nobody has changed yet is empty.
func (s *Service) Get(ctx context.Context, pipeline string) (Board, error) {
	p, err := s.Records.Pipeline(ctx, pipeline)
	if err != nil {
		return Board{}, err
	}
	kept, err := s.load(ctx, pipeline)
	if err != nil {
		return Board{}, err
	}
	return s.show(ctx, p, kept)
}

func (s *Service) load(ctx context.Context, pipeline string) (stored, error) {
	kept, err := s.boards.Get(ctx, pipeline)
	if errors.Is(err, docstore.ErrNotFound) {
		return stored{Entity: docstore.Entity{ID: pipeline}}, nil
	}
	if err != nil {
		return kept, fmt.Errorf("read stage board %s: %w", pipeline, err)
	}
	return kept, nil
}

func (s *Service) show(ctx context.Context, p crm.Pipeline, kept stored) (Board, error) {
	b := Board{Entity: kept.Entity, Type: p.Type, Name: p.Name, Stages: make([]Stage, 0, len(p.Stages))}
	round, err := s.circles(ctx, p, kept)
	if err != nil {
		return b, err
	}
	for _, stage := range p.Stages {
		one := kept.of(stage.ID)
		view := Stage{Stage: stage.ID, Robots: one.Robots, Triggers: one.Triggers, Findings: []graph.Finding{}}
		if view.Robots == nil {
			view.Robots = []Robot{}
		}
		if view.Triggers == nil {
			view.Triggers = []trigger.Trigger{}
		}
		for _, key := range one.Kept {
			d, err := s.Definitions.Summary(ctx, key)
			if gone(err) {
				continue
			}
			if err != nil {
				return b, err
			}
			v := Process{Key: key, Name: d.Name}
			if d.PublishedVersion != nil {
				v.Version = *d.PublishedVersion
			}
			view.Kept = append(view.Kept, v)
		}
		if len(one.Robots) > 0 {
			key := kept.Keys[stage.ID]
			d, err := s.Definitions.Compiled(ctx, key)
			if err != nil {
				return b, err
			}
			if d.Board == p.ID && d.Version > 0 {
				view.Process = &Process{Key: key, Version: d.Version}
			}
			if view.Findings, err = s.findings(p, stage, kept, ""); err != nil {
				return b, err
			}
			view.Findings = append(view.Findings, round[stage.ID]...)
		}
		view.Findings = append(view.Findings, settled(s.Compiler, one.Triggers)...)
		b.Stages = append(b.Stages, view)
	}
	return b, nil
}

func (s *Service) compile(p crm.Pipeline, stage crm.Stage, kept stored) (compiled, error) {
	return compile(p, stage, kept.Keys[stage.ID], kept.of(stage.ID).Robots, wordsIn(kept.Language),
		func(key string) []string { ports, _ := s.Robot(key); return ports },
		func(key string) string { return s.Title(key, kept.Language) })
}

func (s *Service) findings(p crm.Pipeline, stage crm.Stage, kept stored, at string) ([]graph.Finding, error) {
	c, err := s.compile(p, stage, kept)
	if err != nil {
		return nil, err
	}
	return translate(s.Definitions.Inspect(c.process), c, at), nil
}

// By says who changes a board, and in which language.
type By struct{ Actor, Language string }

// Put replaces a board. Entries after it follow the new rules, records that are
// on a stage keep those with which they entered.
//
// covers B-13, B-62
func (s *Service) Put(ctx context.Context, by By, pipeline string, rev int64, stages []Stage) (Board, error) {
	p, err := s.Records.Pipeline(ctx, pipeline)
	if err != nil {
		return Board{}, err
	}
	before, err := s.load(ctx, pipeline)
	if err != nil {
		return Board{}, err
	}
	if before.Rev != rev {
		return Board{}, s.stale(ctx, p, before)
	}
	after, wrong, err := s.prepare(ctx, by, p, before, stages)
	if err != nil {
		return Board{}, err
	}
	if err := refused(wrong); err != nil {
		return Board{}, err
	}
	event, err := docstore.NewEvent(EventChanged, edit{before.Stages, after.Stages, p.Name})
	if err != nil {
		return Board{}, err
	}
	event.Actor = by.Actor
	saved, err := s.boards.Save(ctx, after, event)
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
		current, err := s.load(ctx, pipeline)
		if err != nil {
			return Board{}, err
		}
		return Board{}, s.stale(ctx, p, current)
	}
	if err != nil {
		return Board{}, fmt.Errorf("save stage board %s: %w", pipeline, err)
	}
	s.placed.forget()
	if err := s.publish(ctx, p, saved, by.Actor); err != nil {
		return Board{}, err
	}
	return s.show(ctx, p, saved)
}

func personal(stages []Stage) bool {
	for _, s := range stages {
		for _, r := range s.Robots {
			if r.Timing.WorkingTime != nil && r.Timing.WorkingTime.Responsible {
				return true
			}
		}
	}
	return false
}

func (s *Service) stale(ctx context.Context, p crm.Pipeline, current stored) error {
	b, err := s.show(ctx, p, current)
	if err != nil {
		return err
	}
	return problem.Stale(b)
}

func (s *Service) known(ctx context.Context, recordType string) (known, error) {
	fields, err := s.Records.Fields(ctx, recordType)
	if err != nil {
		return known{}, err
	}
	k := known{person: s.Person, trigger: s.Trigger, condition: func(source string) error { _, err := s.Compiler.Compile(source, nil); return err }, robots: func(key string) bool { _, ok := s.Robot(key); return ok }}
	for _, f := range fields {
		if f.Type == "date" {
			k.dates = append(k.dates, f.Name)
		}
	}
	return k, nil
}

// name finds the definitions of stages that have none yet. Two names may be put
// together alike ("a" and "b-c", "a-b" and "c"), or be too long.
func (s *Service) name(ctx context.Context, p crm.Pipeline, b *stored) error {
	for _, c := range b.Stages {
		if b.Keys[c.Stage] != "" || len(c.Robots) == 0 {
			continue
		}
		base := "stage-" + p.ID + "-" + c.Stage
		sum := sha256.Sum256([]byte(p.ID + "\x00" + c.Stage))
		marked := strings.TrimRight(base[:min(len(base), 50)], "-") + "-" + hex.EncodeToString(sum[:6])
		key := marked
		if len(base) <= 63 {
			d, err := s.Definitions.Compiled(ctx, base)
			if err != nil {
				return err
			}
			taken := slices.ContainsFunc(b.Stages, func(o content) bool { return o.Stage != c.Stage && b.Keys[o.Stage] == base })
			if !taken && (d.Board == p.ID || !d.Exists) {
				key = base
			}
		}
		b.Keys[c.Stage] = key
	}
	return nil
}

// publish makes the definitions follow a board. It is idempotent: saving calls
// it, and so does the delivery of the event, in case the first call was cut short.
//
// Whoever saves a board and the consumer of its event publish it side by side: the
// slower one finds the process changed and looks again.
func (s *Service) publish(ctx context.Context, p crm.Pipeline, b stored, actor string) error {
	for _, stage := range slices.Sorted(maps.Keys(b.Keys)) {
		key := b.Keys[stage]
		at, there := p.Stage(stage)
		if !there || len(b.of(stage).Robots) == 0 {
			if err := s.Definitions.WithdrawCompiled(ctx, key, p.ID, actor); err != nil {
				return err
			}
			continue
		}
		c, err := s.compile(p, at, b)
		if err != nil {
			return err
		}
		if _, err := s.Definitions.PublishCompiled(ctx, key, p.ID, c.process, actor); err != nil {
			return err
		}
	}
	return nil
}

// Deliver is the relay's consumer of what happens to boards.
func (s *Service) Deliver(ctx context.Context, d docstore.Delivery) error {
	s.placed.forget()
	p, err := s.Records.Pipeline(ctx, d.DocumentID)
	if err != nil && !gone(err) {
		return err
	}
	b, e := s.load(ctx, d.DocumentID)
	if e != nil {
		return e
	}
	if err != nil {
		// The pipeline was deleted while the board was saved, or has taken it along.
		if len(b.Stages) > 0 {
			return s.abandon(ctx, d.DocumentID, d.Event.Actor)
		}
		return s.withdraw(ctx, b, d.Event.Actor)
	}
	return s.publish(ctx, p, b, d.Event.Actor)
}
