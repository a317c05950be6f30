package store

import (
	"context"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Watching is optional, for stores that several processes share: each of them
// finds out what the others have written and tells its own viewers. Instants are
// those of the database at the moment of the write, never those of the writer,
// who may have slept in between.
type Watching interface {
	// Seqs reads the number of the last record of runs; unknown runs are left out.
	Seqs(ctx context.Context, ids []core.RunID) (map[core.RunID]int64, error)
	// LastChange is when a run of a definition was last started or stepped, 0 when
	// none ever was.
	LastChange(ctx context.Context, definitionKey string) (core.Instant, error)
	// ChangedTasks lists tasks that were opened, changed or closed at or after an
	// instant, in that order. A task that is written again moves to the end, so a
	// reader who goes on from the last one's instant misses none, but sees some
	// twice.
	ChangedTasks(ctx context.Context, since core.Instant, limit int) ([]ChangedTask, error)
	// PutNotice keeps a message for the viewers of every process; again under the
	// same id it changes nothing.
	PutNotice(ctx context.Context, n Notice) error
	// Notices lists those kept at or after an instant, in that order.
	Notices(ctx context.Context, since core.Instant, limit int) ([]Notice, error)
	// PurgeNotices forgets those kept before an instant.
	PurgeNotices(ctx context.Context, before core.Instant) error
	// Hints is signaled now and then when something was written by anybody, where
	// the database can tell; it is never needed. The channel may stay silent.
	Hints(ctx context.Context) <-chan struct{}
}

// ChangedTask is a task with the instant of its last change.
type ChangedTask struct {
	Task
	ChangedAt core.Instant
}

// Notice is an event of a live topic that no stored document tells of.
type Notice struct {
	ID    string
	Topic string
	Body  []byte
	At    core.Instant // set by the store
}
