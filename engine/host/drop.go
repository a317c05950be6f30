package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// ErrMoving says that a run is not held: its inbox is being worked on.
var ErrMoving = errors.New("run is not suspended")

// DropEvent takes an event out of the inbox of a run that is suspended or
// quarantined, so that the run can go on without it. Its id stays known: who
// delivers the event again is told that it was accepted before. What the event
// would have ended stays open. store.ErrNotFound when the inbox does not hold
// it, ErrMoving when the run is not held.
func (h *Host) DropEvent(ctx context.Context, id core.RunID, eventID, drop string) (store.Run, error) {
	return h.hand(ctx, id, eventID, "drop an event of", func(a *actor, event string) (store.Run, error) {
		a.forget() // the inbox may have grown
		if err := h.load(ctx, a); err != nil {
			return store.Run{}, err
		}
		held := a.run.Suspended || a.run.Status == core.Quarantined
		switch {
		case !held:
			return a.run, ErrMoving
		case !slices.ContainsFunc(a.run.Inbox, func(e core.Event) bool { return e.ID == drop }):
			return a.run, fmt.Errorf("event %s: %w", drop, store.ErrNotFound)
		}
		now, err := h.now.Now(ctx)
		if err != nil {
			return store.Run{}, err
		}
		next := a.run
		next.UpdatedAt = max(now, next.UpdatedAt)
		next.Recent = append(slices.Clone(next.Recent), drop, event)
		next.Recent = next.Recent[max(0, len(next.Recent)-store.RecentRing):]
		run, err := h.o.Store.Commit(ctx, store.Commit{ID: id, Rev: a.run.Rev, Run: next, Consumed: []string{drop}, Seen: len(a.run.Inbox)})
		if err != nil {
			return store.Run{}, err
		}
		a.run = run
		return run, nil
	})
}
