// Package board keeps stage boards: for each stage of a pipeline the robots that
// entering it arms. A board is stored as people see it and compiled to process
// definitions, one per stage, so that runs, history, incidents and repairs are
// those of every process. docs/stage-automation.md says the rules.
//
// Reading order: board.go (what a board is), check.go (what may stand in it),
// compile.go and timing.go (from a stage to a process), service.go (storing and
// publishing), state.go (what a record's robots are doing, and why not).
package board
