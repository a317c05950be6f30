package core

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// TestJoinRuleAgreesWithTheStandard compares the masks with the standard's
// sentence, told as a search over paths, on random graphs and markings.
func TestJoinRuleAgreesWithTheStandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		if g == nil {
			t.Skip("not a graph") // the draw made none: rapid draws another in its place
		}
		s := NewState("r")
		s.graphHash = g.Hash
		s.scopes = []scope{{}}
		m := machine{g: g, s: s}
		joins := g.Scopes[0].Joins
		tasks := tasksOf(g)
		for range rapid.IntRange(0, 4).Draw(t, "tokens") {
			n := &g.Nodes[rapid.SampledFrom(tasks).Draw(t, "at")]
			tok := m.newToken(&s.scopes[0])
			if n.Kind.Enter == kind.Race {
				m.race(tok, 0, n)
				continue
			}
			m.rest(token{ref: tok, node: NodeID(n.ID)})
			m.openNode(tok, 0, n, 1)
		}
		for range rapid.IntRange(0, 4).Draw(t, "parked") {
			j := rapid.SampledFrom(joins).Draw(t, "join")
			n := &g.Nodes[j.Node]
			b := m.bucket(0, n)
			slot := rapid.IntRange(0, len(n.In)-1).Draw(t, "slot")
			if len(b.edges[slot]) == 0 {
				b.filled++
			}
			b.edges[slot] = append(b.edges[slot], m.newToken(&s.scopes[0]))
		}
		if m.err != nil {
			t.Fatal(m.err)
		}
		for k := range joins {
			n := &g.Nodes[joins[k].Node]
			b := m.findBucket(0, NodeID(n.ID))
			if b == nil {
				continue
			}
			if got, want := m.enabled(0, &joins[k], b), literally(g, s, n, b); got != want {
				t.Fatalf("join %s: masks say %v, paths say %v\n%+v\n%+v", n.ID, got, want, g.Edges, s.Tokens())
			}
		}
	})
}

// tasksOf lists the nodes at which tokens can rest.
func tasksOf(g *graph.Graph) []int {
	var out []int
	for i := range g.Nodes {
		if n := &g.Nodes[i]; n.Opens == graph.OpensTask || n.Opens == graph.OpensChild || n.Kind.Enter == kind.Scope || n.Kind.Enter == kind.Race {
			out = append(out, i)
		}
	}
	return out
}

// randomGraph draws activities, some with boundary events, races of events, inclusive
// and complex joins, with flows at random between them.
func randomGraph(t *rapid.T) *graph.Graph {
	tasks, joins := rapid.IntRange(2, 6).Draw(t, "tasks"), rapid.IntRange(1, 3).Draw(t, "joins")
	nodes := []string{`{"id":"s","kind":"startEvent"}`}
	var from, to, races []string
	for i := range tasks {
		id := fmt.Sprintf("t%d", i)
		what := rapid.SampledFrom([]string{"userTask", "userTask", "callActivity", "subProcess", "eventGateway"}).Draw(t, "kind")
		if what == "eventGateway" { // its flows lead to events of its own only
			nodes, to = append(nodes, fmt.Sprintf(`{"id":%q,"kind":"eventGateway"}`, id)), append(to, id)
			for k, trigger := range []string{`{"signal":{"code":"s"}}`, `{"conditional":"c"}`} {
				event := fmt.Sprintf("e%d%d", i, k)
				nodes = append(nodes, fmt.Sprintf(`{"id":%q,"kind":"catchEvent","trigger":%s}`, event, trigger))
				races = append(races, fmt.Sprintf(`{"id":"r%s","from":%q,"to":%q}`, event, id, event))
				from = append(from, event)
			}
			continue
		}
		more := map[string]string{"callActivity": `,"config":{"process":"other"}`, "subProcess": `,"nodes":[{"id":"i` + id + `","kind":"userTask"}],"flows":[]`}[what]
		nodes = append(nodes, fmt.Sprintf(`{"id":%q,"kind":%q%s}`, id, what, more))
		from, to = append(from, id), append(to, id)
		if rapid.IntRange(0, 2).Draw(t, "boundary") == 0 {
			trigger := rapid.SampledFrom([]string{`{"timer":{"after":"PT1H"}}`, `{"error":{}}`, `{"signal":{"code":"s"}}`, `{"conditional":"c"}`}).Draw(t, "trigger")
			nodes = append(nodes, fmt.Sprintf(`{"id":"b%d","kind":"boundaryEvent","attachedTo":%q,"trigger":%s}`, i, id, trigger))
			from = append(from, fmt.Sprintf("b%d", i))
		}
	}
	for i := range joins {
		id := fmt.Sprintf("j%d", i)
		join := `"inclusiveGateway"`
		if rapid.IntRange(0, 3).Draw(t, "complex") == 0 {
			join = `"complexJoin","need":1`
		}
		nodes = append(nodes, fmt.Sprintf(`{"id":%q,"kind":%s}`, id, join))
		from, to = append(from, id), append(to, id, id)
	}
	flows := append(races, `{"id":"f","from":"s","to":"t0"}`)
	for i := range rapid.IntRange(4, 16).Draw(t, "flows") {
		flows = append(flows, fmt.Sprintf(`{"id":"f%d","from":%q,"to":%q}`, i,
			rapid.SampledFrom(from).Draw(t, "from"), rapid.SampledFrom(to).Draw(t, "to")))
	}
	def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"k","name":"K","nodes":[` + strings.Join(nodes, ",") +
		`],"flows":[` + strings.Join(flows, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	g, findings := graph.Compile(def, graph.Options{})
	if g == nil {
		t.Fatal(findings)
	}
	if len(g.Scopes[0].Joins) == 0 {
		return nil
	}
	return g
}

// literally applies the rule: the join waits for a token that can arrive on an
// empty incoming flow without passing the join, unless it can also arrive on a
// filled one; boundary events count for the former only (OR-11).
func literally(g *graph.Graph, s *State, j *graph.Node, b *bucket) bool {
	var filled, empty []int
	for slot, e := range j.In {
		if len(b.edges[slot]) > 0 {
			filled = append(filled, e)
		} else {
			empty = append(empty, e)
		}
	}
	blocks := func(at *graph.Node) bool {
		return arrives(g, at, j, empty, true) && !arrives(g, at, j, filled, false)
	}
	for i := range s.tokens {
		n, _ := g.Node(string(s.tokens[i].node))
		if blocks(n) {
			return false
		}
	}
	for i := range s.buckets {
		if n, _ := g.Node(string(s.buckets[i].node)); n != j && blocks(n) {
			return false
		}
	}
	return true
}

// arrives searches a path from a token at a node to one of the flows, not
// through the join.
func arrives(g *graph.Graph, at, j *graph.Node, flows []int, boundaries bool) bool {
	seen := make([]bool, len(g.Nodes))
	var leave func(n *graph.Node) bool
	enter := func(n *graph.Node) bool {
		if n == j || seen[n.Index] {
			return false
		}
		seen[n.Index] = true
		return leave(n)
	}
	leave = func(n *graph.Node) bool {
		for _, e := range n.Out {
			if slices.Contains(flows, e) || enter(&g.Nodes[g.Edges[e].To]) {
				return true
			}
		}
		if boundaries {
			for _, e := range n.Boundaries {
				if leave(&g.Nodes[e]) {
					return true
				}
			}
		}
		return false
	}
	return leave(at)
}
