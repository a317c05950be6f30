package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// guard arms the event sub-processes of a scope that begins.
func (m *machine) guard(sc int64) {
	scp := m.scope(sc)
	handlers := m.g.Scopes[scp.def].Handlers
	if len(handlers) == 0 {
		return
	}
	scp.armed = true
	for _, h := range handlers {
		m.openEvent(m.g.EventStart(&m.g.Nodes[h]), 0, sc)
	}
}

// unguard disarms the event sub-processes of a scope, newest first.
func (m *machine) unguard(sc int64, reason string) {
	m.scope(sc).armed = false
	for i := len(m.s.waits) - 1; i >= 0; i-- {
		w := m.s.waits[i]
		if w.token != 0 || w.scope != sc {
			continue
		}
		m.s.waits = slices.Delete(m.s.waits, i, i+1)
		m.settle(w.failed, "event", "")
		m.withdraw(&w, reason, "")
	}
}

// fireHandler starts an event sub-process by the wait of its start event.
func (m *machine) fireHandler(w *wait, event *graph.Node, at *Event, brought Values) {
	sc := w.scope
	if event.Together {
		brought = m.gatheredValues(sc, event)
	}
	if event.Interrupts {
		m.finishWait(*w)
	} else {
		m.again(w, event, at)
	}
	m.handle(sc, event)
	if len(brought) == 0 || m.err != nil {
		return
	}
	begun := &m.s.scopes[len(m.s.scopes)-1]
	for _, name := range sortedKeys(brought) {
		begun.vars[name] = nil // its own, whoever else has one of that name
	}
	m.write(begun.n, NodeID(event.ID), "", brought)
}

// gatheredValues are what came for all of the things that an event needs together.
func (m *machine) gatheredValues(sc int64, event *graph.Node) Values {
	out, seen := Values{}, m.variables(sc)
	for i := range event.Watches {
		if into := event.Watches[i].Into; into != "" {
			out[into] = seen[into]
		}
	}
	return out
}

// handle runs an event sub-process in the scope that it watches. One that
// interrupts ends everything else there first, and no other can begin any more.
// Its token rests at the event sub-process, as at any other, so that the scope
// waits for it.
func (m *machine) handle(sc int64, event *graph.Node) {
	if event.Interrupts {
		m.empty(sc, "interrupted")
	}
	n := &m.g.Nodes[m.g.Scopes[event.Scope].Host]
	scp := m.scope(sc)
	t := m.newToken(scp)
	m.record(Record{Kind: RecordNodeEntered, Node: NodeID(n.ID), Token: t.id, Scope: scp.id})
	m.startScope(t, sc, n)
}

// disarm ends the watch of scopes whose own flow is done: they complete with
// the event sub-processes that run still, and no further one begins.
func (m *machine) disarm() {
	for i := range m.s.scopes {
		if !m.s.scopes[i].armed {
			continue
		}
		sc := m.s.scopes[i].n
		running := m.s.scopes[i].live
		for k := range m.s.tokens {
			if t := &m.s.tokens[k]; t.scope == sc && m.node(t.node).Event {
				running--
			}
		}
		if running == 0 {
			m.unguard(sc, "left")
		}
	}
}
