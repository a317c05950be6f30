// Package span reads lengths of time as people write them and adds them to a
// moment: calendar parts move the date in a zone, working parts go by a calendar,
// exact parts add elapsed time.
package span

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// ErrSpan says that a length of time cannot be read; the text says what to
// write instead.
var ErrSpan = errors.New("length of time is not valid")

// Span is a length of time as people write it: calendar parts move the date in
// a zone, working parts go by a calendar, exact parts add elapsed time.
type Span struct {
	Years, Months, Days int
	WorkingDays         int
	Working             time.Duration // working time
	Calendar            string        // whose working time; "" = the company's
	Exact               time.Duration

	// working is set when the span was written in working time, also without any.
	working bool
}

// Calendars finds the working time of a name; "" is the company's.
type Calendars func(name string) (*calendar.Calendar, error)

// InWorkingTime tells whether the span goes by a calendar.
func (s Span) InWorkingTime() bool { return s.working || s.WorkingDays != 0 || s.Working != 0 }

// In adds the span to a moment as From does, working time by its calendar. No
// working time at all means the next moment of work.
func (s Span) In(t time.Time, calendars Calendars) (time.Time, error) {
	return s.move(t, 1, calendars)
}

// Before subtracts the span from a moment. A moment that is not working time
// counts as the last one before it, when the span goes by working time.
func (s Span) Before(t time.Time, calendars Calendars) (time.Time, error) {
	return s.move(t, -1, calendars)
}

func (s Span) move(t time.Time, sign int, calendars Calendars) (time.Time, error) {
	t = s.dates(t, sign)
	if s.InWorkingTime() {
		hours := calendar.Office(t.Location())
		if calendars != nil {
			var err error
			if hours, err = calendars(s.Calendar); err != nil {
				return t, err
			}
		}
		zone := t.Location()
		var err error
		switch {
		case s.WorkingDays != 0:
			t, err = hours.AddDays(t, sign*s.WorkingDays)
		case s.Working == 0 && sign < 0:
			t, err = hours.Last(t)
		default:
			t, err = hours.Add(t, time.Duration(sign)*s.Working)
		}
		if err != nil {
			return t, fmt.Errorf("calendar %q: %w", cmp.Or(s.Calendar, "company"), err)
		}
		t = t.In(zone)
	}
	return t.Add(time.Duration(sign) * s.Exact), nil
}

// DaysFrom moves a date, for spans of whole days; ok is false for others.
func (s Span) DaysFrom(d calendar.Date, sign int, calendars Calendars) (moved calendar.Date, ok bool, err error) {
	if s.WorkingDays == 0 || s.Working != 0 || s.Exact != 0 || calendars == nil {
		return d, false, nil
	}
	hours, err := calendars(s.Calendar)
	if err != nil {
		return d, false, err
	}
	moved, err = hours.AddDates(d, sign*s.WorkingDays)
	return moved, err == nil, err
}

// From adds the span to a moment: calendar parts in the moment's zone, then
// working time of an office there, then elapsed time. The last day of a month
// stays the last day rather than running over into the next.
func (s Span) From(t time.Time) time.Time {
	out, err := s.In(t, nil)
	if err != nil {
		return t.AddDate(200, 0, 0) // an office has more working time than that
	}
	return out
}

func (s Span) dates(t time.Time, sign int) time.Time {
	if months := sign * (s.Years*12 + s.Months); months != 0 {
		day := t.Day()
		first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, t.Location()).Day()
		t = time.Date(first.Year(), first.Month(), min(day, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	}
	if s.Days == 0 {
		return t // moving by no days would still take a repeated hour for its first pass
	}
	return t.AddDate(0, 0, sign*s.Days)
}

// Times is the span n times over; months stay whole.
func (s Span) Times(n int) Span {
	return Span{Years: s.Years * n, Months: s.Months * n, Days: s.Days * n, WorkingDays: s.WorkingDays * n, Working: s.Working * time.Duration(n),
		Calendar: s.Calendar, Exact: s.Exact * time.Duration(n), working: s.working}
}

// Positive tells whether the span has a length.
func (s Span) Positive() bool {
	return s.Years > 0 || s.Months > 0 || s.Days > 0 || s.WorkingDays > 0 || s.Working > 0 || s.Exact > 0
}

// UnmarshalJSON reads an ISO 8601 duration or {"amount": n, "unit": u}, the
// unit being minute, hour, day, workingHour, workingDay, week or month.
func (s *Span) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return fmt.Errorf("%w: %w", ErrSpan, err)
		}
		span, err := Parse(text)
		*s = span
		return err
	}
	var amount struct {
		Amount   json.Number `json:"amount"`
		Unit     string      `json:"unit"`
		Calendar string      `json:"calendar"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&amount); err != nil {
		return fmt.Errorf("%w: a duration is an ISO 8601 text such as P3D or {\"amount\": 2, \"unit\": \"workingDay\"}: %w", ErrSpan, err)
	}
	n, err := strconv.Atoi(amount.Amount.String())
	if err != nil || n < 0 || n > 1_000_000 {
		return fmt.Errorf("%w: amount %q must be a whole number from 0 to 1000000", ErrSpan, amount.Amount)
	}
	switch amount.Unit {
	case "minute":
		*s = Span{Exact: time.Duration(n) * time.Minute}
	case "hour":
		*s = Span{Exact: time.Duration(n) * time.Hour}
	case "day":
		*s = Span{Days: n}
	case "workingDay":
		*s = Span{WorkingDays: n, Calendar: amount.Calendar, working: true}
	case "workingHour":
		*s = Span{Working: time.Duration(n) * time.Hour, Calendar: amount.Calendar, working: true}
	case "week":
		*s = Span{Days: 7 * n}
	case "month":
		*s = Span{Months: n}
	default:
		return fmt.Errorf("%w: unit %q is not one of minute, hour, day, workingHour, workingDay, week, month", ErrSpan, amount.Unit)
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s Span) MarshalJSON() ([]byte, error) {
	if s.InWorkingTime() {
		amount, unit := s.WorkingDays, "workingDay"
		if s.WorkingDays == 0 {
			amount, unit = int(s.Working/time.Hour), "workingHour"
		}
		return json.Marshal(struct {
			Amount   int    `json:"amount"`
			Unit     string `json:"unit"`
			Calendar string `json:"calendar,omitempty"`
		}{amount, unit, s.Calendar})
	}
	return json.Marshal(s.String())
}

// String is the span as an ISO 8601 duration, without working time, which has no
// such form.
func (s Span) String() string {
	var out strings.Builder
	out.WriteString("P")
	for _, part := range []struct {
		n    int
		unit string
	}{{s.Years, "Y"}, {s.Months, "M"}, {s.Days, "D"}} {
		if part.n != 0 {
			fmt.Fprintf(&out, "%d%s", part.n, part.unit)
		}
	}
	if s.Exact != 0 || out.Len() == 1 {
		fmt.Fprintf(&out, "T%sS", strconv.FormatFloat(s.Exact.Seconds(), 'f', -1, 64))
	}
	return out.String()
}

var iso = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S)?)?$`)

// Parse reads an ISO 8601 duration such as P3D, PT90M or P1Y2M.
func Parse(text string) (Span, error) {
	m := iso.FindStringSubmatch(text)
	if m == nil || text == "P" || strings.HasSuffix(text, "T") {
		return Span{}, fmt.Errorf("%w: %q is not an ISO 8601 duration such as P3D, PT90M or P1Y2M", ErrSpan, text)
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(m[i]) // the pattern admits digits only; "" is 0
		return v
	}
	s := Span{Years: n(1), Months: n(2), Days: n(3)*7 + n(4)}
	seconds := n(6)*3600 + n(7)*60 + n(8)
	if seconds >= math.MaxInt64/int(time.Second) {
		return Span{}, fmt.Errorf("%w: %q is longer than can be counted", ErrSpan, text)
	}
	s.Exact = time.Duration(seconds) * time.Second
	if fraction := m[9]; fraction != "" {
		v, _ := strconv.ParseFloat("0."+fraction, 64)
		s.Exact += time.Duration(math.Round(v * float64(time.Second)))
	}
	return s, nil
}
