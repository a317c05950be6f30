package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// SharedTimers implements store.Sharing.
func (s *Store) SharedTimers(ctx context.Context, buckets []int, before, overdue core.Instant, limit int) ([]store.Timer, error) {
	either := bson.A{set("dueAt", set("$lte", overdue))}
	if len(buckets) > 0 {
		either = append(either, set("bucket", set("$in", buckets)))
	}
	if slices.Contains(buckets, 0) {
		either = append(either, set("bucket", set("$exists", false)))
	}
	list, err := all(ctx, s.collection(timers), set("open", true, "dueAt", set("$lte", max(before, overdue)), "$or", either),
		options.Find().SetSort(set("dueAt", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))), toTimer)
	return list, fail(err, "list shared timers")
}

// AcceptLeased implements store.Sharing.
func (s *Store) AcceptLeased(ctx context.Context, id core.RunID, lease store.RunLease, now core.Instant, events ...core.Event) (store.Run, error) {
	run, err := s.acceptLeased(ctx, id, lease, now, events)
	if err != nil {
		return store.Run{}, fmt.Errorf("accept into run %s: %w", id, err)
	}
	return run, nil
}

// acceptLeased is one command when the lease is free. When it is not, the events
// are accepted by themselves, and the answer to that tells whether the holder
// still had it by then.
func (s *Store) acceptLeased(ctx context.Context, id core.RunID, lease store.RunLease, now core.Instant, events []core.Event) (store.Run, error) {
	if len(events) > 0 {
		if err := store.Fits(events); err != nil {
			return store.Run{}, err
		}
		doc, err := s.push(ctx, id, store.Unknown(nil, nil, events), free(lease.Owner, now), leased(lease))
		if err == nil {
			return toRun(doc)
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return store.Run{}, err
		}
		run, err := s.accept(ctx, id, events)
		if err != nil || run.Lease.Bars(lease.Owner, now) {
			return run, err
		}
	}
	filter := append(set("_id", id, "readyAt", set("$gt", 0)), free(lease.Owner, now)...)
	var doc runDoc
	err := s.collection(runs).FindOneAndUpdate(ctx, filter, bson.D{{Key: "$set", Value: leased(lease)}}, after()).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		doc, err = s.load(ctx, id)
	}
	if err != nil {
		return store.Run{}, err
	}
	return toRun(doc)
}

// free is the condition that nobody else holds the lease of a run.
func free(owner string, now core.Instant) bson.D {
	return bson.D{{Key: "$or", Value: bson.A{
		set("leaseOwner", set("$exists", false)), set("leaseOwner", owner), set("leaseUntil", set("$lte", now)),
	}}}
}

func leased(l store.RunLease) bson.D { return set("leaseOwner", l.Owner, "leaseUntil", l.Until) }
