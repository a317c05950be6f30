package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/definition"
)

// stageStartRoutes name the processes that a stage starts beside its robots.
func (a *API) stageStartRoutes() {
	route(a, spec{method: http.MethodGet, path: "/stage-boards/{pipeline}/starts", id: "listStageStarts", summary: "The drawn processes that begin at the pipeline's stages", tag: "stage automation", need: string(access.AutomationView)},
		func(ctx context.Context, in *OfPipeline) (*list[definition.StageStart], error) {
			if err := a.mayAutomate(ctx, access.AutomationView, in.Pipeline); err != nil {
				return nil, err
			}
			p, err := a.CRM.Pipeline(ctx, in.Pipeline)
			if err != nil {
				return nil, err
			}
			starts, err := a.Definitions.StageStarts(ctx, p.Type, p.ID, p.Key)
			return page(starts, ""), err
		})
}
