package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/retention"
)

func (a *API) retentionRoutes() {
	const tag = "settings"
	route(a, spec{method: http.MethodGet, path: "/settings/retention", id: "readRetention", summary: "How long ended runs are kept", tag: tag, need: "settings.manage"},
		func(ctx context.Context, _ *struct{}) (*tagged[retention.Rule], error) {
			r, err := a.Retention.Get(ctx)
			return withTag(r.Rev, r), err
		})
	route(a, spec{method: http.MethodPut, path: "/settings/retention", id: "putRetention", summary: "Change how long ended runs are kept, in general and by process", tag: tag, need: "settings.manage"},
		func(ctx context.Context, in *struct {
			Matching
			Body retention.Rule
		}) (*tagged[retention.Rule], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			r, err := a.Retention.Put(ctx, in.Body, rev)
			return withTag(r.Rev, r), err
		})
}
