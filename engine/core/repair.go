package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// Events of operators that change where control is. What cannot be done is
// ignored with a code and a reason, and nothing is changed.
const (
	// MoveRequested takes a token from where it rests and places it before or
	// after another node of its scope. Body: MoveBody.
	MoveRequested EventKind = "moveRequested"
	// ScopeCancelRequested ends an inner scope. Body: ScopeBody.
	ScopeCancelRequested EventKind = "scopeCancelRequested"
	// FireRequested lets a join go on with the tokens that are there. Body: FireBody.
	FireRequested EventKind = "fireRequested"
	// SuspendRequested and ResumeRequested note in the history that the host holds
	// the run and lets it go again. Body: ReasonBody.
	SuspendRequested EventKind = "suspendRequested"
	ResumeRequested  EventKind = "resumeRequested"
)

// Records of operators' repairs.
const (
	RecordTokenMoved   RecordKind = "tokenMoved"   // Node: from; Body: to, place, flow, port, parked
	RecordJoinForced   RecordKind = "joinForced"   // by hand; the next nodeEntered of the node is the firing
	RecordRunSuspended RecordKind = "runSuspended" // Actor, Reason
	RecordRunResumed   RecordKind = "runResumed"   // Actor, Reason
	RecordRunMigrated  RecordKind = "runMigrated"  // Body: fromVersion, toVersion, nodes {old: new}, flows
)

// MoveBody moves one token within its scope. Token names it; without one it is
// the first at Node.
type MoveBody struct {
	Token  TokenID `json:"token,omitempty"`
	Node   NodeID  `json:"node,omitempty"`
	To     NodeID  `json:"to"`
	Place  Place   `json:"place,omitempty"` // before, unless said otherwise
	Flow   FlowID  `json:"flow,omitempty"`  // by which it arrives, or after a node by which it leaves
	Port   string  `json:"port,omitempty"`  // by which it leaves
	Reason string  `json:"reason,omitempty"`
}

// Place tells on which side of a node a token is put.
type Place string

// The places.
const (
	Before Place = "before" // the node is entered
	After  Place = "after"  // the node is taken as done
)

// ScopeBody cancels an inner scope. Then the token of its sub-process leaves, or
// ends there.
type ScopeBody struct {
	Scope  ScopeID `json:"scope"`
	End    bool    `json:"end,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

// FireBody fires a join of a scope ("" = the run itself).
type FireBody struct {
	Node   NodeID  `json:"node"`
	Scope  ScopeID `json:"scope,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

// ReasonBody says why an operator did something.
type ReasonBody struct {
	Reason string `json:"reason,omitempty"`
}

// repair applies an operator's event; false when it is none.
func (m *machine) repair(ev *Event) (bool, error) {
	switch ev.Kind {
	case MoveRequested:
		return true, withBody(ev, m.moveToken)
	case ScopeCancelRequested:
		return true, withBody(ev, m.cancelByHand)
	case FireRequested:
		return true, withBody(ev, m.fireByHand)
	case PlaceRequested:
		return true, withBody(ev, m.place)
	case PlanRequested:
		return true, withBody(ev, m.plan)
	case SuspendRequested:
		return true, withBody(ev, func(ev *Event, b ReasonBody) {
			m.record(Record{Kind: RecordRunSuspended, Actor: ev.Actor, Reason: b.Reason})
		})
	case ResumeRequested:
		return true, withBody(ev, func(ev *Event, b ReasonBody) {
			m.record(Record{Kind: RecordRunResumed, Actor: ev.Actor, Reason: b.Reason})
		})
	}
	return false, nil
}

// refuse records an operator's event that cannot be done. The code is for
// translations.
func (m *machine) refuse(ev *Event, code, reason string) {
	m.record(Record{Kind: RecordEventIgnored, Wait: ev.Wait, Actor: ev.Actor, Reason: reason,
		Body: Values{"event": ev.ID, "kind": string(ev.Kind), "code": code}})
}

// position is where a token rests: by index among the resting ones, or parked.
type position struct {
	ref
	scope  int64
	node   NodeID
	parked bool
}

// locate finds the token that a person means.
func (m *machine) locate(id TokenID, node NodeID) (position, bool) {
	means := func(t ref, at NodeID) bool { return id != "" && t.id == id || id == "" && at == node }
	for i := range m.s.tokens {
		if t := &m.s.tokens[i]; means(t.ref, t.node) {
			return position{ref: t.ref, scope: t.scope, node: t.node}, true
		}
	}
	for i := range m.s.buckets {
		b := &m.s.buckets[i]
		for _, edge := range b.edges {
			for _, t := range edge {
				if means(t, b.node) {
					return position{ref: t, scope: b.scope, node: b.node, parked: true}, true
				}
			}
		}
	}
	return position{}, false
}

// moveToken takes a token away from its place and puts it to another one. The
// way is checked first, so that a refusal leaves all as it was.
func (m *machine) moveToken(ev *Event, body MoveBody) {
	from, ok := m.locate(body.Token, body.Node)
	if !ok {
		m.refuse(ev, "token_gone", "no token rests there any more")
		return
	}
	to, ok := m.g.Node(string(body.To))
	if !ok {
		m.refuse(ev, "node_unknown", "the process has no node "+string(body.To))
		return
	}
	if scp := m.scope(from.scope); scp.pass > 0 || to.Scope != scp.def {
		m.refuse(ev, "other_scope", "a token can only be moved within its own part of the process")
		return
	}
	arrive, chosen, port, code, reason := m.way(to, &body)
	if code != "" {
		m.refuse(ev, code, reason)
		return
	}
	m.lift(from, "moved")
	r := Record{Kind: RecordTokenMoved, Node: from.node, Token: from.id, Scope: m.scope(from.scope).id, Actor: ev.Actor, Reason: body.Reason,
		Body: Values{"to": string(body.To), "place": string(body.Place)}}
	if body.Place == "" {
		r.Body["place"] = string(Before)
	}
	if from.parked {
		r.Body["parked"] = true
	}
	if body.Flow != "" {
		r.Body["flow"] = string(body.Flow)
	}
	m.record(r)
	for i := len(m.s.issues) - 1; i >= 0; i-- {
		if m.s.issues[i].scope == from.scope { // should it still be stuck, it is raised anew
			m.settle(m.s.issues[i].n, "move", "")
		}
	}
	switch {
	case body.Place != After:
		m.push(from.ref, from.scope, to.Index, arrive)
	case chosen != nil:
		m.depart(from.ref, from.scope, to, port, chosen, true)
	default:
		m.leave(from.ref, from.scope, to, "", true)
	}
}

// way finds how a token gets to its new place: the flow by which it arrives, or
// the flows by which it leaves. A code says why it cannot.
func (m *machine) way(to *graph.Node, body *MoveBody) (arrive int, chosen []int, port, code, reason string) {
	if body.Place != After {
		if body.Flow == "" {
			if (to.Kind.Enter == kind.JoinAll || to.Kind.Enter == kind.JoinSome) && len(to.In) > 1 {
				return 0, nil, "", "flow_needed", "say by which flow the token arrives at the join"
			}
			return graph.None, nil, "", "", ""
		}
		e, ok := m.g.EdgeByID(string(body.Flow))
		if !ok || e.To != to.Index {
			return 0, nil, "", "flow_unknown", "the node is not reached by the flow " + string(body.Flow)
		}
		return e.Index, nil, "", "", ""
	}
	wanted := body.Port
	if body.Flow != "" {
		wanted = string(body.Flow)
	}
	if wanted == "" {
		if to.NormalPort != "" {
			return 0, nil, "", "port_needed", "say by which outcome to go on"
		}
		return 0, nil, "", "", ""
	}
	exits, port, ok := m.exitByHand(to, wanted, "")
	if !ok || len(exits) == 0 {
		return 0, nil, "", "flow_unknown", "the node has no exit " + wanted
	}
	return 0, slices.Clone(exits), port, "", ""
}

// lift takes a token from where it rests, with all that hangs on it: inner
// scopes, waits, its incident when no other token is held by it.
func (m *machine) lift(p position, reason string) {
	if p.parked {
		m.unpark(p)
		return
	}
	m.cancelInner(p.n, reason)
	m.closeWaits(p.n, reason)
	m.unqueue(p.n)
	m.dismiss(p.n)
	t := m.take(m.s.tokenIndex(p.n))
	if t.phase != phaseEnter && t.phase != phaseTurn { // else it has not entered
		m.record(Record{Kind: RecordNodeCanceled, Node: t.node, Token: t.id, Scope: m.scope(t.scope).id, Reason: reason})
	}
	if t.held != 0 && !slices.ContainsFunc(m.s.tokens, func(o token) bool { return o.held == t.held }) {
		m.settle(t.held, "move", "")
	}
}

// cancelInner ends the scopes that a resting token hosts, youngest first.
func (m *machine) cancelInner(host int64, reason string) {
	for i := len(m.s.scopes) - 1; i > 0; i-- {
		if m.s.scopes[i].host == host {
			m.cancelScope(m.s.scopes[i].n, reason)
			i = len(m.s.scopes)
		}
	}
}

// unpark takes a token out of the bucket of its join.
func (m *machine) unpark(p position) {
	b := m.findBucket(p.scope, p.node)
	for slot, edge := range b.edges {
		i := slices.IndexFunc(edge, func(t ref) bool { return t.n == p.n })
		if i < 0 {
			continue
		}
		b.edges[slot] = slices.Delete(edge, i, i+1)
		if len(b.edges[slot]) == 0 {
			b.filled--
		}
		m.scope(p.scope).parked--
		break
	}
	m.dropEmpty()
}

// dropEmpty forgets buckets without tokens.
func (m *machine) dropEmpty() {
	m.s.buckets = slices.DeleteFunc(m.s.buckets, func(b bucket) bool { return b.filled == 0 })
}

// cancelByHand ends an inner scope; its host goes on without it, or ends.
func (m *machine) cancelByHand(ev *Event, body ScopeBody) {
	at := slices.IndexFunc(m.s.scopes, func(s scope) bool { return s.n != 0 && s.id == body.Scope })
	if at < 0 {
		m.refuse(ev, "scope_gone", "no such part of the run is open; the whole run is ended by canceling it")
		return
	}
	host, gone := m.s.scopes[at].host, m.s.scopes[at]
	undo := gone.undo
	m.cancelScope(gone.n, "canceled")
	told := &m.out.Records[len(m.out.Records)-1] // scopeCanceled
	if told.Actor = ev.Actor; body.Reason != "" {
		told.Reason = body.Reason
	}
	if gone.pass > 0 { // the others go on; a loop ends with its pass
		n := m.node(gone.node)
		m.passOver(gone, n, nil, !n.Repeat.Each)
		return
	}
	i := m.s.tokenIndex(host)
	if i < 0 || slices.ContainsFunc(m.s.scopes, func(s scope) bool { return s.n != 0 && s.host == host }) {
		return // others of the same activity go on
	}
	m.closeWaits(host, "canceled")
	t := m.take(m.s.tokenIndex(host))
	m.settle(t.held, "cancel", body.Reason)
	n := m.node(t.node)
	if body.End || undo { // what is undone has left long ago
		scp := m.scope(t.scope)
		m.record(Record{Kind: RecordNodeCanceled, Node: t.node, Token: t.id, Scope: scp.id, Actor: ev.Actor, Reason: "canceled"})
		m.consume(t.ref, scp, n)
		return
	}
	m.leave(t.ref, t.scope, n, n.NormalPort, true)
}

// fireByHand lets a join go on with what is there.
func (m *machine) fireByHand(ev *Event, body FireBody) {
	at := slices.IndexFunc(m.s.scopes, func(s scope) bool { return s.id == body.Scope })
	if at >= 0 {
		m.parkPlanned(m.s.scopes[at].n, body.Node)
	}
	if at < 0 || m.findBucket(m.s.scopes[at].n, body.Node) == nil {
		m.refuse(ev, "no_token_parked", "no token waits at this join")
		return
	}
	sc := m.s.scopes[at].n
	for i := len(m.s.issues) - 1; i >= 0; i-- {
		if m.s.issues[i].scope == sc {
			m.settle(m.s.issues[i].n, "fire", body.Reason)
		}
	}
	m.record(Record{Kind: RecordJoinForced, Node: body.Node, Scope: body.Scope, Actor: ev.Actor, Reason: body.Reason})
	n := m.node(body.Node)
	m.fire(sc, n)
	// What a plan has put there beside may be enough for another time.
	for b := m.findBucket(sc, body.Node); b != nil && m.ripe(sc, n, b); {
		b = m.findBucket(sc, body.Node)
	}
}

// editVariables writes variables by hand.
func (m *machine) editVariables(ev *Event, body VariablesBody) {
	at := slices.IndexFunc(m.s.scopes, func(s scope) bool { return s.id == body.Scope })
	if at <= 0 { // a scope that has ended since: the run keeps the values
		m.changeVariables(ev, body.Set, body.Reason)
		return
	}
	for _, name := range sortedKeys(body.Set) {
		m.setVariable(m.s.scopes[at].n, name, body.Set[name])
	}
	m.record(Record{Kind: RecordVariablesChanged, Scope: body.Scope, Actor: ev.Actor, Reason: body.Reason, Body: body.Set})
}
