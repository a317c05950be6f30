package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// Copy implements store.Relay.
func (s *Store) Copy(ctx context.Context, run core.RunID, entries []store.Outbox) error {
	work := prepare(entries)
	what := "copy from run " + string(run)
	if err := s.write(ctx, what, func(tx *sqlitedb.Tx) error { return s.copy(tx, run, work) }); err != nil {
		return err
	}
	var errs []error
	for _, o := range entries {
		errs = append(errs, work.bad[o.Seq])
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// copying is the work of a relay. Records are read and packed before the writer
// has its turn, because everybody waits for the writer.
type copying struct {
	entries   []store.Outbox
	stretches []store.Stretch
	bad       map[int64]error // entries that cannot be read, by seq
}

func prepare(entries []store.Outbox) *copying {
	work := &copying{entries: entries}
	records := make([]store.StoredRecord, 0, len(entries))
	for _, o := range entries {
		if o.Kind != store.PutRecord {
			continue
		}
		r, err := o.Record()
		if err != nil {
			work.reject(o, err)
			continue
		}
		records = append(records, r)
	}
	work.stretches = store.Stretches(records)
	return work
}

func (c *copying) reject(o store.Outbox, err error) {
	if c.bad == nil {
		c.bad = map[int64]error{}
	}
	c.bad[o.Seq] = err
}

// copy writes derived documents and notes which entries cannot be read. An error
// means that the database failed.
func (s *Store) copy(tx *sqlitedb.Tx, run core.RunID, work *copying) error {
	for _, o := range work.entries {
		if o.Kind == store.PutRecord {
			continue
		}
		switch err := s.copyOne(tx, o); {
		case errors.Is(err, store.ErrBadEntry):
			work.reject(o, err)
		case err != nil:
			return fmt.Errorf("outbox entry %d (%s %s): %w", o.Seq, o.Kind, o.ID, err)
		}
	}
	for _, stretch := range work.stretches {
		if _, err := tx.Exec(`INSERT INTO record (run_id, first, last, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (run_id, first) DO UPDATE SET last = excluded.last, body = excluded.body WHERE excluded.last > last`,
			string(run), stretch.First, stretch.Last, stretch.Body); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) copyOne(tx *sqlitedb.Tx, o store.Outbox) error {
	switch o.Kind {
	case store.PutTask:
		return putTask(tx, o)
	case store.PutEffect:
		return putEffect(tx, o)
	case store.PutTimer:
		return putTimer(tx, o)
	case store.PutSubscription:
		return putSubscription(tx, o)
	case store.PutIncident:
		return putIncident(tx, o)
	}
	if !o.Kind.Copied() {
		return nil
	}
	at := o.At
	if at == 0 {
		var err error
		if at, err = s.now(tx); err != nil {
			return err
		}
	}
	switch o.Kind {
	case store.EndTask:
		return endTask(tx, o, at)
	case store.EndEffect:
		_, err := tx.Exec(`INSERT INTO effect (id, status, delivered, ended, closed_at) VALUES (?, 'canceled', 1, 1, ?)
			ON CONFLICT (id) DO UPDATE SET ended = 1, delivered = 1, owner = '', lease_at = 0, closed_at = excluded.closed_at,
			status = iif(status IN ('finished', 'failed', 'unknown'), status, 'canceled') WHERE ended = 0`, o.ID, int64(at))
		return err
	case store.EndTimer:
		return closeIn(tx, `timer`, o.ID, at)
	case store.EndSubscription:
		return closeIn(tx, `subscription`, o.ID, at)
	case store.EndIncident:
		return closeIn(tx, `incident`, o.ID, at)
	default:
		return fmt.Errorf("outbox entry %d: kind %q: %w", o.Seq, o.Kind, store.ErrBadEntry)
	}
}

// closeIn closes a document that has no life of its own.
func closeIn(tx *sqlitedb.Tx, table, id string, at core.Instant) error {
	_, err := tx.Exec(`INSERT INTO `+table+` (id, closed_at) VALUES (?, ?)
		ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at WHERE closed_at = 0`, id, int64(at))
	return err
}

func putTimer(tx *sqlitedb.Tx, o store.Outbox) error {
	var t store.Timer
	if err := o.Decode(&t); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO timer (id, run_id, due_at, body) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, due_at = excluded.due_at, body = excluded.body WHERE body IS NULL`,
		o.ID, string(t.RunID), int64(t.DueAt), []byte(o.Body))
	return err
}

func putSubscription(tx *sqlitedb.Tx, o store.Outbox) error {
	var t store.Subscription
	if err := o.Decode(&t); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO subscription (id, run_id, name, key, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, name = excluded.name, key = excluded.key, body = excluded.body WHERE body IS NULL`,
		o.ID, string(t.RunID), t.Name, t.Key, []byte(o.Body))
	return err
}

func putIncident(tx *sqlitedb.Tx, o store.Outbox) error {
	var t store.OpenIncident
	if err := o.Decode(&t); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO incident (id, run_id, definition_key, version, node, at, text_fold, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, definition_key = excluded.definition_key, version = excluded.version,
		node = excluded.node, at = excluded.at, text_fold = excluded.text_fold, body = excluded.body WHERE body IS NULL`,
		o.ID, string(t.RunID), t.DefinitionKey, t.Version, string(t.Node), int64(t.At), t.IncidentFold(), []byte(o.Body))
	return err
}

// Records implements store.Records.
func (s *Store) Records(ctx context.Context, run core.RunID, from int64, limit int) ([]core.Record, error) {
	end := from + int64(store.Limited(limit))
	var window store.RecordWindow
	err := s.db.Each(ctx, func(rows *sql.Rows) error {
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return err
		}
		return window.Add(body)
	}, `SELECT body FROM record WHERE run_id = ? AND first < ? AND last >= ? ORDER BY first`, string(run), end, from)
	if err != nil {
		return nil, fmt.Errorf("records of run %s: %w", run, err)
	}
	return window.Records(from, end), nil
}

// Purge implements store.Relay.
func (s *Store) Purge(ctx context.Context, before core.Instant, limit int) (int, error) {
	total := 0
	err := s.write(ctx, "purge", func(tx *sqlitedb.Tx) error {
		total = 0
		for _, table := range []string{"task", "timer", "effect", "subscription", "incident"} {
			var gone []any
			if err := tx.Each(func(rows *sql.Rows) error {
				var id string
				err := rows.Scan(&id)
				gone = append(gone, id)
				return err
			}, `SELECT id FROM `+table+` WHERE closed_at > 0 AND closed_at < ? LIMIT ?`, int64(before), store.Limited(limit)-total); err != nil {
				return err
			}
			for _, id := range gone {
				if _, err := tx.Exec(`DELETE FROM `+table+` WHERE id = ?`, id); err != nil {
					return err
				}
				if table == "task" {
					if _, err := tx.Exec(`DELETE FROM task_person WHERE task_id = ?`, id); err != nil {
						return err
					}
				}
			}
			total += len(gone)
		}
		return nil
	})
	return total, err
}
