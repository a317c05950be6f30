package expr

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// dateFunctions take dates, instants and ISO 8601 texts; everything happens in
// the zone of the evaluation.
var dateFunctions = []function{
	{name: "today", signature: "today() date", doc: "The current day", min: 0, max: 0,
		types: []any{new(func() time.Time)}, call: func(b *budget, _ []any) (any, error) { return startOfDay(b.now), nil }},
	{name: "date", signature: "date(text or year, month, day) date", doc: "A date from ISO text such as \"2026-11-21\" or from numbers",
		min: 1, max: 3, types: []any{new(func(any) time.Time), new(func(int, int, int) time.Time)}, call: func(b *budget, args []any) (any, error) {
			if len(args) == 1 {
				return toTime(b, args[0])
			}
			if len(args) == 2 {
				return nil, errors.New("date takes one text or year, month and day")
			}
			var parts [3]int
			for i, argument := range args {
				n, err := toInt(argument)
				if err != nil {
					return nil, err
				}
				parts[i] = n
			}
			t := time.Date(parts[0], time.Month(parts[1]), parts[2], 0, 0, 0, 0, b.location)
			if parts[0] < 1 || parts[0] > 9999 || int(t.Month()) != parts[1] || t.Day() != parts[2] {
				return nil, fmt.Errorf("there is no date %d-%02d-%02d", parts[0], parts[1], parts[2])
			}
			return t, nil
		}},
	addTo("addDays", "days", func(t time.Time, n int) time.Time { return t.AddDate(0, 0, n) }),
	addTo("addMonths", "months", addMonths),
	addTo("addHours", "hours", func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Hour) }),
	addTo("addMinutes", "minutes", func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Minute) }),
	addWorkingDays,
	{name: "daysBetween", signature: "daysBetween(from, to) integer", doc: "How many days lie between two dates",
		min: 2, max: 2, types: []any{new(func(any, any) int)}, call: func(b *budget, args []any) (any, error) {
			from, err := toTime(b, args[0])
			if err != nil {
				return nil, err
			}
			to, err := toTime(b, args[1])
			if err != nil {
				return nil, err
			}
			return dayNumber(to) - dayNumber(from), nil
		}},
	{name: "formatDate", signature: "formatDate(date, \"dd.MM.yyyy\"?) string", doc: "A date as text; yyyy MM dd HH mm ss stand for its parts, MMMM for the month's name",
		min: 1, max: 2, types: []any{new(func(any) string), new(func(any, string) string)}, call: func(b *budget, args []any) (any, error) {
			t, err := toTime(b, args[0])
			if err != nil {
				return nil, err
			}
			if len(args) == 1 {
				return b.format.time(t), nil
			}
			layout, err := textArgument(args, 1)
			if err != nil {
				return nil, err
			}
			if len(layout) > 100 {
				return nil, errors.New("a date format may have at most 100 bytes")
			}
			return formatTime(t, layout, b.format.Locale), nil
		}},
	{name: "timeBetween", signature: "timeBetween(date, \"09:00\", \"17:30\") boolean", doc: "Whether the time of day lies in a range, its end not included; a range may go over midnight",
		min: 3, max: 3, types: []any{new(func(any, string, string) bool)}, call: func(b *budget, args []any) (any, error) {
			t, err := toTime(b, args[0])
			if err != nil {
				return nil, err
			}
			var minutes [2]int
			for i := range minutes {
				text, err := textArgument(args, i+1)
				if err != nil {
					return nil, err
				}
				at, err := time.Parse("15:04", text)
				if err != nil {
					return nil, fmt.Errorf("%.20q is not a time of day such as 09:30", text)
				}
				minutes[i] = at.Hour()*60 + at.Minute()
			}
			now := t.Hour()*60 + t.Minute()
			if minutes[0] <= minutes[1] {
				return minutes[0] <= now && now < minutes[1], nil
			}
			return now >= minutes[0] || now < minutes[1], nil
		}},
	partOf("year", func(t time.Time) int { return t.Year() }),
	partOf("month", func(t time.Time) int { return int(t.Month()) }),
	partOf("day", func(t time.Time) int { return t.Day() }),
	partOf("hour", func(t time.Time) int { return t.Hour() }),
	partOf("weekday", func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }),
}

// maxDateSteps bounds additions so that no result leaves the calendar's years.
const maxDateSteps = 1_000_000

func addTo(name, unit string, add func(time.Time, int) time.Time) function {
	return function{name: name, signature: name + "(date, " + unit + ") date", doc: "A date so many " + unit + " later; a negative number goes back",
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
				return nil, fmt.Errorf("%s takes at most a million", name)
			}
			moved := add(t, n)
			if moved.Year() < 1 || moved.Year() > 9999 {
				return nil, errors.New("the date lies outside the years 1 to 9999")
			}
			return moved, nil
		}}
}

func partOf(name string, part func(time.Time) int) function {
	return function{name: name, signature: name + "(date) integer", doc: "The " + name + " of a date",
		min: 1, max: 1, types: []any{new(func(any) int)}, call: func(b *budget, args []any) (any, error) {
			t, err := toTime(b, args[0])
			if err != nil {
				return nil, err
			}
			return part(t), nil
		}}
}

func startOfDay(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}

// dayNumber counts calendar days, so that a day of 23 hours is still one day.
func dayNumber(t time.Time) int {
	year, month, day := t.Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// addMonths keeps to the last day of a shorter month: 31 January and one month is 28 February.
func addMonths(t time.Time, n int) time.Time {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	moved := time.Date(year, month+time.Month(n), 1, hour, minute, second, t.Nanosecond(), t.Location())
	last := moved.AddDate(0, 1, -1).Day()
	return moved.AddDate(0, 0, min(day, last)-1)
}

// datePatterns are the parts of a format, longest first, with Go's notation.
var datePatterns = []struct{ pattern, layout string }{
	{"yyyy", "2006"}, {"yy", "06"}, {"MM", "01"}, {"M", "1"}, {"dd", "02"}, {"d", "2"},
	{"HH", "15"}, {"mm", "04"}, {"ss", "05"},
}

func formatTime(t time.Time, layout, locale string) string {
	var out strings.Builder
scan:
	for layout != "" {
		if rest, ok := strings.CutPrefix(layout, "MMMM"); ok {
			out.WriteString(monthName(t.Month(), locale))
			layout = rest
			continue
		}
		for _, p := range datePatterns {
			if rest, ok := strings.CutPrefix(layout, p.pattern); ok {
				out.WriteString(t.Format(p.layout))
				layout = rest
				continue scan
			}
		}
		out.WriteByte(layout[0])
		layout = layout[1:]
	}
	return out.String()
}

// monthName gives the form that stands after a day's number.
func monthName(month time.Month, locale string) string {
	names, ok := map[string]string{
		"pl":    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
		"ru":    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
		"pt-BR": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
	}[locale]
	if !ok {
		return month.String()
	}
	return strings.Fields(names)[month-1]
}
