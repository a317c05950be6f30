// Package sqlitestore keeps the engine's data in the embedded database.
//
// Every method is one function on the database's writer, so all of them are
// transactions, and everything that is queued at the same time shares one
// commit. Immediate commits copy their outbox in the same transaction: an
// embedded engine has no relay traffic except for the entries its host
// performs.
//
// # Layout
//
// Columns are what queries filter and sort by; the rest of a document is one
// JSON value. The records of a commit are one row, because a history is written
// once and read in ranges. Counts per status and per node are kept as numbers,
// changed in the transaction that moves a run, so that an overview costs the same
// for ten runs and for a million.
package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// Options of New; the zero value is the default.
type Options struct {
	// Now is the store's clock; nil means the clock of SQLite.
	Now func() core.Instant
}

// Store is store.Store over a shared database.
type Store struct {
	db      *sqlitedb.DB // not closed here
	options Options
}

var (
	_ store.Store     = (*Store)(nil)
	_ store.FirstStep = (*Store)(nil)
	_ store.Settling  = (*Store)(nil)
	_ store.Foresight = (*Store)(nil)
)

// New brings the engine's tables up to date and returns the store. The database
// stays the caller's: Close does not close it.
func New(ctx context.Context, db *sqlitedb.DB, options Options) (*Store, error) {
	if err := db.Migrate(ctx, "engine", migrations); err != nil {
		return nil, err
	}
	return &Store{db: db, options: options}, nil
}

// Now is the clock of the options, or SQLite's.
func (s *Store) Now(ctx context.Context) (core.Instant, error) {
	if s.options.Now != nil {
		return s.options.Now(), ctx.Err()
	}
	var at core.Instant
	if err := s.db.QueryRow(ctx, selectNow).Scan(&at); err != nil {
		return 0, fmt.Errorf("read the clock: %w", err)
	}
	return at, nil
}

const selectNow = `SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)`

// now is the clock inside a write.
func (s *Store) now(tx *sqlitedb.Tx) (at core.Instant, err error) {
	if s.options.Now != nil {
		return s.options.Now(), nil
	}
	err = tx.QueryRow(selectNow).Scan(&at)
	return at, err
}

// Close leaves the shared database open.
func (s *Store) Close() error { return nil }

// write runs fn as one atomic write and adds what failed to its error. It may run
// fn again.
func (s *Store) write(ctx context.Context, what string, fn func(*sqlitedb.Tx) error) error {
	if err := s.db.Repeat(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// missing turns an empty result into ErrNotFound.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}

// changed says whether a statement changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// encode is the stored form of a list: empty ones are NULL.
func encode[T any](list []T) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	return json.Marshal(list)
}

// decode reads what encode has written.
func decode[T any](text []byte, list *[]T) error {
	if len(text) == 0 {
		return nil
	}
	return store.ReadJSON(text, list)
}

// null is the stored form of bytes: empty ones are NULL.
func null(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}
