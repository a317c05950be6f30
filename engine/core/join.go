package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// park puts a token before a join, which goes on when that was what it waited for.
func (m *machine) park(st step, n *graph.Node) {
	if b := m.shelve(st, n); b != nil {
		m.ripe(st.scope, n, b)
	}
}

// ripe fires a join that goes by what stands before it alone.
func (m *machine) ripe(sc int64, n *graph.Node, b *bucket) bool {
	switch {
	case n.Kind.Enter == kind.JoinAll && b.filled == len(n.In):
		m.fire(sc, n)
	case n.Kind.Enter == kind.JoinNeed && b.served == 0 && b.filled >= n.Need:
		m.fireNeed(sc, n)
	default:
		return false
	}
	return true
}

// shelve puts a token into the bucket of its edge; nil when it does not wait there.
func (m *machine) shelve(st step, n *graph.Node) *bucket {
	b := m.bucket(st.scope, n)
	slot := 0
	if st.edge != graph.None {
		slot = m.g.Edges[st.edge].Slot
	}
	if b.served != 0 && b.served&(1<<uint(slot)) == 0 {
		m.swallow(st, n, b, slot)
		return nil
	}
	if len(b.edges[slot]) >= bucketLimit {
		failure := FailureBody{Code: "too_many_tokens", Message: "more than " + itoa(bucketLimit) + " tokens wait on one flow of the join",
			Remedy: "cancel the run; the other flows of the join starve"}
		held := m.raise(NodeID(n.ID), "", -1, failure)
		m.rest(token{ref: st.ref, scope: st.scope, node: NodeID(n.ID), flow: m.flowID(st.edge), held: held, phase: phaseEnter})
		return nil
	}
	if len(b.edges[slot]) == 0 {
		b.filled++
	}
	b.edges[slot] = append(b.edges[slot], st.ref)
	scp := m.scope(st.scope)
	scp.parked++
	m.record(Record{Kind: RecordTokenParked, Node: NodeID(n.ID), Flow: m.flowID(st.edge), Token: st.id, Scope: scp.id})
	return b
}

// bucket finds or makes the bucket of a join in a scope.
func (m *machine) bucket(sc int64, n *graph.Node) *bucket {
	if b := m.findBucket(sc, NodeID(n.ID)); b != nil {
		return b
	}
	m.s.buckets = append(m.s.buckets, bucket{scope: sc, node: NodeID(n.ID), edges: make([][]ref, max(len(n.In), 1))})
	return &m.s.buckets[len(m.s.buckets)-1]
}

func (m *machine) findBucket(sc int64, node NodeID) *bucket {
	for i := range m.s.buckets {
		if m.s.buckets[i].scope == sc && m.s.buckets[i].node == node {
			return &m.s.buckets[i]
		}
	}
	return nil
}

// fire takes the first token of every filled edge, leaves the surplus, and lets
// one of them go on.
func (m *machine) fire(sc int64, n *graph.Node) {
	b := m.findBucket(sc, NodeID(n.ID))
	scp := m.scope(sc)
	var first ref
	for slot, edge := range b.edges {
		if len(edge) == 0 {
			continue
		}
		t := edge[0]
		if b.edges[slot] = edge[1:]; len(edge) == 1 {
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
	if b.filled == 0 && b.served == 0 {
		m.s.buckets = slices.DeleteFunc(m.s.buckets, func(b bucket) bool { return b.scope == sc && b.node == NodeID(n.ID) })
	}
	m.record(Record{Kind: RecordNodeEntered, Node: NodeID(n.ID), Token: first.id, Scope: scp.id})
	m.run(first, sc, n)
}

// fireInclusive fires the first enabled inclusive join, deepest scope first,
// then in node order. It is called whenever no token can move, whatever has
// changed: a token that died or turned away may have been the awaited one.
func (m *machine) fireInclusive() bool {
	if len(m.s.buckets) == 0 {
		return false
	}
	for i := len(m.s.scopes) - 1; i >= 0; i-- {
		scp := &m.s.scopes[i]
		joins := m.g.Scopes[scp.def].Joins
		for j := range joins {
			n := &m.g.Nodes[joins[j].Node]
			b := m.findBucket(scp.n, NodeID(n.ID))
			switch {
			case b == nil:
			case n.Kind.Enter == kind.JoinNeed:
				if b.served != 0 && m.free(scp.n, &joins[j], b, b.served) {
					m.renew(scp.n, n, b)
					return true
				}
			case m.enabled(scp.n, &joins[j], b):
				m.fire(scp.n, n)
				return true
			}
		}
	}
	return false
}

// enabled is the standard's rule: a join waits for every other token that can
// arrive on an empty incoming edge, unless that token can arrive on a filled one
// as well. Boundary events count for what a token may still reach, not for the
// exemption.
func (m *machine) enabled(sc int64, j *graph.Join, b *bucket) bool {
	var filled uint64
	for slot, edge := range b.edges {
		if len(edge) > 0 {
			filled |= 1 << uint(slot)
		}
	}
	return m.free(sc, j, b, filled)
}

// free tells whether nothing has to be awaited on the edges that are not filled.
func (m *machine) free(sc int64, j *graph.Join, b *bucket, filled uint64) bool {
	empty := j.Full &^ filled
	if empty == 0 {
		return true
	}
	for i := range m.s.tokens {
		t := &m.s.tokens[i]
		if t.scope != sc {
			continue
		}
		n := m.node(t.node)
		reach, plain := j.Reach[n.Index], j.Plain[n.Index]
		if t.phase == phaseEnter || t.phase == phaseTurn {
			if reach, plain = m.before(j, t, n); reach == 0 {
				continue
			}
		} else {
			for _, e := range n.Boundaries {
				if m.g.Nodes[e].Errors {
					reach |= j.Reach[e]
				}
			}
		}
		if reach&empty != 0 && plain&filled == 0 {
			return false
		}
	}
	for i := range m.s.waits {
		event := m.node(m.s.waits[i].node)
		if event.Host == graph.None || m.scopeOf(&m.s.waits[i]) != sc {
			continue
		}
		if j.Reach[event.Index]&empty != 0 && j.Plain[event.Host]&filled == 0 {
			return false
		}
	}
	for i := range m.s.buckets {
		other := &m.s.buckets[i]
		if other.scope != sc || other == b || other.filled == 0 {
			continue
		}
		n := m.node(other.node)
		if j.Reach[n.Index]&empty != 0 && j.Plain[n.Index]&filled == 0 {
			return false
		}
	}
	return true
}

// before gives the masks of a token that is held in front of a node.
func (m *machine) before(j *graph.Join, t *token, n *graph.Node) (reach, plain uint64) {
	if n.Index == j.Node {
		if e, ok := m.g.EdgeByID(string(t.flow)); ok {
			return 1 << uint(e.Slot), 1 << uint(e.Slot)
		}
	}
	reach, plain = j.Reach[n.Index], j.Plain[n.Index]
	for _, e := range n.Boundaries {
		reach |= j.Reach[e]
	}
	return reach, plain
}

// findDeadlocks raises an incident for every scope in which all tokens are
// parked and no join can fire.
func (m *machine) findDeadlocks() {
	for i := range m.s.scopes {
		scp := &m.s.scopes[i]
		if scp.live == 0 || scp.live != scp.parked || m.deadlocked(scp.n) {
			continue
		}
		var joins []any
		var first NodeID
		for _, nodeIndex := range m.g.Scopes[scp.def].Nodes {
			n := &m.g.Nodes[nodeIndex]
			b := m.findBucket(scp.n, NodeID(n.ID))
			if b == nil || b.filled == 0 {
				continue
			}
			if first == "" {
				first = NodeID(n.ID)
			}
			var present, missing []any
			for slot, e := range n.In {
				if len(b.edges[slot]) > 0 {
					present = append(present, m.g.Edges[e].ID)
				} else {
					missing = append(missing, m.g.Edges[e].ID)
				}
			}
			joins = append(joins, Values{"node": n.ID, "present": present, "missing": missing})
		}
		m.raise(first, "", scp.n, FailureBody{Code: "join_deadlock",
			Message: "the join waits for tokens that cannot come any more",
			Remedy:  "skip to let the join go on with the tokens that are there, or cancel the run",
			Detail:  Values{"joins": joins}})
	}
}

func (m *machine) deadlocked(sc int64) bool {
	return slices.ContainsFunc(m.s.issues, func(i issue) bool { return i.scope == sc })
}
