package trial

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/engine/timer/span"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Act is one thing that is done in a trial.
type Act struct {
	Do string `json:"do" enum:"move,set,advance,skip,decide,fire,retry"`
	// Stage is where to move to, or that of the robot or the trigger.
	Stage string           `json:"stage,omitempty" maxLength:"100"`
	Robot string           `json:"robot,omitempty" maxLength:"40" doc:"whose pause is skipped, or that tries again"`
	Set   *crm.RecordPatch `json:"set,omitempty"`
	// By, To and Next move the clock; exactly one of them.
	By   string           `json:"by,omitempty" maxLength:"40" doc:"ISO 8601 duration"`
	To   docstore.Instant `json:"to,omitzero"`
	Next bool             `json:"next,omitempty" doc:"to the moment when something is due next"`
	// Wait is the task that is decided.
	Wait    string         `json:"wait,omitempty" maxLength:"100"`
	Outcome string         `json:"outcome,omitempty" maxLength:"100"`
	Result  map[string]any `json:"result,omitempty"`
	Trigger string         `json:"trigger,omitempty" maxLength:"40"`
	Event   map[string]any `json:"event,omitempty" doc:"what the happening tells; absent = what the trigger waits for"`
}

// do plays an act. What the record or its stage refuses is told in the log.
func (p *play) do(a Act) error {
	var err error
	switch a.Do {
	case "move":
		_, err = p.world.CRM.MoveRecord(p.ctx, p.person(), p.record.Type, p.record.ID, 0, a.Stage, "")
	case "set":
		if a.Set == nil {
			return p.bad("set", "required")
		}
		_, err = p.world.CRM.UpdateRecord(p.ctx, p.person(), p.record.Type, p.record.ID, 0, *a.Set)
	case "advance":
		return p.advance(a)
	case "skip":
		err = p.skip(a)
	case "decide":
		err = p.decide(a)
	case "fire":
		err = p.fire(a)
	case "retry":
		err = p.retry(a)
	default:
		return p.bad("do", "one_of")
	}
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.Status() < 500 {
		line := Line{Kind: Refused, Act: a.Do, Reason: refused.Text(p.by.Language)}
		if lacking, ok := refused.Extra["fields"].([]string); ok {
			line.Fields = lacking // by name, as people know them
		} else {
			for _, f := range refused.Fields {
				line.Fields = append(line.Fields, f.Path)
			}
		}
		p.note(line)
		return nil
	}
	return err
}

func (p *play) bad(member, code string) error {
	return problem.Invalid(fmt.Sprintf("/acts/%d/%s", p.act-1, member), code, "")
}

// person is a change that somebody makes by hand.
func (p *play) person() crm.Change { return crm.Change{Actor: p.by.Actor} }

func (p *play) advance(a Act) error {
	now := p.clock.Now()
	to := a.To.Time
	switch {
	case a.Next:
		next, err := p.next()
		if err != nil {
			return err
		}
		if next == nil {
			p.note(Line{Kind: Refused, Act: a.Do, Reason: "nothing is due"})
			return nil
		}
		to = *next
	case a.By != "":
		by, err := span.Parse(a.By)
		if err != nil {
			return p.bad("by", "format")
		}
		to = by.From(now.In(p.Zone))
	case a.To.IsZero():
		return p.bad("by", "required")
	}
	if to.Before(now) || to.Sub(now) > furthest || to.After(latest) {
		return p.bad("to", "out_of_range")
	}
	until := docstore.At(to)
	p.note(Line{Kind: Advanced, Until: &until})
	return p.pass(to)
}

// pass moves the clock. People come to work in between, for which robots may wait.
func (p *play) pass(to time.Time) error {
	const look = 15 * time.Minute
	for {
		away, err := p.away()
		if err != nil {
			return err
		}
		now := p.clock.Now()
		if !away || to.Sub(now) <= look {
			break
		}
		if err := p.session.Advance(now.Add(look)); err != nil {
			return err
		}
		if err := p.wake(); err != nil {
			return err
		}
	}
	if err := p.session.Advance(to); err != nil {
		return err
	}
	return p.wake()
}

// wake lets what waits for people look again.
func (p *play) wake() error {
	away, err := p.away()
	if err != nil || !away {
		return err
	}
	if err := p.session.Changed(p.ctx, message.Change{ID: fmt.Sprintf("day:%d", p.clock.Now().UnixMilli()), Type: p.record.Type, Record: p.record.ID}); err != nil {
		return err
	}
	return p.session.Settle()
}

// away tells whether a robot waits for somebody's working time.
func (p *play) away() (bool, error) {
	waits, err := p.session.Waits()
	if err != nil {
		return false, err
	}
	for _, w := range waits {
		if c, ok := p.stages[w.Process]; ok {
			if _, part := board.RobotOf(c.Robots, string(w.Node)); part == board.Came {
				return true, nil
			}
		}
	}
	return false, nil
}

// next is when something is due.
func (p *play) next() (*time.Time, error) {
	waits, err := p.session.Waits()
	if err != nil {
		return nil, err
	}
	var next *time.Time
	for _, w := range waits {
		if w.Kind == core.TimerWait && w.DueAt != nil && (next == nil || w.DueAt.Before(*next)) {
			next = w.DueAt
		}
	}
	return next, nil
}

// waiting finds an open wait of a robot of the record's newest entry of a stage.
func (p *play) waiting(a Act, admits func(w rehearsal.Wait, part string) bool) (rehearsal.Wait, error) {
	waits, err := p.session.Waits()
	if err != nil {
		return rehearsal.Wait{}, err
	}
	for _, w := range waits {
		c, ok := p.stages[w.Process]
		if !ok || a.Stage != "" && c.Stage != a.Stage || p.about[w.Run] != p.record.ID {
			continue
		}
		if r, part := board.RobotOf(c.Robots, string(w.Node)); r != nil && r.ID == a.Robot && admits(w, part) {
			return w, nil
		}
	}
	return rehearsal.Wait{}, problem.New("action_refused", "why", "the robot does not wait for that")
}

// skip lets a robot be due now, without moving the clock.
func (p *play) skip(a Act) error {
	w, err := p.waiting(a, func(w rehearsal.Wait, part string) bool {
		return part == board.Due || part == board.Came || part == "" && w.Kind == core.EffectWait && !w.Failed
	})
	if err != nil {
		return err
	}
	line := Line{Kind: Skipped, Stage: p.stages[w.Process].Stage, Robot: a.Robot, Name: p.nameOf(w.Process, string(w.Node))}
	if w.DueAt != nil {
		until := docstore.At(*w.DueAt)
		line.Until = &until
	}
	switch w.Kind {
	case core.EffectWait:
		p.note(line)
		_, err = p.session.End(w.ID, rehearsal.Reply{})
	case core.TimerWait:
		p.note(line)
		_, err = p.session.Fire(w.ID)
	default: // somebody is awaited
		view, viewErr := p.world.CRM.View(p.ctx, p.record.Type, p.record.ID)
		if viewErr != nil {
			return viewErr
		}
		responsible, _ := view["responsible"].(string)
		p.world.Arrive(responsible)
		p.note(line)
		err = p.wake()
	}
	return err
}

// decide ends a task as a person does, or what a robot waits for.
func (p *play) decide(a Act) error {
	waits, err := p.session.Waits()
	if err != nil {
		return err
	}
	for _, w := range waits {
		if string(w.ID) != a.Wait || w.Kind != core.TaskWait && w.Kind != core.EffectWait {
			continue
		}
		name := p.titleOf(w)
		p.note(Line{Kind: Decided, Stage: p.stages[w.Process].Stage, Robot: p.robotOf(w.Process, string(w.Node)), Name: name, Outcome: a.Outcome})
		if _, err := p.session.End(w.ID, rehearsal.Reply{Outcome: a.Outcome, Result: a.Result, By: p.by.Actor}); err != nil {
			return err
		}
		if w.Kind != core.TaskWait {
			return nil
		}
		entry := crm.Entry{Record: p.record.Type + ":" + p.about[w.Run], At: docstore.At(p.clock.Now()), Kind: "task", Actor: p.by.Actor, Run: string(w.Run),
			Data: map[string]any{"event": "completed", "name": name, "outcome": a.Outcome, "node": string(w.Node)}}
		entry.ID = "task:" + string(w.ID)
		_, err := p.world.CRM.AddEntry(p.ctx, entry)
		return err
	}
	return problem.New("action_refused", "why", "the task is not open any more")
}

// retry lets a robot with an incident try again.
func (p *play) retry(a Act) error {
	w, err := p.waiting(a, func(w rehearsal.Wait, _ string) bool { return w.Failed })
	if err != nil {
		return err
	}
	_, err = p.session.Retry(w.ID)
	return err
}

// fire lets something happen that a trigger waits for.
func (p *play) fire(a Act) error {
	for _, stage := range p.draft.Stages {
		for _, t := range stage.Triggers {
			if stage.Stage != a.Stage || t.ID != a.Trigger {
				continue
			}
			event := a.Event
			if event == nil {
				event = expected(t)
			}
			p.note(Line{Kind: Happened, Stage: a.Stage, Trigger: t.ID, Name: t.Name, What: t.Type})
			_, err := p.triggers.Happened(p.ctx, trigger.Occurrence{ID: fmt.Sprintf("trial:%d", p.act), Kind: t.Type, Record: p.record, At: p.clock.Now(), Event: event})
			if err != nil {
				return err
			}
			return p.reactions(p.ctx)
		}
	}
	return problem.NotFound("trigger")
}

// expected is the happening that a trigger waits for, as its config says.
func expected(t trigger.Trigger) map[string]any {
	var c map[string]any
	if json.Unmarshal(t.Config, &c) != nil { // a config that cannot be read waits for nothing
		c = map[string]any{}
	}
	first := func(name string) any {
		if list, _ := c[name].([]any); len(list) > 0 {
			return list[0]
		}
		return ""
	}
	switch t.Type {
	case trigger.FieldsChanged:
		fields := map[string]any{}
		list, _ := c["fields"].([]any)
		for _, name := range list {
			if text, ok := name.(string); ok {
				fields[text] = map[string]any{"before": nil, "after": nil}
			}
		}
		return map[string]any{"fields": fields}
	case trigger.ResponsibleChanged:
		return map[string]any{"before": "", "after": first("to")}
	case trigger.Reported:
		return map[string]any{"event": first("events"), "data": map[string]any{}}
	case trigger.ActivityDone:
		return map[string]any{"type": first("types"), "title": ""}
	}
	out := map[string]any{}
	for _, name := range []string{"code", "form", "page", "name", "outcome"} {
		if v, ok := c[name]; ok {
			out[name] = v
		}
	}
	return out
}
