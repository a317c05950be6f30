package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Change is a change of a record. ID makes it one, however often it is told.
type Change struct {
	ID     string
	Type   string
	Record string
	Fields []string // as far as they are known
	Actor  string
}

// Changed tells all runs whose conditions look at a record that it has changed.
// What they see is the record as it is when they look, so that a change which
// does not fit any more into a full inbox is not missed: what is in there makes
// them look as well.
func (s *Service) Changed(ctx context.Context, c Change) error {
	const page = 200
	told := map[core.RunID]bool{}
	for after := ""; ; {
		subs, err := s.o.Store.FindSubscriptions(ctx, store.RecordName(c.Type), c.Record, after, page)
		if err != nil {
			return fmt.Errorf("find who looks at %s %s: %w", c.Type, c.Record, err)
		}
		for _, sub := range subs {
			if told[sub.RunID] {
				continue
			}
			told[sub.RunID] = true
			if err := s.nudge(ctx, sub.RunID, "record:"+c.ID, c); err != nil {
				return err
			}
		}
		if len(subs) < page {
			return nil
		}
		after = subs[len(subs)-1].ID
	}
}

// lookAgain lets a run look at its record once more after its subscription was
// stored: a change since its step may have come too early to find it.
func (s *Service) lookAgain(ctx context.Context, sub store.Subscription, recordType string) error {
	return s.nudge(ctx, sub.RunID, "record:"+string(sub.Wait), Change{Type: recordType, Record: sub.Key})
}

func (s *Service) nudge(ctx context.Context, run core.RunID, event string, c Change) error {
	body, err := json.Marshal(core.RecordBody{Type: c.Type, ID: c.Record, Fields: c.Fields})
	if err != nil {
		return fmt.Errorf("change of %s %s: %w", c.Type, c.Record, err)
	}
	_, err = s.o.Acceptor.Deliver(ctx, run, core.Event{ID: event, Kind: core.RecordChanged, Actor: c.Actor, Body: body})
	switch {
	case err == nil, errors.Is(err, store.ErrFinished), errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrDuplicate), errors.Is(err, store.ErrFull):
		return nil
	default:
		return fmt.Errorf("tell run %s of a change of %s %s: %w", run, c.Type, c.Record, err)
	}
}
