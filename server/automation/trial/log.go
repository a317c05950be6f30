package trial

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/explain"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// Kinds of lines.
const (
	Entered   = "entered"   // the record came to a stage, and its robots are armed
	Moved     = "moved"     // the record left a stage for another
	Changed   = "changed"   // fields of the record
	Made      = "made"      // another record
	Deleted   = "deleted"   // the record went to the bin
	Waits     = "waits"     // a robot waits
	Condition = "condition" // of a robot, with what it saw
	Started   = "started"
	Done      = "done"
	Failed    = "failed"
	Passed    = "passed"   // a robot was skipped, because of its condition or because it is switched off
	Canceled  = "canceled" // a robot will not run in this entry any more
	Advanced  = "advanced" // the clock, by hand
	Skipped   = "skipped"  // a pause, by hand
	Decided   = "decided"  // a task, by hand
	Happened  = "happened" // what a trigger waits for, by hand
	Reacted   = "reacted"  // what a trigger made of it
	Refused   = "refused"  // what was to be done by hand
	Process   = "process"  // another process was started
	TooLong   = "tooLong"  // a chain of causes was cut
)

// Line is one line of the log of a trial.
type Line struct {
	N    int              `json:"n"`
	At   docstore.Instant `json:"at"`
	Step int              `json:"step" doc:"the act that brought it; 0 = the entry"`
	Kind string           `json:"kind" enum:"entered,moved,changed,made,deleted,waits,condition,started,done,failed,passed,canceled,advanced,skipped,decided,happened,reacted,refused,process,tooLong"`
	// Act is what was refused.
	Act     string `json:"act,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Robot   string `json:"robot,omitempty"`
	Trigger string `json:"trigger,omitempty"`
	Name    string `json:"name,omitempty" doc:"of the robot, the task or the trigger"`
	What    string `json:"what,omitempty" doc:"kind of trigger, or type of record"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	// By is what did it: a person, a run or a trigger.
	By      string            `json:"by,omitempty" enum:"person,robot,trigger"`
	Until   *docstore.Instant `json:"until,omitempty"`
	Because string            `json:"because,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Code    string            `json:"code,omitempty"`
	Outcome string            `json:"outcome,omitempty"`
	Fields  []string          `json:"fields,omitempty"`

	Changes map[string]crm.FieldChange `json:"changes,omitempty"`
	Asked   *board.Asked               `json:"asked,omitempty"`
	Values  []board.Value              `json:"values,omitempty"`
	Why     *explain.Why               `json:"why,omitempty" doc:"of a condition that did not hold"`
	Event   map[string]any             `json:"event,omitempty"`
}

func (p *play) note(l Line) {
	l.N, l.Step = len(p.log)+1, p.act
	if l.At.IsZero() {
		l.At = docstore.At(p.clock.Now())
	}
	p.log = append(p.log, l)
}

func (p *play) nameOf(process, node string) string {
	if r, _ := board.RobotOf(p.stages[process].Robots, node); r != nil {
		return p.Boards.NameOf(*r, p.by.Language)
	}
	return node
}

// titleOf is what people call what is awaited: the robot, or the step of a process that
// one has started.
func (p *play) titleOf(w rehearsal.Wait) string {
	if _, ours := p.stages[w.Process]; !ours && w.Title != "" {
		return w.Title
	}
	return p.nameOf(w.Process, string(w.Node))
}

func (p *play) robotOf(process, node string) string {
	if r, _ := board.RobotOf(p.stages[process].Robots, node); r != nil {
		return r.ID
	}
	return ""
}

// drain writes into the log what the runs did since the last time.
func (p *play) drain() {
	records := p.session.Records()
	for ; p.drained < len(records); p.drained++ {
		r := records[p.drained]
		if r.Kind == core.RecordRunStarted {
			p.startedRun(r.Run, r.Process, r.Body)
		}
		c, ours := p.stages[r.Process]
		if !ours || p.about[r.Run] != p.record.ID {
			continue
		}
		robot, part := board.RobotOf(c.Robots, string(r.Node))
		if robot == nil {
			continue
		}
		l := Line{At: docstore.At(r.At), Stage: c.Stage, Robot: robot.ID, Name: p.Boards.NameOf(*robot, p.by.Language)}
		if p.read(&l, robot, part, core.Record{Kind: r.Kind, Body: r.Body, Reason: r.Reason}) {
			p.note(l)
		}
	}
}

// startedRun remembers which record a run is about.
func (p *play) startedRun(id core.RunID, process string, body core.Values) {
	run, err := p.session.Run(p.ctx, id)
	if err != nil {
		return // the run was committed by whoever told of it
	}
	p.about[id] = run.RecordID
	if c, ours := p.stages[process]; ours && (run.RecordID == p.record.ID || p.record.ID == "") {
		p.runs = append(p.runs, id)
		p.runStage[id] = c.Stage
	} else if !ours {
		p.note(Line{Kind: Process, Name: run.Name, What: process})
	}
}

// read makes a line of a record of a robot's; false: it says nothing to people.
func (p *play) read(l *Line, robot *board.Robot, part string, r core.Record) bool {
	switch {
	case r.Kind == core.RecordConditionChosen && part == board.Check:
		l.Kind = Condition
		var seen map[string]any
		if l.Asked, seen = board.AskedOf(r, robot.When); l.Asked == nil {
			return false
		}
		l.Values = board.ValuesOf(seen)
		if !l.Asked.Result {
			l.Why = p.why(robot.When, seen, nil)
		}
		return true
	case r.Kind == core.RecordIncidentRaised:
		l.Kind = Failed
		l.Code, _ = r.Body["code"].(string)
		message, _ := r.Body["message"].(string)
		l.Reason = run.Reason(l.Code, message, p.by.Language)
		return true
	case r.Kind == core.RecordNodeEntered && part == "":
		l.Kind = Started
		return true
	case r.Kind == core.RecordNodeLeft && part == "":
		l.Kind = Done
		return true
	case r.Kind != core.RecordNodeEntered:
		return false
	}
	switch part {
	case board.Wait:
		l.Kind = Waits
	case board.Away:
		l.Kind, l.Because = Waits, "day"
	case board.None:
		l.Kind, l.Because = Waits, "noDate"
	case board.Passed:
		l.Kind, l.Because = Passed, "condition"
		if robot.Disabled {
			l.Because = "disabled"
		}
	case board.Left:
		l.Kind, l.Because = Canceled, "left"
	case board.Broken:
		l.Kind, l.Because = Failed, "error"
	default:
		return false
	}
	return true
}

// react lets happen what follows from changes of records, as the relay does.
func (p *play) react(ctx context.Context) (bool, error) {
	p.drain()
	acted, err := p.begun(ctx)
	if err != nil {
		return acted, err
	}
	for {
		pending, err := p.world.Documents.Pending(ctx, 1)
		if err != nil || len(pending) == 0 {
			return acted, err
		}
		acted = true
		d := pending[0]
		if err := p.world.Documents.Delivered(ctx, pending); err != nil {
			return acted, err
		}
		if err := p.deliver(ctx, d); err != nil {
			return acted, fmt.Errorf("%s of %s: %w", d.Event.Kind, d.DocumentID, err)
		}
		p.drain()
	}
}

func (p *play) deliver(ctx context.Context, d docstore.Delivery) error {
	if crm.OfRecords(d) {
		if err := p.tell(d); err != nil {
			return err
		}
		if err := p.world.CRM.Consume(ctx, d); err != nil {
			return err
		}
		if err := p.world.Activities.Follow(ctx, d); err != nil {
			return err
		}
	}
	if p.starts.Wants(d) {
		if err := p.starts.Take(ctx, d); err != nil {
			return err
		}
	}
	if p.triggers.Wants(d) {
		if err := p.triggers.Take(ctx, d); err != nil {
			return err
		}
	}
	if crm.OfRecords(d) || d.Collection == "companies" || d.Collection == "contacts" {
		if err := p.follow(ctx, d); err != nil {
			return err
		}
	}
	if d.Collection == "timeline" {
		if err := p.cut(ctx, d.DocumentID); err != nil {
			return err
		}
	}
	return p.reactions(ctx)
}

// tell writes into the log what became of a record.
func (p *play) tell(d docstore.Delivery) error {
	kind, e, err := crm.EventOf(d)
	if err != nil {
		return err
	}
	if p.record.ID == "" && kind == crm.RecordCreated {
		p.record = core.RecordRef{Type: e.Type, ID: d.DocumentID}
		return nil
	}
	l := Line{At: docstore.At(d.At), By: "person"}
	switch {
	case strings.HasPrefix(d.Event.Cause, "run:"):
		l.By = "robot"
	case strings.HasPrefix(d.Event.Cause, "trigger:"):
		l.By = "trigger"
	}
	if d.DocumentID != p.record.ID {
		if kind == crm.RecordCreated {
			l.Kind, l.What, l.Name = Made, e.Type, e.Card.Title
			p.note(l)
		}
		return nil
	}
	switch kind {
	case crm.RecordStageChanged:
		l.Kind, l.From, l.To, l.Stage = Moved, e.From, e.To, e.To
		if e.From == "" {
			l.Kind = Entered
		}
		p.stage = e.To
	case crm.RecordChanged:
		l.Kind, l.Changes = Changed, e.Changes
		if err := p.world.Cover(p.ctx, e.Type, l.Changes); err != nil {
			return err
		}
	case crm.RecordDeleted:
		l.Kind, p.gone = Deleted, true
	default:
		return nil
	}
	p.note(l)
	return nil
}

// cut tells of a chain of causes that was too long.
func (p *play) cut(ctx context.Context, entry string) error {
	e, err := p.world.CRM.Entry(ctx, entry)
	if err != nil {
		return err
	}
	if e.Kind == "run" && e.Data["event"] == "chainTooLong" {
		name, _ := e.Data["definitionName"].(string)
		p.note(Line{Kind: TooLong, Name: name})
	}
	return nil
}

// reactions writes into the log what triggers made of what happened.
func (p *play) reactions(ctx context.Context) error {
	story, err := p.triggers.Story(ctx, p.record)
	if err != nil {
		return err
	}
	for i := len(story) - 1; i >= 0; i-- {
		e := story[i]
		key := e.Occurrence + "\x00" + e.Trigger
		if p.told[key] || e.Reason == trigger.NotMeant {
			continue
		}
		p.told[key] = true
		l := Line{At: e.At, Kind: Reacted, Stage: e.Stage, Trigger: e.Trigger, Name: e.Name, What: e.Kind, Because: string(e.Reason), Reason: e.Error, Fields: e.Fields, Event: e.Event}
		if e.When != "" {
			l.Asked = &board.Asked{Expression: e.When, Result: e.Reason != trigger.ConditionFalse && e.Reason != trigger.ConditionFailed}
			l.Values = board.ValuesOf(e.Values)
			if e.Reason == trigger.ConditionFalse {
				l.Why = p.why(e.When, e.Values, e.Event)
			}
		}
		p.note(l)
	}
	return nil
}

// why explains a condition that did not hold with what it has read. A condition that
// cannot be taken apart is told of without.
func (p *play) why(source string, seen, event map[string]any) *explain.Why {
	view, err := p.view()
	if err != nil {
		return nil
	}
	env := p.world.Facts.Env(p.ctx, view, p.by.Actor, nil)
	if event != nil {
		env = env.With("event", event)
	}
	env.Now = p.clock.Now()
	why, err := explain.Past(p.Compiler, source, false, seen, env)
	if err != nil {
		return nil
	}
	return &why
}

// view is the record as it is now, nil when it is in the bin.
func (p *play) view() (map[string]any, error) {
	view, err := p.world.View(p.ctx, p.record.Type, p.record.ID)
	var gone *problem.Problem
	if errors.As(err, &gone) && gone.Status() == 404 {
		return nil, nil
	}
	return view, err
}
