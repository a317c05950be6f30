package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/store"
)

// work is one step in the making.
type work struct {
	host     *Host
	actor    *actor
	run      store.Run // as loaded
	version  Version
	state    *core.State
	events   []core.Event
	consumed []string // of the inbox
	direct   []string // events that are not in the inbox as loaded, but perhaps as it is by now
	settled  []store.Effect
	first    store.FirstStep // set: the run does not exist yet

	at      core.Instant
	facts   core.Evaluator
	entries []store.Outbox
	plan    Committed // for observers
	claimed []store.Effect
	lent    int  // slots reserved
	acts    bool // some entry asks for an act after its copy
	dry     bool // nothing will be committed
	kept    bool // the run stays quarantined
}

// do folds, resolves and commits. again tells that there is more to do at once.
func (w *work) do(ctx context.Context) (again bool, err error) {
	if len(w.events) == 0 && len(w.consumed) == 0 && !w.state.Pending() {
		if w.run.ReadyAt == 0 || len(w.run.Inbox) > 0 {
			return false, nil
		}
	}
	now, err := w.host.now.Now(ctx)
	if err != nil {
		return false, err
	}
	w.at = max(now, w.state.LastAt(), w.run.UpdatedAt)
	if err := w.fold(ctx); err != nil {
		w.host.release(w.lent)
		return false, err
	}
	run, err := w.commit(ctx)
	if err != nil {
		w.host.release(w.lent)
		if errors.Is(err, store.ErrExists) {
			w.run = run
		}
		if errors.Is(err, store.ErrTooLarge) {
			err = fmt.Errorf("%w: %w", errBroken, err)
		}
		return false, err
	}
	w.after(ctx, run)
	return len(run.Inbox) > 0 && !store.Ended(run.Status) || w.actor.state.Pending(), nil
}

// fold advances the core over the events and resolves what it opens.
func (w *work) fold(ctx context.Context) (err error) {
	defer w.contain(ctx, &w.events, &err)
	switch {
	case !store.Ended(w.run.Status):
	case w.over():
		return w.rounds(ctx, slices.Clone(w.events)) // it needs no facts to say that they come too late
	default:
		return w.giveBack() // it was canceled past its state, which cannot take anything any more
	}
	if w.facts, err = w.host.o.Facts.Evaluator(ctx, w.run, w.version, w.at); err != nil {
		return fmt.Errorf("load the facts: %w", err)
	}
	if len(w.events) == 0 && w.state.Pending() {
		w.events = []core.Event{{ID: fmt.Sprintf("continue:%d", w.run.Rev), Kind: core.ContinueRequested}}
	}
	w.actor.tried = len(w.events)
	return w.rounds(ctx, slices.Clone(w.events))
}

// over tells whether the state itself has ended. What had been accepted by then,
// and came to the inbox between the last step and its commit, is told in the
// history as any event that comes too late.
func (w *work) over() bool { return store.Ended(w.state.Status()) }

// rounds folds events, and then those of the waits that could not be opened.
func (w *work) rounds(ctx context.Context, events []core.Event) (err error) {
	current := events // for the report of a panic
	defer w.contain(ctx, &current, &err)
	// Rounds beyond the first report waits that could not be opened. A loop of
	// such nodes must not hold the step for ever.
	const maxRounds = 100
	for round := 0; len(events) > 0; round++ {
		if round == maxRounds {
			return fmt.Errorf("%w: %d rounds of waits that cannot be opened", errBroken, round)
		}
		for i := range events {
			events[i].At = w.at
		}
		current = events
		next, out, err := core.Fold(w.version.Graph, w.state, events, w.facts, w.host.o.Budget)
		if err != nil {
			return fmt.Errorf("%w at %s: %w", errBroken, eventNames(events), err)
		}
		if lazy, ok := w.facts.(interface{ Err() error }); ok && lazy.Err() != nil {
			return fmt.Errorf("load the facts: %w", lazy.Err())
		}
		w.state = next
		if events, err = w.take(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

// contain, deferred, makes a panic an error that names the events under way.
func (w *work) contain(ctx context.Context, events *[]core.Event, err *error) {
	if r := recover(); r != nil {
		w.host.o.Logger.ErrorContext(ctx, "step panic", "run", w.run.ID, "panic", r, "stack", stack())
		*err = fmt.Errorf("%w at %s: panic: %v", errBroken, eventNames(*events), r)
	}
}

func eventNames(events []core.Event) string {
	if len(events) == 1 {
		return fmt.Sprintf("%s %s", events[0].Kind, events[0].ID)
	}
	if len(events) == 0 {
		return "no event"
	}
	return fmt.Sprintf("%s %s and %d more", events[0].Kind, events[0].ID, len(events)-1)
}

// commit writes the step.
func (w *work) commit(ctx context.Context) (store.Run, error) {
	h := w.host
	next := w.run
	next.UpdatedAt = w.at
	next.Attempts, next.Problem = 0, ""
	if !store.Ended(w.run.Status) || w.over() {
		state, err := codec.Encode(w.state)
		if err != nil {
			return store.Run{}, fmt.Errorf("%w: encode the state: %w", errBroken, err)
		}
		next.State, next.Status, next.Seq = state, w.state.Status(), w.state.Seq()
		next.Incidents = len(w.state.Incidents())
		next.Nodes = nil
		for _, n := range w.state.Nodes() {
			next.Nodes = append(next.Nodes, n.Node)
		}
		next.Marks = w.marks()
		if w.kept {
			next.Status, next.Attempts, next.Problem = w.run.Status, w.run.Attempts, w.run.Problem
		}
		if store.Ended(next.Status) && !store.Ended(w.run.Status) {
			next.EndedAt = w.at
		}
	}
	next.Recent = remember(next.Recent, w.events)
	immediate := h.o.Immediate && !w.acts
	readyAt := core.Instant(0)
	if w.state.Pending() || len(w.run.Inbox) > len(w.consumed) {
		readyAt = w.at
	}
	w.plan.Entries = w.entries
	if w.first != nil {
		next.Rev, next.ReadyAt = 1, 0
		return w.first.StartCommitted(ctx, next, w.entries, readyAt, immediate)
	}
	c := store.Commit{
		ID: w.run.ID, Rev: w.run.Rev, Run: next, Consumed: append(w.consumed, w.direct...), Seen: len(w.run.Inbox),
		Outbox: w.entries, ReadyAt: readyAt, Immediate: immediate, Relayed: w.actor.relayed, Lease: h.prolonged(w.run.Lease, w.at),
	}
	if a := w.actor; a.loaded && a.run.Rev == c.Rev {
		c.Was = &a.run // not w.run, which an operator's act may have changed already
	}
	if len(w.settled) > 0 {
		return h.o.Store.(store.Settling).CommitSettled(ctx, c, w.settled)
	}
	return h.o.Store.Commit(ctx, c)
}

// remember adds the ids of applied events to the ring. Those that belong to a
// wait are known for ever by the wait being closed, so a few of them suffice to
// spare the history an ignored event when one is delivered twice in a row.
func remember(recent []string, events []core.Event) []string {
	const waitIDs = 32
	out := slices.Clone(recent)
	for _, e := range events {
		if e.Kind != core.ContinueRequested {
			out = append(out, e.ID)
		}
	}
	most := store.RecentRing
	if !slices.ContainsFunc(events, func(e core.Event) bool { return e.Wait == "" }) && len(recent) <= waitIDs {
		most = waitIDs
	}
	return out[max(0, len(out)-most):]
}

// after is what follows a commit: nothing here may fail it.
func (w *work) after(ctx context.Context, run store.Run) {
	h, a := w.host, w.actor
	a.loaded, a.run, a.state, a.version, a.relayed = true, run, w.state, w.version, nil
	if len(run.Outbox) > 0 {
		w.relay(ctx, run)
	}
	for _, observe := range h.o.Observers {
		w.plan.Run, w.plan.Version = run, w.version
		observe(ctx, w.plan)
	}
	if len(w.claimed) > 0 {
		h.o.Effects.Offer(w.claimed...)
	}
	h.release(w.lent - len(w.claimed))
	if h.o.Effects != nil && len(w.plan.Effects) > len(w.claimed) {
		h.o.Effects.Wake()
	}
}

// relay copies what the store has not copied itself. The rest of the relay's
// work is done in the background: acts may lead back to this very run.
func (w *work) relay(ctx context.Context, run store.Run) {
	h := w.host
	done, err := h.relay.Copy(ctx, run)
	if err != nil {
		h.o.Logger.WarnContext(ctx, "relay", "run", run.ID, "error", err)
		return // the sweep copies
	}
	w.actor.relayed = done
	h.o.Background(func() {
		if err := h.relay.Finish(ctx, run, done); err != nil {
			h.o.Logger.WarnContext(ctx, "relay", "run", run.ID, "error", err)
		}
	})
}

func (h *Host) release(slots int) {
	if slots > 0 {
		h.o.Effects.Release(slots)
	}
}
