package core

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// A throw waits until every token that can move without input rests at its next
// wait; then the throws are carried out one by one, in the order of arrival, and
// after each of them tokens move again. So what a signal finds waiting does not
// depend on the order of the branches (SIG-03).

// arrive puts a token at a throw or end event into the queue, or carries out at
// once what is no throw.
func (m *machine) arrive(t ref, sc int64, n *graph.Node) {
	switch {
	case len(n.Throws) == 0:
		m.leave(t, sc, n, "", false)
	case n.Throws[0].Kind == graph.ThrowTerminate:
		m.end(t, sc, n)
		m.empty(sc, "terminated")
	default:
		m.rest(token{ref: t, scope: sc, node: NodeID(n.ID), phase: phaseThrow})
		m.s.throws = append(m.s.throws, t.n)
	}
}

// unqueue forgets the throw of a token that was canceled.
func (m *machine) unqueue(t int64) {
	if i := slices.Index(m.s.throws, t); i >= 0 {
		m.s.throws = slices.Delete(m.s.throws, i, i+1)
	}
}

// throwNext carries out the oldest throw. It reports whether there was one.
func (m *machine) throwNext() bool {
	if len(m.s.throws) == 0 || m.s.status != Active {
		return false
	}
	number := m.s.throws[0]
	m.s.throws = slices.Delete(m.s.throws, 0, 1)
	i := m.s.tokenIndex(number)
	if i < 0 {
		m.fail("throw of a token %d that is gone", number)
		return false
	}
	m.perform(m.s.tokens[i])
	return true
}

// perform carries out the effects of a node, in order. The token rests at the
// node meanwhile, because what it throws may cancel it.
func (m *machine) perform(t token) {
	n := m.node(t.node)
	waits := false
	for i := range n.Throws {
		effect := &n.Throws[i]
		switch effect.Kind {
		case graph.ThrowMessage:
			if failure := m.throwMessage(t, n, effect); failure != nil {
				m.holdThrow(t, n, *failure)
				return
			}
		case graph.ThrowSignal:
			if failure := m.throwSignal(t, n, effect); failure != nil {
				m.holdThrow(t, n, *failure)
				return
			}
		case graph.ThrowError:
			m.take(m.s.tokenIndex(t.n))
			m.end(t.ref, t.scope, n)
			m.throw(t.scope, n, ref{}, FailureBody{Code: effect.Code, Thrown: true, Message: "error end event " + n.ID})
			return
		case graph.ThrowEscalation:
			m.escalate(t.scope, n, t.ref, effect.Code)
		case graph.ThrowCompensation:
			waits = m.compensate(t, effect.Code, effect.Waits) || waits
		case graph.ThrowCancel:
			m.cancelTransaction(t, n)
			return
		case graph.ThrowTerminate:
			m.take(m.s.tokenIndex(t.n))
			m.end(t.ref, t.scope, n)
			m.empty(t.scope, "terminated")
			return
		}
		if m.s.tokenIndex(t.n) < 0 {
			return // it has canceled itself
		}
	}
	if waits {
		m.s.tokens[m.s.tokenIndex(t.n)].phase = phaseWait
		return
	}
	m.take(m.s.tokenIndex(t.n))
	m.leave(t.ref, t.scope, n, "", false)
}

// end closes an end event whose effect takes the token away.
func (m *machine) end(t ref, sc int64, n *graph.Node) {
	scp := m.scope(sc)
	m.record(Record{Kind: RecordNodeLeft, Node: NodeID(n.ID), Token: t.id, Scope: scp.id})
	m.consume(t, scp, n)
}

// holdThrow stops a token whose throw cannot be computed. Effects before the one
// that failed have happened; a retry computes all of them again, which a message
// or signal with its new id then repeats.
func (m *machine) holdThrow(t token, n *graph.Node, failure FailureBody) {
	m.take(m.s.tokenIndex(t.n))
	m.hold(t.ref, t.scope, n, phaseThrow, "", failure)
}

// sentID is the id of a message or signal; it shares its counter with the waits.
func (m *machine) sentID() WaitID {
	m.s.nextWait++
	return WaitID(string(m.s.runID) + ":" + strconv.FormatInt(m.s.nextWait, 10))
}

func (m *machine) throwMessage(t token, n *graph.Node, effect *graph.Thrown) *FailureBody {
	key, failure := m.term(t.scope, &effect.Key)
	if failure != nil {
		return failure
	}
	body, failure := m.terms(t.scope, effect.Body)
	if failure != nil {
		return failure
	}
	message := MessageBody{Name: effect.Code, Body: body}
	switch k := key.(type) {
	case nil:
		if effect.Key.Expr != "" {
			return &FailureBody{Code: "empty_key", Message: "the key of the message has no value",
				Remedy: "change a variable and retry, or skip", Detail: Values{"expression": effect.Key.Expr}}
		}
	case string:
		message.Key = k
	default:
		text, err := json.Marshal(k)
		if err != nil {
			return &FailureBody{Code: "expression_failed", Message: err.Error()}
		}
		message.Key = string(text)
	}
	id := m.sentID()
	m.record(Record{Kind: RecordMessageThrown, Node: t.node, Token: t.id, Scope: m.scope(t.scope).id,
		Body: Values{"message": message.Name, "key": message.Key, "body": body, "id": string(id)}})
	m.command(Command{Kind: PublishMessage, Wait: id, Node: t.node, NodeKind: n.Kind.Key, Message: &message})
	return nil
}

// term gives the value of a literal or an expression.
func (m *machine) term(sc int64, a *graph.Assignment) (any, *FailureBody) {
	if a.Expr == "" {
		return a.Literal, nil
	}
	return m.value(sc, a.Expr)
}

// terms gives the body of a message or signal; nil when there is none.
func (m *machine) terms(sc int64, list []graph.Assignment) (Values, *FailureBody) {
	if len(list) == 0 {
		return nil, nil
	}
	out := make(Values, len(list))
	for i := range list {
		v, failure := m.term(sc, &list[i])
		if failure != nil {
			return nil, failure
		}
		out[list[i].Name] = v
	}
	return out, nil
}

// giveBack returns a message that came too late for its wait, so that another
// one can have it: each message has one receiver.
func (m *machine) giveBack(ev *Event) {
	if ev.Kind != MessageArrived {
		return
	}
	var body MessageBody
	if json.Unmarshal(ev.Body, &body) != nil || body.ID == "" {
		return
	}
	if decoded, err := decodeAny(ev.Body); err == nil { // with exact numbers
		if all, ok := decoded.(map[string]any); ok {
			body.Body, _ = all["body"].(map[string]any)
		}
	}
	m.command(Command{Kind: ReturnMessage, Wait: ev.Wait, Message: &body})
}

// began keeps what came with the message or signal that starts the run.
func (m *machine) began(n *graph.Node, body Values) {
	if body == nil {
		return
	}
	m.setStep(NodeID(n.ID), copyValues(body))
	if len(n.Watches) > 0 && n.Watches[0].Into != "" {
		m.write(0, NodeID(n.ID), "", Values{n.Watches[0].Into: body})
	}
}
