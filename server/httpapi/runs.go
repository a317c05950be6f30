package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/run"
)

type runQuery struct {
	Paging
	Definition string `query:"definition" maxLength:"63"`
	Version    int    `query:"version" minimum:"0"`
	Status     string `query:"status" enum:"active,completed,canceled,failed,quarantined"`
	RecordType string `query:"recordType" maxLength:"60"`
	RecordID   string `query:"recordId" maxLength:"100"`
	Node       string `query:"node" maxLength:"200"`
	Incident   bool   `query:"incident"`
	CausedBy   string `query:"causedBy" maxLength:"200" doc:"the run that has started them"`
	Q          string `query:"q" maxLength:"200"`
	RunSearch
}

// RunSearch is what lists of runs look for beyond the fields of a run.
type RunSearch struct {
	Person       string    `query:"person" maxLength:"110" doc:"who has an open task of the run, alone or in a group: a user, or group:<id>, role:<id>, department:<id> for any of its people"`
	StartedBy    string    `query:"startedBy" maxLength:"100"`
	StartedFrom  time.Time `query:"startedFrom" format:"date-time"`
	StartedTo    time.Time `query:"startedTo" format:"date-time"`
	IdleSince    time.Time `query:"idleSince" format:"date-time" doc:"nothing has happened since then"`
	Suspended    bool      `query:"suspended" doc:"held by an operator"`
	IncidentText string    `query:"incidentText" maxLength:"200" doc:"part of the code, the message or the step's name of an open incident"`
	Variable     []string  `query:"variable,explode" maxItems:"10" doc:"name=value of a plain variable, in any case"`
}

// runsAsked is what the list and its count ask for: the same runs.
func (a *API) runsAsked(ctx context.Context, in *runQuery) (run.Query, error) {
	q := run.Query{Definition: in.Definition, Version: in.Version, Status: in.Status, RecordType: in.RecordType, RecordID: in.RecordID, Node: in.Node,
		Incident: in.Incident, Text: in.Q, StartedBy: in.StartedBy, CausedBy: in.CausedBy, Limit: in.Limit, Cursor: in.Cursor,
		Search: run.Search{Person: in.Person, StartedFrom: in.StartedFrom, StartedTo: in.StartedTo, IdleSince: in.IdleSince,
			Suspended: in.Suspended, IncidentText: in.IncidentText, Variables: in.Variable}}
	if own := onlyOwn(ctx); own != "" {
		if q.StartedBy != "" && q.StartedBy != own {
			return q, a.seesEveryRun(ctx)
		}
		q.StartedBy = own
	}
	return q, a.whoIsMeant(ctx, &q.Search)
}

// whoIsMeant adds the users and groups that the person who is looked for stands for: a
// person with all groups of theirs, a group with its members, a role, a department.
func (a *API) whoIsMeant(ctx context.Context, s *run.Search) error {
	s.People, s.Groups = nil, nil
	if s.Person == "" {
		return nil
	}
	d, err := a.Identity.Directory(ctx)
	if err != nil {
		return err
	}
	id, isUser := strings.CutPrefix(s.Person, "user:")
	if u, ok := d.Find(id); ok && (isUser || !strings.Contains(s.Person, ":")) {
		s.People, s.Groups = []string{u.ID}, u.GroupIDs
		return nil
	}
	people, known := d.Chosen(s.Person)
	s.People = people
	if group := strings.TrimPrefix(s.Person, "group:"); known && !strings.Contains(group, ":") {
		s.Groups = []string{group}
	}
	return nil
}

// runView is a run with its documents as people see them.
type runView struct {
	run.Detail
	run.Family
	Documents []FileInfo `json:"documents"`
}

func (a *API) runRoutes() {
	const tag = "runs"
	route(a, spec{method: http.MethodGet, path: "/runs", id: "listRuns", summary: "Runs, newest first", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *runQuery) (*list[run.Summary], error) {
			q, err := a.runsAsked(ctx, in)
			if err != nil {
				return nil, err
			}
			all, next, err := a.Runs.List(ctx, q)
			return page(all, next), err
		})
	type listed struct {
		Count int  `json:"count"`
		More  bool `json:"more" doc:"there are more than were counted"`
	}
	route(a, spec{method: http.MethodGet, path: "/runs/count", id: "countListedRuns", summary: "How many runs a list holds", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *runQuery) (*reply[listed], error) {
			q, err := a.runsAsked(ctx, in)
			if err != nil {
				return nil, err
			}
			n, err := a.Runs.Count(ctx, q)
			return body(listed{n, n == run.CountMost}), err
		})
	route(a, spec{method: http.MethodGet, path: "/runs/{id}", id: "readRun", summary: "One run with the state of every node", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *ByID) (*reply[runView], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			d, err := a.Runs.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			run.Say(d.Incidents, requestOf(ctx).language)
			documents, err := a.fileInfos(ctx, d.Documents)
			if err != nil {
				return nil, err
			}
			family, err := a.Runs.Family(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if family.Parent != nil && a.mayRun(ctx, family.Parent.ID, callerOf(ctx).ID) != nil {
				family.Parent = nil // of its existence, too, only those are told who may see it
			}
			family.Children = slices.DeleteFunc(family.Children, func(child run.Relative) bool { return a.mayRun(ctx, child.ID, callerOf(ctx).ID) != nil })
			return body(runView{Detail: d, Family: family, Documents: documents}), nil
		})
	route(a, spec{method: http.MethodGet, path: "/runs/{id}/records", id: "listRecords", summary: "The history of a run", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *struct {
			ByID
			From  int64 `query:"from" minimum:"1" default:"1"`
			Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		}) (*list[run.Line], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			all, err := a.Runs.History(ctx, in.ID, in.From, in.Limit, requestOf(ctx).language)
			return page(all, ""), err
		})
	a.answerRoutes(tag)
	route(a, spec{method: http.MethodGet, path: "/incidents", id: "listIncidents", summary: "Open incidents over all runs", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *struct {
			Paging
			Definition string `query:"definition" maxLength:"63"`
		}) (*list[run.Incident], error) {
			if err := a.seesEveryRun(ctx); err != nil {
				return nil, err
			}
			all, next, err := a.Runs.Incidents(ctx, in.Definition, in.Limit, in.Cursor)
			run.Say(all, requestOf(ctx).language)
			return page(all, next), err
		})
}

// seesEveryRun refuses people who see only the runs they take part in what is
// told of all runs together.
func (a *API) seesEveryRun(ctx context.Context) error {
	return a.decide(ctx, access.RunsView, access.Object{Type: "runs"})
}

// onlyOwn narrows lists of runs to the caller's where the roles reach no further.
func onlyOwn(ctx context.Context) string {
	if access.From(ctx).Reach(access.RunsView) == access.All {
		return ""
	}
	return callerOf(ctx).ID
}
