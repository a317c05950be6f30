package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
)

// eraseRoutes serve what happens to things in the bin, and when it happens by itself.
func (a *API) eraseRoutes() {
	const tag = "crm"
	route(a, spec{method: http.MethodDelete, path: "/bin/{type}/{id}", id: "eraseRecord", summary: "Erase something in the bin for good, with its story and files", tag: tag, need: "crm.delete", status: 204},
		func(ctx context.Context, in *ByType) (*none, error) {
			if err := a.mayBin(ctx, access.CRMDelete, in.Type, in.ID); err != nil {
				return nil, err
			}
			return nil, a.CRM.Erase(ctx, by(ctx), in.Type, in.ID)
		})
	route(a, spec{method: http.MethodGet, path: "/settings/bin", id: "readBinRule", summary: "How long the bin keeps what was deleted", tag: tag, need: "crm.view"},
		func(ctx context.Context, _ *struct{}) (*tagged[crm.BinRule], error) {
			r, err := a.CRM.BinRule(ctx)
			return withTag(r.Rev, r), err
		})
	route(a, spec{method: http.MethodPut, path: "/settings/bin", id: "putBinRule", summary: "Change how long the bin keeps what was deleted", tag: tag, need: "settings.manage"},
		func(ctx context.Context, in *struct {
			Matching
			Body crm.BinRule
		}) (*tagged[crm.BinRule], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			r, err := a.CRM.SetBinRule(ctx, by(ctx), in.Body, rev)
			return withTag(r.Rev, r), err
		})
}

// contactLine is a contact of a record as its page shows it.
type contactLine struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Position string `json:"position,omitempty"`
}

// contactsOf are the contacts of a record, the primary one first; of those that the
// caller may not see only the id.
func (a *API) contactsOf(ctx context.Context, d crm.Record) ([]contactLine, error) {
	all, err := a.CRM.ContactsOf(ctx, d)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	hidden, err := a.hidden(ctx, crm.TypeContact, ids)
	if err != nil {
		return nil, err
	}
	out := make([]contactLine, len(all))
	for i, c := range all {
		if out[i] = (contactLine{ID: c.ID}); !hidden[c.ID] {
			out[i] = contactLine{ID: c.ID, Name: c.Name, Email: c.Email, Phone: c.Phone, Position: c.Position}
		}
	}
	return out, nil
}
