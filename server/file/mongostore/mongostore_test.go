package mongostore_test

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/file/filetest"
	"github.com/fluxo-app/fluxo/server/file/mongostore"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

func TestStore(t *testing.T) {
	filetest.Run(t, func(t *testing.T, now func() time.Time) file.Store {
		s, err := mongostore.New(t.Context(), mongotest.Open(t), now, file.Options{})
		require.NoError(t, err)
		return s
	})
}

// TestSweepMendsWhatCrashesLeave puts the database into the states that a crash
// between two writes leaves.
func TestSweepMendsWhatCrashesLeave(t *testing.T) {
	db := mongotest.Open(t)
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	s, err := mongostore.New(t.Context(), db, func() time.Time { return at }, file.Options{})
	require.NoError(t, err)
	put := func(id, content string) file.Info {
		info, err := s.Put(t.Context(), file.Put{ID: id, Name: id + ".txt", Owner: "o"}, strings.NewReader(content))
		require.NoError(t, err)
		return info
	}
	count := func(collection string) int64 {
		n, err := db.Collection(collection).CountDocuments(t.Context(), bson.D{})
		require.NoError(t, err)
		return n
	}
	sweep := func() int {
		n, err := s.Sweep(t.Context())
		require.NoError(t, err)
		return n
	}
	kept := put("kept", "kept content")
	lost := put("lost", "lost content")

	// An upload that never ended.
	_, err = db.Collection("fileChunks").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "b/0"}, {Key: "blob", Value: "b"}, {Key: "data", Value: []byte("x")}})
	require.NoError(t, err)
	_, err = db.Collection("fileUploads").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "b"}, {Key: "startedAt", Value: at.UnixMilli()}})
	require.NoError(t, err)
	// A deletion that marked the content and went no further.
	mark := bson.D{{Key: "$set", Value: bson.D{{Key: "unusedAt", Value: at.UnixMilli()}}}}
	_, err = db.Collection("fileContents").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: kept.Hash}}, mark)
	require.NoError(t, err)
	// An upload whose content was made but not its file.
	_, err = db.Collection("files").DeleteOne(t.Context(), bson.D{{Key: "_id", Value: "lost"}})
	require.NoError(t, err)
	_, err = db.Collection("fileContents").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: lost.Hash}}, mark)
	require.NoError(t, err)

	at = at.Add(file.SweepAfter - time.Millisecond)
	require.Zero(t, sweep(), "too early to tell from one under way")
	require.EqualValues(t, 3, count("fileChunks"))
	at = at.Add(time.Millisecond)
	require.Equal(t, 1, sweep())
	require.EqualValues(t, 1, count("fileChunks"))
	require.EqualValues(t, 1, count("fileContents"))
	require.Zero(t, count("fileUploads"))
	r, _, err := s.Open(t.Context(), "kept")
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "kept content", string(data))
	at = at.Add(10 * file.SweepAfter)
	require.Zero(t, sweep(), "unmarked")
}
