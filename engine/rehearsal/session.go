package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Performed is what became of a robot's work in a session.
type Performed struct {
	Port      string
	Result    core.Values
	Variables core.Values
	// Failure is an incident, or an error that the process may catch when Thrown.
	Failure *core.FailureBody
	// Again is when the robot is asked again, zero for never: it has ended.
	Again time.Time
	// Open: it does not end by itself.
	Open bool
}

// Session is a rehearsal that a program leads: nothing happens but what it is told
// to do, and what follows from that. Tasks stay open until they are ended. It is
// for one goroutine.
type Session struct{ w *world }

// Lead begins a session. The definitions are those that start requests name first;
// Options.Clock is the clock that it moves, and Options.Perform does what robots do.
func Lead(ctx context.Context, defs []Definition, zone string, o Options) (*Session, error) {
	w, err := newWorld(ctx, defs, &Scenario{Zone: zone}, o)
	if err != nil {
		return nil, err
	}
	return &Session{w}, nil
}

// Start begins a run, and does not yet do what its robots do: see Settle.
func (s *Session) Start(ctx context.Context, req host.StartRequest) (store.Run, bool, error) {
	r, created, err := s.w.host.Start(ctx, req)
	if err == nil {
		err = s.w.follow()
	}
	return r, created, err
}

// Changed lets the runs whose conditions look at a record look again.
func (s *Session) Changed(ctx context.Context, c message.Change) error {
	if err := s.w.messages.Changed(ctx, c); err != nil {
		return err
	}
	return s.w.follow()
}

// Settle lets everything happen that needs nobody and no time.
func (s *Session) Settle() error { return s.w.settle() }

// Advance moves the clock; what becomes due happens on the way.
func (s *Session) Advance(to time.Time) error {
	if err := s.w.advance(to); err != nil {
		return err
	}
	return s.w.settle()
}

// Fire lets the timer of a wait be due now. False: nothing of that id is open.
func (s *Session) Fire(wait core.WaitID) (bool, error) {
	o, ok, err := s.open(wait)
	if !ok || err != nil {
		return false, err
	}
	if err := s.w.fire(o.run, wait); err != nil {
		return true, err
	}
	return true, s.w.settle()
}

// End ends an activity. False: nothing of that id is open.
func (s *Session) End(wait core.WaitID, r Reply) (bool, error) {
	o, ok, err := s.open(wait)
	if !ok || err != nil {
		return false, err
	}
	return true, s.w.end(o, r)
}

func (s *Session) open(wait core.WaitID) (open, bool, error) {
	all, err := s.w.waits()
	if err != nil {
		return open{}, false, err
	}
	for _, o := range all {
		if o.wait.ID == wait {
			return o, true, nil
		}
	}
	return open{}, false, nil
}

// Retry lets a robot that has failed try again. False: it has no open incident.
func (s *Session) Retry(wait core.WaitID) (bool, error) {
	o, ok, err := s.open(wait)
	if !ok || err != nil || !o.wait.Failed {
		return false, err
	}
	state, err := s.w.stateOf(o.run)
	if err != nil {
		return false, err
	}
	for _, i := range state.Incidents() {
		if i.Wait != wait {
			continue
		}
		body, err := json.Marshal(core.RetryBody{Incident: i.ID})
		if err != nil {
			return false, fmt.Errorf("retry %s: %w", i.ID, err)
		}
		return true, s.w.deliver(o.run, core.Event{Kind: core.RetryRequested, Body: body})
	}
	return false, nil
}

// Records are all that happened in all runs, in order.
func (s *Session) Records() []Record { return s.w.records }

// Waits lists what is open, the oldest run first.
func (s *Session) Waits() ([]Wait, error) {
	all, err := s.w.waits()
	if err != nil {
		return nil, err
	}
	return s.w.described(all), nil
}

// Result is everything that happened, and how the runs stand.
func (s *Session) Result() (Result, error) { return s.w.result() }

// Run is a run as it is stored.
func (s *Session) Run(ctx context.Context, id core.RunID) (store.Run, error) {
	return s.w.store.Load(ctx, id)
}

// Cause is what led to a run, and the run as a link of the chain.
func (s *Session) Cause(ctx context.Context, run string) (core.Cause, core.Link, error) {
	r, err := s.w.store.Load(ctx, core.RunID(run))
	if err != nil || len(r.Cause) == 0 {
		return core.Cause{}, host.LinkOf(r), err
	}
	var cause core.Cause
	if err := json.Unmarshal(r.Cause, &cause); err != nil {
		return core.Cause{}, core.Link{}, fmt.Errorf("cause of run %s: %w", run, err)
	}
	return cause, host.LinkOf(r), nil
}

// work asks whoever leads the session what a robot's work brings.
func (w *world) work(o open) (bool, error) {
	effect, known := w.effects[o.wait.ID]
	if !known || w.resting[o.wait.ID] {
		return false, nil
	}
	w.events++
	if err := w.over(); err != nil {
		return false, err
	}
	p, err := w.perform(w.ctx, effect)
	if err != nil {
		return false, err
	}
	switch {
	case p.Open:
		w.resting[o.wait.ID] = true
		return true, nil
	case !p.Again.IsZero() && p.Again.After(w.clock.Now()):
		w.resting[o.wait.ID] = true
		w.schedule(clock.Instant(p.Again), func() error { delete(w.resting, o.wait.ID); return nil })
		return true, nil
	}
	event := core.Event{Wait: o.wait.ID, Kind: core.EffectCompleted}
	var body any = core.EffectBody{Port: p.Port, Result: p.Result, Variables: p.Variables}
	if p.Failure != nil {
		event.Kind, body = core.WaitFailed, *p.Failure
	}
	if event.Body, err = json.Marshal(body); err != nil {
		return false, fmt.Errorf("result of %s: %w", o.node.ID, err)
	}
	return true, w.deliver(o.run, event)
}
