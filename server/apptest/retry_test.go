package apptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/server/apptest"
)

// twoLetters sends one letter that goes out and one whose recipient is %s.
const twoLetters = `{"format":"fluxo/process@1","key":"two-letters","name":"Two letters","variables":[{"name":"to_whom","type":"string","default":"nobody"}],
	"nodes":[{"id":"s","kind":"startEvent"},{"id":"hello","kind":"robot","name":"Say hello","robot":"mail.send","config":{"to":"hello@example.com","subject":"Hello","body":"Good day."}},
		{"id":"offer","kind":"robot","name":"Send the offer","robot":"mail.send","config":{"to":%s,"subject":"Offer","body":"Please find our offer."}},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"hello"},{"id":"f2","from":"hello","to":"offer"},{"id":"f3","from":"offer","to":"e"}]}`

// A step that failed is tried again by itself, by the version in which it is mended,
// or from the start: before that one sees what will be done and what was sent. What
// went out does not go out again unless it is asked for, and what is shown is the
// latest reason and its time. The same for many at once.
//
// covers U-02, U-03, U-04, U-41, U-44
func TestRetryRepeatsWhatItSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	oscar, ada := w.As("oscar"), w.As("ada")
	publishText(t, w, "two-letters", fmt.Sprintf(twoLetters, `{"expr":"vars.to_whom"}`))
	get := func(run string) *apptest.Answer { return oscar.Get("/runs/" + run).Expect(200) }
	fails := func(runs ...string) {
		t.Helper()
		for _, run := range runs {
			w.Eventually("the offer fails", 100*time.Millisecond, func() bool { return get(run).Text("nodeStates.offer.status") == "incident" })
		}
	}
	sent := func() (hello, offer int) {
		box := ada.Get("/outbox?limit=200").Expect(200)
		for i := range box.Len("items") {
			switch box.Text(fmt.Sprintf("items.%d.subject", i)) {
			case "Hello":
				hello++
			case "Offer":
				offer++
			}
		}
		return hello, offer
	}
	ends := func(runs ...string) {
		t.Helper()
		for _, run := range runs {
			w.Eventually("it ends", 100*time.Millisecond, func() bool { return get(run).Text("status") == "completed" })
		}
	}
	runs := startRuns(t, w, "two-letters", 26)
	fails(runs...)
	hello, offer := sent()
	require.Equal(t, []int{26, 0}, []int{hello, offer})
	bring := func(run string, wish map[string]any) *apptest.Answer {
		return oscar.Post("/runs/"+run+"/actions", wish).Expect(202)
	}

	// The step alone: the preview tells what is done again, and the first letter is not.
	first := get(runs[0]).At("incidents.0")
	seen := oscar.Post("/runs/"+runs[0]+"/actions/preview", map[string]any{"action": "retry"}).Expect(200)
	require.Contains(t, string(seen.Raw), "Send the offer")
	require.NotContains(t, string(seen.Raw), "Say hello")
	w.Clock.Advance(time.Hour)
	bring(runs[0], map[string]any{"action": "retry", "variables": map[string]any{"to_whom": "somebody else"}})
	w.Eventually("it fails with another reason", 100*time.Millisecond, func() bool {
		a := get(runs[0])
		return a.Len("incidents") == 1 && a.Text("incidents.0.message") != first.(map[string]any)["message"]
	})
	latest := get(runs[0])
	require.Contains(t, latest.Text("incidents.0.message"), "somebody else", "the latest reason, and none of those before")
	require.Greater(t, latest.Text("incidents.0.at"), first.(map[string]any)["at"])
	require.NotContains(t, string(oscar.Get("/runs/"+runs[0]+"/outlook").Expect(200).Raw), "nobody is neither")

	// By the version in which it is mended, where it stands and from the start.
	publishText(t, w, "two-letters", fmt.Sprintf(twoLetters, `"client@example.com"`))
	for _, run := range runs[:2] {
		require.Equal(t, "moves", oscar.Post("/runs/"+run+"/actions/preview", map[string]any{"action": "migrate", "version": 2}).Expect(200).Text("verdict"))
		bring(run, map[string]any{"action": "migrate", "version": 2})
	}
	bring(runs[0], map[string]any{"action": "retry"})
	ends(runs[0])
	again := map[string]any{"action": "move", "node": "offer", "to": "hello", "reason": "from the start"}
	seen = oscar.Post("/runs/"+runs[1]+"/actions/preview", again).Expect(200)
	require.Contains(t, string(seen.Raw), "Say hello", "what is repeated is told first")
	history := oscar.Get("/runs/" + runs[1] + "/answers").Expect(200)
	require.Contains(t, string(history.Raw), "hello", "what was sent is shown")
	bring(runs[1], again)
	ends(runs[1])
	hello, offer = sent()
	require.Equal(t, []int{27, 2}, []int{hello, offer}, "only what was asked for went out again")

	// All that stand there, by the filter of the list: moved to the mended version, then retried.
	stuck := map[string]any{"filter": map[string]any{"definition": "two-letters", "node": "offer", "incident": true}}
	for _, wish := range []map[string]any{{"action": "migrate", "version": 2, "reason": "mended"}, {"action": "retry", "reason": "mended"}} {
		dry := oscar.Post("/repairs/preview?limit=100", map[string]any{"wish": wish, "select": stuck}).Expect(200)
		require.Equal(t, 24, dry.Len("items"), wish["action"])
		job := oscar.Post("/repairs", map[string]any{"wish": wish, "select": stuck}).Expect(202).Text("id")
		ended(t, w, job)
		state := oscar.Get("/repairs/" + job).Expect(200)
		require.EqualValues(t, 24, state.At("total"))
		require.EqualValues(t, 24, state.At("done"))
		require.EqualValues(t, 24, state.At("changed"))
		require.Equal(t, 24, oscar.Get("/repairs/"+job+"/results?limit=100").Expect(200).Len("items"))
	}
	ends(runs...)
	hello, offer = sent()
	require.Equal(t, []int{27, 26}, []int{hello, offer})
	require.Zero(t, oscar.Get("/incidents?definition=two-letters").Expect(200).Len("items"))
}

// Of a step that is repeated over a list the one pass that failed is tried again; the
// others are not touched. Or all that have failed, in one go. What an action cannot do
// to a pass is told before it is chosen.
//
// covers U-15, U-25
func TestRetryAddressesOnePass(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	oscar, ada := w.As("oscar"), w.As("ada")
	publishText(t, w, "circular", `{"format":"fluxo/process@1","key":"circular","name":"Circular","variables":[{"name":"all","type":"list","default":["a@example.com","wrong","b@example.com","bad"]},{"name":"good","type":"string"}],
		"nodes":[{"id":"s","kind":"startEvent"},{"id":"tell","kind":"robot","name":"Tell","robot":"mail.send","each":{"items":{"expr":"vars.all"},"item":"who","parallel":true},
			"config":{"to":{"expr":"vars.good ?? vars.who"},"subject":"News","body":"There are some."}},{"id":"after","kind":"userTask","config":{"assignee":"oscar"}},{"id":"e","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"tell"},{"id":"f2","from":"tell","to":"after"},{"id":"f3","from":"after","to":"e"}]}`)
	run := startRuns(t, w, "circular", 1)[0]
	get := func() *apptest.Answer { return oscar.Get("/runs/" + run).Expect(200) }
	news := func() int { return ada.Get("/outbox?limit=200").Expect(200).Len("items") }
	w.Eventually("two passes fail, two are done", 100*time.Millisecond, func() bool { return get().Len("incidents") == 2 && news() == 2 })
	oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "retry"}).Problem(422, "validation")
	token := map[string]any{"action": "move", "node": "tell", "to": "after"}
	limits := oscar.Post("/repairs/preview", map[string]any{"wish": token, "select": map[string]any{"runs": []string{run}}}).Expect(200)
	require.NotEmpty(t, limits.Text("items.0.verdict"))
	inside := map[string]any{"action": "move", "token": passToken(t, w, run), "to": "after"}
	require.Equal(t, "other_scope", oscar.Post("/runs/"+run+"/actions/preview", inside).Expect(200).Text("why"), "told before it is done")

	one := get().Text("incidents.0.id")
	other := get().Text("incidents.1.id")
	oscar.Post("/runs/"+run+"/actions", map[string]any{"action": "retry", "incident": one, "variables": map[string]any{"good": "c@example.com"}}).Expect(202)
	w.Eventually("that pass is done", 100*time.Millisecond, func() bool { return get().Len("incidents") == 1 && news() == 3 })
	require.Equal(t, other, get().Text("incidents.0.id"), "the other one still stands")
	job := oscar.Post("/repairs", map[string]any{"wish": map[string]any{"action": "retry"}, "select": map[string]any{"filter": map[string]any{"definition": "circular"}}}).Expect(202).Text("id")
	ended(t, w, job)
	w.Eventually("all are done", 100*time.Millisecond, func() bool { return get().Text("nodes.0") == "after" })
	require.Equal(t, 4, news(), "each letter once")
}

// passToken is a token that stands inside a pass.
func passToken(t *testing.T, w *apptest.World, run string) string {
	t.Helper()
	r, err := w.App.Stores.Engine.Load(t.Context(), core.RunID(run))
	require.NoError(t, err)
	state, err := codec.Decode(r.State)
	require.NoError(t, err)
	for _, token := range state.Tokens() {
		if token.Scope != "" {
			return string(token.ID)
		}
	}
	require.Fail(t, "no pass has failed")
	return ""
}
