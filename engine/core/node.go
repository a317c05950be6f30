package core

import (
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// enter moves a token into a node.
func (m *machine) enter(st step) {
	n := &m.g.Nodes[st.node]
	if joins(n) && len(n.In) > 1 && st.edge != graph.None {
		m.park(st, n)
		return
	}
	if n.Needs > 1 && !m.inPass(st.scope, n) {
		m.gather(st, n)
		return
	}
	if m.deferred(st, n) {
		return
	}
	if !m.inPass(st.scope, n) {
		m.record(Record{Kind: RecordNodeEntered, Node: NodeID(n.ID), Flow: m.flowID(st.edge), Token: st.id, Scope: m.scope(st.scope).id})
	}
	m.run(st.ref, st.scope, n)
}

func joins(n *graph.Node) bool {
	return n.Kind.Enter == kind.JoinAll || n.Kind.Enter == kind.JoinSome || n.Kind.Enter == kind.JoinNeed
}

// run does what a node does once a token is in it.
func (m *machine) run(t ref, sc int64, n *graph.Node) {
	if n.Disabled && n.Kind.Role != kind.Start && n.Kind.Role != kind.End {
		m.leave(t, sc, n, n.NormalPort, true)
		return
	}
	if n.Repeat != nil && !m.inPass(sc, n) {
		m.repeat(t, sc, n)
		return
	}
	switch n.Kind.Enter {
	case kind.Assign:
		if failure := m.assign(sc, n, t); failure != nil {
			m.hold(t, sc, n, phaseRun, "", *failure)
			return
		}
		m.leave(t, sc, n, "", false)
	case kind.Wait:
		if failure := m.restless(); failure != nil {
			m.hold(t, sc, n, phaseRun, "", *failure)
			return
		}
		m.rest(token{ref: t, scope: sc, node: NodeID(n.ID)})
		m.openNode(t, sc, n, 1)
	case kind.Scope:
		m.startScope(t, sc, n)
	case kind.Throw:
		m.arrive(t, sc, n)
	case kind.Race:
		m.race(t, sc, n)
	default:
		m.leave(t, sc, n, "", false)
	}
}

// leave moves a token out of a node by the flows that its exit rule chooses.
// When none can be chosen the token is held, so that a retry chooses again and
// never repeats the node.
func (m *machine) leave(t ref, sc int64, n *graph.Node, port string, skipped bool) {
	if m.inPass(sc, n) {
		m.endPass(t, sc, n, port, skipped)
		return
	}
	if m.endsAdHoc(t, sc, n, port, skipped) {
		return
	}
	chosen, failure := m.choose(t, sc, n, port)
	if failure == nil && m.tokens()+len(chosen)*max(n.Gives, 1)-1 > MaxTokens {
		failure = &FailureBody{Code: "too_many_tokens", Message: "the run would have more than " + itoa(MaxTokens) + " tokens",
			Remedy: "cancel the run; a loop forks again and again"}
	}
	if failure != nil {
		m.hold(t, sc, n, phaseExit, port, *failure)
		return
	}
	m.depart(t, sc, n, port, chosen, skipped)
}

// depart records the leaving and sends tokens along the chosen flows. The token
// itself takes the first flow; it ends when there is none.
func (m *machine) depart(t ref, sc int64, n *graph.Node, port string, chosen []int, skipped bool) {
	if m.inPass(sc, n) {
		m.endPass(t, sc, n, port, skipped)
		return
	}
	var body Values
	if port != "" {
		body = Values{"port": port}
	}
	if skipped {
		if body == nil {
			body = Values{}
		}
		body["skipped"] = true
	}
	scp := m.scope(sc)
	m.record(Record{Kind: RecordNodeLeft, Node: NodeID(n.ID), Token: t.id, Scope: scp.id, Body: body})
	if !skipped && n.Repeat == nil {
		m.completed(sc, n)
	}
	if len(chosen) == 0 {
		m.consume(t, scp, n)
		return
	}
	for i, e := range chosen {
		for k := range max(n.Gives, 1) {
			next := t
			if i > 0 || k > 0 {
				next = m.newToken(scp)
			}
			m.push(next, sc, m.g.Edges[e].To, e)
		}
	}
}

// consume ends a token.
func (m *machine) consume(t ref, scp *scope, n *graph.Node) {
	m.record(Record{Kind: RecordTokenConsumed, Node: NodeID(n.ID), Token: t.id, Scope: scp.id})
	scp.live--
}

// choose finds the flows by which a token leaves through a port. The result is
// good until the next call.
func (m *machine) choose(t ref, sc int64, n *graph.Node, port string) ([]int, *FailureBody) {
	m.chosen = m.chosen[:0]
	candidates, conditional, held := 0, 0, 0
	isDefault := false
	var tried []any
	for _, e := range n.Out {
		edge := &m.g.Edges[e]
		if edge.Port != port {
			continue
		}
		candidates++
		if n.Kind.Exit == kind.All {
			m.chosen = append(m.chosen, e)
			continue
		}
		if e == n.Default {
			continue
		}
		if edge.When == "" {
			m.chosen = append(m.chosen, e)
			if n.Kind.Exit == kind.First {
				break
			}
			continue
		}
		conditional++
		holds, failure := m.condition(sc, edge, &tried)
		if failure != nil {
			return nil, failure
		}
		if holds {
			held++
			m.chosen = append(m.chosen, e)
			if n.Kind.Exit == kind.First {
				break
			}
		}
	}
	if candidates == 0 && port != "" {
		return nil, &FailureBody{Code: "port_without_flow", Message: "no flow leaves by " + port,
			Remedy: "skip the node by another exit, or publish a version that has the flow", Detail: Values{"port": port}}
	}
	// The default stands in for conditions: among flows of an activity a plain
	// flow does not switch it off, at a gateway any flow that holds does.
	wanted := held == 0
	if n.Kind.Exit != kind.Each {
		wanted = len(m.chosen) == 0
	}
	if n.Default != graph.None && m.g.Edges[n.Default].Port == port && wanted && n.Kind.Exit != kind.All {
		m.chosen = append(m.chosen, n.Default)
		isDefault = true
	}
	if len(m.chosen) == 0 && candidates > 0 {
		return nil, &FailureBody{Code: "no_condition_holds", Message: "no condition of the outgoing flows holds and there is no default",
			Remedy: "change a variable and retry, or skip by one of the flows", Detail: Values{"conditions": tried}}
	}
	if conditional > 0 {
		ids := make([]any, len(m.chosen))
		for i, e := range m.chosen {
			ids[i] = m.g.Edges[e].ID
		}
		m.record(Record{Kind: RecordConditionChosen, Node: NodeID(n.ID), Token: t.id, Scope: m.scope(sc).id,
			Body: Values{"chosen": ids, "default": isDefault, "conditions": tried}})
	}
	return m.chosen, nil
}

// condition evaluates the condition of a flow and notes it for the record.
func (m *machine) condition(sc int64, edge *graph.Edge, tried *[]any) (bool, *FailureBody) {
	if m.eval == nil {
		return false, &FailureBody{Code: "expression_failed", Message: "no evaluator for " + edge.When}
	}
	names := m.visible(sc)
	holds, err := m.eval.Bool(edge.When, names, m.s.at)
	if err != nil {
		return false, evalFailure(edge.When, err)
	}
	entry := Values{"flow": edge.ID, "expression": edge.When, "result": holds}
	if x, ok := m.eval.(Explainer); ok {
		if values, err := normalize(x.Explain(edge.When, names, m.s.at)); err == nil && values != nil {
			entry["values"] = values
		}
	}
	*tried = append(*tried, entry)
	return holds, nil
}

// assign computes and sets the variables of a node.
func (m *machine) assign(sc int64, n *graph.Node, t ref) *FailureBody {
	body := n.Literals
	if body == nil {
		body = make(Values, len(n.Assignments))
		for _, a := range n.Assignments {
			value := a.Literal
			if a.Expr != "" {
				var failure *FailureBody
				if value, failure = m.value(sc, a.Expr); failure != nil {
					return failure
				}
			}
			body[a.Name] = value
			m.setVariable(sc, a.Name, value)
		}
	} else {
		for _, a := range n.Assignments {
			m.setVariable(sc, a.Name, a.Literal)
		}
	}
	m.record(Record{Kind: RecordVariablesChanged, Node: NodeID(n.ID), Token: t.id, Scope: m.scope(sc).id, Body: body})
	return nil
}
