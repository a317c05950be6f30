package message

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/store"
)

// Waiting is a message that nobody has taken yet, with those who wait for its
// name: under another key, unless it is about to be delivered.
type Waiting struct {
	store.Message
	Receivers []store.Subscription
}

// receiversTold bounds the waits that are told with a message.
const receiversTold = 5

// Waiting lists messages that nobody has taken, those that expire first before
// the others.
func (s *Service) Waiting(ctx context.Context, limit int) ([]Waiting, error) {
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("waiting messages: %w", err)
	}
	all, err := s.o.Store.WaitingMessages(ctx, now, limit)
	if err != nil {
		return nil, fmt.Errorf("waiting messages: %w", err)
	}
	known := map[string][]store.Subscription{}
	out := make([]Waiting, 0, len(all))
	for _, m := range all {
		if _, ok := known[m.Name]; !ok {
			if known[m.Name], err = s.o.Store.NamedSubscriptions(ctx, m.Name, receiversTold); err != nil {
				return nil, fmt.Errorf("waiting messages: %w", err)
			}
		}
		out = append(out, Waiting{Message: m, Receivers: slices.Clone(known[m.Name])})
	}
	return out, nil
}

// Drop forgets a message that nobody has taken: store.ErrNotFound, or
// store.ErrConflict when somebody has it.
func (s *Service) Drop(ctx context.Context, id string) error {
	if err := s.o.Store.DropMessage(ctx, id); err != nil {
		return fmt.Errorf("drop message: %w", err)
	}
	return nil
}
