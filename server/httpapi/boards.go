package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/automation/board"
)

// OfPipeline is the path of one stage board.
type OfPipeline struct {
	Pipeline string `path:"pipeline" maxLength:"40"`
}

// OfRobot is the path of a robot of a record's stage.
type OfRobot struct {
	Type  string `path:"type" maxLength:"60"`
	ID    string `path:"id" maxLength:"200"`
	Robot string `path:"robot" maxLength:"40"`
}

// boardInput is a board as it is sent back: what a reader is shown beside the
// stages is taken and ignored.
type boardInput struct {
	Stages    []board.Stage `json:"stages" nullable:"false" maxItems:"100"`
	ID        string        `json:"id,omitempty"`
	Rev       int64         `json:"rev,omitempty"`
	Type      string        `json:"type,omitempty"`
	Name      string        `json:"name,omitempty"`
	CreatedAt any           `json:"createdAt,omitempty"`
	UpdatedAt any           `json:"updatedAt,omitempty"`
}

func boardBy(ctx context.Context) board.By {
	return board.By{Actor: callerOf(ctx).ID, Language: requestOf(ctx).language}
}

func (a *API) boardRoutes() {
	const tag = "stage automation"
	const path = "/stage-boards/{pipeline}"
	const state = "/records/{type}/{id}/automation"
	route(a, spec{method: http.MethodGet, path: path, id: "readStageBoard", summary: "The robots and triggers of a pipeline's stages", tag: tag, need: string(access.AutomationView)},
		func(ctx context.Context, in *OfPipeline) (*tagged[board.Board], error) {
			if err := a.mayAutomate(ctx, access.AutomationView, in.Pipeline); err != nil {
				return nil, err
			}
			b, err := a.Boards.Get(ctx, in.Pipeline)
			return withTag(b.Rev, b), err
		})
	route(a, spec{method: http.MethodPut, path: path, id: "putStageBoard", summary: "Replace the board; entries after it follow the new rules", tag: tag, need: string(access.AutomationEdit), large: true},
		func(ctx context.Context, in *struct {
			OfPipeline
			Matching
			Body boardInput
		}) (*tagged[board.Board], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			if err := a.mayAutomate(ctx, access.AutomationEdit, in.Pipeline); err != nil {
				return nil, err
			}
			b, err := a.Boards.Put(ctx, boardBy(ctx), in.Pipeline, rev, in.Body.Stages)
			return withTag(b.Rev, b), err
		})
	route(a, spec{method: http.MethodPost, path: path + "/stages/{stage}/process", id: "keepStageAsProcess", summary: "Make a process of its own of a stage's robots", tag: tag, need: string(access.AutomationEdit)},
		func(ctx context.Context, in *struct {
			OfPipeline
			Stage string `path:"stage" maxLength:"40"`
			Body  struct {
				Name    string `json:"name,omitempty" maxLength:"200" doc:"of the process; empty = of pipeline and stage"`
				Replace bool   `json:"replace,omitempty" doc:"it is published and takes the place of the robots; otherwise it is a draft and the stage stays as it is"`
			}
		}) (*reply[board.Process], error) {
			need := access.DefinitionsEdit
			if in.Body.Replace {
				need = access.DefinitionsPublish
			}
			if err := a.decide(ctx, need, access.Any); err != nil {
				return nil, err
			}
			if err := a.mayAutomate(ctx, access.AutomationEdit, in.Pipeline); err != nil {
				return nil, err
			}
			p, err := a.Boards.Keep(ctx, boardBy(ctx), in.Pipeline, in.Stage, in.Body.Name, in.Body.Replace)
			return body(p), err
		})
	route(a, spec{method: http.MethodPost, path: path + "/stages/{stage}/copies", id: "copyStageRules", summary: "Copy robots and triggers of a stage to a stage of another board, all of them or none; If-Match is the revision of that board",
		tag: tag, need: string(access.AutomationView)},
		func(ctx context.Context, in *struct {
			OfPipeline
			Stage string `path:"stage" maxLength:"40"`
			Matching
			Body board.Copying
		}) (*reply[board.Copied], error) {
			var rev int64
			if !in.Body.DryRun {
				var err error
				if rev, err = in.rev(); err != nil {
					return nil, err
				}
			}
			if err := a.mayAutomate(ctx, access.AutomationView, in.Pipeline); err != nil {
				return nil, err
			}
			if err := a.mayAutomate(ctx, access.AutomationEdit, in.Body.To.Pipeline); err != nil {
				return nil, err
			}
			out, err := a.Boards.Copy(ctx, boardBy(ctx), in.Pipeline, in.Stage, rev, in.Body)
			return body(out), err
		})
	route(a, spec{method: http.MethodGet, path: state, id: "readRecordAutomation", summary: "What the robots of a record's stage are doing, and why not", tag: tag, need: string(access.CRMView)},
		func(ctx context.Context, in *struct {
			Type string `path:"type" maxLength:"60"`
			ID   string `path:"id" maxLength:"200"`
			Run  string `query:"run" maxLength:"100" doc:"the run of another entry of the record; absent = of the present one"`
		}) (*reply[board.RecordState], error) {
			if err := a.maySee(ctx, in.Type, in.ID); err != nil {
				return nil, err
			}
			s, err := a.Boards.State(ctx, in.Type, in.ID, in.Run, requestOf(ctx).language)
			if err != nil {
				return nil, err
			}
			return a.robotStates(ctx, s)
		})
	route(a, spec{method: http.MethodDelete, path: state + "/{robot}", id: "stopRecordRobot", summary: "Stop a robot that has not started for a record, and those that follow it", tag: tag, need: string(access.CRMEdit)},
		func(ctx context.Context, in *OfRobot) (*reply[board.RecordState], error) {
			if _, err := a.mayRecord(ctx, access.CRMEdit, in.Type, in.ID); err != nil {
				return nil, err
			}
			s, err := a.Boards.Stop(ctx, boardBy(ctx), in.Type, in.ID, in.Robot)
			if err == nil {
				err = a.note(ctx, "stageRobot.stopped", "records:"+in.ID, noted{After: map[string]any{"robot": in.Robot}})
			}
			if err != nil {
				return nil, err
			}
			return a.robotStates(ctx, s)
		})
	route(a, spec{method: http.MethodPost, path: state + "/{robot}/failure", id: "failRecordRobot", summary: "Take a robot with an incident as failed: those that follow it do not run", tag: tag, need: string(access.RunsOperate)},
		func(ctx context.Context, in *struct {
			OfRobot
			Body struct {
				Reason string `json:"reason,omitempty" maxLength:"2000"`
			}
		}) (*reply[board.RecordState], error) {
			if err := a.maySee(ctx, in.Type, in.ID); err != nil {
				return nil, err
			}
			s, err := a.Boards.Fail(ctx, boardBy(ctx), in.Type, in.ID, in.Robot, in.Body.Reason)
			if err == nil {
				err = a.note(ctx, "stageRobot.failed", "records:"+in.ID, noted{After: map[string]any{"robot": in.Robot, "reason": in.Body.Reason}})
			}
			if err != nil {
				return nil, err
			}
			return a.robotStates(ctx, s)
		})
}

// mayAutomate decides about the automation of a pipeline.
func (a *API) mayAutomate(ctx context.Context, action access.Action, pipeline string) error {
	p, err := a.CRM.Pipeline(ctx, pipeline)
	if err != nil {
		return err
	}
	return a.decideIn(ctx, action, access.Object{Type: "boards", ID: p.ID, Owner: callerOf(ctx).ID, Record: p.Type, Pipeline: p.ID})
}

// robotStates names the people of a state.
func (a *API) robotStates(ctx context.Context, s board.RecordState) (*reply[board.RecordState], error) {
	var ids []string
	for _, r := range s.Items {
		if r.By != "" {
			ids = append(ids, r.By)
		}
	}
	names, err := a.People.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range s.Items {
		one := &s.Items[i]
		one.ByName = names[one.By]
		if one.State == board.Skipped && one.Asked != nil {
			if one.Why, err = a.why(ctx, core.RecordRef{Type: s.Type, ID: s.ID}, one.Asked.Expression, one.Seen, nil, one.At.Time); err != nil {
				return nil, err
			}
		}
	}
	return body(s), nil
}
