package store

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Sharing is optional, for stores that several processes share: it lets them
// divide the work among themselves. All of it is for economy; what is right is
// decided by the rev of a run and by the ids of events.
type Sharing interface {
	// SharedTimers is DueTimers of the timers in some buckets, and of all timers with
	// DueAt <= overdue. A timer that was stored without a bucket is in bucket 0.
	SharedTimers(ctx context.Context, buckets []int, before, overdue core.Instant, limit int) ([]Timer, error)
	// AcceptLeased is Accept, and takes the lease of the run unless another owner
	// holds it beyond now; Run.Lease in the answer tells who has it. An event that
	// finds the lease taken is seen by its holder's next commit. Without events it
	// takes the lease only, and only of a run that is ready; ErrNotFound.
	AcceptLeased(ctx context.Context, id core.RunID, lease RunLease, now core.Instant, events ...core.Event) (Run, error)
}

// RunLease says who steps a run, so that others leave it alone meanwhile. It
// ends with the commit that leaves the run with nothing to do, or when it is over.
type RunLease struct {
	Owner string
	Until core.Instant
}

// Bars tells whether the lease keeps an owner from the run.
func (l RunLease) Bars(owner string, now core.Instant) bool {
	return l.Owner != "" && l.Owner != owner && l.Until > now
}

// LeaseAfter is the lease of a run after a commit: none when the run has nothing
// to do, else the committer's if it extends it, else what it was.
func (c Commit) LeaseAfter(readyAt core.Instant, was RunLease) RunLease {
	switch {
	case readyAt == 0:
		return RunLease{}
	case c.Lease.Owner != "":
		return c.Lease
	default:
		return was
	}
}
