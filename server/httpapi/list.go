package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Filtered is embedded by the inputs of lists of records. Exported like ByID.
type Filtered struct {
	Filter string `query:"filter" maxLength:"16000" doc:"JSON: {\"field\", \"op\", \"value\"}, or a group {\"all\": [...]}, {\"any\": [...]}, {\"none\": [...]} of them"`
}

// into adds the filter and its reader to what a list asks for.
func (in Filtered) into(ctx context.Context, a *API, q crm.ListQuery) (crm.ListQuery, error) {
	f, err := crm.ParseFilter(in.Filter)
	if err != nil {
		return q, err
	}
	q.Filter = f
	q.Reader, err = a.reader(ctx)
	return q, err
}

// reader is the caller as the reader of a list.
func (a *API) reader(ctx context.Context) (crm.Reader, error) {
	r := crm.Reader{Me: access.From(ctx).UserID, Zone: a.Zone}
	for _, recordType := range []string{crm.TypeContact, crm.TypeCompany} {
		bounds, err := a.visible(ctx, access.CRMView, recordType)
		if err != nil {
			return r, err
		}
		if bounds != nil {
			if r.Clients == nil {
				r.Clients = map[string]docstore.Filter{}
			}
			r.Clients[recordType] = *bounds
		}
	}
	return r, nil
}

// named is a page of records with the names of what they point to.
type named[T any] struct {
	Body struct {
		Items []T               `json:"items"`
		Next  *string           `json:"next" doc:"cursor of the next page, null at the end"`
		Names map[string]string `json:"names" doc:"of the users, records and files that own fields hold, of companies of contacts and of who added records, by id"`
	}
}

func withNames[T any](items []T, next string, names map[string]string) *named[T] {
	var out named[T]
	p := page(items, next).Body
	out.Body.Items, out.Body.Next, out.Body.Names = p.Items, p.Next, names
	return &out
}

// seen bounds a list of records of any type to what the caller may see.
func (a *API) seen(ctx context.Context, recordType string, q crm.ListQuery) (crm.ListQuery, error) {
	if clients(recordType) {
		if err := a.mayClients(ctx, access.CRMView, recordType); err != nil {
			return q, err
		}
	}
	var err error
	q.Visible, err = a.visible(ctx, access.CRMView, recordType)
	return q, err
}

// OfAnyType is the path of the records of a type, with stages or without. Exported
// like ByID.
type OfAnyType struct {
	Type string `path:"type" maxLength:"40" doc:"any record type, contact and company included"`
}

// listRoutes serve what lists of records of any type have in common.
func (a *API) listRoutes() {
	const tag = "crm"
	route(a, spec{method: http.MethodGet, path: "/lists/{type}/fields", id: "listFilterFields", summary: "By what a list of records can be filtered and sorted", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *OfAnyType) (*list[crm.ListField], error) {
			reader, err := a.reader(ctx)
			if err != nil {
				return nil, err
			}
			all, err := a.CRM.ListFields(ctx, in.Type, reader)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/lists/{type}/totals", id: "readListTotals", summary: "Count and sums of a list of records", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			OfAnyType
			Filtered
			Pipeline string `query:"pipeline" maxLength:"100"`
			Q        string `query:"q" maxLength:"200"`
		}) (*reply[crm.Totals], error) {
			q, err := in.into(ctx, a, crm.ListQuery{Pipeline: in.Pipeline, Text: in.Q})
			if err != nil {
				return nil, err
			}
			if q, err = a.seen(ctx, in.Type, q); err != nil {
				return nil, err
			}
			t, err := a.CRM.Totals(ctx, in.Type, q)
			return body(t), err
		})
	route(a, spec{method: http.MethodGet, path: "/lists/{type}/calendar", id: "readListCalendar", summary: "Records of a list that stand in a period by a date of theirs", tag: tag, need: "crm.view"},
		func(ctx context.Context, in *struct {
			OfType
			Filtered
			Q    string `query:"q" maxLength:"200"`
			By   string `query:"by" required:"true" maxLength:"60" doc:"a field of type date or date-time"`
			From string `query:"from" required:"true" maxLength:"40" doc:"a day, or a moment for fields of moments"`
			To   string `query:"to" required:"true" maxLength:"40" doc:"the first day or moment that is no more in the period"`
		}) (*reply[calendarOf], error) {
			q, err := in.into(ctx, a, crm.ListQuery{Text: in.Q})
			if err != nil {
				return nil, err
			}
			if q, err = a.seen(ctx, in.Type, q); err != nil {
				return nil, err
			}
			found, more, err := a.CRM.Dated(ctx, in.Type, crm.DatedQuery{By: in.By, From: in.From, To: in.To, ListQuery: q})
			if err != nil {
				return nil, err
			}
			var all []names
			for _, d := range pointers(found) {
				all = append(all, names{crm.TypeCompany, d.CompanyID, &d.CompanyName})
			}
			if err := a.cover(ctx, all); err != nil {
				return nil, err
			}
			return body(calendarOf{Items: append([]crm.Dated{}, found...), More: more}), nil
		})
}

// calendarOf are the records of a period.
type calendarOf struct {
	Items []crm.Dated `json:"items" doc:"the earliest first, at most 1000"`
	More  bool        `json:"more" doc:"the period holds more: those after the last one are not told"`
}
