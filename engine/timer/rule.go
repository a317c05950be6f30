package timer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/schedule/cron"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// ErrRule says that a timer rule cannot be read; the text says where and what
// to write instead.
var ErrRule = errors.New("timer rule is not valid")

// Rule is a time rule with every expression already evaluated. Exactly one of
// After, At and Every is set, or At with one of After and Before. It is resolved
// once, on arming, and the instant is stored beside it; a rule that goes by a
// calendar is resolved again when the calendar changes.
type Rule struct {
	After  *span.Span      `json:"after,omitempty"`  // from At, or from the moment of arming
	Before *span.Span      `json:"before,omitempty"` // back from At
	At     string          `json:"at,omitempty"`     // instant, local date and time, or date
	Every  json.RawMessage `json:"every,omitempty"`  // duration, R4/PT10S, or a cron rule
	Times  int             `json:"times,omitempty"`  // firings of every; 0 = without end
	Zone   string          `json:"zone,omitempty"`   // IANA name; "" = the zone given to Resolve
	// Time is the time of day on the date that At comes to.
	Time string `json:"time,omitempty"`
	// Within names the calendar into whose working time At is moved.
	Within string `json:"within,omitempty"`
}

// ParseRule reads a rule from JSON: an object {after | at | every, times, zone},
// a trigger {"timer": rule}, an amount {"amount": 2, "unit": "workingDay"}, or a
// bare text, which is a duration, a repetition or a point in time.
func ParseRule(raw json.RawMessage) (Rule, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return Rule{}, fmt.Errorf("%w: it is empty; give a duration such as P3D or a point in time", ErrRule)
	}
	if raw[0] == '"' {
		return parseText(raw)
	}
	var shape struct {
		Timer  json.RawMessage `json:"timer"`
		Amount *json.Number    `json:"amount"`
	}
	if err := json.Unmarshal(raw, &shape); err == nil {
		switch {
		case shape.Timer != nil:
			return ParseRule(shape.Timer)
		case shape.Amount != nil:
			var length span.Span
			if err := json.Unmarshal(raw, &length); err != nil {
				return Rule{}, fmt.Errorf("%w: %w", ErrRule, err)
			}
			return Rule{After: &length}, nil
		}
	}
	var r Rule
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Rule{}, fmt.Errorf("%w: %w", ErrRule, err)
	}
	return check(r)
}

func parseText(raw json.RawMessage) (Rule, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return Rule{}, fmt.Errorf("%w: %w", ErrRule, err)
	}
	switch text = strings.TrimSpace(text); {
	case strings.HasPrefix(text, "P"), strings.HasPrefix(text, "-P"):
		length, err := span.Parse(text)
		if err != nil {
			return Rule{}, fmt.Errorf("%w: %w", ErrRule, err)
		}
		return Rule{After: &length}, nil
	case strings.HasPrefix(text, "R"):
		return check(Rule{Every: raw})
	default:
		return check(Rule{At: text})
	}
}

func check(r Rule) (Rule, error) {
	set := 0
	for _, given := range []bool{r.After != nil, r.At != "", r.Every != nil} {
		if given {
			set++
		}
	}
	beside := r.At != "" && r.Every == nil && (r.After == nil) != (r.Before == nil)
	if set != 1 && !beside {
		return Rule{}, fmt.Errorf("%w: exactly one of after, at and every must be set, not %d", ErrRule, set)
	}
	if r.Before != nil && !beside {
		return Rule{}, fmt.Errorf("%w: before counts back from at", ErrRule)
	}
	if (r.Time != "" || r.Within != "") && (r.At == "" || r.Every != nil) {
		return Rule{}, fmt.Errorf("%w: time and within go with at", ErrRule)
	}
	if r.Times < 0 || r.Times > 0 && r.Every == nil {
		return Rule{}, fmt.Errorf("%w: times counts the firings of every", ErrRule)
	}
	// Resolving against any moment finds every other mistake.
	_, _, err := r.Resolve(0, time.UTC, 0)
	return r, err
}

// Resolve parses a rule and computes its instant; see Rule.Resolve.
func Resolve(raw json.RawMessage, now core.Instant, zone *time.Location, fired int) (due core.Instant, more bool, err error) {
	return ResolveIn(raw, now, zone, fired, nil)
}

// ResolveIn parses a rule and computes its instant; see Rule.ResolveIn.
func ResolveIn(raw json.RawMessage, now core.Instant, zone *time.Location, fired int, calendars span.Calendars) (due core.Instant, more bool, err error) {
	r, err := ParseRule(raw)
	if err != nil {
		return 0, false, err
	}
	return r.ResolveIn(now, zone, fired, calendars)
}

// Resolve is ResolveIn with the hours of an office.
func (r Rule) Resolve(now core.Instant, zone *time.Location, fired int) (due core.Instant, more bool, err error) {
	return r.ResolveIn(now, zone, fired, nil)
}

// ResolveIn computes when a timer armed at now is due. fired counts the firings
// of a repetition so far; more is false when it is over and nothing is due.
// Working time goes by the calendars.
func (r Rule) ResolveIn(now core.Instant, zone *time.Location, fired int, calendars span.Calendars) (due core.Instant, more bool, err error) {
	if due, more, err = r.resolve(now, zone, fired, calendars); err != nil || !more {
		return due, more, err
	}
	// Four digits are what a moment is written with: any other could not be told to anybody.
	if year := clock.Time(due).Year(); year < 1000 || year > 9999 {
		return 0, false, fmt.Errorf("%w: the moment lies in the year %d, outside the years 1000 to 9999", ErrRule, year)
	}
	return due, true, nil
}

func (r Rule) resolve(now core.Instant, zone *time.Location, fired int, calendars span.Calendars) (due core.Instant, more bool, err error) {
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
	case r.Time != "" || r.Within != "":
		at, err := r.placed(zone, calendars)
		return ceil(at), err == nil, err
	case r.At != "" && (r.After != nil || r.Before != nil):
		at, err := r.beside(zone, calendars)
		return ceil(at), err == nil, err
	case r.After != nil:
		at, err := r.After.In(clock.Time(now).In(zone), calendars)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrRule, err)
		}
		return ceil(at), err == nil, err
	case r.At != "":
		at, err := parsePoint(r.At, zone)
		return ceil(at), err == nil, err
	default:
		return r.repeat(now, zone, fired, calendars)
	}
}

// beside is so much before or after a point in time. Working days around a date
// without a time of day are whole dates: the result is the opening of its day.
func (r Rule) beside(zone *time.Location, calendars span.Calendars) (time.Time, error) {
	at, err := parsePoint(r.At, zone)
	if err != nil {
		return at, err
	}
	length, sign, move := r.After, 1, span.Span.In
	if r.Before != nil {
		length, sign, move = r.Before, -1, span.Span.Before
	}
	if date, err := calendar.ParseDate(r.At); err == nil {
		moved, ok, err := length.DaysFrom(date, sign, calendars)
		if err != nil {
			return at, fmt.Errorf("%w: %w", ErrRule, err)
		}
		if ok {
			year, month, day := moved.Split()
			at, length, move = time.Date(year, month, day, 0, 0, 0, 0, zone), &span.Span{Calendar: length.Calendar}, opening
		}
	}
	if at, err = move(*length, at, calendars); err != nil {
		err = fmt.Errorf("%w: %w", ErrRule, err)
	}
	return at, err
}

// opening is the first working time from a moment on.
func opening(s span.Span, t time.Time, calendars span.Calendars) (time.Time, error) {
	hours, err := calendars(s.Calendar)
	if err != nil {
		return t, err
	}
	return hours.Next(t)
}

// Anchored is the rule as it is stored once it is armed: one that goes by a
// calendar names the moment it counts from, so that it can be resolved again.
// again tells whether it does.
func (r Rule) Anchored(armed core.Instant) (anchored Rule, again bool) {
	length := r.After
	if r.Before != nil {
		length = r.Before
	}
	if r.Within == "" && (length == nil || !length.InWorkingTime()) {
		return r, false
	}
	if r.At == "" {
		r.At = clock.Time(armed).Format(time.RFC3339Nano)
	}
	return r, true
}

// ceil keeps the never-early promise when a point has parts below a millisecond.
func ceil(t time.Time) core.Instant {
	i := clock.Instant(t)
	if clock.Time(i).Before(t) {
		i++
	}
	return i
}

// minEvery is the shortest repetition: every firing is written into the history
// of its run for good, so a shorter one would only fill the disk.
const minEvery = time.Second

// maxMissed bounds the firings that an anchored repetition makes up for: a start
// in 1970 with a length of a second would otherwise fire without a pause for ever.
const maxMissed = 1000

func (r Rule) repeat(now core.Instant, zone *time.Location, fired int, calendars span.Calendars) (core.Instant, bool, error) {
	limit := r.Times
	var length span.Span
	var anchor string
	var text string
	if err := json.Unmarshal(r.Every, &text); err != nil { // not a text: an amount
		if err := json.Unmarshal(r.Every, &length); err != nil {
			return 0, false, fmt.Errorf("%w: every: %w", ErrRule, err)
		}
	} else {
		switch text = strings.TrimSpace(text); {
		case strings.HasPrefix(text, "R"):
			parts := strings.Split(text, "/")
			if len(parts) < 2 || len(parts) > 3 {
				return 0, false, fmt.Errorf("%w: repetition %q: write R4/PT10S, R/PT1H or R4/2026-01-01T09:00:00Z/P1D", ErrRule, text)
			}
			if count := parts[0][1:]; count != "" {
				n, err := strconv.Atoi(count)
				if err != nil || n < 1 {
					return 0, false, fmt.Errorf("%w: repetition %q: %q is not a number of firings", ErrRule, text, count)
				}
				limit = n
			}
			if len(parts) == 3 {
				anchor = parts[1]
			}
			text = parts[len(parts)-1]
		case !strings.HasPrefix(text, "P"):
			rule, err := cron.Parse(text, zone)
			if err != nil {
				return 0, false, fmt.Errorf("%w: %w", ErrRule, err)
			}
			next := rule.Next(clock.Time(now))
			return clock.Instant(next), !next.IsZero() && (limit == 0 || fired < limit), nil
		}
		var err error
		if length, err = span.Parse(text); err != nil {
			return 0, false, fmt.Errorf("%w: %w", ErrRule, err)
		}
	}
	if !length.Positive() {
		return 0, false, fmt.Errorf("%w: the repetition has no length", ErrRule)
	}
	from := clock.Time(now).In(zone)
	next, err := length.In(from, calendars)
	if err != nil {
		return 0, false, fmt.Errorf("%w: %w", ErrRule, err)
	}
	if next.Sub(from) < minEvery {
		return 0, false, fmt.Errorf("%w: the repetition is shorter than %s", ErrRule, minEvery)
	}
	if limit > 0 && fired >= limit {
		return 0, false, nil
	}
	if anchor == "" {
		return ceil(next), true, nil
	}
	start, err := parsePoint(anchor, zone)
	if err != nil {
		return 0, false, err
	}
	first, err := length.In(start, calendars)
	if err != nil {
		return 0, false, fmt.Errorf("%w: %w", ErrRule, err)
	}
	if missed := clock.Time(now).Sub(start) / max(first.Sub(start), minEvery); fired == 0 && missed > maxMissed && (limit == 0 || limit > maxMissed) {
		return 0, false, fmt.Errorf("%w: since %s more than %d repetitions have gone by; begin later or repeat less often", ErrRule, anchor, maxMissed)
	}
	// Anchored: the k-th firing lies k lengths after the start, however late the
	// ones before were; computed as one multiple so that months do not drift.
	at, err := length.Times(fired).In(start, calendars)
	if err != nil {
		return 0, false, fmt.Errorf("%w: %w", ErrRule, err)
	}
	return ceil(at), true, nil
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
