package sim

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

func (f *faulty) AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error) {
	return get(f, "acquireLease", func() (bool, error) { return f.Store.AcquireLease(ctx, name, owner, now, until) })
}

func (f *faulty) HeldLeases(ctx context.Context, prefix string, now core.Instant) ([]store.Lease, error) {
	return get(f, "heldLeases", func() ([]store.Lease, error) { return f.Store.HeldLeases(ctx, prefix, now) })
}

func (f *faulty) DropLeases(ctx context.Context, before core.Instant) error {
	return f.call("dropLeases", func() error { return f.Store.DropLeases(ctx, before) })
}

// faultySharing is faulty over a store that several processes share.
type faultySharing struct {
	*faulty
	sharing store.Sharing
}

func (f *faultySharing) SharedTimers(ctx context.Context, buckets []int, before, overdue core.Instant, limit int) ([]store.Timer, error) {
	return get(f.faulty, "sharedTimers", func() ([]store.Timer, error) {
		return f.sharing.SharedTimers(ctx, buckets, before, overdue, limit)
	})
}

func (f *faultySharing) AcceptLeased(ctx context.Context, id core.RunID, lease store.RunLease, now core.Instant, events ...core.Event) (store.Run, error) {
	return get(f.faulty, "acceptLeased", func() (store.Run, error) {
		f.world.leased++
		return f.sharing.AcceptLeased(ctx, id, lease, now, events...)
	})
}

// beat keeps a process's membership, most of the time.
func (w *World) beat(p *process) {
	if p.members != nil && w.random.IntN(4) > 0 {
		_ = p.members.Tick(w.ctx)
	}
}
