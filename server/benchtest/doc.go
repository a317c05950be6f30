// Package benchtest measures what a user waits for: runs through the host on
// each embedded store, decisions over HTTP until a browser's socket shows them,
// parked runs, due timers, watchers of one run, lists, and the start of the
// built program. Every benchmark has a fixed amount of work and is made for
// -benchtime=1x -count=3; `make bench` prints the table (see docs/bench).
//
// Reading order: measure.go (times, memory, disk), then one file per subject.
package benchtest
