package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// startScope begins an embedded sub-process; its host token rests at the node.
func (m *machine) startScope(t ref, sc int64, n *graph.Node) {
	m.rest(token{ref: t, scope: sc, node: NodeID(n.ID)})
	if !n.Event {
		m.arm(t, n)
	}
	m.s.nextScope++
	inner := &m.g.Scopes[n.Inner]
	child := scope{n: m.s.nextScope, id: scopeID(m.s.nextScope), def: n.Inner, node: NodeID(n.ID), parent: sc, host: t.n,
		vars: declare(inner.Variables), own: true}
	m.s.scopes = append(m.s.scopes, child)
	m.names = nil
	m.record(Record{Kind: RecordScopeStarted, Node: NodeID(n.ID), Token: t.id, Scope: child.id})
	m.guard(child.n)
	scp := &m.s.scopes[len(m.s.scopes)-1]
	for _, from := range [][]int{inner.Starts, inner.Implicit} {
		for _, start := range from {
			m.push(m.newToken(scp), scp.n, start, graph.None)
		}
	}
}

func declare(vars []graph.Declared) Values {
	out := make(Values, len(vars))
	for _, v := range vars {
		out[v.Name] = v.Default
	}
	return out
}

// completeScopes ends the scopes that have no token left, deepest first, and
// the run with the last of them. It reports whether tokens may move again.
func (m *machine) completeScopes() bool {
	m.disarm()
	for i := len(m.s.scopes) - 1; i > 0; i-- { // an inner scope is always younger than the outer
		scp := m.s.scopes[i]
		if scp.live > 0 || scp.rep != nil && !scp.rep.over {
			continue
		}
		if scp.pass > 0 { // an operator has ended its token
			m.dropScope(scp.n)
			n := m.node(scp.node)
			m.passOver(scp, n, nil, !n.Repeat.Each)
			return true
		}
		h := m.s.tokenIndex(scp.host)
		if h < 0 {
			m.fail("scope %d without host", scp.n)
			return false
		}
		m.record(Record{Kind: RecordScopeCompleted, Node: scp.node, Token: m.s.tokens[h].id, Scope: scp.id})
		m.hoist(&scp)
		m.dropBuckets(scp.n)
		host := scp.host
		m.s.scopes = slices.Delete(m.s.scopes, i, i+1)
		m.names = nil
		m.closeWaits(host, "left")
		t := m.take(m.s.tokenIndex(host))
		switch {
		case scp.undo:
			m.end(t.ref, t.scope, m.node(t.node))
		case scp.rep != nil:
			m.endRepeat(t, m.node(t.node), scp.rep)
		default:
			m.leave(t.ref, t.scope, m.node(t.node), "", false)
		}
		return true
	}
	if m.s.Started() && m.s.scopes[0].live == 0 {
		m.finish(Completed, nil, "")
	}
	return false
}

// finish ends the run.
func (m *machine) finish(status Status, failure *FailureBody, reason string) {
	s := m.s
	if len(s.waits) > 0 || len(s.tokens) > 0 {
		m.fail("ended with %d waits and %d tokens", len(s.waits), len(s.tokens))
	}
	s.status, s.failure = status, failure
	s.entries, s.undos = nil, nil
	s.moves, s.buckets, m.work, m.head = nil, nil, nil, 0
	r := Record{Kind: RecordRunCompleted, Reason: reason}
	switch status {
	case Canceled:
		r.Kind, r.Actor = RecordRunCanceled, m.ev.Actor
	case Failed:
		r.Kind, r.Body = RecordRunFailed, Values{"code": failure.Code, "message": failure.Message}
	}
	m.record(r)
	m.command(Command{Kind: Finish, Status: status, Failure: failure, Reason: reason})
}

// empty removes everything that is alive in a scope, and the scopes inside it:
// waits newest first, then tokens. The scope itself stays.
func (m *machine) empty(n int64, reason string) {
	m.forget(n)
	for i := len(m.s.scopes) - 1; i >= 0; i-- {
		if m.s.scopes[i].n != n && m.s.scopes[i].parent == n && m.s.scopes[i].n != 0 {
			m.cancelScope(m.s.scopes[i].n, reason)
			i = len(m.s.scopes)
		}
	}
	for i := len(m.s.waits) - 1; i >= 0; i-- {
		w := m.s.waits[i]
		if m.scopeOf(&w) != n {
			continue
		}
		m.s.waits = slices.Delete(m.s.waits, i, i+1)
		m.settle(w.failed, "cancel", "")
		m.withdraw(&w, reason, "")
	}
	scp := m.scope(n)
	for i := len(m.s.tokens) - 1; i >= 0; i-- {
		if m.s.tokens[i].scope != n {
			continue
		}
		t := m.take(i)
		m.settle(t.held, "cancel", "")
		m.unqueue(t.n)
		switch {
		case t.phase == phaseTurn:
			m.record(Record{Kind: RecordTokenConsumed, Node: t.node, Token: t.id, Scope: scp.id, Reason: reason})
		case scp.pass == 0: // the end of a pass is told by that of its scope
			m.record(Record{Kind: RecordNodeCanceled, Node: t.node, Token: t.id, Scope: scp.id, Reason: reason})
		}
	}
	m.dropBuckets(n)
	for i := len(m.s.issues) - 1; i >= 0; i-- {
		if m.s.issues[i].scope == n {
			m.settle(m.s.issues[i].n, "cancel", "")
		}
	}
	rest := m.work[m.head:]
	kept := make([]step, 0, len(rest))
	for _, st := range rest {
		if st.scope != n {
			kept = append(kept, st)
		}
	}
	m.work, m.head = kept, 0
	scp.live, scp.parked, scp.armed = 0, 0, false
}

// cancelScope ends an inner scope without its normal exit.
func (m *machine) cancelScope(n int64, reason string) {
	m.empty(n, reason)
	scp := m.scope(n)
	m.record(Record{Kind: RecordScopeCanceled, Node: scp.node, Scope: scp.id, Reason: reason})
	m.s.scopes = slices.DeleteFunc(m.s.scopes, func(s scope) bool { return s.n == n })
	m.s.entries = slices.DeleteFunc(m.s.entries, func(e entry) bool { return e.scope == n })
	m.names = nil
}

func (m *machine) dropBuckets(sc int64) {
	m.s.buckets = slices.DeleteFunc(m.s.buckets, func(b bucket) bool { return b.scope == sc })
}
