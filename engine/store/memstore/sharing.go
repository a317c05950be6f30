package memstore

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// AcceptLeased implements store.Sharing.
func (s *Store) AcceptLeased(ctx context.Context, id core.RunID, lease store.RunLease, now core.Instant, events ...core.Event) (store.Run, error) {
	if err := s.lock(ctx); err != nil {
		return store.Run{}, err
	}
	defer s.mu.Unlock()
	run, ok := s.runs[id]
	err := error(nil)
	switch {
	case !ok:
		err = store.ErrNotFound
	case len(events) > 0:
		run, err = s.accept(id, events)
	}
	if err != nil {
		return store.Run{}, fmt.Errorf("accept into run %s: %w", id, err)
	}
	if run.ReadyAt > 0 && !run.Lease.Bars(lease.Owner, now) {
		run.Lease = lease
	}
	return cloneRun(*run), nil
}
