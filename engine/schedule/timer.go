package schedule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// ErrTimer says that a timer rule of a start event cannot be read.
var ErrTimer = errors.New("timer rule is not valid")

// timer is the timer of a start event: one point in time, one duration after the
// publication, or a repetition.
type timer struct {
	at     core.Instant // once
	after  span.Span    // once, or between two
	repeat bool
	times  int // 0 = without end
	zone   *time.Location

	calendars span.Calendars // nil = an office
}

func isTimer(rule string) bool { return strings.HasPrefix(rule, "{") }

func parseTimer(rule, zone string) (timer, error) {
	location, err := locate(zone)
	if err != nil {
		return timer{}, err
	}
	var given struct {
		At    json.RawMessage `json:"at"`
		After json.RawMessage `json:"after"`
		Every json.RawMessage `json:"every"`
		Times int             `json:"times"`
	}
	d := json.NewDecoder(bytes.NewReader([]byte(rule)))
	d.DisallowUnknownFields()
	if err := d.Decode(&given); err != nil {
		return timer{}, fmt.Errorf("%w: %w", ErrTimer, err)
	}
	t := timer{zone: location, times: given.Times}
	switch {
	case given.At != nil:
		t.at, err = point(given.At, location)
		return t, err
	case given.After != nil:
		t.after, err = length(given.After)
		return t, err
	case given.Every == nil:
		return timer{}, fmt.Errorf("%w: give one of at, after and every", ErrTimer)
	}
	t.repeat = true
	var text string
	if json.Unmarshal(given.Every, &text) == nil && strings.HasPrefix(text, "R") {
		count, rest, ok := strings.Cut(text[1:], "/")
		if n, err := strconv.Atoi(count); ok && err == nil && n > 0 {
			t.times = n
		} else if !ok || count != "" {
			return timer{}, fmt.Errorf("%w: repetition %q: write R4/PT10S or R/PT1H", ErrTimer, text)
		}
		if given.Every, err = json.Marshal(rest); err != nil {
			return timer{}, fmt.Errorf("%w: %w", ErrTimer, err)
		}
	}
	t.after, err = length(given.Every)
	// Every occurrence is a run.
	const least = time.Second
	if from := time.Unix(0, 0); err == nil && t.after.From(from).Sub(from) < least {
		err = fmt.Errorf("%w: the repetition is shorter than %s", ErrTimer, least)
	}
	return t, err
}

func length(raw json.RawMessage) (span.Span, error) {
	var s span.Span
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrTimer, err)
	}
	return s, nil
}

func point(raw json.RawMessage, zone *time.Location) (core.Instant, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return 0, fmt.Errorf("%w: a point in time is a text: %w", ErrTimer, err)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(text), zone); err == nil {
			return clock.Instant(t), nil
		}
	}
	return 0, fmt.Errorf("%w: %q is not a point in time such as 2026-03-02T09:00", ErrTimer, text)
}

// next is the instant of the next occurrence. A point in time that has passed
// when the rule is published starts nothing.
func (t timer) next(after core.Instant, fired int) core.Instant {
	switch {
	case !t.repeat && fired > 0, t.times > 0 && fired >= t.times:
		return 0
	case t.at != 0:
		if t.at < after {
			return 0
		}
		return t.at
	default:
		from := clock.Time(after).In(t.zone)
		at, err := t.after.In(from, t.calendars)
		if err != nil {
			at = t.after.From(from) // a schedule whose calendar is gone or closed for good goes on in office hours
		}
		return clock.Instant(at)
	}
}
