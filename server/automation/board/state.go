package board

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/automation/explain"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// States of a robot for one record.
const (
	Waiting    = "waiting"         // until its time, or until its date is entered
	WaitsTurn  = "waitingPrevious" // for the one before
	Running    = "running"         // it is at work
	Done       = "done"
	Failed     = "failed"   // with an open incident, or for good
	Skipped    = "skipped"  // its condition did not hold
	Disabled   = "disabled" // it was switched off
	Canceled   = "canceled" // it will not run in this entry any more
	NeverArmed = "notArmed" // the record had entered before
)

// Asked is a condition with its result.
type Asked struct {
	Expression string `json:"expression"`
	Result     bool   `json:"result"`
}

// Value is what a condition saw.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// RobotIncident is the open incident of a robot.
type RobotIncident struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// RobotState is what a robot does, did or will do for a record.
type RobotState struct {
	ID     string           `json:"id"`
	Robot  string           `json:"robot"`
	Name   string           `json:"name"`
	Group  string           `json:"group,omitempty"`
	Timing Timing           `json:"timing"`
	State  string           `json:"state" enum:"waiting,waitingPrevious,running,done,failed,skipped,disabled,canceled,notArmed"`
	At     docstore.Instant `json:"at" doc:"when it came to this"`
	Until  docstore.Instant `json:"until" doc:"when it is due, while it waits"`
	After  string           `json:"after,omitempty" doc:"the robot that it follows"`
	// Because is the code of the reason, Reason its words.
	Because string  `json:"because,omitempty" enum:"left,stopped,previous,condition,late,later,noEntry,error,incident,noDate,day,byHand"`
	Reason  string  `json:"reason,omitempty" doc:"in the reader's language"`
	Asked   *Asked  `json:"asked,omitempty" doc:"its condition, as it was evaluated"`
	Values  []Value `json:"values,omitempty" doc:"what the condition saw"`
	By      string  `json:"by,omitempty" doc:"who has stopped it"`
	ByName  string  `json:"byName,omitempty"`
	RunID   string  `json:"runId,omitempty"`
	Node    string  `json:"node,omitempty" doc:"of the run"`

	Incident *RobotIncident `json:"incident,omitempty"`
	CanStop  bool           `json:"canStop"`
	// Why takes the condition apart when it did not hold; whoever knows the record fills
	// it in from Seen, the values that the condition has read.
	Why  *explain.Why   `json:"why,omitempty"`
	Seen map[string]any `json:"-"`
}

// EntryRun is the run of one entry of a stage.
type EntryRun struct {
	ID            string           `json:"id"`
	DefinitionKey string           `json:"definitionKey"`
	Version       int              `json:"version"`
	Status        core.Status      `json:"status"`
	Stage         string           `json:"stage"`
	StageName     string           `json:"stageName"`
	StartedAt     docstore.Instant `json:"startedAt"`
	EndedAt       docstore.Instant `json:"endedAt"`
}

// RecordState is the automation of one record in one entry of a stage.
type RecordState struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	Pipeline  string `json:"pipeline"`
	Stage     string `json:"stage"`
	StageName string `json:"stageName"`
	Current   bool   `json:"current" doc:"the record is in this entry still"`
	// EnteredAt is when the robots were armed.
	EnteredAt docstore.Instant `json:"enteredAt"`
	// Run is nil when nothing was armed by the entry.
	Run     *EntryRun    `json:"run"`
	Items   []RobotState `json:"items" nullable:"false" doc:"in the order of the board"`
	Earlier []EntryRun   `json:"earlier" nullable:"false" doc:"other entries, newest first, at most 20"`
}

// where is a record's place, read from its view.
type where struct {
	pipeline, stage string
	entry           int64
}

func (s *Service) where(ctx context.Context, recordType, id string) (where, error) {
	view, err := s.Records.View(ctx, recordType, id)
	if err != nil {
		return where{}, err
	}
	var w where
	w.pipeline, _ = view["pipeline"].(string)
	w.stage, _ = view["stage"].(string)
	w.entry, _ = view["stageEntry"].(int64)
	return w, nil
}

// State tells what the robots of a record's stage are doing, and why not. With
// the id of a run it tells of that entry.
func (s *Service) State(ctx context.Context, recordType, id, runID, language string) (RecordState, error) {
	w, err := s.where(ctx, recordType, id)
	if err != nil {
		return RecordState{}, err
	}
	kept, err := s.load(ctx, w.pipeline)
	if err != nil {
		return RecordState{}, err
	}
	current := s.runOf(kept, recordType, id, w)
	out := RecordState{Type: recordType, ID: id, Pipeline: w.pipeline, Stage: w.stage, Current: runID == "" || runID == current, Items: []RobotState{}}
	p, err := s.Records.Pipeline(ctx, w.pipeline)
	if err != nil {
		return out, err
	}
	if out.Earlier, err = s.entries(ctx, p, recordType, id); err != nil {
		return out, err
	}
	out.StageName = nameOfStage(p, w.stage)
	if runID == "" {
		runID = current
	}
	var shown []Robot
	at := slices.IndexFunc(out.Earlier, func(e EntryRun) bool { return e.ID == runID })
	if at >= 0 {
		one := out.Earlier[at]
		out.Run, out.Stage, out.StageName, out.EnteredAt = &one, one.Stage, one.StageName, one.StartedAt
		out.Earlier = slices.Delete(out.Earlier, at, at+1)
		if shown, err = s.fold(ctx, &out, language); err != nil {
			return out, err
		}
	} else if runID != current {
		return out, problem.NotFound("run")
	}
	if !out.Current {
		return out, nil
	}
	// What the board says now, and this entry was not armed with.
	because := becauseLater
	if out.Run == nil {
		because = becauseNoEntry
	}
	for _, r := range kept.of(w.stage).Robots {
		if !slices.ContainsFunc(shown, func(o Robot) bool { return o.ID == r.ID }) {
			out.Items = append(out.Items, RobotState{ID: r.ID, Robot: r.Robot, Name: s.nameOf(r, language), Group: r.Group, Timing: r.Timing, State: NeverArmed,
				Because: because, Reason: reasonIn(language, because)})
		}
	}
	return out, nil
}

// runOf is the id of the run that the present entry has started.
func (s *Service) runOf(b stored, recordType, id string, w where) string {
	return automation.RunOf(b.Keys[w.stage]+"/"+nodeStart, core.RecordRef{Type: recordType, ID: id}, w.entry)
}

func (s *Service) nameOf(r Robot, language string) string {
	if r.Name != "" {
		return r.Name
	}
	return s.Title(r.Robot, language)
}

func nameOfStage(p crm.Pipeline, id string) string {
	if stage, ok := p.Stage(id); ok {
		return stage.Name
	}
	return id
}

// entriesShown bounds the entries that are listed; entriesRead, the runs of the
// record among which they are looked for.
const (
	entriesShown = 20
	entriesRead  = 200
)

// entries lists the runs of stages about a record, newest first.
func (s *Service) entries(ctx context.Context, p crm.Pipeline, recordType, id string) ([]EntryRun, error) {
	all, _, err := s.Runs.List(ctx, run.Query{RecordType: recordType, RecordID: id, Limit: entriesRead})
	if err != nil {
		return nil, err
	}
	out := []EntryRun{}
	for _, r := range all {
		if len(out) == entriesShown {
			break
		}
		d, err := s.Definitions.Compiled(ctx, r.DefinitionKey)
		if err != nil {
			return nil, err
		}
		if d.Board == "" {
			continue
		}
		process, err := s.Definitions.Process(ctx, r.DefinitionKey, r.Version)
		if err != nil {
			return nil, err
		}
		of, err := marked(process)
		if err != nil {
			return nil, err
		}
		out = append(out, EntryRun{ID: r.ID, DefinitionKey: r.DefinitionKey, Version: r.Version, Status: r.Status, Stage: of.Stage, StageName: nameOfStage(p, of.Stage), StartedAt: r.StartedAt, EndedAt: r.EndedAt})
	}
	return out, nil
}

// recordsPage is how much of a history is read at once.
const recordsPage = 1000

// fold reads the history of the entry's run into the states of its robots.
func (s *Service) fold(ctx context.Context, out *RecordState, language string) ([]Robot, error) {
	detail, err := s.Runs.Get(ctx, out.Run.ID)
	if err != nil {
		return nil, err
	}
	of, err := marked(detail.Process)
	if err != nil {
		return nil, err
	}
	f := newFold(of.Robots)
	for from := int64(1); ; from += recordsPage {
		records, err := s.Engine.Records(ctx, core.RunID(out.Run.ID), from, recordsPage)
		if err != nil {
			return nil, fmt.Errorf("history of run %s: %w", out.Run.ID, err)
		}
		for _, r := range records {
			f.add(r)
		}
		if len(records) < recordsPage {
			break
		}
	}
	s.finish(f, detail, language)
	out.Items = f.states
	return of.Robots, nil
}

// fold gathers what the records of a run say of each robot.
type fold struct {
	robots []Robot
	states []RobotState
	index  map[string]int
}

func newFold(robots []Robot) *fold {
	f := &fold{robots: robots, states: make([]RobotState, len(robots)), index: map[string]int{}}
	for i, r := range robots {
		f.index[r.ID] = i
	}
	return f
}

// robot tells which robot a node belongs to, and which part of it the node is.
func (f *fold) robot(node string) (at int, part string) {
	id, rest, inner := strings.Cut(node, ".")
	at, ok := f.index[id]
	if !ok {
		return -1, ""
	}
	if inner {
		part = "." + rest
	}
	return at, part
}

func (f *fold) add(r core.Record) {
	if r.Kind == core.RecordVariablesChanged && r.Actor != "" {
		f.stopped(r)
	}
	at, part := f.robot(string(r.Node))
	if at < 0 {
		return
	}
	s := &f.states[at]
	is := func(state, because string) {
		s.State, s.Because, s.At, s.Node = state, because, docstore.At(clock.Time(r.At)), string(r.Node)
	}
	switch {
	case r.Kind == core.RecordNodeEntered && part == "":
		is(Running, "")
	case r.Kind == core.RecordNodeLeft && part == "":
		if skipped, _ := r.Body["skipped"].(bool); skipped {
			is(Done, becauseByHand)
		} else {
			is(Done, "")
		}
	case r.Kind == core.RecordNodeEntered && part == partFailed:
		is(Failed, becauseError)
	case r.Kind == core.RecordNodeEntered && part == partSkipped:
		if is(Skipped, becauseCondition); f.robots[at].Disabled {
			s.State, s.Because = Disabled, ""
		}
	case r.Kind == core.RecordNodeEntered && part == partCanceled:
		is(Canceled, becauseLeft)
	case r.Kind == core.RecordNodeEntered && part == partStopped:
		is(Canceled, becauseStopped)
	case r.Kind == core.RecordNodeEntered && part == partWait:
		is(Waiting, "")
	case r.Kind == core.RecordNodeEntered && part == partAway:
		is(Waiting, becauseDay)
	case r.Kind == core.RecordNodeEntered && part == partNone:
		is(Waiting, becauseNoDate)
	case r.Kind == core.RecordConditionChosen && part == partCheck:
		s.Asked, s.Seen = asked(r, f.robots[at].When)
		s.Values = ValuesOf(s.Seen)
	}
}

// stopped notes who has stopped a robot by hand.
func (f *fold) stopped(r core.Record) {
	for name := range r.Body {
		if id, ok := strings.CutPrefix(name, stopPrefix); ok {
			if at, known := f.index[id]; known {
				s := &f.states[at]
				if s.By = r.Actor; s.State == Running { // what it had begun was withdrawn
					s.State, s.Because, s.At = Canceled, becauseStopped, docstore.At(clock.Time(r.At))
				}
			}
		}
	}
}

// asked picks the robot's own condition among those of its check.
func asked(r core.Record, when string) (*Asked, map[string]any) {
	list, _ := r.Body["conditions"].([]any)
	for _, entry := range list {
		c, _ := entry.(map[string]any)
		if when == "" || c["expression"] != when {
			continue
		}
		a := &Asked{Expression: when}
		a.Result, _ = c["result"].(bool)
		seen, _ := c["values"].(map[string]any)
		return a, seen
	}
	return nil, nil
}

// plain is a value as text.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// settle says of the robots that no record names what holds for them: they wait
// for the one before, or never run because of it.
func (f *fold) settle(detail run.Detail) {
	for _, chain := range chainsOf(f.robots) {
		for k, at := range chain {
			s := &f.states[at]
			if k > 0 {
				s.After = f.robots[chain[k-1]].ID
			}
			if s.State != "" {
				continue
			}
			if s.State = WaitsTurn; k == 0 {
				s.State = Waiting
			} else if before := f.states[chain[k-1]]; before.State == Canceled || before.State == Failed && before.Because != becauseIncident {
				s.State, s.Because, s.At = Canceled, becausePrevious, before.At
				if before.Because == becauseLeft {
					s.Because = becauseLeft
				}
			}
			if detail.Status != core.Active && (s.State == Waiting || s.State == WaitsTurn) {
				s.State, s.Because, s.At = Canceled, becauseByHand, detail.EndedAt
			}
		}
	}
	for i := range f.states {
		if s := &f.states[i]; detail.Status != core.Active && (s.State == Waiting || s.State == Running) {
			s.State, s.Because, s.At = Canceled, becauseByHand, detail.EndedAt
		}
	}
}
