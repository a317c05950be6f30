package expr

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// Working days of expressions are those of timers: by the calendar that came in with
// the evaluation, and nothing else.
//
// covers U-32
func TestWorkingDaysGoByTheCalendar(t *testing.T) {
	short := []calendar.Interval{{From: 9 * 60, To: 13 * 60}}
	hours := calendar.Hours{Zone: time.UTC, Days: map[calendar.Date][]calendar.Interval{calendar.DateOf(2026, 11, 24): nil}}
	for _, day := range []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Saturday} {
		hours.Week[day] = short
	}
	company, err := calendar.New(hours)
	require.NoError(t, err)
	asked := 0
	env := Env{Location: time.UTC, Working: func() (*calendar.Calendar, error) { asked++; return company, nil }}
	compiler := New(Options{})
	eval := func(source string) (any, error) {
		program, err := compiler.Compile(source, nil)
		require.NoError(t, err, source)
		return program.Eval(env)
	}
	for source, want := range map[string]string{
		`formatDate(addWorkingDays("2026-11-21", 1), "yyyy-MM-dd")`:              "2026-11-23", // a Saturday is worked
		`formatDate(addWorkingDays("2026-11-23", 1), "yyyy-MM-dd")`:              "2026-11-25", // over a day off
		`formatDate(addWorkingDays("2026-11-24", 1), "yyyy-MM-dd")`:              "2026-11-28", // a day off counts as the next one
		`formatDate(addWorkingDays("2026-11-24", -1), "yyyy-MM-dd")`:             "2026-11-21", // and back as the last one
		`formatDate(addWorkingDays("2026-11-26", 0), "yyyy-MM-dd")`:              "2026-11-28",
		`formatDate(addWorkingDays("2026-11-25T22:30:00", 1), "dd.MM.yy HH:mm")`: "28.11.26 22:30", // the time of day stays
	} {
		got, err := eval(source)
		require.NoError(t, err, source)
		require.Equal(t, want, got, source)
	}
	require.NotZero(t, asked)

	asked = 0
	_, err = eval(`1 + 1`)
	require.NoError(t, err)
	require.Zero(t, asked, "who counts no working days needs no calendar")
	_, err = eval(`addWorkingDays("2026-11-21", 900000)`)
	require.ErrorIs(t, err, ErrBudget)
	env.Working = func() (*calendar.Calendar, error) { return nil, errors.New("the calendar cannot be read") }
	_, err = eval(`addWorkingDays("2026-11-21", 1)`)
	require.ErrorContains(t, err, "the calendar cannot be read")
}
