package board

import (
	"context"

	"github.com/fluxo-app/fluxo/server/crm"
)

// StageUses finds the first of a pipeline's stages that has robots or triggers, ""
// when none has.
func (s *Service) StageUses(ctx context.Context, pipeline string, stages []string) (string, []crm.Use, error) {
	kept, err := s.load(ctx, pipeline)
	if err != nil {
		return "", nil, err
	}
	for _, id := range stages {
		if of := kept.of(id); len(of.Robots)+len(of.Triggers) > 0 {
			return id, []crm.Use{{Key: pipeline, Name: "the automation of the pipeline"}}, nil
		}
	}
	return "", nil, nil
}
