package mongostore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Copy implements store.Relay. Its writes are upserts with a guard: put fills
// in a document that has no body yet, end closes one that is not closed. When
// the guard does not hold, the server tries to insert and meets the id: a
// duplicate key means that there is nothing to do.
func (s *Store) Copy(ctx context.Context, run core.RunID, entries []store.Outbox) error {
	var (
		bad  []error
		list []store.StoredRecord
	)
	for _, o := range entries {
		var err error
		if o.Kind == store.PutRecord {
			var r store.StoredRecord
			if r, err = o.Record(); err == nil {
				list = append(list, r)
			}
		} else {
			err = s.copyOne(ctx, o)
		}
		switch {
		case errors.Is(err, store.ErrBadEntry):
			bad = append(bad, err)
		case err != nil:
			return fmt.Errorf("copy from run %s: outbox entry %d (%s %s): %w", run, o.Seq, o.Kind, o.ID, err)
		}
	}
	for _, stretch := range store.Stretches(list) {
		if err := s.putStretch(ctx, run, stretch); err != nil {
			return fmt.Errorf("copy records %d to %d from run %s: %w", stretch.First, stretch.Last, run, err)
		}
	}
	return fail(errors.Join(bad...), "copy from run %s", run)
}

func (s *Store) copyOne(ctx context.Context, o store.Outbox) error {
	switch o.Kind {
	case store.PutTask:
		return s.putTask(ctx, o)
	case store.PutEffect:
		return s.putEffect(ctx, o)
	case store.PutTimer:
		var t store.Timer
		if err := o.Decode(&t); err != nil {
			return err
		}
		return s.put(ctx, timers, o, set("runId", t.RunID, "dueAt", t.DueAt), set("open", true))
	case store.PutSubscription:
		var t store.Subscription
		if err := o.Decode(&t); err != nil {
			return err
		}
		return s.put(ctx, subscriptions, o, set("runId", t.RunID, "name", t.Name, "key", t.Key), set("open", true))
	case store.PutIncident:
		var t store.OpenIncident
		if err := o.Decode(&t); err != nil {
			return err
		}
		return s.put(ctx, incidents, o,
			set("runId", t.RunID, "definitionKey", t.DefinitionKey, "version", t.Version, "node", t.Node, "at", t.At), set("open", true))
	}
	if !o.Kind.Copied() {
		return nil
	}
	at := o.At
	if at == 0 {
		var err error
		if at, err = s.Now(ctx); err != nil {
			return err
		}
	}
	switch o.Kind {
	case store.EndTask:
		return s.endTask(ctx, o, at)
	case store.EndEffect:
		return s.endEffect(ctx, o, at)
	case store.EndTimer:
		return s.end(ctx, timers, o, at)
	case store.EndSubscription:
		return s.end(ctx, subscriptions, o, at)
	case store.EndIncident:
		return s.end(ctx, incidents, o, at)
	default:
		return fmt.Errorf("outbox entry %d: kind %q: %w", o.Seq, o.Kind, store.ErrBadEntry)
	}
}

// put writes the static fields of a document; fresh ones only when it is new.
func (s *Store) put(ctx context.Context, collection string, o store.Outbox, static, fresh bson.D) error {
	_, err := s.collection(collection).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: o.ID}, {Key: "body", Value: set("$exists", false)}},
		bson.D{
			{Key: "$set", Value: append(static, bson.E{Key: "body", Value: []byte(o.Body)})},
			{Key: "$setOnInsert", Value: fresh},
		}, upsert())
	return known(err)
}

// end closes a document that has no life of its own.
func (s *Store) end(ctx context.Context, collection string, o store.Outbox, at core.Instant) error {
	_, err := s.collection(collection).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: o.ID}, {Key: "closedAt", Value: set("$exists", false)}},
		bson.D{{Key: "$set", Value: set("open", false, "closedAt", at)}}, upsert())
	return known(err)
}

func (s *Store) putTask(ctx context.Context, o store.Outbox) error {
	t, err := o.Task()
	if err != nil {
		return err
	}
	return s.put(ctx, tasks, o, set(
		"runId", t.RunID, "recordId", t.RecordID, "openedAt", t.OpenedAt, "dueKey", t.DueKey(), "people", people(t),
		"textFold", store.Fold(strings.Join([]string{t.Name, t.RecordTitle, t.DefinitionName}, "\n")),
	), set("status", t.Status, "rev", t.Rev))
}

func (s *Store) endTask(ctx context.Context, o store.Outbox, at core.Instant) error {
	status, reason := store.TaskCompleted, ""
	if store.Cancels(o.Reason) {
		status, reason = store.TaskCanceled, o.Reason
	}
	_, err := s.collection(tasks).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: o.ID}, {Key: "closedAt", Value: set("$exists", false)}},
		bson.D{
			{Key: "$set", Value: set("status", status, "closedAt", at, "reason", reason)},
			{Key: "$unset", Value: set("deliverAt", "")},
			{Key: "$inc", Value: set("rev", 1)},
		}, upsert())
	return known(err)
}

func (s *Store) putEffect(ctx context.Context, o store.Outbox) error {
	e, err := o.Effect()
	if err != nil {
		return err
	}
	return s.put(ctx, effects, o, set("runId", e.RunID, "attempt", e.Attempt, "notBefore", e.NotBefore, "bucket", bucketOf(o.ID)),
		set("status", e.Status, "owner", e.Owner, "leaseAt", e.LeaseAt, "delivered", false))
}

// endEffect keeps an outcome and cancels everything else. What it finds may
// change between its two commands, in one direction a few times at most.
func (s *Store) endEffect(ctx context.Context, o store.Outbox, at core.Instant) error {
	closing := set("ended", true, "delivered", true, "owner", "", "leaseAt", core.Instant(0), "closedAt", at)
	open := bson.E{Key: "ended", Value: set("$ne", true)}
	for {
		result, err := s.collection(effects).UpdateOne(ctx,
			bson.D{{Key: "_id", Value: o.ID}, open, {Key: "status", Value: set("$in", settledStatuses)}},
			bson.D{{Key: "$set", Value: closing}})
		if err != nil || result.MatchedCount > 0 {
			return err
		}
		_, err = s.collection(effects).UpdateOne(ctx,
			bson.D{{Key: "_id", Value: o.ID}, open, {Key: "status", Value: set("$nin", settledStatuses)}},
			bson.D{{Key: "$set", Value: append(closing[:len(closing):len(closing)], bson.E{Key: "status", Value: store.EffectCanceled})}}, upsert())
		if !mongo.IsDuplicateKeyError(err) {
			return err
		}
		switch n, err := s.collection(effects).CountDocuments(ctx, set("_id", o.ID, "ended", true)); {
		case err != nil:
			return err
		case n > 0:
			return nil
		}
	}
}

// stretchDoc is a stretch of records; its id names its beginning.
type stretchDoc struct {
	Body []byte `bson:"body"`
}

func (s *Store) putStretch(ctx context.Context, run core.RunID, stretch store.Stretch) error {
	_, err := s.collection(records).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: fmt.Sprintf("%s#%d", run, stretch.First)}, {Key: "last", Value: set("$lt", stretch.Last)}},
		bson.D{{Key: "$set", Value: set("runId", run, "first", stretch.First, "last", stretch.Last, "body", stretch.Body)}}, upsert())
	return known(err)
}

// Records implements store.Records.
func (s *Store) Records(ctx context.Context, run core.RunID, from int64, limit int) ([]core.Record, error) {
	end := from + int64(store.Limited(limit))
	bodies, err := all(ctx, s.collection(records),
		set("runId", run, "first", set("$lt", end), "last", set("$gte", from)), options.Find(),
		func(d stretchDoc) ([]byte, error) { return d.Body, nil })
	var window store.RecordWindow
	for _, body := range bodies {
		err = errors.Join(err, window.Add(body))
	}
	if err != nil {
		return nil, fmt.Errorf("records of run %s: %w", run, err)
	}
	return window.Records(from, end), nil
}

// Purge implements store.Relay.
func (s *Store) Purge(ctx context.Context, before core.Instant, limit int) (int, error) {
	total := 0
	old := set("closedAt", set("$gt", 0, "$lt", before))
	for _, name := range []string{tasks, timers, effects, subscriptions, incidents} {
		left := store.Limited(limit) - total
		if left <= 0 {
			break
		}
		ids, err := all(ctx, s.collection(name), old, options.Find().SetProjection(set("_id", 1)).SetLimit(int64(left)),
			func(d incidentDoc) (string, error) { return d.ID, nil })
		if err != nil {
			return total, fmt.Errorf("purge %s: %w", name, err)
		}
		if len(ids) == 0 {
			continue
		}
		result, err := s.collection(name).DeleteMany(ctx, append(set("_id", set("$in", ids)), old...))
		if err != nil {
			return total, fmt.Errorf("purge %s: %w", name, err)
		}
		total += int(result.DeletedCount)
	}
	return total, nil
}
