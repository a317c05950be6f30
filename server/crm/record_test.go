package crm_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
)

// TestDealsOfAFormerReleaseAreRecords opens what was written when there were only deals.
func TestDealsOfAFormerReleaseAreRecords(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }
	store := memstore.New(now)
	write := func(collection, id, body string, events ...docstore.Event) {
		c, err := store.Collection(t.Context(), docstore.Spec{Name: collection})
		require.NoError(t, err)
		_, err = c.Save(t.Context(), docstore.Document{ID: id, Body: json.RawMessage(body)}, events...)
		require.NoError(t, err)
	}
	write("pipelines", "sales", `{"key":"sales","name":"Sales","recordType":"deal","stages":[{"id":"new","name":"New","kind":"normal"},{"id":"won","name":"Won","kind":"success"},{"id":"lost","name":"Lost","kind":"failure"}]}`)
	write("deals", "d1", `{"title":"Pumps","pipelineId":"sales","stageId":"new","stageSince":"2026-03-01T09:00:00.000Z","amount":700,"currency":"EUR","products":[],"sum":"new EUR","expectedCloseAt":null,"deletedAt":null}`,
		docstore.Event{Kind: "deal.created", Actor: "marta", Body: json.RawMessage(`{"card":{"id":"d1","title":"Pumps"},"pipeline":"sales"}`)})

	s, err := crm.New(t.Context(), crm.Options{Store: store, People: people{"marta": "Marta"}, Now: now})
	require.NoError(t, err)
	d, err := s.Record(t.Context(), crm.TypeDeal, "d1")
	require.NoError(t, err)
	require.Equal(t, crm.TypeDeal, d.Type)
	_, err = s.Record(t.Context(), crm.TypeLead, "d1")
	require.Equal(t, "not_found", code(err))
	board, err := s.Board(t.Context(), "sales", crm.ListQuery{})
	require.NoError(t, err)
	require.Equal(t, crm.TypeDeal, board.Pipeline.Type)
	require.EqualValues(t, 700, board.Columns[0].Sum.Amount)
	all, _, err := s.Records(t.Context(), crm.TypeDeal, crm.ListQuery{})
	require.NoError(t, err)
	require.Len(t, all, 1)
	_, err = s.MoveRecord(t.Context(), crm.Change{Actor: "marta"}, crm.TypeDeal, "d1", d.Rev, "won", "")
	require.NoError(t, err)

	pending, err := store.Pending(t.Context(), 10)
	require.NoError(t, err)
	for _, p := range pending {
		require.NoError(t, s.Consume(t.Context(), p))
	}
	story, _, err := s.Timeline(t.Context(), crm.TypeDeal, "d1", 0, "")
	require.NoError(t, err)
	kinds := map[string]string{}
	for _, e := range story {
		kinds[e.Kind] = e.ID
	}
	require.Equal(t, map[string]string{"created": "deals-d1-1", "stageChanged": "records-d1-2"}, kinds, "an entry that was told before is not told twice")
}
