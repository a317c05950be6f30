package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
)

var update = flag.Bool("update", false, "rewrite golden states")

const loop = `{"format":"fluxo/process@1","key":"loop","name":"Loop","nodes":[{"id":"s","kind":"startEvent"},{"id":"m","kind":"exclusiveGateway"},
	{"id":"i","kind":"setVariables","config":{"set":[{"name":"n","value":1}]}}, {"id":"a","kind":"userTask"},{"id":"p","kind":"parallelGateway"}],
	"flows":[{"id":"f1","from":"s","to":"p"},{"id":"f2","from":"p","to":"a"},{"id":"f3","from":"p","to":"m"},{"id":"f4","from":"m","to":"i"},{"id":"f5","from":"i","to":"m"}]}`

// covers pitfall 24
func TestRunawayIsStoppedAndOthersGoOn(t *testing.T) {
	g := compile(t, loop)
	s, out, err := core.Fold(g, core.NewState("r"), []core.Event{{ID: "e", Kind: core.RunStarted}}, nil, 50)
	for i := 1; ; i++ {
		if err != nil {
			t.Fatal(err)
		}
		if last := out.Commands[len(out.Commands)-1]; !s.Pending() {
			if last.Kind != core.RaiseIncident || last.Incident.Failure.Code != "runaway" {
				t.Fatalf("%+v", last)
			}
			if i != core.MaxContinues {
				t.Errorf("stopped after %d steps", i)
			}
			break
		} else if last.Kind != core.Continue {
			t.Fatalf("pending without a continue: %+v", last)
		}
		var text []byte
		if text, err = codec.Encode(s); err != nil {
			t.Fatal(err)
		}
		if s, err = codec.Decode(text); err != nil {
			t.Fatal(err)
		}
		s, out, err = core.Fold(g, s, []core.Event{{ID: "c", Kind: core.ContinueRequested}}, nil, 50)
	}
	incident, wait := s.Incidents()[0], s.Waits()[0]
	// The branch that waits is not hurt.
	s, _, err = core.Advance(g, s, core.Event{ID: "t", Kind: core.TaskCompleted, Wait: wait.ID}, nil)
	if err != nil || len(s.Waits()) != 0 || s.Pending() {
		t.Fatal(err, s.Waits())
	}
	retried, _, err := core.Fold(g, s, []core.Event{{ID: "r", Kind: core.RetryRequested, Body: []byte(`{"incident":"` + incident.ID + `"}`)}}, nil, 50)
	if err != nil || !retried.Pending() || len(retried.Incidents()) != 0 {
		t.Fatal(err, retried.Incidents())
	}
	ended, _, err := core.Advance(g, retried, core.Event{ID: "x", Kind: core.CancelRequested}, nil)
	if err != nil || ended.Status() != core.Canceled || ended.Pending() {
		t.Fatal(err, ended.Status())
	}
}

// covers pitfall 29: tokens are bounded, and cancel fits all the same.
func TestTokensAreBounded(t *testing.T) {
	g := compile(t, `{"format":"fluxo/process@1","key":"bomb","name":"Bomb","nodes":[{"id":"s","kind":"startEvent"},{"id":"m","kind":"exclusiveGateway"},
		{"id":"p","kind":"parallelGateway"},{"id":"a","kind":"userTask"}],
		"flows":[{"id":"f1","from":"s","to":"m"},{"id":"f2","from":"m","to":"p"},{"id":"f3","from":"p","to":"m"},{"id":"f4","from":"p","to":"a"}]}`)
	s, _, err := core.Fold(g, core.NewState("r"), []core.Event{{ID: "e", Kind: core.RunStarted}}, nil, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Incidents()) != 1 || s.Incidents()[0].Failure.Code != "too_many_tokens" || len(s.Tokens()) != core.MaxTokens {
		t.Fatalf("%+v, %d tokens", s.Incidents(), len(s.Tokens()))
	}
	s, _, err = core.Advance(g, s, core.Event{ID: "x", Kind: core.CancelRequested}, nil)
	if err != nil || s.Status() != core.Canceled {
		t.Fatal(err)
	}
}

func TestParkedTokensAreBounded(t *testing.T) {
	g := compile(t, `{"format":"fluxo/process@1","key":"k","name":"K","nodes":[{"id":"s","kind":"startEvent"},{"id":"m","kind":"exclusiveGateway"},
		{"id":"p","kind":"parallelGateway"},{"id":"j","kind":"parallelGateway"},{"id":"a","kind":"userTask"}],
		"flows":[{"id":"f1","from":"s","to":"m"},{"id":"f2","from":"m","to":"p"},{"id":"f3","from":"p","to":"m"},{"id":"f4","from":"p","to":"j"},{"id":"f5","from":"a","to":"j"}]}`)
	s, _, err := core.Advance(g, core.NewState("r"), core.Event{ID: "e", Kind: core.RunStarted}, nil)
	if err != nil || len(s.Incidents()) == 0 || s.Incidents()[0].Failure.Code != "too_many_tokens" {
		t.Fatal(err, s.Incidents())
	}
}

func TestBrokenInputIsAnInvariant(t *testing.T) {
	g := compile(t, loop)
	other := compile(t, `{"format":"fluxo/process@1","key":"k","name":"K","nodes":[{"id":"a","kind":"userTask"}],"flows":[]}`)
	s, _, err := core.Advance(other, core.NewState("r"), core.Event{ID: "e", Kind: core.RunStarted}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := core.Advance(g, s, core.Event{ID: "x", Kind: core.CancelRequested}, nil); !errors.Is(err, core.ErrInvariant) {
		t.Errorf("another graph: %v", err)
	}
	if _, _, err := core.Advance(other, s, core.Event{ID: "x", Kind: core.TaskCompleted, Wait: s.Waits()[0].ID, Body: []byte("{")}, nil); !errors.Is(err, core.ErrInvariant) {
		t.Errorf("body: %v", err)
	}
	for _, text := range []string{"", "\x02{}", "\x01{", "\x01{}", "\x01" + `{"at":0,"run":"r","seq":0,"status":"active","tokens":[{"n":2,"node":"a"},{"n":1,"node":"a"}]}`} {
		if _, err := codec.Decode([]byte(text)); err == nil {
			t.Errorf("decoded %q", text)
		}
	}
}

// TestGoldenState: states of this version must stay readable for ever, and the
// same run must give the same bytes.
func TestGoldenState(t *testing.T) {
	g := compile(t, golden)
	s := core.NewState("run-1")
	for _, ev := range []core.Event{
		{ID: "e1", Kind: core.RunStarted, At: 1000, Actor: "olga", Body: []byte(`{"node":"s","variables":{"n":1.50},"record":{"type":"deal","id":"d1"},"cause":{"kind":"user","id":"olga"}}`)},
		{ID: "e2", Kind: core.TaskCompleted, Wait: "run-1:1", At: 2000, Actor: "olga", Body: []byte(`{"result":{"comment":"fine"}}`)},
		{ID: "e3", Kind: core.TimerFired, Wait: "run-1:3", At: 3000},
		{ID: "e4", Kind: core.WaitFailed, Wait: "run-1:2", At: 4000, Body: []byte(`{"code":"smtp_unreachable","message":"no answer"}`)},
		{ID: "e5", Kind: core.MessageArrived, Wait: "run-1:4", At: 5000, Body: []byte(`{"name":"note"}`)},
	} {
		var err error
		if s, _, err = core.Advance(g, s, ev, constant{}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := codec.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/state-1.golden"
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
	old, err := codec.Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	if w := old.Waits(); len(w) != 4 || w[1].ID != "run-1:3#2" || w[1].Cycle != 1 || !w[0].Failed {
		t.Errorf("waits %+v", w)
	}
	if old.Variables()["n"] != json.Number("1.50") || old.StartedBy() != "olga" || old.Record().ID != "d1" || old.GraphHash() != g.Hash {
		t.Errorf("%+v", old)
	}
}

// golden has a bit of everything that a state can hold.
const golden = `{"format":"fluxo/process@1","key":"golden","name":"Golden","variables":[{"name":"n","type":"number"}],"nodes":[
	{"id":"s","kind":"startEvent"},{"id":"t","kind":"userTask"},{"id":"p","kind":"parallelGateway"},{"id":"r","kind":"robot","robot":"mail.send"},
	{"id":"sub","kind":"subProcess","variables":[{"name":"k","type":"number","default":7}],"nodes":[{"id":"u","kind":"userTask"}],"flows":[]},
	{"id":"b","kind":"boundaryEvent","attachedTo":"sub","interrupting":false,"trigger":{"timer":{"every":"PT1H"}}},
	{"id":"c","kind":"boundaryEvent","attachedTo":"sub","interrupting":false,"trigger":{"message":{"name":"note"}}},
	{"id":"j","kind":"parallelGateway"},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"t"},{"id":"f2","from":"t","to":"p"},{"id":"f3","from":"p","to":"r"},{"id":"f4","from":"p","to":"sub"},{"id":"f5","from":"p","to":"j"},
	{"id":"f6","from":"r","to":"j"},{"id":"f7","from":"sub","to":"e"},{"id":"f8","from":"b","to":"e"},{"id":"f9","from":"c","to":"e"}]}`

func BenchmarkEncodeDecode(b *testing.B) {
	b.ReportAllocs()
	text, err := os.ReadFile("testdata/state-1.golden")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := codec.Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := codec.Encode(s); err != nil {
			b.Fatal(err)
		}
	}
}
