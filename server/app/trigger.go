package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
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

// chains tells how long the causal chain of a run is.
type chains struct{ runs store.Runs }

func (c chains) Depth(ctx context.Context, run string) (int, error) {
	r, err := c.runs.Load(ctx, core.RunID(run))
	if errors.Is(err, store.ErrNotFound) || err == nil && len(r.Cause) == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var cause core.Cause
	if err := json.Unmarshal(r.Cause, &cause); err != nil {
		return 0, fmt.Errorf("cause of run %s: %w", run, err)
	}
	return cause.Depth, nil
}

// boards gives the triggers of pipelines.
func (a *App) boards(given trigger.Boards) trigger.Boards {
	if given == nil {
		return a.Boards
	}
	return given
}
