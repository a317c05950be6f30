// Package rehearsal plays a process definition under a clock that it moves
// itself. The run goes through the same host as a live one, over a store in
// memory; what robots would do is captured instead of done, so no packet leaves
// and no record changes.
//
// A Scenario tells what happens from outside: people decide, robots answer,
// messages arrive, time passes. Activities that it neither names nor holds are
// completed at once by their normal exit. The Result is everything that
// happened, what still waits, and which expectations were not met.
// schemas/definition/scenario-1.schema.json describes the files;
// docs/rehearsal.md explains them.
//
// Entry points: scenario.go (what a scenario can say), play.go (its steps), world.go
// (the host with nothing real round it), result.go (what is told and compared).
package rehearsal
