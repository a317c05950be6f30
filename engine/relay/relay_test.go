package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/relay"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

func entry(t *testing.T, seq int64, kind store.OutboxKind, id string, document any) store.Outbox {
	t.Helper()
	body, err := json.Marshal(document)
	require.NoError(t, err)
	return store.Outbox{Seq: seq, Kind: kind, ID: id, Body: body}
}

func TestEntryStaysUntilItsActSucceeds(t *testing.T) {
	ctx := context.Background()
	s := memstore.New(memstore.Options{Lazy: true})
	_, err := s.StartCommitted(ctx, store.Run{ID: "r1", Status: core.Active, Rev: 1, StartedAt: 1}, []store.Outbox{
		entry(t, 1, store.PutTask, "t1", store.Task{RunID: "r1", Users: []string{"ann"}}),
		entry(t, 2, store.PutSubscription, "w1", store.Subscription{RunID: "r1", Wait: "w1", Name: "paid"}),
		entry(t, 3, store.StartChildRun, "c1", map[string]string{}),
	}, 0, false)
	require.NoError(t, err)

	var looked, started int
	refuse := errors.New("not now")
	r := relay.New(s, map[store.OutboxKind]relay.Act{
		store.PutSubscription: func(ctx context.Context, _ store.Run, e store.Outbox) error {
			looked++
			// By now the subscription is there for a publisher to find.
			subs, err := s.FindSubscriptions(ctx, "paid", "", "", 10)
			require.NoError(t, err)
			require.Len(t, subs, 1)
			return nil
		},
		store.StartChildRun: func(context.Context, store.Run, store.Outbox) error {
			started++
			return refuse
		},
	})
	n, err := r.Sweep(ctx, 10, nil)
	require.ErrorIs(t, err, refuse)
	require.Equal(t, 1, n)
	run, err := s.Load(ctx, "r1")
	require.NoError(t, err)
	require.Len(t, run.Outbox, 1, "only what could not be done is left")
	require.Equal(t, "c1", run.Outbox[0].ID)
	task, err := s.Task(ctx, "t1")
	require.NoError(t, err)
	require.Equal(t, store.TaskOpen, task.Status)

	refuse = nil
	_, err = r.Sweep(ctx, 10, nil)
	require.NoError(t, err)
	require.Equal(t, 1, looked)
	require.Equal(t, 2, started)
	n, err = r.Sweep(ctx, 10, nil)
	require.NoError(t, err)
	require.Zero(t, n)
}
