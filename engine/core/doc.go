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
// Then what is built on these, in any order: throw.go (the queue of what events
// throw), signal.go, conditional.go, race.go (the first of several events),
// complex.go (m of n), quantity.go; repeat.go and adhoc.go (passes of activities),
// call.go (other runs); handler.go (event sub-processes), escalation.go,
// compensation.go, transaction.go; repair.go (what operators do), migrate.go and
// migrate_scope.go (another version); outlook.go and snapshot.go (what others may
// see of a state), sound.go (what a saved state must be like).
//
// # Invariants
//
// A step is a function of its input: nothing of it depends on the machine, the
// time or the order of a map. A wait that is closed never reopens. An ended run
// holds no wait, no token and no scope. Records are numbered without a gap.
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
