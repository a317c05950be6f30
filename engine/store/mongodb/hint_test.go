package mongodb_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

// TestHintsFollowTheServer: where the server has change streams a write is
// announced, and where it has none nobody waits for one and nothing breaks.
func TestHintsFollowTheServer(t *testing.T) {
	var log text
	db := mongotest.OpenWith(t, mongodb.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	stream, err := db.Database().Watch(t.Context(), mongo.Pipeline{})
	hints := db.Hints(t.Context())
	if err != nil {
		var answer mongo.ServerError
		require.True(t, errors.As(err, &answer), "the refusal is the server's: %v", err)
		_, err := db.Collection("any").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return log.count("offers no change stream") == 1 }, 10*time.Second, time.Millisecond, "the operator is told")
		require.Empty(t, hints)
		return
	}
	require.NoError(t, stream.Close(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for id := 0; ; id++ {
		_, err := db.Collection("any").InsertOne(ctx, bson.D{{Key: "_id", Value: id}})
		require.NoError(t, err, "no hint within ten seconds")
		select {
		case <-hints:
			return
		case <-time.After(100 * time.Millisecond): // the stream may open after a write
		}
	}
}
