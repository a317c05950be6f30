package storetest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/store/storetest"
)

// Stores with the mistakes that the protocol exists to avoid. The walk must find
// every one of them.

// replacing writes the whole document from its snapshot: what was pushed between
// read and write is gone.
type replacing struct{ store.Store }

func (s replacing) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	run, err := s.Load(ctx, c.ID)
	if err != nil {
		return store.Run{}, err
	}
	for i, e := range run.Inbox {
		if i >= c.Seen {
			c.Consumed = append(c.Consumed, e.ID)
		}
	}
	return s.Store.Commit(ctx, c)
}

// sleepy takes readyAt back without looking for late arrivals.
type sleepy struct{ store.Store }

func (s sleepy) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	c.Seen = 1 << 30
	return s.Store.Commit(ctx, c)
}

// careless commits whatever the rev is.
type careless struct{ store.Store }

func (s careless) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	run, err := s.Load(ctx, c.ID)
	if err != nil {
		return store.Run{}, err
	}
	c.Rev = run.Rev
	return s.Store.Commit(ctx, c)
}

// tidy deletes what is closed at once: a late relay resurrects it.
type tidy struct{ store.Store }

func (s tidy) Copy(ctx context.Context, run core.RunID, entries []store.Outbox) error {
	if err := s.Store.Copy(ctx, run, entries); err != nil {
		return err
	}
	_, err := s.Purge(ctx, 1<<60, store.MaxLimit)
	return err
}

// forgetful drops outbox entries that nobody has copied.
type forgetful struct{ store.Store }

func (s forgetful) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	for _, o := range c.Run.Outbox {
		c.Relayed = append(c.Relayed, o.Seq)
	}
	return s.Store.Commit(ctx, c)
}

// repeating has no memory of accepted events.
type repeating struct{ store.Store }

func (s repeating) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	c.Run.Recent = nil
	return s.Store.Commit(ctx, c)
}

func TestWalkFindsMistakes(t *testing.T) {
	cases := []struct {
		name  string
		wrong func(store.Store) store.Store
	}{
		{"commit replaces the document", func(s store.Store) store.Store { return replacing{s} }},
		{"commit loses a wake-up", func(s store.Store) store.Store { return sleepy{s} }},
		{"commit ignores the rev", func(s store.Store) store.Store { return careless{s} }},
		{"closed documents are deleted", func(s store.Store) store.Store { return tidy{s} }},
		{"outbox is forgotten uncopied", func(s store.Store) store.Store { return forgetful{s} }},
		{"events are not remembered", func(s store.Store) store.Store { return repeating{s} }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(400) {
				if err := storetest.Walk(t.Context(), c.wrong(memstore.New(memstore.Options{Lazy: true})), seed); err != nil {
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Fatal("400 walks have found nothing")
		})
	}
}

func TestFaultyIsRepeatable(t *testing.T) {
	trace := func() (fates []string) {
		s := storetest.NewFaulty(memstore.New(memstore.Options{}), 42, storetest.Faults{Lost: 0.3, Unheard: 0.3})
		_, err := s.Start(t.Context(), store.Run{ID: "r", Status: core.Active})
		for range 40 {
			_, accepted := s.Accept(t.Context(), "r", core.Event{ID: "e"})
			fates = append(fates, errors.Join(err, accepted).Error())
		}
		return fates
	}
	first := trace()
	require.Equal(t, first, trace())
	require.Contains(t, first, storetest.ErrInjected.Error())
}

func TestFaultyCrashes(t *testing.T) {
	inner := memstore.New(memstore.Options{})
	s := storetest.NewFaulty(inner, 1, storetest.Faults{})
	s.CrashAfter(1)
	_, err := s.Start(t.Context(), store.Run{ID: "r", Status: core.Active})
	require.NoError(t, err)
	for range 3 {
		_, err = s.Load(t.Context(), "r")
		require.ErrorIs(t, err, storetest.ErrCrashed)
	}
	s.Restart()
	_, err = s.Load(t.Context(), "r")
	require.NoError(t, err)
	require.Equal(t, 5, s.Calls())

	both, ok := s.WithTransactions()
	require.True(t, ok)
	_, err = both.StartCommitted(t.Context(), store.Run{ID: "r2", Status: core.Active}, nil, 0, true)
	require.NoError(t, err)
	_, ok = storetest.NewFaulty(storetest.NewFaulty(inner, 1, storetest.Faults{}), 1, storetest.Faults{}).WithTransactions()
	require.False(t, ok)
}

func TestWalkMany(t *testing.T) {
	for seed := range uint64(600) {
		s := memstore.New(memstore.Options{Lazy: seed%2 == 0})
		require.NoError(t, storetest.Walk(t.Context(), s, seed), "seed %d", seed)
	}
}
