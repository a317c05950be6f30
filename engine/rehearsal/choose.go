package rehearsal

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
)

// choices let a scenario decide for gateways. The conditions of a chosen
// gateway's flows are replaced by marks that only the rehearsal's evaluator
// understands; a visit for which nothing is chosen evaluates what the mark
// stands for.
type choices struct {
	named map[core.NodeID]bool       // activities that the scenario decides about
	fired map[core.NodeID]bool       // conditions that the scenario lets hold
	queue map[core.NodeID][][]string // what is left, by node
	asked map[core.NodeID][]string   // the choice of the visit under way
	marks map[string]mark
}

// mark is one flow that leaves a chosen gateway, or the condition that an event
// waits for.
type mark struct {
	event bool
	node  core.NodeID
	flow  string
	when  string
	first bool // the first one that a visit evaluates
}

const markPrefix = "\x00flow "

func newChoices(s *Scenario) *choices {
	c := &choices{named: map[core.NodeID]bool{}, fired: map[core.NodeID]bool{}, queue: map[core.NodeID][][]string{}, asked: map[core.NodeID][]string{}, marks: map[string]mark{}}
	for _, n := range s.Hold {
		c.named[n] = true
	}
	for i := range s.Steps {
		for _, n := range s.Steps[i].named() {
			c.named[n] = true
		}
		if choice := s.Steps[i].Choose; choice != nil {
			c.queue[choice.Node] = append(c.queue[choice.Node], choice.Flows)
		}
	}
	return c
}

// apply gives a copy of the graph in which the flows of chosen gateways are
// marked, and in which activities that end at once but that the scenario decides
// about wait for it.
func (c *choices) apply(key string, g *graph.Graph) *graph.Graph {
	if len(c.queue) == 0 && len(c.named) == 0 {
		return g
	}
	marked := *g
	marked.Edges = slices.Clone(g.Edges)
	marked.Nodes = slices.Clone(g.Nodes)
	for i := range marked.Nodes {
		n := &marked.Nodes[i]
		if c.named[core.NodeID(n.ID)] {
			n.Watches = slices.Clone(n.Watches)
			for k := range n.Watches {
				if x := &n.Watches[k]; x.Opens == graph.OpensCondition {
					text := markPrefix + key + " " + n.ID + " " + strconv.Itoa(k)
					c.marks[text] = mark{event: true, node: core.NodeID(n.ID), when: x.When}
					x.When = text
				}
			}
		}
		if n.Kind.Role != kind.Activity || !c.named[core.NodeID(n.ID)] {
			continue
		}
		switch n.Kind.Enter {
		case kind.Pass:
			n.Kind, n.Opens = waiting("userTask", n.Kind), graph.OpensTask
		case kind.Assign:
			n.Kind, n.Opens = waiting("robot", n.Kind), graph.OpensEffect
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.queue)) {
		n, ok := g.Node(string(name))
		if !ok {
			continue
		}
		first := true
		for _, e := range n.Out {
			if e == n.Default {
				continue // taken when no other one is
			}
			text := markPrefix + key + " " + strconv.Itoa(e)
			c.marks[text] = mark{node: name, flow: g.Edges[e].ID, when: g.Edges[e].When, first: first}
			marked.Edges[e].When = text
			first = false
		}
	}
	return &marked
}

// waiting is a kind that waits, in the place of one that does not.
func waiting(key string, instead kind.Kind) kind.Kind {
	k, _ := kind.Of(key)
	k.Key, k.Ported = instead.Key, false
	return k
}

// decide answers for a mark; known is false when the condition itself is asked.
func (c *choices) decide(m mark) (holds, known bool) {
	if m.event {
		return true, c.fired[m.node]
	}
	if m.first {
		delete(c.asked, m.node)
		if left := c.queue[m.node]; len(left) > 0 {
			c.asked[m.node], c.queue[m.node] = left[0], left[1:]
		}
	}
	flows, known := c.asked[m.node]
	return slices.Contains(flows, m.flow), known
}

// written is a condition as it is drawn.
func (c *choices) written(text string) string {
	if m, marked := c.marks[text]; marked {
		return m.when
	}
	return text
}

// explain gives a record the conditions as they are drawn.
func (c *choices) explain(r core.Record) core.Record {
	if text, _ := r.Body["expression"].(string); r.Kind == core.RecordConditionHeld && c.marks[text].event {
		r.Body = maps.Clone(r.Body)
		r.Body["expression"] = c.marks[text].when
		return r
	}
	tried, ok := r.Body["conditions"].([]any)
	if r.Kind != core.RecordConditionChosen || !ok || len(c.marks) == 0 {
		return r
	}
	body := maps.Clone(r.Body)
	list := slices.Clone(tried)
	for i := range list {
		entry, ok := list[i].(core.Values)
		if !ok {
			continue
		}
		text, _ := entry["expression"].(string)
		m, ok := c.marks[text]
		if !ok {
			continue
		}
		entry = maps.Clone(entry)
		entry["expression"] = m.when
		list[i] = entry
	}
	body["conditions"] = list
	r.Body = body
	return r
}

// chosen lays the choices over the facts.
type chosen struct {
	host.Facts
	choices *choices
}

// Evaluator implements host.Facts.
func (c chosen) Evaluator(ctx context.Context, run store.Run, version host.Version, at core.Instant) (core.Evaluator, error) {
	e, err := c.Facts.Evaluator(ctx, run, version, at)
	if err != nil || len(c.choices.marks) == 0 {
		return e, err
	}
	return &chooser{Evaluator: e, choices: c.choices}, nil
}

type chooser struct {
	core.Evaluator
	choices *choices
}

// Bool decides marks and leaves the rest to the evaluator.
func (c *chooser) Bool(source string, names core.Values, now core.Instant) (bool, error) {
	if strings.HasPrefix(source, markPrefix) {
		m := c.choices.marks[source]
		holds, known := c.choices.decide(m)
		if known {
			return holds, nil
		}
		if m.when == "" {
			return true, nil
		}
		source = m.when
	}
	return c.Evaluator.Bool(source, names, now)
}

// Explain implements core.Explainer.
func (c *chooser) Explain(source string, names core.Values, now core.Instant) core.Values {
	e, ok := c.Evaluator.(core.Explainer)
	if !ok {
		return nil
	}
	if m, marked := c.choices.marks[source]; marked {
		source = m.when
	}
	if source == "" {
		return nil
	}
	return e.Explain(source, names, now)
}
