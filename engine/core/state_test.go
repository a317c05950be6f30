package core

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/fluxo-app/fluxo/engine/graph"
)

func TestStateTellsWhereTokensAre(t *testing.T) {
	def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"k","name":"K","parameters":[{"name":"p","type":"string","default":"q"}],"nodes":[
		{"id":"s","kind":"startEvent"},{"id":"p","kind":"parallelGateway"},{"id":"a","kind":"userTask"},{"id":"j","kind":"parallelGateway"}],
		"flows":[{"id":"f1","from":"s","to":"p"},{"id":"f2","from":"p","to":"a"},{"id":"f3","from":"p","to":"a"},{"id":"f4","from":"p","to":"j"},{"id":"f5","from":"a","to":"j"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	g, findings := graph.Compile(def, graph.Options{})
	if g == nil {
		t.Fatal(findings)
	}
	start := Event{ID: "e", Kind: RunStarted, At: 7, Body: []byte(`{"cause":{"kind":"trigger","id":"x","depth":2}}`)}
	s, _, err := Advance(g, NewState("r"), start, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Nodes()); got != "[{a 2} {j 1}]" {
		t.Errorf("nodes %s", got)
	}
	if got := fmt.Sprint(s.Tokens()); got != "[{t1  a  false false} {t2  a  false false} {t3  j  true false}]" {
		t.Errorf("tokens %s", got)
	}
	if s.RunID() != "r" || s.LastAt() != 7 || s.Cause().Depth != 2 || s.Parameters()["p"] != "q" || s.Failure() != nil || len(s.Steps()) != 0 {
		t.Errorf("%+v", s)
	}
	if NewState("r").Variables() != nil {
		t.Error("a run that has not started has variables")
	}
	// Tokens in motion count too, while a drain is interrupted.
	s, _, err = Fold(g, NewState("r"), []Event{start}, nil, 2)
	if err != nil || !s.Pending() || fmt.Sprint(s.Nodes()) != "[{a 2} {j 1}]" {
		t.Errorf("%v %v", err, s.Nodes())
	}
	// Time does not go backwards.
	later, _, err := Advance(g, s, Event{ID: "c", Kind: ContinueRequested, At: 3}, nil)
	if err != nil || later.LastAt() != 7 {
		t.Error(err, later.LastAt())
	}
}

func TestNormalizeKeepsToTheKindsOfValues(t *testing.T) {
	type point struct{ X float64 }
	got, err := normalize(map[string]any{"i": 3, "l": int64(1) << 60, "f": 1.5, "n": nil, "list": []any{true, "x", uint8(2)}, "s": point{2.5}, "v": Values(nil)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"i": json.Number("3"), "l": json.Number("1152921504606846976"), "f": json.Number("1.5"), "n": nil,
		"list": []any{true, "x", json.Number("2")}, "s": map[string]any{"X": json.Number("2.5")}, "v": nil}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v", got)
	}
	for _, bad := range []any{func() {}, []any{make(chan int)}, map[string]any{"a": math.NaN()}} {
		if v, err := normalize(bad); err == nil {
			t.Errorf("%T became %v", bad, v)
		}
	}
}
