package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// marksOf are the rows of run_mark by which a run is found.
func marksOf(definition string, status core.Status, nodes []core.NodeID, marks []string) []string {
	var rows []string
	for _, m := range marks {
		rows = append(rows, "="+m)
	}
	if !store.Ended(status) {
		for _, n := range nodes {
			rows = append(rows, nodeMark(definition, n))
		}
	}
	return rows
}

func nodeMark(definition string, node core.NodeID) string {
	return "@" + definition + "/" + string(node)
}

// mark writes what has changed between two sets of rows.
func mark(tx *sqlitedb.Tx, run core.RunID, startedAt core.Instant, before, after []string) error {
	for _, m := range before {
		if !slices.Contains(after, m) {
			if _, err := tx.Exec(`DELETE FROM run_mark WHERE mark = ? AND at = ? AND run_id = ?`, m, int64(startedAt), string(run)); err != nil {
				return err
			}
		}
	}
	for _, m := range after {
		if !slices.Contains(before, m) {
			if _, err := tx.Exec(`INSERT INTO run_mark (mark, at, run_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, m, int64(startedAt), string(run)); err != nil {
				return err
			}
		}
	}
	return nil
}

// found is a query of runs in SQL: FROM, WHERE, and the columns that order it.
type found struct {
	from   string
	w      where
	at, id string
	text   string // prefix of the id or the title; "" when there is none, or in w
}

// arms are two queries for the runs whose id, or whose title, begins with the
// text: each has its index, which one condition with OR would not use in order.
func (f found) arms() (text string, args []any) {
	const columns = `SELECT id, started_at FROM run`
	byID, byTitle := where{conditions: slices.Clone(f.w.conditions), args: slices.Clone(f.w.args)}, where{conditions: slices.Clone(f.w.conditions), args: slices.Clone(f.w.args)}
	fold := store.Fold(f.text)
	byID.add("id >= ? AND id < ?", f.text, f.text+last)
	byTitle.add("title_fold >= ? AND title_fold < ? AND title_fold <> ''", fold, fold+last)
	return columns + byID.String() + ` UNION ` + columns + byTitle.String(), append(byID.args, byTitle.args...)
}

// page is the query of one page.
func (f found) page(limit int) (text string, args []any) {
	const newest = ` ORDER BY started_at DESC, id DESC`
	if f.text != "" {
		arms, args := f.arms()
		return `SELECT ` + listColumns + ` FROM run WHERE id IN (SELECT id FROM (` + arms + newest + ` LIMIT ?))` + newest, append(args, limit)
	}
	return `SELECT ` + listColumns + ` FROM ` + f.from + f.w.String() + ` ORDER BY ` + f.at + ` DESC, ` + f.id + ` DESC LIMIT ?`, append(f.w.args, limit)
}

// count is the query of how many there are.
func (f found) count(most int) (text string, args []any) {
	if f.text != "" {
		arms, args := f.arms()
		return `SELECT count(*) FROM (` + arms + ` LIMIT ?)`, append(args, most)
	}
	return `SELECT count(*) FROM (SELECT 1 FROM ` + f.from + f.w.String() + ` LIMIT ?)`, append(f.w.args, most)
}

// find plans a query. Where something rare is asked for that run_mark knows, its
// rows lead: they come newest first, as the list does.
func find(q store.RunQuery) (found, error) {
	f := found{from: "run", at: "started_at", id: "id"}
	var marks []string
	for _, m := range q.Marks {
		marks = append(marks, "="+m)
	}
	if q.Node != "" && q.DefinitionKey != "" {
		marks = append(marks, nodeMark(q.DefinitionKey, q.Node))
	} else if q.Node != "" {
		node, err := json.Marshal(q.Node)
		if err != nil {
			return f, err
		}
		f.w.add("status IN ('active', 'quarantined') AND instr(nodes, ?) > 0", string(node))
	}
	if len(marks) > 0 {
		f.from, f.at, f.id = "run_mark CROSS JOIN run ON run.id = run_mark.run_id", "run_mark.at", "run_mark.run_id"
		f.w.add("run_mark.mark = ?", marks[0])
		for _, m := range marks[1:] {
			f.w.add("EXISTS (SELECT 1 FROM run_mark AS more WHERE more.mark = ? AND more.at = run_mark.at AND more.run_id = run_mark.run_id)", m)
		}
	}
	f.w.equal("definition_key", q.DefinitionKey)
	f.w.equal("record_type", q.RecordType)
	f.w.partial("record_id", q.RecordID)
	f.w.partial("started_by", q.StartedBy)
	f.w.partial("caused_by", string(q.CausedBy))
	if q.Version != 0 {
		f.w.add("version = ?", q.Version)
	}
	if len(q.Statuses) == 1 {
		f.w.equal("status", string(q.Statuses[0]))
	} else {
		in(&f.w, "+status", q.Statuses) // several are not in the order of one index
	}
	if q.WithIncident {
		f.w.add("incidents > 0")
	}
	if q.Suspended {
		f.w.add("suspended = 1")
	}
	if q.Text != "" && len(marks) > 0 {
		fold := store.Fold(q.Text)
		f.w.add("(id >= ? AND id < ? OR title_fold >= ? AND title_fold < ? AND title_fold <> '')", q.Text, q.Text+last, fold, fold+last)
	} else if q.Text != "" {
		f.text = q.Text
	}
	if q.StartedFrom != 0 {
		f.w.add(f.at+" >= ?", int64(q.StartedFrom))
	}
	if q.StartedTo != 0 {
		f.w.add(f.at+" < ?", int64(q.StartedTo))
	}
	if q.IdleSince != 0 { // what began later was written later
		f.w.add("updated_at <= ? AND "+f.at+" <= ?", int64(q.IdleSince), int64(q.IdleSince))
	}
	if len(q.People)+len(q.Groups) > 0 {
		var people where
		in(&people, "person", persons(q.People, q.Groups))
		f.w.add("id IN (SELECT run_id FROM task WHERE body IS NOT NULL AND id IN (SELECT task_id FROM task_person"+people.String()+" AND live = 1))", people.args...)
	}
	if q.IncidentText != "" {
		f.w.add("incidents > 0 AND id IN (SELECT run_id FROM incident WHERE closed_at = 0 AND instr(text_fold, ?) > 0)", store.Fold(q.IncidentText))
	}
	return f, nil
}

// persons are the keys of task_person.
func persons(users, groups []string) []string {
	var all []string
	for _, u := range users {
		all = append(all, "u:"+u)
	}
	for _, g := range groups {
		all = append(all, "g:"+g)
	}
	return all
}

// List implements store.Runs.
func (s *Store) List(ctx context.Context, q store.RunQuery) (store.RunPage, error) {
	after, more, err := store.ParseCursor(store.RunList, q.Cursor)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("list runs: %w", err)
	}
	f, err := find(q)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("list runs: %w", err)
	}
	if more {
		f.w.add("("+f.at+", "+f.id+") < (?, ?)", int64(after.Key), after.ID)
	}
	limit := store.Limited(q.Limit)
	text, args := f.page(limit + 1)
	runs, err := queryAll(ctx, s.db, func(rows *sql.Rows) (store.Run, error) { return scanRun(rows.Scan, true) }, text, args...)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("list runs: %w", err)
	}
	if len(runs) <= limit {
		return store.RunPage{Runs: runs}, nil
	}
	runs = runs[:limit]
	end := runs[limit-1]
	return store.RunPage{Runs: runs, Next: store.Position{Key: end.StartedAt, ID: string(end.ID)}.Cursor(store.RunList)}, nil
}

// CountRuns implements store.Runs.
func (s *Store) CountRuns(ctx context.Context, q store.RunQuery, most int) (int, error) {
	f, err := find(q)
	if err != nil {
		return 0, fmt.Errorf("count runs: %w", err)
	}
	n := 0
	text, args := f.count(most)
	if err := s.db.QueryRow(ctx, text, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count runs: %w", err)
	}
	return n, nil
}

// Flow implements store.Runs.
func (s *Store) Flow(ctx context.Context, q store.FlowQuery) (store.Flow, error) {
	flow := store.Flow{Started: make([]int, q.Spans), Ended: make([]int, q.Spans), Statuses: map[core.Status]int{}}
	period := func(column string) where {
		var w where
		w.equal("definition_key", q.DefinitionKey)
		w.add(column+" >= ? AND "+column+" < ?", int64(q.From), int64(q.To))
		if q.Version != 0 {
			w.add("version = ?", q.Version)
		}
		return w
	}
	const span = `SELECT (%s - ?) * ? / ? AS span`
	first := func(w where) []any { return append([]any{int64(q.From), q.Spans, int64(q.To - q.From)}, w.args...) }
	w := period("started_at")
	err := s.db.Each(ctx, func(rows *sql.Rows) error {
		var at, n int
		if err := rows.Scan(&at, &n); err != nil {
			return err
		}
		flow.Started[at] = n
		return nil
	}, fmt.Sprintf(span, "started_at")+`, count(*) FROM run`+w.String()+` GROUP BY span`, first(w)...)
	if err != nil {
		return store.Flow{}, fmt.Errorf("flow of %s: %w", q.DefinitionKey, err)
	}
	w = period("ended_at")
	w.add("ended_at > 0")
	err = s.db.Each(ctx, func(rows *sql.Rows) error {
		var at, n int
		var status core.Status
		if err := rows.Scan(&at, &status, &n); err != nil {
			return err
		}
		flow.Ended[at] += n
		flow.Statuses[status] += n
		return nil
	}, fmt.Sprintf(span, "ended_at")+`, status, count(*) FROM run`+w.String()+` GROUP BY span, status`, first(w)...)
	if err != nil {
		return store.Flow{}, fmt.Errorf("flow of %s: %w", q.DefinitionKey, err)
	}
	w.add("status = 'completed'")
	flow.Durations, err = queryAll(ctx, s.db, func(rows *sql.Rows) (d int64, err error) { return d, rows.Scan(&d) },
		`SELECT ended_at - started_at FROM run`+w.String()+` ORDER BY ended_at DESC LIMIT ?`, append(w.args, store.FlowDurations)...)
	if err != nil {
		return store.Flow{}, fmt.Errorf("flow of %s: %w", q.DefinitionKey, err)
	}
	return flow, nil
}

// Counts implements store.Runs.
func (s *Store) Counts(ctx context.Context, definitionKey string, version int) (store.Counts, error) {
	counts := store.Counts{Nodes: map[core.NodeID]int{}, Incidents: map[core.NodeID]int{}, Statuses: map[core.Status]int{}}
	err := s.db.Each(ctx, func(rows *sql.Rows) error {
		var kind, key string
		var n int
		if err := rows.Scan(&kind, &key, &n); err != nil {
			return err
		}
		switch kind {
		case "status":
			counts.Statuses[core.Status(key)] = n
		case "node":
			counts.Nodes[core.NodeID(key)] = n
		case "incident":
			counts.Incidents[core.NodeID(key)] = n
		}
		return nil
	}, `SELECT kind, key, sum(n) FROM run_count WHERE definition_key = ?1 AND (?2 = 0 OR version = ?2) GROUP BY kind, key HAVING sum(n) > 0
		UNION ALL
		SELECT 'incident', node, count(*) FROM incident WHERE closed_at = 0 AND definition_key = ?1 AND (?2 = 0 OR version = ?2) GROUP BY node`,
		definitionKey, version)
	if err != nil {
		return store.Counts{}, fmt.Errorf("count runs of %s: %w", definitionKey, err)
	}
	return counts, nil
}

// last sorts after every text that follows the same prefix.
const last = "\U0010FFFF"

// where collects conditions and their arguments.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// equal adds a condition unless the value is empty.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// partial is equal for a column whose index leaves out empty values: only a
// condition that says so lets SQLite use it.
func (w *where) partial(column, value string) {
	if value != "" {
		w.add(column+" = ? AND "+column+" <> ''", value)
	}
}

// in adds a condition unless there are no values.
func in[T ~string](w *where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	w.add(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}
