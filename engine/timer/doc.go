// Package timer keeps the promise that a timer fires never early and hardly
// late. Rules are resolved to an instant once, when a wait is armed (Resolve),
// and stored with it; the Loop then holds only the timers due within the next
// half minute in memory, so that a timer in 180 days costs one index entry.
//
// A firing is an event with the id "timer:<timer id>" delivered to the run, so
// two processes firing the same timer are harmless.
//
// Entry points: loop.go (firing), rule.go (rules to instants); package span below
// reads durations.
package timer
