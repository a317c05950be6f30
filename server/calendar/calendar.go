package calendar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/google/uuid"

	engine "github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/calendar/holiday"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Company is the id of the calendar that holds where nothing else is said. It is
// always there.
const Company = "company"

// Hours is a part of a day, "09:00" to "17:00"; "24:00" is the end of the day.
type Hours struct {
	From string `json:"from" pattern:"^[0-2][0-9]:[0-5][0-9]$" maxLength:"5"`
	To   string `json:"to" pattern:"^[0-2][0-9]:[0-5][0-9]$" maxLength:"5"`
}

// Day is a date that differs from the week: closed when it has no hours.
type Day struct {
	Date  string  `json:"date" format:"date"`
	Name  string  `json:"name" maxLength:"100"`
	Hours []Hours `json:"hours" maxItems:"24"`
}

// Rules are what people edit of a calendar.
type Rules struct {
	Name string    `json:"name" minLength:"1" maxLength:"100"`
	Zone string    `json:"zone" minLength:"1" maxLength:"60" doc:"IANA name such as Europe/Warsaw"`
	Week [][]Hours `json:"week" minItems:"7" maxItems:"7" doc:"Monday first"`
	Sets []string  `json:"sets" maxItems:"10" doc:"countries whose public holidays are days off"`
	Days []Day     `json:"days" maxItems:"2000" doc:"days that differ; they win over holidays"`
}

// Calendar is one calendar as it is kept.
type Calendar struct {
	docstore.Entity
	Rules
}

// Use says which calendar somebody goes by.
type Use struct {
	docstore.Entity        // "user:<id>" or "department:<id>"
	CalendarID      string `json:"calendarId"`
}

// Limits.
const (
	calendarsMost = 200
	usesMost      = 20_000
	nameMost      = 100
	// Public holidays are computed for these years around the present one.
	yearsBack, yearsAhead = 2, 12
)

// Person is what the package knows of people.
type Person struct {
	ID          string
	Departments []string // from the own one upwards
	Active      bool
}

// People is the directory.
type People interface {
	// PersonOf gives an account; ok is false when there is none.
	PersonOf(id string) (Person, bool)
	// HasDepartment tells whether there is such a department.
	HasDepartment(id string) bool
	// Subordinates lists the people somebody heads.
	Subordinates(id string) []string
}

// Options of New.
type Options struct {
	Store  docstore.Store
	People People
	Now    func() time.Time
	Zone   string        // of the company, until somebody sets it
	Fresh  time.Duration // how soon changes by another process are seen: 5 s
}

// Service keeps calendars. Safe for concurrent use.
type Service struct {
	o         Options
	calendars docstore.Typed[Calendar]
	uses      docstore.Typed[Use]
	absences  docstore.Typed[keptAbsence]
	days      docstore.Typed[Workday]

	mu      sync.Mutex
	current *snapshot // guarded by mu
	changes int       // made here; guarded by mu
}

// New opens the collections.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Fresh <= 0 {
		o.Fresh = 5 * time.Second
	}
	s := &Service{o: o}
	var errs [4]error
	s.calendars, errs[0] = docstore.NewTyped[Calendar](ctx, o.Store, docstore.Spec{Name: "calendars"})
	s.uses, errs[1] = docstore.NewTyped[Use](ctx, o.Store, docstore.Spec{Name: "calendarUses", Indexes: []docstore.Index{{Paths: []string{"calendarId"}}}})
	s.absences, errs[2] = docstore.NewTyped[keptAbsence](ctx, o.Store, docstore.Spec{Name: "absences",
		Indexes: []docstore.Index{{Paths: []string{"userId", "to"}}, {Paths: []string{"userId", "turn"}, Unique: true}, {Paths: []string{"to"}}}})
	s.days, errs[3] = docstore.NewTyped[Workday](ctx, o.Store, docstore.Spec{Name: "workdays"})
	return s, errors.Join(errs[:]...)
}

// office is the company's calendar before anybody has changed it.
func (s *Service) office() Calendar {
	c := Calendar{Entity: docstore.Entity{ID: Company}, Rules: Rules{Name: "Company", Zone: s.o.Zone, Week: make([][]Hours, 7), Sets: []string{}, Days: []Day{}}}
	for d := range c.Week {
		c.Week[d] = []Hours{}
		if d < 5 {
			c.Week[d] = []Hours{{"09:00", "17:00"}}
		}
	}
	return c
}

// List returns all calendars, the company's first, then by name.
func (s *Service) List(ctx context.Context) ([]Calendar, error) {
	all, err := s.calendars.All(ctx, docstore.Query{}, calendarsMost)
	if err != nil {
		return nil, fmt.Errorf("list calendars: %w", err)
	}
	if !slices.ContainsFunc(all, func(c Calendar) bool { return c.ID == Company }) {
		all = append(all, s.office())
	}
	slices.SortFunc(all, func(a, b Calendar) int {
		if (a.ID == Company) != (b.ID == Company) {
			if a.ID == Company {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(a.Name)+a.ID, strings.ToLower(b.Name)+b.ID)
	})
	return all, nil
}

// Get reads a calendar.
func (s *Service) Get(ctx context.Context, id string) (Calendar, error) {
	c, err := s.calendars.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		if id == Company {
			return s.office(), nil
		}
		return c, problem.NotFound("calendar")
	}
	return c, err
}

// Add makes a calendar.
func (s *Service) Add(ctx context.Context, r Rules) (Calendar, error) {
	all, err := s.List(ctx)
	if err != nil {
		return Calendar{}, err
	}
	if len(all) >= calendarsMost {
		return Calendar{}, problem.Invalid("/name", "too_many", fmt.Sprint(calendarsMost))
	}
	return s.save(ctx, Calendar{Entity: docstore.Entity{ID: uuid.Must(uuid.NewV7()).String()}, Rules: r}, nil)
}

// Put replaces the rules of a calendar that stands at rev.
func (s *Service) Put(ctx context.Context, id string, rev int64, r Rules) (Calendar, error) {
	before, err := s.Get(ctx, id)
	if err != nil {
		return before, err
	}
	after := before
	after.Rules, after.Rev = r, rev
	return s.save(ctx, after, before)
}

func (s *Service) save(ctx context.Context, c Calendar, before any) (Calendar, error) {
	if err := c.check(); err != nil {
		return c, err
	}
	kind := "calendar.changed"
	if before == nil {
		kind = "calendar.created"
	}
	e, err := event(ctx, kind, before, c)
	if err != nil {
		return c, err
	}
	saved, err := s.calendars.Save(ctx, c, e)
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
		current, err := s.Get(ctx, c.ID)
		if err != nil {
			return c, err
		}
		return c, problem.Stale(current)
	}
	s.forget()
	return saved, err
}

// Delete removes a calendar that nobody goes by.
func (s *Service) Delete(ctx context.Context, id string, rev int64) error {
	if id == Company {
		return problem.New("forbidden", "why", "the company's calendar cannot be deleted")
	}
	before, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	used, err := s.uses.Count(ctx, docstore.Filter{Path: "calendarId", Op: docstore.Eq, Value: id})
	if err != nil {
		return err
	}
	if used > 0 {
		return problem.New("in_use", "by", fmt.Sprint(used))
	}
	e, err := event(ctx, "calendar.deleted", before, nil)
	if err != nil {
		return err
	}
	err = s.calendars.Delete(ctx, id, rev, e)
	if errors.Is(err, docstore.ErrConflict) {
		return problem.Stale(before)
	}
	s.forget()
	return err
}

// Uses lists who goes by a calendar of their own.
func (s *Service) Uses(ctx context.Context) ([]Use, error) {
	return s.uses.All(ctx, docstore.Query{}, usesMost)
}

// SetUse says which calendar a person or a department goes by; "" is the one of
// the department above, and in the end the company's.
func (s *Service) SetUse(ctx context.Context, kind, id, calendarID string) (Use, error) {
	use := Use{Entity: docstore.Entity{ID: kind + ":" + id}, CalendarID: calendarID}
	known := kind == "department" && s.o.People.HasDepartment(id)
	if kind == "user" {
		_, known = s.o.People.PersonOf(id)
	}
	if !known {
		return use, problem.NotFound(kind)
	}
	if calendarID != "" {
		if _, err := s.Get(ctx, calendarID); err != nil {
			return use, problem.Invalid("/calendarId", "unknown_reference", "")
		}
	}
	for range 5 {
		before, err := s.uses.Get(ctx, use.ID)
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return use, err
		}
		use.Rev = before.Rev
		e, err := event(ctx, "calendar.assigned", before, use)
		if err != nil {
			return use, err
		}
		switch {
		case calendarID != "":
			use, err = s.uses.Save(ctx, use, e)
		case before.Rev > 0:
			err = s.uses.Delete(ctx, use.ID, before.Rev, e)
		}
		if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
			continue // somebody else has just set it: the later one wins
		}
		s.forget()
		return use, err
	}
	return use, problem.Stale(use)
}

type change struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

func event(ctx context.Context, kind string, before, after any) (docstore.Event, error) {
	e, err := docstore.NewEvent(kind, change{before, after})
	e.Actor = access.From(ctx).UserID
	return e, err
}

// Check tells what is wrong with rules that are not stored yet.
func (r *Rules) Check() error {
	c := Calendar{Rules: *r}
	err := c.check()
	*r = c.Rules
	return err
}

func (c *Calendar) check() error {
	var found []problem.Field
	bad := func(path, code, message string) {
		found = append(found, problem.Field{Path: path, Code: code, Message: message})
	}
	c.Name = strings.TrimSpace(c.Name)
	switch {
	case c.Name == "":
		bad("/name", "required", "")
	case len([]rune(c.Name)) > nameMost:
		bad("/name", "too_long", "")
	case strings.ContainsFunc(c.Name, unicode.IsControl):
		bad("/name", "control_character", "")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		bad("/zone", "invalid", "")
	}
	if len(c.Week) != 7 {
		bad("/week", "invalid", "")
	}
	for i := range c.Week {
		if c.Week[i] == nil {
			c.Week[i] = []Hours{}
		}
		if err := checkHours(c.Week[i]); err != nil {
			bad(fmt.Sprintf("/week/%d", i), "invalid", err.Error())
		}
	}
	c.Sets = append([]string{}, c.Sets...)
	for i, set := range c.Sets {
		if !slices.Contains(holiday.Sets(), set) {
			bad(fmt.Sprintf("/sets/%d", i), "one_of", strings.Join(holiday.Sets(), ", "))
		}
	}
	c.Days = append([]Day{}, c.Days...)
	slices.SortStableFunc(c.Days, func(a, b Day) int { return strings.Compare(a.Date, b.Date) })
	for i := range c.Days {
		d := &c.Days[i]
		path := fmt.Sprintf("/days/%d", i)
		if date, err := engine.ParseDate(d.Date); err != nil || date < engine.DateOf(1970, 1, 1) || date > engine.DateOf(2200, 1, 1) {
			bad(path+"/date", "format", "")
		}
		if i > 0 && c.Days[i-1].Date == d.Date {
			bad(path+"/date", "duplicate_key", "")
		}
		if len([]rune(d.Name)) > nameMost || strings.ContainsFunc(d.Name, unicode.IsControl) {
			bad(path+"/name", "invalid", "")
		}
		if d.Hours == nil {
			d.Hours = []Hours{}
		}
		if err := checkHours(d.Hours); err != nil {
			bad(path+"/hours", "invalid", err.Error())
		}
	}
	if len(found) == 0 {
		return nil
	}
	p := problem.New("validation")
	p.Fields = found[:min(len(found), 20)]
	return p
}

func minutes(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		if text == "24:00" {
			return 24 * 60, nil
		}
		return 0, fmt.Errorf("%.10q is not a time of day such as 09:00", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

func intervals(hours []Hours) ([]engine.Interval, error) {
	out := make([]engine.Interval, 0, len(hours))
	for _, h := range hours {
		from, err := minutes(h.From)
		if err != nil {
			return nil, err
		}
		to, err := minutes(h.To)
		if err != nil {
			return nil, err
		}
		out = append(out, engine.Interval{From: from, To: to})
	}
	return out, nil
}

func checkHours(hours []Hours) error {
	list, err := intervals(hours)
	if err != nil {
		return err
	}
	week := [7][]engine.Interval{list}
	_, err = engine.New(engine.Hours{Zone: time.UTC, Week: week})
	return err
}

// Working makes the working time of rules; year is the present one.
func (r Rules) Working(year int) (*engine.Calendar, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", r.Zone, err)
	}
	h := engine.Hours{Zone: zone, Days: map[engine.Date][]engine.Interval{}}
	for i, day := range r.Week {
		if h.Week[(i+1)%7], err = intervals(day); err != nil {
			return nil, err
		}
	}
	for _, set := range r.Sets {
		for y := year - yearsBack; y <= year+yearsAhead; y++ {
			for _, d := range holiday.Of(set, y) {
				h.Days[d.Date] = nil
			}
		}
	}
	for _, d := range r.Days {
		date, err := engine.ParseDate(d.Date)
		if err != nil {
			return nil, err
		}
		if h.Days[date], err = intervals(d.Hours); err != nil {
			return nil, err
		}
	}
	return engine.New(h)
}
