package mongostore

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// changedNow has the server note its own time with a write. The writer's time
// would be of no use to those who look for what is new: the writer may have been
// stopped between looking at the clock and writing.
var changedNow = bson.E{Key: "$currentDate", Value: bson.D{{Key: "changedAt", Value: true}}} //nolint:gochecknoglobals // a constant in all but form

// Seqs implements store.Watching.
func (s *Store) Seqs(ctx context.Context, ids []core.RunID) (map[core.RunID]int64, error) {
	docs, err := all(ctx, s.collection(runs), set("_id", set("$in", ids)), options.Find().SetProjection(set("seq", 1)),
		func(d runDoc) (runDoc, error) { return d, nil })
	if err != nil {
		return nil, fail(err, "read the record numbers of %d runs", len(ids))
	}
	seqs := make(map[core.RunID]int64, len(docs))
	for _, d := range docs {
		seqs[d.ID] = d.Seq
	}
	return seqs, nil
}

// LastChange implements store.Watching.
func (s *Store) LastChange(ctx context.Context, definitionKey string) (core.Instant, error) {
	var doc runDoc
	err := s.collection(runs).FindOne(ctx, set("definitionKey", definitionKey),
		options.FindOne().SetSort(set("definitionKey", -1, "changedAt", -1)).SetProjection(set("changedAt", 1))).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, nil
	}
	return core.Instant(doc.ChangedAt), fail(err, "last change of a run of %s", definitionKey)
}

// ChangedTasks implements store.Watching.
func (s *Store) ChangedTasks(ctx context.Context, since core.Instant, limit int) ([]store.ChangedTask, error) {
	list, err := all(ctx, s.collection(tasks), bson.D{{Key: "changedAt", Value: set("$gte", bson.DateTime(since))}, there},
		options.Find().SetSort(set("changedAt", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))),
		func(d taskDoc) (store.ChangedTask, error) {
			t, err := toTask(d)
			return store.ChangedTask{Task: t, ChangedAt: core.Instant(d.ChangedAt)}, err
		})
	return list, fail(err, "list changed tasks")
}

// noticeDoc is a notice.
type noticeDoc struct {
	ID        string        `bson:"_id"`
	Topic     string        `bson:"topic"`
	Body      []byte        `bson:"body"`
	ChangedAt bson.DateTime `bson:"changedAt"`
}

// PutNotice implements store.Watching. It is an upsert and no insert, because
// only an update takes the time of the server.
func (s *Store) PutNotice(ctx context.Context, n store.Notice) error {
	_, err := s.collection(notices).UpdateOne(ctx, bson.D{{Key: "_id", Value: n.ID}, {Key: "changedAt", Value: set("$exists", false)}},
		bson.D{{Key: "$set", Value: set("topic", n.Topic, "body", n.Body)}, changedNow}, upsert())
	if mongo.IsDuplicateKeyError(err) {
		return nil
	}
	return fail(err, "put notice %s", n.ID)
}

// Notices implements store.Watching.
func (s *Store) Notices(ctx context.Context, since core.Instant, limit int) ([]store.Notice, error) {
	list, err := all(ctx, s.collection(notices), set("changedAt", set("$gte", bson.DateTime(since))),
		options.Find().SetSort(set("changedAt", 1, "_id", 1)).SetLimit(int64(store.Limited(limit))),
		func(d noticeDoc) (store.Notice, error) {
			return store.Notice{ID: d.ID, Topic: d.Topic, Body: d.Body, At: core.Instant(d.ChangedAt)}, nil
		})
	return list, fail(err, "list notices")
}

// PurgeNotices implements store.Watching.
func (s *Store) PurgeNotices(ctx context.Context, before core.Instant) error {
	_, err := s.deleteMany(ctx, notices, set("changedAt", set("$lt", bson.DateTime(before))))
	return fail(err, "purge notices")
}

// Hints implements store.Watching.
func (s *Store) Hints(ctx context.Context) <-chan struct{} { return s.db.Hints(ctx) }
