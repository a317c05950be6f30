package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
)

// take turns the output of a fold into outbox entries with complete documents.
// It returns the events of the waits that could not be opened.
func (w *work) take(ctx context.Context, out core.Output) ([]core.Event, error) {
	w.plan.Records = append(w.plan.Records, out.Records...)
	for i := range out.Records {
		r := &out.Records[i]
		body, err := marshal(r)
		if err != nil {
			return nil, fmt.Errorf("%w: record %d: %w", errBroken, r.Seq, err)
		}
		w.add(store.PutRecord, string(w.run.ID)+":"+strconv.FormatInt(r.Seq, 10), body, "")
	}
	closed := closedBelow(out.Commands)
	var failed []core.Event
	for i := range out.Commands {
		c := &out.Commands[i]
		if closed[i] {
			continue // opened and closed within the step: nobody needs to hear of it
		}
		err := w.command(ctx, c)
		if err == nil {
			continue
		}
		failure, refused := refusal(err)
		if !refused {
			return nil, fmt.Errorf("%s of node %s: %w", c.Kind, c.Node, err)
		}
		body, err := marshal(failure)
		if err != nil {
			return nil, fmt.Errorf("%w: failure of node %s: %w", errBroken, c.Node, err)
		}
		failed = append(failed, core.Event{
			ID:   fmt.Sprintf("%s:%d:refused", c.Wait, c.Generation),
			Kind: core.WaitFailed, Wait: c.Wait, Body: body,
		})
	}
	return failed, nil
}

// closedBelow marks openings that a later command of the same step closes, and
// those closings.
func closedBelow(commands []core.Command) map[int]bool {
	var marked map[int]bool
	opened := map[core.WaitID]int{}
	for i := range commands {
		c := &commands[i]
		switch c.Kind {
		case core.OpenTask, core.ScheduleTimer, core.StartEffect, core.Subscribe, core.StartChild:
			opened[c.Wait] = i
		case core.CloseTask, core.CancelTimer, core.CancelEffect, core.Unsubscribe, core.CancelChild:
			if at, ok := opened[c.Wait]; ok {
				if marked == nil {
					marked = map[int]bool{}
				}
				marked[at], marked[i] = true, true
				delete(opened, c.Wait)
			}
		}
	}
	return marked
}

// refusal tells whether an error is a person's to solve, and in which words.
func refusal(err error) (core.FailureBody, bool) {
	var r *Refusal
	if errors.As(err, &r) {
		return r.FailureBody, true
	}
	var e *core.EvalError
	if errors.As(err, &e) {
		return core.FailureBody{
			Code:    "expression_failed",
			Message: e.Message,
			Remedy:  "Correct the expression and publish the process again, or change the values, then retry.",
			Detail: core.Values{
				"expression": e.Source, "values": e.Values,
				"line": json.Number(strconv.Itoa(e.Line)), "column": json.Number(strconv.Itoa(e.Column)),
			},
		}, true
	}
	return core.FailureBody{}, false
}

func (w *work) add(kind store.OutboxKind, id string, body json.RawMessage, reason string) {
	e := store.Outbox{Seq: w.run.Rev<<20 | int64(len(w.entries)), Kind: kind, ID: id, Body: body, Reason: reason}
	if body == nil {
		e.At = w.at
	}
	w.entries = append(w.entries, e)
	w.acts = w.acts || w.host.relay.Acts(kind)
}

func (w *work) put(kind store.OutboxKind, id string, document any) error {
	body, err := marshal(document)
	if err != nil {
		return fmt.Errorf("%w: %s %s: %w", errBroken, kind, id, err)
	}
	w.add(kind, id, body, "")
	return nil
}

// command adds the entry of one command, resolving what it opens.
func (w *work) command(ctx context.Context, c *core.Command) error {
	switch c.Kind {
	case core.OpenTask:
		return w.openTask(ctx, c)
	case core.ScheduleTimer:
		return w.scheduleTimer(ctx, c)
	case core.StartEffect:
		return w.startEffect(ctx, c)
	case core.Subscribe:
		return w.subscribe(ctx, c)
	case core.PublishMessage, core.BroadcastSignal, core.ReturnMessage:
		return w.send(c)
	case core.StartChild:
		return w.call(ctx, c)
	case core.CloseTask:
		w.add(store.EndTask, string(c.Wait), nil, c.Reason)
	case core.CancelTimer:
		w.add(store.EndTimer, string(c.Wait), nil, c.Reason)
	case core.CancelEffect:
		w.add(store.EndEffect, effectID(c), nil, c.Reason)
	case core.Unsubscribe:
		w.add(store.EndSubscription, string(c.Wait), nil, c.Reason)
	case core.CancelChild:
		w.add(store.CancelChildRun, string(core.ChildID(c.Wait, c.Generation)), nil, c.Reason)
	case core.RaiseIncident:
		i := store.OpenIncident{Incident: *c.Incident, RunID: w.run.ID, DefinitionKey: w.run.DefinitionKey, Version: w.run.Version, NodeName: w.nodeName(c.Incident.Node)}
		w.plan.Incidents = append(w.plan.Incidents, i)
		return w.put(store.PutIncident, i.ID, i)
	case core.ResolveIncident:
		w.add(store.EndIncident, c.Incident.ID, nil, c.Reason)
	case core.Escalate:
		if w.run.Parent != "" {
			return w.put(store.NotifyParentDone, w.run.Parent, core.ChildBody{Run: w.run.ID, Status: core.Active, Code: c.Outcome, Escalation: c.Wait})
		}
	case core.Finish:
		if err := w.tellEnd(); err != nil {
			return err
		}
		if w.run.Parent != "" {
			return w.put(store.NotifyParentDone, w.run.Parent, w.end(c))
		}
	case core.Continue:
		// The state itself tells that it is pending.
	}
	return nil
}

func effectID(c *core.Command) string {
	return string(c.Wait) + ":" + strconv.Itoa(max(1, c.Generation))
}

func (w *work) opening(c *core.Command) Opening {
	run := w.run
	run.State, run.Inbox, run.Outbox, run.Recent = nil, nil, nil, nil
	return Opening{Run: run, Version: w.version, Command: *c, At: w.at, Facts: w.facts}
}

func (w *work) nodeName(id core.NodeID) string {
	if n, ok := w.version.Graph.Node(string(id)); ok && n.Name != "" {
		return n.Name
	}
	return string(id)
}

func (w *work) openTask(ctx context.Context, c *core.Command) error {
	t, err := w.host.o.Resolver.Task(ctx, w.opening(c))
	if err != nil {
		return err
	}
	t.ID, t.RunID, t.Node, t.Kind = string(c.Wait), w.run.ID, c.Node, c.NodeKind
	t.DefinitionKey, t.DefinitionName, t.Version = w.run.DefinitionKey, w.version.Name, w.run.Version
	t.RecordType, t.RecordID, t.StartedBy = w.run.RecordType, w.run.RecordID, w.run.StartedBy
	if t.RecordTitle == "" {
		t.RecordTitle = w.run.RecordTitle
	}
	if t.Name == "" {
		t.Name = w.nodeName(c.Node)
	}
	if len(t.Config) == 0 {
		t.Config = json.RawMessage("{}")
	}
	t.OpenedAt, t.Status, t.Rev = w.at, store.TaskOpen, 1
	w.plan.Tasks = append(w.plan.Tasks, t)
	return w.put(store.PutTask, t.ID, t)
}

func (w *work) scheduleTimer(ctx context.Context, c *core.Command) error {
	due, err := w.host.o.Resolver.Timer(ctx, w.opening(c))
	if err != nil || !due.Armed {
		return err
	}
	t := store.Timer{
		ID: string(c.Wait), RunID: w.run.ID, Wait: c.Wait, DefinitionKey: w.run.DefinitionKey,
		Rule: due.Rule, DueAt: due.At, Bucket: share.Of(w.run.ID),
	}
	w.plan.Timers = append(w.plan.Timers, t)
	return w.put(store.PutTimer, t.ID, t)
}

func (w *work) startEffect(ctx context.Context, c *core.Command) error {
	e, err := w.host.o.Resolver.Effect(ctx, w.opening(c))
	if err != nil {
		return err
	}
	e.ID, e.RunID, e.Wait, e.Node, e.Robot = effectID(c), w.run.ID, c.Wait, c.Node, c.Robot
	e.DefinitionKey, e.Version, e.NodeName = w.run.DefinitionKey, w.run.Version, w.nodeName(c.Node)
	e.RecordType, e.RecordID, e.StartedBy = w.run.RecordType, w.run.RecordID, w.run.StartedBy
	if e.CauseDepth == 0 {
		e.CauseDepth = w.causeDepth()
	}
	if len(e.Config) == 0 {
		e.Config = json.RawMessage("{}")
	}
	if e.Policy == nil {
		e.Policy = c.Policy
	}
	e.CreatedAt, e.Status, e.Attempt = w.at, store.EffectReady, 0
	if claimer := w.host.o.Effects; claimer != nil && e.NotBefore <= w.at && w.host.o.Immediate && !w.dry {
		if granted, owner, lease := claimer.Reserve(ctx, 1); granted > 0 {
			w.lent++
			e.Status, e.Attempt, e.Owner, e.LeaseAt = store.EffectRunning, 1, owner, lease
			w.claimed = append(w.claimed, e)
		}
	}
	w.plan.Effects = append(w.plan.Effects, e)
	return w.put(store.PutEffect, e.ID, e)
}

// tellEnd asks for the end of the run to be told to those who follow its record.
func (w *work) tellEnd() error {
	if w.host.o.RunEnded == nil || w.run.RecordID == "" {
		return nil
	}
	return w.put(store.TellRunEnded, string(w.run.ID), struct{}{})
}

func marshal(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return raw, nil
}
