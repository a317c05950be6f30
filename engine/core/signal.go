package core

import (
	"cmp"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// throwSignal gives a signal to all who await it at this moment: those of this
// run at once, all others through the host.
func (m *machine) throwSignal(t token, n *graph.Node, effect *graph.Thrown) *FailureBody {
	body, failure := m.terms(t.scope, effect.Body)
	if failure != nil {
		return failure
	}
	id := m.sentID()
	m.record(Record{Kind: RecordSignalThrown, Node: t.node, Token: t.id, Scope: m.scope(t.scope).id,
		Body: Values{"signal": effect.Code, "body": body, "id": string(id)}})
	signal := SignalBody{Name: effect.Code, Body: body, At: m.s.at}
	m.command(Command{Kind: BroadcastSignal, Wait: id, Node: t.node, NodeKind: n.Kind.Key, Signal: &signal})
	m.broadcast(&signal, &Event{ID: string(id)})
	return nil
}

// signalArrived gives a signal from outside to the waits of this run.
func (m *machine) signalArrived(ev *Event, body SignalBody) {
	if !m.broadcast(&body, ev) {
		m.ignore(ev, "nothing waits for the signal")
	}
}

// broadcast serves every wait for a signal that was open at its instant, the
// innermost first, then in the order of opening. An event that interrupts takes
// the signal away from the events around it (SIG-09): those of the activities
// that contain it. It reports whether anything waited.
func (m *machine) broadcast(signal *SignalBody, ev *Event) bool {
	type target struct {
		n     int64
		depth int
	}
	var targets []target
	for i := range m.s.waits {
		w := &m.s.waits[i]
		if w.kind != SignalWait || w.at > signal.At || m.watched(w).Name != signal.Name || slices.Contains(w.seen, ev.ID) {
			continue
		}
		depth := 2 * m.g.Scopes[m.scope(m.scopeOf(w)).def].Depth
		if w.token != 0 {
			depth++ // what is in a scope is inside of the event sub-processes that watch it
		}
		targets = append(targets, target{n: w.n, depth: depth})
	}
	slices.SortStableFunc(targets, func(a, b target) int { return cmp.Compare(b.depth, a.depth) })
	taken := shield{hosts: map[int64]bool{}, scopes: map[int64]bool{}}
	for _, next := range targets {
		w := m.s.waitByNumber(next.n)
		if w == nil {
			continue // an earlier one has ended what it belonged to
		}
		n := m.node(w.node)
		sc := m.scopeOf(w)
		if n.Kind.Role == kind.Boundary || n.Kind.Role == kind.Start {
			if taken.covers(w) {
				continue
			}
			if n.Interrupts {
				m.cover(&taken, w, sc)
			}
		}
		m.record(Record{Kind: RecordSignalArrived, Node: w.node, Scope: m.scope(sc).id, Wait: m.runWait(w),
			Body: Values{"signal": signal.Name, "body": signal.Body}})
		m.setStep(w.node, copyValues(signal.Body))
		m.fireEvent(w, n, ev, m.bring(w, n, sc, signal.Body))
	}
	return len(targets) > 0
}

// shield marks the activities and scopes inside of which a signal was taken.
type shield struct {
	hosts  map[int64]bool // tokens of activities
	scopes map[int64]bool
}

func (s *shield) covers(w *wait) bool {
	if w.token == 0 {
		return s.scopes[w.scope]
	}
	return s.hosts[w.token]
}

// cover marks everything around an event that has taken a signal.
func (m *machine) cover(s *shield, w *wait, sc int64) {
	scp := m.scope(sc)
	if w.token != 0 {
		s.scopes[scp.n] = true
	}
	for scp.n != 0 {
		s.hosts[scp.host] = true
		scp = m.scope(scp.parent)
		s.scopes[scp.n] = true
	}
}
