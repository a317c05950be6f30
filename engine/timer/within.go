package timer

import (
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// placed is so much before or after a point in time, at a time of day, moved into
// working time. The order is fixed: what counts back from a date on which nobody
// works counts from the working day before it; then the length is taken off; then
// the time of day is set; then the result is moved, back within and before its
// own date when it counts back, to the next opening otherwise.
//
// covers B-56
func (r Rule) placed(zone *time.Location, calendars span.Calendars) (time.Time, error) {
	at, err := parsePoint(r.At, zone)
	if err != nil {
		return at, err
	}
	at = at.In(zone)
	hours := calendar.Office(zone)
	if r.Within != "" && calendars != nil {
		if hours, err = calendars(r.Within); err != nil {
			return at, fmt.Errorf("%w: %w", ErrRule, err)
		}
	}
	moved, ok, err := r.movedDays(calendars)
	switch {
	case err != nil:
	case ok:
		year, month, day := moved.Split()
		at = time.Date(year, month, day, 0, 0, 0, 0, zone)
	case r.After != nil:
		at, err = r.After.In(at.In(zone), calendars)
	case r.Before != nil:
		if r.Within != "" {
			at, err = hours.Earlier(at)
		}
		if err == nil {
			at, err = r.Before.Before(at.In(zone), calendars)
		}
	}
	if err != nil {
		return at, fmt.Errorf("%w: %w", ErrRule, err)
	}
	if r.Time != "" {
		clock, err := time.Parse("15:04", r.Time)
		if err != nil {
			return at, fmt.Errorf("%w: %q is not a time of day such as 09:30", ErrRule, r.Time)
		}
		year, month, day := at.In(zone).Date()
		at = time.Date(year, month, day, clock.Hour(), clock.Minute(), 0, 0, zone)
	}
	switch {
	case r.Within == "":
	case r.Before != nil:
		at, err = hours.Held(at)
	default:
		at, err = hours.Next(at)
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrRule, err)
	}
	return at, err
}

// movedDays counts working days around a date without a time of day, which is a
// whole day; ok is false for any other rule.
func (r Rule) movedDays(calendars span.Calendars) (to calendar.Date, ok bool, err error) {
	length, sign := r.After, 1
	if r.Before != nil {
		length, sign = r.Before, -1
	}
	date, err := calendar.ParseDate(r.At)
	if err != nil || length == nil {
		return 0, false, nil //nolint:nilerr // it is no whole date
	}
	return length.DaysFrom(date, sign, calendars)
}
