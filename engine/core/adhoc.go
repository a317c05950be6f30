package core

import (
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// adHoc gives the rules of an ad-hoc sub-process; nil for every other scope.
func (m *machine) adHoc(scp *scope) *graph.AdHoc {
	if scp.n == 0 {
		return nil
	}
	return m.g.Scopes[scp.def].AdHoc
}

// deferred keeps a token out of an activity of an ad-hoc sub-process: for good
// when the sub-process is about to end, and until its turn when activities run
// one after the other.
func (m *machine) deferred(st step, n *graph.Node) bool {
	scp := m.scope(st.scope)
	rules := m.adHoc(scp)
	switch {
	case rules == nil:
		return false
	case scp.over:
		m.consume(st.ref, scp, n)
	case rules.Sequential() && n.Kind.Role == kind.Activity && m.busy(scp.n):
		m.rest(token{ref: st.ref, scope: scp.n, node: NodeID(n.ID), phase: phaseTurn, flow: m.flowID(st.edge)})
	default:
		return false
	}
	return true
}

// busy tells whether an activity of a scope is under way.
func (m *machine) busy(sc int64) bool {
	for i := range m.s.tokens {
		t := &m.s.tokens[i]
		if n := m.node(t.node); t.scope == sc && t.phase != phaseTurn && n.Kind.Role == kind.Activity && !n.Event {
			return true
		}
	}
	return false
}

// nextTurn lets the oldest token into its activity that waits for its turn. It
// is called when no token can move otherwise.
func (m *machine) nextTurn() bool {
	for i := range m.s.tokens {
		t := m.s.tokens[i]
		if t.phase != phaseTurn || m.busy(t.scope) {
			continue
		}
		m.take(i)
		m.push(t.ref, t.scope, m.node(t.node).Index, m.edgeIndex(t.flow))
		return true
	}
	return false
}

// endsAdHoc tests the condition of an ad-hoc sub-process when one of its
// activities is done. It reports whether the token is dealt with.
func (m *machine) endsAdHoc(t ref, sc int64, n *graph.Node, port string, skipped bool) bool {
	scp := m.scope(sc)
	rules := m.adHoc(scp)
	if rules == nil || rules.Until == "" || n.Kind.Role != kind.Activity || scp.over {
		return false
	}
	done, failure := m.holds(sc, rules.Until)
	switch {
	case failure != nil:
		m.hold(t, sc, n, phaseExit, port, *failure)
		return true
	case !done:
		return false
	}
	m.depart(t, sc, n, port, nil, skipped)
	if rules.Cancels() {
		m.empty(sc, "completed")
		return true
	}
	m.scope(sc).over = true
	for i := len(m.s.tokens) - 1; i >= 0; i-- {
		if m.s.tokens[i].scope == sc && m.s.tokens[i].phase == phaseTurn {
			m.consume(m.take(i).ref, m.scope(sc), n)
		}
	}
	return true
}
