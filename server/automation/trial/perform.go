package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// perform lets a robot do its work in the world of the trial. Whatever fails is an
// incident at once: nothing here is better a minute later.
func (p *play) perform(ctx context.Context, e store.Effect) (rehearsal.Performed, error) {
	p.drain()
	performer, ok := p.world.Catalog.Performer(e.Robot)
	if !ok {
		return failed("unknown_robot", "there is no robot "+e.Robot, ""), nil
	}
	config, err := object(e.Config)
	if err != nil {
		return failed("bad_config", err.Error(), ""), nil
	}
	scope, err := object(e.Scope)
	if err != nil {
		return failed("bad_config", err.Error(), ""), nil
	}
	var policy struct {
		As string `json:"as"`
	}
	if len(e.Policy) > 0 {
		if err := json.Unmarshal(e.Policy, &policy); err != nil {
			return failed("bad_config", err.Error(), ""), nil
		}
	}
	p.world.Outgoing.Items, p.world.Outgoing.Starts = nil, nil
	result, err := performer.Perform(ctx, robot.Request{EffectID: e.ID, Attempt: 1, Node: string(e.Node), NodeName: e.NodeName, Config: config, Scope: scope,
		Run: robot.Run{ID: string(e.RunID), DefinitionKey: e.DefinitionKey, Version: e.Version, RecordType: e.RecordType, RecordID: e.RecordID,
			StartedBy: e.StartedBy, CauseDepth: e.CauseDepth, Actor: policy.As},
		Now: p.clock.Now(), OpenedAt: clock.Time(e.CreatedAt), Sending: func(context.Context) error { return nil }})
	if ctx.Err() != nil {
		return rehearsal.Performed{}, ctx.Err()
	}
	var out rehearsal.Performed
	if err != nil {
		out = failed("internal", err.Error(), "")
		var f *robot.Failure
		if errors.As(err, &f) {
			out = failed(f.Code, f.Message, f.Remedy)
			out.Failure.Thrown = f.Kind == robot.Thrown
		}
	} else {
		out = rehearsal.Performed{Port: result.Port, Result: result.Values, Variables: result.Variables, Again: result.Until, Open: result.Pending}
	}
	if out.Failure == nil {
		p.starting = append(p.starting, p.world.Outgoing.Starts...)
	}
	p.send(e, performer.Descriptor(), out)
	return out, nil
}

// begun starts the processes that robots have asked for, as the host does when they run.
func (p *play) begun(ctx context.Context) (bool, error) {
	starting := p.starting
	p.starting = nil
	for _, in := range starting {
		chain, err := automation.LedTo(ctx, p.session, automation.Origin{Cause: automation.LinkRun + ":" + in.CauseRun})
		if err != nil {
			return true, err
		}
		req := host.StartRequest{ID: core.RunID(in.ID), DefinitionKey: in.Process, Parameters: in.Parameters, StartedBy: in.StartedBy,
			Cause: &core.Cause{Kind: "run", ID: in.CauseRun, Depth: in.Depth, Chain: chain}}
		if in.ParentEffect != "" {
			req.Parent = host.ParentEffect(in.ParentEffect)
			if at := strings.LastIndexByte(in.ParentEffect, ':'); at > 0 { // behind it, the count of tries
				p.awaiting[core.WaitID(in.ParentEffect[:at])] = true
			}
		}
		if in.RecordID != "" {
			req.Record = &core.RecordRef{Type: in.RecordType, ID: in.RecordID}
			title, err := p.world.CRM.Title(ctx, in.RecordType, in.RecordID)
			var gone *problem.Problem
			if err != nil && (!errors.As(err, &gone) || gone.Status() >= 500) {
				return true, err
			}
			req.RecordTitle = title
		}
		if _, _, err := p.session.Start(ctx, req); err != nil && !errors.Is(err, store.ErrExists) {
			return true, fmt.Errorf("start %s: %w", in.Process, err)
		}
	}
	return len(starting) > 0, nil
}

func failed(code, message, remedy string) rehearsal.Performed {
	return rehearsal.Performed{Failure: &core.FailureBody{Code: code, Message: message, Remedy: remedy}}
}

// send keeps what a robot did in the outbox; asked again, it is the same line.
func (p *play) send(e store.Effect, what robot.Descriptor, done rehearsal.Performed) {
	c := p.stages[e.DefinitionKey]
	s := Sent{N: len(p.sent) + 1, At: p.clock.Now(), Stage: c.Stage, Robot: p.robotOf(e.DefinitionKey, string(e.Node)), Key: e.Robot, Title: p.Boards.Title(e.Robot, p.by.Language),
		Name: e.NodeName, Leaves: what.Class == robot.Keyed || what.Class == robot.Unkeyed, Config: e.Config, Items: p.world.Outgoing.Items, Result: done.Result, effect: e.ID}
	if s.Items == nil {
		s.Items = []Item{}
	}
	if e.RecordID != p.record.ID {
		s.Record = e.RecordType + ":" + e.RecordID
	}
	if done.Failure != nil {
		s.Code, s.Reason = done.Failure.Code, run.Reason(done.Failure.Code, done.Failure.Message, p.by.Language)
	}
	for i := range p.sent {
		if p.sent[i].effect == e.ID {
			s.N, s.At, s.Items = p.sent[i].N, p.sent[i].At, append(p.sent[i].Items, s.Items...)
			p.sent[i] = s
			return
		}
	}
	p.sent = append(p.sent, s)
}

func object(raw json.RawMessage) (map[string]any, error) {
	out := map[string]any{}
	if len(raw) == 0 {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&out)
	return out, err
}
