package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors that callers branch on.
var (
	// ErrHours: hours that cannot be; the text says which.
	ErrHours = errors.New("working hours are not valid")
	// ErrClosed: the calendar has no working time where it was looked for.
	ErrClosed = errors.New("there is no working time")
)

// Interval is a part of a day in minutes after midnight, From inclusive, To
// exclusive and at most 1,440. Hours over midnight are two intervals.
type Interval struct{ From, To int }

// Hours are the rules of one calendar.
type Hours struct {
	Zone *time.Location
	Week [7][]Interval // by time.Weekday
	// Days differ from the week: no intervals at all is a holiday.
	Days map[Date][]Interval
}

// Gap is a period without work, To exclusive.
type Gap struct{ From, To time.Time }

// part is one set of hours, checked.
type part struct {
	zone *time.Location
	week [7][]Interval
	days map[Date][]Interval
}

// window is working time in milliseconds, to exclusive.
type window struct{ from, to int64 }

// Calendar is when work is done. It never changes and is safe for concurrent use.
type Calendar struct {
	parts []part
	gaps  []window // ascending, apart
}

// New checks hours and makes their calendar.
func New(h Hours) (*Calendar, error) {
	if h.Zone == nil {
		return nil, fmt.Errorf("%w: the zone is missing", ErrHours)
	}
	p := part{zone: h.Zone, days: make(map[Date][]Interval, len(h.Days))}
	for i, day := range h.Week {
		hours, err := checked(day)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", time.Weekday(i), err)
		}
		p.week[i] = hours
	}
	for date, day := range h.Days {
		hours, err := checked(day)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", date, err)
		}
		p.days[date] = hours
	}
	return &Calendar{parts: []part{p}}, nil
}

// Office is Monday to Friday from nine to five, what holds where nobody has said
// anything else.
func Office(zone *time.Location) *Calendar {
	if zone == nil {
		zone = time.UTC
	}
	p := part{zone: zone}
	for day := time.Monday; day <= time.Friday; day++ {
		p.week[day] = []Interval{{9 * 60, 17 * 60}}
	}
	return &Calendar{parts: []part{p}}
}

// checked sorts intervals and joins those that touch; ones that overlap are refused.
func checked(day []Interval) ([]Interval, error) {
	sorted := slices.SortedFunc(slices.Values(day), func(a, b Interval) int { return a.From - b.From })
	var out []Interval
	for _, i := range sorted {
		if i.From < 0 || i.To > 24*60 || i.From >= i.To {
			return nil, fmt.Errorf("%w: from minute %d to minute %d; write hours over midnight as two intervals", ErrHours, i.From, i.To)
		}
		if n := len(out); n > 0 && i.From <= out[n-1].To {
			if i.From < out[n-1].To {
				return nil, fmt.Errorf("%w: the hours from minute %d overlap others", ErrHours, i.From)
			}
			out[n-1].To = i.To
			continue
		}
		out = append(out, i)
	}
	return out, nil
}

// Zone is where the calendar's dates are: that of its first hours.
func (c *Calendar) Zone() *time.Location { return c.parts[0].zone }

// Without is the calendar with periods of no work cut out.
func (c *Calendar) Without(gaps ...Gap) *Calendar {
	all := slices.Clone(c.gaps)
	for _, g := range gaps {
		if g.From.Before(g.To) {
			all = append(all, window{g.From.UnixMilli(), g.To.UnixMilli()})
		}
	}
	return &Calendar{parts: c.parts, gaps: joined(all)}
}

// Intersect is when work is done by all the calendars. Dates are those of the
// first one's zone.
func Intersect(first *Calendar, others ...*Calendar) *Calendar {
	out := &Calendar{parts: slices.Clone(first.parts), gaps: slices.Clone(first.gaps)}
	for _, c := range others {
		out.parts = append(out.parts, c.parts...)
		out.gaps = append(out.gaps, c.gaps...)
	}
	out.gaps = joined(out.gaps)
	return out
}

func joined(all []window) []window {
	slices.SortFunc(all, func(a, b window) int { return cmp.Compare(a.from, b.from) })
	out := all[:0]
	for _, w := range all {
		if n := len(out); n > 0 && w.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, w.to)
			continue
		}
		out = append(out, w)
	}
	return out
}

func (p *part) on(d Date) []Interval {
	if hours, differs := p.days[d]; differs {
		return hours
	}
	return p.week[d.Weekday()]
}

// windows appends the part's working time within [from, to).
func (p *part) windows(out []window, local *clocks, from, to int64) []window {
	// The day before may reach into from when the clocks go back over midnight.
	wall, _ := local.shown(from)
	for d := Date(floor(wall, day)) - 1; ; d++ {
		midnight := int64(d) * secondsOfDay
		if local.at(midnight)*1000 >= to {
			return out
		}
		for _, i := range p.on(d) {
			w := window{max(local.at(midnight+int64(i.From)*60)*1000, from), min(local.at(midnight+int64(i.To)*60)*1000, to)}
			if w.from >= w.to {
				continue
			}
			if n := len(out); n > 0 && out[n-1].to == w.from {
				out[n-1].to = w.to // over midnight
				continue
			}
			out = append(out, w)
		}
	}
}

// search holds what one computation needs again and again.
type search struct {
	c     *Calendar
	local []clocks
	lists [3][]window
}

func (c *Calendar) search() *search {
	s := &search{c: c, local: make([]clocks, len(c.parts))}
	for i := range c.parts {
		s.local[i].zone = c.parts[i].zone
	}
	return s
}

// windows lists working time within [from, to), ascending and apart; the list
// holds until the next call.
func (s *search) windows(from, to int64) []window {
	s.lists[0] = s.c.parts[0].windows(s.lists[0][:0], &s.local[0], from, to)
	for i := 1; i < len(s.c.parts) && len(s.lists[0]) > 0; i++ {
		s.lists[1] = s.c.parts[i].windows(s.lists[1][:0], &s.local[i], from, to)
		s.lists[2] = both(s.lists[2][:0], s.lists[0], s.lists[1])
		s.lists[0], s.lists[2] = s.lists[2], s.lists[0]
	}
	if len(s.c.gaps) > 0 && len(s.lists[0]) > 0 {
		s.lists[2] = cut(s.lists[2][:0], s.lists[0], s.c.gaps)
		s.lists[0], s.lists[2] = s.lists[2], s.lists[0]
	}
	return s.lists[0]
}

func both(out, a, b []window) []window {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		w := window{max(a[i].from, b[j].from), min(a[i].to, b[j].to)}
		if w.from < w.to {
			out = append(out, w)
		}
		if a[i].to < b[j].to {
			i++
		} else {
			j++
		}
	}
	return out
}

func cut(out, list, gaps []window) []window {
	next, _ := slices.BinarySearchFunc(gaps, list[0].from, func(g window, at int64) int {
		if g.to <= at {
			return -1
		}
		return 1
	})
	gaps = gaps[next:]
	for _, w := range list {
		for len(gaps) > 0 && gaps[0].to <= w.from {
			gaps = gaps[1:]
		}
		for k := 0; k < len(gaps) && gaps[k].from < w.to; k++ {
			if w.from < gaps[k].from {
				out = append(out, window{w.from, gaps[k].from})
			}
			w.from = max(w.from, min(gaps[k].to, w.to))
		}
		if w.from < w.to {
			out = append(out, w)
		}
	}
	return out
}
