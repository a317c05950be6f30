package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Benchmark is one kind of work on a store. Run does it b.N times; clients says
// how many goroutines wait for one another's commits.
type Benchmark struct {
	Name string
	Run  func(b *testing.B, s store.Store, clients int)
}

// Benchmarks measure the writes of steps.
var Benchmarks = []Benchmark{
	{"sequence", func(b *testing.B, s store.Store, clients int) { parallel(b, s, clients, sequence) }},
	{"sequenceAtOnce", func(b *testing.B, s store.Store, clients int) {
		if _, ok := s.(store.FirstStep); !ok {
			b.Skip("optional")
		}
		parallel(b, s, clients, sequenceAtOnce)
	}},
	{"park", func(b *testing.B, s store.Store, clients int) { parallel(b, s, clients, park) }},
	{"effect", func(b *testing.B, s store.Store, clients int) { parallel(b, s, clients, effectStep) }},
}

// benched counts all runs of all benchmarks.
var benched atomic.Int64

// parallel runs fn with b.N numbers on that many goroutines.
func parallel(b *testing.B, s store.Store, clients int, fn func(ctx context.Context, s store.Store, name string, n int) error) {
	b.Helper()
	var next atomic.Int64
	base := int(benched.Add(int64(b.N))) - b.N // a benchmark is run several times on one store
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan error, clients)
	for range clients {
		go func() {
			for {
				n := int(next.Add(1))
				if n > b.N {
					done <- nil
					return
				}
				if err := fn(context.Background(), s, "bench", base+n); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range clients {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
}

// history is what a run of five pure nodes records.
var history = func() []store.Outbox {
	var entries []store.Outbox
	add := func(r core.Record) {
		r.Seq, r.At = int64(len(entries)+1), 1_790_000_000_000
		text, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		entries = append(entries, store.Outbox{Seq: r.Seq, Kind: store.PutRecord, Body: text})
	}
	add(core.Record{Kind: core.RecordRunStarted, Actor: "anna"})
	for i := range 5 {
		node := core.NodeID(fmt.Sprint("set", i))
		add(core.Record{Kind: core.RecordNodeEntered, Node: node, Flow: core.FlowID(fmt.Sprint("f", i)), Token: "t1"})
		add(core.Record{Kind: core.RecordVariablesChanged, Node: node, Body: core.Values{"set": map[string]any{"a": i}}})
		add(core.Record{Kind: core.RecordNodeLeft, Node: node, Token: "t1"})
	}
	add(core.Record{Kind: core.RecordRunCompleted})
	return entries
}()

var benchState = []byte(fmt.Sprintf(`{"version":1,"scopes":[{"id":"s0","variables":{"a":%0200d}}],"tokens":[],"waits":[]}`, 1))

func sequenceRun(name string, n int, status core.Status) store.Run {
	run := newRun(core.RunID(fmt.Sprintf("%s-%08d", name, n)))
	run.StartedAt, run.UpdatedAt = core.Instant(1_790_000_000_000+n), core.Instant(1_790_000_000_000+n)
	run.RecordID = fmt.Sprint("d-", n)
	run.Inbox, run.Status = nil, status
	if status == core.Completed {
		run.State, run.Seq, run.EndedAt = benchState, int64(len(history)), run.UpdatedAt
	}
	return run
}

// sequence is W1: one start and one commit, both durable.
func sequence(ctx context.Context, s store.Store, name string, n int) error {
	run := sequenceRun(name, n, core.Active)
	run.Inbox = []core.Event{{ID: "start", Kind: core.RunStarted, At: run.StartedAt, Actor: "anna", Body: []byte(`{"node":"start"}`)}}
	run, err := s.Start(ctx, run)
	if err != nil {
		return err
	}
	c := stepOf(run, history...)
	c.Immediate = true
	c.Run.Status, c.Run.State, c.Run.Seq, c.Run.EndedAt = core.Completed, benchState, int64(len(history)), run.StartedAt
	_, err = s.Commit(ctx, c)
	return err
}

// sequenceAtOnce is W1 when the host has computed the first step before it stores
// anything.
func sequenceAtOnce(ctx context.Context, s store.Store, name string, n int) error {
	_, err := s.(store.FirstStep).StartCommitted(ctx, sequenceRun(name, n, core.Completed), history, 0, true) //nolint:forcetypeassert // checked by the caller
	return err
}

// park is a run that waits for a task and a timer.
func park(ctx context.Context, s store.Store, name string, n int) error {
	run := sequenceRun(name, n, core.Active)
	run.Inbox = []core.Event{{ID: "start", Kind: core.RunStarted, At: run.StartedAt}}
	run, err := s.Start(ctx, run)
	if err != nil {
		return err
	}
	wait := string(run.ID) + ":1"
	task, err := json.Marshal(store.Task{
		RunID: run.ID, DefinitionKey: "contract", DefinitionName: "Contract", Node: "sign", Kind: "userTask", Name: "Sign", Groups: []string{"legal"},
		Config: json.RawMessage(`{"text":"Please sign"}`), OpenedAt: run.StartedAt,
	})
	if err != nil {
		return err
	}
	timer, err := json.Marshal(store.Timer{RunID: run.ID, Wait: core.WaitID(wait), DefinitionKey: "contract", DueAt: run.StartedAt + 1})
	if err != nil {
		return err
	}
	c := stepOf(run, append(history[:4:4],
		store.Outbox{Seq: 91, Kind: store.PutTask, ID: wait, Body: task},
		store.Outbox{Seq: 92, Kind: store.PutTimer, ID: wait, Body: timer})...)
	c.Immediate, c.Run.State, c.Run.Seq, c.Run.Nodes = true, benchState, 4, []core.NodeID{"sign"}
	_, err = s.Commit(ctx, c)
	return err
}

// effectStep is one step of W1e: the result of an effect and the start of the
// next one in one transaction, where the store has them.
func effectStep(ctx context.Context, s store.Store, name string, n int) error {
	const runs = 512 // of which each takes many steps
	id := core.RunID(fmt.Sprintf("%s-%08d", name, n%runs))
	run, err := s.Load(ctx, id)
	if err != nil {
		run = sequenceRun(name, n%runs, core.Active)
		if run, err = s.Start(ctx, run); err != nil {
			return ignore(err, store.ErrExists)
		}
	}
	effect := func(rev int64) store.Effect {
		return store.Effect{
			ID: fmt.Sprintf("%s:%d:1", id, rev), RunID: id, DefinitionKey: "contract", Node: "mail", Robot: "mail.send",
			Config: json.RawMessage(`{"to":"anna@example.org"}`), CreatedAt: run.StartedAt,
			Status: store.EffectRunning, Attempt: 1, Owner: "bench", LeaseAt: run.StartedAt + 30_000,
		}
	}
	next := effect(run.Rev + 1)
	body, err := json.Marshal(next)
	if err != nil {
		return err
	}
	c := stepOf(run, append(history[:3:3], store.Outbox{Seq: run.Rev * 10, Kind: store.PutEffect, ID: next.ID, Body: body})...)
	c.Immediate, c.Run.State, c.Run.Nodes = true, benchState, []core.NodeID{core.NodeID(fmt.Sprint("n", run.Rev%5))}
	if settling, ok := s.(store.Settling); ok {
		done := effect(run.Rev)
		done.Status, done.Result = store.EffectFinished, &core.EffectBody{}
		settled := []store.Effect{done}
		if run.Rev == 1 {
			settled = nil // the first step has none
		}
		_, err = settling.CommitSettled(ctx, c, settled)
	} else {
		_, err = s.Commit(ctx, c)
	}
	return ignore(err, store.ErrConflict)
}

func ignore(err, expected error) error {
	if won, other := lost(err, expected); won || other == nil {
		return nil
	}
	return err
}
