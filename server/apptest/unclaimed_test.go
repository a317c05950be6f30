package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers MSG-07: a message that nobody took in its time is listed for operators and
// stands in the trail, without what it carried.
func TestMessageThatNobodyTookIsListed(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		oscar := w.As("oscar")
		oscar.Post("/messages", map[string]any{"id": "m1", "name": "paid", "key": "42", "body": map[string]any{"card": "4111-secret"}, "ttl": 60}).Expect(202)
		require.Zero(t, oscar.Get("/messages/unclaimed").Expect(200).Len("items"))
		w.As("marta").Get("/messages/unclaimed").Problem(403, "forbidden")
		w.Eventually("the message expires", 30*time.Second, func() bool { return oscar.Get("/messages/unclaimed").Expect(200).Len("items") == 1 })
		listed := oscar.Get("/messages/unclaimed").Expect(200)
		require.Equal(t, "api:m1", listed.Text("items.0.id"))
		require.Equal(t, "paid", listed.Text("items.0.name"))
		require.Equal(t, "42", listed.Text("items.0.key"))
		require.NotEmpty(t, listed.Text("items.0.expiredAt"))
		trail := w.As("ada").Get("/audit?action=message.expired").Expect(200)
		require.Equal(t, 1, trail.Len("items"))
		require.Equal(t, "paid", trail.Text("items.0.objectName"))
		require.NotContains(t, string(trail.Raw)+string(listed.Raw), "secret")
	})
}
