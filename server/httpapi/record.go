package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/problem"
)

// mayBin decides about something in the bin, which who may not see it does not see.
func (a *API) mayBin(ctx context.Context, action access.Action, recordType, id string) error {
	if clients(recordType) {
		return a.mayOwned(ctx, action, recordType, id, a.CRM.BinnedOwner)
	}
	d, err := a.CRM.Binned(ctx, recordType, id)
	if err != nil {
		return err
	}
	object, err := a.owned(ctx, d)
	if err != nil {
		return err
	}
	if !access.Decide(access.From(ctx), access.CRMView, object).Allowed {
		return problem.NotFound(recordType)
	}
	return a.decideIn(ctx, action, object)
}

// mayRestore decides about a client that may be in the bin, or out of it again.
func (a *API) mayRestore(ctx context.Context, action access.Action, recordType, id string) error {
	err := a.mayBin(ctx, action, recordType, id)
	if gone(err) {
		return a.mayClient(ctx, action, recordType, id)
	}
	return err
}

// mayBinClients decides about the clients of a record that go into the bin with it.
func (a *API) mayBinClients(ctx context.Context, of crm.Record) error {
	contacts, err := a.CRM.ContactsOf(ctx, of)
	if err != nil {
		return err
	}
	refs := []crm.Ref{}
	for _, c := range contacts {
		refs = append(refs, crm.Ref{Type: crm.TypeContact, ID: c.ID})
	}
	if of.CompanyID != "" {
		refs = append(refs, crm.Ref{Type: crm.TypeCompany, ID: of.CompanyID})
	}
	for _, r := range refs {
		// One that is gone already stays where it is.
		if err := a.mayClients(ctx, access.CRMDelete, r.Type); err != nil {
			return err
		}
		_, _, missing := a.CRM.Standing(ctx, r.Type, r.ID)
		if gone(missing) {
			continue
		}
		if err := a.mayClient(ctx, access.CRMDelete, r.Type, r.ID); gone(err) {
			return a.decide(ctx, access.CRMDelete, access.Object{Type: r.Type, ID: r.ID, Record: r.Type})
		} else if err != nil {
			return err
		}
	}
	return nil
}

// recordRoutes serve what is made of records, the bin, exceptions and own types.
func (a *API) recordRoutes() {
	const tag = "crm"
	route(a, spec{method: http.MethodPost, path: "/records/{type}/{id}/copies", id: "copyRecord", summary: "Make a record of another one: a copy, or a conversion into another type", tag: tag, need: "crm.add", status: 201},
		func(ctx context.Context, in *struct {
			ByType
			Body crm.CopyOptions
		}) (*tagged[recordView], error) {
			from, err := a.mayRecord(ctx, access.CRMView, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			in.Body.Language = requestOf(ctx).language
			if in.Body, err = a.CRM.CopyTo(ctx, from, in.Body); err != nil {
				return nil, err
			}
			if err := a.mayAdd(ctx, in.Body.Type, in.Body.Pipeline, in.Body.Stage); err != nil {
				return nil, err
			}
			d, err := a.CRM.CopyRecord(ctx, making(ctx), in.Type, in.ID, in.Body)
			if err != nil {
				return nil, err
			}
			return a.record(ctx, d)
		})
	route(a, spec{method: http.MethodGet, path: "/bin/{type}", id: "listBin", summary: "What was deleted of a type and can be restored, contacts and companies included", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			OfType
			Paging
			Q string `query:"q" maxLength:"200"`
		}) (*list[crm.BinItem], error) {
			seen, err := a.visible(ctx, access.CRMView, in.Type)
			if err != nil {
				return nil, err
			}
			all, next, err := a.CRM.Bin(ctx, in.Type, in.Q, seen, in.Limit, in.Cursor)
			if !clients(in.Type) && !seesClients(ctx) {
				for i := range all {
					all[i].Of = "" // it may be the name of a client
				}
			}
			return page(all, next), err
		})
	a.eraseRoutes()
	a.convertRoutes()
	route(a, spec{method: http.MethodPost, path: "/records/{type}/{id}/restore", id: "restoreRecord", summary: "Take a record out of the bin", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *ByType) (*tagged[recordView], error) {
			if err := a.mayBin(ctx, access.CRMEdit, in.Type, in.ID); err != nil {
				return nil, err
			}
			d, err := a.CRM.RestoreRecord(ctx, by(ctx), in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			return a.record(ctx, d)
		})
	route(a, spec{method: http.MethodPost, path: "/contacts/{id}/restore", id: "restoreContact", summary: "Take a contact out of the bin", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *ByID) (*tagged[crm.Contact], error) {
			if err := a.mayRestore(ctx, access.CRMEdit, crm.TypeContact, in.ID); err != nil {
				return nil, err
			}
			c, err := a.CRM.RestoreContact(ctx, by(ctx), in.ID)
			return withTag(c.Rev, c), err
		})
	route(a, spec{method: http.MethodPost, path: "/companies/{id}/restore", id: "restoreCompany", summary: "Take a company out of the bin", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *ByID) (*tagged[crm.Company], error) {
			if err := a.mayRestore(ctx, access.CRMEdit, crm.TypeCompany, in.ID); err != nil {
				return nil, err
			}
			c, err := a.CRM.RestoreCompany(ctx, by(ctx), in.ID)
			return withTag(c.Rev, c), err
		})
	route(a, spec{method: http.MethodPost, path: "/records/{type}/{id}/exception", id: "exceptRecord", summary: "Put the client of a record on the list of exceptions and both into the bin", tag: tag, need: "crm.delete"},
		func(ctx context.Context, in *ByType) (*list[string], error) {
			of, err := a.mayRecord(ctx, access.CRMDelete, in.Type, in.ID)
			if err != nil {
				return nil, err
			}
			// Its clients go into the bin too.
			if err := a.mayBinClients(ctx, of); err != nil {
				return nil, err
			}
			added, err := a.CRM.AddToExceptions(ctx, by(ctx), in.Type, in.ID)
			return page(added, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/exceptions", id: "listExceptions", summary: "Addresses and numbers that must not enter the CRM", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *Paging) (*list[crm.Exception], error) {
			all, next, err := a.CRM.Exceptions(ctx, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			for i := range all {
				all[i] = a.seenException(ctx, all[i])
			}
			return page(all, next), nil
		})
	route(a, spec{method: http.MethodPost, path: "/exceptions", id: "createException", summary: "Add an address or a number to the exceptions", tag: tag, need: "crm.edit", status: 201},
		func(ctx context.Context, in *struct {
			Body struct {
				Value string `json:"value" minLength:"1" maxLength:"320"`
			}
		}) (*reply[crm.Exception], error) {
			e, err := a.CRM.AddException(ctx, by(ctx), in.Body.Value, "", "") // or the one that is there
			return body(a.seenException(ctx, e)), err
		})
	route(a, spec{method: http.MethodDelete, path: "/exceptions/{id}", id: "deleteException", summary: "Take an address or a number off the exceptions", tag: tag, need: "crm.edit", status: 204},
		func(ctx context.Context, in *ByID) (*none, error) {
			return nil, a.CRM.RemoveException(ctx, by(ctx), in.ID)
		})
	a.typeRoutes()
}

// seenException is an exception as the caller may see it: who may not see a record is
// not told of it.
func (a *API) seenException(ctx context.Context, e crm.Exception) crm.Exception {
	recordType, id, named := strings.Cut(e.Record, ":")
	if named && a.maySee(ctx, recordType, id) != nil {
		e.Record, e.Title = "", ""
	}
	return e
}
