package lint

import (
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// endlessWaits warns of events that may never come while nothing else ends the
// wait: no timer beside it, on it or round it.
func endlessWaits(w *walk, reach []step) []graph.Finding {
	var out []graph.Finding
	for _, i := range w.scope.Nodes {
		n := &w.g.Nodes[i]
		if n.Disabled || n.Kind.Enter != kind.Wait || !outside(n) || w.ends(n) {
			continue
		}
		before := w.before(i)
		if before < 0 {
			continue
		}
		f := warning("wait_without_exit", n, "wait at an event gateway with a timer beside it, or set a time limit on it or round it",
			"the process waits at %q for something that may never come, and nothing ends the wait", n.ID)
		steps := append(slices.Clone(reach), w.steps(before)...)
		steps = append(steps, step{action: map[string]any{"advance": "P365D"}}, step{action: map[string]any{"expect": map[string]any{"end": "waiting"}}})
		f.Data = map[string]any{"flows": w.flowsTo(before), "scenario": w.scenario(f.Code, steps, nil)}
		out = append(out, f)
	}
	return out
}

// outside tells whether a node waits for something that others have to send.
func outside(n *graph.Node) bool {
	return n.Opens == graph.OpensMessage || n.Opens == graph.OpensSignal || n.Opens == graph.OpensCondition
}

// ends tells whether time or another event can end a wait.
func (w *walk) ends(n *graph.Node) bool {
	for at := n; ; at = &w.g.Nodes[w.g.Scopes[at.Scope].Host] {
		for _, b := range at.Boundaries {
			if w.g.Nodes[b].Interrupts && w.g.Nodes[b].Opens == graph.OpensTimer {
				return true
			}
		}
		for _, e := range at.In {
			if from := &w.g.Nodes[w.g.Edges[e].From]; from.Kind.Key == "eventGateway" && w.timed(from) {
				return true
			}
		}
		scope := &w.g.Scopes[at.Scope]
		for _, h := range scope.Handlers {
			for _, s := range w.g.Scopes[w.g.Nodes[h].Inner].Starts {
				if w.g.Nodes[s].Interrupts && w.g.Nodes[s].Opens == graph.OpensTimer {
					return true
				}
			}
		}
		if scope.Host == graph.None {
			return false
		}
	}
}

// timed tells whether one of the events behind an event gateway is a timer.
func (w *walk) timed(gateway *graph.Node) bool {
	return slices.ContainsFunc(gateway.Out, func(e int) bool { return w.g.Nodes[w.g.Edges[e].To].Opens == graph.OpensTimer })
}

// neverTaken warns of flows of exclusive gateways behind one that always holds,
// or behind one with the same condition.
func neverTaken(g *graph.Graph, scope *graph.Scope) []graph.Finding {
	var out []graph.Finding
	for _, i := range scope.Nodes {
		n := &g.Nodes[i]
		if n.Kind.Exit != kind.First {
			continue
		}
		seen := map[string]string{}
		always := ""
		for _, e := range n.Out {
			edge := &g.Edges[e]
			if e == n.Default {
				continue
			}
			when := strings.Join(strings.Fields(edge.When), " ")
			other := seen[when]
			if always != "" {
				other = always
			}
			if other != "" {
				f := warning("flow_never_taken", n, "change its condition, or delete it", "the flow %q is never taken: %q is taken before it", edge.ID, other)
				f.Flow, f.Data = edge.ID, map[string]any{"flow": edge.ID, "other": other}
				out = append(out, f)
			}
			switch {
			case when == "true": // a flow without condition has a finding of its own
				if always == "" {
					always = edge.ID
				}
			case when == "":
			case seen[when] == "":
				seen[when] = edge.ID
			}
		}
	}
	return out
}
