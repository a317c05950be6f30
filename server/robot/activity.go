package robot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// Activity is what a robot plans. Responsible "" is the responsible person of
// the record.
type Activity struct {
	RecordType, RecordID string
	Type, Title, Text    string
	Deadline, Start, End time.Time
	Responsible          string
	Participants         []string
	Contacts             []string
	Color                string
	Room                 string // a resource to book
	Place, Address, Link string
	Files                []string
	Calendar             bool
	CloseOnStageChange   bool
}

// Activities plans activities. A known id is the same activity. A
// *problem.Problem is the author's or the data's fault.
type Activities interface {
	Plan(ctx context.Context, by Change, id string, a Activity) (string, error)
	// Responsible is the responsible person of a record, "" for none.
	Responsible(ctx context.Context, recordType, recordID string) (string, error)
	// Contacts lists the contacts of a record, the first one first.
	Contacts(ctx context.Context, recordType, recordID string) ([]string, error)
}

// activityPlan plans an activity about the run's record. The call, the meeting
// and the task are activities of one type.
type activityPlan struct {
	descriptor robot.Descriptor
	kind       string // "" = the config says
	activities Activities
	people     func(ctx context.Context) (People, error)
	zone       *time.Location
	calendars  func(ctx context.Context, name string) (*calendar.Calendar, error)
}

func planning(what robot.Descriptor, kind string, d Dependencies) *activityPlan {
	return &activityPlan{descriptor: what, kind: kind, activities: d.Activities, people: d.People, zone: d.Zone, calendars: d.Calendars}
}

// Descriptor implements robot.Performer.
func (p *activityPlan) Descriptor() robot.Descriptor { return p.descriptor }

// Perform plans the activity once per step.
//
// covers, K-01, P-03, P-04, P-05, P-06, P-07, P-08, P-09, P-10, P-11, P-12, P-13, P-14, P-15
func (p *activityPlan) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	a, err := p.read(ctx, req)
	if err != nil {
		return robot.Result{}, err
	}
	wait, _ := waitOf(req.EffectID) // an operator's retry of the step plans nothing twice
	id, err := p.activities.Plan(ctx, change(req), stableID(wait, "activity"), a)
	if err != nil {
		return robot.Result{}, bookingFailure(err)
	}
	values := map[string]any{"id": id}
	for _, at := range []time.Time{a.Start, a.Deadline} {
		if !at.IsZero() {
			values["deadline"] = at.UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
	return robot.Result{Values: values}, nil
}

func (p *activityPlan) read(ctx context.Context, req robot.Request) (Activity, error) {
	a := Activity{RecordType: req.Run.RecordType, RecordID: req.Run.RecordID, Type: p.kind, Calendar: true}
	texts := map[string]*string{"title": &a.Title, "text": &a.Text, "color": &a.Color, "room": &a.Room, "place": &a.Place, "address": &a.Address, "link": &a.Link}
	if p.kind == "" {
		texts["type"] = &a.Type
	}
	for name, to := range texts {
		value, failure := text(req.Config, name, name == "title")
		if failure != nil {
			return a, failure
		}
		*to = value
	}
	if a.Type == "" {
		a.Type = "other"
	}
	if shown, said := req.Config["calendar"].(bool); said {
		a.Calendar = shown
	}
	a.CloseOnStageChange, _ = req.Config["closeOnStageChange"].(bool)
	people, err := p.people(ctx)
	if err != nil {
		return a, temporary("directory_unavailable", err, "the directory could not be read")
	}
	if a.Responsible, err = one(people, "responsible", req.Config["responsible"]); err != nil {
		return a, err
	}
	if value := req.Config["participants"]; value != nil {
		found, failure := recipients(people, value)
		if failure != nil && failure.Code != "no_recipient" {
			return a, failure
		}
		a.Participants = found
	}
	if a.Contacts, err = p.contacts(ctx, req); err != nil {
		return a, err
	}
	for _, id := range fileIDs(req.Config["files"]) {
		if id == "" {
			return a, badConfig("files", "a file of an earlier step is expected")
		}
		a.Files = append(a.Files, id)
	}
	return a, p.times(ctx, req, &a)
}

// one reads a person who must be active, "" when nobody is named.
func one(people People, field string, value any) (string, error) {
	if list, ok := value.([]any); ok && len(list) == 1 {
		value = list[0]
	}
	if value == nil || value == "" {
		return "", nil
	}
	id, ok := person(value)
	if !ok {
		return "", badConfig(field, "a person is expected, this is %s", kindOf(value))
	}
	user, known := people.User(id)
	if active, stated := user["active"].(bool); !known || stated && !active {
		return "", permanent("unknown_person", fixStep, "there is no active person %q", id)
	}
	return id, nil
}

// contacts are none, the first, all of the record, or those that are named.
//
// covers P-09
func (p *activityPlan) contacts(ctx context.Context, req robot.Request) ([]string, error) {
	value := req.Config["contacts"]
	word, isText := value.(string)
	if value == nil || isText && (word == "" || word == "none") {
		return nil, nil
	}
	if isText && (word == "first" || word == "all") {
		all, err := p.activities.Contacts(ctx, req.Run.RecordType, req.Run.RecordID)
		if err != nil {
			return nil, recordFailure(err)
		}
		if word == "first" && len(all) > 1 {
			all = all[:1]
		}
		return all, nil
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var ids []string
	for _, element := range list {
		id, ok := person(element)
		if !ok {
			return nil, badConfig("contacts", "a contact is expected, this is %s", kindOf(element))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// times reads when the activity is: after a length of time from the opening of the
// step, or on a date, and there at a time of day. What takes time, and what people
// meet for, begins then; anything else is due then.
//
// covers P-05, T-06
func (p *activityPlan) times(ctx context.Context, req robot.Request, a *Activity) error {
	at, err := p.begins(ctx, req)
	if err != nil || at.IsZero() {
		return err
	}
	length := req.Config["duration"]
	if length == nil || length == "" {
		if a.Type == "meeting" {
			a.Start, a.End = at, at.Add(time.Hour)
		} else {
			a.Deadline = at
		}
		return nil
	}
	a.Start = at
	a.End, err = p.after(ctx, "duration", length, at)
	return err
}

func (p *activityPlan) begins(ctx context.Context, req robot.Request) (time.Time, error) {
	var at time.Time
	date, failure := text(req.Config, "date", false)
	if failure != nil {
		return at, failure
	}
	length := req.Config["in"]
	switch {
	case date != "":
		var ok bool
		if at, ok = expr.ParseTime(date, p.zone); !ok {
			return at, badConfig("date", "%q is no date or moment", date)
		}
	case length != nil && length != "":
		var err error
		if at, err = p.after(ctx, "in", length, req.OpenedAt); err != nil {
			return at, err
		}
	}
	clock, failure := text(req.Config, "time", false)
	if failure != nil {
		return at, failure
	}
	if clock == "" {
		return at, nil
	}
	of, err := time.Parse("15:04", clock)
	if err != nil {
		return at, badConfig("time", "%q is no time of day such as 14:00", clock)
	}
	if at.IsZero() {
		at = req.OpenedAt
	}
	at = at.In(p.zone)
	return time.Date(at.Year(), at.Month(), at.Day(), of.Hour(), of.Minute(), 0, 0, p.zone), nil
}

// after adds a length of time, as people write it, to a moment.
func (p *activityPlan) after(ctx context.Context, field string, length any, from time.Time) (time.Time, error) {
	encoded, err := json.Marshal(length)
	if err != nil {
		return from, badConfig(field, "a length of time is expected")
	}
	var s span.Span
	if err := s.UnmarshalJSON(encoded); err != nil {
		return from, badConfig(field, "%v", err)
	}
	at, err := s.In(from.In(p.zone), p.known(ctx))
	if err != nil {
		return from, badConfig(field, "%v", err)
	}
	if year := at.UTC().Year(); year > 9999 {
		return from, badConfig(field, "the moment lies in the year %d, after the year 9999", year)
	}
	return at, nil
}

func (p *activityPlan) known(ctx context.Context) span.Calendars {
	if p.calendars == nil {
		return nil
	}
	return func(name string) (*calendar.Calendar, error) { return p.calendars(ctx, name) }
}
