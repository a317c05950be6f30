package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// EndedDefinitions implements store.Runs.
func (s *Store) EndedDefinitions(ctx context.Context) ([]string, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	keys := map[string]bool{}
	for _, run := range s.runs {
		if run.EndedAt > 0 {
			keys[run.DefinitionKey] = true
		}
	}
	return slices.Sorted(maps.Keys(keys)), nil
}

// RemoveEnded implements store.Runs.
func (s *Store) RemoveEnded(ctx context.Context, definitionKey string, before core.Instant, limit int) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	var gone []*store.Run
	for _, run := range s.runs {
		if run.DefinitionKey == definitionKey && run.EndedAt > 0 && run.EndedAt < before && len(run.Outbox) == 0 {
			gone = append(gone, run)
		}
	}
	slices.SortFunc(gone, func(a, b *store.Run) int { return cmp.Or(cmp.Compare(a.EndedAt, b.EndedAt), cmp.Compare(a.ID, b.ID)) })
	gone = gone[:min(len(gone), store.Limited(limit))]
	for _, run := range gone {
		delete(s.records, run.ID)
		delete(s.runs, run.ID)
	}
	return len(gone), nil
}
