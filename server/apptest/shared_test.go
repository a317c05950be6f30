package apptest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// TestViewersOfAnotherServerMissNothing: what one server does is seen by those
// who are connected to the other, in order and once.
func TestViewersOfAnotherServerMissNothing(t *testing.T) {
	t.Parallel()
	one := apptest.New(t, apptest.Options{Shared: true})
	two := apptest.New(t, apptest.Options{Beside: one})
	publish(t, one, "shared", `{"on":"webhook"}`, "", `{"kind":"userTask","config":{"assignee":"marta"}}`)
	path := one.As("dana").Get("/definitions/shared").Expect(200).Text("webhooks.0.path")

	ws, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(two.URL, "http")+"/api/v1/live",
		http.Header{"Cookie": {two.As("ada").Cookie()}})
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	inbox, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(two.URL, "http")+"/api/v1/live",
		http.Header{"Cookie": {two.As("marta").Cookie()}})
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())

	type message struct {
		Type           string
		Topic          string
		Seq            int64
		FromSeq, ToSeq int64
		Events         []json.RawMessage
	}
	var mu sync.Mutex
	var records []message
	told := map[string]int{}
	read := func(ws *websocket.Conn, take func(message)) {
		for {
			var m message
			if ws.ReadJSON(&m) != nil {
				return
			}
			mu.Lock()
			take(m)
			mu.Unlock()
		}
	}
	var readers sync.WaitGroup
	readers.Go(func() { read(ws, func(m message) { records = append(records, m) }) })
	readers.Go(func() {
		read(inbox, func(m message) {
			for _, e := range m.Events {
				var event struct{ Kind, ID string }
				require.NoError(t, json.Unmarshal(e, &event))
				told[event.Kind]++
			}
			if m.Type == "snapshot" {
				told["snapshot"]++
			}
		})
	})
	t.Cleanup(func() {
		require.NoError(t, ws.Close())
		require.NoError(t, inbox.Close())
		readers.Wait()
	})
	require.NoError(t, inbox.WriteJSON(map[string]any{"type": "subscribe", "topic": "inbox"}))
	count := func(kind string) int {
		mu.Lock()
		defer mu.Unlock()
		return told[kind]
	}
	two.Eventually("marta's page is open", 0, func() bool { return count("snapshot") == 1 })

	id := one.Anonymous().Post(path, map[string]any{}, "Webhook-Id", "d1").Expect(202).Text("run")
	two.Eventually("marta hears of her task", 100*time.Millisecond, func() bool { return count("taskOpened") == 1 })
	require.NoError(t, ws.WriteJSON(map[string]any{"type": "subscribe", "topic": "run:" + id}))
	two.Eventually("ada sees the run", 0, func() bool { mu.Lock(); defer mu.Unlock(); return len(records) > 0 })
	task := one.As("marta").Get("/tasks").Expect(200).Text("items.0.id")
	one.As("marta").Post("/tasks/"+task+"/completion", map[string]any{"comment": "done"})
	total := int64(0)
	two.Eventually("ada sees the end", 100*time.Millisecond, func() bool {
		page := one.As("oscar").Get("/runs/" + id + "/records?from=1&limit=200").Expect(200)
		total = int64(page.Len("items"))
		mu.Lock()
		defer mu.Unlock()
		last := records[len(records)-1]
		return strings.Contains(string(page.Raw), "runCompleted") && last.ToSeq == total
	})
	two.Eventually("marta hears of the end of it", 100*time.Millisecond, func() bool { return count("taskClosed") == 1 })
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, "snapshot", records[0].Type)
	next := records[0].Seq + 1
	for _, m := range records[1:] {
		require.Equal(t, next, m.FromSeq)
		require.Len(t, m.Events, int(m.ToSeq-m.FromSeq)+1)
		next = m.ToSeq + 1
	}
	require.Equal(t, total+1, next)
	require.Equal(t, 1, told["taskOpened"])
	require.Equal(t, 1, told["taskClosed"])
}
