package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation/trial"
)

// trialRoutes play boards without doing anything.
func (a *API) trialRoutes() {
	const tag = "stage automation"
	route(a, spec{method: http.MethodPost, path: "/stage-boards/{pipeline}/trials", id: "tryStageBoard", summary: "Play a board, saved or not, with a copy of a record under a clock of its own; nothing is sent or changed", tag: tag,
		need: string(access.AutomationView), fresh: true, large: true},
		func(ctx context.Context, in *struct {
			OfPipeline
			Body trial.Request
		}) (*reply[trial.Report], error) {
			if err := a.mayAutomate(ctx, access.AutomationView, in.Pipeline); err != nil {
				return nil, err
			}
			p, err := a.CRM.Pipeline(ctx, in.Pipeline)
			if err != nil {
				return nil, err
			}
			if id := in.Body.Record.ID; id != "" {
				if err := a.maySee(ctx, p.Type, id); err != nil {
					return nil, err
				}
			}
			report, err := a.Trials.Play(ctx, boardBy(ctx), in.Pipeline, in.Body)
			return body(report), err
		})
}
