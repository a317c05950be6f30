// Package clock is the engine's only source of the present moment and of
// jitter. Everything that waits, times out or repeats takes a Clock, so that a
// test can move time by hand and see the same result every time.
//
// Entry points: clock.go (Clock, Instant conversions), fake.go (time by hand), sampled.go (the
// database's time, asked now and then).
package clock
