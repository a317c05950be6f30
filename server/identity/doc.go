// Package identity knows people: users, groups, departments with heads, their
// passwords, sessions and API tokens.
//
// Reading people is done on a Directory, an immutable snapshot in memory that
// is replaced when anything in it changes, by this process or another. Every
// change is written with an event that names before and after; the audit trail
// and the other processes learn of it from there. Passwords, session keys and
// tokens are stored as hashes only and appear in no event.
//
// This package authenticates. What somebody may do is decided by package access;
// callers ask it before they call a changing method here.
package identity
