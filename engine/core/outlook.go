package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// JoinView is a join at which tokens stand, and what it stands for.
type JoinView struct {
	Node    NodeID
	Scope   ScopeID
	Parked  []TokenID
	Present []FlowID // with a token
	Missing []FlowID // without
	// Coming are the nodes with a token that may still arrive by a missing flow.
	// None means that the join cannot fire by itself.
	Coming []NodeID
}

// ScopeView is a live inner scope.
type ScopeView struct {
	ID     ScopeID
	Node   NodeID
	Parent ScopeID
	Tokens int
}

// Scopes lists the inner scopes that are open, oldest first.
func (s *State) Scopes() []ScopeView {
	var out []ScopeView
	for i := range s.scopes {
		if c := &s.scopes[i]; c.n != 0 {
			out = append(out, ScopeView{ID: c.id, Node: c.node, Parent: scopeID(c.parent), Tokens: c.live})
		}
	}
	return out
}

// Joins lists the joins at which tokens wait for others, in the order in which
// the first token came.
func (s *State) Joins(g *graph.Graph) []JoinView {
	var out []JoinView
	for i := range s.buckets {
		b := &s.buckets[i]
		n, ok := g.Node(string(b.node))
		if !ok {
			continue
		}
		v := JoinView{Node: b.node, Scope: scopeID(b.scope)}
		var missing []int
		for slot, e := range n.In {
			if slot < len(b.edges) && len(b.edges[slot]) > 0 {
				v.Present = append(v.Present, FlowID(g.Edges[e].ID))
				for _, t := range b.edges[slot] {
					v.Parked = append(v.Parked, t.id)
				}
				continue
			}
			v.Missing = append(v.Missing, FlowID(g.Edges[e].ID))
			missing = append(missing, e)
		}
		reach := leadingTo(g, n.Index, missing)
		add := func(node NodeID) {
			if at, ok := g.Node(string(node)); ok && reach[at.Index] && !slices.Contains(v.Coming, node) {
				v.Coming = append(v.Coming, node)
			}
		}
		for k := range s.tokens {
			if s.tokens[k].scope == b.scope {
				add(s.tokens[k].node)
			}
		}
		for k := range s.buckets {
			if s.buckets[k].scope == b.scope && k != i {
				add(s.buckets[k].node)
			}
		}
		out = append(out, v)
	}
	return out
}

// leadingTo marks the nodes from which a token can come to one of the edges
// without passing the join they lead to.
func leadingTo(g *graph.Graph, join int, edges []int) []bool {
	marked := make([]bool, len(g.Nodes))
	var work []int
	mark := func(n int) {
		if n != join && !marked[n] {
			marked[n] = true
			work = append(work, n)
		}
	}
	for _, e := range edges {
		mark(g.Edges[e].From)
	}
	for len(work) > 0 {
		n := &g.Nodes[work[len(work)-1]]
		work = work[:len(work)-1]
		for _, e := range n.In {
			mark(g.Edges[e].From)
		}
		if n.Host != graph.None { // a boundary event comes out of its host
			mark(n.Host)
		}
	}
	return marked
}
