package apptest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// A run whose state a disk has damaged is shown with what is known of it, moves
// nowhere, and is canceled by an operator; others go on beside it.
//
// covers U-49
func TestOperatorCancelsARunThatCannotBeRead(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "two-tasks", fmt.Sprintf(twoTasks, "two-tasks", "", "first", "first", "first"))
		runs := startRuns(t, w, "two-tasks", 2)
		ctx := context.Background()
		engine := w.App.Stores.Engine
		damaged, err := engine.Load(ctx, core.RunID(runs[0]))
		require.NoError(t, err)
		damaged.State = []byte("\x01{damaged")
		_, err = engine.Commit(ctx, store.Commit{ID: damaged.ID, Rev: damaged.Rev, Run: damaged})
		require.NoError(t, err)

		oscar := w.As("oscar")
		shown := oscar.Get("/runs/" + runs[0]).Expect(200)
		require.NotEmpty(t, shown.Text("problem"))
		require.Equal(t, "first", shown.Text("waits.0.node"))
		outlook := oscar.Get("/runs/" + runs[0] + "/outlook").Expect(200)
		require.Equal(t, "held", outlook.Text("verdict"))
		require.Equal(t, "cancel", outlook.Text("findings.0.repairs.0.action"))
		refused := oscar.Post("/runs/"+runs[0]+"/actions", map[string]any{"action": "move", "node": "first", "to": "second"}).Problem(409, "action_refused")
		require.Equal(t, "state_unreadable", refused.Text("reason"))
		oscar.Post("/runs/"+runs[0]+"/actions", map[string]any{"action": "migrate"}).Problem(409, "action_refused")

		cancel := map[string]any{"action": "cancel", "reason": "damaged"}
		require.Equal(t, "canceled", oscar.Post("/runs/"+runs[0]+"/actions/preview", cancel).Expect(200).Text("after.status"))
		w.As("marta").Post("/runs/"+runs[0]+"/actions", cancel).Problem(403, "forbidden")
		done := oscar.Post("/runs/"+runs[0]+"/actions", cancel).Expect(202)
		require.Equal(t, "canceled", done.Text("outcome.after.status"))
		require.Equal(t, "canceled", oscar.Get("/runs/"+runs[0]).Expect(200).Text("status"))
		require.Equal(t, "run.cancel", w.As("ada").Get("/audit?object=run:"+runs[0]).Expect(200).Text("items.0.action"))
		oscar.Post("/runs/"+runs[0]+"/actions", cancel).Problem(409, "run_ended")
		if tasks := oscar.Get("/tasks?view=mine").Expect(200); tasks.Len("items") != 1 {
			_, err := w.App.Host.Tick(ctx) // the copy is late
			require.NoError(t, err)
			require.Equal(t, 1, oscar.Get("/tasks?view=mine").Expect(200).Len("items"), "its task is gone, that of the other run is there")
		}
	})
}
