package effect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
)

// settled decides what an attempt's result or error makes of the effect.
func (x *Executor) settled(ctx context.Context, e store.Effect, policy Policy, result robot.Result, err error) store.Effect {
	if err == nil {
		switch {
		case result.Pending:
			e.Status = store.EffectAwaiting
		case !result.Until.IsZero():
			// Coming back later is no failure: the count of tries starts again.
			e.Status, e.NotBefore, e.Failure = store.EffectReady, clock.Instant(result.Until), nil
		default:
			e.Status, e.Failure = store.EffectFinished, nil
			e.Result = &core.EffectBody{Port: result.Port, Result: plain(result.Values), Variables: plain(result.Variables), Effect: e.ID}
		}
		return e
	}
	var f *robot.Failure
	if !errors.As(err, &f) {
		f = &robot.Failure{Kind: robot.Temporary, Code: "internal", Message: err.Error(), Cause: err}
	}
	x.o.Logger.WarnContext(ctx, "effect attempt failed", "effect", e.ID, "robot", e.Robot, "attempt", e.Attempt, "code", f.Code, "error", err)
	return x.failed(ctx, e, policy, f)
}

// failed applies the retry and unknown policies.
func (x *Executor) failed(ctx context.Context, e store.Effect, policy Policy, f *robot.Failure) store.Effect {
	tries, losses := counted(e, "tries"), counted(e, "losses")
	lost := f.Code == workerLost && f.Kind == robot.Temporary
	switch {
	case f.Code == "shutdown": // being interrupted is nobody's failure
	case lost:
		// A killed process says nothing about the step. Only a step that
		// keeps losing its worker may be what kills it.
		if losses++; losses >= maxLosses {
			tries = policy.Tries
		}
	default:
		tries++
	}
	detail := plain(f.Detail)
	if detail == nil {
		detail = core.Values{}
	}
	detail["robot"] = e.Robot
	detail["tries"] = json.Number(fmt.Sprint(tries))
	if losses > 0 {
		detail["losses"] = json.Number(fmt.Sprint(losses))
	}
	e.Failure = &core.FailureBody{Code: f.Code, Message: f.Message, Remedy: f.Remedy, Detail: detail, Thrown: f.Kind == robot.Thrown}
	e.Result = nil
	again := tries < policy.Tries
	switch f.Kind {
	case robot.Permanent, robot.Thrown:
		again = false
	case robot.Unknown:
		if !policy.Resend {
			e.Status = store.EffectUnknown
			e.Failure.Code = "outcome_unknown"
			if e.Failure.Remedy == "" {
				e.Failure.Remedy = "Find out whether it happened; then retry the step, or skip it."
			}
			return e
		}
	case robot.Temporary:
	}
	if !again {
		e.Status = store.EffectFailed
		return e
	}
	pause := policy.pause(x.o.Clock, max(tries, 1))
	if lost {
		policy.Most = min(policy.Most, maxLossPause)
		pause = policy.pause(x.o.Clock, losses)
	}
	if f.RetryAfter > pause {
		pause = f.RetryAfter
	}
	if f.Code == "shutdown" {
		pause = 0
	}
	now, err := x.now.Now(ctx)
	if err != nil {
		now = clock.Now(x.o.Clock)
	}
	e.Status, e.NotBefore = store.EffectReady, now+core.Instant(pause.Milliseconds())
	return e
}

// workerLost is the code of an attempt whose process has gone.
const workerLost = "worker_lost"

// maxLosses is how many workers a step may lose in a row before it counts as
// failed: perhaps it is the step that kills them. The pauses in between grow to
// maxLossPause only, for most likely the next worker will live.
const (
	maxLosses    = 20
	maxLossPause = 30 * time.Second
)

// counted reads a count of failures in a row. Counts are kept in the failure and
// not taken from the attempt, because a wait is an attempt without a failure.
func counted(e store.Effect, name string) int {
	if e.Failure == nil {
		return 0
	}
	n := 0
	_, _ = fmt.Sscan(fmt.Sprint(e.Failure.Detail[name]), &n) // absent = 0
	return n
}

// plain turns what a performer returned into the values of the core: numbers
// exact, structures as maps. What has no JSON form becomes its text.
func plain(in map[string]any) core.Values {
	if len(in) == 0 {
		return nil
	}
	raw, err := json.Marshal(in)
	if err != nil {
		text := make(map[string]any, len(in))
		for k, v := range in {
			text[k] = fmt.Sprint(v)
		}
		return text
	}
	out, err := object(raw)
	if err != nil {
		return nil
	}
	return out
}

// finish writes the settled effect and, when it has ended, delivers it.
func (x *Executor) finish(ctx context.Context, e store.Effect) {
	event, ended := Event(e)
	if ended {
		if s, ok := x.o.Acceptor.(Settler); ok {
			_, err := s.DeliverSettled(ctx, e, event)
			if err == nil {
				return
			}
			if !errors.Is(err, errors.ErrUnsupported) {
				// Left as claimed it would be performed again; settle it by itself.
				x.o.Logger.WarnContext(ctx, "settle with delivery", "effect", e.ID, "error", err)
			}
		}
	}
	if err := x.o.Store.SettleEffect(ctx, e); err != nil {
		// A lost claim is somebody else's now; after any other error the lease ends
		// and the effect is tried again under the same id.
		x.o.Logger.WarnContext(ctx, "settle effect", "effect", e.ID, "attempt", e.Attempt, "status", e.Status, "error", err)
		return
	}
	if ended {
		x.deliver(ctx, e)
	}
}

// Event is the event that tells the run of an ended effect, false while the
// effect has not ended.
func Event(e store.Effect) (core.Event, bool) {
	event := core.Event{ID: e.ID + ":done", Wait: e.Wait}
	var body any
	switch e.Status {
	case store.EffectFinished:
		if e.Result == nil {
			e.Result = &core.EffectBody{Effect: e.ID}
		}
		event.Kind, body = core.EffectCompleted, e.Result
	case store.EffectFailed, store.EffectUnknown:
		if e.Failure == nil {
			e.Failure = &core.FailureBody{Code: "internal", Message: "the effect failed without a reason"}
		}
		event.Kind, body = core.WaitFailed, e.Failure
	default:
		return core.Event{}, false
	}
	raw, err := json.Marshal(body)
	if err != nil {
		// Results are plain values by now; a failure here has one for its cause.
		raw = []byte(`{"code":"internal","message":"the result of the effect cannot be encoded"}`)
		event.Kind = core.WaitFailed
	}
	event.Body = raw
	return event, true
}

// deliver gives the event of an ended effect to its run and notes that.
func (x *Executor) deliver(ctx context.Context, e store.Effect) {
	event, ended := Event(e)
	if !ended {
		return
	}
	_, err := x.o.Acceptor.Deliver(ctx, e.RunID, event)
	if err != nil && !errors.Is(err, store.ErrDuplicate) && !errors.Is(err, store.ErrFinished) && !errors.Is(err, store.ErrNotFound) {
		x.o.Logger.WarnContext(ctx, "deliver effect", "effect", e.ID, "error", err)
		return // the sweep tries again
	}
	if err := x.o.Store.EffectDelivered(ctx, e.ID, e.Attempt); err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
		x.o.Logger.WarnContext(ctx, "note delivery", "effect", e.ID, "error", err)
	}
}

// Complete settles an awaiting effect from outside and delivers it. A second
// completion is store.ErrDuplicate; store.ErrConflict says that the effect does
// not await anything yet.
func (x *Executor) Complete(ctx context.Context, id string, result core.EffectBody) error {
	result.Effect = id
	e, err := x.o.Store.CompleteAwaiting(ctx, id, result)
	if errors.Is(err, store.ErrConflict) {
		if now, readErr := x.o.Store.Effect(ctx, id); readErr == nil && (now.Status.Settled() || now.Status == store.EffectCanceled) {
			err = store.ErrDuplicate
		}
	}
	if err != nil {
		return fmt.Errorf("complete effect %s: %w", id, err)
	}
	x.deliver(ctx, e)
	return nil
}

// sweep rescues effects whose worker is gone and delivers ended ones again.
func (x *Executor) sweep(ctx context.Context) error {
	now, err := x.now.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the time of the store: %w", err)
	}
	const page = 100
	expired, err := x.o.Store.ExpiredEffects(ctx, now, page)
	if err != nil {
		return fmt.Errorf("read expired effects: %w", err)
	}
	x.rescueAll(ctx, expired)
	ended, err := x.o.Store.UndeliveredEffects(ctx, page)
	if err != nil {
		return fmt.Errorf("read undelivered effects: %w", err)
	}
	for _, e := range ended {
		x.deliver(ctx, e)
	}
	return nil
}

// adopt rescues what earlier processes had in hand when they ended, without
// waiting for their leases: there is no other process now.
func (x *Executor) adopt(ctx context.Context) error {
	const page, never = 100, core.Instant(1 << 62)
	for {
		claimed, err := x.o.Store.ExpiredEffects(ctx, never, page)
		if err != nil {
			return fmt.Errorf("read claimed effects: %w", err)
		}
		orphans := slices.DeleteFunc(claimed, func(e store.Effect) bool { return e.Owner == x.o.Owner })
		x.rescueAll(ctx, orphans)
		if len(claimed) < page || len(orphans) == 0 {
			return nil
		}
	}
}

func (x *Executor) rescueAll(ctx context.Context, claimed []store.Effect) {
	for _, e := range claimed {
		policy, _ := ParsePolicy(e.Policy, x.o.Policy) // a bad one fails the next attempt
		f := &robot.Failure{Kind: robot.Temporary, Code: workerLost, Message: "the worker that had the step in hand is gone"}
		if e.Status == store.EffectSending {
			f.Kind, f.Message = robot.Unknown, "the worker was lost while it was sending; nobody knows whether it was sent"
		}
		x.rescue(ctx, x.failed(ctx, e, policy, f))
	}
}

// rescue settles an effect whose lease has ended. Should the worker have
// extended the lease after all, it keeps the effect.
func (x *Executor) rescue(ctx context.Context, e store.Effect) {
	if err := x.o.Store.RescueEffect(ctx, e); err != nil {
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			x.o.Logger.WarnContext(ctx, "rescue effect", "effect", e.ID, "attempt", e.Attempt, "error", err)
		}
		return
	}
	x.deliver(ctx, e)
}
