// Package cron reads recurring rules (five fields or a descriptor such as
// @daily) and computes their instants in a time zone.
//
// robfig/cron parses the fields. The zone arithmetic is ours, because the
// library skips a local time that a change to summer time removes and fires
// twice on one that is repeated. The rule here: a missing local time gives the
// first valid instant after it, a repeated one gives its first pass only.
package cron

import (
	"errors"
	"fmt"
	"strings"
	"time"

	robfig "github.com/robfig/cron/v3"
)

// ErrRule says that a rule cannot be read.
var ErrRule = errors.New("recurring rule is not valid")

// Rule is a parsed recurring rule in one zone.
type Rule struct {
	text     string
	schedule robfig.Schedule
	zone     *time.Location
}

var fields = robfig.NewParser(robfig.Minute | robfig.Hour | robfig.Dom | robfig.Month | robfig.Dow | robfig.Descriptor)

// Parse reads a rule. A zone inside the rule is refused: it has its own field,
// and the library panics on a malformed one.
func Parse(text string, zone *time.Location) (rule Rule, err error) {
	text = strings.TrimSpace(text)
	if strings.Contains(strings.ToUpper(text), "TZ=") {
		return Rule{}, fmt.Errorf("%w: %q names a time zone; set the zone of the schedule instead", ErrRule, text)
	}
	if pace, is := strings.CutPrefix(text, "@every "); is {
		// The library makes a second of less without a word.
		if d, err := time.ParseDuration(strings.TrimSpace(pace)); err == nil && d < time.Second {
			return Rule{}, fmt.Errorf("%w: %q is less than a second", ErrRule, text)
		}
	}
	defer func() {
		if r := recover(); r != nil {
			rule, err = Rule{}, fmt.Errorf("%w: %q: %v", ErrRule, text, r)
		}
	}()
	s, parseErr := fields.Parse(text)
	if parseErr != nil {
		return Rule{}, fmt.Errorf("%w: %q: %w", ErrRule, text, parseErr)
	}
	if zone == nil {
		zone = time.UTC
	}
	rule = Rule{text: text, schedule: s, zone: zone}
	if rule.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Rule{}, fmt.Errorf("%w: %q never comes", ErrRule, text)
	}
	return rule, nil
}

// String is the rule as it was written.
func (r Rule) String() string { return r.text }

// Next is the first instant strictly after the given one, or the zero time when
// the rule never comes again.
func (r Rule) Next(after time.Time) time.Time {
	if every, ok := r.schedule.(robfig.ConstantDelaySchedule); ok {
		return every.Next(after).UTC()
	}
	// The fields are matched against wall-clock time carried in UTC, where no
	// hour is missing or repeated; only then is the wall time placed in the zone.
	wall := asWall(after.In(r.zone))
	for {
		wall = r.schedule.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if at := place(wall, r.zone); at.After(after) {
			return at.UTC()
		}
	}
}

func asWall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// place finds the instant at which a zone's clocks show wall. Offsets at most a
// day away bracket any single transition.
func place(wall time.Time, zone *time.Location) time.Time {
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	early := wall.Add(-time.Duration(before) * time.Second)
	if asWall(early.In(zone)).Equal(wall) {
		return early
	}
	late := wall.Add(-time.Duration(after) * time.Second)
	if asWall(late.In(zone)).Equal(wall) {
		return late
	}
	// The clocks jump over wall: the first valid instant is the jump itself.
	start, end := early.In(zone).ZoneBounds()
	if jump := start; !jump.IsZero() && !jump.After(early) && early.Sub(jump) < 24*time.Hour {
		return jump
	}
	return end
}
