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
