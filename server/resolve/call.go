package resolve

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/host"
)

// Child resolves a call: which process it calls, in which version, and the
// values that it gives.
func (s *Service) Child(ctx context.Context, o host.Opening) (host.StartRequest, error) {
	r := s.begin(ctx, o)
	return host.Calling(o.Command.Config, func(raw []byte) (map[string]any, error) { return r.config(o.Command.NodeKind, raw) })
}
