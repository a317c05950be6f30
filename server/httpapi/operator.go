package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/run"
)

// PeriodAsked is the time that statistics are about.
type PeriodAsked struct {
	Version int    `query:"version" minimum:"0" doc:"0 = all versions"`
	Period  string `query:"period" enum:"24h,7d,30d,90d" default:"7d" doc:"up to now"`
}

func (p PeriodAsked) period() run.Period { return run.Periods[p.Period] }

// definitionStatistic is one definition in the operators' overview.
type definitionStatistic struct {
	run.Statistic
	Name string `json:"name"`
}

// operatorRoutes are the views of an operator on one run and on all of them.
func (a *API) operatorRoutes() {
	const tag = "runs"
	route(a, spec{method: http.MethodGet, path: "/runs/{id}/timeline", id: "readRunTimeline", summary: "What happened when: one bar per attempt of a step", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *ByID) (*reply[run.Timeline], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			t, err := a.Runs.Timeline(ctx, in.ID, requestOf(ctx).language)
			return body(t), err
		})
	route(a, spec{method: http.MethodGet, path: "/runs/{id}/past", id: "readPast", summary: "A run as it was when a record was written", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *struct {
			ByID
			Seq int64 `query:"seq" minimum:"1" required:"true" doc:"number of the record"`
		}) (*reply[run.Moment], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			m, err := a.Runs.At(ctx, in.ID, in.Seq, requestOf(ctx).language)
			return body(m), err
		})
	route(a, spec{method: http.MethodGet, path: "/runs/{id}/variables", id: "listRunVariables", summary: "The variables of a run and their changes", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *ByID) (*list[run.Variable], error) {
			if err := a.mayRun(ctx, in.ID, callerOf(ctx).ID); err != nil {
				return nil, err
			}
			all, err := a.Runs.Variables(ctx, in.ID)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodGet, path: "/definitions/{key}/statistics", id: "readStatistic", summary: "What the runs of a definition did in a period", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *struct {
			ByKey
			PeriodAsked
		}) (*reply[run.Statistic], error) {
			if err := a.seesEveryRun(ctx); err != nil {
				return nil, err
			}
			st, err := a.Runs.Statistic(ctx, in.Key, in.Version, in.period())
			return body(st), err
		})
	route(a, spec{method: http.MethodGet, path: "/definitions/{key}/statistics/steps", id: "readStepStatistic", summary: "How long the steps of a definition take", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *struct {
			ByKey
			PeriodAsked
		}) (*reply[run.StepStatistic], error) {
			if err := a.seesEveryRun(ctx); err != nil {
				return nil, err
			}
			st, err := a.Runs.StepStatistic(ctx, in.Key, in.Version, in.period())
			return body(st), err
		})
	route(a, spec{method: http.MethodGet, path: "/statistics/definitions", id: "listStatistics", summary: "All definitions with what their runs did in a period", tag: tag, need: "runs.view"},
		func(ctx context.Context, in *struct {
			Paging
			Period string `query:"period" enum:"24h,7d,30d,90d" default:"7d" doc:"up to now"`
			Q      string `query:"q" maxLength:"200"`
		}) (*list[definitionStatistic], error) {
			if err := a.seesEveryRun(ctx); err != nil {
				return nil, err
			}
			all, next, err := a.Definitions.List(ctx, definition.Query{Text: in.Q, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			out := make([]definitionStatistic, 0, len(all))
			for _, d := range all {
				st, err := a.Runs.Statistic(ctx, d.Key, 0, run.Periods[in.Period])
				if err != nil {
					return nil, err
				}
				out = append(out, definitionStatistic{st, d.Name})
			}
			return page(out, next), nil
		})
}
