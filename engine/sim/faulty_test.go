package sim

import (
	"context"
	"errors"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var (
	errFault   = errors.New("injected: the store did not answer")
	errCrashed = errors.New("injected: the process is dead")
)

// faulty is one process's connection to the shared store. It is not safe for
// concurrent use and need not be: everything runs in turn.
type faulty struct {
	store.Store
	world *World
	name  string
	dead  bool
}

// call lets one store call happen, fail, fail after it happened, or be the last
// one of its process.
func (f *faulty) call(op string, do func() error) error {
	if f.dead {
		return errCrashed
	}
	w := f.world
	w.trace(f.name, op)
	if !w.healed {
		w.meddle(f)
		if f.dead {
			return errCrashed
		}
		switch n := w.random.IntN(1000); {
		case n < w.o.Faults:
			return errFault
		case n < w.o.Faults*3/2:
			f.dead = true
			return errCrashed
		case n < w.o.Faults*5/2:
			_ = do() // applied, but nobody learns it
			return errFault
		case n < w.o.Faults*3:
			_ = do()
			f.dead = true
			return errCrashed
		}
	}
	return do()
}

func get[T any](f *faulty, op string, do func() (T, error)) (T, error) {
	var got T
	err := f.call(op, func() error {
		var err error
		got, err = do()
		return err
	})
	if errors.Is(err, errFault) || errors.Is(err, errCrashed) {
		var none T
		return none, err
	}
	return got, err
}

func (f *faulty) Now(ctx context.Context) (core.Instant, error) {
	if f.dead {
		return 0, errCrashed
	}
	return f.Store.Now(ctx)
}

func (f *faulty) Start(ctx context.Context, run store.Run) (store.Run, error) {
	return get(f, "start", func() (store.Run, error) { return f.Store.Start(ctx, run) })
}

func (f *faulty) StartCommitted(ctx context.Context, run store.Run, outbox []store.Outbox, readyAt core.Instant, immediate bool) (store.Run, error) {
	return get(f, "startCommitted", func() (store.Run, error) {
		got, err := f.Store.(store.FirstStep).StartCommitted(ctx, run, outbox, readyAt, immediate)
		if err == nil {
			f.world.committed(run.ID, outbox)
		}
		return got, err
	})
}

func (f *faulty) Accept(ctx context.Context, id core.RunID, events ...core.Event) (store.Run, error) {
	return get(f, "accept", func() (store.Run, error) { return f.Store.Accept(ctx, id, events...) })
}

func (f *faulty) Load(ctx context.Context, id core.RunID) (store.Run, error) {
	return get(f, "load", func() (store.Run, error) { return f.Store.Load(ctx, id) })
}

func (f *faulty) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	return get(f, "commit", func() (store.Run, error) {
		got, err := f.Store.Commit(ctx, c)
		if err == nil {
			f.world.committed(c.ID, c.Outbox)
		}
		return got, err
	})
}

func (f *faulty) CommitSettled(ctx context.Context, c store.Commit, settled []store.Effect) (store.Run, error) {
	return get(f, "commitSettled", func() (store.Run, error) {
		got, err := f.Store.(store.Settling).CommitSettled(ctx, c, settled)
		if err == nil {
			f.world.committed(c.ID, c.Outbox)
		}
		return got, err
	})
}

func (f *faulty) Forget(ctx context.Context, id core.RunID, seqs []int64) error {
	return f.call("forget", func() error { return f.Store.Forget(ctx, id, seqs) })
}

func (f *faulty) Ready(ctx context.Context, before core.Instant, limit int) ([]core.RunID, error) {
	return get(f, "ready", func() ([]core.RunID, error) { return sorted(f.Store.Ready(ctx, before, limit)) })
}

func (f *faulty) Unrelayed(ctx context.Context, limit int) ([]core.RunID, error) {
	return get(f, "unrelayed", func() ([]core.RunID, error) { return sorted(f.Store.Unrelayed(ctx, limit)) })
}

// sorted takes the chance out of lists that have no order.
func sorted(ids []core.RunID, err error) ([]core.RunID, error) {
	slices.Sort(ids)
	return ids, err
}

// Copy is where a weak store shows: in any order, again, and long after.
func (f *faulty) Copy(ctx context.Context, run core.RunID, entries []store.Outbox) error {
	return f.call("copy", func() error {
		w := f.world
		entries = slices.Clone(entries)
		if !w.healed {
			w.random.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
			if w.random.IntN(4) == 0 {
				w.late = append(w.late, lateCopy{run: run, entries: entries})
			}
		}
		return f.Store.Copy(ctx, run, entries)
	})
}

func (f *faulty) Task(ctx context.Context, id string) (store.Task, error) {
	return get(f, "task", func() (store.Task, error) { return f.Store.Task(ctx, id) })
}

func (f *faulty) UpdateTask(ctx context.Context, t store.Task) (store.Task, error) {
	return get(f, "updateTask", func() (store.Task, error) { return f.Store.UpdateTask(ctx, t) })
}

func (f *faulty) UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]store.Task, error) {
	return get(f, "undeliveredDecisions", func() ([]store.Task, error) { return f.Store.UndeliveredDecisions(ctx, before, limit) })
}

func (f *faulty) DueTimers(ctx context.Context, before core.Instant, limit int) ([]store.Timer, error) {
	return get(f, "dueTimers", func() ([]store.Timer, error) { return f.Store.DueTimers(ctx, before, limit) })
}

func (f *faulty) ClaimEffects(ctx context.Context, owner string, now, lease core.Instant, n int) ([]store.Effect, error) {
	return get(f, "claimEffects", func() ([]store.Effect, error) { return f.Store.ClaimEffects(ctx, owner, now, lease, n) })
}

func (f *faulty) SendingEffect(ctx context.Context, id string, attempt int) error {
	return f.call("sendingEffect", func() error { return f.Store.SendingEffect(ctx, id, attempt) })
}

func (f *faulty) SettleEffect(ctx context.Context, e store.Effect) error {
	return f.call("settleEffect", func() error { return f.Store.SettleEffect(ctx, e) })
}

func (f *faulty) RescueEffect(ctx context.Context, e store.Effect) error {
	return f.call("rescueEffect", func() error { return f.Store.RescueEffect(ctx, e) })
}

func (f *faulty) ExpiredEffects(ctx context.Context, now core.Instant, limit int) ([]store.Effect, error) {
	return get(f, "expiredEffects", func() ([]store.Effect, error) { return f.Store.ExpiredEffects(ctx, now, limit) })
}

func (f *faulty) UndeliveredEffects(ctx context.Context, limit int) ([]store.Effect, error) {
	return get(f, "undeliveredEffects", func() ([]store.Effect, error) { return f.Store.UndeliveredEffects(ctx, limit) })
}

func (f *faulty) EffectDelivered(ctx context.Context, id string, attempt int) error {
	return f.call("effectDelivered", func() error { return f.Store.EffectDelivered(ctx, id, attempt) })
}

func (f *faulty) PutMessage(ctx context.Context, m store.Message) error {
	return f.call("putMessage", func() error { return f.Store.PutMessage(ctx, m) })
}

func (f *faulty) MatchMessage(ctx context.Context, id, wait string) error {
	return f.call("matchMessage", func() error { return f.Store.MatchMessage(ctx, id, wait) })
}

func (f *faulty) FindSubscriptions(ctx context.Context, name, key, after string, limit int) ([]store.Subscription, error) {
	return get(f, "findSubscriptions", func() ([]store.Subscription, error) { return f.Store.FindSubscriptions(ctx, name, key, after, limit) })
}

func (f *faulty) FindMessages(ctx context.Context, name, key string, now core.Instant, limit int) ([]store.Message, error) {
	return get(f, "findMessages", func() ([]store.Message, error) { return f.Store.FindMessages(ctx, name, key, now, limit) })
}

func (f *faulty) RunSubscriptions(ctx context.Context, run core.RunID) ([]store.Subscription, error) {
	return get(f, "runSubscriptions", func() ([]store.Subscription, error) { return f.Store.RunSubscriptions(ctx, run) })
}
