// Package span reads lengths of time as people write them and adds them to a
// moment: calendar parts move the date in a zone, exact parts add elapsed time.
package span

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ErrSpan says that a length of time cannot be read; the text says what to
// write instead.
var ErrSpan = errors.New("length of time is not valid")

// Span is a length of time as people write it: calendar parts move the date in
// a zone, exact parts add elapsed time.
type Span struct {
	Years, Months, Days int
	WorkingDays         int
	Exact               time.Duration
}

// From adds the span to a moment: calendar parts in the moment's zone, then
// working days, then elapsed time. The last day of a month stays the last day
// rather than running over into the next.
func (s Span) From(t time.Time) time.Time {
	if months := s.Years*12 + s.Months; months != 0 {
		day := t.Day()
		first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, t.Location()).Day()
		t = time.Date(first.Year(), first.Month(), min(day, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	}
	t = t.AddDate(0, 0, s.Days)
	for n := s.WorkingDays; n > 0; n-- {
		t = t.AddDate(0, 0, 1)
		for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
			t = t.AddDate(0, 0, 1)
		}
	}
	return t.Add(s.Exact)
}

// Times is the span n times over; months stay whole.
func (s Span) Times(n int) Span {
	return Span{Years: s.Years * n, Months: s.Months * n, Days: s.Days * n, WorkingDays: s.WorkingDays * n, Exact: s.Exact * time.Duration(n)}
}

// Positive tells whether the span has a length.
func (s Span) Positive() bool {
	return s.Years > 0 || s.Months > 0 || s.Days > 0 || s.WorkingDays > 0 || s.Exact > 0
}

// UnmarshalJSON reads an ISO 8601 duration or {"amount": n, "unit": u}, the
// unit being minute, hour, day, workingDay, week or month.
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
		*s = Span{WorkingDays: n}
	case "week":
		*s = Span{Days: 7 * n}
	case "month":
		*s = Span{Months: n}
	default:
		return fmt.Errorf("%w: unit %q is not one of minute, hour, day, workingDay, week, month", ErrSpan, amount.Unit)
	}
	return nil
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
