package trial

import (
	"encoding/json"
	"slices"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/run"
)

// report is how the trial stands.
func (p *play) report() (Report, error) {
	p.drain()
	result, err := p.session.Result()
	if err != nil {
		return Report{}, err
	}
	out := Report{At: p.clock.Now().UTC(), Type: p.record.Type, Stage: p.stage, Deleted: p.gone, Log: p.log, Outbox: p.sent, Acts: p.played, Problems: p.problems,
		Stages: []Stage{}, Tasks: []Task{}}
	if out.Record, err = p.view(); err != nil {
		return out, err
	}
	if out.Next, err = p.next(); err != nil {
		return out, err
	}
	for _, stage := range p.draft.Pipeline.Stages {
		one := Stage{Stage: stage.ID, Name: stage.Name, Current: stage.ID == p.stage && !p.gone}
		one.Robots, one.Entries, err = p.robots(stage.ID, result)
		if err != nil {
			return out, err
		}
		out.Stages = append(out.Stages, one)
	}
	for _, w := range result.Waits {
		if w.Kind == core.TaskWait || w.Kind == core.EffectWait && !w.Failed && !p.awaiting[w.ID] {
			out.Tasks = append(out.Tasks, p.task(w))
		}
	}
	return out, nil
}

// robots tells how the robots of a stage stand in the newest entry of the record.
func (p *play) robots(stage string, result rehearsal.Result) ([]board.RobotState, int, error) {
	entries := 0
	for _, l := range p.log {
		if l.Stage == stage && (l.Kind == Moved || l.Kind == Entered) {
			entries++
		}
	}
	out := []board.RobotState{}
	at := slices.IndexFunc(p.draft.Compiled, func(c board.Compiled) bool { return c.Stage == stage })
	if at < 0 {
		return out, entries, nil
	}
	c := p.draft.Compiled[at]
	var newest core.RunID
	for _, id := range p.runs {
		if p.runStage[id] == stage {
			newest = id
		}
	}
	if newest == "" {
		for _, r := range c.Robots {
			out = append(out, board.RobotState{ID: r.ID, Robot: r.Robot, Name: p.Boards.NameOf(r, p.by.Language), Group: r.Group, Timing: r.Timing, State: board.NeverArmed})
		}
		return out, entries, nil
	}
	stored, err := p.session.Run(p.ctx, newest)
	if err != nil {
		return out, entries, err
	}
	var d run.Detail
	d.ID, d.Status, d.EndedAt = string(newest), stored.Status, docstore.At(clock.Time(stored.EndedAt))
	var records []core.Record
	for _, r := range result.Records {
		if r.Run == newest {
			records = append(records, core.Record{Seq: r.Seq, At: clock.Instant(r.At), Kind: r.Kind, Node: r.Node, Flow: r.Flow, Token: r.Token, Scope: r.Scope, Wait: r.Wait,
				Actor: r.Actor, Reason: r.Reason, Body: r.Body})
		}
	}
	for _, w := range result.Waits {
		if w.Run == newest && w.DueAt != nil {
			d.Waits = append(d.Waits, run.Wait{Node: string(w.Node), DueAt: docstore.At(*w.DueAt)})
		}
	}
	for _, i := range result.Incidents {
		if i.Run == newest {
			d.Incidents = append(d.Incidents, run.Incident{Node: i.Node, Code: i.Code, Message: i.Message, Remedy: i.Remedy, At: docstore.At(p.clock.Now())})
		}
	}
	out = p.Boards.Told(c.Robots, records, d, p.by.Language)
	for i := range out {
		if one := &out[i]; one.State == board.Skipped && one.Asked != nil {
			one.Why = p.why(one.Asked.Expression, one.Seen, nil)
		}
	}
	return out, entries, nil
}

// task is what somebody is asked to do.
func (p *play) task(w rehearsal.Wait) Task {
	t := Task{Wait: string(w.ID), Kind: string(w.Kind), Stage: p.stages[w.Process].Stage, Robot: p.robotOf(w.Process, string(w.Node)), Node: string(w.Node),
		Name: p.titleOf(w), Users: w.Users, Groups: w.Groups, DueAt: w.DueAt, Config: w.Config, Outcomes: []Outcome{}}
	if t.Users == nil {
		t.Users = []string{}
	}
	if t.Groups == nil {
		t.Groups = []string{}
	}
	var config struct {
		Outcomes []Outcome `json:"outcomes"`
		Refusal  string    `json:"refusal"`
	}
	// A config without them is that of a task with one way out.
	if json.Unmarshal(w.Config, &config) == nil {
		t.Outcomes = append(t.Outcomes, config.Outcomes...)
		if config.Refusal != "" && config.Refusal != "none" {
			t.Outcomes = append(t.Outcomes, Outcome{Name: "refused"})
		}
	}
	return t
}
