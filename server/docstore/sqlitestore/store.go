// Package sqlitestore keeps documents in the embedded database: one table per
// collection with the body as JSON, an expression index per declared index, and
// one side table of entries for array paths, custom fields and words. The outbox
// is a table that the same transaction writes.
package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

var migrations = []sqlitedb.Migration{{
	Number: 1, Name: "outbox, traces and specs",
	SQL: `
CREATE TABLE doc_outbox (
	n           INTEGER PRIMARY KEY AUTOINCREMENT,
	collection  TEXT NOT NULL,
	document_id TEXT NOT NULL,
	seq         INTEGER NOT NULL,
	rev         INTEGER NOT NULL,
	at          TEXT NOT NULL,
	event       TEXT NOT NULL
);
CREATE UNIQUE INDEX doc_outbox_identity ON doc_outbox (collection, document_id, seq);
CREATE TABLE doc_trace (
	collection TEXT NOT NULL,
	id         TEXT NOT NULL,
	rev        INTEGER NOT NULL,
	seq        INTEGER NOT NULL,
	PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE TABLE doc_spec (
	collection  TEXT PRIMARY KEY,
	fingerprint TEXT NOT NULL
) WITHOUT ROWID;`,
}, {
	// Nothing to do here: opening a collection takes its former one over. A program
	// that does not know the new name must not open the database and find nothing.
	Number: 2, Name: "collections may have former names",
}}

// Store implements docstore.Store on a shared database.
type Store struct {
	db   *sqlitedb.DB
	now  func() time.Time
	wake chan struct{}
}

// New prepares the tables in db, which stays the caller's to close. The store
// takes its time from now.
func New(ctx context.Context, db *sqlitedb.DB, now func() time.Time) (*Store, error) {
	if err := db.Migrate(ctx, "documents", migrations); err != nil {
		return nil, err
	}
	return &Store{db: db, now: now, wake: make(chan struct{}, 1)}, nil
}

// Pending implements docstore.Store.
func (s *Store) Pending(ctx context.Context, limit int) ([]docstore.Delivery, error) {
	var out []docstore.Delivery
	err := s.db.Each(ctx, func(rows *sql.Rows) error {
		var (
			d         docstore.Delivery
			at, event string
		)
		if err := rows.Scan(&d.Collection, &d.DocumentID, &d.Seq, &d.Rev, &at, &event); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(event), &d.Event); err != nil {
			return err
		}
		instant, err := docstore.ParseInstant(at)
		d.At = instant.Time
		out = append(out, d)
		return err
	}, `SELECT collection, document_id, seq, rev, at, event FROM doc_outbox ORDER BY n LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("read pending events: %w", err)
	}
	return out, nil
}

// Delivered implements docstore.Store.
func (s *Store) Delivered(ctx context.Context, ds []docstore.Delivery) error {
	if len(ds) == 0 {
		return nil
	}
	err := s.db.Repeat(ctx, func(tx *sqlitedb.Tx) error {
		for _, d := range ds {
			if _, err := tx.Exec(`DELETE FROM doc_outbox WHERE collection = ? AND document_id = ? AND seq = ?`,
				d.Collection, d.DocumentID, d.Seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget delivered events: %w", err)
	}
	return nil
}

// Wake implements docstore.Store.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close implements docstore.Store; the database is closed by its owner.
func (s *Store) Close() error { return nil }
