package core

import "github.com/fluxo-app/fluxo/engine/graph"

// cancelTransaction begins to cancel the transaction round a cancel end event:
// all that runs in it is withdrawn, then what was done in it is undone, and only
// then the event for that at its border goes on.
func (m *machine) cancelTransaction(t token, n *graph.Node) {
	m.take(m.s.tokenIndex(t.n))
	m.end(t.ref, t.scope, n)
	scp := m.scope(t.scope)
	for scp.n != 0 && !m.node(scp.node).Transaction {
		scp = m.scope(scp.parent)
	}
	if scp.n == 0 {
		m.fail("%s cancels no transaction", n.ID)
		return
	}
	sc, host := scp.n, scp.host
	m.record(Record{Kind: RecordTransactionCanceled, Node: scp.node, Scope: scp.id})
	m.empty(sc, "canceled")
	m.closeWaits(host, "canceled")
	if !m.claim(undo{scope: sc, token: host, cancels: true}, func(e *entry) bool { return e.scope == sc }) {
		m.canceled(host)
	}
}

// canceled leaves a transaction by its cancel event.
func (m *machine) canceled(host int64) {
	i := m.s.tokenIndex(host)
	if i < 0 {
		m.fail("canceled transaction without host")
		return
	}
	n := m.node(m.s.tokens[i].node)
	event := m.pick(n.Boundaries, func(n *graph.Node) bool { return n.Cancels }, "")
	if event == nil {
		m.fail("transaction %s without cancel event", n.ID)
		return
	}
	m.interrupt(host, event)
}
