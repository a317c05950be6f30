package host

import (
	"context"
	"errors"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Several processes on one database step any run, and most of the time no two of
// them the same one: then a step is one write, and nothing is reserved. Who loses
// a race takes the run for a hot one for a while. Events for a hot run go to its
// inbox first, and whoever gets the lease with that steps it until the inbox is
// empty, the others' events included, while those leave it alone. The lease is a
// hint: a step whose rev has gone is void whoever holds it, and a cancellation
// does not ask for it.

// heat notes that another process steps the run too.
func (h *Host) heat(ctx context.Context, a *actor) {
	if h.shared == nil {
		return
	}
	if now, err := h.now.Now(ctx); err == nil {
		a.hot = now + h.grace()
	}
}

func (h *Host) grace() core.Instant { return core.Instant(h.o.Grace.Milliseconds()) }

// prolonged extends an own lease that is half over.
func (h *Host) prolonged(l store.RunLease, now core.Instant) store.RunLease {
	if h.shared == nil || l.Owner != h.o.Owner || l.Until-now > h.grace()/2 {
		return store.RunLease{}
	}
	return store.RunLease{Owner: h.o.Owner, Until: now + h.grace()}
}

// reserve puts the events for a hot run into its inbox and takes its lease. It
// returns the deliveries to go on with, which have no events any more: none when
// somebody else has the lease and will see the events. What is for other runs is
// left as it is.
func (h *Host) reserve(ctx context.Context, a *actor, batch []*delivery) ([]*delivery, error) {
	if h.shared == nil || slices.ContainsFunc(batch, func(d *delivery) bool { return cancelOf(d) >= 0 }) {
		return batch, nil
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return batch, err
	}
	if a.hot <= now && !a.run.Lease.Bars(h.o.Owner, now) {
		return batch, nil
	}
	run, kept, left, err := h.acceptLeased(ctx, a, batch, now)
	if err == nil && len(kept) == 0 {
		return nil, nil
	}
	if err != nil || run.Lease.Bars(h.o.Owner, now) {
		// What is kept is durable: the holder sees it, or the sweep.
		for _, d := range kept {
			d.answer(outcome{run: run})
		}
		return left, err
	}
	if run.Rev == a.run.Rev {
		a.run = run
		return kept, nil
	}
	a.forget()
	return kept, h.adopt(ctx, a, run, nil)
}

// acceptLeased accepts the events of deliveries and answers those that the store
// refuses. It returns the run, those that were kept, now without events, and
// after a failure those that are left.
func (h *Host) acceptLeased(ctx context.Context, a *actor, batch []*delivery, now core.Instant) (run store.Run, kept, left []*delivery, err error) {
	lease := store.RunLease{Owner: h.o.Owner, Until: now + h.grace()}
	run = a.run
	for i, d := range batch {
		events := slices.Clone(d.events)
		for j := range events {
			events[j].At = now
		}
		got, err := h.shared.AcceptLeased(ctx, a.id, lease, now, events...)
		switch {
		case err == nil:
			run = got
			kept = append(kept, &delivery{done: d.done})
		case turnedAway(err):
			d.answer(outcome{run: a.run, err: err})
		default:
			return run, kept, batch[i:], err
		}
	}
	return run, kept, nil, nil
}

// turnedAway tells whether a store has refused events for good.
func turnedAway(err error) bool {
	return errors.Is(err, store.ErrDuplicate) || errors.Is(err, store.ErrFinished) || errors.Is(err, store.ErrFull) ||
		errors.Is(err, store.ErrTooLarge) || errors.Is(err, store.ErrNotFound)
}

// ready lists runs to be stepped: of the own share those that were left alone
// for the grace, and whatever lies about for longer than a dead member is
// missed. A full page is anybody's too.
func (h *Host) ready(ctx context.Context, now core.Instant, page int) ([]core.RunID, error) {
	ids, err := h.o.Store.Ready(ctx, now-h.grace(), page)
	if err != nil || h.o.Members == nil || len(ids) == page {
		return ids, err
	}
	foreign := func(id core.RunID) bool { return !h.o.Members.Mine(share.Of(id)) }
	if !slices.ContainsFunc(ids, foreign) {
		return ids, nil
	}
	ids = slices.DeleteFunc(ids, foreign)
	old, err := h.o.Store.Ready(ctx, now-h.grace()-h.o.Members.Overdue(), page)
	for _, id := range old {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// mine picks the runs whose outbox to look after. How long one lies about is not
// known, so now and then everybody looks after all of them.
func (h *Host) mine() func(core.RunID) bool {
	const everyone = 10
	if h.o.Members == nil || h.sweeps.Add(1)%everyone == 0 {
		return nil
	}
	return func(id core.RunID) bool { return h.o.Members.Mine(share.Of(id)) }
}
