package board

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/definition"
)

// KeyOf is the definition of a stage's robots, "" when the stage never had any.
func (s *Service) KeyOf(ctx context.Context, pipeline, stage string) (string, error) {
	b, err := s.load(ctx, pipeline)
	return b.Keys[stage], err
}

// StandsIn tells how a robot stands in one run, with no state when the run does not
// know it.
func (s *Service) StandsIn(ctx context.Context, runID, robot, language string) (RobotState, error) {
	out := RecordState{Run: &EntryRun{ID: runID}}
	if _, err := s.fold(ctx, &out, language); err != nil {
		return RobotState{}, err
	}
	for _, r := range out.Items {
		if r.ID == robot {
			return r, nil
		}
	}
	return RobotState{}, nil
}

// Withdraw ends what a robot has begun and not finished in a run, or has still before
// it there: its task is closed, what it has not sent yet is not sent, and those that
// follow it do not run. cause names the withdrawal for ever.
func (s *Service) Withdraw(ctx context.Context, by By, runID, robot, cause string, begun bool) error {
	acts := []host.Act{{Kind: core.VariablesChanged, Body: core.VariablesBody{Set: core.Values{stopPrefix + robot: true}}}}
	if begun {
		acts = append(acts, host.Act{Kind: core.MoveRequested, Body: core.MoveBody{Node: core.NodeID(robot), To: nodeEnd}})
	}
	_, err := s.Host.Operate(ctx, core.RunID(runID), "withdraw:"+robot+":"+cause, by.Actor, acts...)
	if err != nil && !errors.Is(err, store.ErrDuplicate) && !errors.Is(err, store.ErrFinished) {
		return fmt.Errorf("withdraw %s of run %s: %w", robot, runID, err)
	}
	return nil
}

// HasHad tells whether a robot stands on a stage, or has stood in one of the versions
// of its process: in the one given, or in any for 0.
func (s *Service) HasHad(ctx context.Context, pipeline, stage, robot string, version int) (bool, error) {
	b, err := s.load(ctx, pipeline)
	if err != nil {
		return false, err
	}
	if version == 0 && slices.ContainsFunc(b.of(stage).Robots, func(r Robot) bool { return r.ID == robot }) {
		return true, nil
	}
	return definition.HasNode(ctx, s.Definitions, b.Keys[stage], robot, version)
}
