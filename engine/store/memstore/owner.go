package memstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

func effectOrder(a, b store.Effect) int { return cmp.Compare(a.ID, b.ID) }

// ClaimEffects implements store.Effects.
func (s *Store) ClaimEffects(ctx context.Context, owner string, now, leaseUntil core.Instant, n int) ([]store.Effect, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var claimed []store.Effect
	for _, id := range sorted(s.effects) {
		c := s.effects[id]
		e := &c.doc
		if len(claimed) >= n || !c.there || e.Status != store.EffectReady || e.NotBefore > now {
			continue
		}
		e.Status, e.Owner, e.LeaseAt = store.EffectRunning, owner, leaseUntil
		e.Attempt++
		claimed = append(claimed, cloneJSON(*e))
	}
	return claimed, nil
}

// change applies fn to an effect under the lock.
func (s *Store) change(ctx context.Context, operation, id string, fn func(*store.Effect) error) (store.Effect, error) {
	if err := s.lock(ctx); err != nil {
		return store.Effect{}, err
	}
	defer s.mu.Unlock()
	c := s.effects[id]
	if c == nil || !c.there {
		return store.Effect{}, fmt.Errorf("%s effect %s: %w", operation, id, store.ErrNotFound)
	}
	if err := fn(&c.doc); err != nil {
		return store.Effect{}, fmt.Errorf("%s effect %s: %w", operation, id, err)
	}
	return cloneJSON(c.doc), nil
}

// ExtendEffect implements store.Effects.
func (s *Store) ExtendEffect(ctx context.Context, id string, attempt int, leaseUntil core.Instant) error {
	_, err := s.change(ctx, "extend", id, func(e *store.Effect) error {
		if !e.Status.Claimed() || e.Attempt != attempt {
			return store.ErrConflict
		}
		e.LeaseAt = leaseUntil
		return nil
	})
	return err
}

// SendingEffect implements store.Effects.
func (s *Store) SendingEffect(ctx context.Context, id string, attempt int) error {
	_, err := s.change(ctx, "send", id, func(e *store.Effect) error {
		if !e.Status.Claimed() || e.Attempt != attempt {
			return store.ErrConflict
		}
		e.Status = store.EffectSending
		return nil
	})
	return err
}

// SettleEffect implements store.Effects.
func (s *Store) SettleEffect(ctx context.Context, e store.Effect) error {
	return s.settleLocked(ctx, "settle", e, nil)
}

// RescueEffect implements store.Effects.
func (s *Store) RescueEffect(ctx context.Context, e store.Effect) error {
	return s.settleLocked(ctx, "rescue", e, &e.LeaseAt)
}

func (s *Store) settleLocked(ctx context.Context, operation string, e store.Effect, lease *core.Instant) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.claimed(e, lease); err != nil {
		return fmt.Errorf("%s effect %s: %w", operation, e.ID, err)
	}
	s.settle(e)
	return nil
}

// claimed tells whether an attempt may be settled.
func (s *Store) claimed(e store.Effect, lease *core.Instant) error {
	if err := e.CheckSettle(); err != nil {
		return err
	}
	c := s.effects[e.ID]
	if c == nil || !c.there {
		return store.ErrNotFound
	}
	doc := &c.doc
	if !doc.Status.Settleable() || doc.Attempt != e.Attempt || c.closed || lease != nil && doc.LeaseAt != *lease {
		return store.ErrConflict
	}
	return nil
}

func (s *Store) settle(e store.Effect) {
	e = cloneJSON(e)
	c := s.effects[e.ID]
	doc := &c.doc
	doc.Status, doc.Result, doc.Failure, doc.NotBefore = e.Status, e.Result, e.Failure, e.NotBefore
	doc.Owner, doc.LeaseAt, doc.Delivered = "", 0, false
	c.closedAt = 0
}

// delivered starts the time that the effect is kept for readers.
func (s *Store) delivered(c *copied[store.Effect]) {
	c.doc.Delivered = true
	if c.closedAt == 0 {
		c.closedAt = s.now()
	}
}

// CompleteAwaiting implements store.Effects.
func (s *Store) CompleteAwaiting(ctx context.Context, id string, result core.EffectBody) (store.Effect, error) {
	return s.change(ctx, "complete", id, func(e *store.Effect) error {
		if e.Status != store.EffectAwaiting {
			return store.ErrConflict
		}
		result = cloneJSON(result)
		e.Status, e.Result, e.Delivered = store.EffectFinished, &result, false
		return nil
	})
}

// EffectDelivered implements store.Effects.
func (s *Store) EffectDelivered(ctx context.Context, id string, attempt int) error {
	_, err := s.change(ctx, "deliver", id, func(e *store.Effect) error {
		if e.Attempt != attempt || !e.Status.Settled() {
			return store.ErrConflict
		}
		s.delivered(s.effects[id])
		return nil
	})
	return err
}

// Effect implements store.Effects.
func (s *Store) Effect(ctx context.Context, id string) (store.Effect, error) {
	return s.change(ctx, "read", id, func(*store.Effect) error { return nil })
}

// ExpiredEffects implements store.Effects.
func (s *Store) ExpiredEffects(ctx context.Context, now core.Instant, limit int) ([]store.Effect, error) {
	list, err := s.effectsWhere(ctx, func(e store.Effect) bool { return e.Status.Claimed() && e.LeaseAt <= now })
	return head(list, limit), err
}

// UndeliveredEffects implements store.Effects.
func (s *Store) UndeliveredEffects(ctx context.Context, limit int) ([]store.Effect, error) {
	list, err := s.effectsWhere(ctx, func(e store.Effect) bool { return e.Status.Settled() && !e.Delivered })
	return head(list, limit), err
}

// RunEffects implements store.Effects.
func (s *Store) RunEffects(ctx context.Context, run core.RunID) ([]store.Effect, error) {
	return s.effectsWhere(ctx, func(e store.Effect) bool { return e.RunID == run })
}

func (s *Store) effectsWhere(ctx context.Context, match func(store.Effect) bool) ([]store.Effect, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return find(s.effects, func(c *copied[store.Effect]) bool { return match(c.doc) }, effectOrder), nil
}

// PutMessage implements store.Messages.
func (s *Store) PutMessage(ctx context.Context, m store.Message) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, ok := s.messages[m.ID]; ok {
		return fmt.Errorf("put message %s: %w", m.ID, store.ErrExists)
	}
	s.messages[m.ID] = cloneJSON(m)
	return nil
}

// MatchMessage implements store.Messages.
func (s *Store) MatchMessage(ctx context.Context, id, wait string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	m, ok := s.messages[id]
	if !ok {
		return fmt.Errorf("match message %s: %w", id, store.ErrNotFound)
	}
	switch {
	case slices.Contains(m.Matched, wait):
	case len(m.Matched) > 0:
		return fmt.Errorf("match message %s: %w", id, store.ErrConflict)
	default:
		m.Matched = []string{wait}
		s.messages[id] = m
	}
	return nil
}

// FindSubscriptions implements store.Messages.
func (s *Store) FindSubscriptions(ctx context.Context, name, key, after string, limit int) ([]store.Subscription, error) {
	list, err := s.subscriptionsWhere(ctx, func(sub store.Subscription) bool { return sub.Name == name && sub.Key == key && sub.ID > after })
	return head(list, limit), err
}

// NamedSubscriptions implements store.Messages.
func (s *Store) NamedSubscriptions(ctx context.Context, name string, limit int) ([]store.Subscription, error) {
	list, err := s.subscriptionsWhere(ctx, func(sub store.Subscription) bool { return sub.Name == name })
	slices.SortFunc(list, func(a, b store.Subscription) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID)) })
	return head(list, limit), err
}

// WaitingMessages implements store.Messages.
func (s *Store) WaitingMessages(ctx context.Context, now core.Instant, limit int) ([]store.Message, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Message
	for _, m := range s.messages {
		if m.ExpiresAt > now && len(m.Matched) == 0 && !strings.HasPrefix(m.Name, store.SignalName("")) {
			list = append(list, cloneJSON(m))
		}
	}
	slices.SortFunc(list, func(a, b store.Message) int {
		return cmp.Or(cmp.Compare(a.ExpiresAt, b.ExpiresAt), cmp.Compare(a.ID, b.ID))
	})
	return head(list, limit), nil
}

// DropMessage implements store.Messages.
func (s *Store) DropMessage(ctx context.Context, id string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	m, ok := s.messages[id]
	switch {
	case !ok:
		return fmt.Errorf("drop message %s: %w", id, store.ErrNotFound)
	case len(m.Matched) > 0:
		return fmt.Errorf("drop message %s: %w", id, store.ErrConflict)
	}
	delete(s.messages, id)
	return nil
}

// RunSubscriptions implements store.Messages.
func (s *Store) RunSubscriptions(ctx context.Context, run core.RunID) ([]store.Subscription, error) {
	return s.subscriptionsWhere(ctx, func(sub store.Subscription) bool { return sub.RunID == run })
}

func (s *Store) subscriptionsWhere(ctx context.Context, match func(store.Subscription) bool) ([]store.Subscription, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return find(s.subscriptions, func(c *copied[store.Subscription]) bool { return !c.closed && match(c.doc) },
		func(a, b store.Subscription) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// FindMessages implements store.Messages.
func (s *Store) FindMessages(ctx context.Context, name, key string, now core.Instant, limit int) ([]store.Message, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Message
	for _, m := range s.messages {
		if m.Name == name && m.Key == key && m.ExpiresAt > now {
			list = append(list, cloneJSON(m))
		}
	}
	slices.SortFunc(list, func(a, b store.Message) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
	return head(list, limit), nil
}

// ExpireMessages implements store.Messages.
func (s *Store) ExpireMessages(ctx context.Context, before core.Instant, limit int) ([]store.Message, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var gone []store.Message
	for _, id := range sorted(s.messages) {
		if s.messages[id].ExpiresAt <= before && len(gone) < store.Limited(limit) {
			gone = append(gone, cloneJSON(s.messages[id]))
			delete(s.messages, id)
		}
	}
	return gone, nil
}

// PutSchedule implements store.Schedules.
func (s *Store) PutSchedule(ctx context.Context, schedule store.Schedule) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	schedule.Rev = s.schedules[schedule.ID].Rev + 1
	s.schedules[schedule.ID] = schedule
	return nil
}

// AdvanceSchedule implements store.Schedules.
func (s *Store) AdvanceSchedule(ctx context.Context, schedule store.Schedule) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, ok := s.schedules[schedule.ID]
	if !ok {
		return fmt.Errorf("advance schedule %s: %w", schedule.ID, store.ErrNotFound)
	}
	if stored.Rev != schedule.Rev {
		return fmt.Errorf("advance schedule %s: %w", schedule.ID, store.ErrConflict)
	}
	schedule.Rev++
	s.schedules[schedule.ID] = schedule
	return nil
}

// DeleteSchedule implements store.Schedules.
func (s *Store) DeleteSchedule(ctx context.Context, id string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	delete(s.schedules, id)
	return nil
}

// DueSchedules implements store.Schedules.
func (s *Store) DueSchedules(ctx context.Context, before core.Instant, limit int) ([]store.Schedule, error) {
	list, err := s.schedulesWhere(ctx, func(x store.Schedule) bool { return !x.Disabled && x.NextAt > 0 && x.NextAt <= before },
		func(a, b store.Schedule) int { return cmp.Or(cmp.Compare(a.NextAt, b.NextAt), cmp.Compare(a.ID, b.ID)) })
	return head(list, limit), err
}

// ListSchedules implements store.Schedules.
func (s *Store) ListSchedules(ctx context.Context, definitionKey string) ([]store.Schedule, error) {
	return s.schedulesWhere(ctx, func(x store.Schedule) bool { return definitionKey == "" || x.DefinitionKey == definitionKey },
		func(a, b store.Schedule) int { return cmp.Compare(a.ID, b.ID) })
}

func (s *Store) schedulesWhere(ctx context.Context, match func(store.Schedule) bool, order func(a, b store.Schedule) int) ([]store.Schedule, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Schedule
	for _, x := range s.schedules {
		if match(x) {
			list = append(list, x)
		}
	}
	slices.SortFunc(list, order)
	return list, nil
}

// AcquireLease implements store.Leases.
func (s *Store) AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	if l, ok := s.leases[name]; ok && l.owner != owner && l.until > now {
		return false, nil
	}
	s.leases[name] = lease{owner: owner, until: until}
	return true, nil
}

// HeldLeases implements store.Leases.
func (s *Store) HeldLeases(ctx context.Context, prefix string, now core.Instant) ([]store.Lease, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Lease
	for _, name := range sorted(s.leases) {
		if l := s.leases[name]; strings.HasPrefix(name, prefix) && l.until > now {
			list = append(list, store.Lease{Name: name, Owner: l.owner, Until: l.until})
		}
	}
	return list, nil
}

// DropLeases implements store.Leases.
func (s *Store) DropLeases(ctx context.Context, before core.Instant) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	maps.DeleteFunc(s.leases, func(_ string, l lease) bool { return l.until <= before })
	return nil
}
