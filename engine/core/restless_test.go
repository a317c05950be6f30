package core_test

import (
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
)

const endless = `{"format":"fluxo/process@1","key":"endless","name":"Endless","nodes":[{"id":"s","kind":"startEvent"},{"id":"m","kind":"exclusiveGateway"},{"id":"a","kind":"userTask"}],
	"flows":[{"id":"f1","from":"s","to":"m"},{"id":"f2","from":"m","to":"a"},{"id":"f3","from":"a","to":"m"}]}`

// A loop that rests at every turn is stopped when it turns too fast, and goes on
// for as long again when somebody says so; a slow one is never stopped.
func TestRestlessLoopIsStopped(t *testing.T) {
	g := compile(t, endless)
	turns := func(s *core.State, most int, pause core.Instant) (*core.State, int) {
		t.Helper()
		for n := range most {
			if len(s.Incidents()) > 0 {
				return s, n
			}
			w := s.Waits()[0]
			var err error
			s, _, err = core.Advance(g, s, core.Event{ID: string(w.ID), Kind: core.TaskCompleted, Wait: w.ID, At: s.LastAt() + pause}, nil)
			if err != nil {
				t.Fatal(err)
			}
		}
		return s, most
	}
	begin, _, err := core.Advance(g, core.NewState("r"), core.Event{ID: "e", Kind: core.RunStarted, At: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, n := turns(begin, 3*core.WaitBlock, core.BlockTime/core.WaitBlock+1); n != 3*core.WaitBlock {
		t.Fatalf("a slow loop was stopped after %d turns: %+v", n, s.Incidents())
	}
	s, n := turns(begin, 3*core.WaitBlock, 1)
	if n != 2*core.WaitBlock || s.Incidents()[0].Failure.Code != "runaway" {
		t.Fatalf("stopped after %d turns: %+v", n, s.Incidents())
	}
	text, err := codec.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = codec.Decode(text); err != nil {
		t.Fatal(err)
	}
	s, _, err = core.Advance(g, s, core.Event{ID: "r", Kind: core.RetryRequested, Body: []byte(`{"incident":"` + s.Incidents()[0].ID + `"}`), At: s.LastAt()}, nil)
	if err != nil || len(s.Incidents()) != 0 || len(s.Waits()) != 1 {
		t.Fatal(err, s.Incidents(), s.Waits())
	}
	if s, n = turns(s, 2*core.WaitBlock, 1); n != core.WaitBlock {
		t.Fatalf("stopped again after %d turns: %+v", n, s.Incidents())
	}
}
