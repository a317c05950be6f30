package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/activity"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// shownActivity is an activity with the names that its reader sees.
type shownActivity struct {
	activity.Activity
	Overdue bool              `json:"overdue"`
	CanEdit bool              `json:"canEdit"`
	Names   map[string]string `json:"names" doc:"of people, files and the room by id, of records by type:id"`
}

type activityQuery struct {
	Paging
	Record     string   `query:"record" maxLength:"160" doc:"type:id"`
	Person     []string `query:"person" maxItems:"50" doc:"whose it is: responsible or taking part; me = the caller"`
	Department string   `query:"department" maxLength:"100" doc:"of anybody in it or below; mine = of the caller"`
	From       string   `query:"from" format:"date-time"`
	To         string   `query:"to" format:"date-time" doc:"exclusive"`
	Status     string   `query:"status" enum:"planned,done,canceled"`
	Type       string   `query:"type" enum:"call,meeting,task,other"`
	Overdue    bool     `query:"overdue"`
	Calendar   bool     `query:"calendar" doc:"only those that calendars show"`
	Q          string   `query:"q" maxLength:"200"`
	Sort       string   `query:"sort" enum:"at,-at" default:"at"`
}

type activityCounts struct {
	Planned int64 `json:"planned"`
	Overdue int64 `json:"overdue"`
	Today   int64 `json:"today" doc:"of the next 24 hours"`
}

func (a *API) activityRoutes() {
	const tag = "activities"
	route(a, spec{method: http.MethodGet, path: "/activities", id: "listActivities", summary: "Activities in the order in which they take place", tag: tag, need: member},
		func(ctx context.Context, in *activityQuery) (*list[shownActivity], error) {
			q, err := a.activityFilter(ctx, in)
			if err != nil {
				return nil, err
			}
			all, next, err := a.Activities.List(ctx, q)
			if err != nil {
				return nil, err
			}
			sight := a.sight()
			var seen []activity.Activity // what rights of single pipelines leave out makes a page shorter
			for _, one := range all {
				ok, err := sight.sees(ctx, one)
				if err != nil {
					return nil, err
				}
				if ok {
					seen = append(seen, one)
				}
			}
			shown, err := a.showActivities(ctx, sight, seen...)
			return page(shown, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/activities/count", id: "countActivities", summary: "How many activities wait: mine, or those of a record", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Record string `query:"record" maxLength:"160" doc:"type:id; left out: the caller's own"`
		}) (*reply[activityCounts], error) {
			whose := &activityQuery{Record: in.Record}
			if in.Record == "" {
				whose.Person = []string{"me"}
			}
			q, err := a.activityFilter(ctx, whose)
			if err != nil {
				return nil, err
			}
			var out activityCounts
			q.Status = activity.Planned
			if out.Planned, err = a.Activities.Count(ctx, q); err != nil {
				return nil, err
			}
			q.From = docstore.At(a.Clock.Now())
			q.To = docstore.At(a.Clock.Now().AddDate(0, 0, 1))
			if out.Today, err = a.Activities.Count(ctx, q); err != nil {
				return nil, err
			}
			q.From, q.To, q.Status, q.Overdue = docstore.Instant{}, docstore.Instant{}, "", true
			out.Overdue, err = a.Activities.Count(ctx, q)
			return body(out), err
		})
	route(a, spec{method: http.MethodPost, path: "/activities", id: "planActivity", summary: "Plan an activity", tag: tag, need: member, status: 201},
		func(ctx context.Context, in *struct{ Body activity.Patch }) (*tagged[shownActivity], error) {
			if err := a.mayPlan(ctx, in.Body, activity.Activity{}); err != nil {
				return nil, err
			}
			planned, err := a.Activities.Plan(ctx, activity.By{Actor: callerOf(ctx).ID}, "", in.Body)
			return a.activity(ctx, planned, err)
		})
	route(a, spec{method: http.MethodGet, path: "/activities/{id}", id: "readActivity", summary: "One activity", tag: tag, need: member},
		func(ctx context.Context, in *ByID) (*tagged[shownActivity], error) {
			found, err := a.Activities.Get(ctx, in.ID)
			if err == nil {
				err = a.maySeeActivity(ctx, found)
			}
			return a.activity(ctx, found, err)
		})
	route(a, spec{method: http.MethodPatch, path: "/activities/{id}", id: "changeActivity", summary: "Change a planned activity", tag: tag, need: member},
		func(ctx context.Context, in *change[activity.Patch]) (*tagged[shownActivity], error) {
			rev, err := a.mayEditActivity(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			before, err := a.Activities.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.mayPlan(ctx, in.Body, before); err != nil {
				return nil, err
			}
			changed, err := a.Activities.Edit(ctx, activity.By{Actor: callerOf(ctx).ID}, in.ID, rev, in.Body)
			return a.activity(ctx, changed, err)
		})
	type outcome struct {
		Result string `json:"result,omitempty" maxLength:"10000" doc:"what came of it"`
	}
	closing := func(path, id, summary, status string) {
		route(a, spec{method: http.MethodPost, path: "/activities/{id}/" + path, id: id, summary: summary, tag: tag, need: member},
			func(ctx context.Context, in *change[outcome]) (*tagged[shownActivity], error) {
				rev, err := a.mayEditActivity(ctx, in.ID, in.Matching)
				if err != nil {
					return nil, err
				}
				closed, err := a.Activities.Close(ctx, activity.By{Actor: callerOf(ctx).ID}, in.ID, rev, status, in.Body.Result)
				return a.activity(ctx, closed, err)
			})
	}
	closing("done", "completeActivity", "Say that an activity is done, and what came of it", activity.Done)
	closing("cancellation", "cancelActivity", "Cancel an activity", activity.Canceled)
	route(a, spec{method: http.MethodPost, path: "/activities/{id}/reopening", id: "reopenActivity", summary: "Plan a closed activity again", tag: tag, need: member},
		func(ctx context.Context, in *removal) (*tagged[shownActivity], error) {
			rev, err := a.mayEditActivity(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			open, err := a.Activities.Reopen(ctx, activity.By{Actor: callerOf(ctx).ID}, in.ID, rev)
			return a.activity(ctx, open, err)
		})
	route(a, spec{method: http.MethodDelete, path: "/activities/{id}", id: "deleteActivity", summary: "Delete an activity", tag: tag, need: member, status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := a.mayEditActivity(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			return nil, a.Activities.Delete(ctx, activity.By{Actor: callerOf(ctx).ID}, in.ID, rev)
		})
}

// activityFilter turns a request into a query that finds only what the caller
// may see.
func (a *API) activityFilter(ctx context.Context, in *activityQuery) (activity.Query, error) {
	q := activity.Query{Status: in.Status, Type: in.Type, Overdue: in.Overdue, InCalendar: in.Calendar, Text: in.Q, Newest: in.Sort == "-at", Limit: in.Limit, Cursor: in.Cursor}
	var err error
	if q.From, err = docstore.ParseInstant(in.From); err != nil {
		return q, problem.Invalid("query.from", "format", "")
	}
	if q.To, err = docstore.ParseInstant(in.To); err != nil {
		return q, problem.Invalid("query.to", "format", "")
	}
	if in.Record != "" {
		kind, id, _ := strings.Cut(in.Record, ":")
		if kind == "" || id == "" {
			return q, problem.Invalid("query.record", "format", "type:id")
		}
		q.Record = &activity.Ref{Type: kind, ID: id}
		if err := a.maySee(ctx, kind, id); err != nil {
			return q, err
		}
		ids, err := a.CRM.Aliases(ctx, kind, id)
		if err != nil {
			return q, err
		}
		q.Also = ids[1:]
	}
	directory, err := a.Identity.Directory(ctx)
	if err != nil {
		return q, err
	}
	me := access.From(ctx)
	of := func(departments []string) []string {
		people := []string{}
		for _, u := range directory.Users() {
			if slices.ContainsFunc(directory.Above(u.DepartmentID), func(id string) bool { return slices.Contains(departments, id) }) {
				people = append(people, u.ID)
			}
		}
		return people
	}
	for _, id := range in.Person {
		if id == "me" {
			id = me.UserID
		}
		q.People = append(q.People, id)
	}
	if in.Department != "" {
		departments := []string{in.Department}
		if in.Department == "mine" {
			departments = me.Departments
		}
		q.People = append(append([]string{}, q.People...), of(departments)...)
	}
	allowed := []string{me.UserID}
	switch me.ReachIn(access.CRMView, ofNothing, "", "") {
	case access.All:
		return q, nil
	case access.Below:
		allowed = append(of(append(slices.Clone(me.Departments), me.Below...)), me.UserID)
	case access.Department:
		allowed = append(of(me.Departments), me.UserID)
	}
	if q.People == nil {
		q.People = allowed
		return q, nil
	}
	q.People = slices.DeleteFunc(q.People, func(id string) bool { return !slices.Contains(allowed, id) })
	return q, nil
}

// mayPlan decides whether the caller may plan an activity, or change it so: what
// is no note to oneself, but about records or for others, is work on the CRM.
func (a *API) mayPlan(ctx context.Context, p activity.Patch, before activity.Activity) error {
	var fresh []activity.Ref
	if p.Records != nil {
		fresh = slices.DeleteFunc(slices.Clone(*p.Records), func(r activity.Ref) bool { return slices.Contains(before.Records, r) })
	}
	responsible := before.ResponsibleID
	put(&responsible, p.ResponsibleID)
	if responsible != before.ResponsibleID && responsible != callerOf(ctx).ID || responsible == "" || len(fresh) > 0 {
		if err := a.decide(ctx, access.CRMEdit, access.Any); err != nil {
			return err
		}
	}
	for _, r := range fresh {
		if _, err := a.CRM.Title(ctx, r.Type, r.ID); err != nil {
			continue // told at its place by the check
		}
		if err := a.maySee(ctx, r.Type, r.ID); err != nil {
			return err
		}
	}
	return a.mayAttach(ctx, "/files", p.Files, before.Files)
}

// ofNothing is the record type that activities have in questions of access which
// are about no record: only rights for every type cover them.
const ofNothing = "activity"

// subject is an activity about no record as access sees it.
func (a *API) subject(ctx context.Context, of activity.Activity) access.Object {
	object := access.Object{Type: "activities", ID: of.ID, Record: ofNothing, Owner: of.ResponsibleID, Participants: append([]string{of.CreatedBy}, of.Participants...)}
	if directory, err := a.Identity.Directory(ctx); err == nil {
		owner, _ := directory.Find(of.ResponsibleID)
		object.Department = owner.DepartmentID
	}
	return object
}

// sight remembers which records a caller may see, and their titles.
type sight struct {
	a      *API
	titles map[activity.Ref]string // of those that may be seen
	asked  map[activity.Ref]bool
	edits  map[activity.Ref]error // nil for records that may be edited
}

func (a *API) sight() *sight {
	return &sight{a: a, titles: map[activity.Ref]string{}, asked: map[activity.Ref]bool{}, edits: map[activity.Ref]error{}}
}

// title is that of a record that the caller may see; false for others, for what is
// in the bin, and for what is gone.
func (s *sight) title(ctx context.Context, r activity.Ref) (string, bool, error) {
	if s.asked[r] {
		title, seen := s.titles[r]
		return title, seen, nil
	}
	err := s.a.maySee(ctx, r.Type, r.ID)
	title := ""
	if err == nil {
		title, err = s.a.CRM.Title(ctx, r.Type, r.ID)
	}
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() < http.StatusInternalServerError {
		s.asked[r] = true
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	s.asked[r], s.titles[r] = true, title
	return title, true, nil
}

// sees tells whether the caller may see an activity: its own, those of records
// that it may see, and of those about nothing what the rights on the CRM cover.
func (s *sight) sees(ctx context.Context, of activity.Activity) (bool, error) {
	if takesPart(ctx, of) {
		return true, nil
	}
	for _, r := range of.Records {
		if _, seen, err := s.title(ctx, r); seen || err != nil {
			return seen, err
		}
	}
	return len(of.Records) == 0 && access.Decide(access.From(ctx), access.CRMView, s.a.subject(ctx, of)).Allowed, nil
}

// mayChange tells whether the caller may change an activity: its own, those of
// records that it may edit, and of those about nothing what the rights cover.
func (s *sight) mayChange(ctx context.Context, of activity.Activity) error {
	if takesPart(ctx, of) {
		return nil
	}
	if len(of.Records) == 0 {
		return s.a.decide(ctx, access.CRMEdit, s.a.subject(ctx, of))
	}
	var refused error
	for _, r := range of.Records {
		err, known := s.edits[r]
		if !known {
			err = s.a.mayEdit(ctx, r.Type, r.ID)
			s.edits[r] = err
		}
		if err == nil {
			return nil
		}
		refused = err
	}
	return refused
}

func (a *API) maySeeActivity(ctx context.Context, of activity.Activity) error {
	seen, err := a.sight().sees(ctx, of)
	if err == nil && !seen {
		err = problem.NotFound("activity")
	}
	return err
}

// takesPart tells whether an activity is the caller's to do: that needs no right
// on the CRM.
func takesPart(ctx context.Context, of activity.Activity) bool {
	me := callerOf(ctx).ID
	return me != "" && (of.CreatedBy == me || slices.Contains(of.People(), me))
}

// mayEditActivity gives the revision that the caller has seen of an activity that
// it may change: its own, those of its department, or all.
func (a *API) mayEditActivity(ctx context.Context, id string, m Matching) (int64, error) {
	rev, err := m.seen()
	if err != nil {
		return 0, err
	}
	found, err := a.Activities.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := a.maySeeActivity(ctx, found); err != nil {
		return 0, err
	}
	return rev, a.sight().mayChange(ctx, found)
}

func (a *API) activity(ctx context.Context, one activity.Activity, err error) (*tagged[shownActivity], error) {
	if err != nil {
		return nil, a.inTheWay(ctx, err)
	}
	shown, err := a.showActivities(ctx, a.sight(), one)
	if err != nil {
		return nil, err
	}
	return withTag(one.Rev, shown[0]), nil
}

// showActivities adds names, those of records only where the caller may see them.
func (a *API) showActivities(ctx context.Context, sight *sight, all ...activity.Activity) ([]shownActivity, error) {
	now := a.Clock.Now()
	out := make([]shownActivity, 0, len(all))
	for _, one := range all {
		names, err := a.People.Names(ctx, append(one.People(), one.CreatedBy, one.ClosedBy))
		if err != nil {
			return nil, err
		}
		about := slices.Clone(one.Records)
		for _, id := range one.Contacts {
			about = append(about, activity.Ref{Type: "contact", ID: id})
		}
		for _, r := range about {
			name, _, err := sight.title(ctx, r)
			if err != nil {
				return nil, err
			}
			if name != "" {
				names[r.String()] = name
			}
		}
		for _, id := range one.Files {
			if info, err := a.Files.Info(ctx, id); err == nil && a.mayOwner(ctx, info.Owner, false) == nil {
				names[id] = info.Name
			}
		}
		if one.Room != "" {
			if room, err := a.Bookings.Resource(ctx, one.Room); err == nil {
				names[one.Room] = room.Name
			}
		}
		canEdit := sight.mayChange(ctx, one) == nil
		out = append(out, shownActivity{Activity: one, Overdue: one.Overdue(now), CanEdit: canEdit, Names: names})
	}
	return out, nil
}
