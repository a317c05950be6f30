package timer

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

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/schedule/cron"
)

// ErrRule says that a timer rule cannot be read; the text says where and what
// to write instead.
var ErrRule = errors.New("timer rule is not valid")

// Rule is a time rule with every expression already evaluated. Exactly one of
// After, At and Cycle is set. It is resolved once, on arming, and the instant
// is stored beside it.
type Rule struct {
	After *Span  `json:"after,omitempty"` // from the moment of arming
	At    string `json:"at,omitempty"`    // instant, local date and time, or date
	Cycle string `json:"cycle,omitempty"` // R4/PT10S, or a cron rule
	Zone  string `json:"zone,omitempty"`  // IANA name; "" = the zone given to Resolve
}

// Span is a length of time as people write it: calendar parts move the date in
// a zone, exact parts add elapsed time.
type Span struct {
	Years, Months, Days int
	WorkingDays         int
	Exact               time.Duration
}

// ParseRule reads a rule from JSON: an object {after | at | cycle, zone}, an
// amount {"amount": 2, "unit": "workingDay"}, or a bare text, which is an ISO
// 8601 duration or a point in time.
func ParseRule(raw json.RawMessage) (Rule, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return Rule{}, fmt.Errorf("%w: it is empty; give a duration such as P3D, a date, or a cycle", ErrRule)
	}
	if raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return Rule{}, fmt.Errorf("%w: %w", ErrRule, err)
		}
		text = strings.TrimSpace(text)
		switch {
		case strings.HasPrefix(text, "P") || strings.HasPrefix(text, "-P"):
			span, err := ParseDuration(text)
			return Rule{After: &span}, err
		case strings.HasPrefix(text, "R"):
			return check(Rule{Cycle: text})
		}
		return check(Rule{At: text})
	}
	var shape struct {
		Amount *json.Number `json:"amount"`
	}
	if err := json.Unmarshal(raw, &shape); err == nil && shape.Amount != nil {
		var span Span
		if err := json.Unmarshal(raw, &span); err != nil {
			return Rule{}, err
		}
		return Rule{After: &span}, nil
	}
	var r Rule
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		if errors.Is(err, ErrRule) {
			return Rule{}, err
		}
		return Rule{}, fmt.Errorf("%w: %w", ErrRule, err)
	}
	return check(r)
}

func check(r Rule) (Rule, error) {
	set := 0
	if r.After != nil {
		set++
	}
	if r.At != "" {
		set++
	}
	if r.Cycle != "" {
		set++
	}
	if set != 1 {
		return Rule{}, fmt.Errorf("%w: exactly one of after, at and cycle must be set, not %d", ErrRule, set)
	}
	// Resolving against any moment finds every other mistake.
	_, _, err := r.Resolve(0, time.UTC, 0)
	return r, err
}

// Cyclic tells whether the rule can come more than once.
func (r Rule) Cyclic() bool { return r.Cycle != "" }

// Resolve parses a rule and computes its instant; see Rule.Resolve.
func Resolve(raw json.RawMessage, now core.Instant, zone *time.Location, fired int) (due core.Instant, more bool, err error) {
	r, err := ParseRule(raw)
	if err != nil {
		return 0, false, err
	}
	return r.Resolve(now, zone, fired)
}

// Resolve computes when a timer armed at now is due. fired counts the firings
// of a cycle so far; more is false when the cycle is over and nothing is due.
func (r Rule) Resolve(now core.Instant, zone *time.Location, fired int) (due core.Instant, more bool, err error) {
	if zone == nil {
		zone = time.UTC
	}
	if r.Zone != "" {
		named, err := time.LoadLocation(r.Zone)
		if err != nil {
			return 0, false, fmt.Errorf("%w: zone %q is not known; use a name such as Europe/Warsaw", ErrRule, r.Zone)
		}
		zone = named
	}
	switch {
	case r.After != nil:
		return ceil(r.After.From(clock.Time(now).In(zone))), true, nil
	case r.At != "":
		at, err := parsePoint(r.At, zone)
		return ceil(at), true, err
	default:
		return r.cycle(now, zone, fired)
	}
}

// ceil keeps the never-early promise when a point has parts below a millisecond.
func ceil(t time.Time) core.Instant {
	i := clock.Instant(t)
	if clock.Time(i).Before(t) {
		i++
	}
	return i
}

func (r Rule) cycle(now core.Instant, zone *time.Location, fired int) (core.Instant, bool, error) {
	if !strings.HasPrefix(r.Cycle, "R") {
		rule, err := cron.Parse(r.Cycle, zone)
		if err != nil {
			return 0, false, fmt.Errorf("%w: %w", ErrRule, err)
		}
		next := rule.Next(clock.Time(now))
		return clock.Instant(next), !next.IsZero(), nil
	}
	parts := strings.Split(r.Cycle, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false, fmt.Errorf("%w: cycle %q: write R4/PT10S, R/PT1H or R4/2026-01-01T09:00:00Z/P1D", ErrRule, r.Cycle)
	}
	limit := -1
	if count := parts[0][1:]; count != "" {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return 0, false, fmt.Errorf("%w: cycle %q: %q is not a number of repetitions", ErrRule, r.Cycle, count)
		}
		limit = n
	}
	span, err := ParseDuration(parts[len(parts)-1])
	if err != nil {
		return 0, false, err
	}
	if !span.positive() {
		return 0, false, fmt.Errorf("%w: cycle %q has no length", ErrRule, r.Cycle)
	}
	if limit >= 0 && fired >= limit {
		return 0, false, nil
	}
	if len(parts) == 2 {
		return ceil(span.From(clock.Time(now).In(zone))), true, nil
	}
	start, err := parsePoint(parts[1], zone)
	if err != nil {
		return 0, false, err
	}
	// Anchored: the k-th firing lies k spans after the start, however late the
	// ones before were; computed as one multiple so that months do not drift.
	return ceil(span.times(fired).From(start)), true, nil
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

func (s Span) times(n int) Span {
	return Span{Years: s.Years * n, Months: s.Months * n, Days: s.Days * n, WorkingDays: s.WorkingDays * n, Exact: s.Exact * time.Duration(n)}
}

func (s Span) positive() bool {
	return s.Years > 0 || s.Months > 0 || s.Days > 0 || s.WorkingDays > 0 || s.Exact > 0
}

// UnmarshalJSON reads an ISO 8601 duration or {"amount": n, "unit": u}, the
// unit being minute, hour, day, workingDay, week or month.
func (s *Span) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return fmt.Errorf("%w: %w", ErrRule, err)
		}
		span, err := ParseDuration(text)
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
		return fmt.Errorf("%w: a duration is an ISO 8601 text such as P3D or {\"amount\": 2, \"unit\": \"workingDay\"}: %w", ErrRule, err)
	}
	n, err := strconv.Atoi(amount.Amount.String())
	if err != nil || n < 0 || n > 1_000_000 {
		return fmt.Errorf("%w: amount %q must be a whole number from 0 to 1000000", ErrRule, amount.Amount)
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
		return fmt.Errorf("%w: unit %q is not one of minute, hour, day, workingDay, week, month", ErrRule, amount.Unit)
	}
	return nil
}

var iso = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S)?)?$`)

// ParseDuration reads an ISO 8601 duration such as P3D, PT90M or P1Y2M.
func ParseDuration(text string) (Span, error) {
	m := iso.FindStringSubmatch(text)
	if m == nil || text == "P" || strings.HasSuffix(text, "T") {
		return Span{}, fmt.Errorf("%w: %q is not an ISO 8601 duration such as P3D, PT90M or P1Y2M", ErrRule, text)
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(m[i]) // the pattern admits digits only; "" is 0
		return v
	}
	s := Span{Years: n(1), Months: n(2), Days: n(3)*7 + n(4)}
	s.Exact = time.Duration(n(6))*time.Hour + time.Duration(n(7))*time.Minute + time.Duration(n(8))*time.Second
	if fraction := m[9]; fraction != "" {
		v, _ := strconv.ParseFloat("0."+fraction, 64)
		s.Exact += time.Duration(math.Round(v * float64(time.Second)))
	}
	return s, nil
}

func parsePoint(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %q is not a point in time such as 2026-03-02, 2026-03-02T09:00 or 2026-03-02T09:00:00Z", ErrRule, text)
}
