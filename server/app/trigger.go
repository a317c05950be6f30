package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
)

// triggered is the CRM as triggers ask it.
type triggered struct{ *crm.Service }

func (t triggered) Record(ctx context.Context, r core.RecordRef) (trigger.Record, error) {
	d, err := t.Service.Record(ctx, r.Type, r.ID)
	return trigger.Record{Title: d.Title, Pipeline: d.PipelineID, Stage: d.StageID, Responsible: d.ResponsibleID, Rev: d.Rev}, err
}

func (t triggered) Stages(ctx context.Context, pipeline string) ([]trigger.Stage, error) {
	p, err := t.Pipeline(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	out := make([]trigger.Stage, 0, len(p.Stages))
	for _, s := range p.Stages {
		out = append(out, trigger.Stage{ID: s.ID, Name: s.Name, Final: s.Kind != crm.Normal})
	}
	return out, nil
}

func (t triggered) Move(ctx context.Context, by crm.Change, r core.RecordRef, rev int64, stage, note string) (string, error) {
	d, err := t.MoveRecord(ctx, by, r.Type, r.ID, rev, stage, note)
	return d.StageID, err
}

// chains tells what led to a run.
type chains struct{ runs store.Runs }

// Cause implements automation.Causes. Of a run that is gone only the id is known.
func (c chains) Cause(ctx context.Context, run string) (core.Cause, core.Link, error) {
	r, err := c.runs.Load(ctx, core.RunID(run))
	if errors.Is(err, store.ErrNotFound) {
		return core.Cause{}, core.Link{Kind: automation.LinkRun, ID: run}, nil
	}
	if err != nil {
		return core.Cause{}, core.Link{}, err
	}
	var cause core.Cause
	if len(r.Cause) > 0 {
		if err := json.Unmarshal(r.Cause, &cause); err != nil {
			return cause, core.Link{}, fmt.Errorf("cause of run %s: %w", run, err)
		}
	}
	return cause, host.LinkOf(r), nil
}

// boards gives the triggers of pipelines.
func (a *App) boards(given trigger.Boards) trigger.Boards {
	if given == nil {
		return a.Boards
	}
	return given
}
