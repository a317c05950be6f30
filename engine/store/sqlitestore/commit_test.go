package sqlitestore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// A committer that says how the run was spares the store reading it. What came in
// between, an event or another commit, is seen all the same.
func TestCommitUponWhatTheRunWas(t *testing.T) {
	s, db := openDB(t)
	start := func(id core.RunID) store.Run {
		run, err := s.Start(t.Context(), store.Run{ID: id, DefinitionKey: "d", Version: 1, Status: core.Active, StartedAt: 5,
			Inbox: []core.Event{{ID: "start", Kind: core.RunStarted, At: 5}}})
		require.NoError(t, err)
		return run
	}
	step := func(run store.Run, consumed ...string) store.Commit {
		was := run
		run.Seq++
		run.Nodes = []core.NodeID{"wait"}
		return store.Commit{ID: run.ID, Rev: run.Rev, Run: run, Was: &was, Seen: len(run.Inbox), Consumed: consumed, Immediate: true}
	}
	rows := func(query string, args ...any) (n int) {
		require.NoError(t, db.QueryRow(t.Context(), query, args...).Scan(&n))
		return n
	}

	t.Run("as it was", func(t *testing.T) {
		after, err := s.Commit(t.Context(), step(start("plain"), "start"))
		require.NoError(t, err)
		stored, err := s.Load(t.Context(), "plain")
		require.NoError(t, err)
		require.Equal(t, stored.Nodes, after.Nodes)
		require.Equal(t, stored.Rev, after.Rev)
		require.EqualValues(t, 2, stored.Rev)
		require.Empty(t, stored.Inbox)
		require.Equal(t, 1, rows(`SELECT count(*) FROM run_mark WHERE run_id = 'plain'`))

		ended := step(after)
		ended.Run.Status, ended.Run.EndedAt, ended.Run.Nodes = core.Completed, 9, nil
		_, err = s.Commit(t.Context(), ended)
		require.NoError(t, err)
		require.Zero(t, rows(`SELECT count(*) FROM run_mark WHERE run_id = 'plain'`))
		require.Equal(t, 1, rows(`SELECT n FROM run_count WHERE definition_key = 'd' AND kind = 'status' AND key = 'completed'`))
		require.Zero(t, rows(`SELECT n FROM run_count WHERE definition_key = 'd' AND kind = 'node' AND key = 'wait'`))
	})
	t.Run("an event has come", func(t *testing.T) {
		run := start("event")
		_, err := s.Accept(t.Context(), "event", core.Event{ID: "late", Kind: core.TimerFired, At: 6})
		require.NoError(t, err)
		after, err := s.Commit(t.Context(), step(run, "start"))
		require.NoError(t, err)
		require.Len(t, after.Inbox, 1)
		require.Equal(t, "late", after.Inbox[0].ID)
		require.NotZero(t, after.ReadyAt, "a wake-up is never lost")
	})
	t.Run("somebody was faster", func(t *testing.T) {
		run := start("race")
		_, err := s.Commit(t.Context(), step(run, "start"))
		require.NoError(t, err)
		_, err = s.Commit(t.Context(), step(run, "start"))
		require.ErrorIs(t, err, store.ErrConflict)
	})
	t.Run("an entry that cannot be read stays", func(t *testing.T) {
		c := step(start("bad"), "start")
		c.Outbox = []store.Outbox{{Seq: 1, Kind: store.PutTimer, ID: "t1", Body: []byte(`[]`)}, {Seq: 2, Kind: store.PutTimer, ID: "t2", Body: []byte(`{"dueAt":7}`)}}
		after, err := s.Commit(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, after.Outbox, 1)
		stored, err := s.Load(t.Context(), "bad")
		require.NoError(t, err)
		require.Equal(t, after.Outbox, stored.Outbox)
		require.Equal(t, 1, rows(`SELECT count(*) FROM timer WHERE id = 't2'`))

		again, err := s.Commit(t.Context(), func() store.Commit { c := step(stored); c.Relayed = []int64{1}; return c }())
		require.NoError(t, err)
		require.Empty(t, again.Outbox)
		require.Zero(t, rows(`SELECT count(*) FROM run WHERE id = 'bad' AND outbox IS NOT NULL`))
	})
}
