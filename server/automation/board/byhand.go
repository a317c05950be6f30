package board

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
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
// did, and the stage has none any more. Robots that somebody changes meanwhile are
// not replaced: the answer is stale, and nothing is left of the process.
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
	if replace {
		// The copy is of what is compiled, which follows a board that was just saved.
		if b, err = s.settle(ctx, p, b, by.Actor); err != nil {
			return Process{}, err
		}
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
	if !replace {
		return made, s.note(ctx, by, p, stage, made.Key, nil)
	}
	if made.Version, err = s.replace(ctx, by, p, stage, b.of(stage).Robots, d); err != nil {
		var refused *problem.Problem
		if errors.As(err, &refused) && refused.Code == "stale" {
			// Beside the robots the process would do everything twice.
			if left := s.discard(ctx, made.Key, by.Actor); left != nil {
				err = errors.Join(err, left)
			}
		}
		return Process{}, err
	}
	return made, nil
}

// settle publishes a board until nobody has changed it meanwhile.
func (s *Service) settle(ctx context.Context, p crm.Pipeline, b stored, actor string) (stored, error) {
	for {
		if err := s.publish(ctx, p, b, actor); err != nil {
			return b, err
		}
		now, err := s.load(ctx, p.ID)
		if err != nil || now.Rev == b.Rev {
			return b, err
		}
		b = now
	}
}

// replace publishes a copy of a stage's robots and takes the robots away.
func (s *Service) replace(ctx context.Context, by By, p crm.Pipeline, stage string, copied []Robot, d definition.Detail) (version int, err error) {
	now, err := s.load(ctx, p.ID)
	if err != nil {
		return 0, err
	}
	if !reflect.DeepEqual(now.of(stage).Robots, copied) {
		return 0, s.stale(ctx, p, now)
	}
	confirm := make([]string, 0, len(d.Findings))
	for _, f := range d.Findings {
		confirm = append(confirm, f.Code)
	}
	published, err := s.Definitions.Publish(ctx, d.Key, d.DraftRev, "", confirm, by.Actor)
	if err != nil {
		return 0, err
	}
	return published.Version, s.note(ctx, by, p, stage, d.Key, copied)
}

// discard deletes a process that came too late, or switches it off when it has
// started already.
func (s *Service) discard(ctx context.Context, key, actor string) error {
	d, err := s.Definitions.Get(ctx, key)
	if err != nil {
		return err
	}
	err = s.Definitions.Delete(ctx, key, d.DraftRev, actor)
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.Code == "in_use" {
		off := false
		_, err = s.Definitions.Update(ctx, key, d.DraftRev, definition.Change{Enabled: &off}, actor)
	}
	return err
}

// note writes at the board which process was made of a stage. Robots that it
// replaces are taken away; nil = it replaces none.
func (s *Service) note(ctx context.Context, by By, p crm.Pipeline, stage, key string, replaced []Robot) error {
	for {
		b, err := s.load(ctx, p.ID)
		if err != nil {
			return err
		}
		before := b.of(stage)
		if replaced != nil && !reflect.DeepEqual(before.Robots, replaced) {
			return s.stale(ctx, p, b)
		}
		for i := range b.Stages {
			if c := &b.Stages[i]; c.Stage == stage {
				if c.Kept = append(slices.Clone(c.Kept), key); replaced != nil {
					c.Robots = nil
				}
			}
		}
		event, err := docstore.NewEvent(EventKept, edit{before, keeping{stage, key, replaced != nil}, p.Name})
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
