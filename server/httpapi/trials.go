package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/trial"
)

// OfScenario is the path of one saved trial.
type OfScenario struct {
	OfPipeline
	Scenario string `path:"scenario" maxLength:"60"`
}

// trialRoutes play boards without doing anything.
func (a *API) trialRoutes() {
	const tag = "stage automation"
	route(a, spec{method: http.MethodPost, path: "/stage-boards/{pipeline}/trials", id: "tryStageBoard", summary: "Play a board, saved or not, with a copy of a record under a clock of its own; nothing is sent or changed", tag: tag,
		need: string(access.AutomationView), fresh: true, large: true},
		func(ctx context.Context, in *struct {
			OfPipeline
			Body trial.Request
		}) (*reply[trial.Report], error) {
			if err := a.mayTry(ctx, access.AutomationView, in.Pipeline, in.Body.Record, in.Body.Acts); err != nil {
				return nil, err
			}
			report, err := a.Trials.Play(ctx, boardBy(ctx), in.Pipeline, in.Body)
			return body(report), err
		})
	const saved = "/stage-boards/{pipeline}/trial-scenarios"
	route(a, spec{method: http.MethodGet, path: saved, id: "listTrialScenarios", summary: "Trials of a board that were saved, by name", tag: tag, need: string(access.AutomationView)},
		func(ctx context.Context, in *OfPipeline) (*list[trial.Scenario], error) {
			if err := a.mayAutomate(ctx, access.AutomationView, in.Pipeline); err != nil {
				return nil, err
			}
			all, err := a.Trials.List(ctx, in.Pipeline)
			return page(all, ""), err
		})
	route(a, spec{method: http.MethodPost, path: saved, id: "saveTrialScenario", summary: "Save a trial with how it ends, to play it again", tag: tag, need: string(access.AutomationEdit), status: 201, large: true},
		func(ctx context.Context, in *struct {
			OfPipeline
			Body struct {
				Name string `json:"name" maxLength:"200"`
				trial.Request
			}
		}) (*tagged[trial.Scenario], error) {
			if err := a.mayTry(ctx, access.AutomationEdit, in.Pipeline, in.Body.Record, in.Body.Acts); err != nil {
				return nil, err
			}
			s, err := a.Trials.Save(ctx, boardBy(ctx), in.Pipeline, in.Body.Name, in.Body.Request)
			return withTag(s.Rev, s), err
		})
	route(a, spec{method: http.MethodPost, path: saved + "/{scenario}/runs", id: "playTrialScenario", summary: "Play a saved trial again, with the saved rules or with others, and tell what ends otherwise", tag: tag,
		need: string(access.AutomationView), fresh: true, large: true},
		func(ctx context.Context, in *struct {
			OfScenario
			Body struct {
				Stages []board.Stage `json:"stages,omitempty" maxItems:"100" doc:"a board that is not saved; absent = the saved one"`
			}
		}) (*reply[trial.Again], error) {
			if err := a.mayAutomate(ctx, access.AutomationView, in.Pipeline); err != nil {
				return nil, err
			}
			s, err := a.Trials.Get(ctx, in.Pipeline, in.Scenario)
			if err != nil {
				return nil, err
			}
			if err := a.mayTry(ctx, access.AutomationView, in.Pipeline, s.Record, s.Acts); err != nil {
				return nil, err
			}
			again, err := a.Trials.Again(ctx, boardBy(ctx), s, in.Body.Stages)
			return body(again), err
		})
	route(a, spec{method: http.MethodPatch, path: saved + "/{scenario}", id: "renameTrialScenario", summary: "Give a saved trial another name", tag: tag, need: string(access.AutomationEdit)},
		func(ctx context.Context, in *struct {
			OfScenario
			Matching
			Body struct {
				Name string `json:"name" maxLength:"200"`
			}
		}) (*tagged[trial.Scenario], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if err := a.mayAutomate(ctx, access.AutomationEdit, in.Pipeline); err != nil {
				return nil, err
			}
			s, err := a.Trials.Get(ctx, in.Pipeline, in.Scenario)
			if err != nil {
				return nil, err
			}
			s, err = a.Trials.Rename(ctx, boardBy(ctx), s, rev, in.Body.Name)
			return withTag(s.Rev, s), err
		})
	route(a, spec{method: http.MethodDelete, path: saved + "/{scenario}", id: "deleteTrialScenario", summary: "Forget a saved trial", tag: tag, need: string(access.AutomationEdit), status: 204},
		func(ctx context.Context, in *struct {
			OfScenario
			Matching
		}) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			if err := a.mayAutomate(ctx, access.AutomationEdit, in.Pipeline); err != nil {
				return nil, err
			}
			s, err := a.Trials.Get(ctx, in.Pipeline, in.Scenario)
			if err != nil {
				return nil, err
			}
			return nil, a.Trials.Delete(ctx, boardBy(ctx), s, rev)
		})
}

// mayTry asks for the right to a board and to see the record that is copied, and the
// clients that are named.
func (a *API) mayTry(ctx context.Context, action access.Action, pipeline string, of trial.Subject, acts []trial.Act) error {
	if err := a.mayAutomate(ctx, action, pipeline); err != nil {
		return err
	}
	var links []link
	if of.New != nil {
		links = linksOf(*of.New, "/record/new")
	}
	for i, act := range acts {
		if act.Set != nil {
			links = append(links, linksOf(*act.Set, "/acts/"+strconv.Itoa(i)+"/set")...)
		}
	}
	if err := a.mayLink(ctx, links, nil); err != nil {
		return err
	}
	p, err := a.CRM.Pipeline(ctx, pipeline)
	if err != nil || of.ID == "" {
		return err
	}
	return a.maySee(ctx, p.Type, of.ID)
}
