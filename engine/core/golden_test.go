package core_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
)

// undoing has an armed event sub-process, a sub-process that is being undone and
// a completion that will be undone after it.
const undoing = `{"format":"fluxo/process@1","key":"undoing","name":"Undoing","nodes":[
	{"id":"s","kind":"startEvent"},{"id":"a","kind":"userTask","handler":"ua"},{"id":"ua","kind":"userTask"},
	{"id":"p","kind":"subProcess","variables":[{"name":"k","type":"number","default":7}],
		"nodes":[{"id":"b","kind":"userTask","handler":"ub"},{"id":"c","kind":"userTask","handler":"uc"},{"id":"ub","kind":"userTask"},{"id":"uc","kind":"userTask"}],
		"flows":[{"id":"f1","from":"b","to":"c"}]},
	{"id":"t","kind":"throwEvent","effect":{"compensation":""}},
	{"id":"h","kind":"subProcess","event":true,"nodes":[{"id":"hs","kind":"startEvent","interrupting":false,"trigger":{"message":{"name":"m"}}},{"id":"x","kind":"userTask"}],
		"flows":[{"id":"f2","from":"hs","to":"x"}]}],
	"flows":[{"id":"f3","from":"s","to":"a"},{"id":"f4","from":"a","to":"p"},{"id":"f5","from":"p","to":"t"}]}`

// TestGoldenStateOfAnUndo: states with compensations under way must stay
// readable for ever, and the run goes on from them.
func TestGoldenStateOfAnUndo(t *testing.T) {
	g := compile(t, undoing)
	s := core.NewState("run-1")
	advance := func(ev core.Event) {
		t.Helper()
		var err error
		if s, _, err = core.Advance(g, s, ev, constant{}); err != nil {
			t.Fatal(err)
		}
	}
	advance(core.Event{ID: "e1", Kind: core.RunStarted, At: 1000})
	for i, body := range []string{`{"result":{"x":1.50}}`, `{}`, `{}`} { // a, b, c
		advance(core.Event{ID: "d" + string(rune('a'+i)), Kind: core.TaskCompleted, Wait: s.Waits()[len(s.Waits())-1].ID, At: 2000, Actor: "olga", Body: []byte(body)})
	}
	advance(core.Event{ID: "m", Kind: core.MessageArrived, Wait: s.Waits()[0].ID, At: 3000, Body: []byte(`{"name":"m"}`)})
	got, err := codec.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/state-1-undo.golden"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s, err = codec.Decode(want); err != nil {
		t.Fatal(err)
	}
	var undone []core.NodeID
	for s.Status() == core.Active {
		var next core.Wait
		for _, w := range s.Waits() {
			if w.Kind == core.TaskWait && (next.ID == "" || w.Node != "x") {
				next = w
			}
		}
		undone = append(undone, next.Node)
		advance(core.Event{ID: "u" + string(next.ID), Kind: core.TaskCompleted, Wait: next.ID, At: 4000, Actor: "olga"})
	}
	if len(undone) != 4 || undone[0] != "uc" || undone[1] != "ub" || undone[2] != "ua" || undone[3] != "x" {
		t.Errorf("undone %v", undone)
	}
}
