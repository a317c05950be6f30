package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// PutMessage implements store.Messages.
func (s *Store) PutMessage(ctx context.Context, m store.Message) error {
	matched, err := encode(m.Matched)
	if err != nil {
		return fmt.Errorf("put message %s: %w", m.ID, err)
	}
	m.Matched = nil // has a column of its own
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("put message %s: %w", m.ID, err)
	}
	return s.write(ctx, "put message "+m.ID, func(tx *sqlitedb.Tx) error {
		done, err := changed(tx.Exec(`INSERT INTO message (id, name, key, at, expires_at, body, matched) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			m.ID, m.Name, m.Key, int64(m.At), int64(m.ExpiresAt), body, matched))
		if err == nil && !done {
			return store.ErrExists
		}
		return err
	})
}

// MatchMessage implements store.Messages.
func (s *Store) MatchMessage(ctx context.Context, id, wait string) error {
	return s.write(ctx, "match message "+id, func(tx *sqlitedb.Tx) error {
		var text []byte
		if err := tx.QueryRow(`SELECT matched FROM message WHERE id = ?`, id).Scan(&text); err != nil {
			return missing(err)
		}
		var matched []string
		if err := decode(text, &matched); err != nil {
			return err
		}
		if slices.Contains(matched, wait) {
			return nil
		}
		if len(matched) > 0 {
			return store.ErrConflict
		}
		list, err := encode([]string{wait})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE message SET matched = ? WHERE id = ?`, list, id)
		return err
	})
}

// FindMessages implements store.Messages.
func (s *Store) FindMessages(ctx context.Context, name, key string, now core.Instant, limit int) ([]store.Message, error) {
	list, err := queryAll(ctx, s.db, scanMessage, `SELECT body, matched FROM message WHERE name = ? AND key = ? AND expires_at > ? ORDER BY at, id LIMIT ?`, name, key, int64(now), store.Limited(limit))
	if err != nil {
		return nil, fmt.Errorf("find messages %s: %w", name, err)
	}
	return list, nil
}

// ExpireMessages implements store.Messages.
func (s *Store) ExpireMessages(ctx context.Context, before core.Instant, limit int) ([]store.Message, error) {
	var gone []store.Message
	err := s.write(ctx, "expire messages", func(tx *sqlitedb.Tx) error {
		gone = nil
		return tx.Each(func(rows *sql.Rows) error {
			m, err := scanMessage(rows)
			gone = append(gone, m)
			return err
		}, `DELETE FROM message WHERE id IN (SELECT id FROM message WHERE expires_at <= ? LIMIT ?) RETURNING body, matched`,
			int64(before), store.Limited(limit))
	})
	return gone, err
}

func scanMessage(rows *sql.Rows) (m store.Message, err error) {
	var body, matched []byte
	if err := rows.Scan(&body, &matched); err != nil {
		return m, err
	}
	if err := store.ReadJSON(body, &m); err != nil {
		return m, err
	}
	return m, decode(matched, &m.Matched)
}

// FindSubscriptions implements store.Messages.
func (s *Store) FindSubscriptions(ctx context.Context, name, key, after string, limit int) ([]store.Subscription, error) {
	return s.subscriptions(ctx, "find subscriptions "+name, `name = ? AND key = ? AND id > ? ORDER BY id LIMIT ?`, name, key, after, store.Limited(limit))
}

// NamedSubscriptions implements store.Messages.
func (s *Store) NamedSubscriptions(ctx context.Context, name string, limit int) ([]store.Subscription, error) {
	return s.subscriptions(ctx, "subscriptions to "+name, `name = ? ORDER BY key, id LIMIT ?`, name, store.Limited(limit))
}

// WaitingMessages implements store.Messages.
func (s *Store) WaitingMessages(ctx context.Context, now core.Instant, limit int) ([]store.Message, error) {
	list, err := queryAll(ctx, s.db, scanMessage, `SELECT body, matched FROM message WHERE expires_at > ? AND matched IS NULL AND (name < ? OR name >= ?)
		ORDER BY expires_at, id LIMIT ?`, int64(now), store.SignalName(""), store.SignalName("")+last, store.Limited(limit))
	if err != nil {
		return nil, fmt.Errorf("list waiting messages: %w", err)
	}
	return list, nil
}

// DropMessage implements store.Messages.
func (s *Store) DropMessage(ctx context.Context, id string) error {
	return s.write(ctx, "drop message "+id, func(tx *sqlitedb.Tx) error {
		done, err := changed(tx.Exec(`DELETE FROM message WHERE id = ? AND matched IS NULL`, id))
		if done || err != nil {
			return err
		}
		var there int
		if err := tx.QueryRow(`SELECT 1 FROM message WHERE id = ?`, id).Scan(&there); err != nil {
			return missing(err)
		}
		return store.ErrConflict
	})
}

// RunSubscriptions implements store.Messages.
func (s *Store) RunSubscriptions(ctx context.Context, run core.RunID) ([]store.Subscription, error) {
	return s.subscriptions(ctx, "subscriptions of run "+string(run), `run_id = ? ORDER BY id`, string(run))
}

func (s *Store) subscriptions(ctx context.Context, what, rest string, args ...any) ([]store.Subscription, error) {
	list, err := queryAll(ctx, s.db, func(rows *sql.Rows) (sub store.Subscription, err error) {
		id, err := scanBody(rows, &sub)
		sub.ID = id
		return sub, err
	}, `SELECT id, body FROM subscription WHERE closed_at = 0 AND `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// scheduleRow is the stored form of a schedule.
func scheduleRow(x store.Schedule) (dueAt any, body []byte, err error) {
	if !x.Disabled && x.NextAt > 0 {
		dueAt = int64(x.NextAt)
	}
	x.Rev = 0 // has a column of its own
	body, err = json.Marshal(x)
	return dueAt, body, err
}

// PutSchedule implements store.Schedules.
func (s *Store) PutSchedule(ctx context.Context, x store.Schedule) error {
	return s.write(ctx, "put schedule "+x.ID, func(tx *sqlitedb.Tx) error {
		dueAt, body, err := scheduleRow(x)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO schedule (id, definition_key, due_at, rev, body) VALUES (?, ?, ?, 1, ?)
			ON CONFLICT (id) DO UPDATE SET definition_key = excluded.definition_key, due_at = excluded.due_at, rev = rev + 1, body = excluded.body`,
			x.ID, x.DefinitionKey, dueAt, body)
		return err
	})
}

// AdvanceSchedule implements store.Schedules.
func (s *Store) AdvanceSchedule(ctx context.Context, x store.Schedule) error {
	return s.write(ctx, "advance schedule "+x.ID, func(tx *sqlitedb.Tx) error {
		dueAt, body, err := scheduleRow(x)
		if err != nil {
			return err
		}
		done, err := changed(tx.Exec(`UPDATE schedule SET definition_key = ?, due_at = ?, rev = rev + 1, body = ? WHERE id = ? AND rev = ?`,
			x.DefinitionKey, dueAt, body, x.ID, x.Rev))
		if done || err != nil {
			return err
		}
		var there int
		if err := tx.QueryRow(`SELECT 1 FROM schedule WHERE id = ?`, x.ID).Scan(&there); err != nil {
			return missing(err)
		}
		return store.ErrConflict
	})
}

// DeleteSchedule implements store.Schedules.
func (s *Store) DeleteSchedule(ctx context.Context, id string) error {
	return s.write(ctx, "delete schedule "+id, func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`DELETE FROM schedule WHERE id = ?`, id)
		return err
	})
}

// DueSchedules implements store.Schedules.
func (s *Store) DueSchedules(ctx context.Context, before core.Instant, limit int) ([]store.Schedule, error) {
	return s.schedules(ctx, `WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?`, int64(before), store.Limited(limit))
}

// ListSchedules implements store.Schedules.
func (s *Store) ListSchedules(ctx context.Context, definitionKey string) ([]store.Schedule, error) {
	return s.schedules(ctx, `WHERE ?1 = '' OR definition_key = ?1 ORDER BY id`, definitionKey)
}

func (s *Store) schedules(ctx context.Context, rest string, args ...any) ([]store.Schedule, error) {
	list, err := queryAll(ctx, s.db, func(rows *sql.Rows) (x store.Schedule, err error) {
		var body sql.RawBytes
		var rev int64
		if err := rows.Scan(&rev, &body); err != nil {
			return x, err
		}
		err = store.ReadJSON(body, &x)
		x.Rev = rev
		return x, err
	}, `SELECT rev, body FROM schedule `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return list, nil
}

// RunIncidents implements store.Incidents.
func (s *Store) RunIncidents(ctx context.Context, run core.RunID) ([]store.OpenIncident, error) {
	return s.incidents(ctx, "incidents of run "+string(run), `WHERE run_id = ? AND body IS NOT NULL ORDER BY at, id`, string(run))
}

// ListIncidents implements store.Incidents.
func (s *Store) ListIncidents(ctx context.Context, definitionKey string, limit int, cursor string) ([]store.OpenIncident, string, error) {
	after, more, err := store.ParseCursor(store.IncidentList, cursor)
	if err != nil {
		return nil, "", fmt.Errorf("list incidents: %w", err)
	}
	var w where
	w.add("closed_at = 0")
	w.equal("definition_key", definitionKey)
	if more {
		w.add("(at, id) < (?, ?)", int64(after.Key), after.ID)
	}
	limit = store.Limited(limit)
	list, err := s.incidents(ctx, "list incidents", w.String()+` ORDER BY at DESC, id DESC LIMIT ?`, append(w.args, limit+1)...)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	end := list[limit-1]
	return list[:limit], store.Position{Key: end.At, ID: end.ID}.Cursor(store.IncidentList), nil
}

func (s *Store) incidents(ctx context.Context, what, rest string, args ...any) ([]store.OpenIncident, error) {
	list, err := queryAll(ctx, s.db, func(rows *sql.Rows) (i store.OpenIncident, err error) {
		var id string
		var body sql.RawBytes
		var closedAt core.Instant
		if err := rows.Scan(&id, &closedAt, &body); err != nil {
			return i, err
		}
		err = store.ReadJSON(body, &i)
		i.ID, i.ResolvedAt = id, closedAt
		return i, err
	}, `SELECT id, closed_at, body FROM incident `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// AcquireLease implements store.Leases.
func (s *Store) AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error) {
	var got bool
	err := s.write(ctx, "acquire lease "+name, func(tx *sqlitedb.Tx) (err error) {
		got, err = changed(tx.Exec(`INSERT INTO lease (name, owner, until) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until <= ?`,
			name, owner, int64(until), int64(now)))
		return err
	})
	return got, err
}

// HeldLeases implements store.Leases.
func (s *Store) HeldLeases(ctx context.Context, prefix string, now core.Instant) ([]store.Lease, error) {
	list, err := queryAll(ctx, s.db, func(rows *sql.Rows) (l store.Lease, err error) {
		return l, rows.Scan(&l.Name, &l.Owner, &l.Until)
	}, `SELECT name, owner, until FROM lease WHERE name >= ? AND name < ? AND until > ? ORDER BY name`, prefix, prefix+last, int64(now))
	if err != nil {
		return nil, fmt.Errorf("list leases %s: %w", prefix, err)
	}
	return list, nil
}

// DropLeases implements store.Leases. There are a handful of them.
func (s *Store) DropLeases(ctx context.Context, before core.Instant) error {
	return s.write(ctx, "drop leases", func(tx *sqlitedb.Tx) error {
		_, err := tx.Exec(`DELETE FROM lease WHERE until <= ?`, int64(before))
		return err
	})
}
