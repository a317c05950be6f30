// Package engine is the map of the execution engine; the code is in the packages
// below. The engine is a library: it knows neither HTTP nor CRM.
//
// # The way of a run
//
//	schemas/definition   what authors write, as JSON
//	  -> graph           parsed strictly, checked, compiled to indexes and masks (kind, lint, check)
//	  -> core            Advance(graph, state, event) -> next state, records, commands: pure
//	  -> host            accept an event, advance, commit by compare-and-set, again
//	  -> store           run documents and their derived copies (memstore, sqlitestore, mongostore)
//	  -> relay           the only writer of derived copies
//	  -> task, timer, schedule, message, effect
//	                     turn derived copies into people's work, alarms, correlation, deeds,
//	                     and those into new events
//
// # Words
//
// An event is an input to a run. A record is a numbered line of its history. A
// command is what the core asks of the host after the commit. A wait is an open
// expectation with a deterministic id; an effect is work in the outside world;
// an incident is a problem inside a run that a person decides.
//
// # Reading order
//
// Three files of script/testdata; core/api.go and the package comment of core;
// store/store.go; host. docs/semantics.md holds the rows that the scripts cover,
// docs/execution.md the rules of the host and the stores.
package engine
