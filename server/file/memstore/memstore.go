// Package memstore keeps files in memory: the reference of the contract, and
// the store of unit tests.
package memstore

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/server/file"
)

// Store implements file.Store.
type Store struct {
	now     func() time.Time // constant after New
	options file.Options     // constant after New

	mu       sync.Mutex
	infos    map[string]file.Info
	contents map[string]*content // by hash
}

type content struct {
	chunks   [][]byte
	refs     int
	unusedAt time.Time // of the last reference's end
}

// New returns an empty store that takes its time from now.
func New(now func() time.Time, options file.Options) *Store {
	return &Store{now: now, options: options, infos: map[string]file.Info{}, contents: map[string]*content{}}
}

// Put implements file.Store.
func (s *Store) Put(_ context.Context, p file.Put, r io.Reader) (file.Info, error) {
	p, err := p.Check()
	if err != nil {
		return file.Info{}, err
	}
	s.mu.Lock()
	stored, found := s.infos[p.ID]
	s.mu.Unlock()
	if found {
		return stored, nil
	}
	var chunks [][]byte
	c, err := file.Receive(p, s.options, r, func(_ int, chunk []byte) error {
		chunks = append(chunks, slices.Clone(chunk))
		return nil
	})
	if err != nil {
		return file.Info{}, fmt.Errorf("store file %q: %w", p.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored, found := s.infos[p.ID]; found {
		return stored, nil
	}
	if s.contents[c.Hash] == nil {
		s.contents[c.Hash] = &content{chunks: chunks}
	}
	s.contents[c.Hash].refs++
	info := file.Info{ID: p.ID, Name: p.Name, Type: c.Type, Size: c.Size, Hash: c.Hash,
		CreatedAt: s.now().UTC().Truncate(time.Millisecond), CreatedBy: p.CreatedBy, Owner: p.Owner}
	s.infos[p.ID] = info
	return info, nil
}

// Info implements file.Store.
func (s *Store) Info(_ context.Context, id string) (file.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, ok := s.infos[id]
	if !ok {
		return info, fmt.Errorf("file %s: %w", id, file.ErrNotFound)
	}
	return info, nil
}

// Open implements file.Store.
func (s *Store) Open(ctx context.Context, id string) (io.ReadSeekCloser, file.Info, error) {
	info, err := s.Info(ctx, id)
	if err != nil {
		return nil, info, err
	}
	s.mu.Lock()
	chunks := s.contents[info.Hash].chunks
	s.mu.Unlock()
	return file.NewReader(info.Size, func(n int) ([]byte, error) { return chunks[n], ctx.Err() }), info, nil
}

// List implements file.Store.
func (s *Store) List(_ context.Context, owner string) ([]file.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []file.Info
	for _, info := range s.infos {
		if info.Owner == owner {
			out = append(out, info)
		}
	}
	slices.SortFunc(out, func(a, b file.Info) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// Give implements file.Store.
func (s *Store) Give(_ context.Context, id, owner string) error {
	if err := file.CheckOwner(owner); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	info, ok := s.infos[id]
	if !ok {
		return fmt.Errorf("file %s: %w", id, file.ErrNotFound)
	}
	info.Owner = owner
	s.infos[id] = info
	return nil
}

// Delete implements file.Store.
func (s *Store) Delete(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, ok := s.infos[id]
	if !ok {
		return fmt.Errorf("file %s: %w", id, file.ErrNotFound)
	}
	delete(s.infos, id)
	c := s.contents[info.Hash]
	c.refs--
	c.unusedAt = s.now()
	return nil
}

// Sweep implements file.Store.
func (s *Store) Sweep(context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for hash, c := range s.contents {
		if c.refs == 0 && !s.now().Before(c.unusedAt.Add(file.SweepAfter)) {
			delete(s.contents, hash)
			n++
		}
	}
	return n, nil
}
