package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers 5.8: a process whose message starts itself again is cut after as many runs as
// a chain may have, and the record about which the chain was says so, with the chain.
func TestAChainOfMessagesThatIsCutIsTold(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	publishText(t, w, "round", `{"format":"fluxo/process@1","key":"round","name":"Round","nodes":[
		{"id":"byHand","kind":"startEvent"},{"id":"again","kind":"startEvent","trigger":{"message":{"name":"round"}}},
		{"id":"merge","kind":"exclusiveGateway"},{"id":"send","kind":"sendTask","effect":{"message":{"name":"round"}}},{"id":"end","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"byHand","to":"merge"},{"id":"f2","from":"again","to":"merge"},{"id":"f3","from":"merge","to":"send"},{"id":"f4","from":"send","to":"end"}]}`)
	deal := aDeal(w, "One")
	w.As("oscar").Post("/definitions/round/runs", map[string]any{"recordType": "deal", "recordId": deal, "node": "byHand"}).Expect(202)
	var entry string
	w.Eventually("the story tells that it was cut", 10*time.Millisecond, func() bool {
		told := tellingOf(w, deal)
		for i := range told.Len("items") {
			at := fmt.Sprintf("items.%d.", i)
			if told.At(at+"kind") == "run" && told.At(at+"data.event") == "chainTooLong" {
				require.Equal(t, "Round", told.Text(at+"data.definitionName"))
				entry = told.Text(at + "id")
			}
		}
		return entry != ""
	})
	chain := w.As("marta").Get("/records/deal/" + deal + "/timeline/" + entry + "/chain").Expect(200)
	require.Equal(t, true, chain.At("cut"))
	require.Greater(t, chain.Len("links"), 20)
}

// covers 5.8: a chain that is about no record is listed for operators, with what had
// caused each other, and stays listed.
func TestACutChainAboutNoRecordIsListed(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "round", `{"format":"fluxo/process@1","key":"round","name":"Round","nodes":[
			{"id":"byHand","kind":"startEvent"},{"id":"again","kind":"startEvent","trigger":{"message":{"name":"round"}}},
			{"id":"merge","kind":"exclusiveGateway"},{"id":"send","kind":"sendTask","effect":{"message":{"name":"round"}}},{"id":"end","kind":"endEvent"}],
			"flows":[{"id":"f1","from":"byHand","to":"merge"},{"id":"f2","from":"again","to":"merge"},{"id":"f3","from":"merge","to":"send"},{"id":"f4","from":"send","to":"end"}]}`)
		oscar := w.As("oscar")
		require.Zero(t, oscar.Get("/messages/cut").Expect(200).Len("items"))
		oscar.Post("/definitions/round/runs", map[string]any{"node": "byHand"}).Expect(202)
		var listed *apptest.Answer
		w.Eventually("the operators are told", 10*time.Millisecond, func() bool {
			listed = oscar.Get("/messages/cut").Expect(200)
			return listed.Len("items") == 1
		})
		require.Equal(t, []any{"round", "Round"}, []any{listed.Text("items.0.definition"), listed.Text("items.0.name")})
		require.Equal(t, listed.At("items.0.budget"), listed.At("items.0.used"), "all that a chain may have")
		at, err := time.Parse(time.RFC3339, listed.Text("items.0.at"))
		require.NoError(t, err)
		var expired string
		w.Eventually("the last message has ended", 10*time.Millisecond, func() bool {
			last := oscar.Get("/messages/unclaimed").Expect(200)
			if last.Len("items") > 0 {
				expired = last.Text("items.0.expiredAt")
			}
			return expired != ""
		})
		ended, err := time.Parse(time.RFC3339, expired)
		require.NoError(t, err)
		require.WithinDuration(t, at, ended, time.Minute, "the last message ended then, not when it would have expired")
		path := "/messages/cut/" + listed.Text("items.0.id") + "/chain"
		chain := oscar.Get(path).Expect(200)
		require.Equal(t, true, chain.At("cut"))
		require.Equal(t, listed.At("items.0.used"), chain.At("used"))
		require.Contains(t, string(chain.Raw), `"repeats":true`)
		rules := map[string]bool{}
		for i := range chain.Len("links") {
			rules[chain.Text(fmt.Sprintf("links.%d.rule", i))] = true
		}
		require.Len(t, rules, 3, "who began, the process, and the message that it sends each time")
		w.As("marta").Get("/messages/cut").Problem(403, "forbidden")
		w.As("marta").Get(path).Problem(403, "forbidden")
		oscar.Get("/messages/cut/nothing/chain").Problem(404, "not_found")
		require.Equal(t, 1, w.As("ada").Get("/audit?action=message.chainCut").Expect(200).Len("items"))
	})
}
