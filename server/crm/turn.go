package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// turn remembers who was chosen last where people are chosen one after the other.
type turn struct {
	docstore.Entity
	Last   string `json:"last"`
	Effect string `json:"effect,omitempty"`
}

// Turn chooses the one of a sorted list who comes after the one chosen last under a
// key. The same effect gets the same answer.
//
// covers B-49
func (s *Service) Turn(ctx context.Context, key, effect string, candidates []string) (string, error) {
	if len(candidates) == 0 {
		return "", nil
	}
	candidates = slices.Clone(candidates)
	slices.Sort(candidates)
	for {
		t, err := s.turns.Get(ctx, key)
		if errors.Is(err, docstore.ErrNotFound) {
			t, err = turn{Entity: docstore.Entity{ID: key}}, nil
		}
		if err != nil {
			return "", fmt.Errorf("read whose turn it is: %w", err)
		}
		if t.Effect == effect && effect != "" {
			return t.Last, nil
		}
		i := slices.IndexFunc(candidates, func(c string) bool { return c > t.Last })
		t.Last, t.Effect = candidates[max(i, 0)], effect
		_, err = s.turns.Save(ctx, t)
		if err == nil {
			return t.Last, nil
		}
		if !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrExists) {
			return "", fmt.Errorf("note whose turn it was: %w", err)
		}
	}
}

// Load counts the records that a person is responsible for.
func (s *Service) Load(ctx context.Context, user string) (int64, error) {
	n, err := s.records.Count(ctx, alive, docstore.Filter{Path: "responsibleId", Op: docstore.Eq, Value: user})
	if err != nil {
		return 0, fmt.Errorf("count the records of %s: %w", user, err)
	}
	return n, nil
}
