package sqlitestore

import (
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// commit writes a step. When the committer says how the run was, it is not read
// again: the update itself finds out whether it still is so.
func (s *Store) commit(tx *sqlitedb.Tx, c store.Commit, work *copying) (store.Run, error) {
	if c.Was != nil && c.Was.Rev == c.Rev && len(c.Was.Outbox) == 0 {
		if run, written, err := s.apply(tx, c, work, c.Was); written || err != nil {
			return run, err
		}
	}
	was, err := readBefore(tx, c.ID)
	if err != nil {
		return store.Run{}, err
	}
	if was.Rev != c.Rev {
		return store.Run{}, store.ErrConflict
	}
	run, written, err := s.apply(tx, c, work, &was)
	if err == nil && !written {
		err = store.ErrConflict
	}
	return run, err
}

// readBefore reads what a commit needs to know of the run as it is.
func readBefore(tx *sqlitedb.Tx, id core.RunID) (store.Run, error) {
	was := store.Run{ID: id}
	var nodes, marks, inbox, outbox []byte
	if err := tx.QueryRow(`SELECT version, graph_hash, name, status, suspended, incidents, ready_at, inbox_bytes, rev, nodes, marks, inbox, outbox FROM run WHERE id = ?`, string(id)).
		Scan(&was.Version, &was.GraphHash, &was.Name, &was.Status, &was.Suspended, &was.Incidents, &was.ReadyAt, &was.InboxBytes, &was.Rev,
			&nodes, &marks, &inbox, &outbox); err != nil {
		return store.Run{}, missing(err)
	}
	for _, err := range []error{decode(nodes, &was.Nodes), decode(marks, &was.Marks), decode(inbox, &was.Inbox), decode(outbox, &was.Outbox)} {
		if err != nil {
			return store.Run{}, err
		}
	}
	return was, nil
}

// apply writes a step upon the run as it was, and nothing when it is different
// by now. Only commits change what is compared by rev; events come in between and
// the outbox is emptied, so those are compared too.
func (s *Store) apply(tx *sqlitedb.Tx, c store.Commit, work *copying, was *store.Run) (store.Run, bool, error) {
	run := c.Run
	run.ID, run.Rev, run.InboxBytes = c.ID, c.Rev+1, was.InboxBytes
	kept := slices.DeleteFunc(slices.Clone(was.Outbox), func(o store.Outbox) bool { return slices.Contains(c.Relayed, o.Seq) })
	if err := c.Check(kept); err != nil {
		return store.Run{}, false, err
	}
	run.Inbox = slices.DeleteFunc(slices.Clone(was.Inbox), func(e core.Event) bool {
		if !slices.Contains(c.Consumed, e.ID) {
			return false
		}
		run.InboxBytes -= store.EventSize(e)
		return true
	})
	run.ReadyAt = c.ReadyAfter(len(was.Inbox)-len(run.Inbox), len(run.Inbox), was.ReadyAt)
	expected := left(c.Outbox, work)
	run.Outbox = append(slices.Clip(kept), expected...)
	written, err := update(tx, run, was)
	if err != nil || !written {
		return store.Run{}, false, err
	}
	if work != nil {
		if err := s.copy(tx, c.ID, work); err != nil {
			return store.Run{}, false, err
		}
		if more := left(c.Outbox, work); len(more) > len(expected) {
			run.Outbox = append(slices.Clip(kept), more...)
			if err := writeOutbox(tx, run); err != nil {
				return store.Run{}, false, err
			}
		}
	}
	if err := mark(tx, c.ID, run.StartedAt, marksOf(run.DefinitionKey, was.Status, was.Nodes, was.Marks), marksOf(run.DefinitionKey, run.Status, run.Nodes, run.Marks)); err != nil {
		return store.Run{}, false, err
	}
	if run.Version == was.Version {
		count(tx, run.DefinitionKey, was.Version, was.Status, was.Nodes, run.Status, run.Nodes)
		return run, true, nil
	}
	count(tx, run.DefinitionKey, was.Version, was.Status, was.Nodes, "", nil)
	count(tx, run.DefinitionKey, run.Version, "", nil, run.Status, run.Nodes)
	return run, true, nil
}

// Columns that a step writes only when it changes them: SQLite takes an entry out
// of every index over a column that is written, and puts it back, even the same.
const (
	writesVersion = 1 << iota
	writesStatus
	writesSuspended
	writesIncidents
	writesReady
	writesOutbox
	hadOutbox
	updates = 1 << iota
)

var seldom = [...]string{`, version = ?, graph_hash = ?, name = ?`, `, status = ?, ended_at = ?`, `, suspended = ?`, `, incidents = ?`, `, ready_at = ?`, `, outbox = ?`}

// updateRun are the statements by the columns that they write beside the common ones.
var updateRun = func() (texts [updates]string) {
	for which := range texts {
		var b strings.Builder
		b.WriteString(`UPDATE run SET rev = ?, seq = ?, updated_at = ?, attempts = ?, problem = ?, inbox_bytes = ?, nodes = ?, marks = ?, recent = ?, inbox = ?, state = ?`)
		for i, columns := range seldom {
			if which&(1<<i) != 0 {
				b.WriteString(columns)
			}
		}
		b.WriteString(` WHERE id = ? AND rev = ? AND inbox_bytes = ? AND ready_at = ? AND outbox IS `)
		if which&hadOutbox != 0 {
			b.WriteString(`NOT `)
		}
		b.WriteString(`NULL`)
		texts[which] = b.String()
	}
	return texts
}()

// update writes a run when it is still as it was.
func update(tx *sqlitedb.Tx, run store.Run, was *store.Run) (bool, error) {
	v, err := encodeRun(run)
	if err != nil {
		return false, err
	}
	which := 0
	args := make([]any, 0, 24)
	args = append(args, run.Rev, run.Seq, int64(run.UpdatedAt), run.Attempts, run.Problem, run.InboxBytes, v.nodes, v.marks, v.recent, v.inbox, null(run.State))
	writes := func(column int, when bool, values ...any) {
		if when {
			which |= column
			args = append(args, values...)
		}
	}
	writes(writesVersion, run.Version != was.Version || run.GraphHash != was.GraphHash || run.Name != was.Name, run.Version, run.GraphHash, run.Name)
	writes(writesStatus, run.Status != was.Status || run.EndedAt != was.EndedAt, string(run.Status), int64(run.EndedAt))
	writes(writesSuspended, run.Suspended != was.Suspended, run.Suspended)
	writes(writesIncidents, run.Incidents != was.Incidents, run.Incidents)
	writes(writesReady, run.ReadyAt != was.ReadyAt, int64(run.ReadyAt))
	writes(writesOutbox, len(run.Outbox)+len(was.Outbox) > 0, v.outbox)
	writes(hadOutbox, len(was.Outbox) > 0)
	args = append(args, string(run.ID), was.Rev, was.InboxBytes, int64(was.ReadyAt))
	return changed(tx.Exec(updateRun[which], args...))
}

func writeOutbox(tx *sqlitedb.Tx, run store.Run) error {
	outbox, err := encode(run.Outbox)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE run SET outbox = ? WHERE id = ?`, outbox, string(run.ID))
	return err
}
