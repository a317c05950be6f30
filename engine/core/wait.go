package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// openNode opens what a resting token at a node waits for: the node's own
// expectation, the time limit of an approval, and its boundary events.
func (m *machine) openNode(t ref, sc int64, n *graph.Node, generation int) {
	switch n.Opens {
	case graph.OpensTask:
		m.open(wait{kind: TaskWait, node: NodeID(n.ID), token: t.n, generation: generation})
		if n.Timeout != nil {
			m.open(wait{kind: TimeoutWait, node: NodeID(n.ID), token: t.n, generation: generation})
		}
	case graph.OpensEffect:
		m.open(wait{kind: EffectWait, node: NodeID(n.ID), token: t.n, generation: generation})
	case graph.OpensChild:
		m.open(wait{kind: ChildWait, node: NodeID(n.ID), token: t.n, generation: generation})
	default:
		m.openEvent(n, t.n, sc)
	}
	m.arm(t, n)
}

// openEvent opens what an event waits for: one wait for each of its watches, in
// the order in which they are written. The wait belongs to the token at the
// event or at its host; that of the start of an event sub-process, with the
// token 0, to the scope that it watches.
func (m *machine) openEvent(n *graph.Node, t, sc int64) {
	if t != 0 {
		sc = 0
	}
	for part := range n.Watches {
		m.open(wait{kind: waitKind(n.Watches[part].Opens), node: NodeID(n.ID), token: t, scope: sc, part: part, generation: 1})
	}
}

func waitKind(opens graph.Opening) WaitKind {
	switch opens {
	case graph.OpensMessage:
		return MessageWait
	case graph.OpensSignal:
		return SignalWait
	case graph.OpensCondition:
		return ConditionWait
	default:
		return TimerWait
	}
}

// watched is what a wait of an event waits for.
func (m *machine) watched(w *wait) *graph.Watch {
	n := m.node(w.node)
	if w.part >= len(n.Watches) {
		m.fail("node %s has no watch %d", n.ID, w.part)
		return &graph.Watch{}
	}
	return &n.Watches[w.part]
}

// arm opens the boundary events of a node.
func (m *machine) arm(t ref, n *graph.Node) {
	if i := m.s.tokenIndex(t.n); n.Repeat != nil && i >= 0 && m.scope(m.s.tokens[i].scope).pass > 0 {
		return // the host of all passes has armed them
	}
	for _, b := range n.Boundaries {
		boundary := &m.g.Nodes[b]
		if boundary.Disabled {
			continue
		}
		m.openEvent(boundary, t.n, 0)
	}
}

// open registers a new wait and asks the host for it.
func (m *machine) open(w wait) {
	m.s.nextWait++
	w.n = m.s.nextWait
	m.s.waits = append(m.s.waits, w)
	m.request(&m.s.waits[len(m.s.waits)-1])
}

// request records a wait and emits its opening command. It is used again when an
// operator retries the wait, and when a cyclic timer is armed anew.
func (m *machine) request(w *wait) {
	n := m.node(w.node)
	sc := m.scopeOf(w)
	c := Command{Wait: m.runWait(w), Node: w.node, NodeKind: n.Kind.Key, Robot: n.Robot, Name: n.Name,
		Generation: w.generation, Cycle: w.cycle}
	r := Record{Node: w.node, Token: m.tokenOf(w), Scope: m.scope(sc).id, Wait: c.Wait}
	switch w.kind {
	case TaskWait:
		c.Kind, r.Kind, c.Config = OpenTask, RecordTaskOpened, n.Config
	case EffectWait:
		c.Kind, r.Kind, c.Config, c.Policy = StartEffect, RecordEffectStarted, n.Config, n.Policy
		r.Body = Values{"robot": n.Robot}
	case ChildWait:
		c.Kind, r.Kind, c.Config = StartChild, RecordChildStarted, n.Config
		r.Body = Values{"run": string(ChildID(c.Wait, w.generation))}
	case MessageWait:
		c.Kind, r.Kind, c.Trigger = Subscribe, RecordMessageAwaited, m.watched(w).Trigger
	case SignalWait:
		c.Kind, r.Kind, c.Signal = Subscribe, RecordSignalAwaited, &SignalBody{Name: m.watched(w).Name, At: m.s.at}
		w.at, r.Body = m.s.at, Values{"signal": m.watched(w).Name}
	case ConditionWait:
		r.Kind, r.Body = RecordConditionAwaited, Values{"expression": m.watched(w).When}
		w.tested, w.held, m.dirty = false, false, true
	case TimeoutWait:
		c.Kind, r.Kind, c.Trigger = ScheduleTimer, RecordTimerScheduled, n.Timeout.Trigger
	default:
		c.Kind, r.Kind, c.Trigger = ScheduleTimer, RecordTimerScheduled, m.watched(w).Trigger
	}
	if n.Host != graph.None {
		r.Token = "" // the token is at the host, not at the event
	}
	m.record(r)
	switch {
	case w.kind != ConditionWait:
		c.Scope = m.handOut(sc)
		m.command(c)
	case m.follows(w):
		c.Kind, c.Record = Subscribe, m.s.record
		m.command(c)
	}
}

// scopeOf is the scope in which a wait's token rests, or that an event
// sub-process watches.
func (m *machine) scopeOf(w *wait) int64 {
	if w.token == 0 {
		return w.scope
	}
	i := m.s.tokenIndex(w.token)
	if i < 0 {
		m.fail("wait %d without token", w.n)
		return 0
	}
	return m.s.tokens[i].scope
}

func (m *machine) tokenOf(w *wait) TokenID {
	i := m.s.tokenIndex(w.token)
	if i < 0 {
		return ""
	}
	return m.s.tokens[i].id
}

// withdraw tells the host that a wait is over. Effects that have delivered their
// result need no word.
func (m *machine) withdraw(w *wait, reason, outcome string) {
	if w.kind == ConditionWait && !m.follows(w) {
		return // nobody but the core knows of it
	}
	c := Command{Wait: m.runWait(w), Node: w.node, NodeKind: m.node(w.node).Kind.Key, Generation: w.generation,
		Cycle: w.cycle, Reason: reason, Outcome: outcome}
	switch w.kind {
	case TaskWait:
		c.Kind = CloseTask
	case EffectWait:
		c.Kind = CancelEffect
	case ChildWait:
		c.Kind = CancelChild
	case MessageWait, SignalWait, ConditionWait:
		c.Kind = Unsubscribe
	default:
		c.Kind = CancelTimer
	}
	m.command(c)
}

// closeWait removes one wait. A closed wait never reopens.
func (m *machine) closeWait(n int64) {
	for i := range m.s.waits {
		if m.s.waits[i].n == n {
			m.s.waits = slices.Delete(m.s.waits, i, i+1)
			return
		}
	}
}

// closeWaits withdraws all waits of a token, newest first.
func (m *machine) closeWaits(t int64, reason string) {
	for i := len(m.s.waits) - 1; i >= 0; i-- {
		if m.s.waits[i].token != t {
			continue
		}
		w := m.s.waits[i]
		m.s.waits = slices.Delete(m.s.waits, i, i+1)
		m.settle(w.failed, "event", "")
		m.withdraw(&w, reason, "")
	}
}

// served ends the node that a main wait stands for: the wait, its companions and
// the rest of the token, which is returned.
func (m *machine) served(w wait, reason, outcome string) (token, *graph.Node, bool) {
	i := m.s.tokenIndex(w.token)
	if i < 0 {
		m.fail("wait %d without token", w.n)
		return token{}, nil, false
	}
	m.closeWait(w.n)
	m.settle(w.failed, "event", "")
	if w.kind != EffectWait && w.kind != ChildWait || reason == "skipped" {
		m.withdraw(&w, reason, outcome)
	}
	m.closeWaits(w.token, "left")
	t := m.take(m.s.tokenIndex(w.token))
	return t, m.node(t.node), true
}

// cameReason says in a closing command how a wait of an event was served.
func cameReason(w *wait) string {
	switch w.kind {
	case MessageWait, SignalWait:
		return "arrived"
	case ConditionWait:
		return "held"
	default:
		return "fired"
	}
}

// fireEvent lets control go on from an event one of whose waits is served. Brought
// are values for the event sub-process that it starts.
func (m *machine) fireEvent(w *wait, n *graph.Node, at *Event, brought Values) {
	if n.Together && m.gathered(w) {
		return
	}
	switch n.Kind.Role {
	case kind.Boundary:
		m.fireBoundary(w, n, at)
		return
	case kind.Start:
		m.fireHandler(w, n, at, brought)
		return
	}
	t, host, ok := m.served(*w, cameReason(w), "")
	switch {
	case !ok:
	case host.Kind.Enter == kind.Race:
		m.won(t, host, n)
	default:
		m.leave(t.ref, t.scope, host, "", false)
	}
}

// gathered closes one wait of an event that needs all of its watches, and tells
// whether others of them are still open: what came already is kept by being
// closed.
func (m *machine) gathered(w *wait) bool {
	served := *w
	if !slices.ContainsFunc(m.s.waits, func(o wait) bool {
		return o.n != served.n && o.token == served.token && o.scope == served.scope && o.node == served.node
	}) {
		return false
	}
	m.finishWait(served)
	return true
}

// finishWait closes one wait that was served while its token stays.
func (m *machine) finishWait(w wait) {
	m.closeWait(w.n)
	m.settle(w.failed, "event", "")
	m.withdraw(&w, cameReason(&w), "")
}

// fireBoundary moves control out of a boundary event.
func (m *machine) fireBoundary(w *wait, event *graph.Node, at *Event) {
	host := w.token
	i := m.s.tokenIndex(host)
	if i < 0 {
		m.fail("boundary %s without host", event.ID)
		return
	}
	if event.Interrupts {
		m.finishWait(*w)
		m.interrupt(host, event)
		return
	}
	sc := m.s.tokens[i].scope
	m.again(w, event, at)
	m.push(m.newToken(m.scope(sc)), sc, event.Index, graph.None)
}

// again keeps the wait of an event that does not interrupt, as far as it can
// happen once more: a message any number of times, a cyclic timer as often as
// its rule says.
func (m *machine) again(w *wait, event *graph.Node, at *Event) {
	switch {
	case event.Together:
		served := *w
		m.finishWait(served)
		m.openEvent(event, served.token, served.scope)
	case w.kind == ConditionWait:
		// It stays, and fires again once it has ceased to hold.
	case w.kind == MessageWait, w.kind == SignalWait:
		// The subscription stays open; repeated deliveries of one event are known by their id.
		w.seen = append(slices.Clone(w.seen[max(0, len(w.seen)-63):]), at.ID)
	default:
		fired := *w
		if t := m.watched(w).Time; len(t.Every) > 0 && (t.Times == 0 || w.cycle+1 < t.Times) {
			m.withdraw(&fired, "fired", "")
			m.settle(w.failed, "event", "")
			w.cycle, w.generation, w.failed = w.cycle+1, 1, 0
			m.request(w)
		} else {
			m.finishWait(fired)
		}
	}
}

// interrupt ends an activity from outside and sends its token on by the
// boundary event.
func (m *machine) interrupt(host int64, event *graph.Node) {
	for i := len(m.s.scopes) - 1; i >= 0; i-- {
		if m.s.scopes[i].n != 0 && m.s.scopes[i].host == host {
			m.cancelScope(m.s.scopes[i].n, "interrupted")
			break
		}
	}
	m.closeWaits(host, "interrupted")
	t := m.take(m.s.tokenIndex(host))
	m.settle(t.held, "event", "")
	m.record(Record{Kind: RecordNodeCanceled, Node: t.node, Token: t.id, Scope: m.scope(t.scope).id, Reason: "interrupted",
		Body: Values{"by": event.ID}})
	m.push(t.ref, t.scope, event.Index, graph.None)
}
