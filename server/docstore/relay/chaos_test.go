package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/docstore/relay"
)

// breaking is a store whose writes fail at random: before the write, as when the
// process dies, or after it, as when the answer is lost.
type breaking struct {
	docstore.Store
	fails func() int // 0 = works, 1 = before, 2 = after
}

var errBroken = errors.New("store broke")

func (s *breaking) around(write func() error) error {
	how := s.fails()
	if how == 1 {
		return errBroken
	}
	if err := write(); err != nil || how == 0 {
		return err
	}
	return errBroken
}

func (s *breaking) Delivered(ctx context.Context, ds []docstore.Delivery) error {
	return s.around(func() error { return s.Store.Delivered(ctx, ds) })
}

func (s *breaking) Collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	c, err := s.Store.Collection(ctx, spec)
	return &breakingCollection{c, s}, err
}

type breakingCollection struct {
	docstore.Collection
	store *breaking
}

func (c *breakingCollection) Save(ctx context.Context, d docstore.Document, events ...docstore.Event) (docstore.Document, error) {
	var saved docstore.Document
	err := c.store.around(func() (err error) {
		saved, err = c.Collection.Save(ctx, d, events...)
		return err
	})
	return saved, err
}

func (c *breakingCollection) Delete(ctx context.Context, id string, rev int64, events ...docstore.Event) error {
	return c.store.around(func() error { return c.Collection.Delete(ctx, id, rev, events...) })
}

// TestRelayUnderChaos: whatever fails, every consumer sees every event, and sees
// each for the first time in the order of its document.
func TestRelayUnderChaos(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		fake := clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
		inner := memstore.New(fake.Now)
		chaos := true
		// Not drawn: the relay calls from its own goroutines (one at a time).
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		percent := func(n int) bool { return chaos && random.IntN(100) < n }
		store := &breaking{Store: inner, fails: func() int {
			if !percent(15) {
				return 0
			}
			return 1 + random.IntN(2)
		}}
		seen := map[string]int64{} // consumer and document -> highest number seen
		violation := ""
		consumer := func(name string) relay.Consumer {
			return relay.Consumer{Name: name, Take: func(_ context.Context, d docstore.Delivery) error {
				key := name + " " + d.DocumentID
				if d.Seq > seen[key]+1 {
					violation = fmt.Sprintf("%s sees event %d before %d", key, d.Seq, seen[key]+1)
				}
				taken := percent(70) || !chaos
				if taken || percent(50) {
					seen[key] = max(seen[key], d.Seq)
				}
				if !taken {
					return errBroken
				}
				return nil
			}}
		}
		open := func() *relay.Relay {
			// One worker: a trial must repeat itself when rapid shrinks it.
			r, err := relay.New(ctx, store, fake, slog.New(slog.DiscardHandler), []relay.Consumer{consumer("a"), consumer("b")},
				relay.Options{Workers: 1, Batch: rapid.IntRange(1, 4).Draw(rt, "batch"), MaxBackoff: 4 * time.Second})
			require.NoError(rt, err)
			return r
		}
		r := open()
		docs, err := inner.Collection(ctx, docstore.Spec{Name: "deals"})
		require.NoError(rt, err)
		written := map[string]int64{}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0, 1:
				id := rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "document")
				d, err := docs.Get(ctx, id)
				if errors.Is(err, docstore.ErrNotFound) {
					d = docstore.Document{ID: id, Body: json.RawMessage(`{}`)}
				}
				_, err = docs.Save(ctx, d, docstore.Event{Kind: "e"})
				require.NoError(rt, err)
				written[id]++
			case 2:
				if _, err := r.Tick(ctx); err != nil {
					require.ErrorIs(rt, err, errBroken)
				}
			case 3:
				fake.Advance(time.Duration(rapid.IntRange(1, 5).Draw(rt, "seconds")) * time.Second)
			case 4:
				r = open() // as after a crash
			}
		}
		require.Empty(rt, violation)
		chaos = false
		for range 60 {
			_, err := r.Tick(ctx)
			require.NoError(rt, err)
			fake.Advance(5 * time.Second)
		}
		require.Empty(rt, violation)
		for id, n := range written {
			for _, name := range []string{"a", "b"} {
				require.Equal(rt, n, seen[name+" "+id], fmt.Sprintf("%s of %s", id, name))
			}
		}
		pending, err := inner.Pending(ctx, 1)
		require.NoError(rt, err)
		require.Empty(rt, pending)
		parked, _, err := r.Parked(ctx, "")
		require.NoError(rt, err)
		require.Empty(rt, parked)
	})
}
