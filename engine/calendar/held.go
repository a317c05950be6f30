package calendar

import "time"

// Earlier is the moment itself on a working day, else the same time of day on the
// last working day before.
func (c *Calendar) Earlier(t time.Time) (time.Time, error) {
	s := c.search()
	d, rest := s.dated(t.UnixMilli())
	on, err := s.working(d, -1)
	if err != nil || on == d {
		return c.moment(t.UnixMilli(), t, err)
	}
	return c.moment(s.instant(on, rest), t, nil)
}

// Held is the moment moved into working time without coming later than its date:
// a date without work counts as the last working day before it; before the hours
// it is their opening, in a pause and after them the closing before.
func (c *Calendar) Held(t time.Time) (time.Time, error) {
	s := c.search()
	d, rest := s.dated(t.UnixMilli())
	on, err := s.working(d, -1)
	if err != nil {
		return c.moment(0, t, err)
	}
	at := t.UnixMilli()
	if on != d {
		at = s.instant(on, rest)
	}
	return c.moment(within(s.on(on), at, false), t, nil)
}

// dated is the date of a moment and the milliseconds since its midnight.
func (s *search) dated(at int64) (Date, int64) {
	wall, _ := s.local[0].shown(at)
	d := Date(floor(wall, day))
	return d, wall - int64(d)*day
}

// instant is a time of day on a date.
func (s *search) instant(d Date, rest int64) int64 {
	seconds := floor(rest, 1000)
	return s.local[0].at(int64(d)*secondsOfDay+seconds)*1000 + rest - seconds*1000
}
