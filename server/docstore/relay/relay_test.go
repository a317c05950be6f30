package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/docstore/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type taker struct {
	mu    sync.Mutex
	got   []string
	fails map[string]error
	taken chan struct{}
}

func (k *taker) consumer(name string) relay.Consumer {
	return relay.Consumer{Name: name, Take: func(_ context.Context, d docstore.Delivery) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		text := fmt.Sprintf("%s:%s%d", d.DocumentID, d.Event.Kind, d.Seq)
		if err := k.fails[text]; err != nil {
			if err.Error() == "panic" {
				panic("boom")
			}
			return err
		}
		k.got = append(k.got, text)
		if k.taken != nil {
			k.taken <- struct{}{}
		}
		return nil
	}}
}

func (k *taker) take() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := k.got
	k.got = nil
	return out
}

type fixture struct {
	*testing.T
	clock *clock.Fake
	store docstore.Store
	docs  docstore.Collection
}

func setup(t *testing.T) *fixture {
	f := &fixture{T: t, clock: clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))}
	f.store = memstore.New(f.clock.Now)
	var err error
	f.docs, err = f.store.Collection(t.Context(), docstore.Spec{Name: "deals"})
	require.NoError(t, err)
	return f
}

func (f *fixture) relay(options relay.Options, consumers ...relay.Consumer) *relay.Relay {
	f.Helper()
	r, err := relay.New(f.Context(), f.store, f.clock, slog.New(slog.DiscardHandler), consumers, options)
	require.NoError(f, err)
	return r
}

func (f *fixture) write(id string, kinds ...string) {
	f.Helper()
	d, err := f.docs.Get(f.Context(), id)
	if errors.Is(err, docstore.ErrNotFound) {
		d = docstore.Document{ID: id, Body: json.RawMessage(`{}`)}
	}
	var events []docstore.Event
	for _, k := range kinds {
		events = append(events, docstore.Event{Kind: k})
	}
	_, err = f.docs.Save(f.Context(), d, events...)
	require.NoError(f, err)
}

func (f *fixture) tick(r *relay.Relay) int {
	f.Helper()
	n, err := r.Tick(f.Context())
	require.NoError(f, err)
	return n
}

func TestRelayDeliversToEveryConsumerInOrder(t *testing.T) {
	f := setup(t)
	a, b := &taker{}, &taker{}
	only := b.consumer("b")
	only.Wants = func(d docstore.Delivery) bool { return d.Event.Kind == "y" }
	r := f.relay(relay.Options{Workers: 1}, a.consumer("a"), only)
	f.write("d1", "x", "y")
	f.write("d2", "y")
	f.write("d1", "y")
	f.clock.Advance(3 * time.Second)
	lag, err := r.Lag(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3*time.Second, lag)
	require.Equal(t, 4, f.tick(r))
	require.Equal(t, []string{"d1:x1", "d1:y2", "d1:y3", "d2:y1"}, a.take())
	require.Equal(t, []string{"d1:y2", "d1:y3", "d2:y1"}, b.take())
	require.Zero(t, f.tick(r))
	lag, err = r.Lag(t.Context())
	require.NoError(t, err)
	require.Zero(t, lag)
}

func TestRelayParksFailuresAndKeepsOrder(t *testing.T) {
	f := setup(t)
	good, bad := &taker{}, &taker{fails: map[string]error{"d1:x1": errors.New("down"), "d2:x1": errors.New("panic")}}
	r := f.relay(relay.Options{Workers: 1}, bad.consumer("bad"), good.consumer("good"))
	f.write("d1", "x", "y")
	f.write("d2", "x")
	f.write("d3", "x")
	require.Equal(t, 4, f.tick(r))
	require.Equal(t, []string{"d1:x1", "d1:y2", "d2:x1", "d3:x1"}, good.take(), "others are not held up")
	require.Equal(t, []string{"d3:x1"}, bad.take())
	f.write("d1", "z")
	f.tick(r)
	require.Equal(t, []string{"d1:z3"}, good.take())
	require.Empty(t, bad.take(), "a later event waits behind the parked one")

	parked, _, err := r.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, parked, 2, "those behind do not count as failed")
	require.Equal(t, "down", parked[0].Error)
	require.Contains(t, parked[1].Error, "boom")

	f.clock.Advance(time.Second)
	f.tick(r) // second failure: next pause is 2 s
	bad.fails = nil
	f.clock.Advance(time.Second)
	f.tick(r)
	require.Empty(t, bad.take())
	f.clock.Advance(time.Second)
	f.tick(r)
	require.ElementsMatch(t, []string{"d1:x1", "d1:y2", "d1:z3", "d2:x1"}, bad.take())
	parked, _, err = r.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, parked)
}

func TestRelayOrderWithinDocumentAfterRetry(t *testing.T) {
	f := setup(t)
	bad := &taker{fails: map[string]error{"d1:b2": errors.New("down")}}
	r := f.relay(relay.Options{}, bad.consumer("bad"))
	f.write("d1", "a", "b", "c", "d")
	f.tick(r)
	require.Equal(t, []string{"d1:a1"}, bad.take())
	bad.fails = map[string]error{"d1:c3": errors.New("down")}
	f.clock.Advance(time.Second)
	f.tick(r)
	require.Equal(t, []string{"d1:b2"}, bad.take())
	bad.fails = nil
	f.clock.Advance(time.Second)
	f.tick(r)
	require.Equal(t, []string{"d1:c3", "d1:d4"}, bad.take())
}

func TestRelayDiscardLetsTheNextThrough(t *testing.T) {
	f := setup(t)
	bad := &taker{fails: map[string]error{"d1:a1": errors.New("never")}}
	r := f.relay(relay.Options{}, bad.consumer("bad"))
	f.write("d1", "a", "b")
	f.tick(r)
	parked, _, err := r.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.NoError(t, r.Discard(t.Context(), parked[0].ID))
	f.tick(r)
	require.Equal(t, []string{"d1:b2"}, bad.take())
	require.ErrorIs(t, r.Discard(t.Context(), parked[0].ID), docstore.ErrNotFound)
}

// A crash before Delivered repeats a batch of which a part was parked.
func TestRelayRepeatsAfterACrash(t *testing.T) {
	f := setup(t)
	k := &taker{fails: map[string]error{"d1:b2": errors.New("down")}}
	broken := &refusing{Store: f.store}
	r, err := relay.New(t.Context(), broken, f.clock, slog.New(slog.DiscardHandler), []relay.Consumer{k.consumer("k")}, relay.Options{})
	require.NoError(t, err)
	f.write("d1", "a", "b")
	broken.refuse = true
	_, err = r.Tick(t.Context())
	require.ErrorIs(t, err, errCrash)
	require.Equal(t, []string{"d1:a1"}, k.take())
	broken.refuse = false
	require.Equal(t, 2, f.tick(r))
	k.fails = nil
	f.clock.Advance(time.Second)
	f.tick(r)
	require.Equal(t, []string{"d1:a1", "d1:b2"}, k.take())
	f.clock.Advance(time.Hour)
	f.tick(r)
	require.Empty(t, k.take())
}

var errCrash = errors.New("crash")

type refusing struct {
	docstore.Store
	refuse bool
}

func (s *refusing) Delivered(ctx context.Context, ds []docstore.Delivery) error {
	if s.refuse {
		return errCrash
	}
	return s.Store.Delivered(ctx, ds)
}

func TestRelayLeaseLetsOneDeliver(t *testing.T) {
	f := setup(t)
	a, b := &taker{}, &taker{}
	one := f.relay(relay.Options{Lease: 10 * time.Second, Owner: "one"}, a.consumer("k"))
	two := f.relay(relay.Options{Lease: 10 * time.Second, Owner: "two"}, b.consumer("k"))
	f.write("d1", "a")
	require.Equal(t, 1, f.tick(one))
	f.write("d1", "b")
	require.Zero(t, f.tick(two))
	f.clock.Advance(6 * time.Second)
	require.Equal(t, 1, f.tick(one), "and prolongs")
	f.write("d1", "c")
	f.clock.Advance(9 * time.Second)
	require.Zero(t, f.tick(two))
	f.clock.Advance(time.Second)
	require.Equal(t, 1, f.tick(two), "after the lease has run out")
	require.Equal(t, []string{"d1:c3"}, b.take())
	require.Zero(t, f.tick(one))
	_, err := relay.New(t.Context(), f.store, f.clock, slog.New(slog.DiscardHandler), nil, relay.Options{Lease: time.Second})
	require.Error(t, err)
}

func TestRelayRunWakesUp(t *testing.T) {
	f := setup(t)
	k := &taker{taken: make(chan struct{}, 10)}
	r := f.relay(relay.Options{}, k.consumer("k"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	f.write("d1", "a") // the clock stands still: only the wake-up can bring it
	<-k.taken
	f.write("d1", "b")
	<-k.taken
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Equal(t, []string{"d1:a1", "d1:b2"}, k.take())
}

func TestNewRefusesNamesUsedTwice(t *testing.T) {
	f := setup(t)
	k := &taker{}
	_, err := relay.New(t.Context(), f.store, f.clock, slog.New(slog.DiscardHandler), []relay.Consumer{k.consumer("k"), k.consumer("k")}, relay.Options{})
	require.ErrorContains(t, err, `"k"`)
}
