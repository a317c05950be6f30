package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// ErrInjected is the fault of a Faulty store: a connection lost before or after
// the operation was applied; the caller cannot tell which.
var ErrInjected = errors.New("injected fault")

// ErrCrashed is what a crashed process gets from every call.
var ErrCrashed = errors.New("this process has crashed")

// Faults says how often what goes wrong, each from 0 to 1.
type Faults struct {
	Lost      float64 // the call is not applied and fails
	Unheard   float64 // the call is applied and fails
	Reordered float64 // Copy writes its entries in another order
	Partial   float64 // Copy writes some of its entries and fails
	Repeated  float64 // a copy made earlier is made once more, later, by some other relay
}

// Faulty is a store with legal faults: whatever it does, a real one may do. One
// Faulty value is the connection of one process; several may share an inner
// store. With the same seed and the same sequence of calls it does the same.
type Faulty struct {
	store.Store // read through when not overridden

	mu      sync.Mutex
	random  *rand.Rand
	faults  Faults
	copies  []copied // made earlier
	crashes int      // calls left until the crash; < 0 = never
	crashed bool
	calls   int
}

type copied struct {
	run     core.RunID
	entries []store.Outbox
}

// NewFaulty wraps a store. It has no optional interfaces; see WithTransactions.
func NewFaulty(inner store.Store, seed uint64, faults Faults) *Faulty {
	return &Faulty{Store: inner, random: rand.New(rand.NewPCG(seed, 1)), faults: faults, crashes: -1}
}

// CrashAfter lets n more calls through; the one after them is applied or not,
// and it and all later ones return ErrCrashed until Restart.
func (s *Faulty) CrashAfter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashes = n
}

// Restart ends a crash: the process is new, the database is as it was left.
func (s *Faulty) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crashed, s.crashes = false, -1
}

// Heal ends all faults from here on.
func (s *Faulty) Heal() {
	s.Restart()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = Faults{}
}

// Calls counts the calls so far, so that a simulation can crash at each of them.
func (s *Faulty) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// fate decides about one call: whether it is applied and what the caller gets
// (nil = the true answer).
func (s *Faulty) fate() (apply bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.crashed {
		return false, ErrCrashed
	}
	if s.crashes == 0 {
		s.crashed = true
		return s.random.Float64() < 0.5, ErrCrashed
	}
	if s.crashes > 0 {
		s.crashes--
	}
	switch p := s.random.Float64(); {
	case p < s.faults.Lost:
		return false, ErrInjected
	case p < s.faults.Lost+s.faults.Unheard:
		return true, ErrInjected
	}
	return true, nil
}

// through runs one call under its fate.
func through[T any](s *Faulty, fn func() (T, error)) (T, error) {
	apply, fault := s.fate()
	var zero T
	if !apply {
		return zero, fault
	}
	result, err := fn()
	if fault != nil {
		return zero, fault
	}
	return result, err
}

// done is through for calls that only fail or not.
func done(s *Faulty, fn func() error) error {
	_, err := through(s, func() (struct{}, error) { return struct{}{}, fn() })
	return err
}

// RemoveEnded implements store.Runs.
func (s *Faulty) RemoveEnded(ctx context.Context, definitionKey string, before core.Instant, limit int) (int, error) {
	return through(s, func() (int, error) { return s.Store.RemoveEnded(ctx, definitionKey, before, limit) })
}

// Start implements store.Runs.
func (s *Faulty) Start(ctx context.Context, run store.Run) (store.Run, error) {
	return through(s, func() (store.Run, error) { return s.Store.Start(ctx, run) })
}

// Accept implements store.Runs.
func (s *Faulty) Accept(ctx context.Context, id core.RunID, events ...core.Event) (store.Run, error) {
	return through(s, func() (store.Run, error) { return s.Store.Accept(ctx, id, events...) })
}

// Load implements store.Runs.
func (s *Faulty) Load(ctx context.Context, id core.RunID) (store.Run, error) {
	return through(s, func() (store.Run, error) { return s.Store.Load(ctx, id) })
}

// Commit implements store.Runs.
func (s *Faulty) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	return through(s, func() (store.Run, error) { return s.Store.Commit(ctx, c) })
}

// Forget implements store.Runs.
func (s *Faulty) Forget(ctx context.Context, id core.RunID, seqs []int64) error {
	return done(s, func() error { return s.Store.Forget(ctx, id, seqs) })
}

// Ready implements store.Runs.
func (s *Faulty) Ready(ctx context.Context, before core.Instant, limit int) ([]core.RunID, error) {
	return through(s, func() ([]core.RunID, error) { return s.Store.Ready(ctx, before, limit) })
}

// Unrelayed implements store.Relay.
func (s *Faulty) Unrelayed(ctx context.Context, limit int) ([]core.RunID, error) {
	return through(s, func() ([]core.RunID, error) { return s.Store.Unrelayed(ctx, limit) })
}

// Copy implements store.Relay, with the faults of a relay.
func (s *Faulty) Copy(ctx context.Context, run core.RunID, entries []store.Outbox) error {
	entries = slices.Clone(entries)
	s.mu.Lock()
	var late *copied
	if len(s.copies) > 0 && s.random.Float64() < s.faults.Repeated {
		late = &s.copies[s.random.IntN(len(s.copies))]
	}
	if s.random.Float64() < s.faults.Reordered {
		s.random.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	}
	part := len(entries)
	if s.random.Float64() < s.faults.Partial {
		part = s.random.IntN(len(entries) + 1)
	}
	s.copies = append(s.copies, copied{run, entries})
	s.mu.Unlock()
	return done(s, func() error {
		if late != nil {
			if err := s.Store.Copy(ctx, late.run, late.entries); err != nil {
				return err
			}
		}
		if err := s.Store.Copy(ctx, run, entries[:part]); err != nil {
			return err
		}
		if part < len(entries) {
			return fmt.Errorf("copied %d of %d entries: %w", part, len(entries), ErrInjected)
		}
		return nil
	})
}

// UpdateTask implements store.Tasks.
func (s *Faulty) UpdateTask(ctx context.Context, t store.Task) (store.Task, error) {
	return through(s, func() (store.Task, error) { return s.Store.UpdateTask(ctx, t) })
}

// Task implements store.Tasks.
func (s *Faulty) Task(ctx context.Context, id string) (store.Task, error) {
	return through(s, func() (store.Task, error) { return s.Store.Task(ctx, id) })
}

// UndeliveredDecisions implements store.Tasks.
func (s *Faulty) UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]store.Task, error) {
	return through(s, func() ([]store.Task, error) { return s.Store.UndeliveredDecisions(ctx, before, limit) })
}

// DueTimers implements store.Timers.
func (s *Faulty) DueTimers(ctx context.Context, before core.Instant, limit int) ([]store.Timer, error) {
	return through(s, func() ([]store.Timer, error) { return s.Store.DueTimers(ctx, before, limit) })
}

// ClaimEffects implements store.Effects.
func (s *Faulty) ClaimEffects(ctx context.Context, owner string, now, leaseUntil core.Instant, n int) ([]store.Effect, error) {
	return through(s, func() ([]store.Effect, error) { return s.Store.ClaimEffects(ctx, owner, now, leaseUntil, n) })
}

// ExtendEffect implements store.Effects.
func (s *Faulty) ExtendEffect(ctx context.Context, id string, attempt int, leaseUntil core.Instant) error {
	return done(s, func() error { return s.Store.ExtendEffect(ctx, id, attempt, leaseUntil) })
}

// SendingEffect implements store.Effects.
func (s *Faulty) SendingEffect(ctx context.Context, id string, attempt int) error {
	return done(s, func() error { return s.Store.SendingEffect(ctx, id, attempt) })
}

// SettleEffect implements store.Effects.
func (s *Faulty) SettleEffect(ctx context.Context, e store.Effect) error {
	return done(s, func() error { return s.Store.SettleEffect(ctx, e) })
}

// RescueEffect implements store.Effects.
func (s *Faulty) RescueEffect(ctx context.Context, e store.Effect) error {
	return done(s, func() error { return s.Store.RescueEffect(ctx, e) })
}

// CompleteAwaiting implements store.Effects.
func (s *Faulty) CompleteAwaiting(ctx context.Context, id string, result core.EffectBody) (store.Effect, error) {
	return through(s, func() (store.Effect, error) { return s.Store.CompleteAwaiting(ctx, id, result) })
}

// ExpiredEffects implements store.Effects.
func (s *Faulty) ExpiredEffects(ctx context.Context, now core.Instant, limit int) ([]store.Effect, error) {
	return through(s, func() ([]store.Effect, error) { return s.Store.ExpiredEffects(ctx, now, limit) })
}

// UndeliveredEffects implements store.Effects.
func (s *Faulty) UndeliveredEffects(ctx context.Context, limit int) ([]store.Effect, error) {
	return through(s, func() ([]store.Effect, error) { return s.Store.UndeliveredEffects(ctx, limit) })
}

// EffectDelivered implements store.Effects.
func (s *Faulty) EffectDelivered(ctx context.Context, id string, attempt int) error {
	return done(s, func() error { return s.Store.EffectDelivered(ctx, id, attempt) })
}

// PutMessage implements store.Messages.
func (s *Faulty) PutMessage(ctx context.Context, m store.Message) error {
	return done(s, func() error { return s.Store.PutMessage(ctx, m) })
}

// MatchMessage implements store.Messages.
func (s *Faulty) MatchMessage(ctx context.Context, id, wait string) error {
	return done(s, func() error { return s.Store.MatchMessage(ctx, id, wait) })
}

// FindSubscriptions implements store.Messages.
func (s *Faulty) FindSubscriptions(ctx context.Context, name, key, after string, limit int) ([]store.Subscription, error) {
	return through(s, func() ([]store.Subscription, error) { return s.Store.FindSubscriptions(ctx, name, key, after, limit) })
}

// FindMessages implements store.Messages.
func (s *Faulty) FindMessages(ctx context.Context, name, key string, now core.Instant, limit int) ([]store.Message, error) {
	return through(s, func() ([]store.Message, error) { return s.Store.FindMessages(ctx, name, key, now, limit) })
}

// NamedSubscriptions implements store.Messages.
func (s *Faulty) NamedSubscriptions(ctx context.Context, name string, limit int) ([]store.Subscription, error) {
	return through(s, func() ([]store.Subscription, error) { return s.Store.NamedSubscriptions(ctx, name, limit) })
}

// WaitingMessages implements store.Messages.
func (s *Faulty) WaitingMessages(ctx context.Context, now core.Instant, limit int) ([]store.Message, error) {
	return through(s, func() ([]store.Message, error) { return s.Store.WaitingMessages(ctx, now, limit) })
}

// DropMessage implements store.Messages.
func (s *Faulty) DropMessage(ctx context.Context, id string) error {
	return done(s, func() error { return s.Store.DropMessage(ctx, id) })
}

// AdvanceSchedule implements store.Schedules.
func (s *Faulty) AdvanceSchedule(ctx context.Context, x store.Schedule) error {
	return done(s, func() error { return s.Store.AdvanceSchedule(ctx, x) })
}

// DueSchedules implements store.Schedules.
func (s *Faulty) DueSchedules(ctx context.Context, before core.Instant, limit int) ([]store.Schedule, error) {
	return through(s, func() ([]store.Schedule, error) { return s.Store.DueSchedules(ctx, before, limit) })
}

// AcquireLease implements store.Leases.
func (s *Faulty) AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error) {
	return through(s, func() (bool, error) { return s.Store.AcquireLease(ctx, name, owner, now, until) })
}

// HeldLeases implements store.Leases.
func (s *Faulty) HeldLeases(ctx context.Context, prefix string, now core.Instant) ([]store.Lease, error) {
	return through(s, func() ([]store.Lease, error) { return s.Store.HeldLeases(ctx, prefix, now) })
}

// DropLeases implements store.Leases.
func (s *Faulty) DropLeases(ctx context.Context, before core.Instant) error {
	return done(s, func() error { return s.Store.DropLeases(ctx, before) })
}

// Transactional is a store with both optional interfaces.
type Transactional interface {
	store.Store
	store.FirstStep
	store.Settling
}

// WithTransactions adds the optional interfaces, under the same faults, when the
// inner store has them; ok tells whether it has.
func (s *Faulty) WithTransactions() (t Transactional, ok bool) {
	inner, ok := s.Store.(Transactional)
	return &transactional{Faulty: s, inner: inner}, ok
}

type transactional struct {
	*Faulty
	inner Transactional
}

// StartCommitted implements store.FirstStep.
func (s *transactional) StartCommitted(ctx context.Context, run store.Run, outbox []store.Outbox, readyAt core.Instant, immediate bool) (store.Run, error) {
	return through(s.Faulty, func() (store.Run, error) { return s.inner.StartCommitted(ctx, run, outbox, readyAt, immediate) })
}

// CommitSettled implements store.Settling.
func (s *transactional) CommitSettled(ctx context.Context, c store.Commit, settled []store.Effect) (store.Run, error) {
	return through(s.Faulty, func() (store.Run, error) { return s.inner.CommitSettled(ctx, c, settled) })
}
