package sqlitestore

import (
	"context"
	"database/sql"
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
	inserted, err := changed(tx.Exec(`INSERT INTO task (id, run_id, record_id, opened_at, due_key, text_fold, body, rev, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, record_id = excluded.record_id, opened_at = excluded.opened_at,
		due_key = excluded.due_key, text_fold = excluded.text_fold, body = excluded.body WHERE body IS NULL`,
		t.ID, string(t.RunID), t.RecordID, int64(t.OpenedAt), int64(t.DueKey()),
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
		_, err := tx.Exec(`INSERT INTO task_person (person, live, task_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, person, live, t.ID)
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

// taskWhere is the filter of a query, cursor aside.
func taskWhere(q store.TaskQuery) where {
	var w where
	w.add("body IS NOT NULL")
	var people []string
	if q.User != "" {
		people = append(people, "u:"+q.User)
	}
	if !q.OnlyUser {
		for _, g := range q.Groups {
			people = append(people, "g:"+g)
		}
	}
	if len(people) > 0 {
		var p where
		in(&p, "person", people)
		if live(q.Statuses) {
			p.add("live = 1")
		}
		w.add("id IN (SELECT task_id FROM task_person"+p.String()+")", p.args...)
	}
	w.equal("run_id", string(q.RunID))
	w.partial("record_id", q.RecordID)
	in(&w, "status", q.Statuses)
	if live(q.Statuses) {
		w.add("closed_at = 0")
	}
	if q.DueBefore != 0 {
		w.add("due_key > 0 AND due_key <= ?", int64(q.DueBefore))
	}
	if q.Text != "" {
		w.add("instr(text_fold, ?) > 0", store.Fold(q.Text))
	}
	return w
}

// live tells whether only open tasks can match.
func live(statuses []store.TaskStatus) bool {
	for _, s := range statuses {
		if s.Closed() {
			return false
		}
	}
	return len(statuses) > 0
}

// ListTasks implements store.Tasks.
func (s *Store) ListTasks(ctx context.Context, q store.TaskQuery) (store.TaskPage, error) {
	list, order, beyond := store.TaskList, "opened_at DESC, id DESC", "(opened_at, id) < (?, ?)"
	position := func(t store.Task) store.Position { return store.Position{Key: t.OpenedAt, ID: t.ID} }
	if q.SortByDue {
		list, order, beyond = store.TaskDueList, "due_key, id", "(due_key, id) > (?, ?)"
		position = func(t store.Task) store.Position { return store.Position{Key: t.DueKey(), ID: t.ID} }
	}
	after, more, err := store.ParseCursor(list, q.Cursor)
	if err != nil {
		return store.TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	w := taskWhere(q)
	if more {
		w.add(beyond, int64(after.Key), after.ID)
	}
	limit := store.Limited(q.Limit)
	// What is sorted are ids, not bodies: somebody may have thousands of tasks.
	tasks, err := s.tasks(ctx, ` WHERE id IN (SELECT id FROM task`+w.String()+` ORDER BY `+order+` LIMIT ?) ORDER BY `+order, append(w.args, limit+1)...)
	if err != nil {
		return store.TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	if len(tasks) <= limit {
		return store.TaskPage{Tasks: tasks}, nil
	}
	tasks = tasks[:limit]
	return store.TaskPage{Tasks: tasks, Next: position(tasks[limit-1]).Cursor(list)}, nil
}

func (s *Store) tasks(ctx context.Context, rest string, args ...any) ([]store.Task, error) {
	return queryAll(ctx, s.db, func(rows *sql.Rows) (store.Task, error) { return scanTask(rows.Scan) },
		`SELECT `+taskColumns+` FROM task`+rest, args...)
}

// CountTasks implements store.Tasks.
func (s *Store) CountTasks(ctx context.Context, q store.TaskQuery) (int, error) {
	w := taskWhere(q)
	n := 0
	if err := s.db.QueryRow(ctx, `SELECT count(*) FROM task`+w.String(), w.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	return n, nil
}

// UndeliveredDecisions implements store.Tasks.
func (s *Store) UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]store.Task, error) {
	tasks, err := s.tasks(ctx, ` WHERE deliver_at IS NOT NULL AND deliver_at <= ? LIMIT ?`, int64(before), store.Limited(limit))
	if err != nil {
		return nil, fmt.Errorf("list undelivered decisions: %w", err)
	}
	return tasks, nil
}
