package holiday

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// ErrFile says that a file is no calendar that can be read.
var ErrFile = errors.New("the file is no iCalendar file")

// Limits of a file.
const (
	MaxBytes  = 256 << 10
	maxEvents = 2000
	maxDays   = 2000 // of the result
	maxLength = 31   // days of one event
	maxName   = 100  // characters
)

// Read takes the whole days of an iCalendar file (RFC 5545) that lie in the years
// given, yearly ones repeated. skipped counts the events that are no such days:
// with a time of day, canceled, longer than a month, or repeated otherwise.
func Read(text string, from, to int) (days []Day, skipped int, err error) {
	if len(text) > MaxBytes {
		return nil, 0, fmt.Errorf("%w: it is larger than %d kB", ErrFile, MaxBytes>>10)
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if !utf8.ValidString(text) || !strings.HasPrefix(strings.ToUpper(text), "BEGIN:VCALENDAR") {
		return nil, 0, ErrFile
	}
	// A line that begins with a space goes on from the one before.
	text = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "", "\r\n", "\n").Replace(text)
	var event map[string]line
	inside, events := "", 0
	for number, raw := range strings.Split(text, "\n") {
		l, ok := parseLine(raw)
		switch {
		case !ok:
		case l.name == "BEGIN" && inside == "" && l.value == "VEVENT":
			if events++; events > maxEvents {
				return nil, 0, fmt.Errorf("%w: it has more than %d events", ErrFile, maxEvents)
			}
			inside, event = l.value, map[string]line{}
		case l.name == "BEGIN" && inside == "VEVENT":
			inside = l.value // an alarm inside the event
		case l.name == "END" && l.value == "VEVENT" && inside == "VEVENT":
			inside = ""
			found, ok, err := eventDays(event, from, to)
			if err != nil {
				return nil, 0, fmt.Errorf("%w: line %d: %w", ErrFile, number+1, err)
			}
			if !ok {
				skipped++
			}
			if days = append(days, found...); len(days) > maxDays {
				return nil, 0, fmt.Errorf("%w: it has more than %d days", ErrFile, maxDays)
			}
		case l.name == "END" && inside == l.value:
			inside = "VEVENT"
		case inside == "VEVENT":
			event[l.name] = l
		}
	}
	slices.SortStableFunc(days, func(a, b Day) int { return int(a.Date - b.Date) })
	days = slices.CompactFunc(days, func(a, b Day) bool { return a.Date == b.Date })
	return days, skipped, nil
}

type line struct {
	name, value string
}

// parseLine splits NAME;PARAMETERS:VALUE; parameters may be quoted.
func parseLine(raw string) (line, bool) {
	quoted := false
	for i, r := range raw {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ':' && !quoted:
			name, _, _ := strings.Cut(raw[:i], ";")
			return line{strings.ToUpper(strings.TrimSpace(name)), strings.TrimSpace(raw[i+1:])}, name != ""
		}
	}
	return line{}, false
}

func eventDays(event map[string]line, from, to int) (out []Day, ok bool, err error) {
	begin, whole, err := parseDate(event["DTSTART"].value)
	if err != nil {
		return nil, false, err
	}
	length := calendar.Date(1)
	if end := event["DTEND"].value; end != "" {
		last, _, err := parseDate(end)
		if err != nil {
			return nil, false, err
		}
		length = max(last-begin, 1)
	}
	if length > maxLength || !whole || strings.HasPrefix(strings.ToUpper(event["STATUS"].value), "CANCEL") {
		return nil, false, nil
	}
	years, ok := repeats(event["RRULE"].value, begin, to)
	if !ok {
		return nil, false, nil
	}
	name := clean(event["SUMMARY"].value)
	_, month, day := begin.Split()
	for _, year := range years {
		start := calendar.DateOf(year, month, day)
		if _, m, _ := start.Split(); m != month {
			continue // 29 February
		}
		for d := start; d < start+length; d++ {
			if y, _, _ := d.Split(); y >= from && y <= to {
				out = append(out, Day{d, name})
			}
		}
	}
	return out, true, nil
}

// repeats lists the years of an event: its own, or all those of a plain yearly rule.
func repeats(rule string, begin calendar.Date, to int) ([]int, bool) {
	first, month, day := begin.Split()
	if rule == "" {
		return []int{first}, true
	}
	step, count, last := 1, 1<<30, to
	for part := range strings.SplitSeq(rule, ";") {
		key, value, _ := strings.Cut(part, "=")
		n, _ := strconv.Atoi(value)
		switch strings.ToUpper(key) {
		case "FREQ":
			if !strings.EqualFold(value, "YEARLY") {
				return nil, false
			}
		case "INTERVAL":
			step = n
		case "COUNT":
			count = n
		case "UNTIL":
			until, _, err := parseDate(value)
			if err != nil {
				return nil, false
			}
			year, m, d := until.Split()
			if calendar.DateOf(year, m, d) < calendar.DateOf(year, month, day) {
				year--
			}
			last = min(last, year)
		case "BYMONTH":
			if n != int(month) {
				return nil, false
			}
		case "BYMONTHDAY":
			if n != day {
				return nil, false
			}
		case "WKST":
		default:
			return nil, false
		}
	}
	if step < 1 || count < 1 {
		return nil, false
	}
	var out []int
	for year := first; year <= last && len(out) < count; year += step {
		out = append(out, year)
	}
	return out, true
}

// parseDate reads 20260101 and the date of 20260101T090000Z; whole tells that
// there is no time of day.
func parseDate(text string) (d calendar.Date, whole bool, err error) {
	date, _, timed := strings.Cut(text, "T")
	t, err := time.Parse("20060102", date)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return 0, false, fmt.Errorf("%.30q is not a date such as 20260101", text)
	}
	return calendar.DateAt(t), !timed, nil
}

// clean makes one line of a name.
func clean(text string) string {
	text = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(text)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(strings.TrimSpace(text)); len(runes) > maxName {
		return string(runes[:maxName])
	}
	return strings.TrimSpace(text)
}
