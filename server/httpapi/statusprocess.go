package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/status"
)

// OfRecord is the path of one record of a type.
type OfRecord struct {
	Type string `path:"type" maxLength:"60"`
	ID   string `path:"id" maxLength:"200"`
}

// statusInput is a template as it is sent back: what a reader is shown beside the
// content is taken and ignored.
type statusInput struct {
	status.Content
	ID        string          `json:"id,omitempty"`
	Rev       int64           `json:"rev,omitempty"`
	Type      string          `json:"type,omitempty"`
	CreatedAt any             `json:"createdAt,omitempty"`
	UpdatedAt any             `json:"updatedAt,omitempty"`
	Process   any             `json:"process,omitempty"`
	Findings  []graph.Finding `json:"findings,omitempty"`
	Active    int             `json:"active,omitempty"`
}

// statusesOfRecord are the status-driven processes of a record, and what can be started.
type statusesOfRecord struct {
	Items []status.State `json:"items" nullable:"false" doc:"all that are under way, then the last five that have ended, each newest first"`
	// Startable are templates by which the reader may start a process on the record.
	Startable []board.Process `json:"startable" nullable:"false"`
}

func (a *API) statusRoutes() {
	a.statusTemplateRoutes()
	const tag = "status processes"
	const path = "/records/{type}/{id}/status-processes"
	route(a, spec{method: http.MethodGet, path: path, id: "listRecordStatusProcesses", summary: "The status-driven processes of a record: status, commands, and why not", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *OfRecord) (*reply[statusesOfRecord], error) {
			if err := a.maySee(ctx, in.Type, in.ID); err != nil {
				return nil, err
			}
			all, err := a.Statuses.Of(ctx, a.statusBy(ctx, in.Type, in.ID), in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			out := statusesOfRecord{Items: all, Startable: []board.Process{}}
			if a.allowed(ctx, string(access.RunsStart)) == nil {
				if out.Startable, err = a.Statuses.Startable(ctx, in.Type); err != nil {
					return nil, err
				}
			}
			return body(out), a.namePeople(ctx, out.Items)
		})
	route(a, spec{method: http.MethodPost, path: path, id: "startRecordStatusProcess", summary: "Start a status-driven process on a record", tag: tag, need: string(access.RunsStart), status: 201},
		func(ctx context.Context, in *struct {
			OfRecord
			Body struct {
				Process string `json:"process" maxLength:"50" doc:"id of the template"`
			}
		}) (*reply[status.State], error) {
			if err := a.maySee(ctx, in.Type, in.ID); err != nil {
				return nil, err
			}
			by := a.statusBy(ctx, in.Type, in.ID)
			id, err := a.Statuses.Start(ctx, by, in.Body.Process, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			s, err := a.Statuses.State(ctx, by, id)
			return a.statusState(ctx, s, err)
		})
	route(a, spec{method: http.MethodPost, path: path + "/{run}/commands", id: "giveStatusCommand", summary: "Give a command of the present status; who may is checked here", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *struct {
			OfRecord
			Run  string `path:"run" maxLength:"100"`
			Body struct {
				Command string `json:"command" maxLength:"40"`
				Turn    int    `json:"turn,omitempty" minimum:"0" doc:"as the button was shown with; 0 = whatever the process waits for now"`
			}
		}) (*reply[status.State], error) {
			if err := a.maySee(ctx, in.Type, in.ID); err != nil {
				return nil, err
			}
			s, err := a.Statuses.Press(ctx, a.statusBy(ctx, in.Type, in.ID), in.Type, in.ID, in.Run, in.Body.Command, in.Body.Turn)
			if err == nil {
				err = a.note(ctx, "statusProcess.commanded", "records:"+in.ID, noted{After: map[string]any{"command": in.Body.Command, "run": in.Run}})
			}
			return a.statusState(ctx, s, err)
		})
}

func (a *API) statusTemplateRoutes() {
	const tag = "status processes"
	const path = "/status-processes"
	type OfStatusProcess struct {
		ID string `path:"id" maxLength:"50"`
	}
	route(a, spec{method: http.MethodGet, path: path, id: "listStatusProcesses", summary: "Status-driven processes, by name", tag: tag, need: string(access.AutomationView)},
		func(ctx context.Context, in *struct {
			Type string `query:"type" maxLength:"60" doc:"only those for records of a type"`
		}) (*list[status.Template], error) {
			all, err := a.Statuses.List(ctx)
			if err != nil {
				return nil, err
			}
			all = slices.DeleteFunc(all, func(t status.Template) bool {
				return in.Type != "" && t.Type != in.Type || a.mayStatus(ctx, access.AutomationView, t.Type) != nil
			})
			return page(all, ""), nil
		})
	route(a, spec{method: http.MethodPost, path: path, id: "createStatusProcess", summary: "Add a status-driven process", tag: tag, need: string(access.AutomationEdit), status: 201, large: true},
		func(ctx context.Context, in *struct {
			Body struct {
				ID   string `json:"id,omitempty" maxLength:"50" doc:"absent = made of the name"`
				Type string `json:"type" maxLength:"60" doc:"record type"`
				status.Content
			}
		}) (*tagged[status.Template], error) {
			if err := a.mayStatus(ctx, access.AutomationEdit, in.Body.Type); err != nil {
				return nil, err
			}
			t, err := a.Statuses.Create(ctx, statusBy(ctx), in.Body.ID, in.Body.Type, in.Body.Content)
			return withTag(t.Rev, t), err
		})
	route(a, spec{method: http.MethodGet, path: path + "/{id}", id: "readStatusProcess", summary: "One status-driven process", tag: tag, need: string(access.AutomationView)},
		func(ctx context.Context, in *OfStatusProcess) (*tagged[status.Template], error) {
			t, err := a.mayTemplate(ctx, access.AutomationView, in.ID)
			return withTag(t.Rev, t), err
		})
	route(a, spec{method: http.MethodPut, path: path + "/{id}", id: "putStatusProcess", summary: "Replace it; what starts after it follows the new rules", tag: tag, need: string(access.AutomationEdit), large: true},
		func(ctx context.Context, in *struct {
			OfStatusProcess
			Matching
			Body statusInput
		}) (*tagged[status.Template], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			if _, err := a.mayTemplate(ctx, access.AutomationEdit, in.ID); err != nil {
				return nil, err
			}
			t, err := a.Statuses.Put(ctx, statusBy(ctx), in.ID, rev, in.Body.Content)
			return withTag(t.Rev, t), err
		})
	route(a, spec{method: http.MethodDelete, path: path + "/{id}", id: "deleteStatusProcess", summary: "Delete one by which nothing is under way", tag: tag, need: string(access.AutomationEdit), status: 204},
		func(ctx context.Context, in *struct {
			OfStatusProcess
			Matching
		}) (*none, error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			if _, err := a.mayTemplate(ctx, access.AutomationEdit, in.ID); err != nil {
				return nil, err
			}
			return nil, a.Statuses.Delete(ctx, statusBy(ctx), in.ID, rev)
		})
	route(a, spec{method: http.MethodPost, path: path + "/{id}/check", id: "checkStatusProcess", summary: "Find what is wrong with a draft; nothing is stored", tag: tag, need: string(access.AutomationView), fresh: true, large: true},
		func(ctx context.Context, in *struct {
			OfStatusProcess
			Body statusInput
		}) (*reply[findings], error) {
			if _, err := a.mayTemplate(ctx, access.AutomationView, in.ID); err != nil {
				return nil, err
			}
			f, err := a.Statuses.Check(ctx, in.ID, in.Body.Content)
			return body(findings{f}), err
		})
}

func statusBy(ctx context.Context) status.By {
	return status.By{Actor: callerOf(ctx).ID, Language: requestOf(ctx).language}
}

// statusBy tells also whether the caller may change a record: commands without a
// list are for those who may.
func (a *API) statusBy(ctx context.Context, recordType, id string) status.By {
	by := statusBy(ctx)
	by.Edits = a.mayEdit(ctx, recordType, id) == nil
	return by
}

// mayStatus decides about status-driven processes of a record type.
func (a *API) mayStatus(ctx context.Context, action access.Action, recordType string) error {
	return a.decide(ctx, action, access.Object{Type: "statusProcesses", Owner: callerOf(ctx).ID, Record: recordType})
}

// mayTemplate reads a template for somebody who wants to do something with it.
func (a *API) mayTemplate(ctx context.Context, action access.Action, id string) (status.Template, error) {
	t, err := a.Statuses.Get(ctx, id)
	if err != nil {
		return t, err
	}
	return t, a.mayStatus(ctx, action, t.Type)
}

func (a *API) statusState(ctx context.Context, s status.State, err error) (*reply[status.State], error) {
	if err != nil {
		return nil, err
	}
	one := []status.State{s}
	err = a.namePeople(ctx, one)
	return body(one[0]), err
}

// peopleNamed bounds the names of those who may press a button.
const peopleNamed = 20

// namePeople names the people of processes.
func (a *API) namePeople(ctx context.Context, states []status.State) error {
	var ids []string
	for _, s := range states {
		for _, c := range s.Commands {
			ids = append(ids, c.People...)
		}
		for _, m := range s.Story {
			ids = append(ids, m.By)
		}
	}
	slices.Sort(ids)
	names, err := a.People.Names(ctx, slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" }))
	if err != nil {
		return err
	}
	for _, s := range states {
		for i, c := range s.Commands {
			for _, id := range c.People[:min(len(c.People), peopleNamed)] {
				s.Commands[i].PeopleNames = append(s.Commands[i].PeopleNames, names[id])
			}
		}
		for i, m := range s.Story {
			s.Story[i].ByName = names[m.By]
		}
	}
	return nil
}
