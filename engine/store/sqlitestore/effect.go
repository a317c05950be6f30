package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

const (
	effectColumns = `id, body, status, attempt, owner, lease_at, not_before, result, failure, delivered`
	selectEffect  = `SELECT ` + effectColumns + ` FROM effect WHERE id = ? AND body IS NOT NULL`
)

func scanEffect(scan func(...any) error) (store.Effect, error) {
	var (
		e, d                  store.Effect
		body, result, failure []byte
	)
	if err := scan(&d.ID, &body, &d.Status, &d.Attempt, &d.Owner, &d.LeaseAt, &d.NotBefore, &result, &failure, &d.Delivered); err != nil {
		return store.Effect{}, err
	}
	err := store.ReadJSON(body, &e)
	if err == nil && len(result) > 0 {
		err = store.ReadJSON(result, &d.Result)
	}
	if err == nil && len(failure) > 0 {
		err = store.ReadJSON(failure, &d.Failure)
	}
	if err != nil {
		return store.Effect{}, fmt.Errorf("stored effect %s: %w", d.ID, err)
	}
	e.ID, e.Status, e.Attempt, e.Owner, e.LeaseAt, e.NotBefore = d.ID, d.Status, d.Attempt, d.Owner, d.LeaseAt, d.NotBefore
	e.Result, e.Failure, e.Delivered = d.Result, d.Failure, d.Delivered
	return e, nil
}

func putEffect(tx *sqlitedb.Tx, o store.Outbox) error {
	e, err := o.Effect()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO effect (id, run_id, body, status, attempt, owner, lease_at, not_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, body = excluded.body, attempt = excluded.attempt, not_before = excluded.not_before
		WHERE body IS NULL`,
		e.ID, string(e.RunID), []byte(o.Body), string(e.Status), e.Attempt, e.Owner, int64(e.LeaseAt), int64(e.NotBefore))
	return err
}

// Effect implements store.Effects.
func (s *Store) Effect(ctx context.Context, id string) (store.Effect, error) {
	e, err := scanEffect(s.db.QueryRow(ctx, selectEffect, id).Scan)
	if err != nil {
		return store.Effect{}, fmt.Errorf("read effect %s: %w", id, missing(err))
	}
	return e, nil
}

// ClaimEffects implements store.Effects.
func (s *Store) ClaimEffects(ctx context.Context, owner string, now, leaseUntil core.Instant, n int) ([]store.Effect, error) {
	if n <= 0 {
		return nil, nil
	}
	// Most polls find nothing; they need not wait for the writer.
	var waiting bool
	if err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM effect WHERE status = 'ready' AND not_before <= ?)`, int64(now)).Scan(&waiting); err != nil {
		return nil, fmt.Errorf("claim effects: %w", err)
	}
	if !waiting {
		return nil, nil
	}
	var claimed []store.Effect
	err := s.write(ctx, "claim effects", func(tx *sqlitedb.Tx) error {
		claimed = nil
		return tx.Each(func(rows *sql.Rows) error {
			e, err := scanEffect(rows.Scan)
			claimed = append(claimed, e)
			return err
		}, `UPDATE effect SET status = 'running', attempt = attempt + 1, owner = ?, lease_at = ?
			WHERE id IN (SELECT id FROM effect WHERE status = 'ready' AND not_before <= ? LIMIT ?) RETURNING `+effectColumns,
			owner, int64(leaseUntil), int64(now), n)
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// conditional runs an update that names an effect and its claim; when it changes
// nothing, it finds out why.
func conditional(tx *sqlitedb.Tx, id, update string, args ...any) error {
	done, err := changed(tx.Exec(update, args...))
	if done || err != nil {
		return err
	}
	var there int
	if err := tx.QueryRow(`SELECT 1 FROM effect WHERE id = ? AND body IS NOT NULL`, id).Scan(&there); err != nil {
		return missing(err)
	}
	return store.ErrConflict
}

// ExtendEffect implements store.Effects.
func (s *Store) ExtendEffect(ctx context.Context, id string, attempt int, leaseUntil core.Instant) error {
	return s.write(ctx, "extend effect "+id, func(tx *sqlitedb.Tx) error {
		return conditional(tx, id, `UPDATE effect SET lease_at = ? WHERE id = ? AND attempt = ? AND status IN ('running', 'sending')`,
			int64(leaseUntil), id, attempt)
	})
}

// SendingEffect implements store.Effects.
func (s *Store) SendingEffect(ctx context.Context, id string, attempt int) error {
	return s.write(ctx, "send effect "+id, func(tx *sqlitedb.Tx) error {
		return conditional(tx, id, `UPDATE effect SET status = 'sending' WHERE id = ? AND attempt = ? AND status IN ('running', 'sending')`, id, attempt)
	})
}

// outcome is the stored form of what an attempt has left behind.
func outcome(e store.Effect) (result, failure any, err error) {
	if err := e.CheckSettle(); err != nil {
		return nil, nil, err
	}
	if e.Result != nil {
		if result, err = json.Marshal(e.Result); err != nil {
			return nil, nil, err
		}
	}
	if e.Failure != nil {
		if failure, err = json.Marshal(e.Failure); err != nil {
			return nil, nil, err
		}
	}
	return result, failure, nil
}

const settle = `UPDATE effect SET status = ?, result = ?, failure = ?, not_before = ?, owner = '', lease_at = 0, delivered = ?, closed_at = ?
	WHERE id = ? AND attempt = ? AND status IN ('running', 'sending', 'unknown') AND ended = 0`

// SettleEffect implements store.Effects.
func (s *Store) SettleEffect(ctx context.Context, e store.Effect) error {
	return s.write(ctx, "settle effect "+e.ID, func(tx *sqlitedb.Tx) error {
		result, failure, err := outcome(e)
		if err != nil {
			return err
		}
		return conditional(tx, e.ID, settle, string(e.Status), result, failure, int64(e.NotBefore), 0, 0, e.ID, e.Attempt)
	})
}

// RescueEffect implements store.Effects.
func (s *Store) RescueEffect(ctx context.Context, e store.Effect) error {
	return s.write(ctx, "rescue effect "+e.ID, func(tx *sqlitedb.Tx) error {
		result, failure, err := outcome(e)
		if err != nil {
			return err
		}
		return conditional(tx, e.ID, settle+` AND lease_at = ?`,
			string(e.Status), result, failure, int64(e.NotBefore), 0, 0, e.ID, e.Attempt, int64(e.LeaseAt))
	})
}

// settleDelivered settles an attempt whose event is in the same transaction.
// ErrDuplicate when its claim is lost.
func (s *Store) settleDelivered(tx *sqlitedb.Tx, e store.Effect) error {
	result, failure, err := outcome(e)
	if err != nil {
		return err
	}
	at, err := s.now(tx)
	if err != nil {
		return err
	}
	done, err := changed(tx.Exec(settle, string(e.Status), result, failure, int64(e.NotBefore), 1, int64(at), e.ID, e.Attempt))
	if err == nil && !done {
		err = fmt.Errorf("effect %s: the claim is lost: %w", e.ID, store.ErrDuplicate)
	}
	return err
}

// CompleteAwaiting implements store.Effects.
func (s *Store) CompleteAwaiting(ctx context.Context, id string, result core.EffectBody) (store.Effect, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return store.Effect{}, fmt.Errorf("complete effect %s: %w", id, err)
	}
	var e store.Effect
	err = s.write(ctx, "complete effect "+id, func(tx *sqlitedb.Tx) error {
		if err := conditional(tx, id, `UPDATE effect SET status = 'finished', result = ?, delivered = 0 WHERE id = ? AND status = 'awaiting'`, text, id); err != nil {
			return err
		}
		var err error
		e, err = scanEffect(tx.QueryRow(selectEffect, id).Scan)
		return err
	})
	if err != nil {
		return store.Effect{}, err
	}
	return e, nil
}

// EffectDelivered implements store.Effects.
func (s *Store) EffectDelivered(ctx context.Context, id string, attempt int) error {
	return s.write(ctx, "deliver effect "+id, func(tx *sqlitedb.Tx) error {
		at, err := s.now(tx)
		if err != nil {
			return err
		}
		return conditional(tx, id, `UPDATE effect SET delivered = 1, closed_at = iif(closed_at = 0, ?, closed_at)
			WHERE id = ? AND attempt = ? AND status IN ('finished', 'failed', 'unknown')`, int64(at), id, attempt)
	})
}

// ExpiredEffects implements store.Effects.
func (s *Store) ExpiredEffects(ctx context.Context, now core.Instant, limit int) ([]store.Effect, error) {
	return s.effects(ctx, "list expired effects", `status IN ('running', 'sending') AND lease_at <= ? LIMIT ?`, int64(now), store.Limited(limit))
}

// UndeliveredEffects implements store.Effects.
func (s *Store) UndeliveredEffects(ctx context.Context, limit int) ([]store.Effect, error) {
	return s.effects(ctx, "list undelivered effects", `delivered = 0 AND status IN ('finished', 'failed', 'unknown') LIMIT ?`, store.Limited(limit))
}

// RunEffects implements store.Effects.
func (s *Store) RunEffects(ctx context.Context, run core.RunID) ([]store.Effect, error) {
	return s.effects(ctx, "effects of run "+string(run), `run_id = ? AND body IS NOT NULL ORDER BY id`, string(run))
}

func (s *Store) effects(ctx context.Context, what, rest string, args ...any) ([]store.Effect, error) {
	list, err := queryAll(ctx, s.db, func(rows *sql.Rows) (store.Effect, error) { return scanEffect(rows.Scan) },
		`SELECT `+effectColumns+` FROM effect WHERE `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// DueTimers implements store.Timers.
func (s *Store) DueTimers(ctx context.Context, before core.Instant, limit int) ([]store.Timer, error) {
	return s.timers(ctx, "list due timers", `closed_at = 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?`, int64(before), store.Limited(limit))
}

// TimersAfter implements store.Foresight.
func (s *Store) TimersAfter(ctx context.Context, after store.Position, before core.Instant, limit int) ([]store.Timer, error) {
	return s.timers(ctx, "list timers ahead", `closed_at = 0 AND due_at <= ? AND (due_at, id) > (?, ?) ORDER BY due_at, id LIMIT ?`,
		int64(before), int64(after.Key), after.ID, store.Limited(limit))
}

// ArmedTimers implements store.Retiming.
func (s *Store) ArmedTimers(ctx context.Context, after store.Position, limit int) ([]store.Timer, error) {
	return s.TimersAfter(ctx, after, math.MaxInt64, limit)
}

// Retime implements store.Retiming.
func (s *Store) Retime(ctx context.Context, t store.Timer, due core.Instant) error {
	from := t.DueAt
	t.DueAt = due
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("retime %s: %w", t.ID, err)
	}
	return s.write(ctx, "retime "+t.ID, func(tx *sqlitedb.Tx) error {
		result, err := tx.Exec(`UPDATE timer SET due_at = ?, body = ? WHERE id = ? AND closed_at = 0 AND due_at = ?`, int64(due), body, t.ID, int64(from))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(err, store.ErrConflict)
		}
		return nil
	})
}

// RunTimers implements store.Timers.
func (s *Store) RunTimers(ctx context.Context, run core.RunID) ([]store.Timer, error) {
	return s.timers(ctx, "timers of run "+string(run), `closed_at = 0 AND run_id = ? ORDER BY due_at, id`, string(run))
}

func (s *Store) timers(ctx context.Context, what, rest string, args ...any) ([]store.Timer, error) {
	list, err := queryAll(ctx, s.db, func(rows *sql.Rows) (t store.Timer, err error) {
		id, err := scanBody(rows, &t)
		t.ID = id
		return t, err
	}, `SELECT id, body FROM timer WHERE `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// scanBody reads the columns id and body.
func scanBody(rows *sql.Rows, document any) (id string, err error) {
	var body sql.RawBytes
	if err := rows.Scan(&id, &body); err != nil {
		return "", err
	}
	if err := store.ReadJSON(body, document); err != nil {
		return "", errors.Join(fmt.Errorf("stored document %s", id), err)
	}
	return id, nil
}
