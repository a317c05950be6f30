package sqlitedb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// PanicError is what Write returns when the function passed to it panicked. Its
// changes are undone; the writer and its other callers go on.
type PanicError struct {
	Value any
	Stack []byte
}

// Error says what was panicked with; the stack is in the field.
func (e *PanicError) Error() string { return fmt.Sprintf("panic in a database write: %v", e.Value) }

// Values of op.state: whoever swaps it away from opQueued owns the op.
const (
	opQueued int32 = iota
	opTaken
	opAbandoned
)

// op is one queued write.
type op struct {
	fn     func(*Tx) error
	repeat bool // fn may run again
	state  atomic.Int32
	err    error         // guarded by done
	done   chan struct{} // closed when err is final
}

// Write runs fn inside the next transaction of the writer and returns when that
// transaction is durable. An error or panic of fn undoes what fn did and is
// returned as it is. When ctx ends before the writer has begun with fn, fn never
// runs and ctx's error is returned; afterwards Write waits for the outcome (a
// few milliseconds), so that a caller always knows whether it was written.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return db.write(ctx, &op{fn: fn, done: make(chan struct{})})
}

// Repeat is Write for a function that may run more than once: it begins anew
// each time, and only what its last run leaves behind counts. Those who say so
// spare each other the savepoint behind which a neighbor's failure is undone,
// a sixth of the work of a small write.
func (db *DB) Repeat(ctx context.Context, fn func(*Tx) error) error {
	return db.write(ctx, &op{fn: fn, repeat: true, done: make(chan struct{})})
}

func (db *DB) write(ctx context.Context, o *op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.enqueue(ctx, o); err != nil {
		return err
	}
	select {
	case <-o.done:
	case <-ctx.Done():
		if o.state.CompareAndSwap(opQueued, opAbandoned) {
			return ctx.Err()
		}
		<-o.done
	}
	return o.err
}

func (db *DB) enqueue(ctx context.Context, o *op) error {
	db.closing.RLock()
	defer db.closing.RUnlock()
	if db.closed {
		return ErrClosed
	}
	select {
	case db.queue <- o:
		return nil
	default:
	}
	select {
	case db.queue <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Tx is the database inside Write. It is valid only until the function returns
// and only on its goroutine.
type Tx struct {
	w     *writer
	saved bool // a savepoint is open
	dirty bool // something may have been written
	sums  []sum
}

// Exec runs a statement that returns no rows. Statements are prepared once per
// text, so texts should be constants.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	s, err := tx.statement(query, args) //nolint:sqlclosecheck // stays in the cache
	if err != nil {
		return nil, err
	}
	return s.ExecContext(tx.w.ctx, args...)
}

// QueryRow reads one row; Scan returns sql.ErrNoRows when there is none.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	s, err := tx.statement(query, args) //nolint:sqlclosecheck // stays in the cache
	if err != nil {
		return tx.w.conn.QueryRowContext(tx.w.ctx, query, args...) // and let it report the error
	}
	return s.QueryRowContext(tx.w.ctx, args...)
}

// Sum has a statement executed once at the end of the transaction, with its
// arguments and, as the last one, the sum of all n that were given with the same
// arguments by whoever is in it; a sum of 0 changes nothing and is left out. It is
// for counters that every write moves: no write in the transaction sees them.
func (tx *Tx) Sum(query string, n int64, args ...any) {
	tx.sums = append(tx.sums, sum{query: query, args: args, n: n})
}

// sum is an amount to be added by a statement.
type sum struct {
	query string
	args  []any
	n     int64
}

// key names the statement with its arguments.
func (s *sum) key(to []byte) []byte {
	to = append(to, s.query...)
	for _, arg := range s.args {
		to = append(to, 0)
		switch v := arg.(type) {
		case string:
			to = strconv.AppendQuote(to, v)
		case int:
			to = strconv.AppendInt(to, int64(v), 10)
		default:
			to = fmt.Appendf(to, "%T %#v", v, v)
		}
	}
	return to
}

// Each calls row for every row of a query. While it runs, no statement with the
// same text may be used: collect first, then write.
func (tx *Tx) Each(row func(*sql.Rows) error, query string, args ...any) error {
	s, err := tx.statement(query, args) //nolint:sqlclosecheck // stays in the cache
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(tx.w.ctx, args...)
	return each(rows, err, row)
}

// statement prepares a query and opens the savepoint before the first write,
// unless all that is pending could be run again.
func (tx *Tx) statement(query string, args []any) (*sql.Stmt, error) {
	s, err := tx.w.statement(query)
	if err != nil {
		return nil, err
	}
	if !s.reads && !tx.dirty {
		if tx.w.fixed {
			if err := tx.w.exec("SAVEPOINT op"); err != nil {
				return nil, err
			}
			tx.saved = true
		}
		tx.dirty = true
	}
	for _, arg := range args {
		switch v := arg.(type) {
		case []byte:
			tx.w.bytes += len(v)
		case string:
			tx.w.bytes += len(v)
		case json.RawMessage:
			tx.w.bytes += len(v)
		}
	}
	return s.Stmt, nil
}

// statement is a prepared query of the writer.
type statement struct {
	*sql.Stmt
	reads bool // certainly writes nothing
}

// writer owns the only connection that writes. All fields belong to its
// goroutine.
type writer struct {
	db         *DB
	pool       *sql.DB
	conn       *sql.Conn
	ctx        context.Context // never ends: an interrupted statement would roll back the whole batch
	statements map[string]statement
	bytes      int            // bound in the current batch
	open       bool           // a transaction is open
	sums       []sum          // of the pending ones, each statement with its arguments once
	summed     map[string]int // key -> index in sums
	key        []byte         // of the sum that is looked for
	pending    []*op          // ran without error in the open transaction
	fixed      bool           // some of the pending ones must not run again
	again      []*op          // pending before the transaction was undone, still to run again
	refused    []*op          // failed after seeing what pending ones wrote; err is set, done is not closed yet
	current    *op            // is running
	durable    bool           // every commit is flushed to the disk
}

func openWriter(ctx context.Context, db *DB) (*writer, error) {
	pool, err := openPool(ctx, db.path, 1, db.options.CacheKiB)
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if db.options.Opening {
		if _, err := conn.ExecContext(ctx, "PRAGMA synchronous=NORMAL"); err != nil {
			return nil, errors.Join(err, conn.Close(), pool.Close())
		}
	}
	return &writer{db: db, pool: pool, conn: conn, ctx: context.WithoutCancel(ctx), statements: map[string]statement{}, summed: map[string]int{}, durable: !db.options.Opening}, nil
}

func (w *writer) close() error {
	var err error
	for _, s := range w.statements {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, w.conn.Close(), w.pool.Close())
}

// run takes batches until the queue is closed and empty.
func (w *writer) run() {
	ended := false
	defer func() {
		if !ended { // runtime.Goexit in a function, for example t.FailNow in a test
			w.current.finish(errors.New("the function passed to a database write ended its goroutine"))
			w.pending, w.again = append(w.pending, w.again...), nil
			w.fail(errors.New("transaction aborted by another write that ended its goroutine"))
			go w.run()
			return
		}
		w.close() //nolint:errcheck // everything acknowledged is already durable
		close(w.db.stopped)
	}()
	for o := range w.db.queue {
		w.batch(o)
	}
	ended = true
}

// batch runs one transaction: first, and whatever else is queued by the time
// its predecessors are through.
func (w *writer) batch(first *op) {
	w.bytes = 0
	count := 0
	for o := first; o != nil; o = w.next(count) {
		count++
		if !o.state.CompareAndSwap(opQueued, opTaken) {
			continue // its caller has gone
		}
		w.db.ops.Add(1)
		w.attempt(o)
	}
	if !w.open {
		return
	}
	if err := w.addUp(); err != nil {
		w.fail(fmt.Errorf("add up: %w", err))
		return
	}
	if err := w.exec("COMMIT"); err != nil {
		w.fail(fmt.Errorf("commit: %w", err))
		return
	}
	w.db.batches.Add(1)
	w.answer(nil)
}

// attempt runs one function, in a new transaction when none is open.
func (w *writer) attempt(o *op) {
	if !w.open {
		if !w.durable && w.db.settled.Load() {
			if err := w.exec("PRAGMA synchronous=FULL"); err != nil {
				o.finish(fmt.Errorf("settle the database: %w", err))
				return
			}
			w.durable = true
		}
		if err := w.exec("BEGIN IMMEDIATE"); err != nil {
			o.finish(fmt.Errorf("begin a transaction: %w", err))
			return
		}
		w.open = true
	}
	w.perform(o)
}

// perform runs one function in the open transaction. Its failure undoes only
// its own changes, unless SQLite itself has ended the transaction (disk full,
// I/O error): then the savepoint is gone, and so are the neighbors.
func (w *writer) perform(o *op) {
	tx := &Tx{w: w}
	w.current = o
	err := contain(o.fn, tx)
	w.current = nil
	switch {
	case err == nil && tx.saved:
		if err := w.exec("RELEASE op"); err != nil {
			o.finish(err)
			w.fail(fmt.Errorf("transaction aborted by another write: %w", err))
			return
		}
		w.keep(o, tx)
	case err == nil:
		w.keep(o, tx)
	case tx.saved:
		if undo := errors.Join(w.exec("ROLLBACK TO op"), w.exec("RELEASE op")); undo != nil {
			w.fail(fmt.Errorf("transaction aborted by another write: %w", err))
			o.finish(err)
			return
		}
		w.refuse(o, err)
	case tx.dirty && len(w.pending) == 0:
		w.fail(err)
		o.finish(err)
	case tx.dirty:
		o.err = err
		w.refused = append(w.refused, o)
		w.redo()
	default:
		w.refuse(o, err)
	}
}

// redo undoes the open transaction for the sake of a function that failed after
// it had written, and runs again those before it. Now they have savepoints.
func (w *writer) redo() {
	w.exec("ROLLBACK") //nolint:errcheck // it fails when SQLite has rolled back already
	w.again = slices.Concat(w.pending, w.again)
	w.pending, w.open, w.fixed = nil, false, true
	w.forgetSums()
	for len(w.again) > 0 {
		o := w.again[0]
		w.again = w.again[1:]
		w.attempt(o)
	}
	if !w.open { // no transaction could be begun, so nobody answers those refused
		w.answer(nil)
	}
}

// keep makes a function that ran without error part of the open transaction.
func (w *writer) keep(o *op, tx *Tx) {
	w.pending = append(w.pending, o)
	w.fixed = w.fixed || !o.repeat
	for _, s := range tx.sums {
		w.key = s.key(w.key[:0])
		if i, known := w.summed[string(w.key)]; known {
			w.sums[i].n += s.n
			continue
		}
		w.summed[string(w.key)] = len(w.sums)
		w.sums = append(w.sums, s)
	}
}

// addUp executes the sums of the open transaction.
func (w *writer) addUp() error {
	for _, s := range w.sums {
		if s.n == 0 {
			continue
		}
		prepared, err := w.statement(s.query)
		if err != nil {
			return err
		}
		if _, err := prepared.ExecContext(w.ctx, append(s.args[:len(s.args):len(s.args)], s.n)...); err != nil {
			return err
		}
	}
	return nil
}

// refuse answers a failed function. Its reason may be what a neighbor wrote in
// this very transaction ("exists already"): then nobody may hear it before the
// transaction is durable, for a reader would not find what is said to exist.
func (w *writer) refuse(o *op, err error) {
	if len(w.pending) == 0 {
		o.finish(err)
		return
	}
	o.err = err
	w.refused = append(w.refused, o)
}

// fail undoes the open transaction and answers everybody in it with err.
func (w *writer) fail(err error) {
	w.exec("ROLLBACK") //nolint:errcheck // it fails when SQLite has rolled back already
	w.answer(err)
}

// answer ends the transaction for everybody in it.
func (w *writer) answer(err error) {
	for i, o := range w.pending {
		o.finish(err)
		w.pending[i] = nil
	}
	for i, o := range w.refused {
		if err != nil { // the reason of the refusal is gone with the transaction
			o.err = err
		}
		close(o.done)
		w.refused[i] = nil
	}
	w.pending, w.refused, w.open, w.fixed = w.pending[:0], w.refused[:0], false, false
	w.forgetSums()
}

func (w *writer) forgetSums() {
	clear(w.sums)
	w.sums = w.sums[:0]
	clear(w.summed)
}

// next takes another queued op while the batch has room.
func (w *writer) next(count int) *op {
	if count >= w.db.options.BatchOps || w.bytes >= w.db.options.BatchBytes {
		return nil
	}
	select {
	case o := <-w.db.queue: // nil when closed
		return o
	default:
		return nil
	}
}

// contain runs one function and turns a panic into an error.
func contain(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	return fn(tx)
}

func (o *op) finish(err error) {
	o.err = err
	close(o.done)
}

// statement prepares each text once; see maxStatements.
func (w *writer) statement(query string) (statement, error) {
	if s, ok := w.statements[query]; ok {
		return s, nil
	}
	prepared, err := w.conn.PrepareContext(w.ctx, query)
	if err != nil {
		return statement{}, err
	}
	s := statement{Stmt: prepared, reads: strings.HasPrefix(strings.ToUpper(strings.TrimSpace(query)), "SELECT")}
	if len(w.statements) >= maxStatements {
		for text, old := range w.statements { // any one will do
			delete(w.statements, text)
			old.Close() //nolint:errcheck // nothing depends on it
			break
		}
	}
	w.statements[query] = s
	return s, nil
}

// exec runs a statement of the writer itself.
func (w *writer) exec(query string) error {
	s, err := w.statement(query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(w.ctx)
	return err
}
