package status

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// SecretUses adds the secrets that status-driven processes send, also by steps that are
// switched off.
func (s *Service) SecretUses(ctx context.Context, into map[string][]definition.SecretUse) error {
	all, err := s.templates.All(ctx, docstore.Query{Sort: "name"}, most)
	if err != nil {
		return fmt.Errorf("look through the status processes: %w", err)
	}
	for _, kept := range all {
		text, err := json.Marshal(kept.Content)
		if err != nil {
			return fmt.Errorf("read status process %s: %w", kept.ID, err)
		}
		definition.AddSecretUses(into, text, definition.SecretUse{Kind: "statusProcess", Key: kept.ID, Name: kept.Name})
	}
	return nil
}
