package mongodb_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

func TestRedact(t *testing.T) {
	cases := []struct{ uri, want string }{
		{"mongodb://anna:p@ss@h1:1,h2:2/fluxo?authSource=x", "mongodb://anna:***@h1:1,h2:2/fluxo"},
		{"mongodb+srv://h/", "mongodb+srv://h/"},
		{"mongodb://h", "mongodb://h/"},
		{"nonsense", "(not a connection string)"},
	}
	for _, c := range cases {
		require.Equal(t, c.want, mongodb.Redact(c.uri))
	}
}

func TestOpenExplains(t *testing.T) {
	fast := mongodb.Options{Timeout: time.Millisecond}
	_, err := mongodb.Open(t.Context(), "localhost", fast)
	require.ErrorContains(t, err, "begins with mongodb://")
	_, err = mongodb.Open(t.Context(), "mongodb://anna:secret@127.0.0.1:1/fluxo", fast)
	require.ErrorContains(t, err, "mongodb://anna:***@127.0.0.1:1/fluxo")
	require.ErrorContains(t, err, "no primary answers")
	require.NotContains(t, err.Error(), "secret")
	_, err = mongodb.Open(t.Context(), "mongodb://anna:secret@127.0.0.1:1/fluxo?w=-5", fast)
	require.ErrorContains(t, err, "not valid")
	require.NotContains(t, err.Error(), "secret")
	_, err = mongodb.Open(t.Context(), "mongodb://h/%zz", fast)
	require.ErrorContains(t, err, "database name")
}

func TestNowFollowsTheServer(t *testing.T) {
	here := clock.NewFake(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)) // far from the truth
	db := mongotest.OpenWith(t, mongodb.Options{Clock: here})
	first, err := db.Now(t.Context())
	require.NoError(t, err)
	require.InDelta(t, time.Now().UnixMilli(), int64(first), float64(time.Hour.Milliseconds()))
	here.Advance(7 * time.Second)
	second, err := db.Now(t.Context())
	require.NoError(t, err)
	require.Equal(t, first+7000, second, "between samples the time here is added")
	here.Advance(time.Hour)
	third, err := db.Now(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, third, second, "never back")
	require.Less(t, third, first+core.Instant(time.Hour.Milliseconds()), "and the server was asked again")
}

func TestEnsureIndexes(t *testing.T) {
	db := mongotest.Open(t)
	for range 2 {
		require.NoError(t, db.EnsureIndexes(t.Context(), "pair",
			mongodb.Index{Fields: []string{"a", "-b"}}, mongodb.Index{Fields: []string{"u"}, Unique: true}))
	}
	_, err := db.Collection("pair").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "1"}, {Key: "u", Value: 1}})
	require.NoError(t, err)
	_, err = db.Collection("pair").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "2"}, {Key: "u", Value: 1}})
	require.Error(t, err)
	require.False(t, mongodb.Uncertain(err))
}
