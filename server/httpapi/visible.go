package httpapi

import (
	"cmp"
	"context"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// visible is which records of a type the caller may do something with, as a filter
// for lists; nil when there is no limit.
//
// covers PE-05
func (a *API) visible(ctx context.Context, action access.Action, recordType string) (*docstore.Filter, error) {
	actor := access.From(ctx)
	rest, places := actor.Places(action, recordType)
	if clients(recordType) {
		places = nil // clients are on no stage
	}
	if rest == access.All && len(places) == 0 {
		return nil, nil
	}
	of, err := a.peopleWithin(ctx, actor)
	if err != nil {
		return nil, err
	}
	any := docstore.Filter{Op: docstore.AnyOf}
	// The narrower places come first: what one of them decides, the wider ones leave alone.
	var decided []docstore.Filter
	for _, p := range places {
		here := []docstore.Filter{{Path: "pipelineId", Op: docstore.Eq, Value: p.Pipeline}}
		if p.Stage != "" {
			here = append(here, docstore.Filter{Path: "stageId", Op: docstore.Eq, Value: p.Stage})
		}
		any.Of = append(any.Of, within(here, decided, of[p.Reach])...)
		decided = append(decided, docstore.Filter{Op: docstore.AllOf, Of: here})
	}
	any.Of = append(any.Of, within(nil, decided, of[rest])...)
	if len(any.Of) == 0 {
		any.Of = []docstore.Filter{{Path: "id", Op: docstore.In, Value: []string{}}} // nothing at all
	}
	return &any, nil
}

// within is one way to be visible: here, not in the places decided before, and of
// the people; none when the reach is nothing.
func within(here, decided, people []docstore.Filter) []docstore.Filter {
	if people == nil {
		return nil
	}
	all := append(append([]docstore.Filter{}, here...), people...)
	if len(decided) > 0 {
		all = append(all, docstore.Filter{Op: docstore.NoneOf, Of: decided})
	}
	if len(all) == 0 {
		all = []docstore.Filter{{Path: "id", Op: docstore.Gte, Value: ""}}
	}
	return []docstore.Filter{{Op: docstore.AllOf, Of: all}}
}

// peopleWithin are the filters of each reach: whose records are within it. What
// nobody is responsible for belongs to who added it.
func (a *API) peopleWithin(ctx context.Context, actor access.Actor) (map[access.Reach][]docstore.Filter, error) {
	d, err := a.Identity.Directory(ctx)
	if err != nil {
		return nil, err
	}
	owned := func(ids []string) []docstore.Filter {
		return []docstore.Filter{{Op: docstore.AnyOf, Of: []docstore.Filter{
			{Path: "responsibleId", Op: docstore.In, Value: ids},
			{Op: docstore.AllOf, Of: []docstore.Filter{{Path: "responsibleId", Op: docstore.Eq, Value: nil}, {Path: "createdBy", Op: docstore.In, Value: ids}}},
		}}}
	}
	near, below := []string{actor.UserID}, []string{actor.UserID}
	for _, u := range d.Users() {
		o := access.Object{Department: u.DepartmentID, Type: "records"}
		if u.ID == actor.UserID {
			continue
		}
		if actor.Covers(access.Department, o) {
			near = append(near, u.ID)
		}
		if actor.Covers(access.Below, o) {
			below = append(below, u.ID)
		}
	}
	return map[access.Reach][]docstore.Filter{
		access.Own: owned([]string{actor.UserID}), access.Department: owned(near), access.Below: owned(below), access.All: {},
	}, nil
}

// owned is a record as access sees it. What nobody is responsible for belongs to
// who added it; without either it belongs to all who may do something at all.
func (a *API) owned(ctx context.Context, r crm.Record) (access.Object, error) {
	object := access.Object{Type: r.Type, ID: r.ID, Record: r.Type, Pipeline: r.PipelineID, Stage: r.StageID}
	directory, err := a.Identity.Directory(ctx)
	if err != nil {
		return object, err
	}
	object.Owner = r.ResponsibleID
	if object.Owner == "" {
		object.Owner = r.CreatedBy
	}
	owner, known := directory.Find(object.Owner)
	if !known {
		object.Owner = access.From(ctx).UserID
	}
	object.Department = owner.DepartmentID
	return object, nil
}

// ownedClient is a client as access sees it. What belongs to nobody, as clients do that
// a process or a form has made for nobody, is within the reach of everything only.
func (a *API) ownedClient(ctx context.Context, recordType, id string, o crm.Owned) (access.Object, error) {
	object := access.Object{Type: recordType, ID: id, Record: recordType, Owner: cmp.Or(o.ResponsibleID, o.CreatedBy)}
	directory, err := a.Identity.Directory(ctx)
	if err != nil {
		return object, err
	}
	owner, _ := directory.Find(object.Owner)
	object.Department = owner.DepartmentID
	return object, nil
}

// mayRecord reads a record for somebody who wants to do something with it. What
// the caller may not see does not exist.
func (a *API) mayRecord(ctx context.Context, action access.Action, recordType, id string) (crm.Record, error) {
	r, err := a.CRM.Record(ctx, recordType, id)
	if err != nil {
		return r, err
	}
	object, err := a.owned(ctx, r)
	if err != nil {
		return r, err
	}
	if !access.Decide(access.From(ctx), access.CRMView, object).Allowed {
		return crm.Record{}, problem.NotFound(recordType)
	}
	return r, a.decideIn(ctx, action, object)
}

// mayAdd decides about a new record on a stage, which is the caller's own.
func (a *API) mayAdd(ctx context.Context, recordType, pipeline, stage string) error {
	return a.decideIn(ctx, access.CRMAdd, access.Object{Type: recordType, Owner: access.From(ctx).UserID, Record: recordType, Pipeline: pipeline, Stage: stage})
}

// mayStand decides whether the caller may put a record on a stage.
func (a *API) mayStand(ctx context.Context, r crm.Record, stage string) error {
	object, err := a.owned(ctx, r)
	if err != nil {
		return err
	}
	object.Stage = stage
	return a.decideIn(ctx, access.CRMEdit, object)
}

// decideIn decides about something in a pipeline, and names the pipeline to who is
// refused.
func (a *API) decideIn(ctx context.Context, action access.Action, object access.Object) error {
	err := a.decide(ctx, action, object)
	if err == nil || object.Pipeline == "" {
		return err
	}
	p, missing := a.CRM.Pipeline(ctx, object.Pipeline)
	if missing != nil {
		return err
	}
	object.In = p.Name
	return a.decide(ctx, action, object)
}

// mayClients decides about contacts or companies in general: about a list of them, of
// which only some may be within reach, and about a new one, which is the caller's own.
func (a *API) mayClients(ctx context.Context, action access.Action, recordType string) error {
	return a.decide(ctx, action, access.Object{Type: recordType, Owner: access.From(ctx).UserID, Record: recordType})
}

// mayClient decides about one contact or company. One that the caller may not see does
// not exist.
func (a *API) mayClient(ctx context.Context, action access.Action, recordType, id string) error {
	return a.mayOwned(ctx, action, recordType, id, a.CRM.ClientOwner)
}

// mayOwned is mayClient for clients that are found in some way.
func (a *API) mayOwned(ctx context.Context, action access.Action, recordType, id string, find func(ctx context.Context, recordType, id string) (crm.Owned, error)) error {
	if err := a.mayClients(ctx, action, recordType); err != nil {
		return err
	}
	actor := access.From(ctx)
	if actor.ReachIn(access.CRMView, recordType, "", "") == access.All && actor.ReachIn(action, recordType, "", "") == access.All {
		return nil
	}
	o, err := find(ctx, recordType, id)
	if err != nil {
		return err
	}
	object, err := a.ownedClient(ctx, recordType, id, o)
	if err != nil {
		return err
	}
	if !access.Decide(actor, access.CRMView, object).Allowed {
		return problem.NotFound(recordType)
	}
	return a.decide(ctx, action, object)
}

// maySee decides whether the caller may see a record of any type.
func (a *API) maySee(ctx context.Context, recordType, id string) error {
	switch recordType {
	case crm.TypeProduct:
		return a.allowed(ctx, string(access.CRMView))
	case crm.TypeContact, crm.TypeCompany:
		return a.mayClient(ctx, access.CRMView, recordType, id)
	}
	_, err := a.mayRecord(ctx, access.CRMView, recordType, id)
	return err
}

// mayRead is maySee for names that stand in what the caller sees anyway: of records,
// and of files.
func (a *API) mayRead(ctx context.Context, kind, id string) bool {
	if kind != crm.FileKind {
		return a.maySee(ctx, kind, id) == nil
	}
	f, err := a.Files.Info(ctx, id)
	return err == nil && a.mayOwner(ctx, f.Owner, false) == nil
}

// mayEdit decides whether the caller may edit a record of any type.
func (a *API) mayEdit(ctx context.Context, recordType, id string) error {
	if clients(recordType) {
		return a.mayClient(ctx, access.CRMEdit, recordType, id)
	}
	_, err := a.mayRecord(ctx, access.CRMEdit, recordType, id)
	return err
}
