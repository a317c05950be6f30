package calendar_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zone files

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/calendar"
)

// rules are what a calendar is made from, kept for the walker.
type rules struct {
	hours []calendar.Hours
	gaps  []calendar.Gap
}

func (r rules) build(t require.TestingT) *calendar.Calendar {
	var all []*calendar.Calendar
	for _, h := range r.hours {
		c, err := calendar.New(h)
		require.NoError(t, err)
		all = append(all, c)
	}
	return calendar.Intersect(all[0], all[1:]...).Without(r.gaps...)
}

// walker knows working time minute by minute. It shares nothing with the package:
// it looks at what the clocks show and remembers the latest.
type walker struct {
	from int64           // minute of the first entry
	open []bool          // per minute
	wall []int64         // latest local minute shown, of the first hours' zone
	held []bool          // the clocks show an earlier one
	days []calendar.Date // its date
}

func walk(r rules, from time.Time, days int) *walker {
	const before = 4 * 24 * 60
	w := &walker{from: from.Unix()/60 - before}
	n := days*24*60 + 2*before
	w.open, w.held, w.wall, w.days = make([]bool, n), make([]bool, n), make([]int64, n), make([]calendar.Date, n)
	for i := range w.open {
		w.open[i] = true
	}
	for k, h := range r.hours {
		latest := int64(-1 << 60)
		for i := range w.open {
			_, offset := time.Unix((w.from+int64(i))*60, 0).In(h.Zone).Zone()
			shown := w.from + int64(i) + int64(offset)/60
			latest = max(latest, shown)
			minute := int(latest % (24 * 60))
			date := calendar.Date(latest / (24 * 60))
			hours, differs := h.Days[date]
			if !differs {
				hours = h.Week[(int(date)+4)%7] // 1 January 1970 was a Thursday
			}
			within := false
			for _, iv := range hours {
				within = within || iv.From <= minute && minute < iv.To
			}
			w.open[i] = w.open[i] && within
			if k == 0 {
				w.wall[i], w.held[i], w.days[i] = latest, shown < latest, date
			}
		}
	}
	for _, g := range r.gaps {
		for i := range w.open {
			at := time.Unix((w.from+int64(i))*60, 0)
			if !at.Before(g.From) && at.Before(g.To) {
				w.open[i] = false
			}
		}
	}
	return w
}

func (w *walker) at(t time.Time) int   { return int(t.Unix()/60 - w.from) }
func (w *walker) time(i int) time.Time { return time.Unix((w.from+int64(i))*60, 0) }
func (w *walker) inside(i int) bool    { return i >= 0 && i < len(w.open) }
func (w *walker) isOpen(i int) bool    { return w.inside(i) && w.open[i] }
func (w *walker) next(i int) (int, bool) {
	for ; w.inside(i); i++ {
		if w.open[i] {
			return i, true
		}
	}
	return 0, false
}

func (w *walker) add(i, minutes int) (int, bool) {
	step := 1
	if minutes < 0 {
		step, minutes = -1, -minutes
	}
	for minutes > 0 {
		if step < 0 {
			i--
		}
		if !w.inside(i) {
			return 0, false
		}
		if w.open[i] {
			minutes--
		}
		if step > 0 {
			i++
		}
	}
	return i, true
}

// addDays is the definition of the package's comment, by hand.
func (w *walker) addDays(i, n int) (int, bool) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	edge := 0 // the minute whose date counts lies so far before i
	if step > 0 {
		var ok bool
		if i, ok = w.next(i); !ok {
			return 0, false
		}
	} else if !w.isOpen(i) {
		for i--; !w.isOpen(i); i-- {
			if !w.inside(i) {
				return 0, false
			}
		}
		i, edge = i+1, 1
	}
	at := i - edge
	date, rest := w.days[at], w.wall[at]%(24*60)
	if edge > 0 || w.held[at] {
		rest++
	}
	for n > 0 {
		at += step
		if !w.inside(at) {
			return 0, false
		}
		if w.open[at] && w.days[at] != date {
			date = w.days[at]
			n--
		}
	}
	first, last := at, at
	for w.inside(first-1) && w.days[first-1] == date {
		first--
	}
	for w.inside(last+1) && w.days[last+1] == date {
		last++
	}
	if first == 0 || last == len(w.days)-1 {
		return 0, false
	}
	same := first // the first minute that shows the time of day, or a later one
	for same <= last && w.wall[same]%(24*60) < rest {
		same++
	}
	if same <= last && w.open[same] {
		return same, true
	}
	if step > 0 {
		for k := same; k <= last; k++ {
			if w.open[k] {
				return k, true
			}
		}
	}
	for k := min(same, last+1) - 1; k >= first; k-- {
		if w.open[k] {
			return k + 1, true
		}
	}
	for k := first; k <= last; k++ {
		if w.open[k] {
			return k, true
		}
	}
	return 0, false
}

// Zones with every kind of change: by an hour, by half an hour, at midnight, on
// the other half of the globe, far ahead and behind, none at all, and two whole
// days that were left out.
var zoneNames = []string{"Europe/Warsaw", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Chatham",
	"Africa/Cairo", "America/Havana", "Asia/Beirut", "Europe/Dublin", "Africa/Casablanca", "Antarctica/Troll", "UTC"}

// moments are days on which clocks were changed somewhere above.
var moments = []string{"2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2018-11-04", "2019-02-17", "2026-04-05", "2026-10-04", "2011-12-30", "2026-09-27",
	"2026-02-15", "2028-02-29", "2026-12-31", "1999-12-31", "2038-01-19"}

func drawInterval(t *rapid.T, name string, out []calendar.Interval) []calendar.Interval {
	step := rapid.SampledFrom([]int{1, 15, 30, 60, 240}).Draw(t, name+" step")
	from := rapid.IntRange(0, (24*60-1)/step).Draw(t, name+" from") * step
	to := min(from+rapid.IntRange(1, 24*60/step).Draw(t, name+" length")*step, 24*60)
	for _, i := range out {
		if from < i.To && i.From < to {
			return out
		}
	}
	return append(out, calendar.Interval{From: from, To: to})
}

func drawRules(t *rapid.T) (rules, time.Time) {
	center, err := time.Parse(time.DateOnly, rapid.SampledFrom(moments).Draw(t, "moment"))
	if err != nil {
		t.Fatal(err)
	}
	var r rules
	for k := range rapid.IntRange(1, 3).Draw(t, "calendars") {
		zone, err := time.LoadLocation(rapid.SampledFrom(zoneNames).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		h := calendar.Hours{Zone: zone, Days: map[calendar.Date][]calendar.Interval{}}
		for d := range h.Week {
			for range rapid.IntRange(0, 3).Draw(t, "intervals") {
				h.Week[d] = drawInterval(t, fmt.Sprint(k, " ", d), h.Week[d])
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "days") {
			d := calendar.DateAt(center) + calendar.Date(rapid.IntRange(-12, 12).Draw(t, "day"))
			h.Days[d] = nil
			if rapid.Bool().Draw(t, "open") {
				h.Days[d] = drawInterval(t, "day", nil)
			}
		}
		r.hours = append(r.hours, h)
	}
	for range rapid.IntRange(0, 2).Draw(t, "gaps") {
		from := center.Add(time.Duration(rapid.IntRange(-10*24*60, 10*24*60).Draw(t, "gap")) * time.Minute)
		r.gaps = append(r.gaps, calendar.Gap{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 4*24*60).Draw(t, "gap length")) * time.Minute)})
	}
	return r, center
}

// The arithmetic gives what counting minutes gives, in zones with every kind of
// change of the clocks, through intersections, holidays and absences.
//
// covers U-48, U-55
func TestCalendarEqualsMinuteWalker(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, center := drawRules(t)
		c, w := r.build(t), walk(r, center.AddDate(0, 0, -14), 28)
		for range 12 {
			at := center.Add(time.Duration(rapid.IntRange(-9*24*60, 9*24*60).Draw(t, "at")) * time.Minute)
			i := w.at(at)
			require.Equal(t, w.isOpen(i), c.Open(at), "open at %s", at)
			if want, ok := w.next(i); ok {
				got, err := c.Next(at)
				require.NoError(t, err)
				require.WithinDuration(t, w.time(want), got, 0, "next of %s", at)
			}
			minutes := rapid.IntRange(-3000, 3000).Draw(t, "minutes")
			if want, ok := w.add(i, minutes); ok && minutes != 0 {
				got, err := c.Add(at, time.Duration(minutes)*time.Minute)
				require.NoError(t, err)
				require.WithinDuration(t, w.time(want), got, 0, "%s and %d minutes", at, minutes)
				require.Equal(t, time.Duration(minutes)*time.Minute, c.Between(at, got))
			}
			days := rapid.IntRange(-5, 5).Draw(t, "working days")
			if want, ok := w.addDays(i, days); ok && days != 0 {
				got, err := c.AddDays(at, days)
				require.NoError(t, err)
				require.WithinDuration(t, w.time(want), got, 0, "%s and %d days in %s", at, days, c.Zone())
			}
		}
	})
}

// Moving by working time is monotone and additive, comes back, and never ends in
// closed time.
//
// covers U-55
func TestCalendarLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, center := drawRules(t)
		r.hours[0].Week[time.Wednesday] = []calendar.Interval{{From: 0, To: 1440}}
		r.hours = r.hours[:1]
		c := r.build(t)
		moment := func(name string) time.Time {
			return center.Add(time.Duration(rapid.Int64Range(-20*86400e3, 20*86400e3).Draw(t, name)) * time.Millisecond)
		}
		a, b := moment("a"), moment("b")
		if b.Before(a) {
			a, b = b, a
		}
		m := time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "m")) * time.Millisecond
		n := time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "n")) * time.Millisecond
		add := func(at time.Time, d time.Duration) time.Time {
			out, err := c.Add(at, d)
			require.NoError(t, err)
			return out
		}
		days := func(at time.Time, n int) time.Time {
			out, err := c.AddDays(at, n)
			require.NoError(t, err)
			return out
		}
		atWork := func(at time.Time) bool { return c.Open(at) || c.Open(at.Add(-time.Millisecond)) }
		require.False(t, add(b, m).Before(add(a, m)), "monotone")
		require.False(t, add(b, -m).Before(add(a, -m)), "monotone backwards")
		require.WithinDuration(t, add(a, m+n), add(add(a, m), n), 0, "additive")
		require.WithinDuration(t, add(a, -m-n), add(add(a, -m), -n), 0, "additive backwards")
		require.Equal(t, m, c.Between(a, add(a, m)))
		require.True(t, atWork(add(a, m)) && atWork(add(a, -m)))
		k := rapid.IntRange(1, 9).Draw(t, "days")
		require.False(t, days(b, k).Before(days(a, k)), "days are monotone: %s %s", days(a, k), days(b, k))
		require.False(t, days(b, -k).Before(days(a, -k)), "days are monotone backwards: %s %s", days(a, -k), days(b, -k))
		require.True(t, atWork(days(a, k)) && atWork(days(a, -k)))
		one, err := c.AddDates(calendar.DateAt(a.In(c.Zone())), k)
		require.NoError(t, err)
		two, err := c.AddDates(one, k)
		require.NoError(t, err)
		both, err := c.AddDates(calendar.DateAt(a.In(c.Zone())), 2*k)
		require.NoError(t, err)
		require.Equal(t, both, two, "dates are additive")
	})
}

// Years of office hours with a fifth of a year's days off, counted
// both ways.
func TestCalendarOverYears(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Warsaw")
	require.NoError(t, err)
	h := calendar.Hours{Zone: zone, Days: map[calendar.Date][]calendar.Interval{}}
	for d := time.Monday; d <= time.Saturday; d++ {
		h.Week[d] = []calendar.Interval{{From: 8 * 60, To: 12 * 60}, {From: 13*60 + 20, To: 17*60 + 5}}
	}
	start := time.Date(2007, 1, 1, 0, 0, 0, 0, zone)
	for d := calendar.DateAt(start); d < calendar.DateAt(start)+2200; d += 5 {
		h.Days[d] = nil
	}
	r := rules{hours: []calendar.Hours{h}}
	c, w := r.build(t), walk(r, start, 6*366+30)
	i, minutes := w.at(start), 0
	for k := i; k < w.at(start.AddDate(6, 0, 0)); k++ {
		if w.open[k] {
			minutes++
		}
	}
	require.Equal(t, time.Duration(minutes)*time.Minute, c.Between(start, start.AddDate(6, 0, 0)))
	got, err := c.Add(start, time.Duration(minutes)*time.Minute)
	require.NoError(t, err)
	want, ok := w.add(i, minutes)
	require.True(t, ok)
	require.WithinDuration(t, w.time(want), got, 0)
}
