package sqlitedb_test

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// repeated queues functions as together does, each through Repeat, behind a
// function that may run again as well.
func repeated(t *testing.T, db *sqlitedb.DB, fns ...func(*sqlitedb.Tx) error) []error {
	t.Helper()
	started, gate, first := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	begun := false
	go func() {
		first <- db.Repeat(context.Background(), func(*sqlitedb.Tx) error {
			if !begun {
				begun = true
				close(started)
				<-gate
			}
			return nil
		})
	}()
	<-started
	errs := make([]error, len(fns))
	done := make(chan struct{}, len(fns))
	for i, fn := range fns {
		before := db.Queued()
		go func() {
			errs[i] = db.Repeat(context.Background(), fn)
			done <- struct{}{}
		}()
		for db.Queued() == before { // until it is in the queue
		}
	}
	close(gate)
	<-first
	for range fns {
		<-done
	}
	return errs
}

// Who may run again is written without a savepoint. When a neighbor fails after
// it has written, the others run again, and their work counts once.
func TestRepeatRunsNeighborsAgain(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	refuse := errors.New("refused")
	ran := map[string]int{}
	writing := func(k string, then error) func(*sqlitedb.Tx) error {
		return func(tx *sqlitedb.Tx) error {
			ran[k]++
			if err := put(k, ran[k])(tx); err != nil {
				return err
			}
			tx.Sum(`INSERT INTO pair (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = v + excluded.v`, 1, "total")
			return then
		}
	}
	before := db.Stats()
	errs := repeated(t, db, writing("a", nil), writing("b", nil), writing("x", refuse), writing("c", nil), put("a", 9), writing("d", nil))
	after := db.Stats()
	require.NoError(t, errors.Join(errs[0], errs[1], errs[3], errs[5]))
	require.ErrorIs(t, errs[2], refuse)
	require.ErrorContains(t, errs[4], "UNIQUE")
	require.Equal(t, map[string]int{"a": 2, "b": 2, "x": 1, "c": 1, "d": 1}, ran, "after the first failure each has a savepoint of its own")
	require.EqualValues(t, 1, after.Batches-before.Batches)
	require.EqualValues(t, 7, after.Ops-before.Ops)
	require.Equal(t, "a b c d total", keys(t, db))
	var a, total int
	require.NoError(t, db.QueryRow(t.Context(), `SELECT v FROM pair WHERE k = 'a'`).Scan(&a))
	require.NoError(t, db.QueryRow(t.Context(), `SELECT v FROM pair WHERE k = 'total'`).Scan(&total))
	require.Equal(t, 2, a, "what the last run has written")
	require.Equal(t, 4, total)
}

// A function that runs again and fails then is refused like any other.
func TestRepeatHearsTheLastRun(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	refuse, runs := errors.New("not twice"), 0
	errs := repeated(t, db, func(tx *sqlitedb.Tx) error {
		if runs++; runs == 2 {
			return errors.Join(put("a", 2)(tx), refuse)
		}
		return put("a", 1)(tx)
	}, put("b", 1), func(tx *sqlitedb.Tx) error { return errors.Join(put("x", 1)(tx), refuse) })
	require.ErrorIs(t, errs[0], refuse)
	require.NoError(t, errs[1])
	require.ErrorIs(t, errs[2], refuse)
	require.Equal(t, "b", keys(t, db))
}

// One that ends its goroutine when it runs again takes nobody with it for ever.
func TestRepeatOutlivesGoexit(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	refuse, runs := errors.New("refused"), 0
	errs := repeated(t, db, func(tx *sqlitedb.Tx) error {
		if runs++; runs == 2 {
			runtime.Goexit()
		}
		return put("a", 1)(tx)
	}, put("b", 1), func(tx *sqlitedb.Tx) error { return errors.Join(put("x", 1)(tx), refuse) })
	require.ErrorContains(t, errs[0], "ended its goroutine")
	require.ErrorContains(t, errs[1], "aborted")
	require.Error(t, errs[2])
	require.NoError(t, db.Write(t.Context(), put("c", 1)))
	require.Equal(t, "c", keys(t, db))
}

// Beside a function that must run once, the others have savepoints.
func TestWriteRunsOnceBesideRepeat(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	release := stall(t, db)
	ran, refuse := 0, errors.New("refused")
	results := make(chan error, 3)
	queue := func(write func(context.Context, func(*sqlitedb.Tx) error) error, fn func(*sqlitedb.Tx) error) {
		before := db.Queued()
		go func() { results <- write(context.Background(), fn) }()
		for db.Queued() == before {
		}
	}
	queue(db.Write, func(tx *sqlitedb.Tx) error { ran++; return put("once", 1)(tx) })
	queue(db.Repeat, func(tx *sqlitedb.Tx) error { return errors.Join(put("x", 1)(tx), refuse) })
	queue(db.Repeat, put("b", 1))
	require.NoError(t, release())
	refused := 0
	for range 3 {
		if err := <-results; errors.Is(err, refuse) {
			refused++
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, 1, refused)
	require.Equal(t, 1, ran)
	require.Equal(t, "b once", keys(t, db))
	require.ErrorIs(t, db.QueryRow(t.Context(), `SELECT v FROM pair WHERE k = 'x'`).Scan(new(int)), sql.ErrNoRows)
}
