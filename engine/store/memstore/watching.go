package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var _ store.Watching = (*Store)(nil)

// Seqs implements store.Watching.
func (s *Store) Seqs(ctx context.Context, ids []core.RunID) (map[core.RunID]int64, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	seqs := map[core.RunID]int64{}
	for _, id := range ids {
		if run, ok := s.runs[id]; ok {
			seqs[id] = run.Seq
		}
	}
	return seqs, nil
}

// LastChange implements store.Watching.
func (s *Store) LastChange(ctx context.Context, definitionKey string) (core.Instant, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.definitionChanged[definitionKey], nil
}

// ChangedTasks implements store.Watching.
func (s *Store) ChangedTasks(ctx context.Context, since core.Instant, limit int) ([]store.ChangedTask, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.ChangedTask
	for id, at := range s.taskChanged {
		c := s.tasks[id]
		if c == nil {
			delete(s.taskChanged, id) // purged
		} else if at >= since && c.there {
			list = append(list, store.ChangedTask{Task: cloneJSON(c.doc), ChangedAt: at})
		}
	}
	slices.SortFunc(list, func(a, b store.ChangedTask) int {
		return cmp.Or(cmp.Compare(a.ChangedAt, b.ChangedAt), cmp.Compare(a.ID, b.ID))
	})
	return list[:min(len(list), store.Limited(limit))], nil
}

// PutNotice implements store.Watching.
func (s *Store) PutNotice(ctx context.Context, n store.Notice) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, known := s.notices[n.ID]; !known {
		n.Body, n.At = slices.Clone(n.Body), s.now()
		s.notices[n.ID] = n
	}
	return nil
}

// Notices implements store.Watching.
func (s *Store) Notices(ctx context.Context, since core.Instant, limit int) ([]store.Notice, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var list []store.Notice
	for _, n := range s.notices {
		if n.At >= since {
			n.Body = slices.Clone(n.Body)
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b store.Notice) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
	return list[:min(len(list), store.Limited(limit))], nil
}

// PurgeNotices implements store.Watching.
func (s *Store) PurgeNotices(ctx context.Context, before core.Instant) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	maps.DeleteFunc(s.notices, func(_ string, n store.Notice) bool { return n.At < before })
	return nil
}

// Hints implements store.Watching: there are none.
func (s *Store) Hints(context.Context) <-chan struct{} { return nil }
