package core

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// placeHandled keeps the wait of an event sub-process under its id, unless the
// new version has it no more or lets it wait for something else.
func (x *migrator) placeHandled(w *wait, was *graph.Node) {
	n, ok := x.target(w.node)
	if ok {
		host := x.g.Scopes[n.Scope].Host
		ok = n.Opens == was.Opens && host != graph.None && x.g.Nodes[host].Event && !x.g.Nodes[host].Disabled
	}
	if !ok {
		x.drop(*w)
		return
	}
	w.node = NodeID(n.ID)
}

// placeEntries keeps what can be undone as far as the new version knows how.
// What is done is done: that it cannot be undone any more keeps nobody from
// moving.
func (x *migrator) placeEntries(entries []entry) []entry {
	out := make([]entry, 0, len(entries))
	for _, e := range entries {
		n, ok := x.target(e.node)
		if !ok || n.Compensator == graph.None && n.Inner == graph.None {
			x.find(MigrationFinding{Code: "compensation_dropped", Node: e.node})
			continue
		}
		e.node = NodeID(n.ID)
		if n.Compensator == graph.None {
			e.inner = x.placeEntries(e.inner)
		}
		out = append(out, e)
	}
	return out
}

// armHandlers arms the event sub-processes that are new, in scopes whose own
// flow is under way and that no event sub-process has interrupted.
func (x *migrator) armHandlers(isNew map[int]bool) {
	for i := range x.s.scopes {
		scp := &x.s.scopes[i]
		if scp.pass > 0 || scp.rep != nil || scp.undo || scp.live == 0 {
			continue
		}
		handlers := x.g.Scopes[scp.def].Handlers
		running := slices.ContainsFunc(x.s.tokens, func(t token) bool { return t.scope == scp.n && x.node(t.node).Event })
		if !scp.armed && (running || slices.ContainsFunc(handlers, func(h int) bool { return !isNew[h] })) {
			continue // it was disarmed
		}
		for _, h := range handlers {
			if isNew[h] {
				scp.armed = true
				x.openEvent(x.g.EventStart(&x.g.Nodes[h]), 0, scp.n)
			}
		}
	}
}
