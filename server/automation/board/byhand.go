package board

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Stop stops a robot that has not started for a record, and with it those that
// follow it. One that has started is a matter of its run.
//
// covers B-64
func (s *Service) Stop(ctx context.Context, by By, recordType, id, robot string) (RecordState, error) {
	state, one, err := s.pending(ctx, by, recordType, id, robot)
	if err != nil {
		return state, err
	}
	if !one.CanStop {
		return state, problem.New("action_refused", "why", "the robot does not wait: it is "+one.State)
	}
	_, err = s.Host.Operate(ctx, core.RunID(state.Run.ID), "stop:"+robot, by.Actor,
		host.Act{Kind: core.VariablesChanged, Body: core.VariablesBody{Set: core.Values{stopPrefix + robot: true}}})
	if err != nil && !errors.Is(err, store.ErrDuplicate) && !errors.Is(err, store.ErrFinished) {
		return state, fmt.Errorf("stop %s of %s %s: %w", robot, recordType, id, err)
	}
	return s.State(ctx, recordType, id, "", by.Language)
}

// Fail takes a robot that is held by an incident as failed: those that follow it
// do not run.
//
// covers T-02
func (s *Service) Fail(ctx context.Context, by By, recordType, id, robot, reason string) (RecordState, error) {
	state, one, err := s.pending(ctx, by, recordType, id, robot)
	if err != nil {
		return state, err
	}
	if one.Incident == nil || one.Node != robot {
		return state, problem.New("action_refused", "why", "the robot has no open incident")
	}
	_, err = s.Host.Operate(ctx, core.RunID(state.Run.ID), "fail:"+one.Incident.ID, by.Actor,
		host.Act{Kind: core.MoveRequested, Body: core.MoveBody{Node: core.NodeID(robot), To: core.NodeID(robot + partFailed), Reason: reason}})
	if err != nil && !errors.Is(err, store.ErrDuplicate) && !errors.Is(err, store.ErrFinished) {
		return state, fmt.Errorf("give up %s of %s %s: %w", robot, recordType, id, err)
	}
	return s.State(ctx, recordType, id, "", by.Language)
}

func (s *Service) pending(ctx context.Context, by By, recordType, id, robot string) (RecordState, RobotState, error) {
	state, err := s.State(ctx, recordType, id, "", by.Language)
	if err != nil {
		return state, RobotState{}, err
	}
	for _, r := range state.Items {
		if r.ID == robot && state.Run != nil {
			return state, r, nil
		}
	}
	return state, RobotState{}, problem.NotFound("robot")
}

// Keep makes a process of its own of a stage's robots, a draft to go on with in
// the designer. When it is to replace them it is published, starts where they
// did, and the stage has none any more.
//
// covers S-12
func (s *Service) Keep(ctx context.Context, by By, pipeline, stage, name string, replace bool) (Process, error) {
	p, err := s.Records.Pipeline(ctx, pipeline)
	if err != nil {
		return Process{}, err
	}
	b, err := s.load(ctx, pipeline)
	if err != nil {
		return Process{}, err
	}
	at, ok := p.Stage(stage)
	if !ok {
		return Process{}, problem.NotFound("stage")
	}
	if len(b.of(stage).Robots) == 0 {
		return Process{}, problem.New("action_refused", "why", "the stage has no robots")
	}
	if name == "" {
		name = short(p.Name + " · " + at.Name)
	}
	d, err := s.Definitions.Copy(ctx, b.Keys[stage], 0, name, by.Actor)
	if err != nil {
		return Process{}, err
	}
	made := Process{Key: d.Key, Name: d.Name}
	if replace {
		confirm := make([]string, 0, len(d.Findings))
		for _, f := range d.Findings {
			confirm = append(confirm, f.Code)
		}
		published, err := s.Definitions.Publish(ctx, d.Key, d.DraftRev, "", confirm, by.Actor)
		if err != nil {
			return Process{}, err
		}
		made.Version = published.Version
	}
	return made, s.note(ctx, by, p, stage, made.Key, replace)
}

// note writes at the board which process was made of a stage, and takes the
// stage's robots away when they are replaced.
func (s *Service) note(ctx context.Context, by By, p crm.Pipeline, stage, key string, replace bool) error {
	for {
		b, err := s.load(ctx, p.ID)
		if err != nil {
			return err
		}
		before := b.of(stage)
		for i := range b.Stages {
			if c := &b.Stages[i]; c.Stage == stage {
				if c.Kept = append(slices.Clone(c.Kept), key); replace {
					c.Robots = nil
				}
			}
		}
		event, err := docstore.NewEvent(EventKept, edit{before, keeping{stage, key, replace}, p.Name})
		if err != nil {
			return err
		}
		event.Actor = by.Actor
		saved, err := s.boards.Save(ctx, b, event)
		if errors.Is(err, docstore.ErrConflict) {
			continue // somebody else was faster: with what they wrote
		}
		if err != nil {
			return fmt.Errorf("save stage board %s: %w", p.ID, err)
		}
		return s.publish(ctx, p, saved, by.Actor)
	}
}
