package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Canceling fits always: also a run whose steps break down, whose state cannot be
// read, or whose process cannot be compiled any more can be ended by hand.

// derived reads the copies of what a run has open; every store of the engine has it.
type derived interface {
	store.Records
	store.Tasks
	store.Timers
	store.Effects
	store.Messages
	store.Incidents
}

// cancelOf finds the cancellation among a delivery's events, -1 = none.
func cancelOf(d *delivery) int {
	return slices.IndexFunc(d.events, func(e core.Event) bool { return e.Kind == core.CancelRequested })
}

// cancelBroken ends a run on which a step has broken down. What is in the inbox
// before the cancellation, perhaps the very event that does it, does not count.
func (h *Host) cancelBroken(ctx context.Context, a *actor, e core.Event) (store.Run, error) {
	var err error
	for range maxConflict {
		a.forget()
		err = h.load(ctx, a)
		switch {
		case errors.Is(err, errUnreadable):
			var run store.Run
			if run, err = h.abandon(ctx, a, e); err == nil {
				return run, nil
			}
		case err != nil:
			return store.Run{}, err
		case store.Ended(a.run.Status):
			return a.run, store.ErrFinished
		default:
			var run store.Run
			if run, err = h.cancelHeld(ctx, a, e); err == nil {
				return run, nil
			}
		}
		if !errors.Is(err, store.ErrConflict) {
			return store.Run{}, err
		}
	}
	return store.Run{}, err
}

// cancelHeld ends a run that must not or cannot move.
func (h *Host) cancelHeld(ctx context.Context, a *actor, e core.Event) (store.Run, error) {
	w := &work{host: h, actor: a, run: a.run, version: a.version, state: a.state, events: []core.Event{e}}
	w.run.Suspended, w.run.Status, w.run.Problem = false, core.Active, ""
	_, err := w.do(ctx)
	if errors.Is(err, errBroken) {
		err = w.force(ctx)
	}
	if err != nil {
		a.forget()
		return store.Run{}, err
	}
	return a.run, nil
}

// force ends a run as canceled without the core, which breaks down on it. What
// is open is closed by what the last good state says.
func (w *work) force(ctx context.Context) error {
	w.begin(w.actor.state)
	const reason = "canceled"
	for _, wait := range w.state.Waits() {
		switch wait.Kind {
		case core.TaskWait:
			w.add(store.EndTask, string(wait.ID), nil, reason)
		case core.EffectWait:
			w.add(store.EndEffect, effectID(&core.Command{Wait: wait.ID, Generation: wait.Generation}), nil, reason)
		case core.ChildWait:
			w.add(store.CancelChildRun, string(core.ChildID(wait.ID, wait.Generation)), nil, reason)
		case core.MessageWait, core.SignalWait, core.ConditionWait:
			w.add(store.EndSubscription, string(wait.ID), nil, reason)
		case core.TimerWait, core.TimeoutWait:
			w.add(store.EndTimer, string(wait.ID), nil, reason)
		}
	}
	for _, i := range w.state.Incidents() {
		w.add(store.EndIncident, i.ID, nil, reason)
	}
	return w.abort(ctx, "the run had broken down")
}

// abandon ends a run whose state cannot be read. What is open is closed by what
// the derived copies and the outbox say.
func (h *Host) abandon(ctx context.Context, a *actor, e core.Event) (store.Run, error) {
	copies, ok := h.o.Store.(derived)
	if !ok {
		return store.Run{}, fmt.Errorf("%w: what run %s has open cannot be read", errUnreadable, a.id)
	}
	run, err := h.o.Store.Load(ctx, a.id)
	if err != nil {
		return store.Run{}, err
	}
	switch {
	case store.Ended(run.Status):
		return run, store.ErrFinished
	case len(store.Unknown(nil, run.Recent, []core.Event{e})) == 0:
		return run, store.ErrDuplicate
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return store.Run{}, err
	}
	a.run = run
	a.version = Version{Key: run.DefinitionKey, Number: run.Version, Name: run.Name, Graph: &graph.Graph{}}
	if known, err := h.versions.get(ctx, run.DefinitionKey, run.Version); err == nil {
		a.version = known
	}
	w := &work{host: h, actor: a, run: run, version: a.version, events: []core.Event{e}, at: max(now, run.UpdatedAt)}
	w.begin(core.NewState(run.ID))
	if err := w.closeCopies(ctx, copies); err != nil {
		return store.Run{}, err
	}
	if err := w.abort(ctx, "the state of the run could not be read"); err != nil {
		return store.Run{}, err
	}
	ended := a.run
	a.forget() // there is no state to keep
	return ended, nil
}

// begin starts the entries of a step that the core does not make.
func (w *work) begin(state *core.State) {
	w.state, w.entries, w.plan, w.claimed, w.lent, w.acts = state, nil, Committed{}, nil, 0, false
}

// closeCopies closes all that the copies, and entries not yet copied, show as open.
func (w *work) closeCopies(ctx context.Context, copies derived) error {
	const reason = "canceled"
	id := w.run.ID
	closed := map[string]bool{}
	end := func(kind store.OutboxKind, id string) {
		if key := string(kind) + " " + id; !closed[key] {
			closed[key] = true
			w.add(kind, id, nil, reason)
		}
	}
	q := store.TaskQuery{RunID: id, Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed, store.TaskDecided}, Limit: store.MaxLimit}
	for {
		page, err := copies.ListTasks(ctx, q)
		if err != nil {
			return fmt.Errorf("tasks of run %s: %w", id, err)
		}
		for i := range page.Tasks {
			end(store.EndTask, page.Tasks[i].ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	timers, err1 := copies.RunTimers(ctx, id)
	effects, err2 := copies.RunEffects(ctx, id)
	subs, err3 := copies.RunSubscriptions(ctx, id)
	incidents, err4 := copies.RunIncidents(ctx, id)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return fmt.Errorf("what run %s has open: %w", id, err)
	}
	for i := range timers {
		end(store.EndTimer, timers[i].ID)
	}
	for i := range effects {
		if e := &effects[i]; !e.Delivered && e.Status != store.EffectCanceled {
			end(store.EndEffect, e.ID)
		}
	}
	for i := range subs {
		end(store.EndSubscription, subs[i].ID)
	}
	for i := range incidents {
		if incidents[i].ResolvedAt == 0 {
			end(store.EndIncident, incidents[i].ID)
		}
	}
	for _, o := range w.run.Outbox {
		if kind, has := closings[o.Kind]; has {
			end(kind, o.ID)
		}
	}
	children, err := w.calledRuns(ctx, copies)
	if err != nil {
		return err
	}
	for _, child := range children {
		end(store.CancelChildRun, child)
	}
	return nil
}

// closings are what ends what an entry opens.
var closings = map[store.OutboxKind]store.OutboxKind{
	store.PutTask: store.EndTask, store.PutTimer: store.EndTimer, store.PutEffect: store.EndEffect, store.PutSubscription: store.EndSubscription,
	store.PutIncident: store.EndIncident, store.StartChildRun: store.CancelChildRun,
}

// calledRuns lists the runs that the history says were called and have not ended.
func (w *work) calledRuns(ctx context.Context, copies derived) ([]string, error) {
	var open []string
	for from := int64(1); from <= w.run.Seq; from += store.MaxLimit {
		records, err := copies.Records(ctx, w.run.ID, from, store.MaxLimit)
		if err != nil {
			return nil, fmt.Errorf("history of run %s: %w", w.run.ID, err)
		}
		for i := range records {
			child, _ := records[i].Body["run"].(string)
			switch records[i].Kind {
			case core.RecordChildStarted:
				open = append(open, child)
			case core.RecordChildCompleted:
				open = slices.DeleteFunc(open, func(o string) bool { return o == child })
			default:
			}
		}
	}
	return open, nil
}

// abort commits the end of a run that the core did not make.
func (w *work) abort(ctx context.Context, reason string) error {
	r := core.Record{Seq: w.run.Seq + 1, At: w.at, Kind: core.RecordRunCanceled, Actor: w.events[0].Actor, Reason: reason}
	body, err := marshal(r)
	if err != nil {
		return err
	}
	w.add(store.PutRecord, string(w.run.ID)+":"+strconv.FormatInt(r.Seq, 10), body, "")
	w.plan.Records = []core.Record{r}
	if w.run.Parent != "" {
		if err := w.put(store.NotifyParentDone, w.run.Parent, w.end(&core.Command{Status: core.Canceled})); err != nil {
			return err
		}
	}
	if err := w.tellEnd(); err != nil {
		return err
	}
	next := w.run
	next.Status, next.Suspended, next.Problem, next.Seq, next.UpdatedAt, next.EndedAt = core.Canceled, false, "", r.Seq, w.at, w.at
	next.Nodes, next.Incidents = nil, 0
	next.Recent = remember(next.Recent, w.events)
	w.plan.Entries = w.entries
	run, err := w.host.o.Store.Commit(ctx, store.Commit{
		ID: w.run.ID, Rev: w.run.Rev, Run: next, Seen: len(w.run.Inbox), Outbox: w.entries, Immediate: w.host.o.Immediate && !w.acts,
	})
	if err != nil {
		return fmt.Errorf("cancel by force: %w", err)
	}
	w.after(ctx, run)
	return nil
}
