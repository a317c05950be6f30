package sqlitedb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, options sqlitedb.Options) *sqlitedb.DB {
	t.Helper()
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "a folder", "test.db"), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(t.Context(), "test", []sqlitedb.Migration{
		{Number: 1, Name: "pair", SQL: `CREATE TABLE pair (k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID`},
	}))
	return db
}

func put(k string, v int) func(*sqlitedb.Tx) error {
	return func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`INSERT INTO pair (k, v) VALUES (?, ?)`, k, v)
		return err
	}
}

func keys(t *testing.T, db *sqlitedb.DB) string {
	t.Helper()
	var all []string
	require.NoError(t, db.Each(t.Context(), func(rows *sql.Rows) error {
		var k string
		err := rows.Scan(&k)
		all = append(all, k)
		return err
	}, `SELECT k FROM pair ORDER BY k`))
	return strings.Join(all, " ")
}

// stall occupies the writer, so that what is queued until release is called
// becomes one batch behind it.
func stall(t *testing.T, db *sqlitedb.DB) (release func() error) {
	t.Helper()
	started, gate, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.Write(context.Background(), func(*sqlitedb.Tx) error {
			close(started)
			<-gate
			return nil
		})
	}()
	<-started
	return func() error {
		close(gate)
		return <-done
	}
}

// together queues all functions behind a stalled writer, in order, and returns
// their errors.
func together(t *testing.T, db *sqlitedb.DB, fns ...func(*sqlitedb.Tx) error) []error {
	t.Helper()
	release := stall(t, db) // its own fate is that of the batch
	errs := make([]error, len(fns))
	var wait sync.WaitGroup
	for i, fn := range fns {
		before := db.Queued()
		wait.Go(func() { errs[i] = db.Write(context.Background(), fn) })
		for db.Queued() == before { // until it is in the queue
		}
	}
	release() //nolint:errcheck // see above
	wait.Wait()
	return errs
}

func TestWriteBatchesWhatIsQueued(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	before := db.Stats()
	errs := together(t, db, put("a", 1), put("b", 2), put("c", 3))
	require.Equal(t, []error{nil, nil, nil}, errs)
	after := db.Stats()
	require.EqualValues(t, 4, after.Ops-before.Ops)
	require.EqualValues(t, 1, after.Batches-before.Batches)
	require.Equal(t, "a b c", keys(t, db))
}

func TestWriteLimitsBatches(t *testing.T) {
	cases := []struct {
		name    string
		options sqlitedb.Options
		batches int64
	}{
		{"ops", sqlitedb.Options{BatchOps: 2}, 3},      // stall+a, b+c, d
		{"bytes", sqlitedb.Options{BatchBytes: 10}, 2}, // stall+a+b, c+d
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			db := open(t, c.options)
			before := db.Stats().Batches
			errs := together(t, db, put("aaaaa", 1), put("bbbbb", 2), put("ccccc", 3), put("ddddd", 4))
			require.NoError(t, errors.Join(errs...))
			require.Equal(t, c.batches, db.Stats().Batches-before)
		})
	}
}

func TestWriteFailureStaysAlone(t *testing.T) {
	refuse := errors.New("refused")
	failing := func(k string) func(*sqlitedb.Tx) error {
		return func(tx *sqlitedb.Tx) error {
			if err := put(k, 0)(tx); err != nil {
				return err
			}
			return refuse
		}
	}
	panicking := func(tx *sqlitedb.Tx) error {
		if err := put("p", 0)(tx); err != nil {
			return err
		}
		panic("boom")
	}
	db := open(t, sqlitedb.Options{})
	errs := together(t, db, failing("x"), put("a", 1), failing("y"), panicking, put("b", 2), put("a", 9), put("c", 3),
		func(*sqlitedb.Tx) error { return refuse })
	require.ErrorIs(t, errs[0], refuse)
	require.NoError(t, errs[1])
	require.ErrorIs(t, errs[2], refuse)
	var panicked *sqlitedb.PanicError
	require.ErrorAs(t, errs[3], &panicked)
	require.Equal(t, "boom", panicked.Value)
	require.Contains(t, string(panicked.Stack), "TestWriteFailureStaysAlone")
	require.NoError(t, errs[4])
	require.ErrorContains(t, errs[5], "UNIQUE")
	require.NoError(t, errs[6])
	require.ErrorIs(t, errs[7], refuse)
	require.Equal(t, "a b c", keys(t, db))
}

func TestWriteFailsTogetherWhenTheTransactionIsGone(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	errs := together(t, db, put("a", 1), func(tx *sqlitedb.Tx) error {
		if err := put("b", 2)(tx); err != nil {
			return err
		}
		// As SQLite does by itself when the disk is full.
		_, err := tx.Exec(`ROLLBACK`)
		return errors.Join(err, errors.New("disk full"))
	}, put("c", 3))
	require.ErrorContains(t, errs[0], "aborted by another write")
	require.ErrorContains(t, errs[1], "disk full")
	require.NoError(t, errs[2])
	require.Equal(t, "c", keys(t, db))
}

func TestWriteOutlivesGoexit(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	errs := together(t, db, put("a", 1), func(*sqlitedb.Tx) error { runtime.Goexit(); return nil }, put("c", 3))
	require.ErrorContains(t, errs[0], "aborted")
	require.ErrorContains(t, errs[1], "ended its goroutine")
	require.NoError(t, errs[2])
	require.Equal(t, "c", keys(t, db))
}

func TestWriteFailsAtCommit(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	_, err := db.Read().ExecContext(t.Context(), `DELETE FROM pair`)
	require.Error(t, err, "readers must not write")
	require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`CREATE TABLE child (k TEXT REFERENCES pair (k) DEFERRABLE INITIALLY DEFERRED)`)
		return err
	}))
	orphan := func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`INSERT INTO child (k) VALUES ('nobody')`)
		return err
	}
	require.ErrorContains(t, db.Write(t.Context(), orphan), "commit")
	require.NoError(t, db.Write(t.Context(), put("a", 1)), "the next transaction is a fresh one")
}

// A refusal that rests on what a neighbor wrote is not heard before that is
// durable: a reader would otherwise not find what is said to exist.
func TestWriteRefusalWaitsForItsReason(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	require.NoError(t, db.Migrate(t.Context(), "refusal", []sqlitedb.Migration{{Number: 1, Name: "child",
		SQL: `CREATE TABLE child (k TEXT PRIMARY KEY, p TEXT NOT NULL REFERENCES pair (k) DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID`}}))
	exists := errors.New("exists already")
	insert := func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`INSERT INTO child (k, p) VALUES ('a', 'nobody')`) // found out at the commit
		return err
	}
	look := func(tx *sqlitedb.Tx) error {
		var n int
		if err := tx.QueryRow(`SELECT count(*) FROM child WHERE k = 'a'`).Scan(&n); err != nil || n == 0 {
			return err
		}
		return exists
	}
	errs := together(t, db, insert, look)
	require.ErrorContains(t, errs[0], "commit")
	require.ErrorContains(t, errs[1], "commit")
	require.NotErrorIs(t, errs[1], exists, "what the refusal saw never came to be")
	require.NoError(t, db.Write(t.Context(), look))
}

func TestWriteCanceledBeforeItsTurnNeverRuns(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	release := stall(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	before := db.Queued()
	done := make(chan error, 1)
	go func() { done <- db.Write(ctx, put("a", 1)) }()
	for db.Queued() == before {
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.NoError(t, release())
	for range 50 { // the writer is idle and would take it at once
		require.ErrorIs(t, db.Write(ctx, put("c", 1)), context.Canceled)
	}
	require.NoError(t, db.Write(t.Context(), put("b", 1)))
	require.Equal(t, "b", keys(t, db))
}

func TestWriteSurvivesCancelDuringItsTurn(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, func(tx *sqlitedb.Tx) error {
		cancel()
		return put("a", 1)(tx)
	})
	require.NoError(t, err)
	require.Equal(t, "a", keys(t, db))
}

func TestWriteManyAtOnce(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	require.NoError(t, db.Write(t.Context(), put("n", 0)))
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for range 25 {
				err := db.Write(context.Background(), func(tx *sqlitedb.Tx) error {
					var v int
					if err := tx.QueryRow(`SELECT v FROM pair WHERE k = 'n'`).Scan(&v); err != nil {
						return err
					}
					_, err := tx.Exec(`UPDATE pair SET v = ? WHERE k = 'n'`, v+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				var seen int
				if err := db.QueryRow(context.Background(), `SELECT v FROM pair WHERE k = 'n'`).Scan(&seen); err != nil || seen == 0 {
					t.Errorf("read %d, %v", seen, err)
				}
			}
		})
	}
	wait.Wait()
	var v int
	require.NoError(t, db.QueryRow(t.Context(), `SELECT v FROM pair WHERE k = 'n'`).Scan(&v))
	require.Equal(t, 400, v)
}

func TestTxReportsBadSQL(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`INSERT INTO absent VALUES (1)`)
		require.ErrorContains(t, err, "no such table")
		var n int
		require.ErrorContains(t, tx.QueryRow(`SELECT * FROM absent`).Scan(&n), "no such table")
		require.ErrorIs(t, tx.QueryRow(`SELECT v FROM pair`).Scan(&n), sql.ErrNoRows)
		return nil
	}))
	require.ErrorContains(t, db.QueryRow(t.Context(), `SELECT * FROM absent`).Scan(new(int)), "no such table")
}

func TestCloseKeepsWhatIsQueued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sqlitedb.Open(t.Context(), path, sqlitedb.Options{})
	require.NoError(t, err)
	require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`CREATE TABLE pair (k TEXT PRIMARY KEY, v INTEGER)`)
		return err
	}))
	release := stall(t, db)
	before := db.Queued()
	done := make(chan error, 1)
	go func() { done <- db.Write(context.Background(), put("a", 1)) }()
	for db.Queued() == before {
	}
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	require.NoError(t, release())
	require.NoError(t, <-done)
	require.NoError(t, <-closed)
	require.NoError(t, db.Close())
	require.ErrorIs(t, db.Write(t.Context(), put("b", 1)), sqlitedb.ErrClosed)
	require.NoFileExists(t, path+"-wal")

	again, err := sqlitedb.Open(t.Context(), path, sqlitedb.Options{})
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, "a", keys(t, again))
}

func TestOpenExplainsBadPaths(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("not a database, just some notes"), 0o600))
	cases := []struct{ name, path, want string }{
		{"folder", folder, "this is a folder; give the path of a file in it"},
		{"other file", text, "not an SQLite database"},
		{"file as folder", filepath.Join(text, "x.db"), "its folder cannot be made"},
		{"device", os.DevNull, "not a regular file"},
	}
	if os.Geteuid() != 0 { // root may write anywhere
		locked := filepath.Join(folder, "locked")
		require.NoError(t, os.Mkdir(locked, 0o500))
		sealed := filepath.Join(folder, "sealed.db")
		require.NoError(t, os.WriteFile(sealed, nil, 0o400))
		cases = append(cases,
			struct{ name, path, want string }{"locked folder", filepath.Join(locked, "x.db"), "not writable"},
			struct{ name, path, want string }{"sealed file", sealed, "not writable"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := sqlitedb.Open(t.Context(), c.path, sqlitedb.Options{})
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, c.path)
		})
	}
}

func TestOpenKeepsStrangeNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a?b #c%20.db")
	db, err := sqlitedb.Open(t.Context(), path, sqlitedb.Options{})
	require.NoError(t, err)
	require.NoError(t, db.Write(t.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`CREATE TABLE x (y)`)
		return err
	}))
	require.NoError(t, db.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NotZero(t, info.Size())
}

func TestMigrate(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	one := sqlitedb.Migration{Number: 1, Name: "pair", SQL: `this is never run again`}
	two := sqlitedb.Migration{Number: 2, Name: "more", SQL: `CREATE TABLE more (k TEXT); INSERT INTO more VALUES ('x')`,
		Go: func(tx *sqlitedb.Tx) error { return put("a", 1)(tx) }}
	for range 2 { // the second time there is nothing to do
		require.NoError(t, db.Migrate(t.Context(), "test", []sqlitedb.Migration{one, two}))
		require.Equal(t, "a", keys(t, db))
	}
	require.NoError(t, db.Migrate(t.Context(), "other", []sqlitedb.Migration{{Number: 1, Name: "own numbers"}}))

	broken := sqlitedb.Migration{Number: 3, Name: "broken", SQL: `CREATE TABLE half (k TEXT)`,
		Go: func(*sqlitedb.Tx) error { return errors.New("no") }}
	require.ErrorContains(t, db.Migrate(t.Context(), "test", []sqlitedb.Migration{one, two, broken}), "step 3 (broken): no")
	require.ErrorContains(t, db.QueryRow(t.Context(), `SELECT * FROM half`).Scan(), "no such table")

	require.ErrorContains(t, db.Migrate(t.Context(), "test", []sqlitedb.Migration{one}), "start the newer program")
	require.ErrorContains(t, db.Migrate(t.Context(), "test",
		[]sqlitedb.Migration{one, {Number: 2, Name: "else"}}), "not of one line")
	require.ErrorContains(t, db.Migrate(t.Context(), "test", []sqlitedb.Migration{two}), "want 1")
}

func TestBackup(t *testing.T) {
	db := open(t, sqlitedb.Options{})
	require.NoError(t, db.Write(t.Context(), put("a", 1)))
	path := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, db.Backup(t.Context(), path))
	require.NoError(t, db.Write(t.Context(), put("b", 1)))
	require.ErrorIs(t, db.Backup(t.Context(), path), os.ErrExist)
	require.ErrorContains(t, db.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "such")), "back up to")

	restored, err := sqlitedb.Open(t.Context(), path, sqlitedb.Options{})
	require.NoError(t, err)
	defer restored.Close()
	require.Equal(t, "a", keys(t, restored))
	left, err := filepath.Glob(path + ".partial*")
	require.NoError(t, err)
	require.Empty(t, left)
}

func BenchmarkWrite(b *testing.B) {
	db, err := sqlitedb.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), sqlitedb.Options{})
	require.NoError(b, err)
	defer db.Close()
	require.NoError(b, db.Write(b.Context(), func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)`)
		return err
	}))
	body := make([]byte, 1024)
	b.SetParallelism(128)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := db.Write(context.Background(), func(tx *sqlitedb.Tx) error {
				_, err := tx.Exec(`INSERT INTO row (body) VALUES (?)`, body)
				return err
			}); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	stats := db.Stats()
	b.ReportMetric(float64(stats.Ops)/float64(stats.Batches), "ops/batch")
	b.ReportMetric(float64(stats.Ops)/b.Elapsed().Seconds(), "ops/s")
}
