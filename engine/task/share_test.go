package task_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/task"
)

// Processes deliver the decisions of their own runs, and after a while those that
// a process left that is not there any more.
func TestProcessesShareTheSweepOfDecisions(t *testing.T) {
	const runs = 40
	d := newDesk(t)
	services, members := []*task.Service{}, []*share.Members{}
	for _, name := range []string{"a", "b"} {
		m := share.New(share.Options{Store: d.store, Clock: d.clock, Owner: name})
		members = append(members, m)
		services = append(services, task.New(task.Options{Store: d.store, Acceptor: d, Clock: d.clock, Members: m}))
	}
	for range 2 {
		for _, m := range members {
			require.NoError(t, m.Tick(d.ctx))
		}
	}
	for i := range runs {
		run := core.RunID(fmt.Sprintf("r%d", i))
		body, err := json.Marshal(store.Task{ID: string(run) + ":1", RunID: run, Node: "n", Kind: "userTask", Users: []string{"ann"}, Config: json.RawMessage("{}")})
		require.NoError(t, err)
		require.NoError(t, d.store.Copy(d.ctx, run, []store.Outbox{{Seq: 1, Kind: store.PutTask, ID: string(run) + ":1", Body: body}}))
		_, err = d.service.Complete(d.ctx, string(run)+":1", user("ann"), task.Answer{UndoFor: time.Second})
		require.NoError(t, err)
	}
	d.clock.Advance(2 * time.Second)
	first, err := services[0].Tick(d.ctx)
	require.NoError(t, err)
	require.Greater(t, first, 0)
	require.Less(t, first, runs, "the rest is the other's")
	again, err := services[0].Tick(d.ctx)
	require.NoError(t, err)
	require.Zero(t, again)
	d.clock.Advance(15 * time.Second) // the other one does not come
	rest, err := services[0].Tick(d.ctx)
	require.NoError(t, err)
	require.Equal(t, runs, first+rest)
	require.Len(t, d.arrived, runs)
}
