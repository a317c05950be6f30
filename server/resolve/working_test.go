package resolve_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/resolve"
)

// changing is a company that works every day until somebody closes the Monday.
type changing struct {
	closed bool
	asked  int
	away   error
}

func (c *changing) Find(context.Context, string) (*calendar.Calendar, error) {
	c.asked++
	h := calendar.Hours{Zone: time.UTC, Days: map[calendar.Date][]calendar.Interval{}}
	for day := range h.Week {
		h.Week[day] = []calendar.Interval{{From: 0, To: 24 * 60}}
	}
	if c.closed {
		h.Days[calendar.DateOf(2026, 11, 23)] = nil
	}
	if c.away != nil {
		return nil, c.away
	}
	return calendar.New(h)
}

func (c *changing) Deputy(context.Context, string, time.Time, func(string) bool) (resolve.Deputy, error) {
	return resolve.Deputy{}, nil
}

// A step sees one calendar from its first expression to its last, whoever changes
// it meanwhile, and none when it counts no working days.
func TestAStepGoesByOneCalendar(t *testing.T) {
	working := &changing{}
	s := service()
	s.Calendars = working
	at := clock.Instant(now)
	step := func() func(source string) (any, error) {
		e, err := s.Evaluator(context.Background(), store.Run{RecordType: "deal", RecordID: "d1"}, host.Version{}, at)
		require.NoError(t, err)
		return func(source string) (any, error) { return e.Eval(source, nil, at) }
	}
	const monday = `formatDate(addWorkingDays("2026-11-22", 1), "yyyy-MM-dd")`
	eval := step()
	_, err := eval(`record.title`)
	require.NoError(t, err)
	require.Zero(t, working.asked)
	before, err := eval(monday)
	require.NoError(t, err)
	require.Equal(t, "2026-11-23", before)
	working.closed = true
	again, err := eval(monday)
	require.NoError(t, err)
	require.Equal(t, before, again)
	require.Equal(t, 1, working.asked)
	next, err := step()(monday)
	require.NoError(t, err)
	require.Equal(t, "2026-11-24", next, "the next step sees the change")

	// A calendar that cannot be read is no fault of the process: the step is dropped.
	working.away = errors.New("the database is away")
	e, err := s.Evaluator(context.Background(), store.Run{}, host.Version{}, at)
	require.NoError(t, err)
	_, err = e.Eval(monday, nil, at)
	require.Error(t, err)
	failing, ok := e.(interface{ Err() error })
	require.True(t, ok)
	require.ErrorIs(t, failing.Err(), working.away)
}
