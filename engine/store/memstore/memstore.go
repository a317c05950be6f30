// Package memstore keeps everything in memory behind one mutex: the reference
// that shows what the contract means, and the store of tests and rehearsals.
//
// It has transactions (a mutex is one), so it offers the optional FirstStep and
// Settling. With Options.Lazy it does nothing more than the weakest store:
// nothing is copied unless the relay copies it.
package memstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Options of a Store; the zero value is usable.
type Options struct {
	// Now is the store's clock. Nil means a logical one that ticks a millisecond
	// whenever it is asked.
	Now func() core.Instant
	// Lazy ignores Immediate, as a store without transactions must.
	Lazy bool
}

// Store is an empty database that lives as long as the value.
type Store struct {
	options Options // constant after New

	mu            sync.Mutex
	ticks         core.Instant
	runs          map[core.RunID]*store.Run
	records       map[core.RunID]map[int64]core.Record
	tasks         map[string]*copied[store.Task]
	timers        map[string]*copied[store.Timer]
	effects       map[string]*copied[store.Effect]
	subscriptions map[string]*copied[store.Subscription]
	incidents     map[string]*copied[store.OpenIncident]
	messages      map[string]store.Message
	schedules     map[string]store.Schedule
	leases        map[string]lease

	taskChanged       map[string]core.Instant // when each task was last written
	definitionChanged map[string]core.Instant // when a run of it was last written
	notices           map[string]store.Notice
}

// copied is a derived document. A tombstone is closed and not there.
type copied[T any] struct {
	doc      T
	there    bool // a Put has arrived
	closed   bool // an End has arrived
	reason   string
	closedAt core.Instant
}

type lease struct {
	owner string
	until core.Instant
}

var (
	_ store.Store     = (*Store)(nil)
	_ store.FirstStep = (*Store)(nil)
	_ store.Settling  = (*Store)(nil)
	_ store.Foresight = (*Store)(nil)
	_ store.Sharing   = (*Store)(nil)
)

// New returns an empty store.
func New(options Options) *Store {
	return &Store{
		options:       options,
		runs:          map[core.RunID]*store.Run{},
		records:       map[core.RunID]map[int64]core.Record{},
		tasks:         map[string]*copied[store.Task]{},
		timers:        map[string]*copied[store.Timer]{},
		effects:       map[string]*copied[store.Effect]{},
		subscriptions: map[string]*copied[store.Subscription]{},
		incidents:     map[string]*copied[store.OpenIncident]{},
		messages:      map[string]store.Message{},
		schedules:     map[string]store.Schedule{},
		leases:        map[string]lease{},

		taskChanged:       map[string]core.Instant{},
		definitionChanged: map[string]core.Instant{},
		notices:           map[string]store.Notice{},
	}
}

// lock takes the mutex unless ctx has ended.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	return nil
}

// Now is the store's clock.
func (s *Store) Now(ctx context.Context) (core.Instant, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.now(), nil
}

func (s *Store) now() core.Instant {
	if s.options.Now != nil {
		return s.options.Now()
	}
	s.ticks++
	return s.ticks
}

// Close does nothing: the garbage collector closes it.
func (s *Store) Close() error { return nil }

// Start implements store.Runs.
func (s *Store) Start(ctx context.Context, run store.Run) (store.Run, error) {
	if err := s.lock(ctx); err != nil {
		return store.Run{}, err
	}
	defer s.mu.Unlock()
	if run.ReadyAt == 0 {
		run.ReadyAt = max(run.StartedAt, 1)
	}
	run.Outbox = nil
	return s.insert(run)
}

// StartCommitted implements store.FirstStep.
func (s *Store) StartCommitted(ctx context.Context, run store.Run, outbox []store.Outbox, readyAt core.Instant, immediate bool) (store.Run, error) {
	if err := s.lock(ctx); err != nil {
		return store.Run{}, err
	}
	defer s.mu.Unlock()
	run.ReadyAt, run.Outbox = readyAt, outbox
	run, err := s.insert(run)
	if err != nil || !immediate || s.options.Lazy {
		return run, err
	}
	return s.copyNow(run.ID, outbox)
}

func (s *Store) insert(run store.Run) (store.Run, error) {
	if stored, ok := s.runs[run.ID]; ok {
		return cloneRun(*stored), fmt.Errorf("start run %s: %w", run.ID, store.ErrExists)
	}
	err := store.Fits(run.Inbox)
	if err == nil {
		err = store.Commit{Run: run, Outbox: run.Outbox}.Check(nil)
	}
	if err != nil {
		return store.Run{}, fmt.Errorf("start run %s: %w", run.ID, err)
	}
	run = cloneRun(run)
	run.Rev, run.InboxBytes, run.Lease = 1, 0, store.RunLease{}
	for _, e := range run.Inbox {
		run.InboxBytes += store.EventSize(e)
	}
	s.runs[run.ID] = &run
	s.definitionChanged[run.DefinitionKey] = s.now()
	return cloneRun(run), nil
}

// Accept implements store.Runs.
func (s *Store) Accept(ctx context.Context, id core.RunID, events ...core.Event) (store.Run, error) {
	if err := s.lock(ctx); err != nil {
		return store.Run{}, err
	}
	defer s.mu.Unlock()
	run, err := s.accept(id, events)
	if err != nil {
		return store.Run{}, fmt.Errorf("accept into run %s: %w", id, err)
	}
	return cloneRun(*run), nil
}

func (s *Store) accept(id core.RunID, events []core.Event) (*store.Run, error) {
	if err := store.Fits(events); err != nil {
		return nil, err
	}
	run, ok := s.runs[id]
	if !ok {
		return nil, store.ErrNotFound
	}
	events = store.Unknown(run.Inbox, run.Recent, events)
	if len(events) == 0 {
		return nil, store.ErrDuplicate
	}
	if store.Ended(run.Status) {
		return nil, store.ErrFinished
	}
	if count, bytes := store.Room(events); len(run.Inbox) > count || run.InboxBytes >= bytes {
		return nil, store.ErrFull
	}
	for _, e := range events {
		run.Inbox = append(run.Inbox, cloneEvent(e))
		run.InboxBytes += store.EventSize(e)
	}
	run.ReadyAt = store.ReadySince(run.ReadyAt, events)
	return run, nil
}

// Load implements store.Runs.
func (s *Store) Load(ctx context.Context, id core.RunID) (store.Run, error) {
	if err := s.lock(ctx); err != nil {
		return store.Run{}, err
	}
	defer s.mu.Unlock()
	run, ok := s.runs[id]
	if !ok {
		return store.Run{}, fmt.Errorf("load run %s: %w", id, store.ErrNotFound)
	}
	return cloneRun(*run), nil
}

// LoadSeveral implements store.Foresight.
func (s *Store) LoadSeveral(ctx context.Context, ids []core.RunID) ([]store.Run, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Run
	for _, id := range ids {
		if run, ok := s.runs[id]; ok {
			list = append(list, cloneRun(*run))
		}
	}
	return list, nil
}

// Commit implements store.Runs.
func (s *Store) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	return s.CommitSettled(ctx, c, nil)
}

// CommitSettled implements store.Settling.
func (s *Store) CommitSettled(ctx context.Context, c store.Commit, settled []store.Effect) (store.Run, error) {
	if err := s.lock(ctx); err != nil {
		return store.Run{}, err
	}
	defer s.mu.Unlock()
	var lost error
	for _, e := range settled {
		if err := s.claimed(e, nil); err != nil {
			lost = fmt.Errorf("effect %s: the claim is lost: %w", e.ID, store.ErrDuplicate)
		}
	}
	run, err := s.commit(c, lost)
	if err != nil {
		return store.Run{}, fmt.Errorf("commit run %s: %w", c.ID, err)
	}
	for _, e := range settled {
		s.settle(e)
		s.delivered(s.effects[e.ID])
	}
	if c.Immediate && !s.options.Lazy {
		return s.copyNow(c.ID, c.Outbox)
	}
	return cloneRun(*run), nil
}

// commit applies a step unless it is stale, or the caller has another objection.
func (s *Store) commit(c store.Commit, objection error) (*store.Run, error) {
	stored, ok := s.runs[c.ID]
	if !ok {
		return nil, store.ErrNotFound
	}
	if stored.Rev != c.Rev {
		return nil, store.ErrConflict
	}
	if objection != nil {
		return nil, objection
	}
	outbox := slices.DeleteFunc(slices.Clone(stored.Outbox), func(o store.Outbox) bool { return slices.Contains(c.Relayed, o.Seq) })
	if err := c.Check(outbox); err != nil {
		return nil, err
	}
	run := cloneRun(*stored)
	next := cloneRun(c.Run)
	run.Version, run.GraphHash, run.Name = next.Version, next.GraphHash, next.Name
	run.Status, run.Suspended, run.Incidents, run.Nodes = next.Status, next.Suspended, next.Incidents, next.Nodes
	run.Marks = next.Marks
	run.UpdatedAt, run.EndedAt, run.Seq, run.State = next.UpdatedAt, next.EndedAt, next.Seq, next.State
	run.Recent, run.Attempts, run.Problem = next.Recent, next.Attempts, next.Problem
	run.Inbox = slices.DeleteFunc(run.Inbox, func(e core.Event) bool {
		if !slices.Contains(c.Consumed, e.ID) {
			return false
		}
		run.InboxBytes -= store.EventSize(e)
		return true
	})
	run.ReadyAt = c.ReadyAfter(len(stored.Inbox)-len(run.Inbox), len(run.Inbox), stored.ReadyAt)
	run.Lease = c.LeaseAfter(run.ReadyAt, stored.Lease)
	run.Outbox = append(outbox, cloneOutbox(c.Outbox)...)
	run.Rev++
	s.runs[c.ID] = &run
	s.definitionChanged[run.DefinitionKey] = s.now()
	return &run, nil
}

// Forget implements store.Runs.
func (s *Store) Forget(ctx context.Context, id core.RunID, seqs []int64) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if run, ok := s.runs[id]; ok {
		run.Outbox = slices.DeleteFunc(run.Outbox, func(o store.Outbox) bool { return slices.Contains(seqs, o.Seq) })
	}
	return nil
}

// Ready implements store.Runs.
func (s *Store) Ready(ctx context.Context, before core.Instant, limit int) ([]core.RunID, error) {
	return s.runsWhere(ctx, limit, func(r *store.Run) bool { return r.ReadyAt > 0 && r.ReadyAt <= before })
}

// Unrelayed implements store.Relay.
func (s *Store) Unrelayed(ctx context.Context, limit int) ([]core.RunID, error) {
	return s.runsWhere(ctx, limit, func(r *store.Run) bool { return len(r.Outbox) > 0 })
}

// sorted are the keys of a map in order, so that a simulation with the same seed
// sees the same database.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func (s *Store) runsWhere(ctx context.Context, limit int, match func(*store.Run) bool) ([]core.RunID, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var ids []core.RunID
	for _, id := range sorted(s.runs) {
		if len(ids) < store.Limited(limit) && match(s.runs[id]) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
