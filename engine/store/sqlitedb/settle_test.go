package sqlitedb_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// Commits are flushed from Settle on, and always where nothing else was asked for.
func TestCommitsAreDurableOnceTheDatabaseIsOpened(t *testing.T) {
	level := func(db *sqlitedb.DB) int {
		var n int
		require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
			return tx.QueryRow("PRAGMA synchronous").Scan(&n)
		}))
		return n
	}
	const normal, full = 1, 2
	for _, opening := range []bool{false, true} {
		db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "f.db"), sqlitedb.Options{Opening: opening})
		require.NoError(t, err)
		if opening {
			require.Equal(t, normal, level(db))
			db.Settle()
		}
		require.Equal(t, full, level(db))
		require.Equal(t, full, level(db))
		require.NoError(t, db.Close())
	}
}
