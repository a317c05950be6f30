package mongostore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

type messageDoc struct {
	ID        string       `bson:"_id"`
	Name      string       `bson:"name"`
	Key       string       `bson:"key"`
	Body      []byte       `bson:"body"`
	At        core.Instant `bson:"at"`
	ExpiresAt core.Instant `bson:"expiresAt"`
	Matched   []string     `bson:"matched"`
}

func toMessage(d messageDoc) (store.Message, error) {
	m := store.Message{ID: d.ID, Name: d.Name, Key: d.Key, At: d.At, ExpiresAt: d.ExpiresAt, Matched: d.Matched}
	return m, fail(store.ReadJSON(d.Body, &m.Body), "stored message %s", d.ID)
}

// PutMessage implements store.Messages.
func (s *Store) PutMessage(ctx context.Context, m store.Message) error {
	body, err := json.Marshal(m.Body)
	if err != nil {
		return fmt.Errorf("put message %s: %w", m.ID, err)
	}
	_, err = s.collection(messages).InsertOne(ctx, messageDoc{
		ID: m.ID, Name: m.Name, Key: m.Key, Body: body, At: m.At, ExpiresAt: m.ExpiresAt, Matched: list(m.Matched),
	})
	if mongo.IsDuplicateKeyError(err) {
		err = store.ErrExists
	}
	return fail(err, "put message %s", m.ID)
}

// MatchMessage implements store.Messages.
func (s *Store) MatchMessage(ctx context.Context, id, wait string) error {
	result, err := s.collection(messages).UpdateOne(ctx, set("_id", id, "matched", set("$size", 0)), bson.D{{Key: "$push", Value: set("matched", wait)}})
	if err != nil || result.MatchedCount > 0 {
		return fail(err, "match message %s", id)
	}
	// Gone, or taken: by this one, or by another.
	kept, err := all(ctx, s.collection(messages), set("_id", id), options.Find().SetLimit(1), toMessage)
	switch {
	case err != nil:
	case len(kept) == 0:
		err = store.ErrNotFound
	case !slices.Contains(kept[0].Matched, wait):
		err = store.ErrConflict
	}
	return fail(err, "match message %s", id)
}

// FindMessages implements store.Messages.
func (s *Store) FindMessages(ctx context.Context, name, key string, now core.Instant, limit int) ([]store.Message, error) {
	list, err := all(ctx, s.collection(messages), set("name", name, "key", key, "expiresAt", set("$gt", now)),
		options.Find().SetSort(set("at", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))), toMessage)
	return list, fail(err, "find messages %s", name)
}

// ExpireMessages implements store.Messages.
func (s *Store) ExpireMessages(ctx context.Context, before core.Instant, limit int) ([]store.Message, error) {
	gone, err := all(ctx, s.collection(messages), set("expiresAt", set("$lte", before)),
		options.Find().SetLimit(int64(store.Limited(limit))), toMessage)
	if err != nil || len(gone) == 0 {
		return nil, fail(err, "expire messages")
	}
	ids := make([]string, len(gone))
	for i := range gone {
		ids[i] = gone[i].ID
	}
	if _, err := s.deleteMany(ctx, messages, set("_id", set("$in", ids))); err != nil {
		return nil, fmt.Errorf("expire messages: %w", err)
	}
	return gone, nil
}

func toSubscription(d timerDoc) (sub store.Subscription, err error) {
	err = store.ReadJSON(d.Body, &sub)
	sub.ID = d.ID
	return sub, fail(err, "stored subscription %s", d.ID)
}

// FindSubscriptions implements store.Messages.
func (s *Store) FindSubscriptions(ctx context.Context, name, key, after string, limit int) ([]store.Subscription, error) {
	list, err := all(ctx, s.collection(subscriptions), set("name", name, "key", key, "open", true, "_id", set("$gt", after)),
		options.Find().SetSort(set("_id", 1)).SetLimit(int64(store.Limited(limit))), toSubscription)
	return list, fail(err, "find subscriptions %s", name)
}

// NamedSubscriptions implements store.Messages.
func (s *Store) NamedSubscriptions(ctx context.Context, name string, limit int) ([]store.Subscription, error) {
	list, err := all(ctx, s.collection(subscriptions), set("name", name, "open", true),
		options.Find().SetSort(set("key", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))), toSubscription)
	return list, fail(err, "subscriptions to %s", name)
}

// WaitingMessages implements store.Messages.
func (s *Store) WaitingMessages(ctx context.Context, now core.Instant, limit int) ([]store.Message, error) {
	signals := store.SignalName("")
	list, err := all(ctx, s.collection(messages),
		set("expiresAt", set("$gt", now), "matched", set("$size", 0), "$or", bson.A{set("name", set("$lt", signals)), set("name", set("$gte", signals+last))}),
		options.Find().SetSort(set("expiresAt", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))), toMessage)
	return list, fail(err, "list waiting messages")
}

// DropMessage implements store.Messages.
func (s *Store) DropMessage(ctx context.Context, id string) error {
	result, err := s.collection(messages).DeleteOne(ctx, set("_id", id, "matched", set("$size", 0)))
	if err == nil && result.DeletedCount == 0 {
		err = missing(s.collection(messages).FindOne(ctx, set("_id", id)).Err())
		if err == nil {
			err = store.ErrConflict
		}
	}
	return fail(err, "drop message %s", id)
}

// RunSubscriptions implements store.Messages.
func (s *Store) RunSubscriptions(ctx context.Context, run core.RunID) ([]store.Subscription, error) {
	list, err := all(ctx, s.collection(subscriptions), set("runId", run, "open", true), options.Find().SetSort(set("_id", 1)), toSubscription)
	return list, fail(err, "subscriptions of run %s", run)
}

type scheduleDoc struct {
	ID   string `bson:"_id"`
	Rev  int64  `bson:"rev"`
	Body []byte `bson:"body"`
}

func toSchedule(d scheduleDoc) (x store.Schedule, err error) {
	err = store.ReadJSON(d.Body, &x)
	x.Rev = d.Rev
	return x, fail(err, "stored schedule %s", d.ID)
}

// scheduleUpdate replaces a schedule; dueAt is there only while it is due one day.
func scheduleUpdate(x store.Schedule) (bson.D, error) {
	body, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	values := set("definitionKey", x.DefinitionKey, "body", body)
	update := bson.D{{Key: "$inc", Value: set("rev", int64(1))}}
	if !x.Disabled && x.NextAt > 0 {
		values = append(values, bson.E{Key: "dueAt", Value: x.NextAt})
	} else {
		update = append(update, bson.E{Key: "$unset", Value: set("dueAt", "")})
	}
	return append(update, bson.E{Key: "$set", Value: values}), nil
}

// PutSchedule implements store.Schedules.
func (s *Store) PutSchedule(ctx context.Context, x store.Schedule) error {
	update, err := scheduleUpdate(x)
	if err == nil {
		_, err = s.collection(schedules).UpdateOne(ctx, set("_id", x.ID), update, upsert())
	}
	return fail(err, "put schedule %s", x.ID)
}

// AdvanceSchedule implements store.Schedules.
func (s *Store) AdvanceSchedule(ctx context.Context, x store.Schedule) error {
	update, err := scheduleUpdate(x)
	if err != nil {
		return fmt.Errorf("advance schedule %s: %w", x.ID, err)
	}
	result, err := s.collection(schedules).UpdateOne(ctx, set("_id", x.ID, "rev", x.Rev), update)
	if err == nil && result.MatchedCount == 0 {
		err = missing(s.collection(schedules).FindOne(ctx, set("_id", x.ID)).Err())
		if err == nil {
			err = store.ErrConflict
		}
	}
	return fail(err, "advance schedule %s", x.ID)
}

// DeleteSchedule implements store.Schedules.
func (s *Store) DeleteSchedule(ctx context.Context, id string) error {
	_, err := s.collection(schedules).DeleteOne(ctx, set("_id", id))
	return fail(err, "delete schedule %s", id)
}

// DueSchedules implements store.Schedules.
func (s *Store) DueSchedules(ctx context.Context, before core.Instant, limit int) ([]store.Schedule, error) {
	list, err := all(ctx, s.collection(schedules), set("dueAt", set("$lte", before)),
		options.Find().SetSort(set("dueAt", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))), toSchedule)
	return list, fail(err, "list due schedules")
}

// ListSchedules implements store.Schedules.
func (s *Store) ListSchedules(ctx context.Context, definitionKey string) ([]store.Schedule, error) {
	filter := bson.D{}
	if definitionKey != "" {
		filter = set("definitionKey", definitionKey)
	}
	list, err := all(ctx, s.collection(schedules), filter, options.Find().SetSort(set("_id", 1)), toSchedule)
	return list, fail(err, "list schedules")
}

// AcquireLease implements store.Leases: one update of a lease that is ours or
// over, else one insert of a lease that is not there.
func (s *Store) AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error) {
	result, err := s.collection(leases).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: name}, {Key: "$or", Value: bson.A{set("owner", owner), set("until", set("$lte", now))}}},
		bson.D{{Key: "$set", Value: set("owner", owner, "until", until)}})
	if err != nil {
		return false, fmt.Errorf("acquire lease %s: %w", name, err)
	}
	if result.MatchedCount > 0 {
		return true, nil
	}
	_, err = s.collection(leases).InsertOne(ctx, set("_id", name, "owner", owner, "until", until))
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	return err == nil, fail(err, "acquire lease %s", name)
}

type leaseDoc struct {
	Name  string       `bson:"_id"`
	Owner string       `bson:"owner"`
	Until core.Instant `bson:"until"`
}

// HeldLeases implements store.Leases.
func (s *Store) HeldLeases(ctx context.Context, prefix string, now core.Instant) ([]store.Lease, error) {
	list, err := all(ctx, s.collection(leases),
		bson.D{{Key: "_id", Value: set("$gte", prefix, "$lt", prefix+last)}, {Key: "until", Value: set("$gt", now)}},
		options.Find().SetSort(set("_id", 1)), func(d leaseDoc) (store.Lease, error) { return store.Lease(d), nil })
	return list, fail(err, "list leases %s", prefix)
}

// DropLeases implements store.Leases.
func (s *Store) DropLeases(ctx context.Context, before core.Instant) error {
	_, err := s.deleteMany(ctx, leases, set("until", set("$lte", before)))
	return fail(err, "drop leases")
}
