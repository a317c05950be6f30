package mongostore_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"github.com/fluxo-app/fluxo/engine/store/mongodb"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/docstoretest"
	"github.com/fluxo-app/fluxo/server/docstore/mongostore"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

func open(t *testing.T, now func() time.Time) docstore.Store {
	return mongostore.New(mongotest.Open(t), now, mongostore.Options{})
}

func TestStore(t *testing.T) { docstoretest.Run(t, open) }

func TestStoreAnswersAsTheMemoryStore(t *testing.T) {
	steps := 40
	if mongotest.Light() {
		steps = 8
	}
	docstoretest.Compare(t, open, steps)
}

func start() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }

// TestPendingFindsEventsOfOtherProcesses: two stores on one database.
func TestPendingFindsEventsOfOtherProcesses(t *testing.T) {
	db, at := mongotest.Open(t), start()
	now := func() time.Time { return at }
	here, there := mongostore.New(db, now, mongostore.Options{Sweep: time.Minute}), mongostore.New(db, now, mongostore.Options{})
	spec := docstore.Spec{Name: "deals"}
	_, err := here.Collection(t.Context(), spec)
	require.NoError(t, err)
	other, err := there.Collection(t.Context(), spec)
	require.NoError(t, err)
	pending := func() int {
		ds, err := here.Pending(t.Context(), 10)
		require.NoError(t, err)
		return len(ds)
	}
	require.Zero(t, pending())
	_, err = other.Save(t.Context(), docstore.Document{ID: "d", Body: json.RawMessage(`{}`)}, docstore.Event{Kind: "created"})
	require.NoError(t, err)
	require.Zero(t, pending(), "written elsewhere: found by the next sweep")
	at = at.Add(time.Minute)
	require.Equal(t, 1, pending())
	require.Equal(t, 1, pending(), "until it is delivered")
	ds, err := here.Pending(t.Context(), 10)
	require.NoError(t, err)
	require.NoError(t, here.Delivered(t.Context(), ds))
	require.Zero(t, pending())
}

// TestServersThatStartTogether find the same indexes to drop, and one is faster.
func TestServersThatStartTogether(t *testing.T) {
	var faster func()
	db := mongotest.OpenWith(t, mongodb.Options{Monitor: &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if run := faster; run != nil && e.CommandName == "dropIndexes" {
			faster = nil
			run()
		}
	}}})
	open := func(path string) error {
		_, err := mongostore.New(db, start, mongostore.Options{}).Collection(t.Context(), docstore.Spec{Name: "deals", Indexes: []docstore.Index{{Paths: []string{path}}}})
		return err
	}
	require.NoError(t, open("stage"))
	drops := 0
	faster = func() {
		drops++
		require.NoError(t, open("title"))
	}
	require.NoError(t, open("title"))
	require.Equal(t, 1, drops)
}

// TestFormerCollectionMadeAnew: a server of the former release that starts once
// more makes its collection anew, empty, which is no reason not to start.
func TestFormerCollectionMadeAnew(t *testing.T) {
	db := mongotest.Open(t)
	s := mongostore.New(db, start, mongostore.Options{})
	former := docstore.Spec{Name: "deals", Indexes: []docstore.Index{{Paths: []string{"stage"}}}}
	old, err := s.Collection(t.Context(), former)
	require.NoError(t, err)
	_, err = old.Save(t.Context(), docstore.Document{ID: "d", Body: json.RawMessage(`{}`)})
	require.NoError(t, err)
	next := docstore.Spec{Name: "records", Formerly: &docstore.Former{Name: "deals", With: map[string]string{"type": "deal"}}}
	_, err = s.Collection(t.Context(), next)
	require.NoError(t, err)
	require.NoError(t, db.Database().CreateCollection(t.Context(), "doc_deals"))
	c, err := s.Collection(t.Context(), next)
	require.NoError(t, err)
	d, err := c.Get(t.Context(), "d")
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"deal"}`, string(d.Body))
}

// TestSavedFieldsAreReadable: the stored form is a contract with operators who
// look into the database, and with the next release.
func TestSavedFieldsAreReadable(t *testing.T) {
	db := mongotest.Open(t)
	s := mongostore.New(db, start, mongostore.Options{})
	c, err := s.Collection(t.Context(), docstore.Spec{Name: "deals", Text: []string{"title"}, Indexes: []docstore.Index{
		{Paths: []string{"client.id"}}, {Paths: []string{"tags"}, Multi: true}, {Paths: []string{"fields.*"}}}})
	require.NoError(t, err)
	body := `{"title":"Ünïted","client":{"id":"c1"},"tags":["a"],"fields":{"size":-2}}`
	_, err = c.Save(t.Context(), docstore.Document{ID: "d", Body: json.RawMessage(body)}, docstore.Event{Kind: "created"})
	require.NoError(t, err)
	var stored bson.M
	require.NoError(t, db.Collection("doc_deals").FindOne(t.Context(), bson.D{{Key: "_id", Value: "d"}}).Decode(&stored))
	require.Len(t, stored["write"], 36)
	delete(stored, "write")
	text, err := bson.MarshalExtJSON(stored, false, false)
	require.NoError(t, err)
	require.JSONEq(t, `{"_id":"d","rev":1,"seq":1,"live":true,"createdAt":"2026-03-01T08:00:00.000Z","updatedAt":"2026-03-01T08:00:00.000Z",
		"body":`+quoted(body)+`,"x":{"client/id":"c1","fields/size":-2},"m":{"tags":["a"],"fields/size":[-2]},"t":["united"],
		"ix":["fields.size=n3fffffffffffffff7ffffffffffffffe","tags=sa"],
		"outbox":{"1":{"rev":1,"at":"2026-03-01T08:00:00.000Z","event":"{\"kind\":\"created\"}"}},"pendingAt":"2026-03-01T08:00:00.000Z"}`, string(text))
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
