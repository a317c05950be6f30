package sqlitedb_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

const addTo = `INSERT INTO pair (k, v) VALUES (?, ?) ON CONFLICT DO UPDATE SET v = v + excluded.v`

// value is what a key holds, -1 when it is not there.
func value(t *testing.T, db *sqlitedb.DB, k string) int {
	t.Helper()
	v := -1
	require.NoError(t, db.QueryRow(t.Context(), `SELECT coalesce((SELECT v FROM pair WHERE k = ?), -1)`, k).Scan(&v))
	return v
}

func TestSumsAreAddedUpOncePerTransaction(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	add := func(k string, n int64) func(*sqlitedb.Tx) error {
		return func(tx *sqlitedb.Tx) error {
			tx.Sum(addTo, n, k)
			return nil
		}
	}
	errs := together(t, db, add("a", 1), add("b", 5), add("a", 2),
		func(tx *sqlitedb.Tx) error {
			tx.Sum(addTo, 100, "a")
			return errors.New("refused, and so is its sum")
		},
		func(tx *sqlitedb.Tx) error {
			tx.Sum(addTo, 10, "a")
			panic("gone, and so is its sum")
		},
		add("c", 1), add("c", -1), add("b", -2))
	for i, err := range errs {
		if i == 3 || i == 4 {
			require.Error(t, err)
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, 3, value(t, db, "a"))
	require.Equal(t, 3, value(t, db, "b"))
	require.Equal(t, -1, value(t, db, "c"), "what adds up to nothing is not written")
	require.NoError(t, db.Write(t.Context(), add("a", 4)), "the next transaction begins with nothing")
	require.Equal(t, 7, value(t, db, "a"))
}

func TestSumThatFailsFailsItsTransaction(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	errs := together(t, db, put("x", 1), func(tx *sqlitedb.Tx) error {
		tx.Sum(`INSERT INTO nowhere (k, v) VALUES (?, ?)`, 1, "a")
		return nil
	})
	require.Error(t, errs[0])
	require.Error(t, errs[1])
	require.Equal(t, -1, value(t, db, "x"))
	require.NoError(t, db.Write(t.Context(), put("x", 2)))
	require.Equal(t, 2, value(t, db, "x"))
}
