package sqlitestore

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// TestWorklistsOfFormerVersions opens a database as the version before the
// indexes of worklists has left it.
func TestWorklistsOfFormerVersions(t *testing.T) {
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "fluxo.db"), sqlitedb.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.Migrate(t.Context(), "engine", migrations[:5]))
	require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`INSERT INTO task (id, opened_at, due_key, body, rev, status, closed_at) VALUES
			('t1', 10, 90, CAST('{"definitionKey":"sell","users":["anna"],"openedAt":10,"dueAt":90}' AS BLOB), 1, 'open', 0),
			('t2', 20, 50, CAST('{"definitionKey":"hire","users":["anna"],"openedAt":20,"dueAt":50}' AS BLOB), 1, 'open', 0),
			('t3', 30, 40, CAST('{"definitionKey":"sell","users":["anna"],"openedAt":30,"dueAt":40}' AS BLOB), 2, 'completed', 70),
			('t4', 0, 0, NULL, 2, 'completed', 70);
			INSERT INTO task_person (person, live, task_id) VALUES ('u:anna', 1, 't1'), ('u:anna', 1, 't2'), ('u:anna', 0, 't3')`)
		return err
	}))
	s, err := New(t.Context(), db, Options{})
	require.NoError(t, err)
	for _, c := range []struct {
		q    store.TaskQuery
		want []string
	}{
		{store.TaskQuery{User: "anna", Statuses: []store.TaskStatus{store.TaskOpen}, SortByDue: true}, []string{"t2", "t1"}},
		{store.TaskQuery{User: "anna"}, []string{"t3", "t2", "t1"}},
		{store.TaskQuery{User: "anna", DefinitionKey: "sell"}, []string{"t3", "t1"}},
	} {
		page, err := s.ListTasks(t.Context(), c.q)
		require.NoError(t, err)
		var ids []string
		for _, task := range page.Tasks {
			ids = append(ids, task.ID)
		}
		require.Equal(t, c.want, ids, c.q)
	}
}
