package core_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
)

// compile makes a graph of a definition written as JSON.
func compile(tb testing.TB, text string) *graph.Graph {
	tb.Helper()
	def, err := graph.Parse([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	g, findings := graph.Compile(def, graph.Options{})
	if g == nil {
		tb.Fatalf("%+v", findings)
	}
	return g
}

func sequence(tb testing.TB, value string) *graph.Graph {
	nodes := []string{`{"id":"s","kind":"startEvent"}`}
	flows := []string{}
	last := "s"
	for i := range 5 {
		id := fmt.Sprintf("n%d", i)
		nodes = append(nodes, fmt.Sprintf(`{"id":"%s","kind":"setVariables","config":{"set":[{"name":"x","value":%s}]}}`, id, value))
		flows = append(flows, fmt.Sprintf(`{"id":"f%d","from":"%s","to":"%s"}`, i, last, id))
		last = id
	}
	nodes = append(nodes, `{"id":"e","kind":"endEvent"}`)
	flows = append(flows, fmt.Sprintf(`{"id":"fe","from":"%s","to":"e"}`, last))
	return compile(tb, `{"format":"fluxo/process@1","key":"w0","name":"W0","variables":[{"name":"x","type":"number"}],"nodes":[`+
		strings.Join(nodes, ",")+`],"flows":[`+strings.Join(flows, ",")+`]}`)
}

type constant struct{}

func (constant) Eval(string, core.Values, core.Instant) (any, error)  { return json.Number("1"), nil }
func (constant) Bool(string, core.Values, core.Instant) (bool, error) { return true, nil }

func benchmarkRun(b *testing.B, g *graph.Graph, entries int) {
	b.ReportAllocs()
	start := core.Event{ID: "start", Kind: core.RunStarted, At: 1}
	for b.Loop() {
		s, out, err := core.Advance(g, core.NewState("r1"), start, constant{})
		if err != nil || s.Status() != core.Completed {
			b.Fatal(err, s.Status(), out.Records)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entries), "ns/entry")
}

// BenchmarkSequence is workload W0: five set-variable nodes, start and end.
func BenchmarkSequence(b *testing.B) { benchmarkRun(b, sequence(b, "1"), 7) }

// BenchmarkSequenceExpressions is W0 with computed values.
func BenchmarkSequenceExpressions(b *testing.B) { benchmarkRun(b, sequence(b, `{"expr":"1"}`), 7) }

// forkJoin splits into ten branches of one node each and joins them.
func forkJoin(tb testing.TB) *graph.Graph {
	nodes := []string{`{"id":"s","kind":"startEvent"}`, `{"id":"p","kind":"parallelGateway"}`, `{"id":"j","kind":"parallelGateway"}`, `{"id":"e","kind":"endEvent"}`}
	flows := []string{`{"id":"f0","from":"s","to":"p"}`, `{"id":"f1","from":"j","to":"e"}`}
	for i := range 10 {
		nodes = append(nodes, fmt.Sprintf(`{"id":"n%d","kind":"setVariables","config":{"set":[{"name":"x","value":1}]}}`, i))
		flows = append(flows, fmt.Sprintf(`{"id":"a%d","from":"p","to":"n%d"},{"id":"b%d","from":"n%d","to":"j"}`, i, i, i, i))
	}
	return compile(tb, `{"format":"fluxo/process@1","key":"w2","name":"W2","nodes":[`+strings.Join(nodes, ",")+`],"flows":[`+strings.Join(flows, ",")+`]}`)
}

// BenchmarkForkJoin is the core's part of workload W2.
func BenchmarkForkJoin(b *testing.B) { benchmarkRun(b, forkJoin(b), 23) }

// TestAllocationsPerEntry holds the goal of two allocations per node entry.
func TestAllocationsPerEntry(t *testing.T) {
	for name, c := range map[string]struct {
		g       *graph.Graph
		entries float64
	}{"sequence": {sequence(t, "1"), 7}, "fork and join": {forkJoin(t), 23}} {
		start := core.Event{ID: "start", Kind: core.RunStarted, At: 1}
		got := testing.AllocsPerRun(100, func() {
			if _, _, err := core.Advance(c.g, core.NewState("r1"), start, nil); err != nil {
				t.Fatal(err)
			}
		})
		if got/c.entries > 2 {
			t.Errorf("%s: %.1f allocations per entry", name, got/c.entries)
		}
	}
}
