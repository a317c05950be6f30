package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Store is the part of the store the relay uses.
type Store interface {
	store.Relay
	Load(ctx context.Context, id core.RunID) (store.Run, error)
	Forget(ctx context.Context, id core.RunID, seqs []int64) error
}

// Act is what has to happen after an entry was copied. It must tolerate being
// repeated.
type Act func(ctx context.Context, run store.Run, entry store.Outbox) error

// Relay copies outboxes. Constant after New.
type Relay struct {
	store Store
	acts  map[store.OutboxKind]Act
}

// New makes a relay; acts are by the kind of entry that asks for them.
func New(s Store, acts map[store.OutboxKind]Act) *Relay { return &Relay{store: s, acts: acts} }

// Acts tells whether an entry asks for an act, so that its outbox must not be
// forgotten together with the copy.
func (r *Relay) Acts(kind store.OutboxKind) bool {
	_, ok := r.acts[kind]
	return ok
}

// Copy copies a run's outbox and performs nothing. It returns the entries that
// are done with and may be forgotten; the others ask for an act, see Finish.
func (r *Relay) Copy(ctx context.Context, run store.Run) (done []int64, err error) {
	if len(run.Outbox) == 0 {
		return nil, nil
	}
	if err := r.store.Copy(ctx, run.ID, run.Outbox); err != nil {
		return nil, fmt.Errorf("copy the outbox of run %s: %w", run.ID, err)
	}
	done = make([]int64, 0, len(run.Outbox))
	for _, entry := range run.Outbox {
		if !r.Acts(entry.Kind) {
			done = append(done, entry.Seq)
		}
	}
	return done, nil
}

// Fired closes timers whose firing a run keeps in its inbox, because it must not
// move: else they would stay due, and crowd out others.
func (r *Relay) Fired(ctx context.Context, run core.RunID, at core.Instant, timers ...core.WaitID) error {
	entries := make([]store.Outbox, 0, len(timers))
	for _, id := range timers {
		entries = append(entries, store.Outbox{Kind: store.EndTimer, ID: string(id), At: at})
	}
	if err := r.store.Copy(ctx, run, entries); err != nil {
		return fmt.Errorf("close the timers of run %s: %w", run, err)
	}
	return nil
}

// perform performs the acts of a copied outbox and adds the entries whose acts
// succeeded to done. The error tells why others stay.
func (r *Relay) perform(ctx context.Context, run store.Run, done []int64) ([]int64, error) {
	var problems []error
	for _, entry := range run.Outbox {
		act, ok := r.acts[entry.Kind]
		if !ok {
			continue
		}
		if err := act(ctx, run, entry); err != nil {
			problems = append(problems, fmt.Errorf("%s %s of run %s: %w", entry.Kind, entry.ID, run.ID, err))
			continue
		}
		done = append(done, entry.Seq)
	}
	return done, errors.Join(problems...)
}

// Finish performs the acts of an outbox that was copied, and forgets what is done.
func (r *Relay) Finish(ctx context.Context, run store.Run, done []int64) error {
	done, err := r.perform(ctx, run, done)
	if len(done) > 0 {
		if forgetErr := r.store.Forget(ctx, run.ID, done); forgetErr != nil && !errors.Is(forgetErr, store.ErrNotFound) {
			err = errors.Join(err, fmt.Errorf("forget the outbox of run %s: %w", run.ID, forgetErr))
		}
	}
	return err
}

// Flush copies a run's outbox, performs the acts and forgets what is done.
func (r *Relay) Flush(ctx context.Context, run store.Run) error {
	done, err := r.Copy(ctx, run)
	if err != nil {
		return err
	}
	return r.Finish(ctx, run, done)
}

// Sweep flushes runs whose outbox was left behind and returns how many. Runs that
// are not mine are left to others, unless there are more than the limit; mine may
// be nil.
func (r *Relay) Sweep(ctx context.Context, limit int, mine func(core.RunID) bool) (int, error) {
	ids, err := r.store.Unrelayed(ctx, limit)
	if err != nil {
		return 0, fmt.Errorf("read runs with an outbox: %w", err)
	}
	if mine != nil && len(ids) < limit {
		ids = slices.DeleteFunc(ids, func(id core.RunID) bool { return !mine(id) })
	}
	var problems []error
	for _, id := range ids {
		run, err := r.store.Load(ctx, id)
		if err == nil {
			err = r.Flush(ctx, run)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			problems = append(problems, err)
		}
	}
	return len(ids), errors.Join(problems...)
}

// Purge deletes closed derived documents whose closing is before an instant far
// enough back that no relay can still be late. It returns how many.
func (r *Relay) Purge(ctx context.Context, before core.Instant) (int, error) {
	total := 0
	for {
		n, err := r.store.Purge(ctx, before, store.MaxLimit)
		total += n
		if err != nil {
			return total, fmt.Errorf("purge derived documents: %w", err)
		}
		if n < store.MaxLimit {
			return total, nil
		}
	}
}
