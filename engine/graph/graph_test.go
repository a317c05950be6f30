package graph_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/schemas"
)

func parse(tb testing.TB, text string) *graph.Definition {
	tb.Helper()
	def, err := graph.Parse([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return def
}

func TestParseReportsEveryProblemWithItsPath(t *testing.T) {
	_, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"k","name":7,"nodes":[{"id":"a","kind":"userTask","colr":1,"needs":1.5}],
		"flows":{},"layout":{"a":{"at":["x",2]}},"x":{"anything":["goes",null]},"nodes":[],"policy":null}`))
	var bad *graph.DecodeError
	if !errors.As(err, &bad) {
		t.Fatal(err)
	}
	var got []string
	for _, p := range bad.Problems {
		got = append(got, p.Code+" "+p.Path)
	}
	want := "wrong_type /name, unknown_field /nodes/0/colr, wrong_type /nodes/0/needs, wrong_type /flows, wrong_type /layout/a/at/0, repeated_field /nodes, unknown_field /policy"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	if !strings.Contains(err.Error(), "/name: expected text, found a number") {
		t.Error(err)
	}
}

func TestParseRefusesWhatCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":        "",
		"in the middle":  `{"format":`,
		"text after":     `{"format":"fluxo/process@1","key":"k","name":"n","nodes":[],"flows":[]} {}`,
		"a list":         `[]`,
		"a broken token": `{"format": nul}`,
		"too deep":       `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
		"too long":       `{"x":"` + strings.Repeat("a", graph.MaxBytes) + `"}`,
	} {
		_, err := graph.Parse([]byte(text))
		var bad *graph.DecodeError
		if !errors.As(err, &bad) || len(bad.Problems) == 0 || bad.Problems[0].Message == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse: whatever is sent gives a definition or a problem, never a panic,
// and what is accepted survives a round trip.
func FuzzParse(f *testing.F) {
	example, _ := schemas.FS.ReadFile("examples/contract-preparation.json")
	f.Add(string(example))
	f.Add(`{"nodes":[{"id":"a","kind":"subProcess","nodes":[{}]}],"flows":[{"from":"a"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		def, err := graph.Parse([]byte(text))
		if err != nil {
			return
		}
		began := time.Now()
		lint.Check(def, graph.Options{})
		if took := time.Since(began); took > 3*time.Second {
			t.Fatal(took)
		}
		again, err := json.Marshal(def)
		if err != nil {
			t.Fatal(err)
		}
		second, err := graph.Parse(again)
		if err != nil {
			t.Fatal(err, string(again))
		}
		h1, err1 := def.Hash()
		h2, err2 := second.Hash()
		if h1 != h2 || err1 != nil || err2 != nil {
			t.Fatal(h1, h2, err1, err2)
		}
	})
}

func TestHashIgnoresLayoutAndSpelling(t *testing.T) {
	hash := func(text string) string {
		h, err := parse(t, text).Hash()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	base := hash(`{"format":"fluxo/process@1","key":"k","name":"n","nodes":[{"id":"a","kind":"userTask","config":{"b":1,"a":"<"}}],"flows":[]}`)
	same := []string{
		`{"flows":[],"nodes":[{"kind":"userTask","config":{"a":"<","b":1.0},"id":"a"}],"name":"n","key":"k","format":"fluxo/process@1"}`,
		`{"format":"fluxo/process@1","key":"k","name":"n","nodes":[{"id":"a","kind":"userTask","config":{"b":1,"a":"\u003c"}}],"flows":[],"layout":{"a":{"at":[1,2],"color":"teal"},"x":{"color":"amber"}},"notes":[{"id":"x","text":"y"}],"groups":[{"id":"g","name":"G","nodes":["a"]}]}`,
	}
	for _, text := range same {
		if hash(text) != base {
			t.Errorf("another hash for %s", text)
		}
	}
	if hash(`{"format":"fluxo/process@1","key":"k","name":"n","nodes":[{"id":"a","kind":"userTask","config":{"b":2,"a":"<"}}],"flows":[]}`) == base {
		t.Error("the same hash for another config")
	}
	// Versions are stored with their hash: this one may never change.
	if want := "652a7c63308076d46271736da34501ae5902956a8333f8fa5bfd3a853cb2f53c"; base != want {
		t.Errorf("hash %s, want %s", base, want)
	}
}

// chain is a process of n tasks in a row, every tenth an inclusive block.
func chain(n int) string {
	var nodes, flows []string
	nodes = append(nodes, `{"id":"s","kind":"startEvent"}`)
	last := "s"
	for i := 0; i < n; i++ {
		id := fmt.Sprintf("t%d", i)
		kind := "userTask"
		if i%10 == 0 && i/10 < 100 {
			kind = "inclusiveGateway"
			nodes = append(nodes, fmt.Sprintf(`{"id":"o%d","kind":"inclusiveGateway"}`, i))
			flows = append(flows, fmt.Sprintf(`{"id":"a%d","from":%q,"to":"o%d"},{"id":"b%d","from":"o%d","to":%q},{"id":"c%d","from":"o%d","to":%q}`, i, last, i, i, i, id, i, i, id))
		} else {
			flows = append(flows, fmt.Sprintf(`{"id":"f%d","from":%q,"to":%q}`, i, last, id))
		}
		nodes = append(nodes, fmt.Sprintf(`{"id":%q,"kind":%q}`, id, kind))
		last = id
	}
	return `{"format":"fluxo/process@1","key":"k","name":"n","nodes":[` + strings.Join(nodes, ",") + `],"flows":[` + strings.Join(flows, ",") + `]}`
}

func TestCompileTakesTheLargestProcess(t *testing.T) {
	def := parse(t, chain(4800))
	if g, findings := lint.Check(def, graph.Options{}); g == nil || len(findings) > 0 {
		t.Fatalf("%d findings, first %+v", len(findings), findings[:min(3, len(findings))])
	}
	_, findings := lint.Check(parse(t, chain(5200)), graph.Options{})
	if len(findings) == 0 || findings[0].Code != "too_large" {
		t.Errorf("5 200 nodes: %+v", findings[:min(3, len(findings))])
	}
}

func BenchmarkCheckLargest(b *testing.B) {
	def := parse(b, chain(4800))
	for b.Loop() {
		lint.Check(def, graph.Options{})
	}
}

func TestStarvedJoinCarriesACounterexample(t *testing.T) {
	def := parse(t, `{"format":"fluxo/process@1","key":"k","name":"n","nodes":[{"id":"s","kind":"startEvent"},{"id":"x","kind":"exclusiveGateway","default":"f2"},
		{"id":"a","kind":"userTask"},{"id":"j","kind":"parallelGateway"}],"flows":[{"id":"f0","from":"s","to":"x"},{"id":"f1","from":"x","to":"a","when":"true"},
		{"id":"f2","from":"x","to":"j"},{"id":"f3","from":"a","to":"j"}]}`)
	_, findings := lint.Check(def, graph.Options{})
	if len(findings) != 1 || findings[0].Code != "starved_join" {
		t.Fatalf("%+v", findings)
	}
	if got := fmt.Sprint(findings[0].Data["flows"], findings[0].Data["missing"]); got != "[f0 f2] [f3]" {
		t.Errorf("counterexample %s", got)
	}
}
