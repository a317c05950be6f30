package core

import (
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// entry is a completion that can be undone. It belongs to the scope in which the
// activity stood, and passes with it to the scope around it when it is done.
type entry struct {
	n      int64
	node   NodeID
	scope  int64
	undo   int64   // the compensation that has claimed it, 0 = none
	result any     // of the activity: steps is set back to it while it is undone
	vars   Values  // of a scope that is done, or of a pass: its variables then
	inner  []entry // of a scope that is done: what can be undone inside, by number
}

// undo is a compensation under way. It undoes what it has claimed one after the
// other, the last completion first.
type undo struct {
	n       int64
	scope   int64 // from where it was thrown: errors go there
	token   int64 // rests at the throw until all is undone, 0 = nobody waits
	active  int64 // the token that undoes, 0 = none
	cancels bool  // of a transaction: token is its host
}

// completed notes that an activity is done, if something can undo it. An
// activity that undoes another one is not undone itself.
func (m *machine) completed(sc int64, n *graph.Node) {
	if n.Compensator == graph.None {
		return
	}
	m.remember(entry{node: NodeID(n.ID), scope: sc, result: m.s.steps[n.ID]})
}

// remember keeps a completion. One of a pass belongs to the whole of the passes
// until that is done, and keeps the variables of the pass.
func (m *machine) remember(e entry) {
	if scp := m.scope(e.scope); scp.pass > 0 {
		vars := copyValues(scp.vars)
		maps.Copy(vars, e.vars)
		e.vars, e.scope = vars, scp.parent
	}
	m.s.nextEntry++
	e.n = m.s.nextEntry
	m.s.entries = append(m.s.entries, e)
}

// hoist gives what can be undone in a scope that is done to the scope around it,
// as one completion.
func (m *machine) hoist(scp *scope) {
	n := m.node(scp.node)
	if scp.rep != nil {
		for i := range m.s.entries {
			if e := &m.s.entries[i]; e.scope == scp.n {
				e.scope = scp.parent
			}
		}
		return
	}
	inner := m.entriesOf(scp.n)
	m.s.entries = slices.DeleteFunc(m.s.entries, func(e entry) bool { return e.scope == scp.n })
	switch {
	case scp.undo || n.Undoes || n.Compensator != graph.None:
		// What undoes is not undone; and the activity has something of its own that does it.
	case len(inner) > 0 || m.g.Scopes[scp.def].Undo != graph.None:
		m.remember(entry{node: scp.node, scope: scp.parent, vars: scp.vars, inner: inner})
	}
}

func (m *machine) entriesOf(sc int64) []entry {
	var out []entry
	for _, e := range m.s.entries {
		if e.scope == sc {
			e.scope, e.undo = 0, 0
			out = append(out, e)
		}
	}
	return out
}

// compensate claims the completions that a throw event means: of one activity or
// of all, in its own scope and, from inside an event sub-process, in the scopes
// that this handles. It reports whether the token has to wait for them.
func (m *machine) compensate(t token, activity string, wait bool) bool {
	m.record(Record{Kind: RecordCompensationThrown, Node: t.node, Token: t.id, Scope: m.scope(t.scope).id, Body: Values{"activity": activity}})
	scopes := []int64{t.scope}
	for scp := m.scope(t.scope); scp.n != 0 && m.node(scp.node).Event; scp = m.scope(scp.parent) {
		scopes = append(scopes, scp.parent)
	}
	u := undo{scope: t.scope}
	if wait {
		u.token = t.n
	}
	return m.claim(u, func(e *entry) bool {
		return slices.Contains(scopes, e.scope) && (activity == "" || e.node == NodeID(activity))
	}) && wait
}

// claim begins a compensation of the completions that are meant and not claimed
// yet. It reports whether there are any.
func (m *machine) claim(u undo, meant func(*entry) bool) bool {
	found := false
	for i := range m.s.entries {
		if e := &m.s.entries[i]; e.undo == 0 && meant(e) {
			if !found {
				m.s.nextEntry++
				u.n, found = m.s.nextEntry, true
			}
			e.undo = u.n
		}
	}
	if found {
		m.s.undos = append(m.s.undos, u)
	}
	return found
}

// undoNext goes on with the first compensation whose last step is done. It is
// called when no token moves, whatever has become of them. It reports whether
// tokens may move again.
func (m *machine) undoNext() bool {
	for i := range m.s.undos {
		u := &m.s.undos[i]
		if u.token != 0 && m.s.tokenIndex(u.token) < 0 {
			m.abandon(u.n)
			return true
		}
		if u.active != 0 && m.alive(u.active) {
			continue
		}
		u.active = 0
		last := -1
		for k := range m.s.entries {
			if e := &m.s.entries[k]; e.undo == u.n && (last < 0 || e.n > m.s.entries[last].n) {
				last = k
			}
		}
		if last < 0 {
			m.undone(i)
			return true
		}
		e := m.s.entries[last]
		m.s.entries = slices.Delete(m.s.entries, last, last+1)
		m.undo(i, e)
		return true
	}
	return false
}

// alive tells whether a token rests anywhere.
func (m *machine) alive(n int64) bool {
	if m.s.tokenIndex(n) >= 0 {
		return true
	}
	for i := range m.s.buckets {
		for _, edge := range m.s.buckets[i].edges {
			if slices.ContainsFunc(edge, func(t ref) bool { return t.n == n }) {
				return true
			}
		}
	}
	return false
}

// undo begins to undo one completion. The results of the activity are set back
// to those of this completion meanwhile, because it may have run again since.
func (m *machine) undo(i int, e entry) {
	n := m.node(e.node)
	t := m.newToken(m.scope(e.scope))
	m.s.undos[i].active = t.n
	if n.Compensator != graph.None {
		if result, is := e.result.(Values); is {
			m.setStep(e.node, result)
		}
		if e.vars == nil {
			m.push(t, e.scope, n.Compensator, graph.None)
			return
		}
	}
	m.reopen(t, n, e)
}

// reopen makes a scope that was done anew, with its variables as they were, to
// undo what was done in it: by its own event sub-process for that, else one
// completion after the other. Its host's boundary events and its other event
// sub-processes are not armed again. A pass is made anew for the handler of its
// activity.
func (m *machine) reopen(t ref, n *graph.Node, e entry) {
	m.record(Record{Kind: RecordNodeEntered, Node: e.node, Token: t.id, Scope: m.scope(e.scope).id, Reason: "compensation"})
	m.rest(token{ref: t, scope: e.scope, node: e.node})
	m.s.nextScope++
	scp := scope{n: m.s.nextScope, id: scopeID(m.s.nextScope), node: e.node, parent: e.scope, host: t.n, vars: e.vars, undo: true}
	scp.def = m.scopeDef(&scp, n)
	m.s.scopes = append(m.s.scopes, scp)
	m.names = nil
	m.record(Record{Kind: RecordScopeStarted, Node: e.node, Token: t.id, Scope: scp.id, Reason: "compensation"})
	if n.Compensator != graph.None {
		m.push(m.newToken(m.scope(scp.n)), scp.n, n.Compensator, graph.None)
		return
	}
	for _, inner := range e.inner {
		inner.scope = scp.n
		m.s.entries = append(m.s.entries, inner)
	}
	if handler := m.g.Scopes[n.Inner].Undo; handler != graph.None {
		m.handle(scp.n, m.g.EventStart(&m.g.Nodes[handler]))
		return
	}
	m.claim(undo{scope: scp.n}, func(e *entry) bool { return e.scope == scp.n })
}

// undone ends a compensation that has nothing left to undo.
func (m *machine) undone(i int) {
	u := m.s.undos[i]
	m.s.undos = slices.Delete(m.s.undos, i, i+1)
	switch {
	case u.cancels:
		m.canceled(u.token)
	case u.token != 0:
		t := m.take(m.s.tokenIndex(u.token))
		m.leave(t.ref, t.scope, m.node(t.node), "", false)
	}
}

// undoOf is the compensation for which a token undoes something.
func (m *machine) undoOf(token int64) *undo {
	for i := range m.s.undos {
		if m.s.undos[i].active == token {
			return &m.s.undos[i]
		}
	}
	return nil
}

// dismiss ends the compensation that a token waits for, when the token is taken
// elsewhere.
func (m *machine) dismiss(token int64) {
	for i := range m.s.undos {
		if m.s.undos[i].token == token {
			m.abandon(m.s.undos[i].n)
			return
		}
	}
}

// abandon ends a compensation before its time. What it has not begun to undo can
// be undone by another one.
func (m *machine) abandon(n int64) {
	i := slices.IndexFunc(m.s.undos, func(u undo) bool { return u.n == n })
	if i < 0 {
		return
	}
	active := m.s.undos[i].active
	m.s.undos = slices.Delete(m.s.undos, i, i+1)
	for k := range m.s.entries {
		if m.s.entries[k].undo == n {
			m.s.entries[k].undo = 0
		}
	}
	if k := m.s.tokenIndex(active); k >= 0 {
		m.discard(active)
	}
}

// discard cancels one resting token with what it waits for.
func (m *machine) discard(token int64) {
	for i := len(m.s.scopes) - 1; i >= 0; i-- {
		if m.s.scopes[i].n != 0 && m.s.scopes[i].host == token {
			m.cancelScope(m.s.scopes[i].n, "interrupted")
			break
		}
	}
	m.closeWaits(token, "interrupted")
	t := m.take(m.s.tokenIndex(token))
	m.settle(t.held, "cancel", "")
	scp := m.scope(t.scope)
	scp.live--
	m.record(Record{Kind: RecordNodeCanceled, Node: t.node, Token: t.id, Scope: scp.id, Reason: "interrupted"})
}

// forget drops what a scope has under way to be undone, when everything in it is
// canceled. What was done in it stays until the scope itself goes.
func (m *machine) forget(sc int64) {
	for i := len(m.s.undos) - 1; i >= 0; i-- {
		if m.s.undos[i].scope == sc {
			m.abandon(m.s.undos[i].n)
		}
	}
}
