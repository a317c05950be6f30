package mongodb_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

func count(n int) bson.D { return bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: n}}}} }

func one() bson.D { return bson.D{{Key: "_id", Value: 1}} }

// TestElectionsLoseNothing counts from several sides while the primary changes:
// what was acknowledged is there once, and no write asked for less than the
// journals of a majority.
func TestElectionsLoseNothing(t *testing.T) {
	t.Parallel() // it waits
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	c := db.Collection("counters")
	_, err := c.InsertOne(t.Context(), append(one(), bson.E{Key: "n", Value: 0}))
	require.NoError(t, err)
	const sides, elections = 4, 3
	var (
		writers sync.WaitGroup
		mu      sync.Mutex
		done    int
		failed  []error
	)
	writing, stop := context.WithCancel(t.Context())
	for range sides {
		writers.Go(func() {
			for writing.Err() == nil {
				_, err := c.UpdateOne(t.Context(), one(), count(1))
				mu.Lock()
				if done++; err != nil {
					failed = append(failed, err)
				}
				mu.Unlock()
			}
		})
	}
	written := func() int {
		mu.Lock()
		defer mu.Unlock()
		return done
	}
	for range elections {
		before := written()
		require.Eventually(t, func() bool { return written() > before+20 }, time.Minute, time.Millisecond)
		require.NoError(t, db.Database().Client().Database("admin").RunCommand(t.Context(), bson.D{{Key: "replSetStepDown", Value: 1}}).Err())
	}
	before := written()
	require.Eventually(t, func() bool { return written() > before+20 }, time.Minute, time.Millisecond)
	stop()
	writers.Wait()
	require.Empty(t, failed)
	var stored struct{ N int }
	require.NoError(t, c.FindOne(t.Context(), one()).Decode(&stored))
	require.Equal(t, done, stored.N)
	stats := set.Stats()
	require.Equal(t, elections, stats.Elections)
	require.Empty(t, stats.Unsafe)
	t.Logf("%d writes, of which %d were under way at an election and %d repeated", done, stats.Interrupted, stats.Repeated)
}

// TestRepeatedWritesCountOnce cuts the connection after a write was carried out:
// the driver repeats it under its number.
func TestRepeatedWritesCountOnce(t *testing.T) {
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	c := db.Collection("counters")
	_, err := c.InsertOne(t.Context(), append(one(), bson.E{Key: "n", Value: 0}))
	require.NoError(t, err)
	for _, apply := range []bool{true, false} {
		set.Fail("update", mongotest.Fault{Apply: apply})
		_, err = c.UpdateOne(t.Context(), one(), count(1))
		require.NoError(t, err)
	}
	var stored struct{ N int }
	require.NoError(t, c.FindOne(t.Context(), one()).Decode(&stored))
	require.Equal(t, 2, stored.N)
	require.Equal(t, 1, set.Stats().Repeated)
}

// TestIndexesAreMadeDuringAnElection: a server that starts then is not sent away.
func TestIndexesAreMadeDuringAnElection(t *testing.T) {
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	gone := mongotest.Fault{Answer: bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: 10107}, {Key: "errmsg", Value: "not primary"}}}
	set.Fail("createIndexes", gone, mongotest.Fault{Apply: true})
	require.NoError(t, db.EnsureIndexes(t.Context(), "pair", mongodb.Index{Fields: []string{"a"}}))
	indexes, err := db.Collection("pair").Indexes().ListSpecifications(t.Context())
	require.NoError(t, err)
	require.Len(t, indexes, 2)
	for range 2 {
		set.Fail("createIndexes", gone, gone, gone)
	}
	require.ErrorContains(t, db.EnsureIndexes(t.Context(), "pair", mongodb.Index{Fields: []string{"b"}}), "not primary", "it ends")
}

// TestUncertain: every answer after which a write may or may not last is told
// from a refusal.
func TestUncertain(t *testing.T) {
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	c := db.Collection("counters")
	n := []bson.E{{Key: "n", Value: 1}, {Key: "nModified", Value: 1}}
	writes := map[string]func() error{
		"insert": func() error {
			_, err := c.InsertOne(t.Context(), bson.D{{Key: "n", Value: 0}})
			return err
		},
		"update": func() error {
			_, err := c.UpdateOne(t.Context(), one(), count(1))
			return err
		},
		"delete": func() error {
			_, err := c.DeleteMany(t.Context(), bson.D{{Key: "n", Value: -1}})
			return err
		},
		"findAndModify": func() error {
			return c.FindOneAndUpdate(t.Context(), one(), count(1), options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Err()
		},
		"bulk": func() error {
			_, err := c.BulkWrite(t.Context(), []mongo.WriteModel{mongo.NewUpdateOneModel().SetFilter(one()).SetUpdate(count(1))})
			return err
		},
	}
	for name, write := range writes {
		require.NoError(t, write(), name)
		command, applied := name, n
		switch name {
		case "bulk":
			command = "update"
		case "findAndModify":
			applied = []bson.E{{Key: "value", Value: one()}}
		}
		set.Fail(command, mongotest.Unconfirmed(applied...))
		err := write()
		require.Error(t, err, name)
		require.True(t, mongodb.Uncertain(err), "%s, not confirmed: %v", name, err)
		set.Fail(command, mongotest.Fault{Answer: bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: 13}, {Key: "errmsg", Value: "not authorized"}}})
		err = write()
		require.Error(t, err, name)
		require.False(t, mongodb.Uncertain(err), "%s, refused: %v", name, err)
	}
	require.True(t, mongodb.Uncertain(mongo.CommandError{Code: 11602, Labels: []string{"RetryableWriteError"}}), "the primary changed twice")
}

// TestHungPrimaryIsGivenUp: a server that neither answers nor closes its
// connections is left within seconds.
func TestHungPrimaryIsGivenUp(t *testing.T) {
	t.Parallel() // it waits
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{})
	c := db.Collection("counters")
	_, err := c.InsertOne(t.Context(), append(one(), bson.E{Key: "n", Value: 0}))
	require.NoError(t, err)
	set.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	_, err = c.UpdateOne(ctx, one(), count(1))
	require.NoError(t, err)
	var stored struct{ N int }
	require.NoError(t, c.FindOne(t.Context(), one()).Decode(&stored))
	require.Equal(t, 1, stored.N)
}

// text is a log that may be read while it is written.
type text struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.buffer.Write(p)
}

func (x *text) count(part string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Count(x.buffer.String(), part)
}

// TestHintsGoOn: the change stream is what brings hints, and goes on after
// everything that ends one.
func TestHintsGoOn(t *testing.T) {
	t.Parallel() // it waits
	now := clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	var log text
	set, db := mongotest.OpenReplicaSet(t, mongodb.Options{Clock: now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	hints := db.Hints(t.Context())
	c := db.Collection("any")
	streams := func(opened, resumed int) {
		t.Helper()
		require.Eventually(t, func() bool {
			s := set.Stats()
			return s.Streams == opened && s.Resumed == resumed
		}, 30*time.Second, time.Millisecond, "%d opened and %d resumed: %+v", opened, resumed, set.Stats())
	}
	heard := func() {
		t.Helper()
		_, err := c.InsertOne(t.Context(), bson.D{{Key: "n", Value: 1}})
		require.NoError(t, err)
		select {
		case <-hints:
		case <-time.After(30 * time.Second):
			t.Fatal("no hint")
		}
	}
	streams(1, 0)
	heard()
	set.KillCursors()
	streams(1, 1)
	heard()
	require.NoError(t, db.Database().Client().Database("admin").RunCommand(t.Context(), bson.D{{Key: "replSetStepDown", Value: 1}}).Err())
	heard()
	streams(1, 2)
	set.LoseHistory()
	require.Eventually(t, func() bool { return log.count("the change stream broke") == 1 }, 30*time.Second, time.Millisecond)
	now.BlockUntil(1)
	now.Advance(5 * time.Second)
	streams(2, 2)
	heard()
	require.Equal(t, 2, log.count("change stream is open"))
}
