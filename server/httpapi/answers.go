package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/run"
)

// answerRoutes tell what robots and people brought in real runs, for rehearsals.
func (a *API) answerRoutes(tag string) {
	route(a, spec{method: http.MethodGet, path: "/runs/{id}/answers", id: "listAnswers", summary: "What robots and people brought in a run, without secrets", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *ByID) (*list[run.Answer], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			all, err := a.Runs.Answers(ctx, in.ID)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/definitions/{key}/answers", id: "listLastAnswers", summary: "What each step brought in the newest run that came through it, without secrets", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *ByKey) (*list[run.Answer], error) {
			all, err := a.Runs.LastAnswers(ctx, run.Query{Definition: in.Key, StartedBy: onlyOwn(ctx)})
			return page(all, ""), err
		})
}
