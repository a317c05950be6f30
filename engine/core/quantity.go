package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// gather parks a token before an activity that takes several at a time, by
// whichever flows they come, and enters it when there are enough.
func (m *machine) gather(st step, n *graph.Node) {
	m.park(st, n)
	if b := m.findBucket(st.scope, NodeID(n.ID)); b != nil && b.count() >= n.Needs {
		m.fireGathered(st.scope, n)
	}
}

// count is how many tokens are parked.
func (b *bucket) count() int {
	total := 0
	for _, edge := range b.edges {
		total += len(edge)
	}
	return total
}

// fireGathered enters an activity with as many tokens as it takes, the oldest
// first, or with all that are there.
func (m *machine) fireGathered(sc int64, n *graph.Node) {
	b := m.findBucket(sc, NodeID(n.ID))
	scp := m.scope(sc)
	var first ref
	for range min(n.Needs, b.count()) {
		from := -1
		for slot, edge := range b.edges {
			if len(edge) > 0 && (from < 0 || edge[0].n < b.edges[from][0].n) {
				from = slot
			}
		}
		t := b.edges[from][0]
		if b.edges[from] = b.edges[from][1:]; len(b.edges[from]) == 0 {
			b.filled--
		}
		scp.parked--
		if first.n == 0 {
			first = t
			continue
		}
		m.record(Record{Kind: RecordTokenConsumed, Node: NodeID(n.ID), Token: t.id, Scope: scp.id})
		scp.live--
	}
	if b.filled == 0 {
		m.dropBucket(sc, n)
	}
	m.record(Record{Kind: RecordNodeEntered, Node: NodeID(n.ID), Token: first.id, Scope: scp.id})
	m.run(first, sc, n)
}

func (m *machine) dropBucket(sc int64, n *graph.Node) {
	m.s.buckets = slices.DeleteFunc(m.s.buckets, func(b bucket) bool { return b.scope == sc && b.node == NodeID(n.ID) })
}

// fireAny fires whatever parks tokens with those that are there.
func (m *machine) fireAny(sc int64, n *graph.Node) {
	switch {
	case n.Needs > 1:
		m.fireGathered(sc, n)
	case n.Kind.Enter == kind.JoinNeed:
		m.fireNeed(sc, n)
	default:
		m.fire(sc, n)
	}
}
