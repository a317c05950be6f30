package mongodb

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// hints tells that somebody wrote to the database, from its change stream. It
// saves time and nothing else: whoever listens polls all the same, because a
// stream may lag, break, or not be offered at all.
type hints struct {
	once sync.Once
	stop context.CancelFunc
	done chan struct{} // closed when the watcher has ended
	wake chan struct{} // capacity 1
}

// hintPause is how long a broken stream is left alone.
const hintPause = 5 * time.Second

// Hints is signaled when the change stream of the database brings something. The
// first call opens it; it stays silent where the server offers none.
func (db *DB) Hints(ctx context.Context) <-chan struct{} {
	db.hints.once.Do(func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		db.hints.stop, db.hints.done = cancel, make(chan struct{})
		go func() {
			defer close(db.hints.done)
			for ctx.Err() == nil && db.watch(ctx) {
				if db.clock.Sleep(ctx, hintPause) != nil {
					return
				}
			}
		}()
	})
	return db.hints.wake
}

// watch follows one change stream and tells whether another try makes sense.
func (db *DB) watch(ctx context.Context) (again bool) {
	// Names only: what changed is read from the collections.
	pipeline := mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "operationType", Value: bson.D{{Key: "$in", Value: bson.A{"insert", "update", "replace"}}}}}}},
		{{Key: "$project", Value: bson.D{{Key: "ns", Value: 1}}}},
	}
	stream, err := db.database.Watch(ctx, pipeline)
	if err != nil {
		return db.streamEnded(ctx, err)
	}
	db.log.InfoContext(ctx, "change stream is open: writes of other servers are heard of at once")
	defer func() { _ = stream.Close(context.WithoutCancel(ctx)) }() // it is over, one way or the other
	for stream.Next(ctx) {
		select {
		case db.hints.wake <- struct{}{}:
		default:
		}
	}
	return db.streamEnded(ctx, stream.Err())
}

// streamEnded tells the operator why, and the watcher whether to try again.
func (db *DB) streamEnded(ctx context.Context, err error) (again bool) {
	switch {
	case ctx.Err() != nil:
		return false
	case refused(err):
		db.log.InfoContext(ctx, "the database offers no change stream: changes of other servers are found by polling", "reason", err)
		return false
	}
	db.log.WarnContext(ctx, "the change stream broke and is opened again; until then changes are found by polling", "error", err)
	return true
}

// refused tells whether the server itself says no for good: it is a single
// server, or a compatible one without streams, or we have no right to them. A
// broken connection and a change of the primary are no such answers.
func refused(err error) bool {
	const (
		failedToParse   = 9 // FerretDB knows no stream of a whole database
		unauthorized    = 13
		commandNotFound = 59
		notSupported    = 115
		notImplemented  = 238
		stageUnknown    = 40324
		needsReplicaSet = 40573
	)
	var answer mongo.ServerError
	return errors.As(err, &answer) && slices.ContainsFunc([]int{failedToParse, unauthorized, commandNotFound, notSupported, notImplemented, stageUnknown, needsReplicaSet}, answer.HasErrorCode)
}

// close ends the watcher, if there is one.
func (h *hints) close() {
	h.once.Do(func() {}) // none from here on
	if h.stop != nil {
		h.stop()
		<-h.done
	}
}
