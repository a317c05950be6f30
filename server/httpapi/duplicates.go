package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// seenOf is which records of a type the caller sees.
func (a *API) seenOf(ctx context.Context, recordType string) (*docstore.Filter, error) {
	if clients(recordType) {
		if err := a.mayClients(ctx, access.CRMView, recordType); err != nil {
			return nil, err
		}
	}
	return a.visible(ctx, access.CRMView, recordType)
}

// mayMerge decides about each of the records that are to become one: the one that
// stays is edited, the others go to the bin.
func (a *API) mayMerge(ctx context.Context, recordType, into string, from []string) error {
	if clients(recordType) {
		if err := a.mayClients(ctx, access.CRMDelete, recordType); err != nil {
			return err
		}
		for _, id := range from {
			if err := a.mayClient(ctx, access.CRMDelete, recordType, id); err != nil {
				return err
			}
		}
		return a.mayClient(ctx, access.CRMEdit, recordType, into)
	}
	for _, id := range from {
		if _, err := a.mayRecord(ctx, access.CRMDelete, recordType, id); err != nil {
			return err
		}
	}
	_, err := a.mayRecord(ctx, access.CRMEdit, recordType, into)
	return err
}

func (a *API) duplicateRoutes() {
	const tag = "duplicates"
	route(a, spec{method: http.MethodGet, path: "/matches", id: "findMatches", summary: "Contacts, companies and leads that are known already by an address, a number or a name", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			Types []string `query:"types" maxItems:"3" doc:"contact, company, lead; all when it is left out"`
			Email []string `query:"email,explode" maxItems:"10" doc:"one or several"`
			Phone []string `query:"phone,explode" maxItems:"10" doc:"one or several"`
			Name  string   `query:"name" maxLength:"400"`
			TaxID string   `query:"taxId" maxLength:"60"`
		}) (*list[crm.Match], error) {
			if len(in.Types) == 0 {
				in.Types = []string{crm.TypeContact, crm.TypeCompany, crm.TypeLead}
			}
			out := []crm.Match{}
			for _, t := range in.Types {
				if !clients(t) && t != crm.TypeLead {
					return nil, problem.Invalid("query.types", "one_of", "contact, company, lead")
				}
				seen, err := a.visible(ctx, access.CRMView, t)
				if err != nil {
					return nil, err
				}
				found, err := a.CRM.Find(ctx, t, crm.Probe{Emails: in.Email, Phones: in.Phone, Name: in.Name, TaxID: in.TaxID, Visible: seen}, []string{crm.ByEmail, crm.ByPhone, crm.ByTaxID, crm.ByName})
				if err != nil {
					return nil, err
				}
				for _, m := range found {
					if len(out) < 10 {
						out = append(out, m)
					}
				}
			}
			return page(out, ""), nil
		})
	route(a, spec{method: http.MethodGet, path: "/duplicates/{type}", id: "listDuplicates", summary: "Groups of contacts, companies or leads that agree in an address, a number or a name", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			OfType
			Paging
			By string `query:"by" enum:"email,phone,taxId,name" doc:"all ways when it is left out"`
		}) (*list[crm.DuplicateGroup], error) {
			seen, err := a.seenOf(ctx, in.Type)
			if err != nil {
				return nil, err
			}
			all, next, err := a.CRM.Duplicates(ctx, in.Type, in.By, seen, in.Limit, in.Cursor)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodGet, path: "/duplicates/{type}/comparison", id: "compareDuplicates", summary: "Records that may become one, with the fields in which they differ", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			OfType
			IDs []string `query:"id,explode" minItems:"2" maxItems:"21"`
		}) (*reply[crm.Compared], error) {
			for _, id := range in.IDs {
				if err := a.maySee(ctx, in.Type, id); err != nil {
					return nil, err
				}
			}
			c, err := a.CRM.Compare(ctx, in.Type, in.IDs)
			return body(c), err
		})
	route(a, spec{method: http.MethodPost, path: "/duplicates/{type}/dismiss", id: "dismissDuplicates", summary: "Note that a group are no duplicates", tag: tag, need: "crm.edit", status: 204},
		func(ctx context.Context, in *struct {
			OfType
			Body struct {
				Key string `json:"key" minLength:"3" maxLength:"500"`
			}
		}) (*none, error) {
			seen, err := a.seenOf(ctx, in.Type)
			if err != nil {
				return nil, err
			}
			return nil, a.CRM.Dismiss(ctx, by(ctx), in.Type, in.Body.Key, seen)
		})
	route(a, spec{method: http.MethodPost, path: "/duplicates/{type}/merge", id: "mergeRecords", summary: "Make one record of several", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *struct {
			OfType
			Body crm.Merging
		}) (*reply[crm.Merge], error) {
			if err := a.mayMerge(ctx, in.Type, in.Body.Into, in.Body.From); err != nil {
				return nil, err
			}
			m, err := a.CRM.MergeRecords(ctx, by(ctx), in.Type, in.Body)
			return body(m), err
		})
	route(a, spec{method: http.MethodGet, path: "/merges/{id}", id: "readMerge", summary: "A merge that was done", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *ByID) (*reply[crm.Merge], error) {
			m, err := a.CRM.Merge(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return body(m), a.maySee(ctx, m.Type, m.Into)
		})
	route(a, spec{method: http.MethodPost, path: "/merges/{id}/undo", id: "undoMerge", summary: "Take a merge back", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *ByID) (*reply[crm.Merge], error) {
			m, err := a.CRM.Merge(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.mayMerge(ctx, m.Type, m.Into, nil); err != nil {
				return nil, err
			}
			m, err = a.CRM.Unmerge(ctx, by(ctx), in.ID)
			return body(m), err
		})
}
