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
