// Package robot carries out the built-in robots, one file each. A performer may
// be called again with the same effect after a crash at any point: what it
// changes here is keyed by the effect's id, what it sends outside carries an
// idempotency key or is announced with Request.Sending right before.
package robot
