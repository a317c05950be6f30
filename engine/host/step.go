package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// errBroken marks a step that panicked or broke an invariant: trying it again
// at once would break again.
var errBroken = errors.New("the step broke down")

// errUnreadable marks a run whose state does not decode, or whose process does not
// compile any more. It is broken too.
var errUnreadable = fmt.Errorf("%w: the run cannot be read", errBroken)

// step serves deliveries of events: it folds them together with the inbox and
// commits, starting again when another process was faster.
func (h *Host) step(ctx context.Context, a *actor, batch []*delivery) {
	a.single = false
	if slices.ContainsFunc(batch, func(d *delivery) bool { return d.fresh }) {
		a.forget()
		h.warm.take(a.id)
	}
	for try := 0; ; try++ {
		open, err := h.tryStep(ctx, a, batch)
		switch {
		case err == nil && len(open) == 0:
			return
		case err == nil:
			batch, try = open, -1 // a part was served; the rest comes next
			continue
		case errors.Is(err, store.ErrConflict) && try < maxConflict:
			a.forget()
			h.heat(ctx, a)
			pause := clock.Spread(h.o.Clock, time.Duration(try)*2*time.Millisecond, 1)
			if h.o.Clock.Sleep(ctx, pause) == nil {
				batch = open
				continue
			}
		case errors.Is(err, errBroken) && !a.single && a.tried > 1:
			// One of several events did it: find out which, and let the others pass.
			a.forget()
			a.single = true
			batch = open
			continue
		case errors.Is(err, store.ErrConflict), errors.Is(err, errBroken):
			// Not now. The events are kept, and the sweep comes back to them.
			a.forget()
			canceled := false
			for _, d := range open {
				if at := cancelOf(d); at >= 0 && errors.Is(err, errBroken) {
					run, cancelErr := h.cancelBroken(ctx, a, d.events[at])
					d.answer(outcome{run: run, err: cancelErr})
					canceled = canceled || cancelErr == nil
					continue
				}
				run, acceptErr := h.accept(ctx, a, d)
				d.answer(outcome{run: run, err: acceptErr})
			}
			if errors.Is(err, errBroken) && !canceled {
				h.broken(ctx, a, err)
			}
			return
		}
		a.forget()
		for _, d := range open {
			d.answer(outcome{err: err})
		}
		return
	}
}

// tryStep makes one step. It answers the deliveries that it has served and
// returns the others; with a nil error they need another step.
func (h *Host) tryStep(ctx context.Context, a *actor, batch []*delivery) ([]*delivery, error) {
	if err := h.load(ctx, a); err != nil {
		return batch, err
	}
	batch, err := h.reserve(ctx, a, batch)
	if err != nil || len(batch) == 0 {
		return batch, err
	}
	w := &work{host: h, actor: a, run: a.run, version: a.version, state: a.state}
	if a.run.Suspended || a.run.Status == core.Quarantined || h.held(a.run.DefinitionKey) {
		for i, d := range batch {
			run, err := h.hold(ctx, a, d)
			if errors.Is(err, store.ErrConflict) {
				return batch[i:], err
			}
			d.answer(outcome{run: run, err: err})
			if !a.loaded {
				return batch[i+1:], h.load(ctx, a)
			}
		}
		return nil, nil
	}
	// Events that are in the inbox come first; they were accepted first.
	w.takeInbox()
	var served, later []*delivery
	for _, d := range batch {
		if len(d.events) == 0 {
			served = append(served, d)
			continue
		}
		fresh := store.Unknown(a.run.Inbox, a.run.Recent, d.events)
		fresh = store.Unknown(w.events, nil, fresh)
		switch {
		case len(fresh) == 0 && d.settled != nil, store.Ended(a.run.Status) && d.settled != nil:
			d.answer(outcome{run: a.run, err: errors.ErrUnsupported})
		case len(fresh) == 0:
			d.answer(outcome{run: a.run, err: store.ErrDuplicate})
		case store.Ended(a.run.Status):
			d.answer(outcome{run: a.run, err: store.ErrFinished})
		case store.Fits(fresh) != nil:
			d.answer(outcome{run: a.run, err: store.Fits(fresh)})
		case len(w.events)+len(fresh) > 2*maxBatch, a.single && len(w.events) > 0:
			later = append(later, d)
		default:
			w.events = append(w.events, fresh...)
			for _, e := range fresh {
				w.direct = append(w.direct, e.ID)
			}
			if d.settled != nil {
				w.settled = append(w.settled, *d.settled)
			}
			served = append(served, d)
		}
	}
	rest := append(slices.Clone(served), later...)
	for {
		again, err := w.do(ctx)
		if errors.Is(err, store.ErrDuplicate) && len(w.settled) > 0 {
			// Some claim was lost. Let each effect settle by itself.
			for _, d := range rest {
				if d.settled != nil {
					d.answer(outcome{run: a.run, err: errors.ErrUnsupported})
				}
			}
			return slices.DeleteFunc(rest, func(d *delivery) bool { return d.settled != nil }), nil
		}
		if err != nil {
			return rest, err
		}
		for _, d := range served {
			d.answer(outcome{run: a.run})
		}
		if !again {
			return later, nil
		}
		// A drain that ran out of its budget, or a longer inbox: go on at once, with
		// the callers already answered.
		served, rest = nil, later
		w = &work{host: h, actor: a, run: a.run, version: a.version, state: a.state}
		w.takeInbox()
	}
}

// takeInbox adds the first events of the inbox to the step.
func (w *work) takeInbox() {
	n := min(len(w.run.Inbox), maxBatch)
	if w.actor.single {
		n = min(n, 1)
	}
	for _, e := range w.run.Inbox[:n] {
		w.consumed = append(w.consumed, e.ID)
		// One that was applied as it came to another process, and was accepted by a
		// third meanwhile, only has to go.
		if !slices.Contains(w.run.Recent, e.ID) {
			w.events = append(w.events, e)
		}
	}
}

// load makes sure that the actor knows its run.
func (h *Host) load(ctx context.Context, a *actor) error {
	if a.loaded {
		return nil
	}
	run, state, ready := h.warm.take(a.id)
	if !ready {
		var err error
		if run, err = h.o.Store.Load(ctx, a.id); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	return h.adopt(ctx, a, run, state)
}

// adopt makes a run that was read what the actor knows; state may be nil.
func (h *Host) adopt(ctx context.Context, a *actor, run store.Run, state *core.State) error {
	version, err := h.versions.get(ctx, run.DefinitionKey, run.Version)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, ErrUnusable) {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if err != nil {
		return err
	}
	if state == nil {
		if state, err = decode(run); err != nil {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
	}
	a.loaded, a.run, a.state, a.version = true, run, state, version
	return nil
}

// hold keeps the events of a run that must not move. Cancel goes through all the
// same.
func (h *Host) hold(ctx context.Context, a *actor, d *delivery) (store.Run, error) {
	if d.settled != nil {
		return a.run, errors.ErrUnsupported
	}
	if len(d.events) == 0 {
		return h.park(ctx, a)
	}
	cancel := cancelOf(d)
	if cancel < 0 {
		if e := d.events[0]; len(d.events) == 1 && e.Kind == core.VariablesChanged && a.run.Status == core.Active {
			return h.edit(ctx, a, e)
		}
		return h.keep(ctx, a, d)
	}
	return h.cancelHeld(ctx, a, d.events[cancel])
}

// keep puts events into the inbox of a run that must not move. A timer that has
// fired is served with that.
func (h *Host) keep(ctx context.Context, a *actor, d *delivery) (store.Run, error) {
	run, err := h.accept(ctx, a, d)
	if err != nil && !errors.Is(err, store.ErrDuplicate) {
		return run, err
	}
	var fired []core.WaitID
	for _, e := range d.events {
		if e.Kind == core.TimerFired {
			fired = append(fired, e.Wait)
		}
	}
	if len(fired) > 0 {
		now, nowErr := h.now.Now(ctx)
		if nowErr == nil {
			nowErr = h.relay.Fired(ctx, a.id, now, fired...)
		}
		if nowErr != nil {
			h.o.Logger.WarnContext(ctx, "close timers that have fired", "run", a.id, "error", nowErr) // the timer loop comes again
		}
	}
	return run, err
}

// edit changes variables of a run that is held: that moves nothing, and what
// waits is to find them changed.
func (h *Host) edit(ctx context.Context, a *actor, e core.Event) (store.Run, error) {
	if len(store.Unknown(a.run.Inbox, a.run.Recent, []core.Event{e})) == 0 {
		return a.run, store.ErrDuplicate
	}
	w := &work{host: h, actor: a, run: a.run, version: a.version, state: a.state, events: []core.Event{e}}
	if _, err := w.do(ctx); err != nil {
		a.forget()
		return store.Run{}, err
	}
	return a.run, nil
}

// park takes a run that must not move off the list of ready ones, so that it
// does not crowd out others there. Its inbox stays; Resume looks at it.
func (h *Host) park(ctx context.Context, a *actor) (store.Run, error) {
	if a.run.ReadyAt == 0 {
		return a.run, nil
	}
	run, err := h.o.Store.Commit(ctx, store.Commit{ID: a.id, Rev: a.run.Rev, Run: a.run, Seen: len(a.run.Inbox)})
	if err != nil {
		a.forget()
		return store.Run{}, err
	}
	a.run = run
	return run, nil
}

// accept puts a delivery's events into the inbox.
func (h *Host) accept(ctx context.Context, a *actor, d *delivery) (store.Run, error) {
	if d.settled != nil {
		return store.Run{}, errors.ErrUnsupported
	}
	if len(d.events) == 0 {
		return store.Run{ID: a.id}, nil
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return store.Run{}, err
	}
	events := slices.Clone(d.events)
	for i := range events {
		events[i].At = now
	}
	run, err := h.o.Store.Accept(ctx, a.id, events...)
	if err == nil && a.loaded && a.run.Rev == run.Rev {
		a.run = run
	} else {
		a.forget()
	}
	return run, err
}

// broken notes a step that broke down: it is tried again after a pause, and
// after the last try the run is quarantined with the event that did it.
func (h *Host) broken(ctx context.Context, a *actor, cause error) {
	h.o.Logger.ErrorContext(ctx, "step broke down", "run", a.id, "error", cause)
	run, err := h.o.Store.Load(ctx, a.id)
	if err != nil || store.Ended(run.Status) {
		return
	}
	if run.Status == core.Quarantined {
		// What came for it since must not bring the sweep back again and again.
		if _, err := h.park(ctx, &actor{id: a.id, run: run}); err != nil && !errors.Is(err, store.ErrConflict) {
			h.o.Logger.WarnContext(ctx, "park a quarantined run", "run", a.id, "error", err)
		}
		return
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return
	}
	run.Attempts++
	run.UpdatedAt = max(run.UpdatedAt, now)
	c := store.Commit{ID: run.ID, Rev: run.Rev, Seen: len(run.Inbox), ReadyAt: now + core.Instant((h.o.Backoff << (run.Attempts - 1)).Milliseconds())}
	if run.Attempts >= h.o.Tries {
		run.Status, run.Problem, c.ReadyAt = core.Quarantined, cause.Error(), 0
	}
	c.Run = run
	if _, err := h.o.Store.Commit(ctx, c); err != nil && !errors.Is(err, store.ErrConflict) {
		h.o.Logger.ErrorContext(ctx, "note a broken step", "run", a.id, "error", err)
	}
}

// alter applies an operator's change to the run document.
func (h *Host) alter(ctx context.Context, a *actor, change func(*store.Run) bool) outcome {
	for range maxConflict {
		a.forget()
		run, err := h.o.Store.Load(ctx, a.id)
		if err != nil {
			return outcome{err: err}
		}
		if store.Ended(run.Status) {
			return outcome{run: run, err: store.ErrFinished}
		}
		next := run
		if !change(&next) {
			return outcome{run: run}
		}
		now, err := h.now.Now(ctx)
		if err != nil {
			return outcome{err: err}
		}
		next.UpdatedAt = max(now, next.UpdatedAt)
		c := store.Commit{ID: run.ID, Rev: run.Rev, Run: next, Seen: len(run.Inbox)}
		if !next.Suspended && next.Status == core.Active && len(run.Inbox) > 0 {
			c.ReadyAt = now
		}
		run, err = h.o.Store.Commit(ctx, c)
		if !errors.Is(err, store.ErrConflict) {
			return outcome{run: run, err: err}
		}
	}
	return outcome{err: store.ErrConflict}
}

// start computes the first steps of a run before anything is stored, so that a
// run that ends at once costs one write.
func (h *Host) start(ctx context.Context, a *actor, req StartRequest) outcome {
	if a.loaded {
		return outcome{run: a.run}
	}
	if h.held(req.DefinitionKey) {
		return outcome{err: ErrHeld}
	}
	version, err := h.versions.get(ctx, req.DefinitionKey, req.Version)
	if err != nil {
		return outcome{err: err}
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return outcome{err: err}
	}
	run, event, err := newRun(req, version, now)
	if err != nil {
		return outcome{err: err}
	}
	if first, ok := h.o.Store.(store.FirstStep); ok {
		w := &work{host: h, actor: a, run: run, version: version, state: core.NewState(run.ID), events: []core.Event{event}, first: first}
		again, err := w.do(ctx)
		switch {
		case err == nil:
			if again {
				h.o.Background(func() { h.goOn(ctx, run.ID) })
			}
			return outcome{run: a.run, created: true}
		case errors.Is(err, store.ErrExists):
			return outcome{run: w.run}
		case !errors.Is(err, errBroken):
			a.forget()
			return outcome{err: err}
		}
		// Let it fail as any other step does, where an operator can see it.
		a.forget()
	}
	run.Inbox, run.InboxBytes = []core.Event{event}, store.EventSize(event)
	stored, err := h.o.Store.Start(ctx, run)
	if errors.Is(err, store.ErrExists) {
		return outcome{run: stored}
	}
	if err != nil {
		return outcome{err: err}
	}
	d := &delivery{done: make(chan outcome, 1)}
	h.step(ctx, a, []*delivery{d})
	select {
	case o := <-d.done:
		if o.err == nil && o.run.Status != "" {
			return outcome{run: o.run, created: true}
		}
	default:
	}
	return outcome{run: stored, created: true} // started; the sweep drives it on
}

func newRun(req StartRequest, v Version, now core.Instant) (store.Run, core.Event, error) {
	run := store.Run{
		ID: req.ID, DefinitionKey: v.Key, Version: v.Number, GraphHash: v.Graph.Hash, Name: v.Name,
		RecordTitle: req.RecordTitle, StartedBy: req.StartedBy, Parent: req.Parent,
		Status: core.Active, StartedAt: now, UpdatedAt: now, ReadyAt: now,
	}
	if req.Record != nil {
		run.RecordType, run.RecordID = req.Record.Type, req.Record.ID
	}
	var err error
	if req.Cause != nil {
		if run.Cause, err = marshal(req.Cause); err != nil {
			return store.Run{}, core.Event{}, err
		}
		if req.Cause.Kind == "run" {
			run.CausedBy = core.RunID(req.Cause.ID)
		}
	}
	told := req.Cause
	if told != nil {
		told = &core.Cause{Kind: told.Kind, ID: told.ID, Depth: told.Depth}
	}
	body, err := marshal(core.StartBody{Node: req.Node, Parameters: req.Parameters, Variables: req.Variables, Record: req.Record, Cause: told, Event: req.Event})
	if err != nil {
		return store.Run{}, core.Event{}, err
	}
	return run, core.Event{ID: "start", Kind: core.RunStarted, At: now, Actor: req.StartedBy, Body: body}, nil
}
