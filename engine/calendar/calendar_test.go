package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// office is nine to five on working days in Warsaw, Friday until three, closed on
// Wednesday 11 November 2026, open on Saturday 14 November from ten to twelve.
func office(t testing.TB) *calendar.Calendar {
	t.Helper()
	h := calendar.Hours{Zone: zone(t, "Europe/Warsaw"), Days: map[calendar.Date][]calendar.Interval{
		calendar.DateOf(2026, 11, 11): nil,
		calendar.DateOf(2026, 11, 14): {{From: 600, To: 720}},
	}}
	for d := time.Monday; d <= time.Thursday; d++ {
		h.Week[d] = []calendar.Interval{{From: 9 * 60, To: 12 * 60}, {From: 13 * 60, To: 17 * 60}}
	}
	h.Week[time.Friday] = []calendar.Interval{{From: 9 * 60, To: 15 * 60}}
	c, err := calendar.New(h)
	require.NoError(t, err)
	return c
}

func TestCalendarAdds(t *testing.T) {
	c := office(t)
	at := func(text string) time.Time {
		out, err := time.ParseInLocation("Mon 02 Jan 15:04 2006", text+" 2026", c.Zone())
		require.NoError(t, err)
		return out
	}
	for _, tt := range []struct {
		from    string
		days    int
		minutes time.Duration
		want    string
	}{
		{"Mon 09 Nov 10:00", 0, 60, "Mon 09 Nov 11:00"},
		{"Mon 09 Nov 07:00", 0, 60, "Mon 09 Nov 10:00"}, // before opening
		{"Mon 09 Nov 19:00", 0, 60, "Tue 10 Nov 10:00"}, // after closing
		{"Mon 09 Nov 11:30", 0, 60, "Mon 09 Nov 13:30"}, // over the pause
		{"Tue 10 Nov 16:30", 0, 60, "Thu 12 Nov 09:30"}, // over the holiday
		{"Mon 09 Nov 09:00", 0, 7 * 60, "Mon 09 Nov 17:00"},
		{"Fri 13 Nov 14:00", 0, 120, "Sat 14 Nov 11:00"},  // the Saturday that is worked
		{"Mon 09 Nov 09:30", 0, -60, "Fri 06 Nov 14:30"},  // the Saturday before is not worked
		{"Mon 16 Nov 09:30", 0, -60, "Sat 14 Nov 11:30"},  //
		{"Thu 12 Nov 08:00", 0, -30, "Tue 10 Nov 16:30"},  //
		{"Mon 09 Nov 10:00", 1, 0, "Tue 10 Nov 10:00"},    //
		{"Tue 10 Nov 10:00", 1, 0, "Thu 12 Nov 10:00"},    // over the holiday; one day is not 24 working hours
		{"Mon 09 Nov 19:00", 1, 0, "Thu 12 Nov 09:00"},    // after closing counts as the next opening
		{"Thu 12 Nov 16:00", 1, 0, "Fri 13 Nov 15:00"},    // held inside the shorter day
		{"Fri 13 Nov 09:30", 1, 0, "Sat 14 Nov 10:00"},    //
		{"Sun 15 Nov 10:00", 1, 0, "Tue 17 Nov 09:00"},    //
		{"Mon 16 Nov 12:30", -1, 0, "Sat 14 Nov 12:00"},   //
		{"Thu 12 Nov 10:00", -1, 0, "Tue 10 Nov 10:00"},   //
		{"Mon 09 Nov 16:00", 5, 0, "Mon 16 Nov 16:00"},    //
		{"Mon 09 Nov 16:00", 0, 0, "Mon 09 Nov 16:00"},    // no amount: now, or the next opening
		{"Mon 09 Nov 18:00", 0, 0, "Tue 10 Nov 09:00"},    //
		{"Mon 09 Nov 17:00", 0, 0, "Tue 10 Nov 09:00"},    // the closing is closed
		{"Wed 11 Nov 12:00", -1, 0, "Mon 09 Nov 17:00"},   // counts as the Tuesday
		{"Wed 11 Nov 12:00", 0, -60, "Tue 10 Nov 16:00"},  //
		{"Sun 15 Nov 12:00", -2, 0, "Thu 12 Nov 12:00"},   // counts as the Saturday, noon
		{"Sat 14 Nov 12:00", -1, 0, "Fri 13 Nov 12:00"},   // its closing
		{"Mon 09 Nov 09:00", 0, -1, "Fri 06 Nov 14:59"},   //
		{"Mon 09 Nov 09:00", 0, -360, "Fri 06 Nov 09:00"}, //
	} {
		var got time.Time
		var err error
		if tt.days != 0 {
			got, err = c.AddDays(at(tt.from), tt.days)
		} else {
			got, err = c.Add(at(tt.from), tt.minutes*time.Minute)
		}
		require.NoError(t, err)
		require.Equal(t, tt.want, got.Format("Mon 02 Jan 15:04"), "%s and %d days, %d minutes", tt.from, tt.days, tt.minutes)
	}
}

// A rule one day before an event on a closed 15th: the event counts as the 14th,
// so the rule runs on the 13th.
//
// covers B-56
func TestBeforeADateSnapsToAWorkingDayFirst(t *testing.T) {
	zone := zone(t, "Europe/Warsaw")
	c := calendar.Office(zone) // 15 August 2026 is a Saturday
	got, err := c.AddDays(time.Date(2026, 8, 15, 12, 0, 0, 0, zone), -1)
	require.NoError(t, err)
	require.Equal(t, "2026-08-13 17:00", got.Format("2006-01-02 15:04"))
	date, err := c.AddDates(calendar.DateOf(2026, 8, 15), -1)
	require.NoError(t, err)
	require.Equal(t, "2026-08-13", date.String())
}

// covers U-48
func TestCalendarFollowsTheClocks(t *testing.T) {
	night := calendar.Hours{Zone: zone(t, "Europe/Warsaw")}
	for d := range night.Week {
		night.Week[d] = []calendar.Interval{{From: 22 * 60, To: 1440}, {From: 0, To: 6 * 60}} // a shift over midnight
	}
	c, err := calendar.New(night)
	require.NoError(t, err)
	hours := func(day int, month time.Month) float64 {
		from := time.Date(2026, month, day, 12, 0, 0, 0, c.Zone())
		return c.Between(from, from.AddDate(0, 0, 1)).Hours()
	}
	require.InDelta(t, 8, hours(10, 6), 0)
	require.InDelta(t, 7, hours(28, 3), 0, "an hour is left out")
	require.InDelta(t, 9, hours(24, 10), 0, "an hour comes twice")
}

func TestCalendarWithoutWorkingTime(t *testing.T) {
	h := calendar.Hours{Zone: time.UTC}
	never, err := calendar.New(h)
	require.NoError(t, err)
	h.Week[time.Monday] = []calendar.Interval{{From: 0, To: 60}}
	mondays, err := calendar.New(h)
	require.NoError(t, err)
	h.Week = [7][]calendar.Interval{time.Tuesday: {{From: 0, To: 60}}}
	tuesdays, err := calendar.New(h)
	require.NoError(t, err)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]*calendar.Calendar{
		"no hours": never, "hours that do not meet": calendar.Intersect(mondays, tuesdays),
		"away for good": mondays.Without(calendar.Gap{From: now, To: now.AddDate(500, 0, 0)}, calendar.Gap{From: now.AddDate(-500, 0, 0), To: now}),
	} {
		for _, amount := range []int{-1, 0, 1} {
			_, err := c.Add(now, time.Duration(amount)*time.Minute)
			require.ErrorIs(t, err, calendar.ErrClosed, name)
			_, err = c.AddDays(now, amount)
			require.ErrorIs(t, err, calendar.ErrClosed, name)
		}
		_, err := c.AddDates(calendar.DateAt(now), 1)
		require.ErrorIs(t, err, calendar.ErrClosed, name)
		_, err = c.Last(now)
		require.ErrorIs(t, err, calendar.ErrClosed, name)
		require.False(t, c.Open(now))
	}
	_, err = mondays.Add(now, 1_000_000*time.Hour)
	require.ErrorIs(t, err, calendar.ErrClosed, "more than there is in two centuries")
	_, err = mondays.AddDays(now, 1_000_000)
	require.ErrorIs(t, err, calendar.ErrClosed)
}

func TestCalendarRefusesHours(t *testing.T) {
	for _, day := range [][]calendar.Interval{{{From: -1, To: 5}}, {{From: 5, To: 5}}, {{From: 22 * 60, To: 6 * 60}}, {{From: 0, To: 1441}}, {{From: 0, To: 60}, {From: 59, To: 70}}} {
		h := calendar.Hours{Zone: time.UTC}
		h.Week[3] = day
		_, err := calendar.New(h)
		require.ErrorIs(t, err, calendar.ErrHours, "%v", day)
		_, err = calendar.New(calendar.Hours{Zone: time.UTC, Days: map[calendar.Date][]calendar.Interval{0: day}})
		require.ErrorIs(t, err, calendar.ErrHours, "%v", day)
	}
	_, err := calendar.New(calendar.Hours{})
	require.ErrorIs(t, err, calendar.ErrHours)
	_, err = calendar.ParseDate("2026-02-30")
	require.ErrorIs(t, err, calendar.ErrHours)
}

func TestCalendarWindows(t *testing.T) {
	c := office(t)
	var got []string
	for _, w := range c.Windows(time.Date(2026, 11, 10, 0, 0, 0, 0, c.Zone()), time.Date(2026, 11, 15, 0, 0, 0, 0, c.Zone()), 4) {
		got = append(got, w.From.Format("02 15:04")+"-"+w.To.Format("15:04"))
	}
	require.Equal(t, []string{"10 09:00-12:00", "10 13:00-17:00", "12 09:00-12:00", "12 13:00-17:00"}, got)
}

func BenchmarkTwoWorkingDays(b *testing.B) {
	c, now := office(b), time.Date(2026, 11, 10, 10, 0, 0, 0, time.UTC)
	for b.Loop() {
		if _, err := c.AddDays(now, 2); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkThousandWorkingHours(b *testing.B) {
	c, now := office(b), time.Date(2026, 11, 10, 10, 0, 0, 0, time.UTC)
	for b.Loop() {
		if _, err := c.Add(now, 1000*time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}
