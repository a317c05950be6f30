package core

import "github.com/fluxo-app/fluxo/engine/graph"

// race opens what the events behind an event gateway wait for. The waits belong
// to the one token at the gateway, so that whichever is served first closes all
// others in the same step.
func (m *machine) race(t ref, sc int64, n *graph.Node) {
	m.rest(token{ref: t, scope: sc, node: NodeID(n.ID)})
	opened := false
	for _, e := range n.Out {
		if target := &m.g.Nodes[m.g.Edges[e].To]; !target.Disabled {
			m.openEvent(target, t.n, sc)
			opened = true
		}
	}
	if opened {
		return
	}
	m.won(m.take(m.s.tokenIndex(t.n)), n, &m.g.Nodes[m.g.Edges[n.Out[0]].To]) // all are disabled: the first is passed
}

// won moves a token from the gateway through the event that came first.
func (m *machine) won(t token, gateway, event *graph.Node) {
	edge := event.In[0]
	scope := m.scope(t.scope).id
	m.record(Record{Kind: RecordNodeLeft, Node: NodeID(gateway.ID), Token: t.id, Scope: scope})
	m.record(Record{Kind: RecordNodeEntered, Node: NodeID(event.ID), Flow: m.flowID(edge), Token: t.id, Scope: scope})
	m.leave(t.ref, t.scope, event, "", false)
}
