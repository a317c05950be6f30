package feed_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/feed"
)

type bell []string

func (b *bell) NotificationAdded(_ context.Context, user, id string) { *b = append(*b, user+" "+id) }

func TestServiceTellsOnceAndKeepsPeopleApart(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	var rung bell
	s, err := feed.New(t.Context(), memstore.New(c.Now), c, &rung)
	require.NoError(t, err)
	tell := func(id, user string) {
		n := feed.Notification{UserID: user, Kind: "task", Text: "Approve the contract"}
		n.Entity = docstore.Entity{ID: id}
		require.NoError(t, s.Tell(t.Context(), n))
		c.Advance(time.Second)
	}
	tell("e1", "marta")
	tell("e1", "marta")
	tell("e2", "marta")
	tell("e3", "henrik")
	require.Equal(t, bell{"marta e1", "marta e2", "henrik e3"}, rung)

	items, next, err := s.List(t.Context(), "marta", false, 10, "")
	require.NoError(t, err)
	require.Empty(t, next)
	require.Len(t, items, 2)
	require.Equal(t, "e2", items[0].ID)

	require.NoError(t, s.MarkRead(t.Context(), "henrik", []string{"e1"}), "a foreign id is passed over")
	n, err := s.Unread(t.Context(), "marta")
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.NoError(t, s.MarkRead(t.Context(), "marta", nil))
	n, err = s.Unread(t.Context(), "marta")
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = s.Unread(t.Context(), "henrik")
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func TestALineThatGrowsIsRenewedAndSettled(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	var rung bell
	s, err := feed.New(t.Context(), memstore.New(c.Now), c, &rung)
	require.NoError(t, err)
	renew := func(text, mark string) feed.Notification {
		n := feed.Notification{UserID: "oscar", Kind: "incident", Text: text}
		n.ID = "stands"
		require.NoError(t, s.Renew(t.Context(), n, mark))
		c.Advance(time.Second)
		all, _, err := s.List(t.Context(), "oscar", false, 10, "")
		require.NoError(t, err)
		require.Len(t, all, 1)
		return all[0]
	}
	renew("One stands", "i1")
	require.NoError(t, s.MarkRead(t.Context(), "oscar", nil))
	require.True(t, renew("One stands", "i1").Read, "a known mark changes nothing")
	two := renew("Two stand", "i2")
	require.False(t, two.Read)
	require.Equal(t, "Two stand", two.Text)
	require.NoError(t, s.Settle(t.Context(), []string{"stands", "unknown"}))
	n, err := s.Unread(t.Context(), "oscar")
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, bell{"oscar stands", "oscar stands", "oscar stands#read"}, rung)
}
