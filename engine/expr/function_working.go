package expr

import (
	"errors"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// costOfWorkingDay is what looking at one date of a calendar costs: about two
// microseconds. It allows for some 5,000 working days, twenty years of them.
const costOfWorkingDay = 200

// addWorkingDays goes by the company's calendar, and by the law that timers keep: a
// date on which nobody works counts as the next working day, or the last one before
// it when the number is negative. The time of day stays.
var addWorkingDays = function{name: "addWorkingDays", signature: "addWorkingDays(date, days) date",
	doc: "A date so many working days later, by the company's calendar; a negative number goes back",
	min: 2, max: 2, types: []any{new(func(any, int) time.Time)}, call: func(b *budget, args []any) (any, error) {
		t, err := toTime(b, args[0])
		if err != nil {
			return nil, err
		}
		n, err := toInt(args[1])
		if err != nil {
			return nil, err
		}
		if n > maxDateSteps || n < -maxDateSteps {
			return nil, errors.New("addWorkingDays takes at most a million")
		}
		if err := b.spend(costOfWorkingDay * (max(n, -n) + 1)); err != nil {
			return nil, fmt.Errorf("%w: so many working days are too far away", err)
		}
		hours := calendar.Office(b.location)
		if b.working != nil {
			if hours, err = b.working(); err != nil {
				return nil, err
			}
		}
		date, err := hours.AddDates(calendar.DateAt(t), n)
		if err != nil {
			return nil, err
		}
		year, month, day := date.Split()
		hour, minute, second := t.Clock()
		moved := time.Date(year, month, day, hour, minute, second, t.Nanosecond(), t.Location())
		if moved.Year() < 1 || moved.Year() > 9999 {
			return nil, errors.New("the date lies outside the years 1 to 9999")
		}
		return moved, nil
	}}
