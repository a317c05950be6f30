package schedule_test

import (
	"context"
	"errors"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zone files

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/schedule"
	"github.com/fluxo-app/fluxo/engine/schedule/cron"
	"github.com/fluxo-app/fluxo/engine/store"
)

var start = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

// book is one schedule document with its compare-and-set, and the starts.
type book struct {
	clock   *clock.Fake
	s       store.Schedule
	starts  map[core.RunID]core.Instant
	asked   int
	fail    error
	crashes int // AdvanceSchedule calls that fail before writing
}

func (b *book) Now(context.Context) (core.Instant, error)             { return clock.Now(b.clock), nil }
func (b *book) PutSchedule(_ context.Context, s store.Schedule) error { b.s = s; return nil }
func (b *book) DeleteSchedule(context.Context, string) error          { return nil }
func (b *book) ListSchedules(context.Context, string) ([]store.Schedule, error) {
	return []store.Schedule{b.s}, nil
}

func (b *book) DueSchedules(_ context.Context, before core.Instant, _ int) ([]store.Schedule, error) {
	if b.s.Disabled || b.s.NextAt == 0 || b.s.NextAt > before {
		return nil, nil
	}
	return []store.Schedule{b.s}, nil
}

func (b *book) AdvanceSchedule(_ context.Context, s store.Schedule) error {
	if b.crashes > 0 {
		b.crashes--
		return errors.New("connection lost")
	}
	if s.Rev != b.s.Rev {
		return store.ErrConflict
	}
	s.Rev++
	b.s = s
	return nil
}

func (b *book) StartOccurrence(_ context.Context, _ store.Schedule, run core.RunID, at core.Instant) error {
	b.asked++
	if b.fail != nil {
		return b.fail
	}
	b.starts[run] = at
	return nil
}

func newBook(t *testing.T, rule, zone string) (*book, *schedule.Loop) {
	t.Helper()
	f := clock.NewFake(start)
	s, err := schedule.New("daily", "report", "begin", rule, zone, clock.Now(f))
	require.NoError(t, err)
	b := &book{clock: f, s: s, starts: map[core.RunID]core.Instant{}}
	return b, schedule.NewLoop(schedule.Options{Store: b, Starter: b, Clock: f})
}

func tick(t *testing.T, l *schedule.Loop) int {
	t.Helper()
	n, err := l.Tick(context.Background())
	require.NoError(t, err)
	return n
}

func TestLoopStartsEachOccurrenceAtItsTime(t *testing.T) {
	b, l := newBook(t, "0 9 * * *", "Europe/Warsaw")
	require.Equal(t, "2026-03-02T08:00:00Z", clock.Time(b.s.NextAt).Format(time.RFC3339))
	b.clock.Advance(59 * time.Minute)
	require.Zero(t, tick(t, l))
	b.clock.Advance(time.Minute)
	require.Equal(t, 1, tick(t, l))
	require.Zero(t, tick(t, l))
	require.Equal(t, "2026-03-03T08:00:00Z", clock.Time(b.s.NextAt).Format(time.RFC3339))
	require.Contains(t, b.starts, schedule.RunID("daily", clock.Instant(start.Add(time.Hour))))
}

func TestLoopRepeatsAStartAfterACrashWithTheSameRun(t *testing.T) {
	b, l := newBook(t, "0 9 * * *", "Europe/Warsaw")
	b.crashes = 1
	b.clock.Advance(time.Hour)
	tick(t, l)
	tick(t, l)
	require.Equal(t, 2, b.asked)
	require.Len(t, b.starts, 1)
}

func TestLoopMakesUpForTheNewestMissedOccurrence(t *testing.T) {
	b, l := newBook(t, "*/10 * * * *", "UTC")
	b.clock.Advance(5*time.Hour + time.Minute)
	require.Equal(t, 1, tick(t, l))
	require.Contains(t, b.starts, schedule.RunID("daily", clock.Instant(start.Add(5*time.Hour))))
}

func TestLoopDropsOccurrencesBeforeTheCatchUpWindow(t *testing.T) {
	b, l := newBook(t, "0 9 1 * *", "UTC")
	b.clock.Set(time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC))
	require.Zero(t, tick(t, l))
	require.Equal(t, "2026-05-01T09:00:00Z", clock.Time(b.s.NextAt).Format(time.RFC3339))
}

func TestLoopKeepsAnOccurrenceThatFailedToStart(t *testing.T) {
	b, l := newBook(t, "0 9 * * *", "UTC")
	b.clock.Advance(2 * time.Hour)
	b.fail = errors.New("store is away")
	require.Zero(t, tick(t, l))
	b.fail = nil
	require.Equal(t, 1, tick(t, l))
}

func TestLoopPassesOverADefinitionThatIsGone(t *testing.T) {
	b, l := newBook(t, "0 9 * * *", "UTC")
	b.clock.Advance(2 * time.Hour)
	b.fail = store.ErrNotFound
	require.Zero(t, tick(t, l))
	require.Equal(t, "2026-03-03T09:00:00Z", clock.Time(b.s.NextAt).Format(time.RFC3339))
}

func TestNextPreviewsAndRefuses(t *testing.T) {
	got, err := schedule.Next("30 2 * * *", "Europe/Warsaw", time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), 2)
	require.NoError(t, err)
	require.Equal(t, []time.Time{time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), time.Date(2026, 3, 30, 0, 30, 0, 0, time.UTC)}, got)
	_, err = schedule.Next("30 2 * * *", "Mars/Base", start, 1)
	require.ErrorIs(t, err, schedule.ErrZone)
	_, err = schedule.Next("TZ=0", "", start, 1)
	require.ErrorIs(t, err, cron.ErrRule)
}
