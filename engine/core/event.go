package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// apply puts one event into the state. Tokens that it frees are pushed, not yet
// moved.
func (m *machine) apply(ev *Event) error {
	m.ev = ev
	m.s.at = max(m.s.at, ev.At)
	if m.s.status != Active {
		m.late(ev, "the run has ended")
		return nil
	}
	if !m.s.Started() && ev.Kind != RunStarted && ev.Kind != CancelRequested {
		m.ignore(ev, "the run has not started")
		return nil
	}
	switch ev.Kind {
	case RunStarted:
		return withBody(ev, m.start)
	case TaskCompleted:
		return withBody(ev, m.taskCompleted)
	case TimerFired:
		m.timerFired(ev)
	case MessageArrived:
		return withBody(ev, m.messageArrived)
	case SignalArrived:
		return withBody(ev, m.signalArrived)
	case RecordChanged:
		return withBody(ev, m.recordChanged)
	case EffectCompleted:
		return withBody(ev, m.effectCompleted)
	case ChildCompleted:
		return withBody(ev, m.childCompleted)
	case ChildEscalated:
		return withBody(ev, m.childEscalated)
	case WaitFailed:
		return withBody(ev, m.waitFailed)
	case RetryRequested:
		return withBody(ev, m.retry)
	case SkipRequested:
		return withBody(ev, m.skip)
	case VariablesChanged:
		return withBody(ev, m.editVariables)
	case CancelRequested:
		return withBody(ev, m.cancel)
	case ContinueRequested:
		// Fold has taken up the remaining moves already.
	default:
		known, err := m.repair(ev)
		if err != nil {
			return err
		}
		if !known {
			m.ignore(ev, "this version does not know the event")
		}
	}
	return m.err
}

// withBody decodes an event's body and applies it. A body that does not decode
// was written by a broken host.
func withBody[B any](ev *Event, apply func(*Event, B)) error {
	var body B
	if len(ev.Body) > 0 {
		dec := json.NewDecoder(bytes.NewReader(ev.Body))
		dec.UseNumber()
		if err := dec.Decode(&body); err != nil {
			return fmt.Errorf("%w: body: %w", ErrInvariant, err)
		}
	}
	apply(ev, body)
	return nil
}

// decodeAny reads one JSON value with exact numbers.
func decodeAny(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the value")
	}
	return v, nil
}

// ignore records an event that changes nothing.
func (m *machine) ignore(ev *Event, reason string) {
	m.record(Record{Kind: RecordEventIgnored, Wait: ev.Wait, Actor: ev.Actor, Reason: reason,
		Body: Values{"event": ev.ID, "kind": string(ev.Kind)}})
}

// late records an event that lost a race. The result of an effect is kept
// visible, because something did happen outside.
func (m *machine) late(ev *Event, reason string) {
	if ev.Kind != EffectCompleted {
		m.ignore(ev, reason)
		m.giveBack(ev)
		return
	}
	r := Record{Kind: RecordEffectLate, Wait: ev.Wait, Reason: reason, Body: Values{"event": ev.ID}}
	var body EffectBody
	if json.Unmarshal(ev.Body, &body) == nil && body.Effect != "" {
		r.Body["effect"] = body.Effect
	}
	m.record(r)
}

// awaited finds the wait of an event and checks its kind.
func (m *machine) awaited(ev *Event, kinds ...WaitKind) *wait {
	w := m.s.findWait(ev.Wait)
	if w != nil {
		for _, k := range kinds {
			if w.kind == k {
				return w
			}
		}
	}
	m.late(ev, "the wait is closed")
	return nil
}

// start begins the run at one start event and at every node that nothing leads to.
func (m *machine) start(ev *Event, body StartBody) {
	s := m.s
	if s.Started() {
		m.ignore(ev, "the run has started before")
		return
	}
	s.graphHash, s.startedBy, s.record, s.cause = m.g.Hash, ev.Actor, body.Record, body.Cause
	s.parameters = declare(m.g.Parameters)
	maps.Copy(s.parameters, body.Parameters)
	root := scope{vars: declare(m.g.Scopes[0].Variables), own: true}
	maps.Copy(root.vars, body.Variables)
	s.scopes = append(s.scopes[:0], root)
	s.steps, m.ownSteps = Values{}, true
	at, failure := m.entry(body.Node)
	r := Record{Kind: RecordRunStarted, Actor: ev.Actor, Body: startedBody(body, s.parameters)}
	if failure == nil && at != graph.None {
		r.Node = NodeID(m.g.Nodes[at].ID)
	}
	m.record(r)
	if failure == nil {
		failure = m.missingParameter()
	}
	if failure != nil {
		m.finish(Failed, failure, "")
		return
	}
	m.guard(0)
	scp := &s.scopes[0]
	if at != graph.None {
		m.began(&m.g.Nodes[at], body.Event)
		m.push(m.newToken(scp), 0, at, graph.None)
	}
	for _, n := range m.g.Scopes[0].Implicit {
		m.push(m.newToken(scp), 0, n, graph.None)
	}
}

func startedBody(body StartBody, parameters Values) Values {
	out := Values{}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if len(body.Variables) > 0 {
		out["variables"] = body.Variables
	}
	if body.Record != nil {
		out["record"] = Values{"type": body.Record.Type, "id": body.Record.ID}
	}
	if body.Cause != nil {
		out["cause"] = Values{"kind": body.Cause.Kind, "id": body.Cause.ID, "depth": number(body.Cause.Depth)}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// entry picks the start event: the one asked for, the only one, or the only one
// that people start by hand. Several are ambiguous.
func (m *machine) entry(asked NodeID) (int, *FailureBody) {
	if m.g.Drawing {
		return graph.None, &FailureBody{Code: "not_executable", Message: "the process is a drawing and cannot be run"}
	}
	starts := m.g.Scopes[0].Starts
	if asked != "" {
		for _, n := range starts {
			if m.g.Nodes[n].ID == string(asked) {
				return n, nil
			}
		}
		return graph.None, &FailureBody{Code: "unknown_start", Message: "the process has no start event " + string(asked)}
	}
	if len(starts) == 0 {
		return graph.None, nil
	}
	if len(starts) == 1 {
		return starts[0], nil
	}
	found := graph.None
	for _, n := range starts {
		if !m.g.Nodes[n].ByHand {
			continue
		}
		if found != graph.None {
			return graph.None, ambiguousStart()
		}
		found = n
	}
	if found == graph.None {
		return graph.None, ambiguousStart()
	}
	return found, nil
}

func ambiguousStart() *FailureBody {
	return &FailureBody{Code: "ambiguous_start", Message: "the process has several start events", Remedy: "say at which one to start"}
}

func (m *machine) missingParameter() *FailureBody {
	for _, p := range m.g.Parameters {
		if p.Required && m.s.parameters[p.Name] == nil {
			return &FailureBody{Code: "missing_parameter", Message: "the parameter " + p.Name + " has no value", Detail: Values{"name": p.Name}}
		}
	}
	return nil
}

func (m *machine) taskCompleted(ev *Event, body TaskBody) {
	w := m.awaited(ev, TaskWait)
	if w == nil {
		return
	}
	m.completeTask(*w, ev.Actor, body, "completed")
}

// completeTask closes a task with its outcome and moves on by the outcome's port.
func (m *machine) completeTask(w wait, actor string, body TaskBody, reason string) {
	result := copyValues(body.Result)
	if body.Outcome != "" {
		result["outcome"] = body.Outcome
	}
	if _, has := result["by"]; !has {
		result["by"] = actor
	}
	if body.TimedOut {
		result["timedOut"] = true
	}
	m.setStep(w.node, result)
	m.record(Record{Kind: RecordTaskCompleted, Node: w.node, Token: m.tokenOf(&w), Scope: m.scope(m.scopeOf(&w)).id,
		Wait: m.runWait(&w), Actor: actor, Body: result})
	m.keepAnswers(&w, result)
	if t, n, ok := m.served(w, reason, body.Outcome); ok {
		m.leave(t.ref, t.scope, n, body.Outcome, false)
	}
}

// keepAnswers writes the variables for which a person was asked.
func (m *machine) keepAnswers(w *wait, result Values) {
	values := Values{}
	for _, a := range m.node(w.node).Answers {
		if v, given := result[a.Field]; given {
			values[a.Variable] = v
		}
	}
	m.write(m.scopeOf(w), w.node, m.tokenOf(w), values)
}

func (m *machine) timerFired(ev *Event) {
	w := m.awaited(ev, TimerWait, TimeoutWait)
	if w == nil {
		return
	}
	n := m.node(w.node)
	m.record(Record{Kind: RecordTimerFired, Node: w.node, Scope: m.scope(m.scopeOf(w)).id, Wait: ev.Wait})
	switch w.kind {
	case TimeoutWait:
		token := w.token
		for i := range m.s.waits {
			if m.s.waits[i].token == token && m.s.waits[i].kind == TaskWait {
				m.completeTask(m.s.waits[i], "", TaskBody{Outcome: n.Timeout.Outcome, TimedOut: true}, "timedOut")
				return
			}
		}
		m.fail("time limit %s without task", ev.Wait)
	default:
		m.fireEvent(w, n, ev, nil)
	}
}

func (m *machine) messageArrived(ev *Event, body MessageBody) {
	w := m.awaited(ev, MessageWait)
	if w == nil {
		return
	}
	for _, id := range w.seen {
		if id == ev.ID {
			m.ignore(ev, "the message was delivered before")
			return
		}
	}
	n := m.node(w.node)
	sc := m.scopeOf(w)
	m.record(Record{Kind: RecordMessageArrived, Node: w.node, Scope: m.scope(sc).id, Wait: ev.Wait,
		Body: Values{"message": body.Name, "key": body.Key, "body": body.Body}})
	m.setStep(w.node, copyValues(body.Body))
	m.fireEvent(w, n, ev, m.bring(w, n, sc, body.Body))
}

// bring takes what came with a message or a signal into the variable that the
// event names. What starts an event sub-process belongs to that one activation:
// it is returned, for the scope that begins. Of several things that it needs
// together those that come first stand in the scope around it meanwhile.
func (m *machine) bring(w *wait, n *graph.Node, sc int64, body Values) Values {
	into := m.watched(w).Into
	if into == "" {
		return nil
	}
	if n.Kind.Role == kind.Start && !n.Together {
		return Values{into: body}
	}
	m.write(sc, w.node, "", Values{into: body})
	return nil
}

func (m *machine) effectCompleted(ev *Event, body EffectBody) {
	found := m.awaited(ev, EffectWait)
	if found == nil {
		return
	}
	w := *found
	sc := m.scopeOf(&w)
	r := Record{Kind: RecordEffectCompleted, Node: w.node, Token: m.tokenOf(&w), Scope: m.scope(sc).id, Wait: ev.Wait, Actor: ev.Actor}
	if len(body.Result) > 0 {
		r.Body = Values{"result": body.Result}
	}
	m.record(r)
	m.setStep(w.node, copyValues(body.Result))
	m.write(sc, w.node, m.tokenOf(&w), body.Variables)
	if t, n, ok := m.served(w, "completed", body.Port); ok {
		m.leave(t.ref, t.scope, n, body.Port, false)
	}
}

// write sets variables that a result brought, in the order of their names.
func (m *machine) write(sc int64, node NodeID, t TokenID, values Values) {
	if len(values) == 0 {
		return
	}
	for _, name := range sortedKeys(values) {
		m.setVariable(sc, name, values[name])
	}
	m.record(Record{Kind: RecordVariablesChanged, Node: node, Token: t, Scope: m.scope(sc).id, Body: values})
}

func (m *machine) changeVariables(ev *Event, values Values, reason string) {
	if len(values) == 0 {
		return
	}
	for _, name := range sortedKeys(values) {
		m.setVariable(0, name, values[name])
	}
	m.record(Record{Kind: RecordVariablesChanged, Actor: ev.Actor, Reason: reason, Body: values})
}

// waitFailed treats a wait that could not be opened or served: a thrown error
// looks for a boundary event, a policy may go on, anything else is an incident.
func (m *machine) waitFailed(ev *Event, body FailureBody) {
	found := m.s.findWait(ev.Wait)
	if found == nil {
		m.late(ev, "the wait is closed")
		return
	}
	if found.failed != 0 {
		m.ignore(ev, "the wait has an open incident")
		return
	}
	w := *found
	n := m.node(w.node)
	if w.token == 0 {
		found.failed = m.raise(w.node, ev.Wait, -1, body)
		return
	}
	main := n.Host == graph.None && w.kind != TimeoutWait
	i := m.s.tokenIndex(w.token)
	if i < 0 {
		m.fail("wait %s without token", ev.Wait)
		return
	}
	t := m.s.tokens[i]
	switch {
	case body.Thrown && main:
		m.throw(t.scope, n, t.ref, body)
	case n.Continues && main:
		m.record(Record{Kind: RecordEffectCompleted, Node: w.node, Token: t.id, Scope: m.scope(t.scope).id, Wait: ev.Wait,
			Reason: body.Message, Body: Values{"error": Values{"code": body.Code, "message": body.Message}}})
		m.setStep(w.node, Values{"error": Values{"code": body.Code, "message": body.Message}})
		if t, n, ok := m.served(w, "failed", ""); ok {
			m.leave(t.ref, t.scope, n, n.NormalPort, false)
		}
	default:
		found.failed = m.raise(w.node, ev.Wait, -1, body)
	}
}

// cancel ends the run. It needs no variables and no expression, so it always fits.
func (m *machine) cancel(_ *Event, body ReasonBody) {
	if m.s.Started() {
		m.empty(0, "canceled")
	}
	m.finish(Canceled, nil, body.Reason)
}
