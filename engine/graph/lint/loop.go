package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// loops warns of rounds in which nothing waits for a person, a message or the
// clock: such a run can go round at full speed. A round that changes a variable
// on which one of its exits depends is a counting loop and is left alone.
func loops(w *walk, reach []step) []graph.Finding {
	var out []graph.Finding
	for _, round := range w.components() {
		if w.counts(round) {
			continue
		}
		path := w.round(round)
		if path == nil {
			continue
		}
		ids := make([]string, len(round))
		for i, n := range round {
			ids[i] = w.g.Nodes[n].ID
		}
		first := &w.g.Nodes[w.g.Edges[path[0]].From]
		f := warning("loop_without_wait", first, "let the loop wait for a person, a message or a time, or count its rounds",
			"the loop through %s never waits: it can go round without end", strings.Join(ids, ", "))
		steps := append(slices.Clone(reach), w.steps(w.before(first.Index))...)
		for range 3 {
			for _, e := range path {
				steps = append(steps, w.leaving(&w.g.Nodes[w.g.Edges[e].From], exit{flows: []int{e}, event: graph.None})...)
			}
		}
		var flows []string
		for _, e := range path {
			flows = append(flows, w.g.Edges[e].ID)
		}
		f.Data = map[string]any{"nodes": ids, "flows": flows, "scenario": w.scenario(f.Code, steps, nil)}
		out = append(out, f)
	}
	return out
}

// passes tells whether a token goes through a node without anybody or anything
// outside having to act.
func passes(n *graph.Node) bool {
	if n.Disabled {
		return true
	}
	switch n.Kind.Enter {
	case kind.Wait:
		return n.Opens == graph.OpensEffect
	case kind.Scope, kind.Race:
		return false
	}
	return true
}

// components are the strongly connected parts of what passes, each sorted.
func (w *walk) components() [][]int {
	index, low := map[int]int{}, map[int]int{}
	var stack []int
	var out [][]int
	type frame struct{ node, next int }
	for _, root := range w.scope.Nodes {
		if _, known := index[root]; known || !passes(&w.g.Nodes[root]) {
			continue
		}
		frames := []frame{{node: root}}
		index[root], low[root] = len(index), len(index)
		stack = append(stack, root)
		for len(frames) > 0 {
			f := &frames[len(frames)-1]
			n := &w.g.Nodes[f.node]
			if f.next < len(n.Out) {
				to := w.g.Edges[n.Out[f.next]].To
				f.next++
				if !passes(&w.g.Nodes[to]) {
					continue
				}
				if _, known := index[to]; !known {
					index[to], low[to] = len(index), len(index)
					stack = append(stack, to)
					frames = append(frames, frame{node: to})
				} else if slices.Contains(stack, to) {
					low[f.node] = min(low[f.node], index[to])
				}
				continue
			}
			frames = frames[:len(frames)-1]
			if len(frames) > 0 {
				parent := frames[len(frames)-1].node
				low[parent] = min(low[parent], low[n.Index])
			}
			if low[n.Index] != index[n.Index] {
				continue
			}
			cut := slices.Index(stack, n.Index)
			part := slices.Clone(stack[cut:])
			stack = stack[:cut]
			self := slices.ContainsFunc(n.Out, func(e int) bool { return w.g.Edges[e].To == n.Index })
			if len(part) > 1 || self {
				slices.Sort(part)
				out = append(out, part)
			}
		}
	}
	return out
}

// round is a shortest cycle through a component, as flows, beginning at the node
// by which it is entered; nil when no run comes there.
func (w *walk) round(part []int) []int {
	start := -1
	for _, n := range part {
		entered := slices.ContainsFunc(w.g.Nodes[n].In, func(e int) bool { return !slices.Contains(part, w.g.Edges[e].From) })
		if entered && w.before(n) >= 0 {
			start = n
			break
		}
	}
	if start < 0 {
		return nil
	}
	from := map[int]int{} // node -> flow by which it was found
	queue := []int{start}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, e := range w.g.Nodes[n].Out {
			to := w.g.Edges[e].To
			if to == start {
				path := []int{e}
				for at := n; at != start; at = w.g.Edges[from[at]].From {
					path = append(path, from[at])
				}
				slices.Reverse(path)
				return path
			}
			if _, known := from[to]; known || !slices.Contains(part, to) {
				continue
			}
			from[to] = e
			queue = append(queue, to)
		}
	}
	return nil
}

var variable = regexp.MustCompile(`\b(?:vars|steps)\.([A-Za-z_][A-Za-z0-9_]*)`)

// counts tells whether a round sets something that the conditions of its flows
// read.
func (w *walk) counts(part []int) bool {
	set := map[string]bool{}
	for _, i := range part {
		n := &w.g.Nodes[i]
		for _, a := range n.Assignments {
			set[a.Name] = true
		}
		if n.Opens == graph.OpensEffect {
			set[n.ID] = true // steps.<robot>
			for _, name := range texts(n.Config) {
				set[name] = true // a variable that the robot writes
			}
		}
	}
	for _, i := range part {
		for _, e := range w.g.Nodes[i].Out {
			for _, m := range variable.FindAllStringSubmatch(w.g.Edges[e].When, -1) {
				if set[m[1]] {
					return true
				}
			}
		}
	}
	return false
}
