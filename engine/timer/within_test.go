package timer_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// covers B-56: what counts back from a day off counts from the working day before
// it, and what comes out is moved into working time, never past its date.
func TestTimerWithinWorkingTime(t *testing.T) {
	day, err := calendar.ParseDate("2026-12-15") // a Tuesday
	require.NoError(t, err)
	hours := calendar.Hours{Zone: time.UTC, Days: map[calendar.Date][]calendar.Interval{day: {}}}
	for d := time.Monday; d <= time.Friday; d++ {
		hours.Week[d] = []calendar.Interval{{From: 9 * 60, To: 17 * 60}}
	}
	company, err := calendar.New(hours)
	require.NoError(t, err)
	find := func(string) (*calendar.Calendar, error) { return company, nil }
	for rule, want := range map[string]string{
		`{"at":"2026-12-16","before":"P1D","within":"company"}`:                         "2026-12-14T09:00:00Z", // the day off: held on the day before
		`{"at":"2026-12-15","before":"P1D","within":"company"}`:                         "2026-12-11T09:00:00Z", // counts as Monday; its Sunday before is held on Friday
		`{"at":"2026-12-18T15:30:00Z","before":"P1D","within":"company"}`:               "2026-12-17T15:30:00Z",
		`{"at":"2026-12-18T20:00:00Z","before":"P1D","within":"company"}`:               "2026-12-17T17:00:00Z",
		`{"at":"2026-12-18","before":"P1D","time":"11:15","within":"company"}`:          "2026-12-17T11:15:00Z",
		`{"at":"2026-12-18","before":"P1D","time":"11:15"}`:                             "2026-12-17T11:15:00Z",
		`{"at":"2026-12-18T15:30:00Z","after":"P1D","within":"company"}`:                "2026-12-21T09:00:00Z",
		`{"at":"2026-12-12","within":"company"}`:                                        "2026-12-14T09:00:00Z",
		`{"at":"2026-12-18T15:30:00Z","after":"P1D"}`:                                   "2026-12-19T15:30:00Z",
		`{"at":"2026-12-18","before":{"amount":2,"unit":"workingDay"},"time":"08:00"}`:  "2026-12-16T08:00:00Z",
		`{"at":"2026-12-14T10:00:00Z","after":"P1D","time":"07:00","within":"company"}`: "2026-12-16T09:00:00Z",
	} {
		at, more, err := timer.ResolveIn(json.RawMessage(rule), 0, time.UTC, 0, find)
		require.NoError(t, err, rule)
		require.True(t, more, rule)
		require.Equal(t, want, clock.Time(at).Format(time.RFC3339), rule)
	}
	for _, rule := range []string{`{"after":"P1D","within":"company"}`, `{"every":"P1D","time":"09:00"}`, `{"at":"2026-12-18","time":"9"}`} {
		_, err := timer.ParseRule(json.RawMessage(rule))
		require.ErrorIs(t, err, timer.ErrRule, rule)
	}
}
