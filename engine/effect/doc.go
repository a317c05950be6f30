// Package effect carries out the durable work of runs in the outside world.
//
// An effect is claimed for one attempt with a lease, performed, settled, and
// its end is delivered to the run as an event with the id "<effect id>:done".
// Every write is conditional on the attempt, so a worker that lost its claim
// cannot overwrite its successor. A crash at any point leaves either a lease
// that ends or a settled effect that is not delivered; both are found by Tick.
//
//	ready -> running -> finished | failed            (delivered to the run)
//	         running -> ready                        (a later attempt, or a wait)
//	         running -> awaiting -> finished         (completed from outside)
//	         running -> sending -> ... | unknown     (the act may have happened)
//
// A performer runs at least once. Unkeyed performers announce the irreversible
// act; when nobody knows whether it happened, the node's policy decides between
// doing it again (resend) and asking a person (ask).
//
// Entry points: executor.go (claim, perform, settle), policy.go (tries and pauses),
// settle.go (what an end does).
package effect
