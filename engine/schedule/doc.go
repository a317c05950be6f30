// Package schedule starts runs at recurring moments.
//
// A schedule is a document with its next instant. An occurrence has the id
// "<schedule>@<instant>", from which the id of its run derives, so starting an
// occurrence twice is the same start; only then is the next instant stored. A
// crash in between repeats a start that changes nothing.
//
// Policies: a local time that the change to summer time removes gives the first
// valid instant after it; one that is repeated gives its first pass only;
// occurrences may overlap; of the occurrences missed while nothing ran, the
// newest ones inside the catch-up window are made up for.
//
// Entry points: schedule.go; package cron below reads the rules.
package schedule
