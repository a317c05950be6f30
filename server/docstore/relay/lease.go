package relay

import (
	"context"
	"errors"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// lease says which process delivers, and until when.
type lease struct {
	docstore.Entity
	Owner string           `json:"owner"`
	Until docstore.Instant `json:"until"`
}

const leaseID = "relay"

// hold takes or prolongs the lease and reports whether this process has it.
// Losing it while a pass is on can repeat or reorder deliveries across processes
// once; it never loses one.
func (r *Relay) hold(ctx context.Context) (bool, error) {
	if r.options.Lease == 0 {
		return true, nil
	}
	now, err := r.leaseTime(ctx)
	if err != nil {
		return false, err
	}
	l, err := r.lease.Get(ctx, leaseID)
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		l.ID = leaseID
	case err != nil:
		return false, err
	case l.Owner != r.options.Owner && now.Before(l.Until.Time):
		return false, nil
	case l.Owner == r.options.Owner && now.Add(r.options.Lease/2).Before(l.Until.Time):
		return true, nil
	}
	l.Owner, l.Until = r.options.Owner, docstore.At(now.Add(r.options.Lease))
	_, err = r.lease.Save(ctx, l)
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
		return false, nil // somebody was faster
	}
	return err == nil, err
}

// leaseTime is the moment by which leases are compared: servers whose clocks
// differ must agree on it.
func (r *Relay) leaseTime(ctx context.Context) (time.Time, error) {
	if r.options.Now == nil {
		return r.clock.Now(), nil
	}
	return r.options.Now(ctx)
}
