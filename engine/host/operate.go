package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// ErrHeld says that the definition of a run, or the whole workspace, is
// suspended and no run is started.
var ErrHeld = errors.New("suspended")

// Operate gives an operator's events to a run, as one step. eventID makes them
// idempotent; "" is a random one.
func (h *Host) Operate(ctx context.Context, id core.RunID, eventID, actorID string, acts ...Act) (store.Run, error) {
	if eventID == "" {
		eventID = h.o.NewID()
	}
	events, err := eventsOf(eventID, actorID, acts)
	if err != nil {
		return store.Run{}, err
	}
	return h.Deliver(ctx, id, events...)
}

// eventsOf makes events of acts; the first has the id itself.
func eventsOf(id, actorID string, acts []Act) ([]core.Event, error) {
	events := make([]core.Event, 0, len(acts))
	for i, act := range acts {
		raw, err := marshal(act.Body)
		if err != nil {
			return nil, err
		}
		e := core.Event{ID: "op:" + id, Kind: act.Kind, Actor: actorID, Body: raw}
		if i > 0 {
			e.ID += fmt.Sprintf(":%d", i)
		}
		events = append(events, e)
	}
	return events, nil
}

// Suspend holds a run: events are kept, nothing moves. A quarantined run is held
// already and only marked. A run that is suspended stays so.
func (h *Host) Suspend(ctx context.Context, id core.RunID, eventID, who, reason string) (store.Run, error) {
	return h.hand(ctx, id, eventID, "suspend", func(a *actor, event string) (store.Run, error) {
		switch {
		case a.run.Suspended:
			return a.run, nil
		case a.run.Status == core.Quarantined:
			o := h.alter(ctx, a, func(run *store.Run) bool { run.Suspended = true; return true })
			return o.run, o.err
		}
		return h.mark(ctx, a, core.SuspendRequested, event, who, reason, true)
	})
}

// Resume lets a suspended or quarantined run go on with the events it has kept.
func (h *Host) Resume(ctx context.Context, id core.RunID, eventID, who, reason string) (store.Run, error) {
	run, err := h.hand(ctx, id, eventID, "resume", func(a *actor, event string) (store.Run, error) {
		switch {
		case a.run.Status == core.Quarantined:
			o := h.alter(ctx, a, func(run *store.Run) bool {
				run.Suspended, run.Status, run.Attempts, run.Problem = false, core.Active, 0, ""
				return true
			})
			return o.run, o.err
		case !a.run.Suspended:
			return a.run, nil
		}
		return h.mark(ctx, a, core.ResumeRequested, event, who, reason, false)
	})
	if err != nil {
		return run, err
	}
	return h.Step(ctx, id)
}

// mark commits a suspension or its end with a line in the history.
func (h *Host) mark(ctx context.Context, a *actor, kind core.EventKind, event, who, reason string, suspended bool) (store.Run, error) {
	body, err := marshal(core.ReasonBody{Reason: reason})
	if err != nil {
		return store.Run{}, err
	}
	w := &work{host: h, actor: a, run: a.run, version: a.version, state: a.state,
		events: []core.Event{{ID: event, Kind: kind, Actor: who, Body: body}}}
	w.run.Suspended = suspended
	if _, err := w.do(ctx); err != nil {
		return store.Run{}, err
	}
	return a.run, nil
}

// hand runs an operator's act on a loaded run, alone, again when another process
// was faster. An act whose event is known was done before: store.ErrDuplicate.
func (h *Host) hand(ctx context.Context, id core.RunID, eventID, what string, act func(a *actor, event string) (store.Run, error)) (store.Run, error) {
	if eventID == "" {
		eventID = h.o.NewID()
	}
	event := "op:" + eventID
	o := h.ask(ctx, id, &delivery{act: func(ctx context.Context, a *actor) outcome {
		for try := 0; ; try++ {
			if try > 0 {
				a.forget()
			}
			if err := h.load(ctx, a); err != nil {
				return outcome{err: err}
			}
			switch {
			case slices.Contains(a.run.Recent, event):
				return outcome{run: a.run, err: store.ErrDuplicate}
			case store.Ended(a.run.Status):
				return outcome{run: a.run, err: store.ErrFinished}
			}
			run, err := act(a, event)
			if errors.Is(err, store.ErrConflict) && try < maxConflict {
				continue
			}
			if err != nil {
				a.forget()
			}
			return outcome{run: run, err: err}
		}
	}})
	if o.err != nil {
		return o.run, fmt.Errorf("%s run %s: %w", what, id, o.err)
	}
	return o.run, nil
}

// Move is a wish to move a run to another version of its definition.
type Move struct {
	Version int // 0 = the current one
	Mapping core.Mapping
	Reason  string
	// Draft, in a preview, takes the place of the version: what is not published yet.
	Draft *Version
}

// Migrate moves a run at rest to another version: one step, or none when the
// verdict is not core.Moves. What is in the inbox of a run that may move is
// applied before. A quarantined run stays quarantined at the new version.
func (h *Host) Migrate(ctx context.Context, id core.RunID, eventID, actorID string, to Move) (store.Run, core.Migration, error) {
	var plan core.Migration
	to.Draft = nil
	if err := h.empty(ctx, id); err != nil {
		return store.Run{}, plan, err
	}
	run, err := h.hand(ctx, id, eventID, "migrate", func(a *actor, event string) (store.Run, error) {
		w, next, err := h.migration(ctx, a, event, actorID, to)
		if err != nil {
			return store.Run{}, err
		}
		if plan = next; plan.Verdict != core.Moves {
			return a.run, nil
		}
		run, err := w.commit(ctx)
		if err != nil {
			h.release(w.lent)
			return store.Run{}, err
		}
		w.after(ctx, run)
		return a.run, nil
	})
	return run, plan, err
}

// empty applies what a run has in its inbox, unless it must not move.
func (h *Host) empty(ctx context.Context, id core.RunID) error {
	if _, err := h.Step(ctx, id); err != nil && !errors.Is(err, store.ErrFinished) {
		return err
	}
	return nil
}

// target finds what a run is to be moved to.
func (h *Host) target(ctx context.Context, key string, to Move) (Version, error) {
	if to.Draft == nil {
		return h.versions.get(ctx, key, to.Version)
	}
	if to.Draft.Key != key {
		return Version{}, fmt.Errorf("draft of %s for a run of %s: %w", to.Draft.Key, key, store.ErrNotFound)
	}
	return *to.Draft, nil
}

// migration computes the step of a migration.
func (h *Host) migration(ctx context.Context, a *actor, event, actorID string, to Move) (*work, core.Migration, error) {
	version, err := h.target(ctx, a.run.DefinitionKey, to)
	if err != nil {
		return nil, core.Migration{}, err
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return nil, core.Migration{}, err
	}
	w := &work{host: h, actor: a, run: a.run, version: version, state: a.state}
	w.at = max(now, w.state.LastAt(), w.run.UpdatedAt)
	if w.facts, err = h.o.Facts.Evaluator(ctx, w.run, version, w.at); err != nil {
		return nil, core.Migration{}, fmt.Errorf("load the facts: %w", err)
	}
	ev := core.Event{ID: event, At: w.at, Actor: actorID}
	next, out, plan, err := core.Migrate(a.version.Graph, version.Graph, a.state, ev,
		core.MigrateBody{From: a.run.Version, To: version.Number, Mapping: to.Mapping, Reason: to.Reason}, w.facts)
	if err != nil || plan.Verdict != core.Moves {
		return nil, plan, err
	}
	w.kept = a.run.Status == core.Quarantined
	w.run.Version, w.run.GraphHash, w.run.Name = version.Number, version.Graph.Hash, version.Name
	w.state, w.events = next, []core.Event{ev}
	failed, err := w.take(ctx, out)
	if err == nil {
		err = w.rounds(ctx, failed)
	}
	if err != nil {
		h.release(w.lent)
		return nil, plan, err
	}
	return w, plan, nil
}

// Preview is what would come of something, computed on a copy: nothing is stored.
type Preview struct {
	Run       store.Run // as it is
	State     *core.State
	Next      *core.State
	Version   Version // at which the run would be
	Records   []core.Record
	Tasks     []store.Task
	Timers    []store.Timer
	Effects   []store.Effect
	Incidents []store.OpenIncident
	Plan      *core.Migration // of a migration
}

// Act is one event of an operator.
type Act struct {
	Kind core.EventKind
	Body any
}

// Preview computes what an operator's events would do to a run. It is the step
// itself, config and all, without the commit.
func (h *Host) Preview(ctx context.Context, id core.RunID, actorID string, acts ...Act) (Preview, error) {
	a, err := h.copyOf(ctx, id)
	if err != nil {
		return Preview{}, err
	}
	w := &work{host: h, actor: a, run: a.run, version: a.version, state: a.state, dry: true}
	if w.events, err = eventsOf("preview", actorID, acts); err != nil {
		return Preview{}, err
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return Preview{}, err
	}
	w.at = max(now, w.state.LastAt(), w.run.UpdatedAt)
	p := Preview{Run: a.run, State: a.state}
	if !store.Ended(a.run.Status) {
		if err := w.fold(ctx); err != nil {
			return p, fmt.Errorf("preview of run %s: %w", id, err)
		}
	}
	return w.preview(p), nil
}

// PreviewMigration computes what a migration would do to a run.
func (h *Host) PreviewMigration(ctx context.Context, id core.RunID, to Move) (Preview, error) {
	a, err := h.copyOf(ctx, id)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Run: a.run, State: a.state, Next: a.state, Version: a.version}
	if store.Ended(a.run.Status) {
		p.Plan = &core.Migration{Verdict: core.Cannot, Findings: []core.MigrationFinding{{Code: "run_ended", Verdict: core.Cannot}}}
		return p, nil
	}
	w, plan, err := h.migration(ctx, a, "op:preview", "", to)
	if err != nil {
		return p, fmt.Errorf("preview the migration of run %s: %w", id, err)
	}
	p.Plan = &plan
	if w == nil {
		return p, nil
	}
	h.release(w.lent)
	return w.preview(p), nil
}

func (w *work) preview(p Preview) Preview {
	p.Next, p.Version = w.state, w.version
	p.Records, p.Tasks, p.Timers, p.Effects, p.Incidents = w.plan.Records, w.plan.Tasks, w.plan.Timers, w.plan.Effects, w.plan.Incidents
	return p
}

// copyOf loads a run outside of the turns of the host, to look at it.
func (h *Host) copyOf(ctx context.Context, id core.RunID) (*actor, error) {
	a := &actor{id: id}
	if err := h.load(ctx, a); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	return a, nil
}

// held tells whether the definition of a run is suspended.
func (h *Host) held(key string) bool { return h.o.Held != nil && h.o.Held(key) }
