package crm

import (
	"context"
	"errors"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// HasEntry tells whether a line of a story is there.
func (s *Service) HasEntry(ctx context.Context, id string) (bool, error) {
	_, err := s.timeline.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
