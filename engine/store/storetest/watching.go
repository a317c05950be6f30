package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var watchingChecks = []check{
	{"Watching", watching},
	{"WatchingTasks", watchingTasks},
	{"WatchingNotices", watchingNotices},
}

// watched is the store as watchers see it; a store for one process has no such side.
func (f *fixture) watched() store.Watching {
	f.Helper()
	w, ok := f.store.(store.Watching)
	if !ok {
		f.Skip("only one process uses this store")
	}
	return w
}

func watching(f *fixture) {
	w, ctx := f.watched(), f.Context()
	last, err := w.LastChange(ctx, "contract")
	f.ok(err)
	require.Zero(f, last)

	run := f.start("r1")
	f.start("r2")
	started, err := w.LastChange(ctx, "contract")
	f.ok(err)
	require.Positive(f, started)

	run.Seq = 7
	f.step(run)
	seqs, err := w.Seqs(ctx, []core.RunID{"r1", "r2", "none"})
	f.ok(err)
	require.Equal(f, map[core.RunID]int64{"r1": 7, "r2": 0}, seqs)
	stepped, err := w.LastChange(ctx, "contract")
	f.ok(err)
	require.GreaterOrEqual(f, stepped, started)
	other, err := w.LastChange(ctx, "another")
	f.ok(err)
	require.Zero(f, other)
}

// watchingTasks: every change is found by a reader who goes on from the last
// instant, in the order of the changes and not of the openings; what a late copy
// closes is told with the body, and a bare tombstone is not told at all.
func watchingTasks(f *fixture) {
	w, ctx := f.watched(), f.Context()
	changed := func(since core.Instant) (ids []string, statuses []store.TaskStatus, until core.Instant) {
		f.Helper()
		list, err := w.ChangedTasks(ctx, since, 10)
		f.ok(err)
		until = since
		for _, t := range list {
			require.GreaterOrEqual(f, t.ChangedAt, until)
			ids, statuses, until = append(ids, t.ID), append(statuses, t.Status), t.ChangedAt
		}
		return ids, statuses, until
	}
	ids, _, _ := changed(0)
	require.Empty(f, ids)
	f.task("t1", store.Task{Users: []string{"anna"}})
	f.task("t2", store.Task{Users: []string{"anna"}})
	ids, _, _ = changed(0)
	require.ElementsMatch(f, []string{"t1", "t2"}, ids)

	t, err := f.store.Task(ctx, "t1")
	f.ok(err)
	t.Status, t.ClaimedBy = store.TaskClaimed, "anna"
	_, err = f.store.UpdateTask(ctx, t)
	f.ok(err)
	_, _, until := changed(0)
	ids, statuses, _ := changed(until)
	require.Contains(f, ids, "t1")
	require.Contains(f, statuses, store.TaskClaimed)

	f.copy("r1", f.end(store.EndTask, "t2", "", 5000))
	f.copy("r1", f.end(store.EndTask, "t3", "canceled", 5000))
	ids, statuses, until = changed(until)
	require.NotContains(f, ids, "t3")
	require.Equal(f, "t2", ids[len(ids)-1])
	require.Equal(f, store.TaskCompleted, statuses[len(statuses)-1])

	f.task("t3", store.Task{Users: []string{"anna"}})
	ids, statuses, _ = changed(until)
	require.Equal(f, "t3", ids[len(ids)-1])
	require.Equal(f, store.TaskCanceled, statuses[len(statuses)-1])

	list, err := w.ChangedTasks(ctx, 0, 2)
	f.ok(err)
	require.Len(f, list, 2)
}

// watchingNotices: a notice is kept once, with the instant of its first writing.
func watchingNotices(f *fixture) {
	w, ctx := f.watched(), f.Context()
	f.ok(w.PutNotice(ctx, store.Notice{ID: "n1", Topic: "board:sales", Body: []byte(`{"a.b":1}`)}))
	f.ok(w.PutNotice(ctx, store.Notice{ID: "n1", Topic: "board:sales", Body: []byte(`{"again":true}`)}))
	f.ok(w.PutNotice(ctx, store.Notice{ID: "n2", Topic: "inbox:anna", Body: []byte(`{}`)}))
	list, err := w.Notices(ctx, 0, 10)
	f.ok(err)
	require.Len(f, list, 2)
	first := list[0]
	if first.ID == "n2" { // in the same millisecond
		first = list[1]
	}
	require.JSONEq(f, `{"a.b":1}`, string(first.Body))
	require.Equal(f, "board:sales", first.Topic)
	require.Positive(f, first.At)
	later, err := w.Notices(ctx, list[1].At+1, 10)
	f.ok(err)
	require.Empty(f, later)
	one, err := w.Notices(ctx, 0, 1)
	f.ok(err)
	require.Len(f, one, 1)
	f.ok(w.PurgeNotices(ctx, list[1].At+1))
	list, err = w.Notices(ctx, 0, 10)
	f.ok(err)
	require.Empty(f, list)
}
