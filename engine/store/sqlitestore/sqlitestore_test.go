package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/engine/store/sqlitestore"
	"github.com/fluxo-app/fluxo/engine/store/storetest"
)

func open(t testing.TB) *sqlitestore.Store {
	t.Helper()
	s, _ := openDB(t)
	return s
}

func openDB(t testing.TB) (*sqlitestore.Store, *sqlitedb.DB) {
	t.Helper()
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "fluxo.db"), sqlitedb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s, err := sqlitestore.New(t.Context(), db, sqlitestore.Options{})
	require.NoError(t, err)
	return s, db
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t) }, storetest.Options{})
}

// TestEndedTasksLeaveTheWorklist looks at the index behind worklists: people
// with thousands of closed tasks must not pay for them.
func TestEndedTasksLeaveTheWorklist(t *testing.T) {
	s, db := openDB(t)
	require.NoError(t, s.Copy(t.Context(), "r1", []store.Outbox{
		{Seq: 1, Kind: store.PutTask, ID: "t1", Body: []byte(`{"users":["anna"],"groups":["legal"]}`)},
		{Seq: 2, Kind: store.PutTask, ID: "t2", Body: []byte(`{"users":["anna"]}`)},
		{Seq: 3, Kind: store.EndTask, ID: "t1", At: 5},
	}))
	var live, closed int
	require.NoError(t, db.QueryRow(t.Context(), `SELECT sum(live), sum(NOT live) FROM task_person`).Scan(&live, &closed))
	require.Equal(t, 1, live)
	require.Equal(t, 2, closed)
}
