package apptest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/repair"
)

// wave has a branch with a timer and a task, a join, and a task after it: %[1]s is the
// first task's id, %[3]s its name, %[2]s what the version has beside.
const wave = `{"format":"fluxo/process@1","key":"wave","name":"Wave","variables":[{"name":"n","type":"number","default":1}],
	"nodes":[{"id":"s","kind":"startEvent"},{"id":"both","kind":"parallelGateway"},
		{"id":"%[1]s","kind":"userTask","name":"%[3]s","config":{"assignee":{"expr":"run.startedBy"}}},
		{"id":"late","kind":"boundaryEvent","attachedTo":"%[1]s","interrupting":false,"trigger":{"timer":{"after":"P2D"}}},
		{"id":"bill","kind":"userTask","name":"Bill","config":{"assignee":{"expr":"run.startedBy"}}},
		{"id":"meet","kind":"parallelGateway"},{"id":"last","kind":"userTask","name":"Last","config":{"assignee":"marta"}},{"id":"e","kind":"endEvent"},{"id":"e2","kind":"endEvent"}%[2]s],
	"flows":[{"id":"f1","from":"s","to":"both"},{"id":"f2","from":"both","to":"%[1]s"},{"id":"f3","from":"both","to":"bill"},{"id":"f4","from":"%[1]s","to":"meet"},
		{"id":"f5","from":"bill","to":"meet"},{"id":"f6","from":"meet","to":"last"},{"id":"f7","from":"last","to":"e"},{"id":"f8","from":"late","to":"e2"}]}`

// standOf is a run's state without what only counts: how many records there are, and
// when the last event was.
func standOf(t *testing.T, w *apptest.World, run string) string {
	t.Helper()
	r, err := w.App.Stores.Engine.Load(context.Background(), core.RunID(run))
	require.NoError(t, err)
	state, err := codec.Decode(r.State)
	require.NoError(t, err)
	text, err := json.Marshal(state.Snapshot())
	require.NoError(t, err)
	var members map[string]any
	require.NoError(t, json.Unmarshal(text, &members))
	for _, counts := range []string{"Seq", "seq", "At", "at"} {
		delete(members, counts)
	}
	text, err = json.Marshal(members)
	require.NoError(t, err)
	timers, err := w.App.Stores.Engine.RunTimers(context.Background(), core.RunID(run))
	require.NoError(t, err)
	for _, timer := range timers {
		text = fmt.Appendf(text, " %s due %d", timer.Wait, timer.DueAt)
	}
	return string(text)
}

// A migration gives a verdict for each run before anything is done, goes on exactly
// where a server died in the middle of it, does nothing twice, and can be taken back:
// then every run is as it was.
//
// covers 5.6, U-18, U-22, U-23, U-46
func TestMigrationIsResumedAndTakenBackToTheSameState(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{SQLite: true})
	publishText(t, w, "wave", fmt.Sprintf(wave, "pack", "", "Pack it"))
	const runs = 24
	all := startRuns(t, w, "wave", runs)
	oscar := w.As("oscar")
	done := func(run, node string) {
		a := oscar.Get("/runs/" + run).Expect(200)
		for i := range a.Len("waits") {
			if at := fmt.Sprintf("waits.%d.", i); a.Text(at+"node") == node && a.Text(at+"taskId") != "" {
				oscar.Post("/tasks/"+a.Text(at+"taskId")+"/completion", map[string]any{}).Expect(200)
			}
		}
	}
	// A third stand at the start, a third wait at the join, a third are past it; one has ended.
	for i, run := range all {
		if i%3 > 0 {
			done(run, "bill")
		}
		if i%3 > 1 {
			done(run, "pack")
		}
	}
	oscar.Post("/runs/"+all[0]+"/actions", map[string]any{"action": "cancel"}).Expect(202)
	before := map[string]string{}
	history := map[string]int{}
	for _, run := range all {
		before[run] = standOf(t, w, run)
		history[run] = oscar.Get("/runs/" + run + "/records?limit=1000").Expect(200).Len("items")
	}
	tasks := func() map[string]bool {
		ids := map[string]bool{}
		for _, login := range []string{"oscar", "marta"} {
			list := w.As(login).Get("/tasks?view=mine&limit=100").Expect(200)
			for i := range list.Len("items") {
				id := list.Text(fmt.Sprintf("items.%d.id", i))
				require.False(t, ids[id], "a task appears twice")
				ids[id] = true
			}
		}
		return ids
	}
	open := tasks()
	publishText(t, w, "wave", fmt.Sprintf(wave, "wrap", `,{"id":"note","kind":"task","name":"Aside"}`, "Wrap it"))

	choose := map[string]any{"wish": map[string]any{"action": "migrate", "version": 2}, "select": map[string]any{"runs": all}}
	verdicts := map[string]int{}
	seen := oscar.Post("/repairs/preview?limit=100", choose).Expect(200)
	for i := range seen.Len("items") {
		verdicts[seen.Text(fmt.Sprintf("items.%d.verdict", i))]++
	}
	require.Equal(t, map[string]int{"needsChoice": 15, "moves": 8, "cannot": 1}, verdicts, "without a word of what pack is called now")
	wish := map[string]any{"action": "migrate", "version": 2, "nodes": map[string]any{"pack": "wrap"}, "flows": map[string]any{"f4": "f4"}, "reason": "a new form"}
	job := oscar.Post("/repairs", map[string]any{"wish": wish, "select": map[string]any{"runs": all}}).Expect(202).Text("id")
	ended(t, w, job)
	require.EqualValues(t, runs-1, oscar.Get("/repairs/"+job).Expect(200).At("changed"))

	// As a server leaves it that dies in the middle of the wave: some runs have moved and
	// their lines are not written.
	ctx := context.Background()
	lines, err := docstore.NewTyped[repair.Result](ctx, w.App.Stores.Documents, docstore.Spec{Name: "repairResults", Indexes: []docstore.Index{
		{Paths: []string{"job", "n"}}, {Paths: []string{"job", "status", "n"}}}})
	require.NoError(t, err)
	jobs, err := docstore.NewTyped[repair.Job](ctx, w.App.Stores.Documents, docstore.Spec{Name: "repairJobs", Indexes: []docstore.Index{
		{Paths: []string{"open", "createdAt"}}, {Paths: []string{"createdAt"}}}})
	require.NoError(t, err)
	written, _, err := lines.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "job", Op: docstore.Eq, Value: job}}, Sort: "n", Limit: 100})
	require.NoError(t, err)
	require.Len(t, written, runs)
	for i, line := range written {
		if i%2 == 0 {
			line.Status, line.Outcome = "pending", repair.Outcome{}
			_, err = lines.Save(ctx, line)
			require.NoError(t, err)
		}
	}
	_, err = jobs.Update(ctx, job, func(j *repair.Job) ([]docstore.Event, error) { j.Status, j.Open = "running", true; return nil, nil })
	require.NoError(t, err)
	w.Restart(time.Second)
	w.SignOutAll()
	oscar = w.As("oscar")
	ended(t, w, job)
	require.EqualValues(t, runs-1, oscar.Get("/repairs/"+job).Expect(200).At("changed"))
	require.Equal(t, open, tasks(), "no task is lost, none is made again")
	for i, run := range all[1:] {
		detail := oscar.Get("/runs/" + run).Expect(200)
		require.EqualValues(t, 2, detail.At("version"))
		records := oscar.Get("/runs/" + run + "/records?limit=1000").Expect(200)
		migrated := 0
		entered := map[string]int{}
		for k := range records.Len("items") {
			switch at := fmt.Sprintf("items.%d.", k); records.Text(at + "kind") {
			case "runMigrated":
				migrated++
			case "nodeEntered":
				entered[records.Text(at+"node")]++
				require.NotEmpty(t, records.Text(at+"text"))
			}
		}
		require.Equal(t, 1, migrated, "moved once")
		require.Equal(t, history[run]+1, records.Len("items"), "nothing but the move: no finished step runs again")
		for node, n := range entered {
			require.Equal(t, 1, n, "%s in run %d", node, i+1)
		}
		// The step that the new version does not have is told by its name all the same.
		require.Contains(t, string(records.Raw), "Pack it")
		past := oscar.Get(fmt.Sprintf("/runs/%s/past?seq=%d", run, history[run])).Expect(200)
		require.NotEmpty(t, past.Text("nodeStates.pack.status"), "the moment before is drawn as it was")
		require.EqualValues(t, 1, past.At("version"), "on the version of then")
		now := oscar.Get(fmt.Sprintf("/runs/%s/past?seq=%d", run, history[run]+1)).Expect(200)
		require.EqualValues(t, 2, now.At("version"))
		require.NotEmpty(t, now.Text("nodeStates.wrap.status"))
	}

	back := oscar.Post("/repairs/"+job+"/take-back", map[string]any{"reason": "the old form"}).Expect(202).Text("id")
	ended(t, w, back)
	require.EqualValues(t, runs-1, oscar.Get("/repairs/"+back).Expect(200).At("changed"))
	for _, run := range all {
		require.Equal(t, before[run], standOf(t, w, run))
	}
	require.Equal(t, open, tasks())
	// And they end as if nothing had been.
	for _, run := range all[1:] {
		done(run, "bill")
		done(run, "pack")
		require.Equal(t, "last", oscar.Get("/runs/"+run).Expect(200).Text("nodes.0"))
	}
}
