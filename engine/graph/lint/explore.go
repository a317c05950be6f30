package lint

import (
	"encoding/binary"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// Bounds of the walk; beyond them nothing is claimed.
const (
	maxMarkings = 20000
	maxTokens   = 24
)

// marking is a set of tokens on flows, sorted, with how it came to be.
type marking struct {
	edges  []int
	parent int // index in walk.all, -1 for a start
	choice []int
}

// walk explores what can happen in one scope. Waits are taken as instantly
// over, conditions as free choices, and of several independent tokens only one
// is moved at a time, because their order cannot matter before they meet.
type walk struct {
	g      *graph.Graph
	scope  *graph.Scope
	all    []marking
	seen   map[string]bool
	starve map[int]int // join node -> marking that shows it
	twice  map[int]int // merge node -> marking that shows it
}

// explore looks for parallel joins that starve and for merges that run what
// follows twice.
func explore(g *graph.Graph, scope *graph.Scope) []graph.Finding {
	w := walk{g: g, scope: scope, seen: map[string]bool{}, starve: map[int]int{}, twice: map[int]int{}}
	starts := scope.Starts
	if len(starts) == 0 {
		starts = []int{graph.None}
	}
	for _, s := range starts {
		var initial [][]int
		if s == graph.None {
			initial = [][]int{nil}
		} else {
			initial = w.exits(&g.Nodes[s])
		}
		for _, n := range scope.Implicit {
			var more [][]int
			for _, have := range initial {
				for _, exit := range w.exits(&g.Nodes[n]) {
					if len(have)+len(exit) > maxTokens || len(more) == maxMarkings {
						break
					}
					more = append(more, append(slices.Clone(have), exit...))
				}
			}
			initial = more
		}
		for _, edges := range initial {
			w.add(edges, -1, edges)
		}
	}
	for i := 0; i < len(w.all) && i < maxMarkings; i++ {
		w.expand(i)
	}
	return w.findings()
}

func (w *walk) add(edges []int, parent int, choice []int) {
	if len(edges) > maxTokens {
		return
	}
	edges = slices.Clone(edges)
	slices.Sort(edges)
	key := make([]byte, 0, len(edges)*3)
	for _, e := range edges {
		key = binary.AppendUvarint(key, uint64(e))
	}
	if w.seen[string(key)] {
		return
	}
	w.seen[string(key)] = true
	w.all = append(w.all, marking{edges: edges, parent: parent, choice: choice})
}

// expand moves one token: first those that meet nobody, then those at merges,
// then an inclusive join.
func (w *walk) expand(i int) {
	edges := w.all[i].edges
	at := -1
	waiting := map[int]int{}
	for k, e := range edges {
		n := &w.g.Nodes[w.g.Edges[e].To]
		if n.Kind.Enter == kind.JoinAll && len(n.In) > 1 {
			if w.full(n, edges) {
				w.fire(i, n)
				return
			}
			continue
		}
		if (n.Kind.Enter == kind.JoinSome || n.Kind.Enter == kind.JoinNeed) && len(n.In) > 1 {
			continue
		}
		if merges(n) {
			waiting[n.Index]++
			continue
		}
		at = k
		break
	}
	if at < 0 {
		for k, e := range edges {
			n := w.g.Edges[e].To
			if waiting[n] == 0 {
				continue
			}
			if waiting[n] > 1 && w.g.Nodes[n].Kind.Role != kind.End {
				if _, known := w.twice[n]; !known {
					w.twice[n] = i
				}
			}
			at = k
			break
		}
	}
	if at >= 0 {
		n := &w.g.Nodes[w.g.Edges[edges[at]].To]
		rest := slices.Delete(slices.Clone(edges), at, at+1)
		if n.Ends() {
			return
		}
		for _, exit := range w.exits(n) {
			w.add(append(slices.Clone(rest), exit...), i, exit)
		}
		return
	}
	if n := w.enabledInclusive(edges); n != nil {
		w.fire(i, n)
		return
	}
	for _, e := range edges {
		n := &w.g.Nodes[w.g.Edges[e].To]
		if n.Kind.Enter == kind.JoinAll {
			if _, known := w.starve[n.Index]; !known {
				w.starve[n.Index] = i
			}
		}
	}
}

func (w *walk) full(n *graph.Node, edges []int) bool {
	for _, e := range n.In {
		if !slices.Contains(edges, e) {
			return false
		}
	}
	return true
}

// fire takes one token of each filled flow of a join.
func (w *walk) fire(i int, n *graph.Node) {
	rest := slices.Clone(w.all[i].edges)
	for _, e := range n.In {
		if k := slices.Index(rest, e); k >= 0 {
			rest = slices.Delete(rest, k, k+1)
		}
	}
	for _, exit := range w.exits(n) {
		w.add(append(slices.Clone(rest), exit...), i, exit)
	}
}

// enabledInclusive applies the inclusive rule when all tokens are parked.
func (w *walk) enabledInclusive(edges []int) *graph.Node {
	for j := range w.scope.Joins {
		join := &w.scope.Joins[j]
		n := &w.g.Nodes[join.Node]
		var filled uint64
		for slot, e := range n.In {
			if slices.Contains(edges, e) {
				filled |= 1 << uint(slot)
			}
		}
		if filled == 0 || len(n.In) < 2 {
			continue
		}
		blocked := slices.ContainsFunc(edges, func(e int) bool {
			to := w.g.Edges[e].To
			return to != n.Index && join.Reach[to]&^filled != 0 && join.Plain[to]&filled == 0
		})
		if !blocked {
			return n
		}
	}
	return nil
}

// exits lists the sets of flows by which a token can leave a node, boundary
// events included.
func (w *walk) exits(n *graph.Node) [][]int {
	normal := w.byPort(n)
	out := normal
	for _, b := range n.Boundaries {
		for _, exit := range w.byPort(&w.g.Nodes[b]) {
			if w.g.Nodes[b].Interrupts {
				out = append(out, exit)
				continue
			}
			for _, main := range normal {
				out = append(out, append(slices.Clone(main), exit...))
			}
		}
	}
	return out
}

func (w *walk) byPort(n *graph.Node) [][]int {
	if len(n.Out) == 0 {
		return [][]int{nil}
	}
	var ports []string
	for _, e := range n.Out {
		if p := w.g.Edges[e].Port; !slices.Contains(ports, p) {
			ports = append(ports, p)
		}
	}
	var out [][]int
	for _, p := range ports {
		var flows []int
		for _, e := range n.Out {
			if w.g.Edges[e].Port == p {
				flows = append(flows, e)
			}
		}
		out = append(out, w.sets(n, flows)...)
	}
	return out
}

// sets lists which of a port's flows can be taken together.
func (w *walk) sets(n *graph.Node, flows []int) [][]int {
	switch {
	case n.Kind.Enter == kind.Race:
		var out [][]int
		for _, e := range flows {
			out = append(out, []int{e})
		}
		return out
	case n.Kind.Exit == kind.All:
		return [][]int{flows}
	case n.Kind.Exit == kind.First:
		var out [][]int
		for _, e := range flows {
			out = append(out, []int{e})
			if w.g.Edges[e].When == "" && e != n.Default {
				break
			}
		}
		return out
	}
	var always, free []int
	for _, e := range flows {
		switch {
		case e == n.Default:
		case w.g.Edges[e].When == "":
			always = append(always, e)
		default:
			free = append(free, e)
		}
	}
	hasDefault := slices.Contains(flows, n.Default)
	var out [][]int
	if hasDefault && (len(always) == 0 || n.Kind.Exit == kind.Each) {
		out = append(out, append(slices.Clone(always), n.Default))
	} else if len(always) > 0 {
		out = append(out, always)
	}
	if len(free) > 6 { // all at once and each alone stand for the rest
		out = append(out, append(slices.Clone(always), free...))
		for _, e := range free {
			out = append(out, append(slices.Clone(always), e))
		}
		return out
	}
	for pick := 1; pick < 1<<len(free); pick++ {
		set := slices.Clone(always)
		for k, e := range free {
			if pick&(1<<k) != 0 {
				set = append(set, e)
			}
		}
		out = append(out, set)
	}
	return out
}

// flowsTo names the flows of a run that ends in a marking.
func (w *walk) flowsTo(i int) []string {
	var out []string
	for ; i >= 0; i = w.all[i].parent {
		for _, e := range slices.Backward(w.all[i].choice) {
			out = append(out, w.g.Edges[e].ID)
		}
	}
	slices.Reverse(out)
	return out
}

func (w *walk) findings() []graph.Finding {
	var out []graph.Finding
	for _, n := range w.scope.Nodes {
		node := &w.g.Nodes[n]
		if i, found := w.starve[n]; found {
			var missing []string
			for _, e := range node.In {
				if !slices.Contains(w.all[i].edges, e) {
					missing = append(missing, w.g.Edges[e].ID)
				}
			}
			f := warning("starved_join", node, "join an exclusive split by an exclusive gateway, or use an inclusive join",
				"the join can wait for ever for a token on %v", missing)
			f.Data = map[string]any{"missing": missing, "flows": w.flowsTo(i)}
			out = append(out, f)
		}
		if i, found := w.twice[n]; found {
			f := warning("repeated_merge", node, "join the parallel branches before it",
				"parallel branches meet here without a join: what follows %q runs once for each", node.ID)
			f.Data = map[string]any{"flows": w.flowsTo(i)}
			out = append(out, f)
		}
	}
	return out
}
