// Package sim runs several hosts over one store that fails on purpose, and
// checks afterwards that nothing shows.
//
// One seed decides everything: which host does what, which store call fails,
// which fails after it was applied, where a host dies, what another host does in
// the middle of a call. Everything runs in turn, so a seed that fails once fails
// again. The hosts' clocks disagree by minutes; copies by the relay come late,
// twice and in the wrong order.
//
// Invariants (docs/execution.md): an accepted event is applied exactly once;
// records are contiguous and are what was committed; a derived copy equals a
// committed outbox entry; no effect runs that was not committed; a closed wait
// never reopens; an ended run has nothing open; every run ends as it would have
// undisturbed.
//
// Entry points: world_test.go (hosts, clocks and faults under one seed), sim_test.go
// (what must hold), faulty_test.go (the store that fails).
package sim
