package effect_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/effect"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
)

// lose claims what is ready for a worker that dies at once, and lets the lease end.
func (b *bench) lose(owner string) {
	b.t.Helper()
	now := clock.Now(b.clock)
	taken, err := b.store.ClaimEffects(b.ctx, owner, now, now+1000, 1)
	require.NoError(b.t, err)
	require.Len(b.t, taken, 1)
	b.clock.Advance(2 * time.Hour)
}

// TestKilledWorkersAreNoFailureOfTheStep: three tries is what a step gets, but a
// process that was killed has not tried.
func TestKilledWorkersAreNoFailureOfTheStep(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	busy := true
	x := b.executor("alive", func(context.Context, robot.Request) (robot.Result, error) {
		if busy {
			busy = false
			return robot.Result{}, &robot.Failure{Kind: robot.Temporary, Code: "busy", Message: "try later"}
		}
		return robot.Result{Values: map[string]any{"n": 1}}, nil
	})
	idle := effect.New(effect.Options{Store: b.store, Acceptor: b, Performers: robot.NewCatalog(), Clock: b.clock, Owner: "idle", Slots: 1,
		Policy: effect.Policy{Tries: 3, First: time.Second, Most: time.Minute, Timeout: time.Minute}})
	rescue := func() { // a sweep that claims nothing: its only slot is lent
		granted, _, _ := idle.Reserve(b.ctx, 1)
		b.tick(idle)
		idle.Release(granted)
	}
	for i := range 10 {
		b.lose("dead")
		rescue()
		require.Equal(t, store.EffectReady, b.effect("e1").Status)
		require.Equal(t, json.Number(strconv.Itoa(i+1)), b.effect("e1").Failure.Detail["losses"])
		b.clock.Advance(time.Hour)
	}
	require.Equal(t, 1, b.tick(x)) // busy
	b.clock.Advance(time.Hour)
	require.Equal(t, 1, b.tick(x))
	require.Equal(t, store.EffectFinished, b.effect("e1").Status)
	require.Len(t, b.arrived, 1)
}

// TestStepThatKeepsLosingItsWorkerIsGivenUp: perhaps it is what kills them.
func TestStepThatKeepsLosingItsWorkerIsGivenUp(t *testing.T) {
	b := newBench(t)
	b.put("e1", "r", "")
	idle := b.executor("idle", func(context.Context, robot.Request) (robot.Result, error) {
		t.Error("the step was performed")
		return robot.Result{}, nil
	})
	granted, _, _ := idle.Reserve(b.ctx, 100)
	defer idle.Release(granted)
	losses := 0
	for b.effect("e1").Status == store.EffectReady {
		b.lose("dead")
		losses++
		b.tick(idle)
		b.clock.Advance(time.Hour)
	}
	require.Equal(t, 20, losses)
	require.Equal(t, store.EffectFailed, b.effect("e1").Status)
	require.Equal(t, "worker_lost", b.failure().Code)
}

// TestALoneProcessAdoptsAtOnce: what the process before had in hand need not
// wait for its lease, but what this one has in hand stays.
func TestALoneProcessAdoptsAtOnce(t *testing.T) {
	b := newBench(t)
	b.put("before", "r", "")
	now := clock.Now(b.clock)
	_, err := b.store.ClaimEffects(b.ctx, "before", now, now+core.Instant(time.Hour.Milliseconds()), 1)
	require.NoError(t, err)
	b.put("mine", "r", "")
	_, err = b.store.ClaimEffects(b.ctx, "me", now, now+core.Instant(time.Hour.Milliseconds()), 1)
	require.NoError(t, err)
	for _, alone := range []bool{false, true} {
		x := effect.New(effect.Options{Store: b.store, Acceptor: b, Performers: robot.NewCatalog(), Clock: b.clock, Owner: "me", Slots: 1, Alone: alone})
		granted, _, _ := x.Reserve(b.ctx, 1) // it has no slot to claim anything
		ctx, cancel := context.WithCancel(b.ctx)
		ended := make(chan error)
		go func() { ended <- x.Run(ctx) }()
		b.clock.BlockUntil(1)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		x.Release(granted)
		require.Equal(t, alone, b.effect("before").Status == store.EffectReady)
		require.Equal(t, store.EffectRunning, b.effect("mine").Status)
	}
}
