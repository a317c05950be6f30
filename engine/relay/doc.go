// Package relay copies what runs committed into the derived collections
// (records, tasks, timers, effects, subscriptions, incidents). It is their only
// writer; in between only their owners' conditional updates touch them.
//
// An outbox entry may be copied any number of times, by anybody: ids are
// deterministic, inserting what exists is no error, and a closing leaves a
// tombstone that a late copy cannot undo. Some entries ask for an act after the
// copy (look for buffered messages, start a child run, tell a parent); such an
// entry leaves the outbox only when its act has succeeded.
//
// Entry points: relay.go is the whole package.
package relay
