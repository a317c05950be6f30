// Package core is the token semantics of process definitions as a pure function:
//
//	next, output, err := core.Advance(graph, state, event, evaluator)
//
// The state of a run goes in with one event; the next state comes out with
// records (what happened, for history and live view) and commands (what the
// host must do once the state is committed). Nothing here knows a clock, a
// store, a network or a goroutine, and no result depends on the order of a map,
// so that the same state and event give the same bytes on every machine.
//
// # Reading order
//
// api.go is the whole contract. state.go is what a run is. advance.go drains
// tokens, event.go applies events, node.go moves tokens through nodes, wait.go
// opens and closes expectations, join.go holds parallel and inclusive joins,
// scope.go sub-processes, cancellation and errors, incident.go problems that a
// person decides.
//
// # How a step goes
//
// The event closes its wait and frees tokens. Free tokens move, first in first
// out, until each waits at a node, is parked before a join, or has ended. Then
// the inclusive joins are looked at, deepest scope first; one that may fire
// moves its token and the draining goes on. Then scopes without tokens
// complete. When only parked tokens are left in a scope, it is stuck for good:
// incident join_deadlock.
//
// # Words
//
// A token is a position of control. A wait is an open expectation with an id
// that begins with the run's. A held token is stopped by an incident; its phase
// says what a retry repeats. Conformance rows (SEQ-01, XOR-03, ...) are those of
// docs/semantics.md; scripts in engine/script/testdata cover them by id.
package core
