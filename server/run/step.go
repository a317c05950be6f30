package run

import (
	"context"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
)

// StepOf tells which step of a run an effect is of: what it is called, and its robot.
// Effects that do a thing once are named without the count of their tries.
func (s *Service) StepOf(ctx context.Context, id, effect string) (name, robot string, err error) {
	effects, err := s.Store.RunEffects(ctx, core.RunID(id))
	if err != nil {
		return "", "", fmt.Errorf("effects of run %s: %w", id, err)
	}
	for _, e := range effects {
		if e.ID == effect || strings.HasPrefix(e.ID, effect+":") {
			return e.NodeName, e.Robot, nil
		}
	}
	return "", "", nil
}
