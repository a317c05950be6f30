package httpapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
)

// convertRoutes serve what a lead becomes.
func (a *API) convertRoutes() {
	const tag = "crm"
	route(a, spec{method: http.MethodGet, path: "/leads/{id}/conversion", id: "readConversion", summary: "What a lead would become, and who of the known clients it could be", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *ByID) (*reply[crm.Conversion], error) {
			if _, err := a.mayRecord(ctx, access.CRMView, crm.TypeLead, in.ID); err != nil {
				return nil, err
			}
			c, err := a.CRM.Conversion(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			known := []crm.Match{}
			for _, m := range c.Known { // who may not see clients is not told of them
				if a.maySee(ctx, m.Type, m.ID) == nil {
					known = append(known, m)
				}
			}
			c.Known = known
			return body(c), nil
		})
	route(a, spec{method: http.MethodPost, path: "/leads/{id}/conversion", id: "convertLead", summary: "Make a contact, a company and a deal of a lead in one act", tag: tag, need: "crm.edit"},
		func(ctx context.Context, in *struct {
			ByID
			Matching
			Body crm.ConvertOptions
		}) (*tagged[crm.Converted], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			lead, err := a.mayRecord(ctx, access.CRMEdit, crm.TypeLead, in.ID)
			if err != nil {
				return nil, err
			}
			if err := a.mayConvert(ctx, lead, in.Body); err != nil {
				return nil, err
			}
			made, err := a.CRM.Convert(ctx, by(ctx), in.ID, rev, in.Body)
			if err != nil {
				return nil, err
			}
			return withTag(made.Lead.Rev, made), a.coverRecords(ctx, &made.Lead)
		})
}

// mayConvert decides about everything that a conversion writes.
func (a *API) mayConvert(ctx context.Context, lead crm.Record, o crm.ConvertOptions) error {
	for _, of := range []struct {
		recordType string
		client     *crm.ConvertClient
	}{{crm.TypeContact, o.Contact}, {crm.TypeCompany, o.Company}} {
		if of.client == nil {
			continue
		}
		may := a.mayClients(ctx, access.CRMAdd, of.recordType)
		if of.client.ID != "" {
			may = a.mayClient(ctx, access.CRMEdit, of.recordType, of.client.ID)
		}
		if may != nil {
			return may
		}
	}
	stage := o.Stage
	if stage == "" {
		var err error
		if stage, err = a.CRM.FinalStage(ctx, lead); err != nil {
			return err
		}
	}
	if stage != "" {
		if err := a.mayStand(ctx, lead, stage); err != nil {
			return err
		}
	}
	if o.Deal == nil {
		return nil
	}
	to, err := a.CRM.CopyTo(ctx, lead, crm.CopyOptions{Type: cmp.Or(o.Deal.Type, crm.TypeDeal), Pipeline: o.Deal.Pipeline, Stage: o.Deal.Stage})
	if err != nil {
		return err
	}
	return a.mayAdd(ctx, to.Type, to.Pipeline, to.Stage)
}

// filesAlong are the files of a record and of those it was converted from, as far as
// the caller may see them.
func (a *API) filesAlong(ctx context.Context, d crm.Record) ([]FileInfo, error) {
	const most = 5 // steps back: lead, deal, quote, invoice
	all, err := a.filesOf(ctx, d.Type+":"+d.ID)
	for range most {
		if err != nil || d.Origin == nil || d.Origin.How != crm.ByConvert {
			break
		}
		before, missing := a.mayRecord(ctx, access.CRMView, d.Origin.Type, d.Origin.ID)
		if missing != nil { // deleted, or not the caller's to see
			break
		}
		var more []FileInfo
		more, err = a.filesOf(ctx, before.Type+":"+before.ID)
		all, d = append(all, more...), before
	}
	return all, err
}
