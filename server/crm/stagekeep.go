package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// keepStage puts a stage back that was taken out of its pipeline while a record
// was put on it. Both sides look after their write, so that whoever is last sees
// the other; the record cannot go back, because its entry is known already.
func (s *Service) keepStage(ctx context.Context, by Change, pipelineID string, stage Stage, at int) error {
	for {
		p, err := s.Pipeline(ctx, pipelineID)
		if err != nil {
			return err
		}
		if _, kept := p.Stage(stage.ID); kept {
			return nil
		}
		before := p
		p.Stages = slices.Insert(slices.Clone(p.Stages), min(at, len(p.Stages)), stage)
		event, err := by.event("pipeline.changed", edit{Before: before, After: p})
		if err != nil {
			return err
		}
		if _, err = s.pipelines.Save(ctx, p, event); !errors.Is(err, docstore.ErrConflict) {
			return named(err, "pipeline "+pipelineID)
		}
	}
}

// position is where a stage stands in a pipeline.
func (p Pipeline) position(stage string) int {
	return slices.IndexFunc(p.Stages, func(s Stage) bool { return s.ID == stage })
}

// occupied finds the first of the stages that are not in after any more although
// records are on them, and how many.
func (s *Service) occupied(ctx context.Context, before, after Pipeline) (Stage, int64, error) {
	for _, old := range before.Stages {
		if _, kept := after.Stage(old.ID); kept {
			continue
		}
		n, err := s.records.Count(ctx, s.inStage(before.ID, old.ID)...)
		if err != nil {
			return old, 0, fmt.Errorf("count records of stage %s: %w", old.ID, err)
		}
		if n > 0 {
			return old, n, nil
		}
	}
	return Stage{}, 0, nil
}

// home makes sure that a record which comes from the bin stands on a stage: the one
// on which it was, or the first when that one is gone.
func (s *Service) home(ctx context.Context, by Change, d Record) (Record, error) {
	for moved := true; moved; {
		moved = false
		var err error
		d, err = s.change(ctx, by, d.Type, d.ID, 0, func(d *storedRecord) ([]docstore.Event, error) {
			pipeline, err := s.Pipeline(ctx, d.PipelineID)
			if err != nil || pipeline.position(d.StageID) >= 0 {
				return nil, err
			}
			moved = true
			to, from := pipeline.Stages[0], d.StageID
			d.enter(to.ID, docstore.At(s.now()))
			event, err := by.event(RecordStageChanged, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: d.PipelineID, From: from, FromName: from, To: to.ID, ToName: to.Name})
			return []docstore.Event{event}, err
		})
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

func stageInUse(stage Stage, n int64) error {
	return problem.Invalid("/stages", "stage_in_use", fmt.Sprintf("the stage %q still holds %d records; move them first", stage.Name, n))
}

// unused refuses to take stages out of a pipeline that processes or robots still name.
func (s *Service) unused(ctx context.Context, before, after Pipeline) error {
	var gone []string
	for _, old := range before.Stages {
		if _, kept := after.Stage(old.ID); !kept {
			gone = append(gone, old.ID)
		}
	}
	if len(gone) == 0 || s.usage == nil {
		return nil
	}
	id, uses, err := s.usage.StageUses(ctx, before.ID, gone)
	if err != nil || id == "" {
		return err
	}
	stage, _ := before.Stage(id)
	names := make([]string, len(uses))
	for i, u := range uses {
		names[i] = u.Name
	}
	refused := problem.Invalid("/stages", "stage_in_use", fmt.Sprintf("the stage %q is still named by: %s; change that first", stage.Name, strings.Join(names, ", ")))
	return refused.With("uses", uses)
}
