// Package mongostore keeps the engine's data in MongoDB, for several replicas of
// the server at once.
//
// Every method is one command on one document, or a few of which each may be
// repeated: the run document is the truth, and one findOneAndUpdate that names
// its rev is one step. Only classic update operators are used, so the same
// commands run on every version of MongoDB, on compatible servers, and in our
// tests.
//
// States, bodies and configurations are stored as opaque bytes. Fields beside
// them are what queries filter and sort by. That keeps names with dots or
// dollars out of BSON, and numbers as they were written.
//
// # Protocol of a step
//
// Commit pulls exactly the consumed entries from the inbox and never clears
// readyAt: an event may be pushed at any moment, and pushing does not change
// rev. Only a second command, which demands that the inbox holds nothing that
// the committer has not seen, takes readyAt back. Whoever crashes between the
// two leaves a run that is looked at once too often.
package mongostore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/mongodb"
)

// Names of the collections.
const (
	runs          = "runs"
	records       = "records"
	tasks         = "tasks"
	timers        = "timers"
	effects       = "effects"
	subscriptions = "subscriptions"
	incidents     = "incidents"
	messages      = "messages"
	schedules     = "schedules"
	leases        = "leases"
	notices       = "notices"
)

// Options of New; the zero value is the default.
type Options struct {
	// Now replaces the sampled clock of the database; for tests.
	Now func() core.Instant
}

// Store is store.Store over a shared connection.
type Store struct {
	db      *mongodb.DB // not closed here
	options Options
	bucket  atomic.Uint32 // where the next claim looks first
}

var (
	_ store.Store     = (*Store)(nil)
	_ store.FirstStep = (*Store)(nil)
	_ store.Watching  = (*Store)(nil)
	_ store.Sharing   = (*Store)(nil)
)

// New makes the indexes that are missing and returns the store. The connection
// stays the caller's: Close does not close it.
func New(ctx context.Context, db *mongodb.DB, o Options) (*Store, error) {
	for _, c := range []struct {
		name    string
		indexes []mongodb.Index
	}{
		{runs, []mongodb.Index{
			{Fields: []string{"startedAt", "_id"}},
			{Fields: []string{"definitionKey", "status", "startedAt"}},
			{Fields: []string{"definitionKey", "version", "startedAt"}},
			{Fields: []string{"definitionKey", "nodes", "startedAt"}},
			{Fields: []string{"definitionKey", "startedAt", "version"}},
			{Fields: []string{"definitionKey", "endedAt", "version", "status", "startedAt"}},
			{Fields: []string{"status", "startedAt"}},
			{Fields: []string{"suspended", "startedAt"}},
			{Fields: []string{"marks", "startedAt"}, Sparse: true},
			{Fields: []string{"recordId", "startedAt"}, Sparse: true},
			{Fields: []string{"startedBy", "startedAt"}, Sparse: true},
			{Fields: []string{"causedBy", "startedAt"}, Sparse: true},
			{Fields: []string{"titleFold"}, Sparse: true},
			{Fields: []string{"readyAt"}, Sparse: true},
			{Fields: []string{"unrelayed"}, Sparse: true},
			{Fields: []string{"definitionKey", "changedAt"}},
		}},
		{records, []mongodb.Index{{Fields: []string{"runId", "first"}}}},
		{tasks, []mongodb.Index{
			{Fields: []string{"people", "status", "openedAt", "_id"}},
			{Fields: []string{"people", "status", "dueKey", "_id"}},
			{Fields: []string{"definitionKey", "dueKey", "_id"}},
			{Fields: []string{"openedAt", "_id"}},
			{Fields: []string{"runId"}},
			{Fields: []string{"recordId"}, Sparse: true},
			{Fields: []string{"deliverAt"}, Sparse: true},
			{Fields: []string{"closedAt"}, Sparse: true},
			{Fields: []string{"changedAt"}},
		}},
		{timers, []mongodb.Index{{Fields: []string{"open", "dueAt"}}, {Fields: []string{"runId"}}, {Fields: []string{"closedAt"}, Sparse: true}}},
		{effects, []mongodb.Index{
			{Fields: []string{"status", "bucket", "notBefore"}},
			{Fields: []string{"status", "leaseAt"}},
			{Fields: []string{"status", "delivered"}},
			{Fields: []string{"runId"}},
			{Fields: []string{"closedAt"}, Sparse: true},
		}},
		{subscriptions, []mongodb.Index{
			{Fields: []string{"name", "key", "open"}}, {Fields: []string{"runId"}}, {Fields: []string{"closedAt"}, Sparse: true},
		}},
		{incidents, []mongodb.Index{
			{Fields: []string{"open", "at"}}, {Fields: []string{"definitionKey", "open", "at"}}, {Fields: []string{"runId"}},
			{Fields: []string{"closedAt"}, Sparse: true},
		}},
		{notices, []mongodb.Index{{Fields: []string{"changedAt"}}}},
		{messages, []mongodb.Index{{Fields: []string{"name", "key", "at"}}, {Fields: []string{"expiresAt"}}}},
		{schedules, []mongodb.Index{{Fields: []string{"dueAt"}, Sparse: true}, {Fields: []string{"definitionKey"}}}},
	} {
		if err := db.EnsureIndexes(ctx, c.name, c.indexes...); err != nil {
			return nil, err
		}
	}
	s := &Store{db: db, options: o}
	return s, s.nameDefinitions(ctx)
}

// Now is the sampled clock of the database.
func (s *Store) Now(ctx context.Context) (core.Instant, error) {
	if s.options.Now != nil {
		return s.options.Now(), ctx.Err()
	}
	return s.db.Now(ctx)
}

// Close leaves the shared connection open.
func (s *Store) Close() error { return nil }

func (s *Store) collection(name string) *mongo.Collection { return s.db.Collection(name) }

// after asks findOneAndUpdate for the document as it is then.
func after() *options.FindOneAndUpdateOptionsBuilder {
	return options.FindOneAndUpdate().SetReturnDocument(options.After)
}

// upsert asks updateOne to insert what it does not find.
func upsert() *options.UpdateOneOptionsBuilder { return options.UpdateOne().SetUpsert(true) }

// missing turns an empty result into ErrNotFound.
func missing(err error) error {
	if errors.Is(err, mongo.ErrNoDocuments) {
		return store.ErrNotFound
	}
	return err
}

// fail adds what failed to an error.
func fail(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// deleteMany removes what matches, and goes on when the primary changes: the
// driver repeats no deletion of several documents.
func (s *Store) deleteMany(ctx context.Context, name string, filter any) (n int, err error) {
	err = mongodb.Repeat(ctx, func() error {
		result, err := s.collection(name).DeleteMany(ctx, filter)
		if err == nil {
			n = int(result.DeletedCount)
		}
		return err
	})
	return n, err
}

// all collects the documents of a query.
func all[D, T any](ctx context.Context, c *mongo.Collection, filter any, o *options.FindOptionsBuilder, convert func(D) (T, error)) ([]T, error) {
	cursor, err := c.Find(ctx, filter, o)
	if err != nil {
		return nil, err
	}
	var docs []D
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, err
	}
	var list []T
	for _, d := range docs {
		x, err := convert(d)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// set is the body of a $set.
func set(pairs ...any) bson.D {
	d := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		d = append(d, bson.E{Key: pairs[i].(string), Value: pairs[i+1]}) //nolint:forcetypeassert // written here
	}
	return d
}

// buckets spread claims, so that many workers do not meet at one document.
const buckets = 16

func bucketOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % buckets)
}
