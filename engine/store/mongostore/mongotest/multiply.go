package mongotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Multiply writes copies of a document of the document store past it, as many as one
// by one would take hours. change gives members of the body other values, scalars
// only, and says by which words the copy is found.
func Multiply(t testing.TB, database, collection, id string, copies int, change func(i int, body map[string]any) (words []string)) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(URI(t)))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(t.Context())) }()
	c := client.Database(database).Collection(collection)
	var original bson.D
	require.NoError(t, c.FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Decode(&original))
	var first map[string]any
	for _, e := range original {
		if e.Key == "body" {
			require.NoError(t, json.Unmarshal([]byte(e.Value.(string)), &first))
		}
	}
	const portion = 1000
	for done := 0; done < copies; done += portion {
		many := make([]any, min(portion, copies-done))
		for i := range many {
			body := maps.Clone(first)
			words := change(done+i, body)
			text, err := json.Marshal(body)
			require.NoError(t, err)
			many[i] = copyOf(original, fmt.Sprintf("copy-%07d", done+i), string(text), body, words)
		}
		_, err := c.InsertMany(t.Context(), many, options.InsertMany().SetOrdered(false))
		require.NoError(t, err)
	}
}

// copyOf is a stored document with another body, and what follows from that.
func copyOf(original bson.D, id, text string, body map[string]any, words []string) bson.D {
	out := make(bson.D, 0, len(original))
	for _, e := range original {
		switch {
		case e.Key == "_id":
			e.Value = id
		case e.Key == "body":
			e.Value = text
		case e.Key == "x":
			e.Value = scalars(e.Value.(bson.D), body)
		case e.Key == "t":
			e.Value = words
		case e.Key == "outbox":
			e.Value = bson.D{}
		case e.Key == "pendingAt":
			continue
		case strings.HasPrefix(e.Key, "u_"):
			e.Value = "id:" + id
		}
		out = append(out, e)
	}
	return out
}

// scalars are the values of a body that have an index.
func scalars(of bson.D, body map[string]any) bson.D {
	out := bson.D{}
	for _, e := range of {
		if v, top := body[e.Key]; top {
			if n, is := v.(int); is {
				v = int64(n)
			}
			if n, is := v.(float64); is {
				v = int64(n)
			}
			e.Value = v
		}
		out = append(out, e)
	}
	return out
}
