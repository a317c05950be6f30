// Package scratch lays a store in memory over another one: everything can be read
// and written, and nothing of what is written reaches the store below. It is for
// trying things out on real data.
//
// Reading by id and revisions are exact. A search gives what was written here first
// and then what is below, so that its order is only that of each part; sums are
// those of the store below.
package scratch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
)

// Base is the store below. Its collections are opened once. Safe for concurrent use.
type Base struct {
	below docstore.Store

	mu     sync.Mutex
	opened map[string]docstore.Collection
}

// Over makes a base of a store.
func Over(below docstore.Store) *Base {
	return &Base{below: below, opened: map[string]docstore.Collection{}}
}

func (b *Base) collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.opened[spec.Name]; c != nil {
		return c, nil
	}
	c, err := b.below.Collection(ctx, spec)
	if err == nil {
		b.opened[spec.Name] = c
	}
	return c, err
}

// Store implements docstore.Store. It is for one goroutine.
type Store struct {
	base    *Base
	now     func() time.Time
	search  *memstore.Store
	opened  map[string]*collection
	pending []docstore.Delivery
	wake    chan struct{}
}

// New lays an empty store over the base.
func (b *Base) New(now func() time.Time) *Store {
	return &Store{base: b, now: now, search: memstore.New(now), opened: map[string]*collection{}, wake: make(chan struct{}, 1)}
}

// collection holds what was written here; a nil document was deleted.
type collection struct {
	name   string
	store  *Store
	below  docstore.Collection
	search docstore.Collection // finds among docs
	docs   map[string]*docstore.Document
	seqs   map[string]int64
}

// Collection implements docstore.Store.
func (s *Store) Collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	if c := s.opened[spec.Name]; c != nil {
		return c, nil
	}
	below, err := s.base.collection(ctx, spec)
	if err != nil {
		return nil, err
	}
	spec.Formerly = nil
	search, err := s.search.Collection(ctx, spec)
	if err != nil {
		return nil, err
	}
	c := &collection{name: spec.Name, store: s, below: below, search: search, docs: map[string]*docstore.Document{}, seqs: map[string]int64{}}
	s.opened[spec.Name] = c
	return c, nil
}

// Pending implements docstore.Store.
func (s *Store) Pending(_ context.Context, limit int) ([]docstore.Delivery, error) {
	return slices.Clone(s.pending[:min(limit, len(s.pending))]), nil
}

// Delivered implements docstore.Store.
func (s *Store) Delivered(_ context.Context, ds []docstore.Delivery) error {
	s.pending = slices.DeleteFunc(s.pending, func(p docstore.Delivery) bool {
		return slices.ContainsFunc(ds, func(d docstore.Delivery) bool {
			return d.Collection == p.Collection && d.DocumentID == p.DocumentID && d.Seq == p.Seq
		})
	})
	return nil
}

// Wake implements docstore.Store.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// Close implements docstore.Store; the store below stays open.
func (s *Store) Close() error { return nil }

func (c *collection) Get(ctx context.Context, id string) (docstore.Document, error) {
	if d, here := c.docs[id]; here {
		if d == nil {
			return docstore.Document{}, fmt.Errorf("%s %s: %w", c.name, id, docstore.ErrNotFound)
		}
		return copied(*d), nil
	}
	return c.below.Get(ctx, id)
}

func copied(d docstore.Document) docstore.Document {
	d.Body = slices.Clone(d.Body)
	return d
}

func (c *collection) GetMany(ctx context.Context, ids []string) ([]docstore.Document, error) {
	var out []docstore.Document
	for _, id := range ids {
		d, err := c.Get(ctx, id)
		if errors.Is(err, docstore.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (c *collection) Save(ctx context.Context, doc docstore.Document, events ...docstore.Event) (docstore.Document, error) {
	old, err := c.Get(ctx, doc.ID)
	found := err == nil
	switch {
	case err != nil && !errors.Is(err, docstore.ErrNotFound):
		return doc, err
	case doc.Rev == 0 && found:
		return doc, fmt.Errorf("save %s %s: %w", c.name, doc.ID, docstore.ErrExists)
	case doc.Rev != 0 && !found:
		return doc, fmt.Errorf("save %s %s: %w", c.name, doc.ID, docstore.ErrNotFound)
	case doc.Rev != old.Rev:
		return doc, fmt.Errorf("save %s %s at rev %d, stored is %d: %w", c.name, doc.ID, doc.Rev, old.Rev, docstore.ErrConflict)
	}
	// The store for searching checks the document, and what must be unique here.
	sought := copied(doc)
	sought.Rev = 0
	if now, err := c.search.Get(ctx, doc.ID); err == nil {
		sought.Rev = now.Rev
	}
	if _, err := c.search.Save(ctx, sought); err != nil {
		return doc, err
	}
	now := docstore.At(c.store.now()).Time
	doc = copied(doc)
	doc.Rev, doc.CreatedAt, doc.UpdatedAt = old.Rev+1, now, now
	if found {
		doc.CreatedAt = old.CreatedAt
	}
	c.docs[doc.ID] = &doc
	c.tell(doc.ID, doc.Rev, now, events)
	return copied(doc), nil
}

func (c *collection) tell(id string, rev int64, at time.Time, events []docstore.Event) {
	for _, e := range events {
		c.seqs[id]++
		c.store.pending = append(c.store.pending, docstore.Delivery{Collection: c.name, DocumentID: id, Seq: c.seqs[id], Rev: rev, At: at, Event: e})
	}
	if len(events) > 0 {
		select {
		case c.store.wake <- struct{}{}:
		default:
		}
	}
}

func (c *collection) Delete(ctx context.Context, id string, rev int64, events ...docstore.Event) error {
	old, err := c.Get(ctx, id)
	if err != nil {
		return err
	}
	if old.Rev != rev {
		return fmt.Errorf("delete %s %s at rev %d, stored is %d: %w", c.name, id, rev, old.Rev, docstore.ErrConflict)
	}
	if now, err := c.search.Get(ctx, id); err == nil {
		if err := c.search.Delete(ctx, id, now.Rev); err != nil {
			return err
		}
	}
	c.docs[id] = nil
	c.tell(id, rev+1, docstore.At(c.store.now()).Time, events)
	return nil
}

func (c *collection) Find(ctx context.Context, q docstore.Query) (docstore.Page, error) {
	page, err := c.below.Find(ctx, q)
	if err != nil || len(c.docs) == 0 {
		return page, err
	}
	page.Documents = slices.DeleteFunc(page.Documents, func(d docstore.Document) bool { _, here := c.docs[d.ID]; return here })
	if q.Cursor != "" {
		return page, nil
	}
	q.Limit = docstore.MaxLimit
	own, err := c.search.Find(ctx, q)
	if err != nil {
		return page, err
	}
	documents := make([]docstore.Document, 0, len(own.Documents)+len(page.Documents))
	for _, d := range own.Documents {
		documents = append(documents, copied(*c.docs[d.ID]))
	}
	page.Documents = append(documents, page.Documents...)
	return page, nil
}

func (c *collection) Count(ctx context.Context, filters []docstore.Filter) (int64, error) {
	n, err := c.below.Count(ctx, filters)
	if err != nil || len(c.docs) == 0 {
		return n, err
	}
	own, err := c.search.Count(ctx, filters)
	if err != nil {
		return 0, err
	}
	ids := make([]string, 0, len(c.docs))
	for id := range c.docs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	over, err := c.below.Count(ctx, append(slices.Clone(filters), docstore.Filter{Path: "id", Op: docstore.In, Value: ids}))
	return n + own - over, err
}

func (c *collection) Aggregate(ctx context.Context, a docstore.Aggregate) ([]docstore.Group, error) {
	return c.below.Aggregate(ctx, a)
}

// Shared lists what several documents share below.
func (c *collection) Shared(ctx context.Context, path, prefix, after string, limit int) ([]string, error) {
	return c.below.Shared(ctx, path, prefix, after, limit)
}
