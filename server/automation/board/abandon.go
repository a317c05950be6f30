package board

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Pipelines is the relay's consumer of what happens to pipelines: a board goes with
// its pipeline, so that another one under the same key begins without robots. It may
// see an event any number of times.
func (s *Service) Pipelines(ctx context.Context, d docstore.Delivery) error {
	switch d.Event.Kind {
	case "pipeline.deleted":
		return s.abandon(ctx, d.DocumentID, d.Event.Actor)
	case "pipeline.created":
		var e struct {
			Before json.RawMessage `json:"before"`
		}
		if err := json.Unmarshal(d.Event.Body, &e); err != nil {
			return fmt.Errorf("read %s of %s: %w", d.Event.Kind, d.DocumentID, err)
		}
		if e.Before != nil {
			return nil // it was put back, with its board
		}
		// It may have been there again before its deletion was delivered.
		b, err := s.load(ctx, d.DocumentID)
		if err != nil || b.Rev == 0 || !b.UpdatedAt.Before(d.At) {
			return err
		}
		return s.remove(ctx, b, d.Event.Actor)
	}
	return nil
}

// Clear takes away the board that a deleted pipeline has left, before another one of its
// key is made: its deletion may not have been delivered yet.
func (s *Service) Clear(ctx context.Context, pipeline, actor string) error {
	return s.abandon(ctx, pipeline, actor)
}

// abandon removes the board of a pipeline that is not there.
func (s *Service) abandon(ctx context.Context, pipeline, actor string) error {
	b, err := s.load(ctx, pipeline)
	if err != nil || b.Rev == 0 {
		return err
	}
	// The pipeline is looked for after the board was read: what somebody saves for
	// another one under this key from now on has another revision.
	if _, err := s.Records.Pipeline(ctx, pipeline); !gone(err) {
		return err
	}
	if held, err := s.Records.HoldsRecords(ctx, pipeline); err != nil || held {
		return err // a record came in time: the pipeline is put back
	}
	return s.remove(ctx, b, actor)
}

// remove deletes a board as it was read, and lets nothing start by it any more.
func (s *Service) remove(ctx context.Context, b stored, actor string) error {
	event, err := docstore.NewEvent(EventChanged, edit{Before: b.Stages, After: []content{}, Name: b.ID})
	if err != nil {
		return err
	}
	event.Actor = actor
	stages := b.Stages
	if b.Stages = nil; len(stages) > 0 {
		// Emptied first: a crash before the definitions are withdrawn leaves their
		// names, and the delivery of this event withdraws them.
		if b, err = s.boards.Save(ctx, b, event); errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrNotFound) {
			return nil // somebody saved another
		}
		if err != nil {
			return fmt.Errorf("empty stage board %s: %w", b.ID, err)
		}
	}
	s.placed.forget()
	return s.withdraw(ctx, b, actor)
}

// withdraw lets nothing start by the definitions of a board without robots.
func (s *Service) withdraw(ctx context.Context, b stored, actor string) error {
	for stage, key := range b.Keys {
		if len(b.of(stage).Robots) > 0 {
			continue
		}
		if err := s.Definitions.WithdrawCompiled(ctx, key, b.ID, actor); err != nil {
			return err
		}
	}
	return nil
}
