package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// raise opens an incident and returns its number. Scope is -1 unless the whole
// scope is stuck.
func (m *machine) raise(node NodeID, w WaitID, sc int64, failure FailureBody) int64 {
	m.s.nextIssue++
	n := m.s.nextIssue
	i := issue{n: n, scope: sc, Incident: Incident{ID: m.issueID(n), Node: node, Wait: w, At: m.s.at, Failure: failure}}
	m.s.issues = append(m.s.issues, i)
	m.record(Record{Kind: RecordIncidentRaised, Node: node, Wait: w, Reason: failure.Message,
		Body: Values{"incident": i.ID, "code": failure.Code, "message": failure.Message}})
	raised := i.Incident
	m.command(Command{Kind: RaiseIncident, Node: node, Wait: w, Incident: &raised})
	return n
}

// settle closes an incident by number; 0 and closed ones are nothing.
func (m *machine) settle(n int64, by, reason string) {
	if n == 0 {
		return
	}
	at := slices.IndexFunc(m.s.issues, func(i issue) bool { return i.n == n })
	if at < 0 {
		return
	}
	i := m.s.issues[at]
	m.s.issues = slices.Delete(m.s.issues, at, at+1)
	r := Record{Kind: RecordIncidentResolved, Node: i.Node, Wait: i.Wait, Reason: reason, Body: Values{"incident": i.ID, "by": by}}
	if m.ev != nil {
		r.Actor = m.ev.Actor
	}
	m.record(r)
	resolved := i.Incident
	m.command(Command{Kind: ResolveIncident, Node: i.Node, Wait: i.Wait, Incident: &resolved, Reason: by})
}

// hold stops a token at a node with an incident.
func (m *machine) hold(t ref, sc int64, n *graph.Node, at phase, port string, failure FailureBody) {
	issue := m.raise(NodeID(n.ID), "", -1, failure)
	m.rest(token{ref: t, scope: sc, node: NodeID(n.ID), held: issue, phase: at, port: port})
}

// findIssue finds an open incident by id.
func (m *machine) findIssue(id string) *issue {
	for i := range m.s.issues {
		if m.s.issues[i].ID == id {
			return &m.s.issues[i]
		}
	}
	return nil
}

// release takes the tokens that an incident holds, oldest first.
func (m *machine) release(n int64) []token {
	var held []token
	for i := 0; i < len(m.s.tokens); {
		if m.s.tokens[i].held == n {
			held = append(held, m.take(i))
			continue
		}
		i++
	}
	return held
}

// retry evaluates again what an incident stopped.
func (m *machine) retry(ev *Event, body RetryBody) {
	found := m.findIssue(body.Incident)
	if found == nil {
		m.ignore(ev, "the incident is closed")
		return
	}
	i := *found
	m.changeVariables(ev, body.Variables, "")
	m.s.continues = 0
	m.settle(i.n, "retry", "")
	if i.Wait != "" {
		if w := m.s.findWait(i.Wait); w != nil {
			w.failed = 0
			w.generation++
			m.request(w)
		}
		return
	}
	for _, t := range m.release(i.n) {
		n := m.node(t.node)
		switch t.phase {
		case phaseEnter:
			m.push(t.ref, t.scope, n.Index, m.edgeIndex(t.flow))
		case phaseRun:
			m.run(t.ref, t.scope, n)
		case phaseReturn:
			m.takeOver(t, n, t.got)
		case phaseThrow:
			m.arrive(t.ref, t.scope, n)
		default:
			m.leave(t.ref, t.scope, n, t.port, false)
		}
	}
}

// skip goes on without the node of an incident. Port names one of the node's
// exits, or one of its flows; for a join deadlock the join to fire.
func (m *machine) skip(ev *Event, body SkipBody) {
	found := m.findIssue(body.Incident)
	switch {
	case found == nil:
		m.ignore(ev, "the incident is closed")
		return
	case found.Failure.Code == "runaway":
		m.ignore(ev, "a runaway cannot be skipped; cancel the run or retry")
		return
	}
	i := *found
	if i.scope >= 0 {
		m.force(ev, i, body)
		return
	}
	if i.Wait != "" {
		m.skipWait(ev, i, body)
		return
	}
	held := slices.IndexFunc(m.s.tokens, func(t token) bool { return t.held == i.n })
	if held < 0 {
		m.fail("incident %s holds nothing", i.ID)
		return
	}
	t := m.s.tokens[held]
	n := m.node(t.node)
	if t.phase == phaseEnter {
		m.ignore(ev, "this incident can only be retried")
		return
	}
	chosen, port, ok := m.exitByHand(n, body.Port, t.port)
	if !ok {
		m.ignore(ev, "the node has no exit "+body.Port)
		return
	}
	m.settle(i.n, "skip", body.Reason)
	for _, t := range m.release(i.n) {
		m.depart(t.ref, t.scope, n, port, chosen, true)
	}
}

// skipWait closes a wait that could not be served: of the node itself, then the
// token leaves; of a boundary event or time limit, then it just never fires.
func (m *machine) skipWait(ev *Event, i issue, body SkipBody) {
	found := m.s.findWait(i.Wait)
	if found == nil {
		m.fail("incident %s of a closed wait", i.ID)
		return
	}
	w := *found
	n := m.node(w.node)
	if n.Host != graph.None || w.token == 0 || w.kind == TimeoutWait {
		m.settle(i.n, "skip", body.Reason)
		m.closeWait(w.n)
		m.withdraw(&w, "skipped", "")
		return
	}
	if held := m.s.tokenIndex(w.token); held >= 0 && m.s.tokens[held].node != w.node { // behind an event gateway
		m.settle(i.n, "skip", body.Reason)
		if t, host, ok := m.served(w, "skipped", ""); ok {
			m.won(t, host, n)
		}
		return
	}
	if body.Port == "" && n.NormalPort != "" {
		// Nobody may approve by leaving a field empty.
		m.ignore(ev, "say by which outcome to go on")
		return
	}
	chosen, port, ok := m.exitByHand(n, body.Port, "")
	if !ok {
		m.ignore(ev, "the node has no exit "+body.Port)
		return
	}
	m.settle(i.n, "skip", body.Reason)
	result := Values{"skipped": true, "by": ev.Actor, "comment": body.Reason}
	if port != "" {
		result["outcome"] = port
	}
	m.setStep(w.node, result)
	chosen = slices.Clone(chosen)
	if t, n, ok := m.served(w, "skipped", port); ok {
		m.depart(t.ref, t.scope, n, port, chosen, true)
	}
}

// exitByHand finds the flows that a person means: one flow by id, else all flows
// that hold without asking, the default, or the first flow of a port.
func (m *machine) exitByHand(n *graph.Node, wanted, port string) ([]int, string, bool) {
	if e, ok := m.g.EdgeByID(wanted); ok && wanted != "" && e.From == n.Index {
		return []int{e.Index}, e.Port, true
	}
	if wanted != "" {
		port = wanted
	}
	var plain, all []int
	for _, e := range n.Out {
		edge := &m.g.Edges[e]
		if edge.Port != port {
			continue
		}
		all = append(all, e)
		if edge.When == "" && e != n.Default {
			plain = append(plain, e)
		}
	}
	switch {
	case len(plain) > 0:
		return plain, port, true
	case n.Default != graph.None && m.g.Edges[n.Default].Port == port:
		return []int{n.Default}, port, true
	case len(all) > 0:
		return all[:1], port, true
	}
	return nil, port, port == ""
}

// force fires a join of a deadlocked scope with the tokens that are there.
func (m *machine) force(ev *Event, i issue, body SkipBody) {
	node := i.Node
	if body.Port != "" {
		node = NodeID(body.Port)
	}
	if m.findBucket(i.scope, node) == nil {
		m.ignore(ev, "no token waits at "+string(node))
		return
	}
	m.settle(i.n, "skip", body.Reason)
	m.fireAny(i.scope, m.node(node))
}

func (m *machine) edgeIndex(flow FlowID) int {
	if e, ok := m.g.EdgeByID(string(flow)); ok {
		return e.Index
	}
	return graph.None
}
