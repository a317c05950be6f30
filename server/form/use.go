package form

import (
	"context"

	"github.com/fluxo-app/fluxo/server/crm"
)

// StageUses finds the first of a pipeline's stages on which forms make records, and
// those forms; "" when there is none. Closed forms count: they may be opened again.
func (s *Service) StageUses(ctx context.Context, pipeline string, stages []string) (string, []crm.Use, error) {
	forms, err := s.List(ctx, "")
	if err != nil {
		return "", nil, err
	}
	for _, stage := range stages {
		var uses []crm.Use
		for _, f := range forms {
			if f.Creates.Pipeline == pipeline && f.Creates.Stage == stage {
				uses = append(uses, crm.Use{Key: f.ID, Name: f.Name})
			}
		}
		if len(uses) > 0 {
			return stage, uses, nil
		}
	}
	return "", nil, nil
}
