package board

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// SecretUses adds the secrets that robots of boards send, also of those that are
// switched off: they may be switched on again.
func (s *Service) SecretUses(ctx context.Context, into map[string][]definition.SecretUse) error {
	all, err := s.boards.All(ctx, docstore.Query{}, 1000)
	if err != nil {
		return fmt.Errorf("look through the stage boards: %w", err)
	}
	for _, kept := range all {
		text, err := json.Marshal(kept.Stages)
		if err != nil {
			return fmt.Errorf("read stage board %s: %w", kept.ID, err)
		}
		use := definition.SecretUse{Kind: "board", Key: kept.ID, Name: kept.ID}
		p, err := s.Records.Pipeline(ctx, kept.ID)
		switch {
		case err == nil:
			use.Name = p.Name
		case gone(err):
			continue
		default:
			return err
		}
		definition.AddSecretUses(into, text, use)
	}
	return nil
}
