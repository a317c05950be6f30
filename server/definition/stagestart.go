package definition

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// StageStart is a drawn process that begins when a record comes to a stage.
type StageStart struct {
	Stage   string `json:"stage"`
	Key     string `json:"key" doc:"of the definition"`
	Name    string `json:"name"`
	Version int    `json:"version"`
	// Conditional: not every record that comes there starts it.
	Conditional bool `json:"conditional"`
}

// StageStarts lists the drawn processes that begin at stages of a pipeline, by
// stage and name. What a stage board is compiled to is not among them.
func (s *Service) StageStarts(ctx context.Context, recordType, pipeline, key string) ([]StageStart, error) {
	rules, err := s.Rules(ctx, "stageEntered")
	if err != nil {
		return nil, fmt.Errorf("processes of the stages of %s: %w", pipeline, err)
	}
	out := []StageStart{}
	for _, r := range rules {
		// A rule of no type is of deals: when it was written there was nothing else.
		if cmp.Or(r.Type, "deal") != recordType || r.Pipeline != "" && r.Pipeline != pipeline && r.Pipeline != key {
			continue
		}
		d, err := s.definitions.Get(ctx, r.DefinitionKey)
		if errors.Is(err, docstore.ErrNotFound) {
			continue // it is being deleted
		}
		if err != nil {
			return nil, fmt.Errorf("processes of the stages of %s: %w", pipeline, err)
		}
		if d.Board == "" {
			out = append(out, StageStart{Stage: r.Stage, Key: r.DefinitionKey, Name: cmp.Or(r.Name, r.DefinitionKey), Version: r.Version, Conditional: r.When != ""})
		}
	}
	slices.SortFunc(out, func(a, b StageStart) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
	return slices.CompactFunc(out, func(a, b StageStart) bool { return a.Stage == b.Stage && a.Key == b.Key }), nil
}
