package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// The walk is a small model of an engine over a real store: senders that repeat
// themselves, two workers that take the same run through load, commit, copy and
// forget, two executors of its effects, and sweeps; each call may fail before or
// after it was applied, each process may crash at any call, and relays copy
// late, twice and out of order. A seed decides who makes the next call. When all
// faults have ended and the sweeps have come round, the rules of the protocol
// must hold.

var walkChecks = []check{
	{"Walk", func(f *fixture) {
		for seed := range uint64(f.scaled(40, 4)) {
			require.NoError(f, Walk(f.Context(), f.store, seed), "seed %d", seed)
		}
	}},
	{"WalkWithoutFaults", func(f *fixture) {
		require.NoError(f, walk(f.Context(), f.store, 0, Faults{}, 1<<30))
	}},
}

// Walk makes one walk and says which rule is broken.
func Walk(ctx context.Context, s store.Store, seed uint64) error {
	return walk(ctx, s, seed, Faults{Lost: 0.06, Unheard: 0.06, Reordered: 0.5, Partial: 0.1, Repeated: 0.3}, 25)
}

// walkState is the state of the model's run.
type walkState struct {
	Log  []string // what each record says: the event, and whether it was ignored
	Open []string // effects under way
	Done []string // effects that have delivered
}

// walker is one walk. Everything happens on one goroutine.
type walker struct {
	truth     store.Store // without faults, to judge
	random    *rand.Rand
	run       core.RunID
	clock     core.Instant
	acked     []string       // events whose acceptance was acknowledged
	performed map[string]int // effect -> times
	broken    error
}

// process is an actor with its own connection; step makes one call.
type process struct {
	store *Faulty
	step  func(context.Context) error
	reset func() // what a crash or a failed call does to its memory
}

func walk(ctx context.Context, s store.Store, seed uint64, faults Faults, crashEvery int) error {
	w := &walker{truth: s, random: rand.New(rand.NewPCG(seed, 2)), run: core.RunID(fmt.Sprint("walk", seed)), clock: 100, performed: map[string]int{}}
	connect := func(i uint64) *Faulty { return NewFaulty(s, seed*16+i, faults) }
	processes := []process{w.sender(connect(0)), w.sender(connect(1)), w.worker(connect(2)), w.worker(connect(3)), w.executor(connect(4)), w.executor(connect(5))}
	for tick := range 150 {
		w.clock++
		p := processes[w.random.IntN(len(processes))]
		if crashEvery < 1<<30 && w.random.IntN(crashEvery) == 0 {
			p.store.CrashAfter(w.random.IntN(3))
		}
		if err := p.step(ctx); err != nil {
			p.reset()
			switch {
			case errors.Is(err, ErrCrashed):
				p.store.Restart()
			case !expected(err):
				return fmt.Errorf("tick %d: %w", tick, err)
			}
		}
		if w.broken != nil {
			return fmt.Errorf("tick %d: %w", tick, w.broken)
		}
	}
	// Peace: everybody goes on without faults until there is nothing to do.
	for _, p := range processes {
		p.store.Heal()
	}
	for range 300 {
		w.clock += 3
		for _, p := range processes[2:] {
			if err := p.step(ctx); err != nil {
				p.reset()
				if !expected(err) {
					return fmt.Errorf("in peace: %w", err)
				}
			}
		}
		if w.broken != nil {
			return fmt.Errorf("in peace: %w", w.broken)
		}
		if quiet, err := w.quiet(ctx); err != nil || quiet {
			return errors.Join(err, w.judge(ctx))
		}
	}
	return errors.New("in peace: the run does not come to rest")
}

// expected tells whether an error is part of the game.
func expected(err error) bool {
	return slices.ContainsFunc([]error{
		ErrInjected, ErrCrashed, store.ErrConflict, store.ErrDuplicate, store.ErrExists, store.ErrNotFound,
	}, func(target error) bool { return errors.Is(err, target) })
}

// sender starts the run and pushes a few events, each until it is acknowledged,
// and now and then once more.
func (w *walker) sender(s *Faulty) process {
	next := 0
	return process{store: s, reset: func() {}, step: func(ctx context.Context) error {
		if next == 0 {
			_, err := s.Start(ctx, store.Run{ID: w.run, Status: core.Active, StartedAt: w.clock, Inbox: []core.Event{{ID: "go0", At: w.clock}}})
			if err == nil || errors.Is(err, store.ErrExists) {
				next = 1
				w.acked = append(w.acked, "go0")
				return nil
			}
			return err
		}
		if next > 4 {
			return nil
		}
		id := fmt.Sprint("go", next)
		if w.random.IntN(3) == 0 {
			id = fmt.Sprint("go", w.random.IntN(next)) // once more
		}
		_, err := s.Accept(ctx, w.run, core.Event{ID: id, At: w.clock, Body: []byte(id)})
		if err == nil || errors.Is(err, store.ErrDuplicate) {
			w.acked = append(w.acked, id)
			if id == fmt.Sprint("go", next) {
				next++
			}
			return nil
		}
		return err
	}}
}

// worker loads, commits, copies and forgets, one call at a time. With nothing in
// the inbox it relays what others have left behind.
func (w *walker) worker(s *Faulty) process {
	var (
		loaded  *store.Run
		pending []store.Outbox // to be copied
		relayed []int64        // to be forgotten
	)
	reset := func() { loaded, pending, relayed = nil, nil, nil }
	return process{store: s, reset: reset, step: func(ctx context.Context) error {
		switch {
		case loaded == nil:
			run, err := s.Load(ctx, w.run)
			if err != nil {
				return err
			}
			pending, relayed = run.Outbox, nil
			if run.ReadyAt != 0 || len(pending) > 0 {
				loaded = &run
			}
			return nil
		case loaded.ReadyAt != 0:
			c, err := w.advance(*loaded)
			if err != nil {
				return err
			}
			run, err := s.Commit(ctx, c)
			if err != nil {
				return err
			}
			loaded, pending = &run, run.Outbox
			loaded.ReadyAt = 0 // it is looked at again after the relay
			return nil
		case len(pending) > 0:
			n := 1 + w.random.IntN(len(pending))
			if err := s.Copy(ctx, w.run, pending[:n]); err != nil {
				return err
			}
			for _, o := range pending[:n] {
				relayed = append(relayed, o.Seq)
			}
			pending = pending[n:]
			return nil
		case len(relayed) > 0:
			err := s.Forget(ctx, w.run, relayed)
			relayed = nil
			return err
		default:
			reset()
			return nil
		}
	}}
}

// advance is the interpreter of the model: a go event opens an effect, the result
// of an effect closes it, and everything else is ignored.
func (w *walker) advance(run store.Run) (store.Commit, error) {
	var state walkState
	if len(run.State) > 0 {
		if err := json.Unmarshal(run.State, &state); err != nil {
			return store.Commit{}, err
		}
	}
	c := store.Commit{ID: run.ID, Rev: run.Rev, Seen: len(run.Inbox)}
	add := func(kind store.OutboxKind, id string, body any) error {
		text, err := json.Marshal(body)
		c.Outbox = append(c.Outbox, store.Outbox{Seq: run.Rev*100 + int64(len(c.Outbox)), Kind: kind, ID: id, Body: text, At: w.clock})
		return err
	}
	taken := run.Inbox[:min(len(run.Inbox), 1+w.random.IntN(3))]
	for _, e := range taken {
		c.Consumed = append(c.Consumed, e.ID)
		said := e.ID
		var err error
		effect, isResult := strings.CutSuffix(e.ID, ":done")
		switch {
		case !isResult:
			effect = string(run.ID) + "/" + e.ID
			state.Open = append(state.Open, effect)
			run.Recent = append(run.Recent, e.ID)
			err = add(store.PutEffect, effect, store.Effect{RunID: run.ID, CreatedAt: w.clock})
		case slices.Contains(state.Open, effect):
			state.Open = slices.DeleteFunc(state.Open, func(id string) bool { return id == effect })
			state.Done = append(state.Done, effect)
			err = add(store.EndEffect, effect, nil)
		default:
			said = "ignored " + e.ID // the wait is closed: it is deduplicated for ever
		}
		state.Log = append(state.Log, said)
		run.Seq++
		if err = errors.Join(err, add(store.PutRecord, string(run.ID), core.Record{Seq: run.Seq, At: w.clock, Reason: said})); err != nil {
			return store.Commit{}, err
		}
	}
	if len(taken) < len(run.Inbox) {
		c.ReadyAt = w.clock
	}
	var err error
	run.State, err = json.Marshal(state)
	c.Run = run
	return c, err
}

// executor claims, performs, settles and delivers, one call at a time; between
// two effects it sweeps what others have left behind.
func (w *walker) executor(s *Faulty) process {
	var (
		effect *store.Effect
		phase  int
	)
	deliver := func(ctx context.Context, e store.Effect) error {
		_, err := s.Accept(ctx, w.run, core.Event{ID: e.ID + ":done", At: w.clock})
		if err == nil || errors.Is(err, store.ErrDuplicate) {
			return nil
		}
		return err
	}
	return process{store: s, reset: func() { effect = nil }, step: func(ctx context.Context) error {
		if effect == nil {
			phase = 0
			switch w.random.IntN(3) {
			case 0:
				return w.rescue(ctx, s)
			case 1:
				left, err := s.UndeliveredEffects(ctx, 1)
				if err == nil && len(left) > 0 {
					effect, phase = &left[0], 2
				}
				return err
			}
			claimed, err := s.ClaimEffects(ctx, "executor", w.clock, w.clock+10, 1)
			if err == nil && len(claimed) > 0 {
				effect = &claimed[0]
				w.perform(ctx, effect.ID)
			}
			return err
		}
		phase++
		switch phase {
		case 1:
			return s.SendingEffect(ctx, effect.ID, effect.Attempt)
		case 2:
			effect.Status = store.EffectFinished
			return s.SettleEffect(ctx, *effect)
		case 3:
			return deliver(ctx, *effect)
		default:
			done := *effect
			effect = nil
			return s.EffectDelivered(ctx, done.ID, done.Attempt)
		}
	}}
}

// rescue gives an expired claim back.
func (w *walker) rescue(ctx context.Context, s *Faulty) error {
	expired, err := s.ExpiredEffects(ctx, w.clock, 1)
	if err != nil || len(expired) == 0 {
		return err
	}
	expired[0].Status = store.EffectReady
	return s.RescueEffect(ctx, expired[0])
}

// perform is the act in the outside world. It must have been committed, and its
// wait must not be over.
func (w *walker) perform(ctx context.Context, id string) {
	w.performed[id]++
	state, _, err := w.read(ctx)
	switch {
	case err != nil:
		w.broken = err
	case slices.Contains(state.Done, id):
		w.broken = fmt.Errorf("effect %s runs after its wait was closed", id)
	case !slices.Contains(state.Open, id):
		w.broken = fmt.Errorf("effect %s runs and was never committed", id)
	}
}

func (w *walker) read(ctx context.Context) (state walkState, run store.Run, err error) {
	if run, err = w.truth.Load(ctx, w.run); err != nil || len(run.State) == 0 {
		return state, run, err
	}
	return state, run, json.Unmarshal(run.State, &state)
}

// quiet tells whether nobody has anything to do.
func (w *walker) quiet(ctx context.Context) (bool, error) {
	state, run, err := w.read(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil // nobody has managed to start it
	}
	return len(state.Open) == 0 && len(run.Outbox) == 0 && run.ReadyAt == 0, err
}

// judge checks the rules at the end.
func (w *walker) judge(ctx context.Context) error {
	state, run, err := w.read(ctx)
	if errors.Is(err, store.ErrNotFound) && len(w.acked) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if len(run.Inbox) > 0 {
		return fmt.Errorf("at rest with %d events in the inbox", len(run.Inbox))
	}
	times := map[string]int{}
	for _, said := range state.Log {
		times[said]++
	}
	for _, id := range w.acked {
		if times[id] != 1 {
			return fmt.Errorf("event %s was acknowledged and applied %d times", id, times[id])
		}
	}
	for said, n := range times {
		if n != 1 && !strings.HasPrefix(said, "ignored ") {
			return fmt.Errorf("event %s was applied %d times", said, n)
		}
	}
	records, err := w.truth.Records(ctx, w.run, 1, store.MaxLimit)
	if err != nil {
		return err
	}
	if int64(len(records)) != run.Seq || len(records) != len(state.Log) {
		return fmt.Errorf("%d records, seq %d, %d events applied", len(records), run.Seq, len(state.Log))
	}
	for i, r := range records {
		if r.Seq != int64(i+1) || r.Reason != state.Log[i] {
			return fmt.Errorf("record %d is %d %q, the state says %q", i+1, r.Seq, r.Reason, state.Log[i])
		}
	}
	effects, err := w.truth.RunEffects(ctx, w.run)
	if err != nil {
		return err
	}
	if len(effects) != len(state.Done) {
		return fmt.Errorf("%d effects, %d were committed and ended", len(effects), len(state.Done))
	}
	for _, e := range effects {
		switch {
		case e.Status != store.EffectFinished || !e.Delivered:
			return fmt.Errorf("effect %s rests as %s, delivered %t", e.ID, e.Status, e.Delivered)
		case w.performed[e.ID] == 0 || w.performed[e.ID] > e.Attempt:
			return fmt.Errorf("effect %s was performed %d times in %d attempts", e.ID, w.performed[e.ID], e.Attempt)
		}
	}
	return nil
}
