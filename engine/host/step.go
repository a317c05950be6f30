package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/store"
)

// errBroken marks a step that panicked or broke an invariant: trying it again
// at once would break again.
var errBroken = errors.New("the step broke down")

// step serves deliveries of events: it folds them together with the inbox and
// commits, starting again when another process was faster.
func (h *Host) step(ctx context.Context, a *actor, batch []*delivery) {
	a.single = false
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
			for _, d := range open {
				run, acceptErr := h.accept(ctx, a, d)
				d.answer(outcome{run: run, err: acceptErr})
			}
			if errors.Is(err, errBroken) {
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
	w := &work{host: h, actor: a, run: a.run, version: a.version, state: a.state}
	if a.run.Suspended || a.run.Status == core.Quarantined {
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
	w.events = append(w.events, w.run.Inbox[:n]...)
	for _, e := range w.events {
		w.consumed = append(w.consumed, e.ID)
	}
}

// load makes sure that the actor knows its run.
func (h *Host) load(ctx context.Context, a *actor) error {
	if a.loaded {
		return nil
	}
	run, err := h.o.Store.Load(ctx, a.id)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	version, err := h.versions.get(ctx, run.DefinitionKey, run.Version)
	if err != nil {
		return err
	}
	state, err := decode(run)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
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
	cancel := slices.IndexFunc(d.events, func(e core.Event) bool { return e.Kind == core.CancelRequested })
	if cancel < 0 {
		return h.accept(ctx, a, d)
	}
	w := &work{host: h, actor: a, run: a.run, version: a.version, state: a.state, events: []core.Event{d.events[cancel]}}
	w.run.Suspended, w.run.Status, w.run.Problem = false, core.Active, ""
	_, err := w.do(ctx)
	if err != nil {
		a.forget()
	}
	return a.run, err
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
	if err != nil || store.Ended(run.Status) || run.Status == core.Quarantined {
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
	}
	body, err := marshal(core.StartBody{Node: req.Node, Parameters: req.Parameters, Variables: req.Variables, Record: req.Record, Cause: req.Cause})
	if err != nil {
		return store.Run{}, core.Event{}, err
	}
	return run, core.Event{ID: "start", Kind: core.RunStarted, At: now, Actor: req.StartedBy, Body: body}, nil
}

// work is one step in the making.
type work struct {
	host     *Host
	actor    *actor
	run      store.Run // as loaded
	version  Version
	state    *core.State
	events   []core.Event
	consumed []string // of the inbox
	settled  []store.Effect
	first    store.FirstStep // set: the run does not exist yet

	at      core.Instant
	facts   core.Evaluator
	entries []store.Outbox
	plan    Committed // for observers
	claimed []store.Effect
	lent    int  // slots reserved
	acts    bool // some entry asks for an act after its copy
}

// do folds, resolves and commits. again tells that there is more to do at once.
func (w *work) do(ctx context.Context) (again bool, err error) {
	if len(w.events) == 0 && !w.state.Pending() {
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
	current := w.events // for the report of a panic
	defer func() {
		if r := recover(); r != nil {
			w.host.o.Logger.ErrorContext(ctx, "step panic", "run", w.run.ID, "panic", r, "stack", stack())
			err = fmt.Errorf("%w at %s: panic: %v", errBroken, eventNames(current), r)
		}
	}()
	if store.Ended(w.run.Status) {
		return nil // what is left in the inbox of an ended run is dropped
	}
	if w.facts, err = w.host.o.Facts.Evaluator(ctx, w.run, w.version, w.at); err != nil {
		return fmt.Errorf("load the facts: %w", err)
	}
	if len(w.events) == 0 && w.state.Pending() {
		w.events = []core.Event{{ID: fmt.Sprintf("continue:%d", w.run.Rev), Kind: core.ContinueRequested}}
	}
	events := slices.Clone(w.events)
	w.actor.tried = len(events)
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
	if !store.Ended(w.run.Status) {
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
		if store.Ended(next.Status) {
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
		ID: w.run.ID, Rev: w.run.Rev, Run: next, Consumed: w.consumed, Seen: len(w.run.Inbox),
		Outbox: w.entries, ReadyAt: readyAt, Immediate: immediate, Relayed: w.actor.relayed,
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
