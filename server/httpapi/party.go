package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
)

// party is what contacts and companies have in common for the API.
type party[T any] struct {
	one, many     string // in addresses
	title, titles string
	list          func(context.Context, crm.ListQuery) ([]T, string, error)
	names         func(context.Context, []T) (map[string]string, error)
	read          func(context.Context, string) (T, error)
	save          func(context.Context, crm.Change, T) (T, error)
	change        func(ctx context.Context, by crm.Change, id string, rev int64, edit func(*T)) (T, error)
	remove        func(context.Context, crm.Change, string, int64) error
	restore       func(context.Context, crm.Change, string) (T, error)
	rev           func(*T) *int64
	owned         func(*T) *crm.Owned
	linked        func(T) []string // ids of the clients that it names
}

func (a *API) contacts() party[crm.Contact] {
	return party[crm.Contact]{one: "contact", many: "contacts", title: "Contact", titles: "Contacts",
		list: a.CRM.Contacts, names: a.CRM.ContactNames, read: a.CRM.Contact, save: a.CRM.SaveContact, change: a.CRM.ChangeContact, remove: a.CRM.DeleteContact,
		restore: a.CRM.RestoreContact, rev: func(c *crm.Contact) *int64 { return &c.Rev }, owned: func(c *crm.Contact) *crm.Owned { return &c.Owned },
		linked: func(c crm.Contact) []string { return []string{c.CompanyID} }}
}

func (a *API) companies() party[crm.Company] {
	return party[crm.Company]{one: "company", many: "companies", title: "Company", titles: "Companies",
		list: a.CRM.Companies, names: a.CRM.CompanyNames, read: a.CRM.Company, save: a.CRM.SaveCompany, change: a.CRM.ChangeCompany, remove: a.CRM.DeleteCompany,
		restore: a.CRM.RestoreCompany, rev: func(c *crm.Company) *int64 { return &c.Rev }, owned: func(c *crm.Company) *crm.Owned { return &c.Owned },
		linked: func(crm.Company) []string { return nil }}
}

// partyRoutes declares the five operations of one sort of party; In is the body
// of creating and changing, Query what its list may be asked.
func partyRoutes[T any, In interface {
	into(*T)
	links() []link
}, Query interface {
	asked() (q PartyQuery, company string)
}](a *API, p party[T]) {
	const tag = "crm"
	out := func(v T, err error) (*tagged[T], error) { return withTag(*p.rev(&v), v), err }
	route(a, spec{method: http.MethodGet, path: "/" + p.many, id: "list" + p.titles, summary: p.titles, tag: tag, need: "crm.view"},
		func(ctx context.Context, given *Query) (*named[T], error) {
			in, company := (*given).asked()
			q, err := in.into(ctx, a, crm.ListQuery{Text: in.Q, Company: company, Responsible: in.Responsible, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			if q, err = a.seen(ctx, p.one, q); err != nil {
				return nil, err
			}
			all, next, err := p.list(ctx, q)
			if err != nil {
				return nil, err
			}
			names, err := p.names(ctx, all)
			if err != nil {
				return nil, err
			}
			var linked []string
			for _, v := range all {
				linked = append(linked, p.linked(v)...)
			}
			hidden, err := a.hidden(ctx, crm.TypeCompany, linked)
			for id := range hidden {
				delete(names, id)
			}
			return withNames(all, next, names), err
		})
	route(a, spec{method: http.MethodPost, path: "/" + p.many, id: "create" + p.title, summary: "Add a " + p.one, tag: tag, need: "crm.add", status: 201},
		func(ctx context.Context, in *struct{ Body In }) (*tagged[T], error) {
			if err := a.mayClients(ctx, access.CRMAdd, p.one); err != nil {
				return nil, err
			}
			var v T
			p.owned(&v).ResponsibleID = callerOf(ctx).ID
			in.Body.into(&v)
			if err := a.mayLink(ctx, in.Body.links(), nil); err != nil {
				return nil, err
			}
			return out(p.save(ctx, making(ctx), v))
		})
	route(a, spec{method: http.MethodGet, path: "/" + p.many + "/{id}", id: "read" + p.title, summary: "One " + p.one, tag: tag, need: "crm.view"},
		func(ctx context.Context, in *ByID) (*tagged[T], error) {
			if err := a.mayClient(ctx, access.CRMView, p.one, in.ID); err != nil {
				return nil, err
			}
			return out(p.read(ctx, in.ID))
		})
	route(a, spec{method: http.MethodPatch, path: "/" + p.many + "/{id}", id: "change" + p.title, summary: "Change a " + p.one, tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body In
		}) (*tagged[T], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if err := a.mayClient(ctx, access.CRMEdit, p.one, in.ID); err != nil {
				return nil, err
			}
			if links := in.Body.links(); len(links) > 0 {
				before, err := p.read(ctx, in.ID)
				if err != nil {
					return nil, err
				}
				if err := a.mayLink(ctx, links, p.linked(before)); err != nil {
					return nil, err
				}
			}
			return out(p.change(ctx, by(ctx), in.ID, rev, in.Body.into))
		})
	route(a, spec{method: http.MethodDelete, path: "/" + p.many + "/{id}", id: "delete" + p.title, summary: "Move a " + p.one + " to the bin", tag: tag, need: "crm.delete", status: 204},
		func(ctx context.Context, in *struct {
			ByID
			Matching
		}) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if err := a.mayClient(ctx, access.CRMDelete, p.one, in.ID); err != nil {
				return nil, err
			}
			return nil, p.remove(ctx, by(ctx), in.ID, rev)
		})
}
