package timer_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zone files

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/timer"
)

func TestResolve(t *testing.T) {
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	cases := []struct {
		name  string
		rule  string
		now   string
		fired int
		want  string // "" = the cycle is over
	}{
		{"duration text", `"PT90M"`, "2026-03-02T09:00:00Z", 0, "2026-03-02T10:30:00Z"},
		{"trigger object", `{"after":"P3D"}`, "2026-03-02T09:00:00Z", 0, "2026-03-05T09:00:00Z"},
		{"a day over a change to summer time keeps the local hour", `{"after":"P1D"}`, "2026-03-28T12:00:00Z", 0, "2026-03-29T11:00:00Z"},
		{"24 hours over it do not", `{"after":"PT24H"}`, "2026-03-28T12:00:00Z", 0, "2026-03-29T12:00:00Z"},
		{"a month from its last day", `{"after":"P1M"}`, "2026-01-31T09:00:00Z", 0, "2026-02-28T09:00:00Z"},
		{"years, months and weeks", `"P1Y2M1W"`, "2026-01-15T09:00:00Z", 0, "2027-03-22T09:00:00Z"},
		{"fractions of a second", `"PT0.5S"`, "2026-03-02T09:00:00Z", 0, "2026-03-02T09:00:00.5Z"},
		{"working days skip the weekend", `{"amount":2,"unit":"workingDay","calendar":"company"}`, "2026-03-06T14:00:00Z", 0, "2026-03-10T14:00:00Z"},
		{"working days from a Saturday", `{"after":{"amount":1,"unit":"workingDay"}}`, "2026-03-07T10:00:00Z", 0, "2026-03-10T08:00:00Z"},
		{"working hours go over the weekend", `{"amount":3,"unit":"workingHour"}`, "2026-03-06T14:00:00Z", 0, "2026-03-09T09:00:00Z"},
		{"no working hours: the next moment of work", `{"amount":0,"unit":"workingHour"}`, "2026-03-07T14:00:00Z", 0, "2026-03-09T08:00:00Z"},
		{"a day before a moment", `{"at":"2026-07-01T09:00","before":"P1D"}`, "2026-03-02T09:00:00Z", 0, "2026-06-30T07:00:00Z"},
		{"a month before the last of a month", `{"at":"2026-03-31","before":"P1M"}`, "2026-03-02T09:00:00Z", 0, "2026-02-27T23:00:00Z"},
		{"a working day before a Sunday", `{"at":"2026-03-15T12:00","before":{"amount":1,"unit":"workingDay"}}`, "2026-03-02T09:00:00Z", 0, "2026-03-12T16:00:00Z"},
		{"working hours after a moment", `{"at":"2026-03-13T12:00:00Z","after":{"amount":8,"unit":"workingHour"}}`, "2026-03-02T09:00:00Z", 0, "2026-03-16T12:00:00Z"},
		{"minutes", `{"amount":15,"unit":"minute"}`, "2026-03-02T09:00:00Z", 0, "2026-03-02T09:15:00Z"},
		{"instant", `{"at":"2026-04-01T08:00:00+02:00"}`, "2026-03-02T09:00:00Z", 0, "2026-04-01T06:00:00Z"},
		{"an instant in the past stays there", `{"at":"2020-01-01T00:00:00Z"}`, "2026-03-02T09:00:00Z", 0, "2020-01-01T00:00:00Z"},
		{"local time in the given zone", `{"at":"2026-07-01T09:00"}`, "2026-03-02T09:00:00Z", 0, "2026-07-01T07:00:00Z"},
		{"date in a named zone", `{"at":"2026-07-01","zone":"America/Sao_Paulo"}`, "2026-03-02T09:00:00Z", 0, "2026-07-01T03:00:00Z"},
		{"first of a cycle", `{"every":"R4/PT10S"}`, "2026-03-02T09:00:00Z", 0, "2026-03-02T09:00:10Z"},
		{"last of a cycle", `{"every":"R4/PT10S"}`, "2026-03-02T09:00:30Z", 3, "2026-03-02T09:00:40Z"},
		{"after the last of a cycle", `{"every":"R4/PT10S"}`, "2026-03-02T09:00:40Z", 4, ""},
		{"times of a duration", `{"timer":{"every":"PT10S","times":2}}`, "2026-03-02T09:00:40Z", 2, ""},
		{"every amount", `{"every":{"amount":1,"unit":"workingDay"}}`, "2026-03-06T14:00:00Z", 7, "2026-03-09T14:00:00Z"},
		{"endless cycle", `{"every":"R/PT1H"}`, "2026-03-02T09:00:00Z", 1000, "2026-03-02T10:00:00Z"},
		{"anchored cycle does not drift over months", `{"every":"R12/2026-01-31T09:00:00Z/P1M"}`, "2026-03-01T00:00:00Z", 2, "2026-03-31T09:00:00Z"},
		{"a few firings before the first arming are made up for", `{"every":"R/2026-03-02T08:00:00Z/PT1M"}`, "2026-03-02T09:00:00Z", 0, "2026-03-02T08:00:00Z"},
		{"many are not refused where the count ends them", `{"every":"R5/1970-01-01T00:00:00Z/PT1S"}`, "2026-03-02T09:00:00Z", 0, "1970-01-01T00:00:00Z"},
		{"cron cycle", `{"every":"0 9 * * MON"}`, "2026-03-03T09:00:00Z", 0, "2026-03-09T08:00:00Z"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, c.now)
			require.NoError(t, err)
			due, more, err := timer.Resolve(json.RawMessage(c.rule), clock.Instant(now), warsaw, c.fired)
			require.NoError(t, err)
			require.Equal(t, c.want != "", more)
			if more {
				require.Equal(t, c.want, clock.Time(due).Format(time.RFC3339Nano))
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, raw := range []string{``, `null`, `{}`, `"soon"`, `"P"`, `"PT"`, `"-P1D"`, `"P1H"`, `{"after":"P1D","before":"P1D","at":"2026-01-01"}`, `{"before":"P1D"}`, `{"before":"P1D","after":"P1D"}`, `{"before":"P1D","every":"P1D"}`,
		`{"amount":2}`, `{"amount":-1,"unit":"day"}`, `{"amount":1.5,"unit":"day"}`, `{"amount":2,"unit":"fortnight"}`, `{"every":"R0/PT1S"}`,
		`{"every":"R4"}`, `{"every":"R4/PT0S"}`, `{"every":"TZ=0"}`, `{"every":"0 0 30 2 *"}`, `{"at":"2026-02-30"}`,
		`{"at":"2026-01-01","zone":"Mars/Base"}`, `{"later":"P1D"}`, `{"after":"P1D","times":2}`, `{"every":"PT0S"}`, `{"every":"PT0.5S"}`, `{"timer":{}}`, `"PT9999999H"`, `{"at":"9999-12-31","after":"P1D"}`, `{"at":"1000-01-01","before":"P1D"}`, `{"at":"9999-12-31","after":"P1D","time":"09:00"}`, `[1]`, `7`} {
		_, _, err := timer.Resolve(json.RawMessage(raw), 0, time.UTC, 0)
		require.ErrorIs(t, err, timer.ErrRule, raw)
	}
}

// A repetition that began long ago would fire without a pause for years.
func TestResolveRefusesARepetitionFromLongAgo(t *testing.T) {
	now := clock.Instant(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	_, _, err := timer.Resolve(json.RawMessage(`{"every":"R/1970-01-01T00:00:00Z/PT1S"}`), now, time.UTC, 0)
	require.ErrorIs(t, err, timer.ErrRule)
	require.ErrorContains(t, err, "begin later")
	_, more, err := timer.Resolve(json.RawMessage(`{"every":"R/1970-01-01T00:00:00Z/PT1S"}`), now, time.UTC, 7)
	require.NoError(t, err, "one that is armed already goes on")
	require.True(t, more)
}

// Rules that go by a calendar take the hours that it has; a date is a whole day.
//
// covers B-52, B-56, T-04, T-07, U-32
func TestResolveByCalendar(t *testing.T) {
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	h := calendar.Hours{Zone: warsaw, Days: map[calendar.Date][]calendar.Interval{calendar.DateOf(2026, 5, 1): nil}}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Week[d] = []calendar.Interval{{From: 8 * 60, To: 16 * 60}}
	}
	company, err := calendar.New(h)
	require.NoError(t, err)
	calendars := func(name string) (*calendar.Calendar, error) {
		if name == "" || name == "company" {
			return company, nil
		}
		return nil, errors.New("there is no such calendar")
	}
	armed := clock.Instant(time.Date(2026, 4, 30, 12, 0, 0, 0, time.UTC)) // Thursday, two o'clock
	for rule, want := range map[string]string{
		`{"amount":1,"unit":"workingDay","calendar":"company"}`:                         "2026-05-04T12:00:00Z",
		`{"amount":3,"unit":"workingHour"}`:                                             "2026-05-04T07:00:00Z",
		`{"at":"2026-05-03","before":{"amount":1,"unit":"workingDay"}}`:                 "2026-04-29T06:00:00Z", // counts as the 30th
		`{"at":"2026-05-03","after":{"amount":1,"unit":"workingDay"}}`:                  "2026-05-05T06:00:00Z", // counts as the 4th
		`{"at":"2026-05-05T10:00:00+02:00","before":{"amount":4,"unit":"workingHour"}}`: "2026-05-04T12:00:00Z",
		`{"at":"2020-05-05","before":{"amount":4,"unit":"workingHour"}}`:                "2020-05-04T10:00:00Z", // past: it is due at once
		`{"every":{"amount":1,"unit":"workingDay"}}`:                                    "2026-05-04T12:00:00Z",
		`{"every":"R3/P1D"}`:                 "2026-05-01T12:00:00Z",
		`{"at":"2026-05-03","before":"P1D"}`: "2026-05-01T22:00:00Z",
		`{"at":"2026-05-03","before":{"amount":0,"unit":"workingHour","calendar":"company"}}`: "2026-04-30T14:00:00Z",
	} {
		due, more, err := timer.ResolveIn(json.RawMessage(rule), armed, warsaw, 0, calendars)
		require.NoError(t, err, rule)
		require.True(t, more)
		require.Equal(t, want, clock.Time(due).Format(time.RFC3339), rule)
		parsed, err := timer.ParseRule(json.RawMessage(rule))
		require.NoError(t, err)
		anchored, again := parsed.Anchored(armed)
		require.Equal(t, strings.Contains(rule, "working") && !strings.Contains(rule, "every"), again, rule)
		stored, err := json.Marshal(anchored)
		require.NoError(t, err)
		later, _, err := timer.ResolveIn(stored, armed+7_000_000, warsaw, 0, calendars)
		require.NoError(t, err)
		if again {
			require.Equal(t, due, later, "%s as stored counts from the same moment", rule)
		}
	}
	_, _, err = timer.ResolveIn(json.RawMessage(`{"amount":1,"unit":"workingDay","calendar":"mars"}`), armed, warsaw, 0, calendars)
	require.ErrorIs(t, err, timer.ErrRule)
	require.ErrorContains(t, err, "no such calendar")
}
