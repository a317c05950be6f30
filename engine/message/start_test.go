package message_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/store"
)

// starts is what messages and signals start in these tests.
type starts struct {
	messages, signals map[string][]message.Start
	runs              map[core.RunID]string // started, once per id
	order             []string
}

func (s *starts) MessageStarts(_ context.Context, name string) ([]message.Start, error) {
	return s.messages[name], nil
}

func (s *starts) SignalStarts(_ context.Context, name string) ([]message.Start, error) {
	return s.signals[name], nil
}

func (s *starts) StartRun(_ context.Context, run core.RunID, start message.Start, cause core.Cause, _ string, body core.Values) error {
	if start.DefinitionKey == "gone" {
		return store.ErrNotFound
	}
	if _, known := s.runs[run]; known {
		return nil
	}
	s.runs[run] = start.DefinitionKey
	s.order = append(s.order, fmt.Sprintf("%s %s %s:%s %v", start.DefinitionKey, start.Node, cause.Kind, cause.ID, body["x"]))
	return nil
}

func newStarting(t *testing.T) (*post, *starts) {
	t.Helper()
	p := newPost(t)
	s := &starts{runs: map[core.RunID]string{}, messages: map[string][]message.Start{}, signals: map[string][]message.Start{}}
	p.service = message.New(message.Options{Store: p.store, Acceptor: p, Clock: p.clock, Starter: s})
	return p, s
}

// TestMessageStartsOneReceiver: one run per message, also when a run has thrown
// it at its end, and only one of two processes. covers MSG-01, MSG-03, MSG-05
func TestMessageStartsOneReceiver(t *testing.T) {
	p, s := newStarting(t)
	s.messages["paid"] = []message.Start{{DefinitionKey: "book", Node: "S"}, {DefinitionKey: "tell", Node: "S"}}
	receipt, err := p.publish("m1", "A")
	require.NoError(t, err)
	require.Len(t, receipt.Runs, 1)
	_, err = p.publish("m1", "A")
	require.NoError(t, err, "published again")
	require.NoError(t, p.service.Send(p.ctx, store.Sending{ID: "r1:7", Run: "r1", At: 1, Message: &core.MessageBody{Name: "paid", Body: core.Values{"x": "y"}}}))
	require.Equal(t, []string{"book S message:m1 <nil>", "book S message:r1:7 y"}, s.order)
}

// TestWaitingRunGoesBeforeStart covers MSG-09
func TestWaitingRunGoesBeforeStart(t *testing.T) {
	p, s := newStarting(t)
	s.messages["paid"] = []message.Start{{DefinitionKey: "book", Node: "S"}}
	require.NoError(t, p.subscribe("w1", "A"))
	_, err := p.publish("m1", "A")
	require.NoError(t, err)
	_, err = p.publish("m2", "B")
	require.NoError(t, err)
	_, err = p.publish("m1", "A")
	require.NoError(t, err, "published again after the wait has closed")
	require.Equal(t, []string{"m1:w1"}, p.arrived)
	require.Equal(t, []string{"book S message:m2 <nil>"}, s.order, "the one whose key nobody waits for")
}

// TestMessageIsKeptThenReported covers MSG-07
func TestMessageIsKeptThenReported(t *testing.T) {
	p := newPost(t)
	var unclaimed []string
	p.service = message.New(message.Options{Store: p.store, Acceptor: p, Clock: p.clock, Unclaimed: func(_ context.Context, m store.Message) {
		unclaimed = append(unclaimed, m.ID)
	}})
	for _, m := range []message.Publication{{ID: "taken", Name: "paid", Key: "A"}, {ID: "lost", Name: "paid", Key: "B"}, {ID: "later", Name: "paid", Key: "B", TTL: 5 * time.Hour}} {
		_, err := p.service.Publish(p.ctx, m)
		require.NoError(t, err)
	}
	_, err := p.service.Broadcast(p.ctx, message.Signal{ID: "s", Name: "paid"})
	require.NoError(t, err)
	require.NoError(t, p.subscribe("w1", "A"))
	p.clock.Advance(2 * time.Hour)
	gone, err := p.service.Tick(p.ctx)
	require.NoError(t, err)
	require.Equal(t, 3, gone)
	require.Equal(t, []string{"lost"}, unclaimed)
	require.NoError(t, p.subscribe("w2", "B"))
	require.Equal(t, []string{"taken:w1", "later:w2"}, p.arrived)
}

// TestMessageThatCameTooLateGoesToTheNext: the run found its wait closed and
// returns what it cannot take.
func TestMessageThatCameTooLateGoesToTheNext(t *testing.T) {
	p := newPost(t)
	require.NoError(t, p.subscribe("w1", "A"))
	require.NoError(t, p.subscribe("w2", "A"))
	receipt, err := p.publish("m1", "A")
	require.NoError(t, err)
	require.Equal(t, []string{"m1:w1"}, p.arrived)
	back := store.Sending{ID: "m1", Run: "run-w1", Returned: "w1", Message: &core.MessageBody{ID: "m1", Name: "paid", Key: "A", Until: receipt.ExpiresAt}}
	for range 2 { // the outbox may be carried twice
		require.NoError(t, p.service.Send(p.ctx, back))
	}
	require.Len(t, p.arrived, 2)
	require.True(t, strings.HasPrefix(p.arrived[1], "m1~") && strings.HasSuffix(p.arrived[1], ":w2"), p.arrived)
}

// await stores a subscription to a signal.
func (p *post) await(wait string, at core.Instant) {
	p.t.Helper()
	sub := store.Subscription{ID: wait, RunID: core.RunID("run-" + wait), Wait: core.WaitID(wait), Name: store.SignalName("s"), At: at}
	body, err := json.Marshal(sub)
	require.NoError(p.t, err)
	require.NoError(p.t, p.store.Copy(p.ctx, sub.RunID, []store.Outbox{{Seq: 1, Kind: store.PutSubscription, ID: wait, Body: body}}))
	require.NoError(p.t, p.service.Subscribed(p.ctx, sub))
}

// TestSignalReachesAll: all who wait, page by page, but not who threw it; and
// every process that it starts. covers SIG-01, SIG-02
func TestSignalReachesAll(t *testing.T) {
	p, s := newStarting(t)
	s.signals["s"] = []message.Start{{DefinitionKey: "gone", Node: "S"}, {DefinitionKey: "one", Node: "S"}, {DefinitionKey: "two", Node: "S"}, {DefinitionKey: "two", Node: "T"}}
	now, err := p.store.Now(p.ctx)
	require.NoError(t, err)
	for i := range 450 {
		p.await(fmt.Sprintf("w%03d", i), now)
	}
	send := store.Sending{ID: "run-w007:9", Run: "run-w007", At: now, Signal: &core.SignalBody{Name: "s", Body: core.Values{"x": "y"}, At: now}}
	for range 2 {
		require.NoError(t, p.service.Send(p.ctx, send))
	}
	require.Len(t, p.arrived, 449)
	require.False(t, slices.Contains(p.arrived, "run-w007:9:run-w007"))
	require.Equal(t, []string{"one S signal:run-w007:9 y", "two S signal:run-w007:9 y", "two T signal:run-w007:9 y"}, s.order)
	require.Len(t, s.runs, 3)
}

// TestSignalIsNotKept: who subscribes later does not get it; who subscribed
// before, and was copied late, does. covers SIG-03
func TestSignalIsNotKept(t *testing.T) {
	p := newPost(t)
	before, err := p.store.Now(p.ctx)
	require.NoError(t, err)
	p.clock.Advance(time.Second)
	receipt, err := p.service.Broadcast(p.ctx, message.Signal{ID: "sig", Name: "s"})
	require.NoError(t, err)
	require.Empty(t, receipt.Runs)
	p.clock.Advance(time.Second)
	after, err := p.store.Now(p.ctx)
	require.NoError(t, err)
	p.await("late", before)
	p.await("new", after)
	require.Equal(t, []string{"sig:run-late"}, p.arrived)
}
