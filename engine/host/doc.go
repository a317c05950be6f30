// Package host moves runs: it accepts events, advances the pure core over them
// and commits the result, one compare-and-set per step.
//
// A delivered event is usually folded and committed at once, without a detour
// by the inbox; the commit itself makes it durable. When the run cannot be
// stepped just then (suspended, quarantined, contended), the event goes into
// the inbox and a sweep finds it. Steps of one run never overlap in a process;
// between processes the compare-and-set decides, and the loser starts again
// from what it finds.
//
// What a step opens (tasks, effects, timers, subscriptions, child runs) is
// resolved before the commit, so that the outbox carries complete documents and
// the relay only copies. A config that cannot be resolved becomes an incident of
// its node in the same step.
//
// A step that panics or breaks an invariant is tried three times with a growing
// pause; then the run is quarantined with the event that did it. Nothing else is
// held up by it.
//
// Entry points: contract.go (what it needs), host.go (Start, Deliver), step.go (the
// loop), operate.go (repairs and migration), sweep.go (what was left over), call.go
// (runs that start runs).
package host
