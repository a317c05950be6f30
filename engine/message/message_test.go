package message_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// post is the service over a real store; runs note what arrives and close the
// subscription unless it is a staying one.
type post struct {
	t       *testing.T
	ctx     context.Context
	clock   *clock.Fake
	store   *memstore.Store
	service *message.Service
	arrived []string
	stays   map[core.WaitID]bool
	away    bool
}

func newPost(t *testing.T) *post {
	t.Helper()
	f := clock.NewFake(start)
	p := &post{t: t, ctx: context.Background(), clock: f, stays: map[core.WaitID]bool{}}
	p.store = memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }})
	p.service = message.New(message.Options{Store: p.store, Acceptor: p, Clock: f})
	return p
}

func (p *post) Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error) {
	e := events[0]
	if p.away {
		return store.Run{}, errors.New("store is away")
	}
	for _, id := range p.arrived {
		if id == e.ID {
			return store.Run{}, store.ErrDuplicate
		}
	}
	p.arrived = append(p.arrived, e.ID)
	if p.stays[e.Wait] {
		return store.Run{ID: run}, nil
	}
	return store.Run{ID: run}, p.store.Copy(ctx, run, []store.Outbox{{Seq: 9, Kind: store.EndSubscription, ID: string(e.Wait), Reason: "arrived"}})
}

// subscribe is what the relay does: store, then look.
func (p *post) subscribe(wait, key string) error {
	p.t.Helper()
	sub := store.Subscription{ID: wait, RunID: core.RunID("run-" + wait), Wait: core.WaitID(wait), Name: "paid", Key: key}
	body, err := json.Marshal(sub)
	require.NoError(p.t, err)
	require.NoError(p.t, p.store.Copy(p.ctx, sub.RunID, []store.Outbox{{Seq: 1, Kind: store.PutSubscription, ID: wait, Body: body}}))
	return p.service.Subscribed(p.ctx, sub)
}

func (p *post) publish(id, key string) (message.Receipt, error) {
	return p.service.Publish(p.ctx, message.Publication{ID: id, Name: "paid", Key: key})
}

// TestMessageHasOneReceiver: of several with the key, the one that has waited
// longest; the others get the next ones. covers MSG-06
func TestMessageHasOneReceiver(t *testing.T) {
	p := newPost(t)
	for i := range 450 {
		require.NoError(t, p.subscribe(fmt.Sprintf("w%03d", i), "A"))
	}
	require.NoError(t, p.subscribe("other", "B"))
	for i, id := range []string{"m1", "m2"} {
		receipt, err := p.publish(id, "A")
		require.NoError(t, err)
		require.Equal(t, []core.RunID{core.RunID(fmt.Sprintf("run-w%03d", i))}, receipt.Runs)
	}
	require.Equal(t, []string{"m1:w000", "m2:w001"}, p.arrived)
}

func TestPublisherThatDiedBeforeItLookedPublishesAgain(t *testing.T) {
	p := newPost(t)
	require.NoError(t, p.subscribe("w1", "A"))
	p.away = true
	_, err := p.publish("m1", "A")
	require.Error(t, err)
	p.away = false
	receipt, err := p.publish("m1", "A")
	require.NoError(t, err)
	require.Equal(t, []core.RunID{"run-w1"}, receipt.Runs)
	_, err = p.publish("m1", "A")
	require.NoError(t, err)
	require.Equal(t, []string{"m1:w1"}, p.arrived)
}

func TestBufferedMessageGoesToTheFirstSubscriptionOnly(t *testing.T) {
	p := newPost(t)
	for _, id := range []string{"m1", "m2"} {
		_, err := p.publish(id, "A")
		require.NoError(t, err)
		p.clock.Advance(time.Second)
	}
	require.NoError(t, p.subscribe("w1", "A"))
	require.NoError(t, p.subscribe("w2", "A"))
	require.NoError(t, p.subscribe("w3", "A"))
	require.Equal(t, []string{"m1:w1", "m2:w2"}, p.arrived, "oldest first, one each")
}

func TestSubscriptionThatStaysTakesEveryMessageOnce(t *testing.T) {
	p := newPost(t)
	p.stays["w1"] = true
	for _, id := range []string{"m1", "m2"} {
		_, err := p.publish(id, "A")
		require.NoError(t, err)
		p.clock.Advance(time.Second)
	}
	require.NoError(t, p.subscribe("w1", "A"))
	require.NoError(t, p.subscribe("w1", "A"), "the relay may look again")
	_, err := p.publish("m3", "A")
	require.NoError(t, err)
	_, err = p.publish("m3", "A")
	require.NoError(t, err)
	require.Equal(t, []string{"m1:w1", "m2:w1", "m3:w1"}, p.arrived)
}

func TestPublishRefuses(t *testing.T) {
	p := newPost(t)
	for _, m := range []message.Publication{{}, {Name: "signal:x"}, {Name: "x", TTL: -1}, {Name: "x", TTL: 31 * 24 * time.Hour}} {
		_, err := p.service.Publish(p.ctx, m)
		require.ErrorIs(t, err, message.ErrMessage)
	}
	_, err := p.service.Broadcast(p.ctx, message.Signal{})
	require.ErrorIs(t, err, message.ErrMessage, "a signal without name")
}
