package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// The pages of a run are told what they show, each in its language, and are the
// same that one gets by asking.
func TestRunPagesAreTold(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "ask", askAll)
		run := startRuns(t, w, "ask", 1)[0]
		english, polish := "runPage:"+run+":en", "runPage:"+run+":pl"

		anna, _, err := dial(t, w, "anna", "")
		require.NoError(t, err)
		for _, topic := range []string{english, "runPage:none:en", "runPage:" + run, "runPage:" + run + ":fr"} {
			require.NoError(t, anna.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
			require.Equal(t, "denied", next(t, anna).Type, topic)
		}

		watch := func(topic string) *socket {
			c, _, err := dial(t, w, "oscar", "")
			require.NoError(t, err)
			for _, name := range []string{"run:" + run, topic} {
				require.NoError(t, c.WriteJSON(map[string]any{"type": "subscribe", "topic": name}))
				m := next(t, c)
				require.Equal(t, "snapshot", m.Type)
				require.NotEmpty(t, m.Data["nodeStates"])
				require.Nil(t, m.Data["process"])
			}
			return c
		}
		pages := map[string]*socket{english: watch(english), polish: watch(polish)}
		oscar := w.As("oscar")
		before := oscar.Get("/runs/" + run).Expect(200)
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "setVariables", "variables": map[string]any{"amount": 12.5}, "reason": "known now"}).Expect(202)
		texts := map[string]string{}
		for topic, c := range pages {
			var lines []any
			var picture map[string]any
			for picture == nil {
				m := next(t, c)
				if m.Topic != topic {
					continue
				}
				for _, e := range m.Events {
					switch e["kind"] {
					case "lines":
						lines = append(lines, e["items"].([]any)...)
					case "picture":
						picture = e
					}
				}
			}
			require.Len(t, lines, 1)
			line := lines[0].(map[string]any)
			require.Equal(t, "variablesChanged", line["kind"])
			require.EqualValues(t, before.At("seq").(float64)+1, line["seq"])
			texts[topic] = line["text"].(string)
			now := oscar.Get("/runs/" + run).Expect(200)
			for _, member := range []string{"status", "variables", "nodeStates", "flowsTaken", "waits", "incidents", "seq", "updatedAt"} {
				require.Equal(t, now.At(member), picture[member], member)
			}
			require.Equal(t, true, picture["whole"])
		}
		require.NotEqual(t, texts[english], texts[polish])

		// From then on it is what has changed.
		oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "setVariables", "variables": map[string]any{"amount": 13}, "reason": "known better"}).Expect(202)
		for picture := map[string]any(nil); picture == nil; {
			m := next(t, pages[english])
			if m.Topic != english {
				continue
			}
			picture = m.Events[len(m.Events)-1]
			require.Equal(t, "picture", picture["kind"])
			require.EqualValues(t, 13, picture["variables"].(map[string]any)["amount"])
			for _, same := range []string{"whole", "nodeStates", "flowsTaken", "waits", "incidents"} {
				require.NotContains(t, picture, same)
			}
		}
	})
}

// What stands still is said on a page in its language, by what it shows first and
// by what it is told later.
func TestRunPagesSayIncidentsInTheirLanguage(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "two-letters", fmt.Sprintf(twoLetters, `{"expr":"vars.to_whom"}`))
	run := startRuns(t, w, "two-letters", 1)[0]
	oscar := w.As("oscar")
	w.Eventually("the offer fails", 100*time.Millisecond, func() bool {
		return oscar.Get("/runs/"+run).Expect(200).Text("nodeStates.offer.status") == "incident"
	})
	topic := "runPage:" + run + ":pl"
	c, _, err := dial(t, w, "oscar", "")
	require.NoError(t, err)
	require.NoError(t, c.WriteJSON(map[string]any{"type": "subscribe", "topic": "run:" + run}))
	require.Equal(t, "snapshot", next(t, c).Type)
	require.NoError(t, c.WriteJSON(map[string]any{"type": "subscribe", "topic": topic}))
	said := func(picture map[string]any) {
		t.Helper()
		incidents := picture["incidents"].([]any)
		require.Len(t, incidents, 1)
		require.Contains(t, incidents[0].(map[string]any)["text"], "Wartość nie pasuje do pola.")
	}
	said(next(t, c).Data)
	oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "setVariables", "variables": map[string]any{"to_whom": "somebody"}, "reason": "a try"}).Expect(202)
	for told := false; !told; {
		m := next(t, c)
		for _, e := range m.Events {
			if e["kind"] == "picture" {
				said(e)
				told = true
			}
		}
	}
}
