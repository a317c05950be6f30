// Package sqlitestore keeps files in the embedded database. Chunks are written
// while they arrive, under a name of their own; the content gets its hash, and
// the file its entry, in one last transaction.
package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/file"
)

var migrations = []sqlitedb.Migration{{
	Number: 1, Name: "files, contents, chunks",
	SQL: `
CREATE TABLE file (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	type       TEXT NOT NULL,
	size       INTEGER NOT NULL,
	hash       TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	created_by TEXT NOT NULL,
	owner      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_owner ON file (owner, created_at, id);
-- blob is the name the chunks arrived under; refs counts the files with this content.
CREATE TABLE file_content (
	hash      TEXT PRIMARY KEY,
	blob      TEXT NOT NULL,
	refs      INTEGER NOT NULL,
	unused_at INTEGER
) WITHOUT ROWID;
CREATE INDEX file_content_unused ON file_content (unused_at) WHERE refs = 0;
CREATE TABLE file_chunk (
	blob TEXT NOT NULL,
	n    INTEGER NOT NULL,
	data BLOB NOT NULL
);
CREATE UNIQUE INDEX file_chunk_identity ON file_chunk (blob, n);
-- Blobs that belong to no content: uploads going on, broken off, or not needed.
CREATE TABLE file_upload (
	blob       TEXT PRIMARY KEY,
	started_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_upload_started ON file_upload (started_at);`,
}}

// Store implements file.Store on a shared database.
type Store struct {
	db      *sqlitedb.DB
	now     func() time.Time
	options file.Options
}

// New prepares the tables in db, which stays the caller's to close.
func New(ctx context.Context, db *sqlitedb.DB, now func() time.Time, options file.Options) (*Store, error) {
	if err := db.Migrate(ctx, "files", migrations); err != nil {
		return nil, err
	}
	return &Store{db: db, now: now, options: options}, nil
}

// writeChunks is how many chunks one write carries: fewer commits for large
// files, and still small beside the writer's batch limit.
const writeChunks = 4

// Put implements file.Store.
func (s *Store) Put(ctx context.Context, p file.Put, r io.Reader) (file.Info, error) {
	p, err := p.Check()
	if err != nil {
		return file.Info{}, err
	}
	if info, err := s.Info(ctx, p.ID); !errors.Is(err, file.ErrNotFound) {
		return info, err
	}
	blob := uuid.Must(uuid.NewV7()).String()
	if err := s.db.Write(ctx, func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`INSERT INTO file_upload (blob, started_at) VALUES (?, ?)`, blob, s.now().UnixMilli())
		return err
	}); err != nil {
		return file.Info{}, fmt.Errorf("store file %q: %w", p.Name, err)
	}
	var (
		buffered [][]byte
		first    int
	)
	flush := func() error {
		chunks, from := buffered, first
		buffered, first = nil, first+len(buffered)
		if len(chunks) == 0 {
			return nil
		}
		return s.db.Write(ctx, func(tx *sqlitedb.Tx) error {
			for i, data := range chunks {
				if _, err := tx.Exec(`INSERT INTO file_chunk (blob, n, data) VALUES (?, ?, ?)`, blob, from+i, data); err != nil {
					return err
				}
			}
			return nil
		})
	}
	c, err := file.Receive(p, s.options, r, func(_ int, chunk []byte) error {
		if buffered = append(buffered, slices.Clone(chunk)); len(buffered) == writeChunks {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		// Even when the caller has gone; what this misses, Sweep finds.
		return file.Info{}, errors.Join(fmt.Errorf("store file %q: %w", p.Name, err), s.dropUpload(context.WithoutCancel(ctx), blob))
	}
	info := file.Info{ID: p.ID, Name: p.Name, Type: c.Type, Size: c.Size, Hash: c.Hash,
		CreatedAt: s.now().UTC().Truncate(time.Millisecond), CreatedBy: p.CreatedBy, Owner: p.Owner}
	if err := s.db.Write(ctx, func(tx *sqlitedb.Tx) error { return enter(tx, &info, blob) }); err != nil {
		return file.Info{}, errors.Join(fmt.Errorf("store file %q: %w", p.Name, err), s.dropUpload(context.WithoutCancel(ctx), blob))
	}
	return info, nil
}

// enter makes the file and its content visible. When somebody else stored the
// same id meanwhile, info becomes that one; when the content was there already,
// the chunks just received are dropped.
func enter(tx *sqlitedb.Tx, info *file.Info, blob string) error {
	stored, err := scan(tx.QueryRow(selectInfo+` WHERE id = ?`, info.ID))
	if err == nil {
		*info = stored
		return drop(tx, blob)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO file (id, name, type, size, hash, created_at, created_by, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		info.ID, info.Name, info.Type, info.Size, info.Hash, info.CreatedAt.UnixMilli(), info.CreatedBy, info.Owner); err != nil {
		return err
	}
	result, err := tx.Exec(`UPDATE file_content SET refs = refs + 1, unused_at = NULL WHERE hash = ?`, info.Hash)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return errors.Join(err, drop(tx, blob))
	}
	if _, err := tx.Exec(`INSERT INTO file_content (hash, blob, refs) VALUES (?, ?, 1)`, info.Hash, blob); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM file_upload WHERE blob = ?`, blob)
	return err
}

func drop(tx *sqlitedb.Tx, blob string) error {
	if _, err := tx.Exec(`DELETE FROM file_chunk WHERE blob = ?`, blob); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM file_upload WHERE blob = ?`, blob)
	return err
}

func (s *Store) dropUpload(ctx context.Context, blob string) error {
	return s.db.Write(ctx, func(tx *sqlitedb.Tx) error { return drop(tx, blob) })
}

const selectInfo = `SELECT id, name, type, size, hash, created_at, created_by, owner FROM file`

func scan(row interface{ Scan(...any) error }) (file.Info, error) {
	var (
		i  file.Info
		at int64
	)
	err := row.Scan(&i.ID, &i.Name, &i.Type, &i.Size, &i.Hash, &at, &i.CreatedBy, &i.Owner)
	i.CreatedAt = time.UnixMilli(at).UTC()
	return i, err
}

// Info implements file.Store.
func (s *Store) Info(ctx context.Context, id string) (file.Info, error) {
	info, err := scan(s.db.QueryRow(ctx, selectInfo+` WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = file.ErrNotFound
	}
	if err != nil {
		return file.Info{}, fmt.Errorf("file %s: %w", id, err)
	}
	return info, nil
}

// Open implements file.Store.
func (s *Store) Open(ctx context.Context, id string) (io.ReadSeekCloser, file.Info, error) {
	info, err := s.Info(ctx, id)
	if err != nil {
		return nil, info, err
	}
	var blob string
	if err := s.db.QueryRow(ctx, `SELECT blob FROM file_content WHERE hash = ?`, info.Hash).Scan(&blob); err != nil {
		return nil, info, fmt.Errorf("open file %s: content %s: %w", id, info.Hash, err)
	}
	return file.NewReader(info.Size, func(n int) ([]byte, error) {
		var data []byte
		err := s.db.QueryRow(ctx, `SELECT data FROM file_chunk WHERE blob = ? AND n = ?`, blob, n).Scan(&data)
		return data, err
	}), info, nil
}

// List implements file.Store.
func (s *Store) List(ctx context.Context, owner string) ([]file.Info, error) {
	var out []file.Info
	err := s.db.Each(ctx, func(rows *sql.Rows) error {
		info, err := scan(rows)
		out = append(out, info)
		return err
	}, selectInfo+` WHERE owner = ? ORDER BY created_at, id`, owner)
	if err != nil {
		return nil, fmt.Errorf("list files of %s: %w", owner, err)
	}
	return out, nil
}

// Give implements file.Store.
func (s *Store) Give(ctx context.Context, id, owner string) error {
	err := file.CheckOwner(owner)
	if err == nil {
		err = s.db.Write(ctx, func(tx *sqlitedb.Tx) error {
			result, err := tx.Exec(`UPDATE file SET owner = ? WHERE id = ?`, owner, id)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				return cmp.Or(err, file.ErrNotFound)
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("give file %s: %w", id, err)
	}
	return nil
}

// Delete implements file.Store.
func (s *Store) Delete(ctx context.Context, id string) error {
	err := s.db.Write(ctx, func(tx *sqlitedb.Tx) error {
		info, err := scan(tx.QueryRow(selectInfo+` WHERE id = ?`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return file.ErrNotFound
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM file WHERE id = ?`, id); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE file_content SET refs = refs - 1, unused_at = ? WHERE hash = ?`, s.now().UnixMilli(), info.Hash)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete file %s: %w", id, err)
	}
	return nil
}

// sweepBatch bounds how long one write of Sweep keeps the writer.
const sweepBatch = 20

// Sweep implements file.Store.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	before := s.now().Add(-file.SweepAfter).UnixMilli()
	total := 0
	for {
		var contents, uploads []string
		err := s.db.Write(ctx, func(tx *sqlitedb.Tx) error {
			var blobs []string
			if err := tx.Each(func(rows *sql.Rows) error {
				var hash, blob string
				err := rows.Scan(&hash, &blob)
				contents, blobs = append(contents, hash), append(blobs, blob)
				return err
			}, `SELECT hash, blob FROM file_content WHERE refs = 0 AND unused_at <= ? LIMIT ?`, before, sweepBatch); err != nil {
				return err
			}
			if err := tx.Each(func(rows *sql.Rows) error {
				var blob string
				err := rows.Scan(&blob)
				uploads = append(uploads, blob)
				return err
			}, `SELECT blob FROM file_upload WHERE started_at <= ? LIMIT ?`, before, sweepBatch); err != nil {
				return err
			}
			for _, hash := range contents {
				if _, err := tx.Exec(`DELETE FROM file_content WHERE hash = ?`, hash); err != nil {
					return err
				}
			}
			for _, blob := range append(blobs, uploads...) {
				if err := drop(tx, blob); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, fmt.Errorf("sweep files: %w", err)
		}
		if total += len(contents); len(contents) < sweepBatch && len(uploads) < sweepBatch {
			return total, nil
		}
	}
}
