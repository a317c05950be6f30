// Package memstore keeps documents in memory: the reference of the contract,
// and the store of unit tests.
package memstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Store implements docstore.Store.
type Store struct {
	now  func() time.Time // constant after New
	wake chan struct{}

	mu          sync.Mutex
	collections map[string]*collection
	pending     []docstore.Delivery // in the order written
}

// New returns an empty store that takes its time from now.
func New(now func() time.Time) *Store {
	return &Store{now: now, wake: make(chan struct{}, 1), collections: map[string]*collection{}}
}

type entry struct {
	doc     docstore.Document
	tree    docstore.Tree
	entries []docstore.Entry
}

// trace is what is never forgotten of an id.
type trace struct{ rev, seq int64 }

type collection struct {
	store *Store
	spec  *docstore.Compiled
	// The rest is guarded by store.mu.
	docs   map[string]entry
	traces map[string]trace
}

// Collection implements docstore.Store.
func (s *Store) Collection(_ context.Context, spec docstore.Spec) (docstore.Collection, error) {
	compiled, err := docstore.Compile(spec)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.takeOver(spec); err != nil {
		return nil, err
	}
	old := s.collections[spec.Name]
	c := &collection{store: s, spec: compiled, docs: map[string]entry{}, traces: map[string]trace{}}
	if old != nil {
		c.docs, c.traces = old.docs, old.traces
		for id, e := range c.docs {
			e.entries = compiled.Entries(e.tree)
			c.docs[id] = e
		}
	}
	s.collections[spec.Name] = c
	return c, nil
}

// Pending implements docstore.Store.
func (s *Store) Pending(_ context.Context, limit int) ([]docstore.Delivery, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pending[:min(limit, len(s.pending))]), nil
}

// Delivered implements docstore.Store.
func (s *Store) Delivered(_ context.Context, ds []docstore.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = slices.DeleteFunc(s.pending, func(p docstore.Delivery) bool {
		return slices.ContainsFunc(ds, func(d docstore.Delivery) bool {
			return d.Collection == p.Collection && d.DocumentID == p.DocumentID && d.Seq == p.Seq
		})
	})
	return nil
}

// Wake implements docstore.Store.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// Close implements docstore.Store.
func (s *Store) Close() error { return nil }

func (c *collection) Get(_ context.Context, id string) (docstore.Document, error) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	e, ok := c.docs[id]
	if !ok {
		return docstore.Document{}, fmt.Errorf("%s %s: %w", c.spec.Spec.Name, id, docstore.ErrNotFound)
	}
	return copied(e.doc), nil
}

func copied(d docstore.Document) docstore.Document {
	d.Body = slices.Clone(d.Body)
	return d
}

func (c *collection) GetMany(_ context.Context, ids []string) ([]docstore.Document, error) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	var out []docstore.Document
	for _, id := range ids {
		if e, ok := c.docs[id]; ok {
			out = append(out, copied(e.doc))
		}
	}
	return out, nil
}

func (c *collection) Save(_ context.Context, doc docstore.Document, events ...docstore.Event) (docstore.Document, error) {
	if err := docstore.CheckID(doc.ID); err != nil {
		return doc, fmt.Errorf("save %s: %w", c.spec.Spec.Name, err)
	}
	tree, err := docstore.ParseBody(doc.Body)
	if err != nil {
		return doc, fmt.Errorf("save %s %s: %w", c.spec.Spec.Name, doc.ID, err)
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	old, found := c.docs[doc.ID]
	switch {
	case doc.Rev == 0 && found:
		return doc, fmt.Errorf("save %s %s: %w", c.spec.Spec.Name, doc.ID, docstore.ErrExists)
	case doc.Rev != 0 && !found:
		return doc, fmt.Errorf("save %s %s: %w", c.spec.Spec.Name, doc.ID, docstore.ErrNotFound)
	case doc.Rev != old.doc.Rev:
		return doc, fmt.Errorf("save %s %s at rev %d, stored is %d: %w", c.spec.Spec.Name, doc.ID, doc.Rev, old.doc.Rev, docstore.ErrConflict)
	}
	now := docstore.At(c.store.now()).Time
	doc.UpdatedAt, doc.CreatedAt = now, now
	if found {
		doc.CreatedAt = old.doc.CreatedAt
	}
	doc = copied(doc)
	next := entry{doc: doc, tree: tree, entries: c.spec.Entries(tree)}
	if err := c.checkUnique(next); err != nil {
		return doc, err
	}
	next.doc.Rev = c.traces[doc.ID].rev + 1
	c.record(doc.ID, next.doc.Rev, now, events)
	c.docs[doc.ID] = next
	return copied(next.doc), nil
}

// record advances the trace of an id and queues its events.
func (c *collection) record(id string, rev int64, at time.Time, events []docstore.Event) {
	t := trace{rev: rev, seq: c.traces[id].seq}
	for _, e := range events {
		t.seq++
		c.store.pending = append(c.store.pending, docstore.Delivery{
			Collection: c.spec.Spec.Name, DocumentID: id, Seq: t.seq, Rev: rev, At: at, Event: e})
	}
	c.traces[id] = t
	if len(events) > 0 {
		select {
		case c.store.wake <- struct{}{}:
		default:
		}
	}
}

func (c *collection) checkUnique(next entry) error {
	for _, ix := range c.spec.Spec.Indexes {
		if !ix.Unique || slices.ContainsFunc(ix.Paths, func(p string) bool { return next.value(p) == nil }) {
			continue
		}
		for id, e := range c.docs {
			same := !slices.ContainsFunc(ix.Paths, func(p string) bool { return docstore.Compare(e.value(p), next.value(p)) != 0 })
			if same && id != next.doc.ID {
				return fmt.Errorf("save %s %s: %s is taken: %w", c.spec.Spec.Name, next.doc.ID, strings.Join(ix.Paths, ", "), docstore.ErrExists)
			}
		}
	}
	return nil
}

func (c *collection) Delete(_ context.Context, id string, rev int64, events ...docstore.Event) error {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	e, ok := c.docs[id]
	if !ok {
		return fmt.Errorf("delete %s %s: %w", c.spec.Spec.Name, id, docstore.ErrNotFound)
	}
	if e.doc.Rev != rev {
		return fmt.Errorf("delete %s %s at rev %d, stored is %d: %w", c.spec.Spec.Name, id, rev, e.doc.Rev, docstore.ErrConflict)
	}
	delete(c.docs, id)
	c.record(id, rev+1, docstore.At(c.store.now()).Time, events)
	return nil
}

func (e entry) value(path string) any {
	switch path {
	case "id":
		return e.doc.ID
	case "createdAt":
		return docstore.At(e.doc.CreatedAt).String()
	case "updatedAt":
		return docstore.At(e.doc.UpdatedAt).String()
	}
	return e.tree.Value(path)
}
