// Package lint looks at whole graphs for flow faults: what is well-formed and
// yet will surprise its author. Every finding is a warning that the publisher
// may confirm; where possible it carries a counterexample, the flows of a run
// that shows the fault.
package lint

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// Check compiles a definition and adds the flow faults. The graph is nil when
// any finding is an error. Drafts and versions are checked by this function.
func Check(def *graph.Definition, opts graph.Options) (*graph.Graph, []graph.Finding) {
	g, findings := graph.Outline(def, opts)
	if g == nil {
		return nil, bounded(findings)
	}
	findings = append(findings, Graph(g)...)
	findings = append(findings, neverSet(def)...)
	if graph.HasErrors(findings) {
		return nil, bounded(findings)
	}
	return g, bounded(findings)
}

// maxFindings bounds the list: nobody reads more, and thousands of faulty nodes
// would make an answer of megabytes out of every saved draft.
const maxFindings = 500

// bounded keeps the first findings and says how many there are besides. What is
// left out counts as an error when one of it is.
func bounded(findings []graph.Finding) []graph.Finding {
	if len(findings) <= maxFindings {
		return findings
	}
	rest := findings[maxFindings:]
	last := graph.Finding{Code: "too_many_findings", Severity: graph.Warning, Message: fmt.Sprintf("and %d more findings", len(rest)),
		Remedy: "mend the first ones and look again", Data: map[string]any{"count": len(rest)}}
	if graph.HasErrors(rest) {
		last.Severity = graph.Error
	}
	return append(findings[:maxFindings:maxFindings], last)
}

// Graph finds the flow faults of a graph.
func Graph(g *graph.Graph) []graph.Finding {
	var out []graph.Finding
	walks := make([]*walk, len(g.Scopes))
	for s := range g.Scopes {
		scope := &g.Scopes[s]
		w := explore(g, scope)
		walks[s] = w
		var reach []step // how a run comes into the scope
		if scope.Host != graph.None {
			reach = walks[g.Nodes[scope.Host].Scope].into(walks, scope.Host)
		}
		out = append(out, implicitStarts(g, scope)...)
		out = append(out, unreachable(g, scope)...)
		out = append(out, viciousCircles(w, reach)...)
		out = append(out, earlyJoins(g, scope)...)
		out = append(out, w.findings(reach)...)
		out = append(out, loops(w, reach)...)
		out = append(out, endlessWaits(w, reach)...)
		out = append(out, neverTaken(g, scope)...)
	}
	return out
}

func warning(code string, n *graph.Node, remedy, format string, args ...any) graph.Finding {
	return graph.Finding{Code: code, Severity: graph.Warning, Path: n.Path, Node: n.ID, Remedy: remedy, Message: fmt.Sprintf(format, args...)}
}

// implicitStarts warns of nodes that nothing leads to: they begin with the run.
func implicitStarts(g *graph.Graph, scope *graph.Scope) []graph.Finding {
	if len(scope.Starts) == 0 {
		return nil
	}
	var out []graph.Finding
	for _, i := range scope.Implicit {
		n := &g.Nodes[i]
		out = append(out, warning("implicit_start", n, "connect it or delete it",
			"no flow leads to %q: it starts together with the process", n.ID))
	}
	return out
}

// unreachable warns of nodes that no run can come to.
func unreachable(g *graph.Graph, scope *graph.Scope) []graph.Finding {
	if len(scope.Starts)+len(scope.Implicit) == 0 {
		return nil // said by no_start
	}
	seen := make(map[int]bool, len(scope.Nodes))
	var queue []int
	visit := func(n int) {
		if !seen[n] {
			seen[n] = true
			queue = append(queue, n)
		}
	}
	for _, n := range scope.Starts {
		visit(n)
	}
	for _, n := range scope.Implicit {
		visit(n)
	}
	for _, n := range scope.Nodes {
		if g.Nodes[n].Event || g.Nodes[n].Undoes {
			visit(n)
		}
	}
	for len(queue) > 0 {
		n := &g.Nodes[queue[0]]
		queue = queue[1:]
		for _, e := range n.Out {
			visit(g.Edges[e].To)
		}
		for _, b := range n.Boundaries {
			visit(b)
		}
	}
	var out []graph.Finding
	for _, i := range scope.Nodes {
		if n := &g.Nodes[i]; !seen[i] && (n.Kind.Role != kind.Boundary || n.Host != graph.None) {
			out = append(out, warning("unreachable_node", n, "connect it to the part that starts", "no run can come to %q", n.ID))
		}
	}
	return out
}

// viciousCircles finds inclusive joins that can wait for each other. A token
// parked at b can block a when its mask towards a is neither empty nor full;
// without a cycle of such arcs no such deadlock is possible.
func viciousCircles(w *walk, reach []step) []graph.Finding {
	g, scope := w.g, w.scope
	blocks := make([][]int, len(scope.Joins))
	for a := range scope.Joins {
		for b := range scope.Joins {
			mask := scope.Joins[a].Reach[scope.Joins[b].Node]
			if a != b && mask != 0 && mask != scope.Joins[a].Full {
				blocks[b] = append(blocks[b], a)
			}
		}
	}
	state := make([]int, len(scope.Joins)) // 0 new, 1 on the path, 2 done
	var path, circle []int
	var walk func(int) bool
	walk = func(j int) bool {
		state[j] = 1
		path = append(path, j)
		for _, next := range blocks[j] {
			if state[next] == 1 {
				for i := range path {
					if path[i] == next {
						circle = append([]int(nil), path[i:]...)
					}
				}
				return true
			}
			if state[next] == 0 && walk(next) {
				return true
			}
		}
		state[j] = 2
		path = path[:len(path)-1]
		return false
	}
	var out []graph.Finding
	for j := range scope.Joins {
		if state[j] != 0 || !walk(j) {
			continue
		}
		ids := make([]string, len(circle))
		for i, c := range circle {
			ids[i] = g.Nodes[scope.Joins[c].Node].ID
		}
		f := warning("vicious_circle", &g.Nodes[scope.Joins[circle[0]].Node], "join in another way, or let one of them be exclusive",
			"the inclusive joins %s can wait for each other for ever", strings.Join(ids, ", "))
		f.Data = map[string]any{"joins": ids}
		if w.circle >= 0 {
			f.Data["flows"] = w.flowsTo(w.circle)
			f.Data["scenario"] = w.scenario(f.Code, append(slices.Clone(reach), w.steps(w.circle)...), expectation{"end": "stuck"})
		}
		out = append(out, f)
		break
	}
	return out
}

// earlyJoins warns where the exemption of the inclusive rule will be felt: a
// token that could still come by a flow already served is not awaited, although
// it could come by another one as well.
func earlyJoins(g *graph.Graph, scope *graph.Scope) []graph.Finding {
	var out []graph.Finding
	for i := range scope.Joins {
		j := &scope.Joins[i]
		for _, n := range scope.Nodes {
			if count := bits.OnesCount64(j.Plain[n]); n != j.Node && count > 1 && j.Plain[n] != j.Full {
				f := warning("early_join", &g.Nodes[j.Node], "split and join in pairs",
					"the join does not wait for a token at %q that could come by a flow that is already served; it may fire twice", g.Nodes[n].ID)
				f.Data = map[string]any{"node": g.Nodes[n].ID}
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// merges tells whether tokens of several flows pass a node without joining.
func merges(n *graph.Node) bool {
	return len(n.In) > 1 && n.Needs < 2 && n.Kind.Enter != kind.JoinAll && n.Kind.Enter != kind.JoinSome && n.Kind.Enter != kind.JoinNeed
}
