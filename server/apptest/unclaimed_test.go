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

// An operator sees what nobody has taken yet, why, and what it carries; it can be
// dropped as long as nobody has it.
func TestMessagesThatWaitForAReceiver(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "invoice", `{"format":"fluxo/process@1","key":"invoice","name":"Invoice","variables":[{"name":"n","type":"string","default":"7"}],
			"nodes":[{"id":"s","kind":"startEvent"},{"id":"paid","kind":"receiveTask","name":"Paid","trigger":{"message":{"name":"paid","key":{"expr":"vars.n"}}}},{"id":"e","kind":"endEvent"}],
			"flows":[{"id":"f1","from":"s","to":"paid"},{"id":"f2","from":"paid","to":"e"}]}`)
		run := startRuns(t, w, "invoice", 1)[0]
		oscar := w.As("oscar")
		w.Eventually("it waits", 30*time.Second, func() bool { return oscar.Get("/runs/"+run).Expect(200).Len("waits") == 1 })
		oscar.Post("/messages", map[string]any{"id": "m1", "name": "paid", "key": "8", "body": map[string]any{"amount": 12}, "ttl": 600}).Expect(202)
		oscar.Post("/messages", map[string]any{"id": "m2", "name": "shipped", "key": "8", "ttl": 900}).Expect(202)
		oscar.Post("/messages", map[string]any{"id": "m3", "name": "paid", "key": "7"}).Expect(202)
		oscar.Post("/signals", map[string]any{"name": "closing"}).Expect(202)
		listed := oscar.Get("/messages/waiting").Expect(200)
		require.Equal(t, 2, listed.Len("items"), "neither what was taken nor signals")
		require.Equal(t, "api:m1", listed.Text("items.0.id"))
		require.EqualValues(t, 12, listed.At("items.0.body.amount"))
		require.Equal(t, "nobody_waits", listed.Text("items.1.why"))
		w.As("marta").Get("/messages/waiting").Problem(403, "forbidden")
		w.As("marta").Do("DELETE", "/messages/api:m1", nil).Problem(403, "forbidden")

		next := startRuns(t, w, "invoice", 1)[0]
		w.Eventually("the next one waits with another key", 30*time.Second, func() bool {
			first := oscar.Get("/messages/waiting").Expect(200)
			return first.Text("items.0.why") == "other_keys" && first.Text("items.0.receivers.0.run") == next && first.Text("items.0.receivers.0.key") == "7"
		})
		oscar.Do("DELETE", "/messages/api:m1", nil).Expect(204)
		oscar.Do("DELETE", "/messages/api:m1", nil).Problem(404, "not_found")
		require.Equal(t, 1, oscar.Get("/messages/waiting").Expect(200).Len("items"))
		trail := w.As("ada").Get("/audit?action=message.drop").Expect(200)
		require.Equal(t, "message:api:m1", trail.Text("items.0.object"))
	})
}
