package run

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/core/codec"
)

// Known is what a run has learned so far, as its expressions read it.
type Known struct {
	Parameters, Variables, Steps map[string]any
}

// Known reads the values of a run; empty ones when its state cannot be read.
func (s *Service) Known(ctx context.Context, id string) (Known, error) {
	known := Known{map[string]any{}, map[string]any{}, map[string]any{}}
	r, err := s.load(ctx, id)
	if err != nil {
		return known, err
	}
	// A state that does not decode is told on the run's own page.
	if state, err := codec.Decode(r.State); err == nil {
		known = Known{state.Parameters(), state.Variables(), state.Steps()}
	}
	return known, nil
}
