package calendar

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	engine "github.com/fluxo-app/fluxo/engine/calendar"
)

// snapshot is what answers questions without asking the database again. It does
// not change but for the calendars that are made when they are asked for.
type snapshot struct {
	at       time.Time
	rules    map[string]Rules
	uses     map[string]string
	absences map[string][]Absence // of a person, by their first day
	made     map[string]*engine.Calendar
}

// forget lets the next question read everything anew.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
	s.changes++
}

// past is how long absences that are over still count: for timers that are
// counted again from their beginning.
const past = 400 * 24 * time.Hour

func (s *Service) load(ctx context.Context) (*snapshot, error) {
	now := s.o.Now()
	s.mu.Lock()
	c, changes := s.current, s.changes
	s.mu.Unlock()
	if c != nil && now.Sub(c.at) < s.o.Fresh && !now.Before(c.at) {
		return c, nil
	}
	c = &snapshot{at: now, rules: map[string]Rules{}, uses: map[string]string{}, absences: map[string][]Absence{}, made: map[string]*engine.Calendar{}}
	all, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		c.rules[one.ID] = one.Rules
	}
	uses, err := s.Uses(ctx)
	if err != nil {
		return nil, fmt.Errorf("who uses which calendar: %w", err)
	}
	for _, u := range uses {
		c.uses[u.ID] = u.CalendarID
	}
	absences, err := s.Absences(ctx, "", now.Add(-past).UTC().Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	for _, a := range absences {
		c.absences[a.UserID] = append(c.absences[a.UserID], a)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == changes { // else what was read may be older than the change
		s.current = c
	}
	return c, nil
}

// Find gives the working time of a name: "" and "company" the company's, the id
// of a calendar, "user:<id>" the time of a person without absences, and several
// of them joined by "+", when all of them hold.
func (s *Service) Find(ctx context.Context, name string) (*engine.Calendar, error) {
	c, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(c, name)
}

// find needs s.mu.
func (s *Service) find(c *snapshot, name string) (*engine.Calendar, error) {
	if name == "" {
		name = Company
	}
	if made := c.made[name]; made != nil {
		return made, nil
	}
	made, err := s.make(c, name)
	if err == nil {
		c.made[name] = made
	}
	return made, err
}

// namesMost bounds how many calendars may be joined.
const namesMost = 5

func (s *Service) make(c *snapshot, name string) (*engine.Calendar, error) {
	if first, rest, several := strings.Cut(name, "+"); several {
		if strings.Count(rest, "+") > namesMost-2 {
			return nil, fmt.Errorf("%.100q joins more than %d calendars", name, namesMost)
		}
		made, err := s.find(c, first)
		if err != nil {
			return nil, err
		}
		other, err := s.find(c, rest)
		if err != nil {
			return nil, err
		}
		return engine.Intersect(made, other), nil
	}
	user, isUser := strings.CutPrefix(name, "user:")
	if !isUser {
		r, ok := c.rules[name]
		if !ok {
			return nil, fmt.Errorf("there is no calendar %.100q", name)
		}
		return r.Working(s.o.Now().Year())
	}
	p, ok := s.o.People.PersonOf(user)
	if !ok {
		return nil, fmt.Errorf("there is no person %.100q", user)
	}
	own, err := s.find(c, c.of(p))
	if err != nil {
		return nil, err
	}
	var gaps []engine.Gap
	for _, a := range c.absences[user] {
		if a.Kind != Trip { // who travels works
			gaps = append(gaps, a.gap(own.Zone()))
		}
	}
	return own.Without(gaps...), nil
}

// of is the calendar a person goes by: the own one, else that of the nearest
// department that has one, else the company's.
func (c *snapshot) of(p Person) string {
	if id := c.uses["user:"+p.ID]; id != "" {
		return id
	}
	for _, d := range p.Departments {
		if id := c.uses["department:"+d]; id != "" {
			return id
		}
	}
	return Company
}

// gap is the time from the first day's midnight to that after the last.
func (a Absence) gap(zone *time.Location) engine.Gap {
	at := func(text string, days int) time.Time {
		d, err := engine.ParseDate(text)
		if err != nil {
			return time.Time{} // was checked when it was entered
		}
		year, month, day := d.Split()
		return time.Date(year, month, day+days, 0, 0, 0, 0, zone)
	}
	return engine.Gap{From: at(a.From, 0), To: at(a.To, 1)}
}

// CalendarOf is the id of the calendar a person goes by.
func (s *Service) CalendarOf(ctx context.Context, userID string) (string, error) {
	c, err := s.load(ctx)
	if err != nil {
		return "", err
	}
	p, _ := s.o.People.PersonOf(userID)
	return c.of(p), nil
}

// today is the date in a person's zone.
func (s *Service) today(ctx context.Context, userID string) (string, error) {
	id, err := s.CalendarOf(ctx, userID)
	if err != nil {
		return "", err
	}
	own, err := s.Find(ctx, id)
	if err != nil {
		return "", err
	}
	return s.o.Now().In(own.Zone()).Format(time.DateOnly), nil
}

// Absent tells whether a person is absent at a moment, and by which entry.
func (s *Service) Absent(ctx context.Context, userID string, at time.Time) (Absence, bool, error) {
	c, err := s.load(ctx)
	if err != nil || len(c.absences[userID]) == 0 {
		return Absence{}, false, err
	}
	id, err := s.CalendarOf(ctx, userID)
	if err != nil {
		return Absence{}, false, err
	}
	own, err := s.Find(ctx, id)
	if err != nil {
		return Absence{}, false, err
	}
	for _, a := range c.absences[userID] {
		if g := a.gap(own.Zone()); !at.Before(g.From) && at.Before(g.To) {
			return a, true, nil
		}
	}
	return Absence{}, false, nil
}

// Away lists the absences under way at a moment, by the person's id.
func (s *Service) Away(ctx context.Context, at time.Time) ([]Absence, error) {
	c, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	var out []Absence
	for user := range c.absences {
		a, absent, err := s.Absent(ctx, user, at)
		if err != nil {
			return nil, err
		}
		if absent {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b Absence) int { return strings.Compare(a.UserID, b.UserID) })
	return out, nil
}

// StandIn finds who does the work of an absent person at a moment: the stand-in
// of the absence, or the stand-in's own when that one is absent too, and so on.
// Whoever refused tells about is passed over in the same way. "" when the person
// is there, or when nobody is left.
func (s *Service) StandIn(ctx context.Context, userID string, at time.Time, refused func(id string) bool) (to string, a Absence, err error) {
	a, absent, err := s.Absent(ctx, userID, at)
	if err != nil || !absent {
		return "", Absence{}, err
	}
	seen := []string{userID}
	for next := a.StandIn; next != "" && !slices.Contains(seen, next); {
		seen = append(seen, next)
		theirs, away, err := s.Absent(ctx, next, at)
		if err != nil {
			return "", a, err
		}
		p, ok := s.o.People.PersonOf(next)
		if ok && p.Active && !away && !refused(next) {
			return next, a, nil
		}
		next = theirs.StandIn
	}
	return "", a, nil
}

// Heads tells whether somebody is the head of a person.
func (s *Service) Heads(head, userID string) bool {
	return slices.Contains(s.o.People.Subordinates(head), userID)
}
