package calendar

import (
	"fmt"
	"time"
)

// Date is a day without a zone, counted from 1 January 1970.
type Date int32

// DateOf makes a date; a day beyond the month's end runs over, as in time.Date.
func DateOf(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

// DateAt is the date that the clocks of the moment's zone show.
func DateAt(t time.Time) Date { return DateOf(t.Date()) }

// ParseDate reads 2026-03-02.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not a date such as 2026-03-02", ErrHours, text)
	}
	return DateAt(t), nil
}

const secondsOfDay = 24 * 60 * 60

func (d Date) utc() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) }

// Split gives year, month and day.
func (d Date) Split() (year int, month time.Month, day int) { return d.utc().Date() }

// String writes 2026-03-02.
func (d Date) String() string { return d.utc().Format(time.DateOnly) }
