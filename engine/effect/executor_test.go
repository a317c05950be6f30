package effect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/effect"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

type perform func(ctx context.Context, req robot.Request) (robot.Result, error)

func (p perform) Descriptor() robot.Descriptor { return robot.Descriptor{Key: "r"} }
func (p perform) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	return p(ctx, req)
}

// bench is executors over one store, with runs that only note what arrives.
type bench struct {
	t     *testing.T
	ctx   context.Context
	clock *clock.Fake
	store *memstore.Store

	mu       sync.Mutex
	arrived  []core.Event
	refusals int // deliveries still to refuse
}

func newBench(t *testing.T) *bench {
	t.Helper()
	f := clock.NewFake(start)
	return &bench{t: t, ctx: context.Background(), clock: f,
		store: memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }})}
}

func (b *bench) Deliver(_ context.Context, run core.RunID, events ...core.Event) (store.Run, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refusals > 0 {
		b.refusals--
		return store.Run{}, errors.New("store is away")
	}
	b.arrived = append(b.arrived, events...)
	return store.Run{ID: run}, nil
}

func (b *bench) executor(owner string, p perform) *effect.Executor {
	return effect.New(effect.Options{Store: b.store, Acceptor: b, Performers: robot.NewCatalog(p), Clock: b.clock, Owner: owner,
		Policy: effect.Policy{Tries: 3, First: time.Second, Most: time.Minute, Resend: true, Timeout: time.Minute}})
}

func (b *bench) put(id, robot, policy string) {
	b.t.Helper()
	body, err := json.Marshal(store.Effect{ID: id, RunID: "r1", Wait: core.WaitID(id), Robot: robot, Policy: json.RawMessage(policy),
		Config: json.RawMessage(`{"n":7}`), CreatedAt: clock.Now(b.clock)})
	require.NoError(b.t, err)
	require.NoError(b.t, b.store.Copy(b.ctx, "r1", []store.Outbox{{Seq: 1, Kind: store.PutEffect, ID: id, Body: body}}))
}

func (b *bench) tick(x *effect.Executor) int {
	b.t.Helper()
	n, err := x.Tick(b.ctx)
	require.NoError(b.t, err)
	return n
}

func (b *bench) effect(id string) store.Effect {
	b.t.Helper()
	e, err := b.store.Effect(b.ctx, id)
	require.NoError(b.t, err)
	return e
}

// failure is the body of the only event that arrived.
func (b *bench) failure() core.FailureBody {
	b.t.Helper()
	require.Len(b.t, b.arrived, 1)
	require.Equal(b.t, core.WaitFailed, b.arrived[0].Kind)
	var f core.FailureBody
	require.NoError(b.t, json.Unmarshal(b.arrived[0].Body, &f))
	return f
}

func TestSuccessIsDeliveredOnce(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	x := b.executor("w1", func(_ context.Context, req robot.Request) (robot.Result, error) {
		require.Equal(t, json.Number("7"), req.Config["n"])
		require.Equal(t, 1, req.Attempt)
		return robot.Result{Port: "late", Values: map[string]any{"sum": 1.5, "when": start}, Variables: map[string]any{"x": []string{"a"}}}, nil
	})
	require.Equal(t, 1, b.tick(x))
	require.Zero(t, b.tick(x))
	require.Len(t, b.arrived, 1)
	require.Equal(t, "e1:done", b.arrived[0].ID)
	require.Equal(t, core.EffectCompleted, b.arrived[0].Kind)
	require.JSONEq(t, `{"port":"late","result":{"sum":1.5,"when":"2026-03-02T09:00:00Z"},"variables":{"x":["a"]},"effect":"e1"}`, string(b.arrived[0].Body))
	require.True(t, b.effect("e1").Delivered)
}

func TestTemporaryFailureIsRetriedWithGrowingPauses(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	var at []time.Duration
	x := b.executor("w1", func(context.Context, robot.Request) (robot.Result, error) {
		at = append(at, b.clock.Now().Sub(start))
		return robot.Result{}, &robot.Failure{Kind: robot.Temporary, Code: "smtp_unreachable", Message: "no route", Remedy: "Check the network.", Detail: map[string]any{"host": "mail"}}
	})
	for range 40 {
		b.tick(x)
		b.clock.Advance(100 * time.Millisecond)
	}
	require.Len(t, at, 3)
	require.LessOrEqual(t, at[1], 1100*time.Millisecond)
	require.LessOrEqual(t, at[2]-at[1], 2100*time.Millisecond)
	f := b.failure()
	require.Equal(t, "smtp_unreachable", f.Code)
	require.Equal(t, "Check the network.", f.Remedy)
	require.Equal(t, float64(3), f.Detail["tries"])
	require.Equal(t, "mail", f.Detail["host"])
	require.Equal(t, store.EffectFailed, b.effect("e1").Status)
}

func TestPolicyOfTheNode(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", `{"retry":{"max":2,"first":"PT10S"}}`)
	tries := 0
	x := b.executor("w1", func(context.Context, robot.Request) (robot.Result, error) {
		tries++
		return robot.Result{}, errors.New("whatever")
	})
	b.tick(x)
	b.clock.Advance(10 * time.Second)
	b.tick(x)
	require.Equal(t, 2, tries)
	require.Equal(t, "internal", b.failure().Code)

	b.arrived = nil
	b.put("e2", "r", `{"onUnknown":"sometimes"}`)
	b.tick(x)
	require.Equal(t, "bad_policy", b.failure().Code)
}

func TestPermanentAndThrownFailuresAreNotRetried(t *testing.T) {
	for _, kind := range []robot.FailureKind{robot.Permanent, robot.Thrown} {
		b := newBench(t)
		b.put("e1", "r", "")
		x := b.executor("w1", func(context.Context, robot.Request) (robot.Result, error) {
			return robot.Result{}, fmt.Errorf("call: %w", &robot.Failure{Kind: kind, Code: "limit", Message: "too much"})
		})
		require.Equal(t, 1, b.tick(x))
		require.Equal(t, kind == robot.Thrown, b.failure().Thrown)
	}
}

func TestUnknownRobotIsAnIncidentAtOnce(t *testing.T) {
	b := newBench(t)
	b.put("e1", "nothing", "")
	b.tick(b.executor("w1", nil))
	require.Equal(t, "robot_unknown", b.failure().Code)
}

func TestPanicIsAFailureOfTheAttempt(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", `{"retry":{"max":1}}`)
	b.tick(b.executor("w1", func(context.Context, robot.Request) (robot.Result, error) { panic("a defect") }))
	require.Equal(t, "panic", b.failure().Code)
}

func TestWaitComesBackWithoutCountingAsAFailure(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", `{"retry":{"max":1}}`)
	calls := 0
	x := b.executor("w1", func(_ context.Context, req robot.Request) (robot.Result, error) {
		calls++
		require.Equal(t, start, req.OpenedAt)
		if calls < 10 {
			return robot.Result{Until: req.Now.Add(time.Hour)}, nil
		}
		return robot.Result{}, nil
	})
	for range 9 {
		require.Equal(t, 1, b.tick(x))
		require.Zero(t, b.tick(x))
		b.clock.Advance(time.Hour)
	}
	b.tick(x)
	require.Len(t, b.arrived, 1)
	require.Equal(t, core.EffectCompleted, b.arrived[0].Kind)
}

func TestPendingStaysOpenUntilCompletedFromOutside(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	x := b.executor("w1", func(context.Context, robot.Request) (robot.Result, error) { return robot.Result{Pending: true}, nil })
	require.ErrorIs(t, x.Complete(b.ctx, "e1", core.EffectBody{}), store.ErrConflict)
	b.tick(x)
	b.clock.Advance(24 * time.Hour)
	require.Zero(t, b.tick(x))
	require.Equal(t, store.EffectAwaiting, b.effect("e1").Status)
	require.NoError(t, x.Complete(b.ctx, "e1", core.EffectBody{Port: "yes"}))
	require.Len(t, b.arrived, 1)
	require.ErrorIs(t, x.Complete(b.ctx, "e1", core.EffectBody{}), store.ErrDuplicate)
	require.ErrorIs(t, x.Complete(b.ctx, "e9", core.EffectBody{}), store.ErrNotFound)
}

// crashed claims an effect for a worker that then dies, after the given call.
func crashed(b *bench, sending bool) {
	b.t.Helper()
	now := clock.Now(b.clock)
	claimed, err := b.store.ClaimEffects(b.ctx, "dead", now, now+30_000, 1)
	require.NoError(b.t, err)
	require.Len(b.t, claimed, 1)
	if sending {
		require.NoError(b.t, b.store.SendingEffect(b.ctx, claimed[0].ID, claimed[0].Attempt))
	}
}

func TestEffectOfADeadWorkerIsTakenOver(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	crashed(b, false)
	x := b.executor("w2", func(_ context.Context, req robot.Request) (robot.Result, error) {
		require.Equal(t, 2, req.Attempt)
		return robot.Result{}, nil
	})
	b.clock.Advance(29 * time.Second)
	require.Zero(t, b.tick(x), "its lease still runs")
	b.clock.Advance(time.Second)
	b.tick(x)
	b.clock.Advance(2 * time.Second)
	b.tick(x)
	require.Len(t, b.arrived, 1)
	require.Equal(t, core.EffectCompleted, b.arrived[0].Kind)
}

func TestCrashWhileSendingFollowsThePolicy(t *testing.T) {
	for _, policy := range []string{"resend", "ask"} {
		t.Run(policy, func(t *testing.T) {
			b := newBench(t)
			b.put("e1", "r", `{"onUnknown":"`+policy+`"}`)
			crashed(b, true)
			sent := 0
			x := b.executor("w2", func(ctx context.Context, req robot.Request) (robot.Result, error) {
				sent++
				return robot.Result{}, req.Sending(ctx)
			})
			b.clock.Advance(30 * time.Second)
			b.tick(x)
			b.clock.Advance(2 * time.Second)
			b.tick(x)
			if policy == "ask" {
				require.Zero(t, sent)
				require.Equal(t, "outcome_unknown", b.failure().Code)
				require.Equal(t, store.EffectUnknown, b.effect("e1").Status)
				return
			}
			require.Equal(t, 1, sent)
			require.Equal(t, core.EffectCompleted, b.arrived[0].Kind)
		})
	}
}

func TestUndeliveredResultIsDeliveredAgain(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	calls := 0
	x := b.executor("w1", func(context.Context, robot.Request) (robot.Result, error) { calls++; return robot.Result{}, nil })
	b.refusals = 1
	b.tick(x)
	require.Empty(t, b.arrived)
	b.tick(x)
	require.Len(t, b.arrived, 1)
	require.Equal(t, 1, calls, "what has been done is not done again")
}

func TestCanceledEffectIsNotStarted(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	require.NoError(t, b.store.Copy(b.ctx, "r1", []store.Outbox{{Seq: 2, Kind: store.EndEffect, ID: "e1", Reason: "canceled"}}))
	require.Zero(t, b.tick(b.executor("w1", nil)))
}

func TestOfferedEffectIsPerformedInItsReservedSlot(t *testing.T) {
	b := newBench(t)
	x := b.executor("w1", func(context.Context, robot.Request) (robot.Result, error) { return robot.Result{}, nil })
	granted, owner, lease := x.Reserve(b.ctx, 2)
	require.Equal(t, 2, granted)
	require.Equal(t, clock.Now(b.clock)+30_000, lease)
	x.Release(1)
	e := store.Effect{ID: "e1", RunID: "r1", Wait: "e1", Robot: "r", Status: store.EffectRunning, Attempt: 1, Owner: owner, LeaseAt: lease, Config: json.RawMessage("{}")}
	body, err := json.Marshal(e)
	require.NoError(t, err)
	require.NoError(t, b.store.Copy(b.ctx, "r1", []store.Outbox{{Seq: 1, Kind: store.PutEffect, ID: "e1", Body: body}}))
	x.Offer(e)
	require.Equal(t, 1, b.tick(x))
	require.Len(t, b.arrived, 1)
	granted, _, _ = x.Reserve(b.ctx, 100)
	require.Equal(t, 32, granted, "every slot came back")
}

func inBubble(t *testing.T, test func(t *testing.T, b *bench, run func(owner string, p perform) (*effect.Executor, context.CancelFunc, chan error))) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, ctx: context.Background(), clock: clock.NewFake(time.Now())}
		b.store = memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(clock.System{}) }})
		run := func(owner string, p perform) (*effect.Executor, context.CancelFunc, chan error) {
			x := effect.New(effect.Options{Store: b.store, Acceptor: b, Performers: robot.NewCatalog(p), Clock: clock.System{}, Owner: owner})
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- x.Run(ctx) }()
			return x, cancel, ended
		}
		test(t, b, run)
	})
}

func TestHeartbeatKeepsALongAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench, run func(string, perform) (*effect.Executor, context.CancelFunc, chan error)) {
		b.put("e1", "r", "")
		attempts := 0
		slow := func(ctx context.Context, req robot.Request) (robot.Result, error) {
			attempts++
			return robot.Result{}, clock.System{}.Sleep(ctx, 4*time.Minute)
		}
		_, stop1, ended1 := run("w1", slow)
		_, stop2, ended2 := run("w2", slow)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, attempts, "the other worker never gets it")
		require.Len(t, b.arrived, 1)
		require.Equal(t, core.EffectCompleted, b.arrived[0].Kind)
		stop1()
		stop2()
		<-ended1
		<-ended2
	})
}

func TestAttemptThatTakesTooLongIsStopped(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench, run func(string, perform) (*effect.Executor, context.CancelFunc, chan error)) {
		b.put("e1", "r", `{"timeout":"PT20S","retry":{"max":1}}`)
		_, stop, ended := run("w1", func(ctx context.Context, _ robot.Request) (robot.Result, error) {
			<-ctx.Done()
			return robot.Result{}, ctx.Err()
		})
		time.Sleep(25 * time.Second)
		synctest.Wait()
		require.Equal(t, "timeout", b.failure().Code)
		stop()
		<-ended
	})
}

func TestShutdownDrainsAndHandsTheRestBack(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench, run func(string, perform) (*effect.Executor, context.CancelFunc, chan error)) {
		b.put("quick", "r", "")
		b.put("slow", "r", "")
		_, stop, ended := run("w1", func(ctx context.Context, req robot.Request) (robot.Result, error) {
			if req.EffectID == "quick" {
				return robot.Result{}, clock.System{}.Sleep(ctx, 5*time.Second)
			}
			<-ctx.Done()
			return robot.Result{}, ctx.Err()
		})
		synctest.Wait()
		stop()
		began := time.Now()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Equal(t, 10*time.Second, time.Since(began))
		require.Equal(t, store.EffectFinished, b.effect("quick").Status)
		slow := b.effect("slow")
		require.Equal(t, store.EffectReady, slow.Status)
		require.Equal(t, float64(0), asFloat(slow.Failure.Detail["tries"]), "being interrupted is no failure")
	})
}

func asFloat(v any) float64 {
	var f float64
	_, _ = fmt.Sscan(fmt.Sprint(v), &f)
	return f
}

func TestWorkerThatLostItsClaimDoesNotSettle(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	x := b.executor("w1", func(ctx context.Context, req robot.Request) (robot.Result, error) {
		// While it works it is taken for dead, and another worker takes over and finishes.
		e := b.effect("e1")
		e.Status = store.EffectReady
		if err := b.store.RescueEffect(ctx, e); err != nil {
			return robot.Result{}, err
		}
		y := b.executor("w2", func(context.Context, robot.Request) (robot.Result, error) { return robot.Result{Port: "second"}, nil })
		if _, err := y.Tick(b.ctx); err != nil {
			return robot.Result{}, err
		}
		return robot.Result{Port: "first"}, nil
	})
	b.tick(x)
	require.Len(t, b.arrived, 1)
	require.Equal(t, "second", b.effect("e1").Result.Port)
}
