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
// duplicate key means that there is nothing to do. Their order does not matter,
// so those of one collection go in one unordered command.
func (s *Store) Copy(ctx context.Context, run core.RunID, entries []store.Outbox) error {
	var (
		bad   []error
		list  []store.StoredRecord
		bulk  = map[string][]mongo.WriteModel{}
		ended []store.Outbox
	)
	for _, o := range entries {
		var (
			err        error
			collection string
			model      mongo.WriteModel
		)
		switch {
		case o.Kind == store.PutRecord:
			var r store.StoredRecord
			if r, err = o.Record(); err == nil {
				list = append(list, r)
			}
		case !o.Kind.Copied():
		default:
			if o, err = s.dated(ctx, o); err != nil {
				return fmt.Errorf("copy from run %s: %w", run, err)
			}
			if o.Kind == store.EndEffect {
				ended = append(ended, o)
				continue
			}
			if collection, model, err = derived(o); err == nil {
				bulk[collection] = append(bulk[collection], model)
			}
		}
		if err != nil {
			bad = append(bad, err)
		}
	}
	for _, stretch := range store.Stretches(list) {
		bulk[records] = append(bulk[records], stretchModel(run, stretch))
	}
	for collection, models := range bulk {
		if err := s.upsertAll(ctx, collection, models); err != nil {
			return fmt.Errorf("copy to %s from run %s: %w", collection, run, err)
		}
	}
	for _, o := range ended {
		if err := s.endEffect(ctx, o); err != nil {
			return fmt.Errorf("copy from run %s: end effect %s: %w", run, o.ID, err)
		}
	}
	return fail(errors.Join(bad...), "copy from run %s", run)
}

// upsertAll makes guarded upserts. A duplicate key says that the document is
// there, but not that the guard had looked at it: another relay may have
// inserted it in between. So those are tried once more as plain updates, and
// what matches nothing then is really done. Some compatible servers give up at
// the first duplicate key although the order does not matter; then each upsert
// goes by itself.
func (s *Store) upsertAll(ctx context.Context, collection string, models []mongo.WriteModel) error {
	c, unordered := s.collection(collection), options.BulkWrite().SetOrdered(false)
	result, err := c.BulkWrite(ctx, models, unordered)
	if err == nil || !allKnown(err) {
		return err
	}
	var bulk mongo.BulkWriteException
	errors.As(err, &bulk)
	if done := result != nil && int(result.MatchedCount+result.UpsertedCount)+len(bulk.WriteErrors) == len(models); !done && len(models) > 1 {
		for i := range models {
			if err := s.upsertAll(ctx, collection, models[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	again := make([]mongo.WriteModel, 0, len(bulk.WriteErrors))
	for _, e := range bulk.WriteErrors {
		if e.Index < 0 || e.Index >= len(models) {
			return err
		}
		upsert, ok := models[e.Index].(*mongo.UpdateOneModel)
		if !ok {
			return err
		}
		again = append(again, mongo.NewUpdateOneModel().SetFilter(upsert.Filter).SetUpdate(upsert.Update))
	}
	_, err = c.BulkWrite(ctx, again, unordered)
	return err
}

// allKnown tells whether a bulk failed only where there was nothing to do.
func allKnown(err error) bool {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) {
		return err == nil
	}
	for _, e := range bulk.WriteErrors {
		if !mongo.IsDuplicateKeyError(mongo.WriteException{WriteErrors: []mongo.WriteError{e.WriteError}}) {
			return false
		}
	}
	return bulk.WriteConcernError == nil
}

// dated gives a closing without an instant the time of the database.
func (s *Store) dated(ctx context.Context, o store.Outbox) (store.Outbox, error) {
	if o.At != 0 || len(o.Body) > 0 {
		return o, nil
	}
	var err error
	o.At, err = s.Now(ctx)
	return o, err
}

// derived is the write of one entry.
func derived(o store.Outbox) (collection string, model mongo.WriteModel, err error) {
	switch o.Kind {
	case store.PutTask:
		t, err := o.Task()
		return tasks, stamped(o, set(
			"runId", t.RunID, "definitionKey", t.DefinitionKey, "recordId", t.RecordID, "openedAt", t.OpenedAt, "dueKey", t.DueKey(), "people", people(t),
			"textFold", store.Fold(strings.Join([]string{t.Name, t.RecordTitle, t.DefinitionName}, "\n")),
		), set("status", t.Status, "rev", t.Rev)), err
	case store.PutEffect:
		e, err := o.Effect()
		return effects, put(o, set("runId", e.RunID, "attempt", e.Attempt, "notBefore", e.NotBefore, "bucket", bucketOf(o.ID)),
			set("status", e.Status, "owner", e.Owner, "leaseAt", e.LeaseAt, "delivered", false)), err
	case store.PutTimer:
		var t store.Timer
		err = o.Decode(&t)
		return timers, put(o, set("runId", t.RunID, "dueAt", t.DueAt, "bucket", t.Bucket), set("open", true)), err
	case store.PutSubscription:
		var t store.Subscription
		err = o.Decode(&t)
		return subscriptions, put(o, set("runId", t.RunID, "name", t.Name, "key", t.Key), set("open", true)), err
	case store.PutIncident:
		var t store.OpenIncident
		err = o.Decode(&t)
		return incidents, put(o,
			set("runId", t.RunID, "definitionKey", t.DefinitionKey, "version", t.Version, "node", t.Node, "at", t.At, "textFold", t.IncidentFold()), set("open", true)), err
	case store.EndTask:
		return tasks, endTask(o), nil
	case store.EndTimer:
		return timers, end(o), nil
	case store.EndSubscription:
		return subscriptions, end(o), nil
	case store.EndIncident:
		return incidents, end(o), nil
	default:
		return "", nil, fmt.Errorf("outbox entry %d: kind %q: %w", o.Seq, o.Kind, store.ErrBadEntry)
	}
}

// guarded is an upsert of a document that lacks a field.
func guarded(id, absent string, update bson.D) mongo.WriteModel {
	return mongo.NewUpdateOneModel().SetUpsert(true).
		SetFilter(bson.D{{Key: "_id", Value: id}, {Key: absent, Value: set("$exists", false)}}).SetUpdate(update)
}

// stamped is put for a document that others watch.
func stamped(o store.Outbox, static, fresh bson.D) mongo.WriteModel {
	return guarded(o.ID, "body", append(filling(o, static, fresh), changedNow))
}

// put writes the static fields of a document; fresh ones only when it is new.
func put(o store.Outbox, static, fresh bson.D) mongo.WriteModel {
	return guarded(o.ID, "body", filling(o, static, fresh))
}

func filling(o store.Outbox, static, fresh bson.D) bson.D {
	return bson.D{
		{Key: "$set", Value: append(static, bson.E{Key: "body", Value: []byte(o.Body)})},
		{Key: "$setOnInsert", Value: fresh},
	}
}

// end closes a document that has no life of its own.
func end(o store.Outbox) mongo.WriteModel {
	return guarded(o.ID, "closedAt", bson.D{{Key: "$set", Value: set("open", false, "closedAt", o.At)}})
}

func endTask(o store.Outbox) mongo.WriteModel {
	status, reason := store.TaskCompleted, ""
	if store.Cancels(o.Reason) {
		status, reason = store.TaskCanceled, o.Reason
	}
	return guarded(o.ID, "closedAt", bson.D{
		{Key: "$set", Value: set("status", status, "closedAt", o.At, "reason", reason)},
		{Key: "$unset", Value: set("deliverAt", "")},
		{Key: "$inc", Value: set("rev", 1)},
		changedNow,
	})
}

// endEffect keeps an outcome and cancels everything else. What it finds may
// change between its two commands, in one direction a few times at most.
func (s *Store) endEffect(ctx context.Context, o store.Outbox) error {
	closing := set("ended", true, "delivered", true, "owner", "", "leaseAt", core.Instant(0), "closedAt", o.At)
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

// stretchModel replaces a shorter stretch with the same beginning.
func stretchModel(run core.RunID, stretch store.Stretch) mongo.WriteModel {
	return mongo.NewUpdateOneModel().SetUpsert(true).
		SetFilter(bson.D{{Key: "_id", Value: fmt.Sprintf("%s#%d", run, stretch.First)}, {Key: "last", Value: set("$lt", stretch.Last)}}).
		SetUpdate(bson.D{{Key: "$set", Value: set("runId", run, "first", stretch.First, "last", stretch.Last, "body", stretch.Body)}})
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
		n, err := s.deleteMany(ctx, name, append(set("_id", set("$in", ids)), old...))
		if err != nil {
			return total, fmt.Errorf("purge %s: %w", name, err)
		}
		total += n
	}
	return total, nil
}
