// Package engine is the map of the execution engine; the code is in the packages
// below. The engine is a library: it knows neither HTTP nor CRM.
//
// # The way of a run
//
//	schemas/definition   what authors write, as JSON
//	  <- bpmn            or BPMN 2.0 XML, read and written
//	  -> graph           parsed strictly, checked, compiled to indexes and masks (kind, lint, check)
//	  -> core            Advance(graph, state, event) -> next state, records, commands: pure
//	                     (approval counts votes, expr evaluates expressions)
//	  -> host            accept an event, advance, commit by compare-and-set, again
//	  -> store           run documents and their derived copies (memstore, sqlitestore, mongostore)
//	  -> relay           the only writer of derived copies
//	  -> task, timer, schedule, message, effect, robot
//	                     turn derived copies into people's work, alarms, correlation, deeds,
//	                     and those into new events
//	  -> stream          tell who watches
//
// Beside it: rehearsal plays a definition under a clock of its own; script is the
// language of the tests, sim runs hosts over a store that fails on purpose.
//
// # Words
//
// An event is an input to a run. A record is a numbered line of its history. A
// command is what the core asks of the host after the commit. A wait is an open
// expectation with a deterministic id; an effect is work in the outside world;
// an incident is a problem inside a run that a person decides.
//
// # Invariants
//
// An accepted event is applied exactly once, also by many hosts at a time. What
// happens outside was committed before. Whatever is read from a store may be old,
// and whatever is copied may be copied again. No package below knows HTTP, a CRM
// or the wiring; server/archtest holds that.
//
// # Reading order
//
// Three files of script/testdata; core/doc.go, core/api.go; store/store.go, then
// storetest to see it bitten; host. Then what you need: each package says in its
// doc.go what it is for, what always holds, and where to begin.
// docs/semantics.md holds the rows that the scripts cover, docs/execution.md the
// rules of the host and the stores.
package engine
