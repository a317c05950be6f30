// Package trigger moves records to stages because something happened outside the
// automation: a client filled in a form, another system called, a field changed.
// A trigger sits on a stage of a pipeline and does one thing: it puts the record
// there. That entry, and no other, arms the rules of the stage.
//
// Reading order: decide.go (which trigger moves the record, as a pure function),
// match.go (which happening a trigger means), service.go (one happening from its
// record to the move), source.go (what happenings domain events are), call.go
// (calls from outside), log.go (why each one moved the record or stayed silent).
package trigger
