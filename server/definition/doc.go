// Package definition keeps process definitions: one shared draft each, edited by
// element-level patches that merge when they touch different places, and
// immutable numbered versions named by the hash of their canonical text.
//
// A draft may hold any finding; a version may hold none that is an error, and
// its warnings were confirmed by name. What a published version listens to
// (stage entered, record changed, schedule, webhook) is kept as start rules, one
// document per start node, so that an event finds them by index.
package definition
