package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// head is what a write must know of the stored document.
type head struct {
	rev, seq  int64
	createdAt string
	found     bool
}

// head reads the live document or, when there is none, what is left of it.
func (c *collection) head(tx *sqlitedb.Tx, id string) (head, error) {
	h := head{found: true}
	err := tx.QueryRow(`SELECT rev, seq, created_at FROM `+c.table+` WHERE id = ?`, id).Scan(&h.rev, &h.seq, &h.createdAt)
	if !errors.Is(err, sql.ErrNoRows) {
		return h, err
	}
	h.found = false
	err = tx.QueryRow(`SELECT rev, seq FROM doc_trace WHERE collection = ? AND id = ?`, c.name, id).Scan(&h.rev, &h.seq)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return h, err
}

// Save implements docstore.Collection.
func (c *collection) Save(ctx context.Context, doc docstore.Document, events ...docstore.Event) (docstore.Document, error) {
	if err := docstore.CheckID(doc.ID); err != nil {
		return doc, fmt.Errorf("save %s: %w", c.name, err)
	}
	tree, err := docstore.ParseBody(doc.Body)
	if err != nil {
		return doc, fmt.Errorf("save %s %s: %w", c.name, doc.ID, err)
	}
	var saved docstore.Document
	err = c.store.db.Repeat(ctx, func(tx *sqlitedb.Tx) error {
		var err error
		saved, err = c.save(tx, doc, tree, events)
		return err
	})
	if err != nil {
		return doc, fmt.Errorf("save %s %s at rev %d: %w", c.name, doc.ID, doc.Rev, unique(err))
	}
	if len(events) > 0 {
		c.store.signal()
	}
	return saved, nil
}

// InsertTogether implements docstore.Together.
func (c *collection) InsertTogether(ctx context.Context, docs []docstore.Document) ([]docstore.Document, error) {
	trees := make([]docstore.Tree, len(docs))
	for i, d := range docs {
		if err := docstore.CheckID(d.ID); err != nil {
			return nil, fmt.Errorf("insert into %s: %w", c.name, err)
		}
		var err error
		if trees[i], err = docstore.ParseBody(d.Body); err != nil {
			return nil, fmt.Errorf("insert into %s %s: %w", c.name, d.ID, err)
		}
	}
	stored := make([]docstore.Document, len(docs))
	err := c.store.db.Repeat(ctx, func(tx *sqlitedb.Tx) error {
		for i, d := range docs {
			d.Rev = 0
			var err error
			if stored[i], err = c.save(tx, d, trees[i], nil); err != nil {
				return fmt.Errorf("%s: %w", d.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("insert %d documents into %s: %w", len(docs), c.name, unique(err))
	}
	return stored, nil
}

func (c *collection) save(tx *sqlitedb.Tx, doc docstore.Document, tree docstore.Tree, events []docstore.Event) (docstore.Document, error) {
	h, err := c.head(tx, doc.ID)
	switch {
	case err != nil:
		return doc, err
	case doc.Rev == 0 && h.found:
		return doc, docstore.ErrExists
	case doc.Rev != 0 && !h.found:
		return doc, docstore.ErrNotFound
	case h.found && doc.Rev != h.rev:
		return doc, fmt.Errorf("stored is %d: %w", h.rev, docstore.ErrConflict)
	}
	now := docstore.At(c.store.now())
	rev, seq := h.rev+1, h.seq+int64(len(events))
	if h.found {
		_, err = tx.Exec(`UPDATE `+c.table+` SET rev = ?, seq = ?, updated_at = ?, body = ? WHERE id = ?`,
			rev, seq, now.String(), string(doc.Body), doc.ID)
	} else {
		h.createdAt = now.String()
		_, err = tx.Exec(`INSERT INTO `+c.table+` (id, rev, seq, created_at, updated_at, body) VALUES (?, ?, ?, ?, ?, ?)`,
			doc.ID, rev, seq, now.String(), now.String(), string(doc.Body))
		if err == nil && h.rev > 0 {
			_, err = tx.Exec(`DELETE FROM doc_trace WHERE collection = ? AND id = ?`, c.name, doc.ID)
		}
	}
	if err != nil {
		return doc, err
	}
	if c.entries != "" {
		if err := c.saveEntries(tx, doc.ID, tree); err != nil {
			return doc, err
		}
	}
	if err := c.queue(tx, doc.ID, h.seq, rev, now, events); err != nil {
		return doc, err
	}
	created, err := docstore.ParseInstant(h.createdAt)
	return docstore.Document{ID: doc.ID, Rev: rev, Body: doc.Body, CreatedAt: created.Time, UpdatedAt: now.Time}, err
}

// queue adds events behind the seq-th of a document.
func (c *collection) queue(tx *sqlitedb.Tx, id string, seq, rev int64, at docstore.Instant, events []docstore.Event) error {
	for _, e := range events {
		seq++
		text, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("event %s: %w", e.Kind, err)
		}
		if _, err := tx.Exec(`INSERT INTO doc_outbox (collection, document_id, seq, rev, at, event) VALUES (?, ?, ?, ?, ?, ?)`,
			c.name, id, seq, rev, at.String(), string(text)); err != nil {
			return err
		}
	}
	return nil
}

// saveEntries writes the difference between the entries stored and wanted; most
// changes of a document touch few of its words.
func (c *collection) saveEntries(tx *sqlitedb.Tx, id string, tree docstore.Tree) error {
	want := map[docstore.Entry]bool{}
	if tree != nil {
		for _, e := range c.spec.Entries(tree) {
			want[docstore.Entry{Path: e.Path, Value: bindable(e.Value)}] = true
		}
	}
	var gone []docstore.Entry
	if err := tx.Each(func(rows *sql.Rows) error {
		var e docstore.Entry
		if err := rows.Scan(&e.Path, &e.Value); err != nil {
			return err
		}
		if want[e] {
			delete(want, e)
		} else {
			gone = append(gone, e)
		}
		return nil
	}, `SELECT path, value FROM `+c.entries+` WHERE id = ?`, id); err != nil {
		return err
	}
	for _, e := range gone {
		if _, err := tx.Exec(`DELETE FROM `+c.entries+` WHERE path = ? AND value = ? AND id = ?`, e.Path, e.Value, id); err != nil {
			return err
		}
	}
	for e := range want {
		if _, err := tx.Exec(`INSERT INTO `+c.entries+` (path, value, id) VALUES (?, ?, ?)`, e.Path, e.Value, id); err != nil {
			return err
		}
	}
	return nil
}

// Delete implements docstore.Collection.
func (c *collection) Delete(ctx context.Context, id string, rev int64, events ...docstore.Event) error {
	err := c.store.db.Repeat(ctx, func(tx *sqlitedb.Tx) error {
		h, err := c.head(tx, id)
		switch {
		case err != nil:
			return err
		case !h.found:
			return docstore.ErrNotFound
		case h.rev != rev:
			return fmt.Errorf("stored is %d: %w", h.rev, docstore.ErrConflict)
		}
		if _, err := tx.Exec(`DELETE FROM `+c.table+` WHERE id = ?`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO doc_trace (collection, id, rev, seq) VALUES (?, ?, ?, ?)`,
			c.name, id, rev+1, h.seq+int64(len(events))); err != nil {
			return err
		}
		if c.entries != "" {
			if err := c.saveEntries(tx, id, nil); err != nil {
				return err
			}
		}
		return c.queue(tx, id, h.seq, rev+1, docstore.At(c.store.now()), events)
	})
	if err != nil {
		return fmt.Errorf("delete %s %s at rev %d: %w", c.name, id, rev, err)
	}
	if len(events) > 0 {
		c.store.signal()
	}
	return nil
}

// unique turns the refusal of a unique index into docstore.ErrExists.
func unique(err error) error {
	const constraintUnique = 2067 // SQLITE_CONSTRAINT_UNIQUE
	var coded interface{ Code() int }
	if errors.As(err, &coded) && coded.Code() == constraintUnique {
		return fmt.Errorf("%w: %w", docstore.ErrExists, err)
	}
	return err
}

// bindable is a normal value as SQLite stores it.
func bindable(v any) any {
	if b, ok := v.(bool); ok {
		if b {
			return int64(1)
		}
		return int64(0)
	}
	return v
}

func instant(text string, err *error) time.Time {
	i, e := docstore.ParseInstant(text)
	if e != nil && *err == nil {
		*err = e
	}
	return i.Time
}
