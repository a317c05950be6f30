package calendar

import "time"

// clocks turns local times of one zone into instants. It remembers the span
// without a change of the offset around the last one asked for, so that walking
// over days does not look up the zone again and again. Not safe for concurrent
// use: every computation has its own.
type clocks struct {
	zone     *time.Location
	from, to int64 // seconds: the offset holds for these instants
	offset   int64
}

const (
	forever = int64(1) << 60
	// aside is more than any offset and any single change of one.
	aside = 26 * 60 * 60
)

func (c *clocks) look(at int64) {
	if c.from <= at && at < c.to {
		return
	}
	t := time.Unix(at, 0).In(c.zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	c.offset, c.from, c.to = int64(offset), -forever, forever
	if !start.IsZero() {
		c.from = start.Unix()
	}
	if !end.IsZero() {
		c.to = end.Unix()
	}
}

// at is the first instant (seconds) at which the clocks show a local time, given
// in seconds as if it were UTC, or a later one.
func (c *clocks) at(wall int64) int64 {
	c.look(wall - c.offset)
	if c.from+aside <= wall && wall < c.to-aside {
		return wall - c.offset
	}
	c.look(wall - aside)
	for {
		// Of the spans in order, the first in which the clocks get so far.
		instant := max(wall-c.offset, c.from)
		if instant < c.to {
			return instant
		}
		c.look(c.to)
	}
}

// shown is the latest local time that the clocks have shown up to an instant,
// both in milliseconds, the local one as if it were UTC. It never goes back: in
// the second pass of a repeated hour it is held at the end of the first.
func (c *clocks) shown(at int64) (wall int64, held bool) {
	second := floor(at, 1000)
	c.look(second)
	wall, change := at+c.offset*1000, c.from
	if second >= change+aside || change == -forever {
		return wall, false
	}
	c.look(change - 1)
	if last := (change+c.offset)*1000 - 1; wall <= last {
		return last, true
	}
	return wall, false
}

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
