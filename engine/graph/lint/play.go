package lint

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// A counterexample is a scenario of format fluxo/scenario@1 that shows the fault
// when it is rehearsed. It is built from a path of the walk: every free choice
// becomes a step.

// step is one step of a scenario, and the activity it needs to be held, if any.
type step struct {
	action map[string]any
	hold   string
	host   string // the activity that this step lets end
}

// expectation is what the scenario expects at its end.
type expectation map[string]any

// scenario makes the scenario of a path.
func (w *walk) scenario(name string, steps []step, expect expectation) map[string]any {
	var held []string
	for _, s := range steps {
		if s.hold != "" && !slices.Contains(held, s.hold) {
			held = append(held, s.hold)
		}
	}
	list := []any{}
	for _, s := range steps {
		if s.action == nil && !slices.Contains(held, s.host) {
			continue // ends by itself
		}
		if s.action == nil {
			s.action = map[string]any{"complete": map[string]any{"node": s.host}}
		}
		list = append(list, s.action)
	}
	out := map[string]any{"format": "fluxo/scenario@1", "name": name, "steps": list}
	if len(held) > 0 {
		out["hold"] = held
	}
	if expect != nil {
		out["expect"] = map[string]any(expect)
	}
	return out
}

// steps are the steps of the path to a marking.
func (w *walk) steps(i int) []step {
	var path []int
	for ; i >= 0; i = w.all[i].parent {
		path = append(path, i)
	}
	var out []step
	for _, i := range slices.Backward(path) {
		m := &w.all[i]
		if m.parent < 0 {
			if m.node != graph.None && w.scope.Host == graph.None && (len(w.scope.Starts) > 1 || !w.g.Nodes[m.node].ByHand) {
				out = append(out, step{action: map[string]any{"trigger": w.g.Nodes[m.node].ID}})
			}
			for _, s := range append(slices.Clone(w.scope.Implicit), m.node) {
				if s != graph.None {
					out = append(out, w.leaving(&w.g.Nodes[s], exit{flows: w.of(s, m.exit.flows), event: graph.None})...)
				}
			}
			continue
		}
		out = append(out, w.leaving(&w.g.Nodes[m.node], m.exit)...)
	}
	return out
}

// of picks the flows that leave a node.
func (w *walk) of(node int, flows []int) []int {
	var out []int
	for _, e := range flows {
		if w.g.Edges[e].From == node {
			out = append(out, e)
		}
	}
	return out
}

// leaving are the steps that let a token leave a node in one way.
func (w *walk) leaving(n *graph.Node, by exit) []step {
	var out []step
	if by.event != graph.None {
		event := &w.g.Nodes[by.event]
		out = append(out, w.choosing(event, w.of(event.Index, by.flows))...)
		out = append(out, step{action: map[string]any{"trigger": event.ID}, hold: n.ID})
		if event.Interrupts {
			return out
		}
	}
	own := w.of(n.Index, by.flows)
	out = append(out, w.choosing(n, own)...)
	port := ""
	if len(own) > 0 {
		port = w.g.Edges[own[0]].Port
	}
	switch {
	case n.Kind.Role == kind.Event && n.Kind.Enter == kind.Wait, n.Opens == graph.OpensMessage && n.Kind.Role == kind.Activity:
		out = append(out, step{action: map[string]any{"trigger": n.ID}})
	case n.Kind.Role != kind.Activity:
	case port != "" && n.Opens == graph.OpensTask:
		out = append(out, step{action: map[string]any{"complete": map[string]any{"node": n.ID, "outcome": port}}})
	case port != "":
		out = append(out, step{action: map[string]any{"answer": map[string]any{"node": n.ID, "port": port}}})
	case n.Inner == graph.None:
		out = append(out, step{host: n.ID})
	}
	return out
}

// choosing decides which conditional flows are taken.
func (w *walk) choosing(n *graph.Node, taken []int) []step {
	if n.Kind.Exit == kind.All || n.Kind.Enter == kind.Race || len(taken) == 0 {
		return nil
	}
	free := slices.ContainsFunc(n.Out, func(e int) bool { return w.g.Edges[e].When != "" })
	if !free && (n.Kind.Exit == kind.Each || len(n.Out) < 2) {
		return nil
	}
	var flows []string
	for _, e := range taken {
		flows = append(flows, w.g.Edges[e].ID)
	}
	return []step{{action: map[string]any{"choose": map[string]any{"node": n.ID, "flows": flows}}}}
}

// into are the steps after which a token stands in a node; nil when the walk
// never came there.
func (w *walk) into(walks []*walk, node int) []step {
	var reach []step
	if w.scope.Host != graph.None {
		reach = walks[w.g.Nodes[w.scope.Host].Scope].into(walks, w.scope.Host)
	}
	return append(reach, w.steps(w.before(node))...)
}

// before is the first marking with a token on its way into a node, or -1.
func (w *walk) before(node int) int {
	for i := range w.all {
		if slices.ContainsFunc(w.all[i].edges, func(e int) bool { return w.g.Edges[e].To == node }) {
			return i
		}
	}
	return -1
}
