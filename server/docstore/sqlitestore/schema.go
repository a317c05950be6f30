package sqlitestore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// collection implements docstore.Collection.
type collection struct {
	store   *Store
	spec    *docstore.Compiled
	name    string
	table   string // quoted, safe in SQL: the name was checked by docstore.Compile
	entries string // the side table, quoted; "" when the spec needs none
	kept    []kept
}

// Collection implements docstore.Store.
func (s *Store) Collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	compiled, err := docstore.Compile(spec)
	if err != nil {
		return nil, err
	}
	c := &collection{store: s, spec: compiled, name: spec.Name, table: `"doc_` + spec.Name + `"`}
	if compiled.HasEntries() {
		c.entries = `"doc_` + spec.Name + `_entry"`
	}
	if err := c.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare collection %s: %w", spec.Name, err)
	}
	return c, nil
}

// prepare makes the table and makes its indexes those of the spec.
func (c *collection) prepare(ctx context.Context) error {
	err := c.store.db.Write(ctx, func(tx *sqlitedb.Tx) error {
		if _, err := tx.Exec(`CREATE TABLE IF NOT EXISTS ` + c.table + ` (
			n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL, seq INTEGER NOT NULL,
			created_at TEXT NOT NULL, updated_at TEXT NOT NULL, body TEXT NOT NULL)`); err != nil {
			return err
		}
		if err := c.takeOver(tx); err != nil {
			return err
		}
		if err := c.keep(tx); err != nil {
			return err
		}
		return c.index(tx)
	})
	if err != nil || c.entries == "" {
		return err
	}
	return c.enter(ctx)
}

func (c *collection) index(tx *sqlitedb.Tx) error {
	prefix := "ix_" + c.name + "_"
	want := map[string]string{}
	for _, ix := range c.spec.Spec.Indexes {
		if ix.Multi || strings.HasSuffix(ix.Paths[0], "*") {
			continue
		}
		var columns []string
		for _, p := range ix.Paths {
			columns = append(columns, column(p))
		}
		unique := "UNIQUE "
		if !ix.Unique {
			unique = ""
			if !slices.Contains(ix.Paths, "id") {
				columns = append(columns, "id") // the tie-break of every sort
			}
		}
		list := strings.Join(columns, ", ")
		sum := sha256.Sum256([]byte(unique + list))
		name := prefix + hex.EncodeToString(sum[:8])
		want[name] = `CREATE ` + unique + `INDEX IF NOT EXISTS "` + name + `" ON ` + c.table + ` (` + list + `)`
	}
	var old []string
	if err := tx.Each(func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		if _, keep := want[name]; !keep {
			old = append(old, name)
		}
		return err
	}, `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND substr(name, 1, ?) = ?`,
		"doc_"+c.name, len(prefix), prefix); err != nil {
		return err
	}
	for _, name := range old {
		if _, err := tx.Exec(`DROP INDEX "` + name + `"`); err != nil {
			return err
		}
	}
	for _, statement := range want {
		if _, err := tx.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// enterBatch is how many documents one write re-enters.
const enterBatch = 200

// enter makes the side table and fills it for documents stored before the spec
// asked for it.
func (c *collection) enter(ctx context.Context) error {
	sum := sha256.Sum256([]byte(c.spec.EntryFingerprint()))
	fingerprint := hex.EncodeToString(sum[:])
	var have string
	err := c.store.db.Write(ctx, func(tx *sqlitedb.Tx) error {
		if _, err := tx.Exec(`CREATE TABLE IF NOT EXISTS ` + c.entries + ` (
			path TEXT NOT NULL, value NOT NULL, id TEXT NOT NULL, PRIMARY KEY (path, value, id)) WITHOUT ROWID`); err != nil {
			return err
		}
		if _, err := tx.Exec(`CREATE INDEX IF NOT EXISTS "ie_` + c.name + `" ON ` + c.entries + ` (id, path)`); err != nil {
			return err
		}
		err := tx.QueryRow(`SELECT fingerprint FROM doc_spec WHERE collection = ?`, c.name).Scan(&have)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return err
	})
	if err != nil || have == fingerprint {
		return err
	}
	for after, done := int64(0), false; !done; {
		err := c.store.db.Write(ctx, func(tx *sqlitedb.Tx) error {
			type row struct{ id, body string }
			var batch []row
			if err := tx.Each(func(rows *sql.Rows) error {
				var r row
				err := rows.Scan(&after, &r.id, &r.body)
				batch = append(batch, r)
				return err
			}, `SELECT n, id, body FROM `+c.table+` WHERE n > ? ORDER BY n LIMIT ?`, after, enterBatch); err != nil {
				return err
			}
			for _, r := range batch {
				tree, err := docstore.ParseBody(json.RawMessage(r.body))
				if err != nil {
					return fmt.Errorf("document %s: %w", r.id, err)
				}
				if err := c.saveEntries(tx, r.id, tree); err != nil {
					return err
				}
			}
			if done = len(batch) < enterBatch; !done {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO doc_spec (collection, fingerprint) VALUES (?, ?)
				ON CONFLICT (collection) DO UPDATE SET fingerprint = excluded.fingerprint`, c.name, fingerprint)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// column is the SQL of a path. An index is used only when the query repeats its
// expression literally, so this is the one place that writes it; the path was
// checked by docstore.Compile and holds no quote.
func column(path string) string {
	switch path {
	case "id":
		return "id"
	case "createdAt":
		return "created_at"
	case "updatedAt":
		return "updated_at"
	}
	return `json_extract(body, '` + jsonPath(path) + `')`
}

func jsonPath(path string) string {
	return `$."` + strings.ReplaceAll(path, ".", `"."`) + `"`
}
