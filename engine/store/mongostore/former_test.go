package mongostore_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/mongostore"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

// TestTasksOfFormerVersionsAreFoundByProcess takes away a field that former
// versions did not write, and starts the next one on what they left.
func TestTasksOfFormerVersionsAreFoundByProcess(t *testing.T) {
	db := mongotest.Open(t)
	s, err := mongostore.New(t.Context(), db, mongostore.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Copy(t.Context(), "r1", []store.Outbox{
		{Seq: 1, Kind: store.PutTask, ID: "t1", Body: []byte(`{"users":["anna"],"definitionKey":"sell"}`)},
		{Seq: 2, Kind: store.PutTask, ID: "t2", Body: []byte(`{"users":["anna"]}`)},
		{Seq: 3, Kind: store.EndTask, ID: "t3", At: 5},
	}))
	_, err = db.Collection("tasks").UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$unset", Value: bson.D{{Key: "definitionKey", Value: ""}}}})
	require.NoError(t, err)
	q := store.TaskQuery{User: "anna", DefinitionKey: "sell"}
	page, err := s.ListTasks(t.Context(), q)
	require.NoError(t, err)
	require.Empty(t, page.Tasks)

	again, err := mongostore.New(t.Context(), db, mongostore.Options{})
	require.NoError(t, err)
	page, err = again.ListTasks(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, page.Tasks, 1)
	require.Equal(t, "t1", page.Tasks[0].ID)
}
