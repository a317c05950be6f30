package sqlitedb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// ErrClosed is returned by writes after Close.
var ErrClosed = errors.New("database is closed")

// Options tunes a DB; the zero value is the default.
type Options struct {
	ReadConns  int // readers at once, default 4
	CacheKiB   int // page cache of the writer, default 16 MiB; readers get a quarter
	BatchOps   int // most writes in one transaction, default 256
	BatchBytes int // bound arguments after which a batch is closed, default 4 MiB
	// Opening leaves commits to the disk's own pace until Settle is called: for the
	// tables that a server makes before it serves anybody. A power cut before that
	// loses some of them, never damages the file, and the next start makes them.
	Opening bool
}

func (o Options) withDefaults() Options {
	if o.ReadConns == 0 {
		o.ReadConns = 4
	}
	if o.CacheKiB == 0 {
		o.CacheKiB = 16 << 10
	}
	if o.BatchOps == 0 {
		o.BatchOps = 256
	}
	if o.BatchBytes == 0 {
		o.BatchBytes = 4 << 20
	}
	return o
}

// DB is an open database file. It is safe for concurrent use.
type DB struct {
	path    string  // constant after Open
	options Options // constant after Open
	read    *sql.DB // constant after Open

	queue   chan *op
	stopped chan struct{} // closed when the writer has ended

	batches atomic.Int64
	ops     atomic.Int64
	settled atomic.Bool // commits are durable from now on; see Options.Opening

	closing sync.RWMutex // held for reading while a write is being queued
	closed  bool         // guarded by closing

	statements sync.Map // query -> *sql.Stmt on read
	prepared   atomic.Int64
}

// Settle ends the opening of the database: whatever is committed from now on, and
// with it all that was before, is on disk when Write returns.
func (db *DB) Settle() { db.settled.Store(true) }

// Stats counts what the writer has done since Open.
type Stats struct {
	Batches int64 // transactions committed
	Ops     int64 // functions run, failed ones included
}

// Open opens the database file at path and makes it, and its folder, when they
// are missing. It says in one sentence what to do when the file cannot be used.
func Open(ctx context.Context, path string, options Options) (*DB, error) {
	options = options.withDefaults()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if err := checkFile(path); err != nil {
		return nil, err
	}
	db := &DB{
		path:    path,
		options: options,
		queue:   make(chan *op, 2*options.BatchOps),
		stopped: make(chan struct{}),
	}
	w, err := openWriter(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if db.read, err = openPool(ctx, path, options.ReadConns, options.CacheKiB/4, "query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), w.close())
	}
	go w.run()
	return db, nil
}

// openPool opens a pool of connections with the settings all of them share.
func openPool(ctx context.Context, path string, conns, cacheKiB int, pragmas ...string) (*sql.DB, error) {
	values := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"temp_store(MEMORY)",
		fmt.Sprintf("cache_size(-%d)", cacheKiB),
		// A burst leaves a large log behind; cut it back when it starts over.
		fmt.Sprintf("journal_size_limit(%d)", 64<<20),
	}, pragmas...)}
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: values.Encode()}
	pool, err := sql.Open("sqlite", file.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	var mode string
	if err := pool.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if mode != "wal" {
		return nil, errors.Join(fmt.Errorf(
			"the file system offers no write-ahead log (journal mode is %q); put the file on a local disk", mode), pool.Close())
	}
	return pool, nil
}

// checkFile finds the usual mistakes before SQLite answers with a number.
func checkFile(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("open database %s: its folder cannot be made; choose another path or change the rights: %w", path, err)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("open database %s: this is a folder; give the path of a file in it, for example %s",
			path, filepath.Join(path, "fluxo.db"))
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("open database %s: this is not a regular file", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database %s: the file is not writable; change its owner or its rights: %w", path, err)
	}
	header := make([]byte, 16)
	n, _ := file.Read(header)
	if err := file.Close(); err != nil {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	if n > 0 && string(header[:n]) != "SQLite format 3\x00" {
		return fmt.Errorf("open database %s: this file is not an SQLite database; choose another path", path)
	}
	// The log and the shared memory are made beside the file.
	probe, err := os.CreateTemp(folder, ".fluxo-probe-*")
	if err != nil {
		return fmt.Errorf("open database %s: files cannot be made in its folder; change the rights of %s: %w", path, folder, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	return nil
}

// Path is the absolute path of the file.
func (db *DB) Path() string { return db.path }

// Read is the pool of read-only connections. A write through it fails.
func (db *DB) Read() *sql.DB { return db.read }

// maxStatements bounds the cached statements of readers. Queries come from
// code, not from users, so the bound is only reached by a mistake; beyond it
// queries run unprepared.
const maxStatements = 2000

// statement returns the cached statement of a query, nil when the cache is full.
func (db *DB) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := db.statements.Load(query); ok {
		return s.(*sql.Stmt), nil
	}
	if db.prepared.Load() >= maxStatements {
		return nil, nil
	}
	s, err := db.read.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if other, loaded := db.statements.LoadOrStore(query, s); loaded {
		return other.(*sql.Stmt), s.Close() //nolint:sqlclosecheck // somebody was faster
	}
	db.prepared.Add(1)
	return s, nil
}

// Query reads with a cached prepared statement. The caller closes the rows.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := db.statement(ctx, query) //nolint:sqlclosecheck // stays in the cache until Close
	if err != nil {
		return nil, err
	}
	if s == nil {
		return db.read.QueryContext(ctx, query, args...)
	}
	return s.QueryContext(ctx, args...)
}

// Each reads with a cached prepared statement and calls row for every row.
func (db *DB) Each(ctx context.Context, row func(*sql.Rows) error, query string, args ...any) error {
	rows, err := db.Query(ctx, query, args...)
	return each(rows, err, row)
}

// QueryRow reads one row with a cached prepared statement.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := db.statement(ctx, query) //nolint:sqlclosecheck // stays in the cache until Close
	if err != nil || s == nil {
		return db.read.QueryRowContext(ctx, query, args...) // and let it report the error
	}
	return s.QueryRowContext(ctx, args...)
}

// Stats reports the work of the writer; Ops/Batches is the mean batch.
func (db *DB) Stats() Stats {
	return Stats{Batches: db.batches.Load(), Ops: db.ops.Load()}
}

// Statements are the texts of all reads that went through Query, Each and
// QueryRow, so that a test can look at their plans.
func (db *DB) Statements() []string {
	var texts []string
	db.statements.Range(func(text, _ any) bool {
		texts = append(texts, text.(string)) //nolint:forcetypeassert // see statement
		return true
	})
	slices.Sort(texts)
	return texts
}

// Queued is the number of writes that wait for the writer now; a metric.
func (db *DB) Queued() int { return len(db.queue) }

// Close waits for the queued writes, moves the log into the file and closes it.
// It may be called twice.
func (db *DB) Close() error {
	db.closing.Lock()
	if db.closed {
		db.closing.Unlock()
		<-db.stopped
		return nil
	}
	db.closed = true
	close(db.queue)
	db.closing.Unlock()
	<-db.stopped

	var err error
	db.statements.Range(func(_, s any) bool {
		err = errors.Join(err, s.(*sql.Stmt).Close())
		return true
	})
	// The last connection to close checkpoints and removes the log.
	return errors.Join(err, db.read.Close())
}

// each closes rows whatever happens.
func each(rows *sql.Rows, err error, row func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports it
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
