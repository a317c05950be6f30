package core

import (
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// ChildID is the id of the run that a call has started for a wait. A retry of
// the call by an operator is another generation and another run.
func ChildID(w WaitID, generation int) RunID {
	if generation < 2 {
		return RunID(w)
	}
	return RunID(string(w) + "." + strconv.Itoa(generation))
}

// childCompleted treats the end of a called run: its results are taken over, an
// error it ended with is thrown at the call, and anything else is an incident,
// whose retry calls anew.
func (m *machine) childCompleted(ev *Event, body ChildBody) {
	found := m.s.findWait(ev.Wait)
	switch {
	case found == nil || found.kind != ChildWait:
		if body.Status != Canceled { // the call was canceled, and so was what it had called
			m.late(ev, "the wait is closed")
		}
		return
	case body.Run != "" && body.Run != ChildID(ev.Wait, found.generation):
		m.late(ev, "the call was made anew")
		return
	case found.failed != 0 && body.Status != Completed:
		m.ignore(ev, "the wait has an open incident")
		return
	}
	w := *found
	n := m.node(w.node)
	detail := Values{"run": string(ChildID(ev.Wait, w.generation)), "status": string(body.Status)}
	if body.Code != "" {
		detail["code"] = body.Code
	}
	m.record(Record{Kind: RecordChildCompleted, Node: w.node, Token: m.tokenOf(&w), Scope: m.scope(m.scopeOf(&w)).id, Wait: ev.Wait,
		Reason: body.Message, Body: detail})
	switch {
	case body.Status == Completed:
		m.setStep(w.node, detail)
		if t, n, ok := m.served(w, "completed", ""); ok {
			m.takeOver(t, n, body.Variables)
		}
	case body.Thrown:
		m.setStep(w.node, detail)
		m.closeWait(w.n)
		i := m.s.tokenIndex(w.token)
		if i < 0 {
			m.fail("call %s without token", ev.Wait)
			return
		}
		m.throw(m.s.tokens[i].scope, n, m.s.tokens[i].ref, FailureBody{Code: body.Code, Thrown: true, Message: body.Message})
	default:
		failure := FailureBody{Code: "call_failed", Message: "the called process has ended without a result", Remedy: "retry to call it anew, or skip the call",
			Detail: Values{"run": detail["run"], "status": detail["status"], "code": body.Code}}
		if body.Message != "" {
			failure.Message = body.Message
		}
		if body.Status == Canceled {
			failure.Code, failure.Message = "call_canceled", "the called process was canceled"
		}
		if body.Remedy != "" {
			failure.Remedy = body.Remedy
		}
		m.s.waits[slices.IndexFunc(m.s.waits, func(o wait) bool { return o.n == w.n })].failed = m.raise(w.node, ev.Wait, -1, failure)
	}
}

// takeOver gives the results of a called run, and nothing else of it, to the
// variables that take them, and leaves the call. A mapping that fails holds the
// token with the results, so that a retry does not call again.
func (m *machine) takeOver(t token, n *graph.Node, result Values) {
	values := make(Values, len(n.Returns))
	for _, take := range n.Returns {
		value := take.Literal
		if take.Expr != "" {
			var failure *FailureBody
			if value, failure = m.valueOf(t.scope, take.Expr, Values{graph.ResultName: result}); failure != nil {
				held := m.raise(NodeID(n.ID), "", -1, *failure)
				m.rest(token{ref: t.ref, scope: t.scope, node: t.node, held: held, phase: phaseReturn, got: result})
				return
			}
		}
		values[take.Name] = value
	}
	m.write(t.scope, t.node, t.id, values)
	m.leave(t.ref, t.scope, n, "", false)
}

// valueOf evaluates an expression that sees more than its scope.
func (m *machine) valueOf(sc int64, source string, more Values) (any, *FailureBody) {
	if m.eval == nil {
		return nil, &FailureBody{Code: "expression_failed", Message: "no evaluator for " + source}
	}
	names := copyValues(m.snapshot(sc))
	for _, name := range sortedKeys(more) {
		names[name] = more[name]
	}
	v, err := m.eval.Eval(source, names, m.s.at)
	if err == nil {
		v, err = normalize(v)
	}
	if err != nil {
		return nil, evalFailure(source, err)
	}
	return v, nil
}
