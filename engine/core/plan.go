package core

import (
	"encoding/json"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

const (
	// PlanRequested carries out several acts of an operator together: all of
	// them, and only then do tokens move, or none. Body: PlanBody.
	PlanRequested EventKind = "planRequested"
	// PlaceRequested puts a new token before a node. Body: PlaceBody.
	PlaceRequested EventKind = "placeRequested"
)

// RecordTokenPlaced tells of a token that an operator made. Node: before which;
// Body: flow.
const RecordTokenPlaced RecordKind = "tokenPlaced"

// MaxPlan bounds the acts of one plan.
const MaxPlan = 100

// PlanBody is what an operator wants to be done together.
type PlanBody struct {
	Acts []PlanAct `json:"acts"`
}

// PlanAct is one act of a plan: the kind and the body of an operator's event.
type PlanAct struct {
	Kind EventKind       `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// PlaceBody begins a new token before a node. Scope is the part of the run in
// which it begins; without one it is the only open one that has the node.
type PlaceBody struct {
	Node   NodeID  `json:"node"`
	Scope  ScopeID `json:"scope,omitempty"`
	Flow   FlowID  `json:"flow,omitempty"` // by which it arrives
	Reason string  `json:"reason,omitempty"`
}

// plannable are the events that a plan may consist of.
func plannable(k EventKind) bool {
	switch k {
	case MoveRequested, PlaceRequested, ScopeCancelRequested, FireRequested, RetryRequested, SkipRequested, VariablesChanged:
		return true
	}
	return false
}

// plan applies the acts in their order to a copy of the state. No token moves
// between them. The first one that cannot be done refuses the whole plan: the
// copy is forgotten.
func (m *machine) plan(ev *Event, body PlanBody) {
	if len(body.Acts) == 0 || len(body.Acts) > MaxPlan {
		m.refuse(ev, "plan_size", "a plan has 1 to "+itoa(MaxPlan)+" acts")
		return
	}
	before := *m
	before.work = slices.Clone(m.work)
	m.s, m.ownSteps, m.names = m.s.clone(), false, nil
	m.planning, m.planned = true, len(m.work)
	for i := range body.Acts {
		act := Event{ID: ev.ID, Kind: body.Acts[i].Kind, At: ev.At, Actor: ev.Actor, Body: body.Acts[i].Body}
		told := len(m.out.Records)
		code, reason := "not_in_plan", "this cannot be part of a plan"
		if plannable(act.Kind) {
			if err := m.apply(&act); err != nil {
				m.err = err
				return
			}
			code, reason = refusedIn(m.out.Records[told:])
		}
		if code == "" {
			continue
		}
		*m = before
		m.names = nil
		m.refuse(ev, code, reason)
		m.out.Records[len(m.out.Records)-1].Body["act"] = number(i + 1)
		return
	}
	m.ev, m.planning = ev, false
}

// parkPlanned parks before a join what the plan under way has sent to it, so that a
// later act of the plan lets the join go on with it.
func (m *machine) parkPlanned(sc int64, node NodeID) {
	n, ok := m.g.Node(string(node))
	if !m.planning || !ok || !joins(n) || len(n.In) < 2 {
		return
	}
	rest := m.work[:m.planned:m.planned]
	for _, st := range m.work[m.planned:] {
		if st.scope == sc && st.node == n.Index && st.edge != graph.None {
			m.shelve(st, n)
		} else {
			rest = append(rest, st)
		}
	}
	m.work = rest
}

// refusedIn tells why an act was not done; "" when it was.
func refusedIn(records []Record) (code, reason string) {
	for i := range records {
		if r := &records[i]; r.Kind == RecordEventIgnored {
			if code, _ = r.Body["code"].(string); code == "" {
				code = "refused"
			}
			return code, r.Reason
		}
	}
	return "", ""
}

// place begins a token by hand.
func (m *machine) place(ev *Event, body PlaceBody) {
	to, ok := m.g.Node(string(body.Node))
	if !ok {
		m.refuse(ev, "node_unknown", "the process has no node "+string(body.Node))
		return
	}
	at, open := -1, 0
	for i := range m.s.scopes {
		s := &m.s.scopes[i]
		if s.def != to.Scope || s.pass > 0 || s.rep != nil || body.Scope != "" && s.id != body.Scope {
			continue
		}
		at = i
		open++
	}
	switch {
	case open == 0:
		m.refuse(ev, "scope_closed", "the part of the process that has this node is not open")
		return
	case open > 1:
		m.refuse(ev, "several_scopes", "the part of the process that has this node is open several times; say which")
		return
	case m.tokens() >= MaxTokens:
		m.refuse(ev, "too_many_tokens", "the run would have more than "+itoa(MaxTokens)+" tokens")
		return
	}
	arrive := graph.None
	if body.Flow != "" {
		e, ok := m.g.EdgeByID(string(body.Flow))
		if !ok || e.To != to.Index {
			m.refuse(ev, "flow_unknown", "the node is not reached by the flow "+string(body.Flow))
			return
		}
		arrive = e.Index
	} else if (to.Kind.Enter == kind.JoinAll || to.Kind.Enter == kind.JoinSome) && len(to.In) > 1 {
		m.refuse(ev, "flow_needed", "say by which flow the token arrives at the join")
		return
	}
	scp := &m.s.scopes[at]
	n := scp.n
	t := m.newToken(scp)
	r := Record{Kind: RecordTokenPlaced, Node: body.Node, Token: t.id, Scope: scp.id, Actor: ev.Actor, Reason: body.Reason, Body: Values{}}
	if body.Flow != "" {
		r.Body["flow"] = string(body.Flow)
	}
	m.record(r)
	for i := len(m.s.issues) - 1; i >= 0; i-- {
		if m.s.issues[i].scope == n { // should it still be stuck, it is raised anew
			m.settle(m.s.issues[i].n, "move", "")
		}
	}
	m.push(t, n, to.Index, arrive)
}
