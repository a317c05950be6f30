package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/view"
)

// savedView is a view as its reader may use it.
type savedView struct {
	view.View
	OwnerName string `json:"ownerName,omitempty"`
	Mine      bool   `json:"mine"`
	First     bool   `json:"first,omitempty" doc:"the reader begins with it"`
}

type viewInput struct {
	Name   string         `json:"name" minLength:"1" maxLength:"80"`
	Search map[string]any `json:"search" doc:"the filters of the page's address, plain values"`
	Shared bool           `json:"shared"`
}

// viewRoutes are the saved views of lists: everybody's own, and those that
// operators have given to all.
func (a *API) viewRoutes() {
	const tag = "views"
	shown := func(ctx context.Context, all ...view.View) ([]savedView, error) {
		me := callerOf(ctx).ID
		ids := make([]string, 0, len(all))
		for _, v := range all {
			ids = append(ids, v.Owner)
		}
		names, err := a.People.Names(ctx, ids)
		if err != nil {
			return nil, err
		}
		out := make([]savedView, 0, len(all))
		for _, v := range all {
			first, err := a.Views.First(ctx, v.Page, me)
			if err != nil {
				return nil, err
			}
			out = append(out, savedView{View: v, OwnerName: names[v.Owner], Mine: v.Owner == me, First: first == v.ID})
		}
		return out, nil
	}
	one := func(ctx context.Context, v view.View, err error) (*tagged[savedView], error) {
		if errors.Is(err, docstore.ErrConflict) {
			return nil, problem.Stale(nil)
		}
		if err != nil {
			return nil, err
		}
		all, err := shown(ctx, v)
		if err != nil {
			return nil, err
		}
		return withTag(v.Rev, all[0]), nil
	}
	route(a, spec{method: http.MethodGet, path: "/views", id: "listViews", summary: "Saved views of a page: one's own and the shared ones", tag: tag, need: member},
		func(ctx context.Context, in *struct {
			Page string `query:"page" pattern:"^(runs|records:[a-z][a-zA-Z0-9]{0,39})$" maxLength:"60" default:"runs" doc:"runs, or records: and a record type"`
		}) (*list[savedView], error) {
			if err := a.decide(ctx, viewing(in.Page), access.Any); err != nil {
				return nil, err
			}
			all, err := a.Views.List(ctx, in.Page, callerOf(ctx).ID)
			if err != nil {
				return nil, err
			}
			out, err := shown(ctx, all...)
			return page(out, ""), err
		})
	route(a, spec{method: http.MethodPost, path: "/views", id: "addView", summary: "Save a view", tag: tag, need: member, status: 201},
		func(ctx context.Context, in *struct {
			Body struct {
				Page   string         `json:"page" pattern:"^(runs|records:[a-z][a-zA-Z0-9]{0,39})$" maxLength:"60" doc:"runs, or records: and a record type"`
				Name   string         `json:"name" minLength:"1" maxLength:"80"`
				Search map[string]any `json:"search" doc:"the filters of the page's address, plain values"`
				Shared bool           `json:"shared"`
			}
		}) (*tagged[savedView], error) {
			if err := a.decide(ctx, viewing(in.Body.Page), access.Any); err != nil {
				return nil, err
			}
			v := view.View{Page: in.Body.Page, Owner: callerOf(ctx).ID}
			if err := a.fill(ctx, &v, viewInput{in.Body.Name, in.Body.Search, in.Body.Shared}); err != nil {
				return nil, err
			}
			v, err := a.Views.Add(ctx, v)
			if err == nil && v.Shared {
				err = a.note(ctx, "view.created", "view:"+v.ID, noted{After: toldView(v)})
			}
			return one(ctx, v, err)
		})
	route(a, spec{method: http.MethodPut, path: "/views/{id}", id: "putView", summary: "Change a saved view", tag: tag, need: member},
		func(ctx context.Context, in *change[viewInput]) (*tagged[savedView], error) {
			v, err := a.ownView(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			before := v
			if err := a.fill(ctx, &v, in.Body); err != nil {
				return nil, err
			}
			v, err = a.Views.Put(ctx, v)
			if err == nil && (before.Shared || v.Shared) {
				err = a.note(ctx, "view.changed", "view:"+v.ID, noted{Before: toldView(before), After: toldView(v)})
			}
			return one(ctx, v, err)
		})
	route(a, spec{method: http.MethodDelete, path: "/views/{id}", id: "deleteView", summary: "Forget a saved view", tag: tag, need: member, status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			v, err := a.ownView(ctx, in.ID, in.Matching)
			if err != nil {
				return nil, err
			}
			err = a.Views.Delete(ctx, v)
			if errors.Is(err, docstore.ErrConflict) {
				err = problem.Stale(nil)
			}
			if err == nil && v.Shared {
				err = a.note(ctx, "view.deleted", "view:"+v.ID, noted{Before: toldView(v)})
			}
			return &none{}, err
		})
	route(a, spec{method: http.MethodPut, path: "/views/first", id: "putFirstView", summary: "Begin a page with a view", tag: tag, need: member, status: 204},
		func(ctx context.Context, in *struct {
			Body struct {
				Page string `json:"page" pattern:"^(runs|records:[a-z][a-zA-Z0-9]{0,39})$" maxLength:"60"`
				View string `json:"view,omitempty" maxLength:"100" doc:"left out for none"`
			}
		}) (*none, error) {
			if err := a.decide(ctx, viewing(in.Body.Page), access.Any); err != nil {
				return nil, err
			}
			return &none{}, a.Views.SetFirst(ctx, in.Body.Page, callerOf(ctx).ID, in.Body.View)
		})
}

// viewing is the right to see what a page shows.
func viewing(page string) access.Action {
	if page == "runs" {
		return access.RunsView
	}
	return access.CRMView
}

// sharing is the right to give a view of a page to everybody.
func sharing(page string) access.Action {
	if page == "runs" {
		return access.RunsOperate
	}
	return access.PipelinesEdit
}

// toldView is what the trail keeps of a view that is everybody's. One's own
// views are nobody else's business.
func toldView(v view.View) map[string]any {
	return map[string]any{"name": v.Name, "page": v.Page, "owner": v.Owner, "search": v.Search, "shared": v.Shared}
}

// ownView reads a view that the caller may change: the own ones, and the shared
// ones of others for whom the people are the caller's to manage.
func (a *API) ownView(ctx context.Context, id string, m Matching) (view.View, error) {
	v, err := a.Views.Get(ctx, id, callerOf(ctx).ID)
	if err != nil {
		return v, err
	}
	if v.Owner != callerOf(ctx).ID {
		if err := a.decide(ctx, access.UsersManage, access.Any); err != nil {
			return v, err
		}
	}
	rev, err := m.rev()
	if err == nil && rev != v.Rev {
		err = problem.Stale(nil)
	}
	return v, err
}

// fill takes over what the caller sends. What is shared stands in everybody's
// list, so only operators share it and change it there, and of lists of records who
// edits pipelines. Whoever no longer may can still keep the view for themselves.
func (a *API) fill(ctx context.Context, v *view.View, in viewInput) error {
	if in.Shared {
		if err := a.decide(ctx, sharing(v.Page), access.Any); err != nil {
			return err
		}
	}
	search, err := json.Marshal(in.Search)
	if err != nil {
		return err
	}
	v.Name, v.Search, v.Shared = in.Name, search, in.Shared
	return nil
}
