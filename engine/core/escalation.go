package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// ChildEscalated tells a call of an escalation that nobody caught in the called
// run, which goes on. Body: EscalationBody.
const ChildEscalated EventKind = "childEscalated"

// Escalate passes an escalation that nobody caught on to whoever has called the
// run. Wait is its id, Outcome its code.
const Escalate CommandKind = "escalate"

// EscalationBody is an escalation of a called run.
type EscalationBody struct {
	Run  RunID  `json:"run"`
	Code string `json:"code"`
}

// caught is where a thrown error or escalation is caught: a boundary event at
// the token of its host, or the start of an event sub-process with the scope
// that it watches.
type caught struct {
	event *graph.Node // nil = nobody catches it
	host  int64
	scope int64
	left  []int64 // compensations that it came out of
}

// find looks for the event that catches a code, from the inside to the outside:
// first at the activity that throws (host, when its token still rests there),
// then, for each scope around it, an event sub-process of the scope and a
// boundary event of its host. At each of them an event for the code goes before
// one for all. What an event sub-process throws is not caught by its siblings;
// what is thrown while an activity is undone belongs to the scope that asked for
// it, and not to the activity, which was done before.
func (m *machine) find(sc, host int64, fits func(*graph.Node) bool, code string) caught {
	var left []int64
	beside, undone := false, false // the scope just left is an event sub-process, is an activity that is undone
	for {
		if host != 0 {
			i := m.s.tokenIndex(host)
			if i < 0 {
				m.fail("%s thrown in a scope without host", code)
				return caught{}
			}
			t := &m.s.tokens[i]
			// The events at a repeated activity watch all of it, not one pass.
			if event := m.pick(m.node(t.node).Boundaries, fits, code); event != nil && !undone && m.scope(t.scope).pass == 0 {
				return caught{event: event, host: host, left: left}
			}
			if u := m.undoOf(host); u != nil {
				left = append(left, u.n)
				sc, beside = u.scope, false
			}
		}
		scp := m.scope(sc)
		if scp.armed && !beside {
			if event := m.pick(m.g.Scopes[scp.def].Handlers, fits, code); event != nil {
				return caught{event: event, scope: sc, left: left}
			}
		}
		if scp.n == 0 {
			return caught{}
		}
		beside, undone = m.node(scp.node).Event, scp.undo
		host, sc = scp.host, scp.parent
	}
}

// pick finds the event among boundary events or event sub-processes that
// catches a code.
func (m *machine) pick(nodes []int, fits func(*graph.Node) bool, code string) *graph.Node {
	var all *graph.Node
	for _, i := range nodes {
		event := &m.g.Nodes[i]
		if event.Disabled {
			continue
		}
		if start := m.g.EventStart(event); start != nil {
			event = start
		}
		switch {
		case !fits(event):
		case event.Code == code:
			return event
		case event.Code == "" && all == nil:
			all = event
		}
	}
	return all
}

// begin lets the event that has caught something go on.
func (m *machine) begin(c caught) {
	switch {
	case c.host == 0:
		m.handle(c.scope, c.event)
	case c.event.Interrupts:
		m.interrupt(c.host, c.event)
	default:
		sc := m.s.tokens[m.s.tokenIndex(c.host)].scope
		m.push(m.newToken(m.scope(sc)), sc, c.event.Index, graph.None)
	}
}

// throw gives an error to the event that catches it. An error that nobody
// catches ends the run. At is the token of the activity that failed, when it
// still rests there.
func (m *machine) throw(sc int64, from *graph.Node, at ref, failure FailureBody) {
	m.record(Record{Kind: RecordErrorThrown, Node: NodeID(from.ID), Token: at.id, Scope: m.scope(sc).id,
		Body: Values{"code": failure.Code, "message": failure.Message}})
	c := m.find(sc, at.n, func(n *graph.Node) bool { return n.Errors }, failure.Code)
	if c.event == nil {
		if m.err == nil {
			m.empty(0, "failed")
			m.finish(Failed, &failure, "")
		}
		return
	}
	m.setStep(NodeID(c.event.ID), Values{"code": failure.Code, "message": failure.Message})
	m.begin(c)
	for _, n := range c.left {
		m.abandon(n)
	}
}

// escalate gives an escalation to the event that catches it. One that nobody
// catches is nothing here, the token goes on; it is for the call of the run, if
// there is one. The token that throws rests meanwhile, because an event that
// interrupts may cancel it.
func (m *machine) escalate(sc int64, from *graph.Node, at ref, code string) {
	c := m.find(sc, at.n, func(n *graph.Node) bool { return n.Escalates }, code)
	body := Values{"code": code}
	if c.event != nil {
		body["by"] = c.event.ID
	}
	m.record(Record{Kind: RecordEscalationThrown, Node: NodeID(from.ID), Token: at.id, Scope: m.scope(sc).id, Body: body})
	if c.event == nil {
		m.command(Command{Kind: Escalate, Wait: m.sentID(), Node: NodeID(from.ID), NodeKind: from.Kind.Key, Outcome: code})
		return
	}
	m.setStep(NodeID(c.event.ID), Values{"code": code})
	m.begin(c)
}

// childEscalated treats an escalation of a called run as one of the call.
func (m *machine) childEscalated(ev *Event, body EscalationBody) {
	w := m.s.findWait(ev.Wait)
	switch {
	case w == nil || w.kind != ChildWait:
		m.late(ev, "the wait is closed")
		return
	case body.Run != "" && body.Run != ChildID(ev.Wait, w.generation):
		m.late(ev, "the call was made anew")
		return
	case slices.Contains(w.seen, ev.ID):
		m.ignore(ev, "the escalation was delivered before")
		return
	}
	w.seen = append(slices.Clone(w.seen[max(0, len(w.seen)-63):]), ev.ID)
	i := m.s.tokenIndex(w.token)
	if i < 0 {
		m.fail("call %s without token", ev.Wait)
		return
	}
	t := m.s.tokens[i]
	m.escalate(t.scope, m.node(t.node), t.ref, body.Code)
}
