package apptest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// window is somebody's page with a draft, which knows who else is there.
type window struct {
	*socket
	seen map[string]string // name -> what is selected
}

// opensPage has somebody open a topic on a server.
func opensPage(t *testing.T, w *apptest.World, login, topic string) *window {
	t.Helper()
	c, _, err := dial(t, w, login, "")
	require.NoError(t, err)
	require.NoError(t, c.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
	return &window{socket: c}
}

// take reads a list of people.
func (p *window) take(list any) {
	p.w.T.Helper()
	raw, err := json.Marshal(list)
	require.NoError(p.w.T, err)
	var people []struct {
		Name     string
		Selected []string
	}
	require.NoError(p.w.T, json.Unmarshal(raw, &people))
	p.seen = map[string]string{}
	for _, one := range people {
		p.seen[one.Name] = strings.Join(one.Selected, " ")
	}
}

// sees waits until the page shows these people with what they have selected.
func (p *window) sees(what string, want map[string]string) {
	p.w.T.Helper()
	p.w.Eventually(what, 100*time.Millisecond, func() bool {
		for {
			select {
			case m, open := <-p.messages:
				require.True(p.w.T, open, "the connection was closed")
				if m.Type == "snapshot" {
					p.take(m.Data["people"])
				}
				for _, e := range m.Events {
					if e["kind"] == "people" {
						p.take(e["people"])
					}
				}
			default:
				return maps.Equal(p.seen, want)
			}
		}
	})
}

// Who has a draft open on one server is seen on the others, as long as that server
// tells of itself, and nothing is written while nobody has one open.
func TestEditorsOnSeveralServersSeeEachOther(t *testing.T) {
	t.Parallel()
	one := apptest.New(t, apptest.Options{Shared: true})
	two := apptest.New(t, apptest.Options{Beside: one})
	shared := one.App.Stores.Engine.(store.Watching)
	written := func() int {
		list, err := shared.Notices(t.Context(), 0, 500)
		require.NoError(t, err)
		return len(slices.DeleteFunc(list, func(n store.Notice) bool { return n.Topic != "rooms" }))
	}
	const topic = "draft:contract-preparation"
	inbox := opensPage(t, two, "marta", "inbox")
	one.Clock.Advance(time.Minute)
	require.Zero(t, written(), "nobody edits")

	const danaName, adaName = "Dana Wójcik", "Ada Sokolova"
	dana := opensPage(t, one, "dana", topic)
	dana.sees("dana is alone", map[string]string{danaName: ""})
	require.NoError(t, dana.WriteJSON(map[string]any{"type": "select", "topic": topic, "selected": []string{"prepare"}}))
	dana.sees("dana has selected a step", map[string]string{danaName: "prepare"})
	ada := opensPage(t, two, "ada", topic)
	both := map[string]string{danaName: "prepare", adaName: ""}
	ada.sees("ada sees dana, who was there before", both)
	dana.sees("dana sees ada come", both)
	require.NoError(t, ada.WriteJSON(map[string]any{"type": "select", "topic": topic, "selected": []string{"review"}}))
	both[adaName] = "review"
	dana.sees("dana sees what ada selects", both)

	// Both stay for as long as they are there, however long nothing happens.
	for range 8 {
		one.Clock.Advance(10 * time.Second)
		dana.sees("ada is still there", both)
		ada.sees("dana is still there", both)
	}
	require.NoError(t, ada.Close())
	dana.sees("dana sees ada go", map[string]string{danaName: "prepare"})

	// A server that dies takes nobody out; its people are forgotten all the same.
	ghost, err := json.Marshal(map[string]any{"server": "dead", "number": 1, "topic": topic,
		"people": []map[string]any{{"id": "g", "user": "oscar", "name": "Oscar Pereira", "selected": []string{}}}})
	require.NoError(t, err)
	require.NoError(t, shared.PutNotice(t.Context(), store.Notice{ID: "rooms/dead/1", Topic: "rooms", Body: ghost}))
	dana.sees("dana sees somebody of a third server", map[string]string{danaName: "prepare", "Oscar Pereira": ""})
	dana.sees("who fell silent is gone", map[string]string{danaName: "prepare"})

	// When everybody has gone, nothing is written any more, and it all begins anew.
	require.NoError(t, dana.Close())
	one.Eventually("old notices are forgotten", 10*time.Second, func() bool { return written() == 0 })
	again := opensPage(t, two, "ada", topic)
	again.sees("ada is alone", map[string]string{adaName: ""})
	require.NoError(t, inbox.Close())
}
