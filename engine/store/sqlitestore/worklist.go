package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/store"
)

// worklist is a query of tasks in SQL.
type worklist struct {
	q      store.TaskQuery
	people []string // keys of task_person, when the tasks are somebody's
	narrow bool     // a run or a record has few tasks, whoever's they are
	after  store.Position
	more   bool
}

func newWorklist(q store.TaskQuery) worklist {
	groups := q.Groups
	if q.OnlyUser {
		groups = nil
	}
	var users []string
	if q.User != "" {
		users = []string{q.User}
	}
	return worklist{q: q, people: persons(users, groups), narrow: q.RunID != "" || q.RecordID != ""}
}

// where is the filter on the table of tasks, people and cursor aside.
func (l worklist) where() where {
	var w where
	w.add("body IS NOT NULL")
	w.equal("run_id", string(l.q.RunID))
	w.partial("record_id", l.q.RecordID)
	w.equal("definition_key", l.q.DefinitionKey)
	in(&w, "status", l.q.Statuses)
	if live(l.q.Statuses) {
		w.add("closed_at = 0")
	}
	if l.q.DueBefore != 0 {
		w.add("due_key > 0 AND due_key <= ?", int64(l.q.DueBefore))
	}
	if l.q.Text != "" {
		w.add("instr(text_fold, ?) > 0", store.Fold(l.q.Text))
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

// order is the column that sorts, in task and in task_person, and how.
func (l worklist) order() (inTask, inPerson, direction, beyond string) {
	if l.q.SortByDue {
		return "due_key", "due", "", ">"
	}
	return "opened_at", "opened", " DESC", "<"
}

// mostArms bounds the arms of one query; SQLite takes 500.
const mostArms = 200

// ids selects the ids of a page. The tasks of one person are read in the order of
// an index until the page is full; those of several people are as many such
// pages, merged.
func (l worklist) ids(limit int) (text string, args []any) {
	column, inPerson, direction, beyond := l.order()
	if len(l.people) == 0 || l.narrow {
		w := l.where()
		if len(l.people) > 0 {
			var p where
			in(&p, "person", l.people)
			w.add("EXISTS (SELECT 1 FROM task_person"+p.String()+" AND task_id = task.id)", p.args...)
		}
		if l.more {
			w.add("("+column+", id) "+beyond+" (?, ?)", int64(l.after.Key), l.after.ID)
		}
		return `SELECT id FROM task` + w.String() + ` ORDER BY ` + column + direction + `, id` + direction + ` LIMIT ?`, append(w.args, limit)
	}
	var arms []string
	ordered := ` ORDER BY at` + direction + `, task_id` + direction + ` LIMIT ?`
	for _, people := range l.chunks() {
		for _, live := range l.lives() {
			var w where
			in(&w, "person", people)
			w.add("live = ?", live)
			if l.more {
				w.add("("+inPerson+", task_id) "+beyond+" (?, ?)", int64(l.after.Key), l.after.ID)
			}
			if l.q.DueBefore != 0 {
				w.add("due > 0 AND due <= ?", int64(l.q.DueBefore))
			}
			t := l.where()
			w.add(strings.Join(t.conditions, " AND "), t.args...)
			arms = append(arms, `SELECT * FROM (SELECT task_id, `+inPerson+` AS at FROM task_person CROSS JOIN task ON task.id = task_id`+w.String()+ordered+`)`)
			args = append(append(args, w.args...), limit)
		}
	}
	if len(arms) == 1 {
		return `SELECT task_id FROM (` + arms[0] + `)`, args
	}
	return `SELECT task_id FROM (` + strings.Join(arms, ` UNION `) + `)` + ordered, append(args, limit)
}

// chunks are the people of each arm: one, but for somebody in very many groups.
func (l worklist) chunks() [][]string {
	return slices.Collect(slices.Chunk(l.people, 1+len(l.people)*len(l.lives())/mostArms))
}

// lives are the values of the column live that can match.
func (l worklist) lives() []int {
	if live(l.q.Statuses) {
		return []int{1}
	}
	return []int{0, 1}
}

// count counts the tasks of all pages.
func (l worklist) count() (text string, args []any) {
	w := l.where()
	if len(l.people) == 0 {
		return `SELECT count(*) FROM task` + w.String(), w.args
	}
	var p where
	in(&p, "person", l.people)
	if live(l.q.Statuses) {
		p.add("live = 1")
	}
	w.add("id IN (SELECT task_id FROM task_person"+p.String()+")", p.args...)
	return `SELECT count(*) FROM task` + w.String(), w.args
}

// ListTasks implements store.Tasks.
func (s *Store) ListTasks(ctx context.Context, q store.TaskQuery) (store.TaskPage, error) {
	list, position := store.TaskList, func(t store.Task) store.Position { return store.Position{Key: t.OpenedAt, ID: t.ID} }
	if q.SortByDue {
		list, position = store.TaskDueList, func(t store.Task) store.Position { return store.Position{Key: t.DueKey(), ID: t.ID} }
	}
	l := newWorklist(q)
	var err error
	if l.after, l.more, err = store.ParseCursor(list, q.Cursor); err != nil {
		return store.TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	limit := store.Limited(q.Limit)
	ids, args := l.ids(limit + 1)
	column, _, direction, _ := l.order()
	tasks, err := s.tasks(ctx, ` WHERE id IN (`+ids+`) ORDER BY `+column+direction+`, id`+direction, args...)
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
	text, args := newWorklist(q).count()
	n := 0
	if err := s.db.QueryRow(ctx, text, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	return n, nil
}
