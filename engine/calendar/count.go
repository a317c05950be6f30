package calendar

import (
	"fmt"
	"slices"
	"time"
)

// Bounds of a search, in days: how long a calendar may be closed at a stretch,
// and how far a result may lie away.
const (
	closedMost = 5 * 366
	farMost    = 200 * 366
)

const day = int64(secondsOfDay) * 1000 // milliseconds

// Open tells whether a moment is working time.
func (c *Calendar) Open(t time.Time) bool {
	at := t.UnixMilli()
	return len(c.search().windows(at, at+1)) > 0
}

// Next is the moment itself when it is working time, else the next opening.
func (c *Calendar) Next(t time.Time) (time.Time, error) {
	at, err := c.search().next(t.UnixMilli())
	return c.moment(at, t, err)
}

// Last is the moment itself when it is working time, else the last closing before.
func (c *Calendar) Last(t time.Time) (time.Time, error) {
	at, err := c.search().last(t.UnixMilli())
	return c.moment(at, t, err)
}

// Add moves by an amount of working time, back when it is negative. Without any
// amount it is Next.
func (c *Calendar) Add(t time.Time, amount time.Duration) (time.Time, error) {
	s, at, n := c.search(), t.UnixMilli(), amount.Milliseconds()
	var err error
	switch {
	case n > 0:
		at, err = s.forward(at, n)
	case n < 0:
		at, err = s.back(at, -n)
	default:
		at, err = s.next(at)
	}
	return c.moment(at, t, err)
}

// AddDays moves by working days, back when n is negative; see the package's
// comment. Without any day it is Next.
func (c *Calendar) AddDays(t time.Time, n int) (time.Time, error) {
	s := c.search()
	at, err := s.days(t.UnixMilli(), n)
	return c.moment(at, t, err)
}

// AddDates moves a date by working days. A date that is none counts as the next
// one (the one before when n is negative), as an event on a holiday does.
func (c *Calendar) AddDates(d Date, n int) (Date, error) {
	s, step := c.search(), Date(1)
	if n < 0 {
		step, n = -1, -n
	}
	d, err := s.working(d, step)
	for ; n > 0 && err == nil; n-- {
		d, err = s.working(d+step, step)
	}
	return d, err
}

// Between is how much working time lies between two moments; negative when b is
// the earlier one.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	from, to, sign := a.UnixMilli(), b.UnixMilli(), time.Duration(1)
	if from > to {
		from, to, sign = to, from, -1
	}
	s, sum := c.search(), int64(0)
	for from < to {
		end := min(from+closedMost*day, to)
		for _, w := range s.windows(from, end) {
			sum += w.to - w.from
		}
		from = end
	}
	return sign * time.Duration(sum) * time.Millisecond
}

// Windows lists the working time within a period, at most limit of them.
func (c *Calendar) Windows(from, to time.Time, limit int) []Gap {
	s, at, end := c.search(), from.UnixMilli(), to.UnixMilli()
	var out []Gap
	for at < end && len(out) < limit {
		until := min(at+32*day, end)
		for _, w := range s.windows(at, until) {
			g := Gap{time.UnixMilli(w.from).In(c.Zone()), time.UnixMilli(w.to).In(c.Zone())}
			if n := len(out); n > 0 && out[n-1].To.Equal(g.From) {
				out[n-1].To = g.To
			} else if n < limit {
				out = append(out, g)
			}
		}
		at = until
	}
	return out
}

func (c *Calendar) moment(at int64, from time.Time, err error) (time.Time, error) {
	if err != nil {
		return time.Time{}, fmt.Errorf("%w around %s", err, from.In(c.Zone()).Format("2006-01-02"))
	}
	return time.UnixMilli(at).In(c.Zone()), nil
}

// errFar is part of ErrClosed: too little working time within two centuries.
var errFar = fmt.Errorf("%w left within two centuries", ErrClosed)

// chunks visits working time in the order of a direction, in pieces that grow,
// until visit says that it has found what it looks for.
func (s *search) chunks(at int64, forward bool, visit func(w window) (found bool)) error {
	start, openAt, size := at, at, 4*day
	for {
		from, to := at, at+size
		if !forward {
			from, to = at-size, at
		}
		list := s.windows(from, to)
		if !forward {
			slices.Reverse(list)
		}
		for _, w := range list {
			if visit(w) {
				return nil
			}
			openAt = at
		}
		at = to
		if !forward {
			at = from
		}
		switch {
		case abs(at-openAt) > closedMost*day:
			return ErrClosed
		case abs(at-start) > farMost*day:
			return errFar
		}
		size = min(2*size, 256*day)
	}
}

func abs(n int64) int64 { return max(n, -n) }

func (s *search) next(at int64) (int64, error) {
	var found int64
	err := s.chunks(at, true, func(w window) bool { found = w.from; return true })
	return found, err
}

func (s *search) last(at int64) (int64, error) {
	if len(s.windows(at, at+1)) > 0 {
		return at, nil
	}
	var found int64
	err := s.chunks(at, false, func(w window) bool { found = w.to; return true })
	return found, err
}

func (s *search) forward(at, amount int64) (int64, error) {
	err := s.chunks(at, true, func(w window) bool {
		if length := w.to - w.from; amount > length {
			amount -= length
			return false
		}
		at = w.from + amount
		return true
	})
	return at, err
}

func (s *search) back(at, amount int64) (int64, error) {
	err := s.chunks(at, false, func(w window) bool {
		if length := w.to - w.from; amount > length {
			amount -= length
			return false
		}
		at = w.to - amount
		return true
	})
	return at, err
}

// on lists the working time of a date.
func (s *search) on(d Date) []window {
	midnight := int64(d) * secondsOfDay
	return s.windows(s.local[0].at(midnight)*1000, s.local[0].at(midnight+secondsOfDay)*1000)
}

// working is the date itself when it is a working day, else the next one in the
// direction of step.
func (s *search) working(d Date, step Date) (Date, error) {
	for range closedMost {
		if len(s.on(d)) > 0 {
			return d, nil
		}
		d += step
	}
	return 0, ErrClosed
}

func (s *search) days(at int64, n int) (int64, error) {
	step := Date(1)
	snap := s.next
	if n < 0 {
		step, n, snap = -1, -n, s.last
	}
	snapped, err := snap(at)
	if n == 0 || err != nil {
		return snapped, err
	}
	// A closing belongs to the day that ends with it, and so does the end of a
	// repeated hour.
	var end int64
	if len(s.windows(snapped, snapped+1)) == 0 {
		end = 1
	}
	local := &s.local[0]
	wall, held := local.shown(snapped - end)
	if held {
		end = 1
	}
	d := Date(floor(wall, day))
	rest := wall + end - int64(d)*day
	for k := 0; k < n; k++ {
		if k > farMost {
			return 0, errFar
		}
		if d, err = s.working(d+step, step); err != nil {
			return 0, err
		}
	}
	list := s.on(d)
	seconds := floor(rest, 1000)
	same := local.at(int64(d)*secondsOfDay+seconds)*1000 + rest - seconds*1000
	return within(list, same, step > 0), nil
}

// within holds a moment inside the windows of a day: in a pause it goes on in the
// direction, before and after the hours it is the opening and the closing.
func within(list []window, at int64, forward bool) int64 {
	for i, w := range list {
		switch {
		case at < w.from && (forward || i == 0):
			return w.from
		case at < w.from:
			return list[i-1].to
		case at < w.to, at == w.to && !forward:
			return at
		}
	}
	return list[len(list)-1].to
}
