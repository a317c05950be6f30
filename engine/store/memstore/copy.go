package memstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Copy implements store.Relay.
func (s *Store) Copy(ctx context.Context, run core.RunID, entries []store.Outbox) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	var errs []error
	for _, o := range entries {
		errs = append(errs, s.copy(run, o))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("copy from run %s: %w", run, err)
	}
	return nil
}

// copyNow is the relay of the entries of one step within the same critical section.
func (s *Store) copyNow(id core.RunID, entries []store.Outbox) (store.Run, error) {
	run := s.runs[id]
	var left []store.Outbox
	for _, o := range run.Outbox {
		if !slices.ContainsFunc(entries, func(e store.Outbox) bool { return e.Seq == o.Seq }) {
			left = append(left, o) // of an earlier step: it may wait for its act
			continue
		}
		// An entry that cannot be read stays for the relay, which reports it.
		if !o.Kind.Copied() || s.copy(id, o) != nil {
			left = append(left, o)
		}
	}
	run.Outbox = left
	return cloneRun(*run), nil
}

func (s *Store) copy(run core.RunID, o store.Outbox) error {
	switch o.Kind {
	case store.PutRecord:
		var r core.Record
		if err := o.Decode(&r); err != nil {
			return err
		}
		if s.records[run] == nil {
			s.records[run] = map[int64]core.Record{}
		}
		s.records[run][r.Seq] = r
	case store.PutTask:
		t, err := o.Task()
		s.taskChanged[o.ID] = s.now()
		return put(s.tasks, o, t, err)
	case store.PutEffect:
		e, err := o.Effect()
		return put(s.effects, o, e, err)
	case store.PutTimer:
		var t store.Timer
		err := o.Decode(&t)
		t.ID = o.ID
		return put(s.timers, o, t, err)
	case store.PutSubscription:
		var sub store.Subscription
		err := o.Decode(&sub)
		sub.ID = o.ID
		return put(s.subscriptions, o, sub, err)
	case store.PutIncident:
		var i store.OpenIncident
		err := o.Decode(&i)
		i.ID = o.ID
		return put(s.incidents, o, i, err)
	case store.EndTask:
		s.taskChanged[o.ID] = s.now()
		end(s, s.tasks, o)
	case store.EndEffect:
		end(s, s.effects, o)
	case store.EndTimer:
		end(s, s.timers, o)
	case store.EndSubscription:
		end(s, s.subscriptions, o)
	case store.EndIncident:
		end(s, s.incidents, o)
	default:
		if o.Kind.Copied() {
			return fmt.Errorf("outbox entry %d: kind %q: %w", o.Seq, o.Kind, store.ErrBadEntry)
		}
	}
	return nil
}

// put inserts a document or fills in a tombstone.
func put[T any](docs map[string]*copied[T], o store.Outbox, doc T, err error) error {
	if err != nil {
		return err
	}
	c := docs[o.ID]
	if c == nil {
		c = &copied[T]{}
		docs[o.ID] = c
	}
	if !c.there {
		c.there, c.doc = true, doc
		if c.closed {
			c.close()
		}
	}
	return nil
}

// end closes a document or leaves a tombstone.
func end[T any](s *Store, docs map[string]*copied[T], o store.Outbox) {
	c := docs[o.ID]
	if c == nil {
		c = &copied[T]{}
		docs[o.ID] = c
	}
	if c.closed {
		return
	}
	c.closed, c.reason, c.closedAt = true, o.Reason, o.At
	if c.closedAt == 0 {
		c.closedAt = s.now()
	}
	if c.there {
		c.close()
	}
}

// close writes the closing into the document itself.
func (c *copied[T]) close() {
	switch doc := any(&c.doc).(type) {
	case *store.Task:
		doc.Status = doc.Status.Ended(c.reason)
		doc.ClosedAt = c.closedAt
		doc.Rev++
		if doc.Status == store.TaskCanceled {
			doc.Reason = c.reason
		}
	case *store.Effect:
		if !doc.Status.Settled() {
			doc.Status = store.EffectCanceled
		}
		doc.Owner, doc.LeaseAt, doc.Delivered = "", 0, true
	case *store.OpenIncident:
		doc.ResolvedAt = c.closedAt
	}
}

// Purge implements store.Relay.
func (s *Store) Purge(ctx context.Context, before core.Instant, limit int) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	left := store.Limited(limit)
	n := purge(s.tasks, before, left)
	n += purge(s.timers, before, left-n)
	n += purge(s.effects, before, left-n)
	n += purge(s.subscriptions, before, left-n)
	n += purge(s.incidents, before, left-n)
	return n, nil
}

func purge[T any](docs map[string]*copied[T], before core.Instant, limit int) int {
	n := 0
	for _, id := range sorted(docs) {
		c := docs[id]
		if n < limit && c.closedAt != 0 && c.closedAt < before {
			delete(docs, id)
			n++
		}
	}
	return n
}

// Records implements store.Records.
func (s *Store) Records(ctx context.Context, run core.RunID, from int64, limit int) ([]core.Record, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []core.Record
	for seq, r := range s.records[run] {
		if seq >= from && seq-from < int64(store.Limited(limit)) {
			list = append(list, cloneJSON(r))
		}
	}
	slices.SortFunc(list, func(a, b core.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	return list, nil
}

// find returns copies of the documents that match, in the order of less.
func find[T any](docs map[string]*copied[T], match func(*copied[T]) bool, order func(a, b T) int) []T {
	var list []T
	for _, c := range docs {
		if c.there && match(c) {
			list = append(list, c.doc)
		}
	}
	slices.SortFunc(list, order)
	for i := range list {
		list[i] = cloneJSON(list[i])
	}
	return list
}

func head[T any](list []T, limit int) []T {
	return list[:min(len(list), store.Limited(limit))]
}
