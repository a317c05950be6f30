package sqlitedb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Migration is one numbered change of a component's tables. A released
// migration is never edited; a mistake is mended by the next number.
type Migration struct {
	Number int    // from 1, without gaps
	Name   string // what it does, for people; part of the identity
	SQL    string // one or more statements, may be ""
	Go     func(*Tx) error
}

// Migrate brings the tables of a component ("engine", "documents") up to the
// last of its migrations, each in its own transaction. It refuses a database
// that a newer program has written.
func (db *DB) Migrate(ctx context.Context, component string, migrations []Migration) error {
	for i, m := range migrations {
		if m.Number != i+1 {
			return fmt.Errorf("migrate %s: migration %q has number %d, want %d", component, m.Name, m.Number, i+1)
		}
	}
	var applied []string
	err := db.Write(ctx, func(tx *Tx) error {
		applied = nil
		if _, err := tx.Exec(`CREATE TABLE IF NOT EXISTS schema_migration (
			component  TEXT NOT NULL,
			number     INTEGER NOT NULL,
			name       TEXT NOT NULL,
			applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
			PRIMARY KEY (component, number)
		) WITHOUT ROWID`); err != nil {
			return err
		}
		return tx.Each(func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			applied = append(applied, name)
			return err
		}, `SELECT name FROM schema_migration WHERE component = ? ORDER BY number`, component)
	})
	if err != nil {
		return fmt.Errorf("migrate %s: %w", component, err)
	}
	if len(applied) > len(migrations) {
		return fmt.Errorf("migrate %s: the database %s is at step %d (%q) and this program knows only %d; start the newer program",
			component, db.path, len(applied), applied[len(applied)-1], len(migrations))
	}
	for i, m := range migrations {
		if i < len(applied) {
			if applied[i] != m.Name {
				return fmt.Errorf("migrate %s: step %d of the database %s is %q, this program calls it %q: they are not of one line",
					component, m.Number, db.path, applied[i], m.Name)
			}
			continue
		}
		if err := db.Write(ctx, func(tx *Tx) error { return m.apply(tx, component) }); err != nil {
			return fmt.Errorf("migrate %s to step %d (%s): %w", component, m.Number, m.Name, err)
		}
	}
	return nil
}

func (m Migration) apply(tx *Tx, component string) error {
	if m.SQL != "" {
		if _, err := tx.Exec(m.SQL); err != nil {
			return err
		}
	}
	if m.Go != nil {
		if err := m.Go(tx); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO schema_migration (component, number, name) VALUES (?, ?, ?)`, component, m.Number, m.Name)
	return err
}

// Backup writes a consistent copy of the whole database to path while everybody
// goes on working. The copy appears under its name only when it is complete and
// on disk; an existing file is never overwritten.
func (db *DB) Backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("back up to %s: %w; choose another name", path, os.ErrExist)
	}
	partial := path + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	if err := db.vacuumInto(ctx, partial); err != nil {
		return errors.Join(fmt.Errorf("back up to %s: %w", path, err), removeIfThere(partial))
	}
	if err := publish(partial, path); err != nil {
		return errors.Join(fmt.Errorf("back up to %s: %w", path, err), removeIfThere(partial))
	}
	return nil
}

// Checkpoint moves the log into the file and empties it, as far as readers allow.
// SQLite does so by itself from time to time; this is for a quiet moment.
func (db *DB) Checkpoint(ctx context.Context) error {
	pool, err := openPool(ctx, db.path, 1, 2<<10)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return errors.Join(err, pool.Close())
}

// vacuumInto uses a connection of its own: the readers are query-only, and the
// writer must not stand still for a large file.
func (db *DB) vacuumInto(ctx context.Context, path string) error {
	pool, err := openPool(ctx, db.path, 1, 2<<10)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, `VACUUM INTO ?`, path)
	return errors.Join(err, pool.Close())
}

// publish makes the content durable, then the name. Link instead of rename,
// because it refuses to replace a file that appeared meanwhile.
func publish(partial, path string) error {
	if err := syncFile(partial); err != nil {
		return err
	}
	if err := os.Chmod(partial, 0o600); err != nil {
		return err
	}
	if err := os.Link(partial, path); err != nil {
		return err
	}
	if err := os.Remove(partial); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
