// Package status keeps status-driven processes: a set of statuses, each with what
// is done when it is entered and left, commands that people give, and what is done
// after some time. They are compiled to process definitions, so that runs, history,
// incidents and repairs are those of every process. docs/status-processes.md says
// what each part does.
package status
