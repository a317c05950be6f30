package mongostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// effectDoc is an effect: what the relay wrote and the fields of its owner.
type effectDoc struct {
	ID        string             `bson:"_id"`
	Body      []byte             `bson:"body"`
	Status    store.EffectStatus `bson:"status"`
	Attempt   int                `bson:"attempt"`
	Owner     string             `bson:"owner"`
	LeaseAt   core.Instant       `bson:"leaseAt"`
	NotBefore core.Instant       `bson:"notBefore"`
	Result    []byte             `bson:"result,omitempty"`
	Failure   []byte             `bson:"failure,omitempty"`
	Delivered bool               `bson:"delivered"`
}

var (
	claimedStatuses    = bson.A{store.EffectRunning, store.EffectSending}
	settledStatuses    = bson.A{store.EffectFinished, store.EffectFailed, store.EffectUnknown}
	settleableStatuses = bson.A{store.EffectRunning, store.EffectSending, store.EffectUnknown}
)

func toEffect(d effectDoc) (store.Effect, error) {
	var e store.Effect
	err := store.ReadJSON(d.Body, &e)
	e.ID, e.Status, e.Attempt, e.Owner, e.LeaseAt, e.NotBefore = d.ID, d.Status, d.Attempt, d.Owner, d.LeaseAt, d.NotBefore
	e.Result, e.Failure, e.Delivered = nil, nil, d.Delivered
	if err == nil && len(d.Result) > 0 {
		err = store.ReadJSON(d.Result, &e.Result)
	}
	if err == nil && len(d.Failure) > 0 {
		err = store.ReadJSON(d.Failure, &e.Failure)
	}
	if err != nil {
		return store.Effect{}, fmt.Errorf("stored effect %s: %w", d.ID, err)
	}
	return e, nil
}

// Effect implements store.Effects.
func (s *Store) Effect(ctx context.Context, id string) (store.Effect, error) {
	var doc effectDoc
	if err := s.collection(effects).FindOne(ctx, bson.D{{Key: "_id", Value: id}, there}).Decode(&doc); err != nil {
		return store.Effect{}, fmt.Errorf("read effect %s: %w", id, missing(err))
	}
	return toEffect(doc)
}

// ClaimEffects implements store.Effects. It looks into one bucket first, in
// turns, and never sorts: workers would all meet at the head.
func (s *Store) ClaimEffects(ctx context.Context, owner string, now, leaseUntil core.Instant, n int) ([]store.Effect, error) {
	var list []store.Effect
	ready := set("status", store.EffectReady, "notBefore", set("$lte", now))
	update := bson.D{
		{Key: "$set", Value: set("status", store.EffectRunning, "owner", owner, "leaseAt", leaseUntil)},
		{Key: "$inc", Value: set("attempt", 1)},
	}
	filters := []bson.D{
		append(set("bucket", int(s.bucket.Add(1)%buckets)), ready...),
		ready,
	}
	for len(list) < n && len(filters) > 0 {
		var doc effectDoc
		err := s.collection(effects).FindOneAndUpdate(ctx, filters[0], update, after()).Decode(&doc)
		if errors.Is(err, mongo.ErrNoDocuments) {
			filters = filters[1:]
			continue
		}
		if err != nil {
			return list, fmt.Errorf("claim effects: %w", err) // what is claimed is worth doing
		}
		e, err := toEffect(doc)
		if err != nil {
			return list, fmt.Errorf("claim effects: %w", err)
		}
		list = append(list, e)
	}
	return list, nil
}

// change updates an effect on conditions beside its id; when they do not hold it
// finds out why.
func (s *Store) change(ctx context.Context, what, id string, conditions, update bson.D) error {
	result, err := s.collection(effects).UpdateOne(ctx, append(bson.D{{Key: "_id", Value: id}, there}, conditions...), update)
	if err == nil && result.MatchedCount == 0 {
		if _, err = s.Effect(ctx, id); err == nil {
			err = store.ErrConflict
		}
	}
	return fail(err, "%s effect %s", what, id)
}

func claimOf(attempt int) bson.D {
	return set("attempt", attempt, "status", set("$in", claimedStatuses))
}

// ExtendEffect implements store.Effects.
func (s *Store) ExtendEffect(ctx context.Context, id string, attempt int, leaseUntil core.Instant) error {
	return s.change(ctx, "extend", id, claimOf(attempt), bson.D{{Key: "$set", Value: set("leaseAt", leaseUntil)}})
}

// SendingEffect implements store.Effects.
func (s *Store) SendingEffect(ctx context.Context, id string, attempt int) error {
	return s.change(ctx, "send", id, claimOf(attempt), bson.D{{Key: "$set", Value: set("status", store.EffectSending)}})
}

// SettleEffect implements store.Effects.
func (s *Store) SettleEffect(ctx context.Context, e store.Effect) error {
	return s.settle(ctx, "settle", e)
}

// RescueEffect implements store.Effects.
func (s *Store) RescueEffect(ctx context.Context, e store.Effect) error {
	return s.settle(ctx, "rescue", e, bson.E{Key: "leaseAt", Value: e.LeaseAt})
}

func (s *Store) settle(ctx context.Context, what string, e store.Effect, more ...bson.E) error {
	if err := e.CheckSettle(); err != nil {
		return err
	}
	values := set("status", e.Status, "notBefore", e.NotBefore, "owner", "", "leaseAt", core.Instant(0), "delivered", false)
	unset := set("closedAt", "")
	for _, part := range []struct {
		name  string
		value any
		there bool
	}{{"result", e.Result, e.Result != nil}, {"failure", e.Failure, e.Failure != nil}} {
		if !part.there {
			unset = append(unset, bson.E{Key: part.name, Value: ""})
			continue
		}
		text, err := json.Marshal(part.value)
		if err != nil {
			return fmt.Errorf("%s effect %s: %w", what, e.ID, err)
		}
		values = append(values, bson.E{Key: part.name, Value: text})
	}
	conditions := append(set("attempt", e.Attempt, "status", set("$in", settleableStatuses), "ended", set("$ne", true)), more...)
	return s.change(ctx, what, e.ID, conditions, bson.D{{Key: "$set", Value: values}, {Key: "$unset", Value: unset}})
}

// CompleteAwaiting implements store.Effects.
func (s *Store) CompleteAwaiting(ctx context.Context, id string, result core.EffectBody) (store.Effect, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return store.Effect{}, fmt.Errorf("complete effect %s: %w", id, err)
	}
	if err := s.change(ctx, "complete", id, set("status", store.EffectAwaiting),
		bson.D{{Key: "$set", Value: set("status", store.EffectFinished, "result", text, "delivered", false)}}); err != nil {
		return store.Effect{}, err
	}
	return s.Effect(ctx, id)
}

// EffectDelivered implements store.Effects.
func (s *Store) EffectDelivered(ctx context.Context, id string, attempt int) error {
	at, err := s.Now(ctx)
	if err != nil {
		return fmt.Errorf("deliver effect %s: %w", id, err)
	}
	settled := set("attempt", attempt, "status", set("$in", settledStatuses))
	err = s.change(ctx, "deliver", id, append(settled, bson.E{Key: "delivered", Value: false}),
		bson.D{{Key: "$set", Value: set("delivered", true, "closedAt", at)}})
	if errors.Is(err, store.ErrConflict) { // perhaps it was delivered before
		return s.change(ctx, "deliver", id, settled, bson.D{{Key: "$set", Value: set("delivered", true)}})
	}
	return err
}

// ExpiredEffects implements store.Effects.
func (s *Store) ExpiredEffects(ctx context.Context, now core.Instant, limit int) ([]store.Effect, error) {
	return s.effects(ctx, "list expired effects", set("status", set("$in", claimedStatuses), "leaseAt", set("$lte", now)), limit)
}

// UndeliveredEffects implements store.Effects.
func (s *Store) UndeliveredEffects(ctx context.Context, limit int) ([]store.Effect, error) {
	return s.effects(ctx, "list undelivered effects", set("status", set("$in", settledStatuses), "delivered", false), limit)
}

func (s *Store) effects(ctx context.Context, what string, filter bson.D, limit int) ([]store.Effect, error) {
	list, err := all(ctx, s.collection(effects), filter, options.Find().SetLimit(int64(store.Limited(limit))), toEffect)
	return list, fail(err, "%s", what)
}

// RunEffects implements store.Effects.
func (s *Store) RunEffects(ctx context.Context, run core.RunID) ([]store.Effect, error) {
	list, err := all(ctx, s.collection(effects), set("runId", run), options.Find().SetSort(set("_id", 1)), toEffect)
	return list, fail(err, "effects of run %s", run)
}
