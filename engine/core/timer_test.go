package core_test

import (
	"os"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
)

// patient waits for half a year.
const patient = `{"format":"fluxo/process@1","key":"patient","name":"Patient","nodes":[
	{"id":"s","kind":"startEvent"},{"id":"halfYear","kind":"catchEvent","trigger":{"timer":{"after":"P170D"}}},
	{"id":"a","kind":"userTask"},{"id":"remind","kind":"boundaryEvent","attachedTo":"a","interrupting":false,"trigger":{"timer":{"every":"P170D"}}},{"id":"r","kind":"userTask"},
	{"id":"split","kind":"parallelGateway"},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"split"},{"id":"f2","from":"split","to":"halfYear"},{"id":"f3","from":"split","to":"a"},{"id":"f4","from":"halfYear","to":"e"},
	{"id":"f5","from":"a","to":"e"},{"id":"f6","from":"remind","to":"r"},{"id":"f7","from":"r","to":"e"}]}`

// TestTimerThatAnEarlierReleaseArmed covers pitfall 30: the state was written by
// the release that this test came with and is only read, never written again.
func TestTimerThatAnEarlierReleaseArmed(t *testing.T) {
	text, err := os.ReadFile("testdata/state-1-timer.golden")
	if err != nil {
		t.Fatal(err)
	}
	s, err := codec.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	g := compile(t, patient)
	const later = core.Instant(1000 + 170*24*3600*1000)
	var kinds []core.WaitKind
	for _, w := range s.Waits() {
		kinds = append(kinds, w.Kind)
		if w.Kind != core.TimerWait {
			continue
		}
		if s, _, err = core.Advance(g, s, core.Event{ID: "timer:" + string(w.ID), Kind: core.TimerFired, Wait: w.ID, At: later}, constant{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(kinds) != 3 {
		t.Fatalf("the state waits for %v", kinds)
	}
	var nodes []core.NodeID
	for _, w := range s.Waits() {
		nodes = append(nodes, w.Node)
	}
	if len(nodes) != 3 || nodes[0] != "a" || nodes[1] != "remind" || nodes[2] != "r" {
		t.Errorf("after half a year it waits for %v: the task, the next reminder and the reminder of now", nodes)
	}
	for _, w := range s.Waits() {
		if w.Kind == core.TaskWait {
			if s, _, err = core.Advance(g, s, core.Event{ID: "done:" + string(w.ID), Kind: core.TaskCompleted, Wait: w.ID, At: later + 1, Actor: "olga"}, constant{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.Status() != core.Completed {
		t.Errorf("it is %s", s.Status())
	}
}
