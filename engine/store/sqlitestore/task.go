package sqlitestore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// owned is what the owner of a task may change, as stored.
type owned struct {
	ClaimedBy string             `json:"claimedBy,omitempty"`
	Votes     []store.Vote       `json:"votes,omitempty"`
	Decision  *store.Decision    `json:"decision,omitempty"`
	Delegated []store.Delegation `json:"delegated,omitempty"`
}

const taskColumns = `id, body, rev, status, owned, closed_at, reason`

func scanTask(scan func(...any) error) (store.Task, error) {
	var (
		t           store.Task
		id, reason  string
		status      store.TaskStatus
		rev         int64
		closedAt    core.Instant
		body, owner []byte
	)
	if err := scan(&id, &body, &rev, &status, &owner, &closedAt, &reason); err != nil {
		return store.Task{}, err
	}
	if err := store.ReadJSON(body, &t); err != nil {
		return store.Task{}, fmt.Errorf("stored task %s: %w", id, err)
	}
	if len(owner) > 0 {
		var o owned
		if err := store.ReadJSON(owner, &o); err != nil {
			return store.Task{}, fmt.Errorf("stored task %s: %w", id, err)
		}
		t.ClaimedBy, t.Votes, t.Decision, t.Delegated = o.ClaimedBy, o.Votes, o.Decision, o.Delegated
	}
	t.ID, t.Rev, t.Status, t.ClosedAt, t.Reason = id, rev, status, closedAt, reason
	return t, nil
}

func putTask(tx *sqlitedb.Tx, o store.Outbox) error {
	t, err := o.Task()
	if err != nil {
		return err
	}
	inserted, err := changed(tx.Exec(`INSERT INTO task (id, run_id, definition_key, record_id, opened_at, due_key, text_fold, body, rev, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, definition_key = excluded.definition_key, record_id = excluded.record_id, opened_at = excluded.opened_at,
		due_key = excluded.due_key, text_fold = excluded.text_fold, body = excluded.body WHERE body IS NULL`,
		t.ID, string(t.RunID), t.DefinitionKey, t.RecordID, int64(t.OpenedAt), int64(t.DueKey()),
		store.Fold(strings.Join([]string{t.Name, t.RecordTitle, t.DefinitionName}, "\n")), []byte(o.Body), t.Rev, string(t.Status)))
	if err != nil || !inserted {
		return err
	}
	var live bool
	if err := tx.QueryRow(`SELECT closed_at = 0 FROM task WHERE id = ?`, t.ID).Scan(&live); err != nil {
		return err
	}
	return writePeople(tx, t, live)
}

// writePeople indexes a task under everybody who may act on it.
func writePeople(tx *sqlitedb.Tx, t store.Task, live bool) error {
	add := func(person string) error {
		_, err := tx.Exec(`INSERT INTO task_person (task_id, person, live, due, opened) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			t.ID, person, live, int64(t.DueKey()), int64(t.OpenedAt))
		return err
	}
	for _, user := range t.People() {
		if err := add("u:" + user); err != nil {
			return err
		}
	}
	for _, group := range t.Groups {
		if err := add("g:" + group); err != nil {
			return err
		}
	}
	return nil
}

func endTask(tx *sqlitedb.Tx, o store.Outbox, at core.Instant) error {
	status, reason := store.TaskCompleted, ""
	if store.Cancels(o.Reason) {
		status, reason = store.TaskCanceled, o.Reason
	}
	if _, err := tx.Exec(`INSERT INTO task (id, status, rev, closed_at, reason) VALUES (?, ?, 2, ?, ?)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, rev = rev + 1, closed_at = excluded.closed_at, reason = excluded.reason, deliver_at = NULL
		WHERE closed_at = 0`, o.ID, string(status), int64(at), reason); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE task_person SET live = 0 WHERE task_id = ? AND live = 1`, o.ID)
	return err
}

// Task implements store.Tasks.
func (s *Store) Task(ctx context.Context, id string) (store.Task, error) {
	t, err := scanTask(s.db.QueryRow(ctx, `SELECT `+taskColumns+` FROM task WHERE id = ? AND body IS NOT NULL`, id).Scan)
	if err != nil {
		return store.Task{}, fmt.Errorf("task %s: %w", id, missing(err))
	}
	return t, nil
}

// UpdateTask implements store.Tasks.
func (s *Store) UpdateTask(ctx context.Context, t store.Task) (store.Task, error) {
	if err := t.CheckUpdate(); err != nil {
		return store.Task{}, fmt.Errorf("update: %w", err)
	}
	owner, err := json.Marshal(owned{t.ClaimedBy, t.Votes, t.Decision, t.Delegated})
	if err != nil {
		return store.Task{}, fmt.Errorf("update task %s: %w", t.ID, err)
	}
	var deliverAt any
	if t.Status == store.TaskDecided && t.Decision != nil && !t.Decision.Delivered {
		deliverAt = int64(t.Decision.NotBefore)
	}
	var stored store.Task
	err = s.write(ctx, "update task "+t.ID, func(tx *sqlitedb.Tx) error {
		var err error
		if stored, err = scanTask(tx.QueryRow(`SELECT `+taskColumns+` FROM task WHERE id = ? AND body IS NOT NULL`, t.ID).Scan); err != nil {
			return missing(err)
		}
		if stored.Rev != t.Rev || stored.Status.Closed() {
			return store.ErrConflict
		}
		if _, err := tx.Exec(`UPDATE task SET rev = rev + 1, status = ?, owned = ?, deliver_at = ? WHERE id = ?`,
			string(t.Status), owner, deliverAt, t.ID); err != nil {
			return err
		}
		if stored.ClaimedBy != t.ClaimedBy || len(stored.Delegated) != len(t.Delegated) {
			if _, err := tx.Exec(`DELETE FROM task_person WHERE task_id = ?`, t.ID); err != nil {
				return err
			}
			if err := writePeople(tx, stored.Owned(t), true); err != nil {
				return err
			}
		}
		stored, err = scanTask(tx.QueryRow(`SELECT `+taskColumns+` FROM task WHERE id = ? AND body IS NOT NULL`, t.ID).Scan)
		return err
	})
	if err != nil {
		return store.Task{}, err
	}
	return stored, nil
}

// UndeliveredDecisions implements store.Tasks.
func (s *Store) UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]store.Task, error) {
	tasks, err := s.tasks(ctx, ` WHERE deliver_at IS NOT NULL AND deliver_at <= ? LIMIT ?`, int64(before), store.Limited(limit))
	if err != nil {
		return nil, fmt.Errorf("list undelivered decisions: %w", err)
	}
	return tasks, nil
}
