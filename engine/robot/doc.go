// Package robot is the contract of unattended actions: a descriptor that the
// designer, the validation and the documentation are generated from, and a
// performer that carries the action out as a durable effect.
//
// Invariants: a performer runs at least once under one key, and changes nothing of
// a run but by its answer.
//
// Entry points: robot.go is the whole package; performers are in server/robot.
package robot
