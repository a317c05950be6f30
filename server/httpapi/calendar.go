package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	engine "github.com/fluxo-app/fluxo/engine/calendar"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/calendar"
	"github.com/fluxo-app/fluxo/server/calendar/holiday"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// shownAbsence is an absence as its reader may see it: why somebody is away is
// for that person, the head and administrators.
type shownAbsence struct {
	calendar.Absence
	UserName    string `json:"userName"`
	StandInName string `json:"standInName"`
	CanEdit     bool   `json:"canEdit"`
}

type holidayDay struct {
	Date string `json:"date"`
	Name string `json:"name"`
}

type holidaySet struct {
	Key  string       `json:"key" doc:"ISO code of the country"`
	Days []holidayDay `json:"days"`
}

type importedDays struct {
	Days    []holidayDay `json:"days"`
	Skipped int          `json:"skipped" doc:"events that are no whole days off"`
}

type openHours struct {
	From docstore.Instant `json:"from"`
	To   docstore.Instant `json:"to"`
}

type workingPreview struct {
	At    docstore.Instant `json:"at" doc:"the moment counted from"`
	Open  bool             `json:"open" doc:"whether that moment is working time"`
	Due   docstore.Instant `json:"due"`
	Hours []openHours      `json:"hours" doc:"working time of the two weeks around the result, at most 100"`
}

type previewInput struct {
	Calendar string          `json:"calendar,omitempty" maxLength:"500" doc:"id, company, user:<id>, or several joined by +"`
	Rules    *calendar.Rules `json:"rules,omitempty" doc:"rules that are not stored yet, instead of a calendar"`
	At       *time.Time      `json:"at,omitempty" doc:"absent = now"`
	Amount   int             `json:"amount" minimum:"-10000" maximum:"10000" doc:"negative counts back"`
	Unit     string          `json:"unit" enum:"workingHour,workingDay"`
}

func (a *API) calendarRoutes() {
	const tag = "calendars"
	route(a, spec{method: http.MethodGet, path: "/calendars", id: "listCalendars", summary: "Calendars of working time, the company's first", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[calendar.Calendar], error) {
			all, err := a.Calendars.List(ctx)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/calendars/{id}", id: "readCalendar", summary: "One calendar", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*tagged[calendar.Calendar], error) {
			c, err := a.Calendars.Get(ctx, in.ID)
			return withTag(c.Rev, c), err
		})
	route(a, spec{method: http.MethodPost, path: "/calendars", id: "addCalendar", summary: "Add a calendar", tag: tag, need: "settings.manage", status: 201},
		func(ctx context.Context, in *struct{ Body calendar.Rules }) (*tagged[calendar.Calendar], error) {
			c, err := a.Calendars.Add(ctx, in.Body)
			return withTag(c.Rev, c), err
		})
	route(a, spec{method: http.MethodPut, path: "/calendars/{id}", id: "putCalendar", summary: "Change a calendar; armed timers are counted again", tag: tag, need: "settings.manage"},
		func(ctx context.Context, in *change[calendar.Rules]) (*tagged[calendar.Calendar], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			c, err := a.Calendars.Put(ctx, in.ID, rev, in.Body)
			return withTag(c.Rev, c), err
		})
	route(a, spec{method: http.MethodDelete, path: "/calendars/{id}", id: "deleteCalendar", summary: "Delete a calendar that nobody goes by", tag: tag, need: "settings.manage", status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return nil, a.Calendars.Delete(ctx, in.ID, rev)
		})
	route(a, spec{method: http.MethodGet, path: "/calendar-uses", id: "listCalendarUses", summary: "Which departments and people go by which calendar", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[calendar.Use], error) {
			all, err := a.Calendars.Uses(ctx)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodPut, path: "/calendar-uses/{kind}/{id}", id: "putCalendarUse", summary: "Choose the calendar of a department or a person", tag: tag, need: "settings.manage"},
		func(ctx context.Context, in *struct {
			ByID
			Kind string `path:"kind" enum:"user,department"`
			Body struct {
				CalendarID string `json:"calendarId" maxLength:"100" doc:"empty = that of the department above"`
			}
		}) (*reply[calendar.Use], error) {
			u, err := a.Calendars.SetUse(ctx, in.Kind, in.ID, in.Body.CalendarID)
			return body(u), err
		})
	route(a, spec{method: http.MethodGet, path: "/holidays", id: "listHolidays", summary: "Public holidays of the countries that are known", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Year int `query:"year" minimum:"1971" maximum:"2199" doc:"absent = this year"`
		}) (*list[holidaySet], error) {
			year := in.Year
			if year == 0 {
				year = a.Clock.Now().Year()
			}
			var out []holidaySet
			for _, key := range holiday.Sets() {
				out = append(out, holidaySet{Key: key, Days: shownDays(holiday.Of(key, year))})
			}
			return page(out, ""), nil
		})
	route(a, spec{method: http.MethodPost, path: "/holidays/import", id: "readHolidayFile", summary: "Read the days off of an iCalendar file; nothing is stored", tag: tag, need: "settings.manage", fresh: true},
		func(ctx context.Context, in *struct {
			Body struct {
				Text string `json:"text" maxLength:"262144" doc:"the content of the .ics file"`
			}
		}) (*reply[importedDays], error) {
			year := a.Clock.Now().Year()
			days, skipped, err := holiday.Read(in.Body.Text, year-1, year+5)
			if err != nil {
				return nil, problem.Invalid("/text", "invalid", err.Error())
			}
			return body(importedDays{Days: shownDays(days), Skipped: skipped}), nil
		})
	route(a, spec{method: http.MethodPost, path: "/calendars/preview", id: "previewCalendar", summary: "What so much working time comes to", tag: tag, need: member, fresh: true},
		func(ctx context.Context, in *struct{ Body previewInput }) (*reply[workingPreview], error) {
			p, err := a.workingPreview(ctx, in.Body)
			return body(p), err
		})
	a.absenceRoutes()
}

func shownDays(days []holiday.Day) []holidayDay {
	out := make([]holidayDay, 0, len(days))
	for _, d := range days {
		out = append(out, holidayDay{Date: d.Date.String(), Name: d.Name})
	}
	return out
}

func (a *API) workingPreview(ctx context.Context, in previewInput) (workingPreview, error) {
	var c *engine.Calendar
	var err error
	if in.Rules != nil {
		if in.Rules.Name == "" {
			in.Rules.Name = "-" // it has none yet, which is no reason not to count
		}
		if err := in.Rules.Check(); err != nil {
			return workingPreview{}, err
		}
		c, err = in.Rules.Working(a.Clock.Now().Year())
	} else {
		c, err = a.Calendars.Find(ctx, in.Calendar)
	}
	if err != nil {
		return workingPreview{}, problem.Invalid("/calendar", "unknown_reference", err.Error())
	}
	at := a.Clock.Now()
	if in.At != nil {
		at = *in.At
	}
	if at.Year() < 1971 || at.Year() > 2199 {
		return workingPreview{}, problem.Invalid("/at", "out_of_range", "")
	}
	due, err := c.Add(at, time.Duration(in.Amount)*time.Hour)
	if in.Unit == "workingDay" {
		due, err = c.AddDays(at, in.Amount)
	}
	if err != nil {
		return workingPreview{}, problem.Invalid("/amount", "invalid", err.Error())
	}
	out := workingPreview{At: docstore.At(at), Open: c.Open(at), Due: docstore.At(due), Hours: []openHours{}}
	for _, w := range c.Windows(due.AddDate(0, 0, -7), due.AddDate(0, 0, 7), 100) {
		out.Hours = append(out.Hours, openHours{docstore.At(w.From), docstore.At(w.To)})
	}
	return out, nil
}

func (a *API) absenceRoutes() {
	const tag = "absences"
	route(a, spec{method: http.MethodGet, path: "/absences", id: "listAbsences", summary: "Who is away and until when", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			UserID string `query:"userId" maxLength:"100"`
			Since  string `query:"since" format:"date" doc:"absences that end then or later; absent = a month ago"`
			Team   bool   `query:"team" doc:"of the people one heads"`
		}) (*list[shownAbsence], error) {
			since := in.Since
			if since == "" {
				since = a.Clock.Now().AddDate(0, -1, 0).Format(time.DateOnly)
			}
			all, err := a.Calendars.Absences(ctx, in.UserID, since)
			if err != nil {
				return nil, err
			}
			if in.Team {
				all = slices.DeleteFunc(all, func(x calendar.Absence) bool { return !a.Calendars.Heads(callerOf(ctx).ID, x.UserID) })
			}
			out, err := a.shownAbsences(ctx, all...)
			return page(out, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/absences", id: "addAbsence", summary: "Enter an absence", tag: tag, need: member, status: 201},
		func(ctx context.Context, in *struct{ Body calendar.AbsenceInput }) (*tagged[shownAbsence], error) {
			if err := a.editsAbsences(ctx, in.Body.UserID); err != nil {
				return nil, err
			}
			x, err := a.Calendars.AddAbsence(ctx, callerOf(ctx).ID, in.Body)
			return a.oneAbsence(ctx, x, err)
		})
	route(a, spec{method: http.MethodPut, path: "/absences/{id}", id: "putAbsence", summary: "Change an absence", tag: tag, need: member},
		func(ctx context.Context, in *change[calendar.AbsenceInput]) (*tagged[shownAbsence], error) {
			x, rev, err := a.ownAbsence(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			x, err = a.Calendars.PutAbsence(ctx, x, rev, in.Body)
			return a.oneAbsence(ctx, x, err)
		})
	route(a, spec{method: http.MethodDelete, path: "/absences/{id}", id: "deleteAbsence", summary: "Take an absence back", tag: tag, need: member, status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			x, rev, err := a.ownAbsence(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			return nil, a.Calendars.DeleteAbsence(ctx, x, rev)
		})
	route(a, spec{method: http.MethodGet, path: "/me/day", id: "readMyDay", summary: "Whether one has begun the day", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*reply[calendar.Workday], error) {
			d, err := a.Calendars.Workday(ctx, callerOf(ctx).ID)
			return body(d), err
		})
	route(a, spec{method: http.MethodPost, path: "/me/day", id: "markMyDay", summary: "Begin, interrupt, resume or end one's day", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Body struct {
				Action string `json:"action" enum:"start,pause,resume,end"`
			}
		}) (*reply[calendar.Workday], error) {
			d, err := a.Calendars.MarkDay(ctx, callerOf(ctx).ID, in.Body.Action)
			return body(d), err
		})
}

// editsAbsences lets people enter their own absences, heads those of their
// people, and administrators everybody's.
func (a *API) editsAbsences(ctx context.Context, userID string) error {
	if me := callerOf(ctx).ID; userID == me || a.Calendars.Heads(me, userID) {
		return nil
	}
	return a.decide(ctx, access.UsersManage, access.Any)
}

func (a *API) ownAbsence(ctx context.Context, id string, m Matching) (calendar.Absence, int64, error) {
	x, err := a.Calendars.Absence(ctx, id)
	if err != nil {
		return x, 0, err
	}
	if err := a.editsAbsences(ctx, x.UserID); err != nil {
		return x, 0, err
	}
	rev, err := m.rev()
	return x, rev, err
}

func (a *API) oneAbsence(ctx context.Context, x calendar.Absence, err error) (*tagged[shownAbsence], error) {
	if err != nil {
		return nil, err
	}
	all, err := a.shownAbsences(ctx, x)
	if err != nil {
		return nil, err
	}
	return withTag(x.Rev, all[0]), nil
}

func (a *API) shownAbsences(ctx context.Context, all ...calendar.Absence) ([]shownAbsence, error) {
	var ids []string
	for _, x := range all {
		ids = append(ids, x.UserID, x.StandIn)
	}
	names, err := a.People.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]shownAbsence, 0, len(all))
	for _, x := range all {
		s := shownAbsence{Absence: x, UserName: names[x.UserID], StandInName: names[x.StandIn], CanEdit: a.editsAbsences(ctx, x.UserID) == nil}
		if !s.CanEdit {
			s.Kind, s.Note = calendar.Other, ""
		}
		out = append(out, s)
	}
	return out, nil
}
