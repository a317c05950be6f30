package httpapi

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/problem"
)

// A record that somebody may see can name a client that they may not: then its page
// says that there is one, by the id alone, and who it is stays covered.

// seesClients tells whether the caller sees every client.
func seesClients(ctx context.Context) bool {
	return seesEvery(access.From(ctx), crm.TypeContact) && seesEvery(access.From(ctx), crm.TypeCompany)
}

func seesEvery(actor access.Actor, recordType string) bool {
	return actor.ReachIn(access.CRMView, recordType, "", "") == access.All
}

// hidden are those of some contacts or companies that the caller may not see.
func (a *API) hidden(ctx context.Context, recordType string, ids []string) (map[string]bool, error) {
	if seesEvery(access.From(ctx), recordType) {
		return nil, nil
	}
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil, nil
	}
	visible, err := a.visible(ctx, access.CRMView, recordType)
	if err != nil || visible == nil {
		return nil, err
	}
	seen, err := a.CRM.ClientsAmong(ctx, recordType, ids, *visible)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			out[id] = true
		}
	}
	return out, nil
}

// names are where the name of a client stands, beside its id.
type names struct {
	recordType, id string
	name           *string
}

// cover takes away the names of clients that the caller may not see.
func (a *API) cover(ctx context.Context, all []names) error {
	if seesClients(ctx) {
		return nil
	}
	for _, recordType := range []string{crm.TypeContact, crm.TypeCompany} {
		var ids []string
		for _, n := range all {
			if n.recordType == recordType && *n.name != "" {
				ids = append(ids, n.id)
			}
		}
		hidden, err := a.hidden(ctx, recordType, ids)
		if err != nil {
			return err
		}
		for _, n := range all {
			if n.recordType == recordType && hidden[n.id] {
				*n.name = ""
			}
		}
	}
	return nil
}

func (a *API) coverRecords(ctx context.Context, records ...*crm.Record) error {
	var all []names
	for _, r := range records {
		all = append(all, names{crm.TypeCompany, r.CompanyID, &r.CompanyName}, names{crm.TypeContact, r.ContactID, &r.ContactName})
	}
	return a.cover(ctx, all)
}

func (a *API) coverCards(ctx context.Context, cards []*crm.Card) error {
	var all []names
	for _, c := range cards {
		if c.CompanyID != "" { // a lead without one says itself who it is
			all = append(all, names{crm.TypeCompany, c.CompanyID, &c.CompanyName})
		}
		if c.ContactID != "" {
			all = append(all, names{crm.TypeContact, c.ContactID, &c.ContactName})
		}
	}
	return a.cover(ctx, all)
}

func pointers[T any](of []T) []*T {
	out := make([]*T, len(of))
	for i := range of {
		out[i] = &of[i]
	}
	return out
}

// unseenClient stands in a story where the name of a client is covered.
var unseenClient = map[string]bool{"hidden": true}

// coverStory takes the names of such clients out of the story of a record.
func (a *API) coverStory(ctx context.Context, recordType string, entries []crm.Entry) error {
	if seesClients(ctx) {
		return nil
	}
	of, err := a.CRM.RecordType(ctx, recordType)
	if err != nil {
		return err
	}
	var all []names
	var put []func() // what is taken out of a map is put back
	for _, e := range entries {
		if e.Kind == "linked" {
			client, _ := e.Data["type"].(string)
			id, _ := e.Data["id"].(string)
			if title, _ := e.Data["title"].(string); clients(client) {
				all = append(all, names{client, id, &title})
				put = append(put, func() { e.Data["title"] = title })
			}
		}
		for _, f := range of.Fields {
			change, told := e.Data[f.Key].(map[string]any)
			if !told || f.Type != field.Reference || !clients(f.Target) {
				continue
			}
			if !f.Standard { // several names in one text cannot be told apart
				for _, side := range []string{"before", "after"} {
					if change[side] != nil {
						change[side] = unseenClient
					}
				}
				continue
			}
			for _, side := range []string{"before", "after"} {
				// What was told before ids were kept says nothing of who it was.
				id, _ := change[side+"Id"].(string)
				if name, _ := change[side].(string); name != "" {
					all = append(all, names{f.Target, id, &name})
					put = append(put, func() {
						if change[side] = name; name == "" || id == "" {
							change[side] = unseenClient
						}
					})
				}
			}
		}
	}
	if err := a.cover(ctx, all); err != nil {
		return err
	}
	for _, back := range put {
		back()
	}
	return nil
}

// CoverView takes such clients out of what expressions see of a record. own tells which
// clients the caller has made in a trial: nobody else knows them.
func (a *API) CoverView(ctx context.Context, view map[string]any, own func(id string) bool) error {
	if seesClients(ctx) {
		return nil
	}
	id := func(of any) string {
		v, _ := of.(map[string]any)
		if text, _ := v["id"].(string); !own(text) {
			return text
		}
		return ""
	}
	contacts, _ := view["contacts"].([]any)
	ids := []string{id(view["contact"])}
	for _, c := range contacts {
		ids = append(ids, id(c))
	}
	people, err := a.hidden(ctx, crm.TypeContact, ids)
	if err != nil {
		return err
	}
	companies, err := a.hidden(ctx, crm.TypeCompany, []string{id(view["company"])})
	if err != nil {
		return err
	}
	blank := func(of any) {
		v, _ := of.(map[string]any)
		for key := range v {
			if key != "id" {
				v[key] = ""
			}
		}
	}
	for _, c := range append([]any{view["contact"]}, contacts...) {
		if people[id(c)] {
			blank(c)
			blank(view["client"])
		}
	}
	if companies[id(view["company"])] {
		blank(view["company"])
		blank(view["client"])
	}
	return nil
}

// CoveredView is a record as expressions see it, for a person who tries them: without
// the clients that they may not see.
func (a *API) CoveredView(ctx context.Context, recordType, id string) (map[string]any, error) {
	view, err := a.CRM.View(ctx, recordType, id)
	if err != nil {
		return nil, err
	}
	return view, a.CoverView(ctx, view, func(string) bool { return false })
}

// CoverChanges takes the names of such clients out of what was changed of a record.
func (a *API) CoverChanges(ctx context.Context, recordType string, changes map[string]crm.FieldChange) error {
	if seesClients(ctx) {
		return nil
	}
	data := map[string]any{}
	for key, c := range changes {
		data[key] = map[string]any{"before": c.Before, "after": c.After, "beforeId": c.BeforeID, "afterId": c.AfterID}
	}
	if err := a.coverStory(ctx, recordType, []crm.Entry{{Data: data}}); err != nil {
		return err
	}
	for key, c := range changes {
		shown, _ := data[key].(map[string]any)
		c.Before, c.After = shown["before"], shown["after"]
		changes[key] = c
	}
	return nil
}

// coverStale takes the names of such clients out of a refusal that shows the record as
// it is now.
func (a *API) coverStale(ctx context.Context, err error) error {
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "stale" {
		return err
	}
	if r, is := p.Extra["current"].(crm.Record); is {
		if failed := a.coverRecords(ctx, &r); failed != nil {
			return failed
		}
		p.Extra["current"] = r
	}
	return err
}

// link is a client that a request names, at a place of it.
type link struct{ recordType, id, path string }

// linksOf are the clients that a change of a record names.
func linksOf(p crm.RecordPatch, under string) []link {
	var out []link
	if p.CompanyID != nil {
		out = append(out, link{crm.TypeCompany, *p.CompanyID, under + "/companyId"})
	}
	if p.ContactID != nil {
		out = append(out, link{crm.TypeContact, *p.ContactID, under + "/contactId"})
	}
	if p.ContactIDs != nil {
		for i, id := range *p.ContactIDs {
			out = append(out, link{crm.TypeContact, id, under + "/contactIds/" + strconv.Itoa(i)})
		}
	}
	return out
}

// clientsOf are the clients of a record.
func clientsOf(r crm.Record) []string {
	return append([]string{r.CompanyID, r.ContactID}, r.ContactIDs...)
}

// mayLink refuses to name a client that the caller may not see, other than those that
// are named already.
func (a *API) mayLink(ctx context.Context, links []link, had []string) error {
	if seesClients(ctx) {
		return nil
	}
	for _, l := range links {
		if l.id == "" || slices.Contains(had, l.id) {
			continue
		}
		hidden, err := a.hidden(ctx, l.recordType, []string{l.id})
		if err != nil {
			return err
		}
		if hidden[l.id] {
			return problem.Invalid(l.path, "unknown_reference", "there is no such "+l.recordType)
		}
	}
	return nil
}
