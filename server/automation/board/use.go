package board

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/fluxo-app/fluxo/server/crm"
)

// StageUses finds the first of a pipeline's stages that has robots or triggers, or to
// which a robot of another stage moves records; "" when there is none. Robots that
// are switched off count: they may be switched on again.
func (s *Service) StageUses(ctx context.Context, pipeline string, stages []string) (string, []crm.Use, error) {
	kept, err := s.load(ctx, pipeline)
	if err != nil {
		return "", nil, err
	}
	for _, id := range stages {
		of := kept.of(id)
		used := len(of.Robots)+len(of.Triggers) > 0 ||
			slices.ContainsFunc(kept.Stages, func(c content) bool {
				return slices.ContainsFunc(c.Robots, func(r Robot) bool { return r.leadsTo(pipeline, id) })
			})
		if used {
			return id, []crm.Use{{Key: pipeline, Name: "the automation of the pipeline"}}, nil
		}
	}
	return "", nil, nil
}

// leadsTo tells whether a robot of a pipeline puts records on one of its stages.
func (r Robot) leadsTo(pipeline, stage string) bool {
	var config struct {
		Pipeline any `json:"pipeline"`
		Stage    any `json:"stage"`
	}
	if json.Unmarshal(r.Config, &config) != nil || config.Stage != stage {
		return false
	}
	return config.Pipeline == nil || config.Pipeline == "" || config.Pipeline == pipeline
}
