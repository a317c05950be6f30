package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Entity is embedded by every type kept through Typed. The store keeps these
// fields itself; what a caller sets in CreatedAt and UpdatedAt is ignored.
type Entity struct {
	ID        string  `json:"id"`
	Rev       int64   `json:"rev"`
	CreatedAt Instant `json:"createdAt"`
	UpdatedAt Instant `json:"updatedAt"`
}

// Stored gives Typed access to the embedded fields.
func (e *Entity) Stored() *Entity { return e }

type storable interface{ Stored() *Entity }

// Typed keeps values of T, a struct that embeds Entity, in a collection.
type Typed[T any] struct{ c Collection }

// NewTyped declares the collection and returns its typed view.
func NewTyped[T any](ctx context.Context, s Store, spec Spec) (Typed[T], error) {
	var v T
	if _, ok := any(&v).(storable); !ok {
		return Typed[T]{}, fmt.Errorf("collection %s: %T does not embed docstore.Entity", spec.Name, v)
	}
	c, err := s.Collection(ctx, spec)
	if err != nil {
		return Typed[T]{}, fmt.Errorf("open collection %s: %w", spec.Name, err)
	}
	return Typed[T]{c}, nil
}

// Collection returns the untyped collection.
func (t Typed[T]) Collection() Collection { return t.c }

func entity[T any](v *T) *Entity { return any(v).(storable).Stored() }

// Decode reads a document as T.
func Decode[T any](d Document) (T, error) {
	var v T
	if err := json.Unmarshal(d.Body, &v); err != nil {
		return v, fmt.Errorf("decode document %s: %w", d.ID, err)
	}
	*entity(&v) = Entity{d.ID, d.Rev, At(d.CreatedAt), At(d.UpdatedAt)}
	return v, nil
}

// Get returns the value with this id, or ErrNotFound.
func (t Typed[T]) Get(ctx context.Context, id string) (T, error) {
	d, err := t.c.Get(ctx, id)
	if err != nil {
		var zero T
		return zero, err
	}
	return Decode[T](d)
}

// GetMany returns the found ones, in the order of ids.
func (t Typed[T]) GetMany(ctx context.Context, ids []string) ([]T, error) {
	ds, err := t.c.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	return decodeAll[T](ds)
}

func decodeAll[T any](ds []Document) ([]T, error) {
	out := make([]T, 0, len(ds))
	for _, d := range ds {
		v, err := Decode[T](d)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Save inserts or replaces the value and returns it as stored.
func (t Typed[T]) Save(ctx context.Context, v T, events ...Event) (T, error) {
	e := entity(&v)
	body, err := json.Marshal(v)
	if err != nil {
		return v, fmt.Errorf("encode document %s: %w", e.ID, err)
	}
	d, err := t.c.Save(ctx, Document{ID: e.ID, Rev: e.Rev, Body: body}, events...)
	if err != nil {
		return v, err
	}
	*e = Entity{d.ID, d.Rev, At(d.CreatedAt), At(d.UpdatedAt)}
	return v, nil
}

// CanInsertTogether tells whether InsertTogether works on this store.
func (t Typed[T]) CanInsertTogether() bool {
	_, ok := t.c.(Together)
	return ok
}

// InsertTogether inserts all values or none, where the store can.
func (t Typed[T]) InsertTogether(ctx context.Context, vs []T) ([]T, error) {
	c, ok := t.c.(Together)
	if !ok {
		return nil, errors.New("this store cannot insert several documents as one")
	}
	docs := make([]Document, 0, len(vs))
	for i := range vs {
		body, err := json.Marshal(vs[i])
		if err != nil {
			return nil, fmt.Errorf("encode document %s: %w", entity(&vs[i]).ID, err)
		}
		docs = append(docs, Document{ID: entity(&vs[i]).ID, Body: body})
	}
	stored, err := c.InsertTogether(ctx, docs)
	if err != nil {
		return nil, err
	}
	for i, d := range stored {
		*entity(&vs[i]) = Entity{d.ID, d.Rev, At(d.CreatedAt), At(d.UpdatedAt)}
	}
	return vs, nil
}

// updateAttempts bounds Update under contention on one document.
const updateAttempts = 20

// Update reads the value, lets change edit it, and saves it, again from the
// start when somebody else was faster. The events of change go with the write.
// change must be safe to repeat.
func (t Typed[T]) Update(ctx context.Context, id string, change func(*T) ([]Event, error)) (T, error) {
	for attempt := 1; ; attempt++ {
		v, err := t.Get(ctx, id)
		if err != nil {
			return v, err
		}
		events, err := change(&v)
		if err != nil {
			return v, err
		}
		saved, err := t.Save(ctx, v, events...)
		if !errors.Is(err, ErrConflict) || attempt == updateAttempts {
			return saved, err
		}
	}
}

// Delete removes the value when the stored rev equals rev.
func (t Typed[T]) Delete(ctx context.Context, id string, rev int64, events ...Event) error {
	return t.c.Delete(ctx, id, rev, events...)
}

// Find returns a page of values and the cursor of the next page.
func (t Typed[T]) Find(ctx context.Context, q Query) ([]T, string, error) {
	p, err := t.c.Find(ctx, q)
	if err != nil {
		return nil, "", err
	}
	vs, err := decodeAll[T](p.Documents)
	return vs, p.Next, err
}

// All returns every match, page by page, at most max; more than max is an
// error, so that a list that outgrew its purpose is noticed.
func (t Typed[T]) All(ctx context.Context, q Query, max int) ([]T, error) {
	var out []T
	q.Limit = MaxLimit
	for {
		vs, next, err := t.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		if out = append(out, vs...); len(out) > max {
			return nil, fmt.Errorf("more than %d documents match: %w", max, ErrBadQuery)
		}
		if next == "" {
			return out, nil
		}
		q.Cursor = next
	}
}

// One returns the first match, or ErrNotFound.
func (t Typed[T]) One(ctx context.Context, q Query) (T, error) {
	q.Limit = 1
	vs, _, err := t.Find(ctx, q)
	if err == nil && len(vs) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return vs[0], nil
}

// Count counts the matches.
func (t Typed[T]) Count(ctx context.Context, filters ...Filter) (int64, error) {
	return t.c.Count(ctx, filters)
}

// NewEvent returns an event whose body is v as JSON.
func NewEvent(kind string, v any) (Event, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Event{}, fmt.Errorf("encode event %s: %w", kind, err)
	}
	return Event{Kind: kind, Body: body}, nil
}
