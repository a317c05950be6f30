package core

import "github.com/fluxo-app/fluxo/engine/graph"

// A complex join goes on as soon as so many incoming flows have a token as it
// needs. From then on it swallows one token of each other flow, and it is ready
// for a new round when none of them can still come, by the inclusive rule. The
// end of a round gives no token (CPX-06).

// fireNeed fires a complex join and begins the rest of its round.
func (m *machine) fireNeed(sc int64, n *graph.Node) {
	b := m.findBucket(sc, NodeID(n.ID))
	for slot, edge := range b.edges {
		if len(edge) > 0 {
			b.served |= 1 << uint(slot)
		}
	}
	m.fire(sc, n)
}

// swallow ends a token that comes too late for its round.
func (m *machine) swallow(st step, n *graph.Node, b *bucket, slot int) {
	b.served |= 1 << uint(slot)
	scp := m.scope(st.scope)
	m.record(Record{Kind: RecordTokenParked, Node: NodeID(n.ID), Flow: m.flowID(st.edge), Token: st.id, Scope: scp.id})
	m.consume(st.ref, scp, n)
}

// renew ends the round of a complex join.
func (m *machine) renew(sc int64, n *graph.Node, b *bucket) {
	b.served = 0
	switch {
	case b.filled >= n.Need:
		m.fireNeed(sc, n)
	case b.filled == 0:
		m.dropBucket(sc, n)
	}
}
