package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Signal is a signal as its thrower gives it. Throwing again under the same ID
// is the same signal.
type Signal struct {
	ID    string
	Name  string
	Body  core.Values
	Actor string
	Depth int // of the causal chain that led to it
}

// keepSignal is how long a signal is held for subscriptions that were opened
// before it and copied after it.
const keepSignal = time.Hour

// Broadcast gives a signal to all runs that wait for it now, and to every
// process that it starts.
func (s *Service) Broadcast(ctx context.Context, x Signal) (Receipt, error) {
	if x.Name == "" {
		return Receipt{}, fmt.Errorf("%w: the signal has no name", ErrMessage)
	}
	if x.ID == "" {
		x.ID = s.o.NewID()
	}
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return Receipt{}, fmt.Errorf("throw signal %s: %w", x.ID, err)
	}
	return s.broadcast(ctx, store.Message{ID: x.ID, Name: store.SignalName(x.Name), Body: x.Body, At: now}, "", x.Actor, x.Depth)
}

// broadcast stores a signal and fans it out, page by page. The run that threw it
// has had it already.
func (s *Service) broadcast(ctx context.Context, m store.Message, from core.RunID, actor string, depth int) (Receipt, error) {
	// Who threw it is noted as the one who has it.
	m.ExpiresAt, m.Matched = m.At+core.Instant(keepSignal.Milliseconds()), []string{string(from)}
	receipt := Receipt{ID: m.ID, Runs: []core.RunID{}}
	if err := s.o.Store.PutMessage(ctx, m); errors.Is(err, store.ErrExists) {
		// Repeated: the instant of the first time counts.
		stored, found, err := s.stored(ctx, m)
		if err != nil || !found {
			return receipt, err
		}
		m = stored
	} else if err != nil {
		return receipt, fmt.Errorf("throw signal %s: %w", m.ID, err)
	}
	const page = 200
	seen := map[core.RunID]bool{from: true}
	for after := ""; ; {
		subs, err := s.o.Store.FindSubscriptions(ctx, m.Name, m.Key, after, page)
		if err != nil {
			return receipt, fmt.Errorf("find who waits for signal %s: %w", m.ID, err)
		}
		for _, sub := range subs {
			if seen[sub.RunID] || sub.At > m.At {
				continue
			}
			seen[sub.RunID] = true
			taken, err := s.tell(ctx, m, sub.RunID, actor)
			if err != nil {
				return receipt, err
			}
			if taken {
				receipt.Runs = append(receipt.Runs, sub.RunID)
			}
		}
		if len(subs) < page {
			break
		}
		after = subs[len(subs)-1].ID
	}
	started, err := s.startAll(ctx, m, actor, thrown(depth, from))
	receipt.Runs = append(receipt.Runs, started...)
	return receipt, err
}

// tell delivers a signal to all waits of one run; false when the run has ended.
func (s *Service) tell(ctx context.Context, m store.Message, run core.RunID, actor string) (bool, error) {
	body, err := json.Marshal(core.SignalBody{Name: m.Name[len(store.SignalName("")):], Body: m.Body, At: m.At})
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	_, err = s.o.Acceptor.Deliver(ctx, run, core.Event{ID: m.ID + ":" + string(run), Kind: core.SignalArrived, Actor: actor, Body: body})
	switch {
	case errors.Is(err, store.ErrFinished), errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil && !errors.Is(err, store.ErrDuplicate):
		return false, fmt.Errorf("deliver signal %s to run %s: %w", m.ID, run, err)
	}
	return true, nil
}

// catchUp gives signals to a subscription that was opened before them, but was
// copied only after they had looked.
func (s *Service) catchUp(ctx context.Context, sub store.Subscription, signals []store.Message) error {
	for _, m := range signals {
		if m.At < sub.At || len(m.Matched) > 0 && m.Matched[0] == string(sub.RunID) {
			continue
		}
		if _, err := s.tell(ctx, m, sub.RunID, ""); err != nil {
			return err
		}
	}
	return nil
}

// startAll starts every process that a signal starts.
func (s *Service) startAll(ctx context.Context, m store.Message, actor string, led core.Cause) ([]core.RunID, error) {
	if s.o.Starter == nil {
		return nil, nil
	}
	starts, err := s.o.Starter.SignalStarts(ctx, m.Name[len(store.SignalName("")):])
	if err != nil {
		return nil, fmt.Errorf("find what signal %s starts: %w", m.ID, err)
	}
	var runs []core.RunID
	for _, start := range starts {
		run := runID(m.ID, startMark+start.DefinitionKey+"/"+string(start.Node))
		err := s.o.Starter.StartRun(ctx, run, start, core.Cause{Kind: "signal", ID: m.ID, Depth: led.Depth + 1, Chain: led.Chain}, actor, m.Body)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return runs, fmt.Errorf("start a run by signal %s: %w", m.ID, err)
		}
		if err == nil {
			runs = append(runs, run)
		}
	}
	return runs, nil
}
