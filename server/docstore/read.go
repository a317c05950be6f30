package docstore

import (
	"context"
	"sync"
)

// Reader reads pages of a Typed collection for those who only show them: what was
// decoded lately is not decoded again while its rev is the same. Values of a
// Reader share their lists and maps, so nobody may change what is in them.
type Reader[T any] struct {
	Typed[T]
	max  int
	mu   sync.Mutex
	byID map[string]T
}

// NewReader keeps at most max decoded values.
func NewReader[T any](t Typed[T], max int) *Reader[T] {
	return &Reader[T]{Typed: t, max: max, byID: make(map[string]T)}
}

// Find returns a page of values and the cursor of the next page.
func (r *Reader[T]) Find(ctx context.Context, q Query) ([]T, string, error) {
	p, err := r.c.Find(ctx, q)
	if err != nil {
		return nil, "", err
	}
	out := make([]T, len(p.Documents))
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, d := range p.Documents {
		v, known := r.byID[d.ID]
		if e := entity(&v); !known || e.Rev != d.Rev || !e.UpdatedAt.Equal(d.UpdatedAt) {
			if v, err = Decode[T](d); err != nil {
				return nil, "", err
			}
			if !known && len(r.byID) >= r.max {
				for id := range r.byID {
					delete(r.byID, id) // any one: a miss costs one decoding
					break
				}
			}
			r.byID[d.ID] = v
		}
		out[i] = v
	}
	return out, p.Next, nil
}
