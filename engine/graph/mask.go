package graph

import "github.com/fluxo-app/fluxo/engine/graph/kind"

// maxJoinEdges is the width of a mask.
const maxJoinEdges = 64

// computeJoins fills in the masks of every inclusive and every complex join.
func (g *Graph) computeJoins() {
	for s := range g.Scopes {
		scope := &g.Scopes[s]
		for _, n := range scope.Nodes {
			node := &g.Nodes[n]
			if node.Kind.Enter != kind.JoinSome && node.Kind.Enter != kind.JoinNeed || len(node.In) == 0 {
				continue
			}
			join := Join{
				Node:  n,
				Full:  1<<uint(len(node.In)) - 1,
				Reach: make([]uint64, len(g.Nodes)),
				Plain: make([]uint64, len(g.Nodes)),
			}
			for bit, e := range node.In {
				g.spread(&join, e, uint(bit), join.Reach, true)
				g.spread(&join, e, uint(bit), join.Plain, false)
			}
			scope.Joins = append(scope.Joins, join)
		}
	}
}

// spread walks backwards from one incoming edge of the join, which is thought
// removed, and marks every node from where a token can come to that edge. A
// node's own boundary events are not part of its mask, because whether they
// still can fire is known only while the run is at the node; those of nodes
// further upstream on the way are.
func (g *Graph) spread(join *Join, edge int, bit uint, mask []uint64, boundaries bool) {
	entered := make([]bool, len(g.Nodes)) // a token that enters the node can come to the edge
	var queue []int
	enter := func(n int) {
		if !entered[n] {
			entered[n] = true
			queue = append(queue, n)
		}
	}
	leave := func(n int) {
		mask[n] |= 1 << bit
		enter(n)
	}
	leave(g.Edges[edge].From)
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if n == join.Node {
			continue // its mask is for a token that has just fired it; nothing passes through it
		}
		for _, e := range g.Nodes[n].In {
			leave(g.Edges[e].From)
		}
		if host := g.Nodes[n].Host; boundaries && host != None {
			enter(host)
		}
	}
}
