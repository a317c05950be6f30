package cron

import (
	"time"

	robfig "github.com/robfig/cron/v3"
)

// Occurrence is one firing of a rule.
type Occurrence struct {
	At time.Time
	// Wall is what the rule asks for, as a wall clock carried in UTC. It differs
	// from the zone's clock at At when the change to summer time removes it.
	Wall time.Time
	// Moved says that the wall time does not exist on that day.
	Moved bool
	// Twice says that the wall time comes twice on that day; the first pass counts.
	Twice bool
}

// Occurrences lists the first n firings after a moment, fewer when the rule ends.
func (r Rule) Occurrences(after time.Time, n int) []Occurrence {
	out := make([]Occurrence, 0, n)
	_, constant := r.schedule.(robfig.ConstantDelaySchedule)
	for range n {
		at := r.Next(after)
		if at.IsZero() {
			break
		}
		shown := asWall(at.In(r.zone))
		o := Occurrence{At: at, Wall: shown}
		if !constant {
			o.Wall = r.wallOf(after, at)
			o.Moved = !o.Wall.Equal(shown)
			o.Twice = !o.Moved && twice(at, r.zone)
		}
		out = append(out, o)
		after = at
	}
	return out
}

// wallOf is the wall time that led to the firing at at, the first after after.
func (r Rule) wallOf(after, at time.Time) time.Time {
	wall := asWall(after.In(r.zone))
	for {
		wall = r.schedule.Next(wall)
		if wall.IsZero() || !place(wall, r.zone).Before(at) {
			return wall
		}
	}
}

// twice tells whether the zone's clock shows the time of at once more later.
func twice(at time.Time, zone *time.Location) bool {
	local := at.In(zone)
	_, end := local.ZoneBounds()
	if end.IsZero() {
		return false
	}
	_, before := local.Zone()
	_, then := end.Add(time.Second).In(zone).Zone()
	back := time.Duration(before-then) * time.Second
	return back > 0 && !local.Add(back).Before(end)
}
