// Package message correlates published messages with the runs that await them.
//
// Both sides store first and look second: a publisher stores the message, then
// looks for open subscriptions; the relay stores a subscription, then looks for
// buffered messages. Whoever comes second sees the other. A message goes to
// every subscription with its name and key that is open at that moment; when
// there is none it is kept until it expires, for the first one that opens.
//
// A delivery is an event with the id "<message id>:<wait>", so delivering twice
// is the same delivery; matched waits are noted on the message, so that one
// which stays open (a non-interrupting boundary event) is not served again.
package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// ErrMessage says that a message cannot be published as it is.
var ErrMessage = errors.New("message is not valid")

// Acceptor takes the events of delivered messages.
type Acceptor interface {
	Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error)
}

// Store is the part of the store the service uses.
type Store interface {
	store.Messages
	Now(ctx context.Context) (core.Instant, error)
}

// Options of a Service.
type Options struct {
	Store    Store
	Acceptor Acceptor
	Clock    clock.Clock
	Logger   *slog.Logger
	TTL      time.Duration // how long a message without one is kept: 1 h
	MaxTTL   time.Duration // 30 days
	Sweep    time.Duration // how often expired messages are removed: 1 min
	NewID    func() string // of messages that come without one: random
}

// Service publishes and correlates. Safe for concurrent use.
type Service struct{ o Options }

// New makes a service.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.TTL <= 0 {
		o.TTL = time.Hour
	}
	if o.MaxTTL <= 0 {
		o.MaxTTL = 30 * 24 * time.Hour
	}
	if o.Sweep <= 0 {
		o.Sweep = time.Minute
	}
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	return &Service{o: o}
}

// Publication is a message as its publisher gives it. Publishing again under
// the same ID is the same publication.
type Publication struct {
	ID    string
	Name  string
	Key   string
	Body  core.Values
	TTL   time.Duration // 0 = the default
	Actor string
}

// Receipt tells what became of a publication.
type Receipt struct {
	ID        string       `json:"id"`
	Runs      []core.RunID `json:"runs"`      // that took the message, so far
	ExpiresAt core.Instant `json:"expiresAt"` // until when it waits for a first one
}

// Publish stores a message durably and delivers it to whoever awaits it.
func (s *Service) Publish(ctx context.Context, p Publication) (Receipt, error) {
	if p.Name == "" {
		return Receipt{}, fmt.Errorf("%w: it has no name", ErrMessage)
	}
	if p.TTL < 0 || p.TTL > s.o.MaxTTL {
		return Receipt{}, fmt.Errorf("%w: it may be kept for at most %s", ErrMessage, s.o.MaxTTL)
	}
	if p.TTL == 0 {
		p.TTL = s.o.TTL
	}
	if p.ID == "" {
		p.ID = s.o.NewID()
	}
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return Receipt{}, fmt.Errorf("publish message %s: %w", p.ID, err)
	}
	m := store.Message{ID: p.ID, Name: p.Name, Key: p.Key, Body: p.Body, At: now, ExpiresAt: now + core.Instant(p.TTL.Milliseconds())}
	if err := s.o.Store.PutMessage(ctx, m); errors.Is(err, store.ErrExists) {
		// Repeated: the first try may have died before it looked. What it stored
		// counts, with the waits it matched.
		stored, found, err := s.stored(ctx, m, now)
		if err != nil {
			return Receipt{}, err
		}
		if !found {
			return Receipt{ID: p.ID}, nil
		}
		m = stored
	} else if err != nil {
		return Receipt{}, fmt.Errorf("publish message %s: %w", p.ID, err)
	}
	receipt := Receipt{ID: m.ID, ExpiresAt: m.ExpiresAt}
	const page = 200
	for limit := page; ; limit += page {
		subs, err := s.o.Store.FindSubscriptions(ctx, m.Name, m.Key, limit)
		if err != nil {
			return receipt, fmt.Errorf("find subscriptions to %s: %w", m.Name, err)
		}
		for _, sub := range subs {
			if slices.Contains(m.Matched, string(sub.Wait)) {
				continue
			}
			taken, err := s.deliver(ctx, m, sub, p.Actor)
			if err != nil {
				return receipt, err
			}
			m.Matched = append(m.Matched, string(sub.Wait))
			if taken {
				receipt.Runs = append(receipt.Runs, sub.RunID)
			}
		}
		if len(subs) < limit {
			return receipt, nil
		}
	}
}

func (s *Service) stored(ctx context.Context, m store.Message, now core.Instant) (store.Message, bool, error) {
	const most = 1000
	all, err := s.o.Store.FindMessages(ctx, m.Name, m.Key, now, most)
	if err != nil {
		return m, false, fmt.Errorf("find message %s: %w", m.ID, err)
	}
	for _, kept := range all {
		if kept.ID == m.ID {
			return kept, true, nil
		}
	}
	return m, false, nil // expired, or published under another name before
}

// Subscribed looks for buffered messages after a subscription was stored.
func (s *Service) Subscribed(ctx context.Context, sub store.Subscription) error {
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return fmt.Errorf("look for messages %s: %w", sub.Name, err)
	}
	const page = 100
	kept, err := s.o.Store.FindMessages(ctx, sub.Name, sub.Key, now, page)
	if err != nil {
		return fmt.Errorf("look for messages %s: %w", sub.Name, err)
	}
	for _, m := range kept {
		if len(m.Matched) > 0 {
			continue // somebody had it; it was not kept for this one
		}
		if _, err := s.deliver(ctx, m, sub, ""); err != nil {
			return err
		}
		open, err := s.open(ctx, sub)
		if err != nil || !open {
			return err
		}
	}
	return nil
}

// open tells whether a subscription still takes messages.
func (s *Service) open(ctx context.Context, sub store.Subscription) (bool, error) {
	subs, err := s.o.Store.RunSubscriptions(ctx, sub.RunID)
	if err != nil {
		return false, fmt.Errorf("read subscriptions of run %s: %w", sub.RunID, err)
	}
	return slices.ContainsFunc(subs, func(o store.Subscription) bool { return o.ID == sub.ID }), nil
}

// deliver gives a message to one wait and notes the match; taken is false when
// the wait no longer takes it.
func (s *Service) deliver(ctx context.Context, m store.Message, sub store.Subscription, actor string) (taken bool, err error) {
	body, err := json.Marshal(core.MessageBody{Name: m.Name, Key: m.Key, Body: m.Body})
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	event := core.Event{ID: m.ID + ":" + string(sub.Wait), Kind: core.MessageArrived, Wait: sub.Wait, Actor: actor, Body: body}
	_, err = s.o.Acceptor.Deliver(ctx, sub.RunID, event)
	switch {
	case errors.Is(err, store.ErrFinished), errors.Is(err, store.ErrNotFound):
		return false, nil // the run ended while the message was on its way
	case err != nil && !errors.Is(err, store.ErrDuplicate):
		return false, fmt.Errorf("deliver message %s to run %s: %w", m.ID, sub.RunID, err)
	}
	if err := s.o.Store.MatchMessage(ctx, m.ID, string(sub.Wait)); err != nil && !errors.Is(err, store.ErrNotFound) {
		return true, fmt.Errorf("note the match of message %s: %w", m.ID, err)
	}
	return true, nil
}

// Run removes expired messages until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	return clock.Every(ctx, s.o.Clock, s.o.Sweep, 0.5, func(ctx context.Context) {
		if _, err := s.Tick(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.ErrorContext(ctx, "expire messages", "error", err)
		}
	})
}

// Tick removes expired messages once and returns how many.
func (s *Service) Tick(ctx context.Context) (int, error) {
	now, err := s.o.Store.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("expire messages: %w", err)
	}
	const page = 1000
	total := 0
	for {
		n, err := s.o.Store.ExpireMessages(ctx, now, page)
		total += n
		if err != nil || n < page {
			return total, err
		}
	}
}
