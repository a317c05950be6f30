package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// The columns of a run in the order of scanRun; lists leave out the last four.
const (
	listColumns = `id, definition_key, version, graph_hash, name, record_type, record_id, record_title, started_by, cause, caused_by, parent,
		started_at, status, suspended, incidents, nodes, updated_at, ended_at, seq, attempts, problem, rev, ready_at, inbox_bytes, marks`
	runColumns = listColumns + `, recent, inbox, outbox, state`
	selectRun  = `SELECT ` + runColumns + ` FROM run WHERE id = ?`
)

// scanRun reads runColumns, or listColumns when page is set.
func scanRun(scan func(...any) error, page bool) (store.Run, error) {
	var (
		r                                          store.Run
		cause, nodes, marks, recent, inbox, outbox []byte
	)
	targets := []any{
		&r.ID, &r.DefinitionKey, &r.Version, &r.GraphHash, &r.Name, &r.RecordType, &r.RecordID, &r.RecordTitle, &r.StartedBy, &cause, &r.CausedBy, &r.Parent,
		&r.StartedAt, &r.Status, &r.Suspended, &r.Incidents, &nodes, &r.UpdatedAt, &r.EndedAt, &r.Seq, &r.Attempts, &r.Problem, &r.Rev,
		&r.ReadyAt, &r.InboxBytes, &marks,
	}
	if !page {
		targets = append(targets, &recent, &inbox, &outbox, &r.State)
	}
	if err := scan(targets...); err != nil {
		return store.Run{}, err
	}
	r.Cause = cause
	for _, err := range []error{decode(nodes, &r.Nodes), decode(marks, &r.Marks), decode(recent, &r.Recent), decode(inbox, &r.Inbox), decode(outbox, &r.Outbox)} {
		if err != nil {
			return store.Run{}, fmt.Errorf("stored run %s: %w", r.ID, err)
		}
	}
	return r, nil
}

// Load implements store.Runs.
func (s *Store) Load(ctx context.Context, id core.RunID) (store.Run, error) {
	run, err := scanRun(s.db.QueryRow(ctx, selectRun, id).Scan, false)
	if err != nil {
		return store.Run{}, fmt.Errorf("load run %s: %w", id, missing(err))
	}
	return run, nil
}

// LoadSeveral implements store.Foresight.
func (s *Store) LoadSeveral(ctx context.Context, ids []core.RunID) ([]store.Run, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("load %d runs: %w", len(ids), err)
	}
	runs, err := queryAll(ctx, s.db, func(rows *sql.Rows) (store.Run, error) { return scanRun(rows.Scan, false) },
		`SELECT `+runColumns+` FROM run WHERE id IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return nil, fmt.Errorf("load %d runs: %w", len(ids), err)
	}
	return runs, nil
}

// Start implements store.Runs.
func (s *Store) Start(ctx context.Context, run store.Run) (store.Run, error) {
	if run.ReadyAt == 0 {
		run.ReadyAt = max(run.StartedAt, 1)
	}
	return s.start(ctx, run, nil, false)
}

// StartCommitted implements store.FirstStep.
func (s *Store) StartCommitted(ctx context.Context, run store.Run, outbox []store.Outbox, readyAt core.Instant, immediate bool) (store.Run, error) {
	run.ReadyAt = readyAt
	return s.start(ctx, run, outbox, immediate)
}

func (s *Store) start(ctx context.Context, run store.Run, outbox []store.Outbox, immediate bool) (store.Run, error) {
	what := "start run " + string(run.ID)
	err := store.Fits(run.Inbox)
	if err == nil {
		err = store.Commit{Run: run, Outbox: outbox}.Check(nil)
	}
	if err != nil {
		return store.Run{}, fmt.Errorf("%s: %w", what, err)
	}
	run.Rev, run.InboxBytes, run.Outbox = 1, 0, nil
	for _, e := range run.Inbox {
		run.InboxBytes += store.EventSize(e)
	}
	exists, work := false, atOnce(outbox, immediate)
	err = s.write(ctx, what, func(tx *sqlitedb.Tx) error {
		var known int
		if err := tx.QueryRow(`SELECT count(*) FROM run WHERE id = ?`, run.ID).Scan(&known); err != nil {
			return err
		}
		if exists = known > 0; exists {
			return nil
		}
		if work != nil {
			if err := s.copy(tx, run.ID, work); err != nil {
				return err
			}
		}
		run.Outbox = left(outbox, work)
		return insertRun(tx, run)
	})
	switch {
	case err != nil:
		return store.Run{}, err
	case exists:
		stored, err := s.Load(ctx, run.ID)
		if err != nil {
			return store.Run{}, err
		}
		return stored, fmt.Errorf("%s: %w", what, store.ErrExists)
	}
	return own(run), nil
}

// own gives a run that was passed in to the caller as its own.
func own(r store.Run) store.Run {
	r.Cause, r.State, r.Nodes, r.Recent, r.Marks = slices.Clone(r.Cause), slices.Clone(r.State), slices.Clone(r.Nodes), slices.Clone(r.Recent), slices.Clone(r.Marks)
	r.Outbox, r.Inbox = slices.Clone(r.Outbox), slices.Clone(r.Inbox)
	for i := range r.Inbox {
		r.Inbox[i].Body = slices.Clone(r.Inbox[i].Body)
	}
	for i := range r.Outbox {
		r.Outbox[i].Body = slices.Clone(r.Outbox[i].Body)
	}
	return r
}

func insertRun(tx *sqlitedb.Tx, r store.Run) error {
	v, err := encodeRun(r)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO run (`+runColumns+`, title_fold)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(r.ID), r.DefinitionKey, r.Version, r.GraphHash, r.Name, r.RecordType, r.RecordID, r.RecordTitle, r.StartedBy, null(r.Cause), string(r.CausedBy), r.Parent,
		int64(r.StartedAt), string(r.Status), r.Suspended, r.Incidents, v.nodes, int64(r.UpdatedAt), int64(r.EndedAt), r.Seq, r.Attempts, r.Problem, r.Rev,
		int64(r.ReadyAt), r.InboxBytes, v.marks, v.recent, v.inbox, v.outbox, null(r.State), store.Fold(r.RecordTitle)); err != nil {
		return err
	}
	if err := mark(tx, r.ID, r.StartedAt, nil, marksOf(r.DefinitionKey, r.Status, r.Nodes, r.Marks)); err != nil {
		return err
	}
	count(tx, r.DefinitionKey, r.Version, "", nil, r.Status, r.Nodes)
	return nil
}

// encoded are the JSON columns of a run.
type encoded struct{ nodes, marks, recent, inbox, outbox any }

func encodeRun(r store.Run) (v encoded, err error) {
	if v.nodes, err = encode(r.Nodes); err != nil {
		return v, err
	}
	if v.marks, err = encode(r.Marks); err != nil {
		return v, err
	}
	if v.recent, err = encode(r.Recent); err != nil {
		return v, err
	}
	if v.inbox, err = encode(r.Inbox); err != nil {
		return v, err
	}
	v.outbox, err = encode(r.Outbox)
	return v, err
}

// count moves a run from one status and set of nodes to another; before "" means
// that it is new, after "" that it has gone to another version. The counters are
// moved once per transaction: runs that go the same way together are one change.
func count(tx *sqlitedb.Tx, definition string, version int, before core.Status, left []core.NodeID, after core.Status, entered []core.NodeID) {
	add := func(kind, key string, n int64) {
		tx.Sum(`INSERT INTO run_count (definition_key, version, kind, key, n) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET n = n + excluded.n`, n, definition, version, kind, key)
	}
	if before != after {
		if before != "" {
			add("status", string(before), -1)
		}
		if after != "" {
			add("status", string(after), 1)
		}
	}
	if store.Ended(before) {
		left = nil
	}
	if store.Ended(after) {
		entered = nil
	}
	for _, node := range left {
		if !slices.Contains(entered, node) {
			add("node", string(node), -1)
		}
	}
	for _, node := range entered {
		if !slices.Contains(left, node) {
			add("node", string(node), 1)
		}
	}
}

// Accept implements store.Runs.
func (s *Store) Accept(ctx context.Context, id core.RunID, events ...core.Event) (store.Run, error) {
	var run store.Run
	err := s.write(ctx, "accept into run "+string(id), func(tx *sqlitedb.Tx) error {
		if err := store.Fits(events); err != nil {
			return err
		}
		var err error
		if run, err = scanRun(tx.QueryRow(selectRun, id).Scan, false); err != nil {
			return missing(err)
		}
		events := store.Unknown(run.Inbox, run.Recent, events)
		if len(events) == 0 {
			return store.ErrDuplicate
		}
		if store.Ended(run.Status) {
			return store.ErrFinished
		}
		if count, bytes := store.Room(events); len(run.Inbox) > count || run.InboxBytes >= bytes {
			return store.ErrFull
		}
		for _, e := range events {
			e.Body = slices.Clone(e.Body)
			run.Inbox = append(run.Inbox, e)
			run.InboxBytes += store.EventSize(e)
		}
		run.ReadyAt = store.ReadySince(run.ReadyAt, events)
		inbox, err := encode(run.Inbox)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE run SET inbox = ?, inbox_bytes = ?, ready_at = ? WHERE id = ?`,
			inbox, run.InboxBytes, int64(run.ReadyAt), string(id))
		return err
	})
	if err != nil {
		return store.Run{}, err
	}
	return run, nil
}

// Commit implements store.Runs.
func (s *Store) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	return s.CommitSettled(ctx, c, nil)
}

// CommitSettled implements store.Settling.
func (s *Store) CommitSettled(ctx context.Context, c store.Commit, settled []store.Effect) (store.Run, error) {
	var run store.Run
	work := atOnce(c.Outbox, c.Immediate)
	err := s.write(ctx, "commit run "+string(c.ID), func(tx *sqlitedb.Tx) error {
		var err error
		if run, err = s.commit(tx, c, work); err != nil {
			return err
		}
		for _, e := range settled {
			if err := s.settleDelivered(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return store.Run{}, err
	}
	return own(run), nil
}

// atOnce is the work of an immediate commit, nil when the outbox is to be kept.
func atOnce(entries []store.Outbox, immediate bool) *copying {
	if !immediate || len(entries) == 0 {
		return nil
	}
	return prepare(entries)
}

// left is what stays in the outbox after work: what is not copied here, and what
// cannot be read, which the relay reports.
func left(entries []store.Outbox, work *copying) []store.Outbox {
	if work == nil {
		return entries
	}
	var left []store.Outbox
	for _, o := range entries {
		if work.bad[o.Seq] != nil || !o.Kind.Copied() {
			left = append(left, o)
		}
	}
	return left
}

// Forget implements store.Runs.
func (s *Store) Forget(ctx context.Context, id core.RunID, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	return s.write(ctx, "forget outbox of run "+string(id), func(tx *sqlitedb.Tx) error {
		var text []byte
		switch err := missing(tx.QueryRow(`SELECT outbox FROM run WHERE id = ? AND outbox IS NOT NULL`, string(id)).Scan(&text)); {
		case errors.Is(err, store.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		var entries []store.Outbox
		if err := decode(text, &entries); err != nil {
			return err
		}
		left, err := encode(slices.DeleteFunc(entries, func(o store.Outbox) bool { return slices.Contains(seqs, o.Seq) }))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE run SET outbox = ? WHERE id = ?`, left, string(id))
		return err
	})
}

// Ready implements store.Runs.
func (s *Store) Ready(ctx context.Context, before core.Instant, limit int) ([]core.RunID, error) {
	return s.runIDs(ctx, "list ready runs", `SELECT id FROM run WHERE ready_at > 0 AND ready_at <= ? LIMIT ?`, int64(before), store.Limited(limit))
}

// Unrelayed implements store.Relay.
func (s *Store) Unrelayed(ctx context.Context, limit int) ([]core.RunID, error) {
	return s.runIDs(ctx, "list unrelayed runs", `SELECT id FROM run WHERE outbox IS NOT NULL LIMIT ?`, store.Limited(limit))
}

func (s *Store) runIDs(ctx context.Context, what, query string, args ...any) ([]core.RunID, error) {
	list, err := queryAll(ctx, s.db, func(rows *sql.Rows) (id core.RunID, err error) { return id, rows.Scan(&id) }, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

// queryAll collects the rows of a query.
func queryAll[T any](ctx context.Context, db *sqlitedb.DB, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	var list []T
	err := db.Each(ctx, func(rows *sql.Rows) error {
		x, err := scan(rows)
		list = append(list, x)
		return err
	}, query, args...)
	return list, err
}
