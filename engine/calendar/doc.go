// Package calendar counts working time. A Calendar says when work is done:
// weekly hours, days that differ from them, periods of absence, in one time
// zone; calendars intersect, so that a person's time lies within the company's.
// It is pure: no clock, no store.
//
// Working time is a set of windows, each with its opening and without its
// closing. Every answer follows from three rules:
//
//   - Add moves by working minutes: what it gives is the first instant (backwards
//     the last) with exactly that much working time in between. It never lies in
//     closed time, though it may be the closing itself: eight hours after nine is
//     five o'clock, when work is done from nine to five.
//   - AddDays first snaps to working time, in the direction of the move, and then
//     goes from working day to working day at the same time of day, held inside
//     the hours of the day it comes to. One working day before an event on a
//     closed Sunday is the Thursday: the event counts as the Friday. A working day
//     is a date on which anybody works, however long.
//   - Local times follow the clocks: a time that a change to summer time leaves
//     out is the first instant after the gap, one that comes twice is its first
//     pass. So hours that go over the repeated hour contain both passes.
//
// Entry points: calendar.go (making one), count.go (arithmetic), zone.go (local
// times).
package calendar
