package lint

import (
	"encoding/binary"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// Bounds of the walk; beyond them nothing is claimed.
const (
	maxMarkings = 100000
	maxTokens   = 24
)

// marking is a set of tokens on flows, sorted, with how it came to be: the node
// that a token left, and by what.
type marking struct {
	edges  []int
	parent int // index in walk.all, -1 for a start
	node   int // graph.None at an implicit start
	exit   exit
}

// exit is one way to leave a node: the flows taken, and the boundary event that
// happened, or graph.None.
type exit struct {
	flows []int
	event int
}

// walk explores what can happen in one scope. Waits are taken as instantly
// over, conditions as free choices, and of several independent tokens only one
// is moved at a time, because their order cannot matter before they meet.
type walk struct {
	g      *graph.Graph
	scope  *graph.Scope
	all    []marking
	seen   map[string]bool
	starve map[int]int    // join node -> marking that shows it
	twice  map[int]int    // merge node -> marking that shows it
	ways   map[int][]exit // of a node, once they were asked for
	circle int            // marking in which inclusive joins wait for each other, -1 for none

	scratch, moved []int // reused between calls
	key            []byte
}

// explore walks through what can happen in a scope.
func explore(g *graph.Graph, scope *graph.Scope) *walk {
	w := &walk{g: g, scope: scope, seen: map[string]bool{}, starve: map[int]int{}, twice: map[int]int{}, ways: map[int][]exit{}, circle: -1}
	starts := scope.Starts
	if len(starts) == 0 {
		starts = []int{graph.None}
	}
	for _, s := range starts {
		initial := []exit{{event: graph.None}}
		if s != graph.None {
			initial = w.exits(&g.Nodes[s])
		}
		for _, n := range scope.Implicit {
			var more []exit
			for _, have := range initial {
				for _, next := range w.exits(&g.Nodes[n]) {
					if len(have.flows)+len(next.flows) > maxTokens || len(more) == maxMarkings {
						break
					}
					more = append(more, exit{flows: append(slices.Clone(have.flows), next.flows...), event: graph.None})
				}
			}
			initial = more
		}
		for _, e := range initial {
			w.add(e.flows, -1, s, e)
		}
	}
	for i := 0; i < len(w.all) && i < maxMarkings; i++ {
		w.expand(i)
	}
	return w
}

func (w *walk) add(edges []int, parent, node int, by exit) {
	if len(edges) > maxTokens {
		return
	}
	w.scratch = append(w.scratch[:0], edges...)
	slices.Sort(w.scratch)
	w.key = w.key[:0]
	for _, e := range w.scratch {
		w.key = binary.AppendUvarint(w.key, uint64(e))
	}
	if w.seen[string(w.key)] || len(w.all) >= maxMarkings {
		return
	}
	w.seen[string(w.key)] = true
	edges = slices.Clone(w.scratch)
	w.all = append(w.all, marking{edges: edges, parent: parent, node: node, exit: by})
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
		rest := append(append(make([]int, 0, len(edges)), edges[:at]...), edges[at+1:]...)
		if n.Ends() {
			return
		}
		for _, e := range w.exits(n) {
			w.moved = append(append(w.moved[:0], rest...), e.flows...)
			w.add(w.moved, i, n.Index, e)
		}
		return
	}
	if n := w.enabledInclusive(edges); n != nil {
		w.fire(i, n)
		return
	}
	for _, e := range edges {
		n := &w.g.Nodes[w.g.Edges[e].To]
		if n.Kind.Enter == kind.JoinSome && w.circle < 0 {
			w.circle = i
		}
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
	for _, e := range w.exits(n) {
		w.add(append(slices.Clone(rest), e.flows...), i, n.Index, e)
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

// exits lists the ways in which a token can leave a node, boundary events
// included.
func (w *walk) exits(n *graph.Node) []exit {
	out, known := w.ways[n.Index]
	if known {
		return out
	}
	normal := w.byPort(n)
	for _, flows := range normal {
		out = append(out, exit{flows: flows, event: graph.None})
	}
	for _, b := range n.Boundaries {
		for _, flows := range w.byPort(&w.g.Nodes[b]) {
			if w.g.Nodes[b].Interrupts {
				out = append(out, exit{flows: flows, event: b})
				continue
			}
			for _, main := range normal {
				out = append(out, exit{flows: append(slices.Clone(main), flows...), event: b})
			}
		}
	}
	w.ways[n.Index] = out
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
		for _, e := range slices.Backward(w.all[i].exit.flows) {
			out = append(out, w.g.Edges[e].ID)
		}
	}
	slices.Reverse(out)
	return out
}

func (w *walk) findings(reach []step) []graph.Finding {
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
			f.Data = map[string]any{"missing": missing, "flows": w.flowsTo(i),
				"scenario": w.scenario(f.Code, append(slices.Clone(reach), w.steps(i)...), expectation{"end": "stuck"})}
			out = append(out, f)
		}
		if i, found := w.twice[n]; found {
			// The flow behind it can hold two tokens at a time.
			f := warning("repeated_merge", node, "join the parallel branches before it",
				"parallel branches meet here without a join: what follows %q runs once for each", node.ID)
			f.Data = map[string]any{"flows": w.flowsTo(i), "scenario": w.scenario(f.Code, append(slices.Clone(reach), w.steps(i)...), nil)}
			out = append(out, f)
		}
	}
	return out
}
