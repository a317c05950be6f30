// Package calendar keeps when people work: named calendars (that of the company
// and others), which department or person goes by which, absences with their
// stand-ins, and who has begun the day. It turns them into the working time of
// engine/calendar, which does the counting.
//
// Entry points: calendar.go (calendars), absence.go, day.go, working.go (whose
// time is when; what processes ask).
package calendar
