package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/crm"
)

// clientRoutes are about how clients are known again.
func (a *API) clientRoutes() {
	const tag = "crm"
	route(a, spec{method: http.MethodGet, path: "/settings/clients", id: "readClientSettings", summary: "How clients are known again", tag: tag, need: "settings.manage"},
		func(ctx context.Context, _ *struct{}) (*tagged[crm.ClientSettings], error) {
			s, err := a.CRM.ClientSettings(ctx)
			return withTag(s.Rev, s), err
		})
	route(a, spec{method: http.MethodPut, path: "/settings/clients", id: "putClientSettings", summary: "Change how clients are known again", tag: tag, need: "settings.manage"},
		func(ctx context.Context, in *struct {
			Matching
			Body struct {
				Country string `json:"country" maxLength:"2" doc:"two letters of ISO 3166, empty when numbers without a country code may be from anywhere"`
			}
		}) (*tagged[crm.ClientSettings], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			s, err := a.CRM.SaveClientSettings(ctx, by(ctx), rev, in.Body.Country)
			return withTag(s.Rev, s), err
		})
}
