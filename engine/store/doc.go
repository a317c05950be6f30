// Package store is the persistence contract of the engine, on one page.
//
// A run document is the truth: opaque state bytes, rev, a bounded inbox and an
// outbox. One compare-and-set on rev is one atomic step. Everything else
// (records, tasks, timers, effects, subscriptions, incidents) is a derived copy
// with a deterministic id that the relay may write again at any time.
// The rules behind each method are in docs/execution.md.
//
// The contract is written for the weakest store: single-document atomicity, and
// a relay that may be late, repeated and out of order. A store may do better
// (copy the outbox in the same transaction), never worse. Package storetest
// checks every sentence of it.
//
// Rules common to all methods:
//
//   - A write that returns nil is durable and seen by every later read.
//   - A write that returns one of the errors below has changed nothing. After any
//     other error (a lost connection) it may or may not have been applied;
//     repeating it is always safe.
//   - Slices and byte slices passed in are not kept, those handed out are the
//     caller's.
//   - Limits <= 0 mean DefaultLimit; larger ones are cut to MaxLimit.
//
// Entry points: the interface Store in store.go, the documents in document.go and
// record.go. memstore shows what it means, storetest bites whoever does otherwise.
package store
