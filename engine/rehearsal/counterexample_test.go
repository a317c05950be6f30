package rehearsal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/schemas"
)

// draw makes a definition of a few words: "kind id" nodes, "a>b" flows with an
// optional "?condition", and raw JSON members of a node behind its id.
func draw(t *testing.T, nodes, flows string) *graph.Definition {
	t.Helper()
	kinds := map[string]string{"start": "startEvent", "end": "endEvent", "task": "userTask", "xor": "exclusiveGateway", "and": "parallelGateway",
		"or": "inclusiveGateway", "catch": "catchEvent", "boundary": "boundaryEvent", "pass": "task", "sub": "subProcess", "race": "eventGateway", "set": "setVariables"}
	list := func(nodes, flows string) string {
		var ns, fs []string
		for _, line := range strings.Split(strings.TrimSpace(nodes), "\n") {
			words := strings.SplitN(strings.TrimSpace(line), " ", 3)
			more := ""
			if len(words) == 3 {
				more = "," + words[2]
			}
			ns = append(ns, fmt.Sprintf(`{"id":%q,"kind":%q%s}`, words[1], kinds[words[0]], more))
		}
		for _, f := range strings.Fields(flows) {
			ends, when, _ := strings.Cut(f, "?")
			from, to, _ := strings.Cut(ends, ">")
			fs = append(fs, fmt.Sprintf(`{"id":"%s-%s","from":%q,"to":%q,"when":%q}`, from, to, from, to, when))
		}
		return `"nodes":[` + strings.Join(ns, ",") + `],"flows":[` + strings.Join(fs, ",") + `]`
	}
	text := `{"format":"fluxo/process@1","key":"planted","name":"Planted","variables":[{"name":"a","type":"boolean","default":false},{"name":"n","type":"number","default":0}],` + list(nodes, flows) + `}`
	def, err := graph.Parse([]byte(text))
	if err != nil {
		t.Fatal(err, text)
	}
	return def
}

// TestCounterexamplesShowTheFault plants one fault in each process and plays the
// run that the finding carries.
//
// covers 5.4
func TestCounterexamplesShowTheFault(t *testing.T) {
	cases := []struct {
		name, code, nodes, flows string
		shows                    func(rehearsal.Result) bool
	}{
		{name: "parallel join after an exclusive split", code: "starved_join",
			nodes: "start S\nxor X\ntask A\ntask B\nand J\nend E", flows: "S>X X>A?vars.a X>B A>J B>J J>E",
			shows: func(r rehearsal.Result) bool { return r.End == rehearsal.Stuck }},
		{name: "a branch that turns away", code: "starved_join",
			nodes: "start S\nand P\ntask A\nxor X\nand J\nend E\nend F", flows: "S>P P>A P>X A>J X>J?vars.a X>F J>E",
			shows: func(r rehearsal.Result) bool { return r.End == rehearsal.Stuck }},
		{name: "a branch that a boundary event ends", code: "starved_join",
			nodes: "start S\nand P\ntask A\ntask B\nand J\nend E\nend F\nboundary T \"attachedTo\":\"A\",\"trigger\":{\"timer\":{\"after\":\"P1D\"}}",
			flows: "S>P P>A P>B A>J B>J J>E T>F",
			shows: func(r rehearsal.Result) bool { return r.End == rehearsal.Stuck }},
		{name: "inside a sub-process behind a choice", code: "starved_join",
			nodes: "start S\nxor X\ntask Q\nend E\nsub P \"nodes\":[{\"id\":\"s\",\"kind\":\"startEvent\"},{\"id\":\"x\",\"kind\":\"exclusiveGateway\"},{\"id\":\"j\",\"kind\":\"parallelGateway\"},{\"id\":\"b\",\"kind\":\"userTask\"}],\"flows\":[{\"id\":\"i1\",\"from\":\"s\",\"to\":\"x\"},{\"id\":\"i2\",\"from\":\"x\",\"to\":\"j\",\"when\":\"vars.a\"},{\"id\":\"i3\",\"from\":\"x\",\"to\":\"b\"},{\"id\":\"i4\",\"from\":\"b\",\"to\":\"j\"}]",
			flows: "S>X X>Q?vars.a X>P P>E Q>E",
			shows: func(r rehearsal.Result) bool { return r.End == rehearsal.Stuck }},
		{name: "two inclusive joins wait for each other", code: "vicious_circle",
			nodes: "start S\nand P\nor O1\nor O2\ntask A\ntask B\nor Q1\nor Q2\nend E\nend F",
			flows: "S>P P>O1 P>O2 O1>A A>Q1 Q1>O2?vars.a Q1>E O2>B B>Q2 Q2>O1?vars.a Q2>F",
			shows: func(r rehearsal.Result) bool { return r.End == rehearsal.Stuck }},
		{name: "branches meet without a join", code: "repeated_merge",
			nodes: "start S\nand P\ntask A\ntask B\ntask C\nend E", flows: "S>P P>A P>B A>C B>C C>E",
			shows: func(r rehearsal.Result) bool { return strings.Count(strings.Join(r.Entered, " "), "C") == 2 }},
		{name: "a loop without a wait", code: "loop_without_wait",
			nodes: "start S\nxor M\npass A\nxor X\nend E", flows: "S>M M>A A>X X>M?vars.a X>E",
			shows: func(r rehearsal.Result) bool { return strings.Count(strings.Join(r.Entered, " "), "A") >= 3 }},
		{name: "a race that leads past a join", code: "starved_join",
			nodes: "start S\nand P\nrace G\ncatch T \"trigger\":{\"timer\":{\"after\":\"P1D\"}}\ncatch M \"trigger\":{\"message\":{\"name\":\"paid\"}}\ntask A\nand J\nend E\nend F",
			flows: "S>P P>G P>A G>T G>M T>F M>J A>J J>E",
			shows: func(r rehearsal.Result) bool { return r.End == rehearsal.Stuck }},
		{name: "a message that may never come", code: "wait_without_exit",
			nodes: "start S\ntask A\ncatch M \"trigger\":{\"message\":{\"name\":\"paid\"}}\nend E", flows: "S>A A>M M>E",
			shows: func(r rehearsal.Result) bool { return r.End == rehearsal.Waiting && r.Waits[0].Node == "M" }},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			g, findings := lint.Check(draw(t, tt.nodes, tt.flows), graph.Options{})
			if g == nil {
				t.Fatal(findings)
			}
			for _, f := range findings {
				if f.Code != tt.code {
					continue
				}
				text, err := json.Marshal(f.Data["scenario"])
				if err != nil {
					t.Fatal(err)
				}
				s, err := rehearsal.Parse(text)
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				r, err := rehearsal.Play(context.Background(), []rehearsal.Definition{{Key: "planted", Graph: g}}, s, rehearsal.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if !r.Passed() || !tt.shows(r) {
					t.Errorf("the counterexample does not show it: %s\n%s %v, waits %v, failures %v", text, r.End, r.Entered, r.Waits, r.Failures)
				}
				return
			}
			t.Errorf("no %s among %v", tt.code, findings)
		})
	}
}

// TestCleanProcessesHaveNoFinding: a warning that everybody has is one that
// nobody reads.
func TestCleanProcessesHaveNoFinding(t *testing.T) {
	clean := map[string]*graph.Definition{
		"a counting loop": draw(t, "start S\nxor M\nset A \"config\":{\"set\":[{\"name\":\"n\",\"value\":{\"expr\":\"vars.n+1\"}}]}\nxor X \"default\":\"X-E\"\nend E", "S>M M>A A>X X>M?vars.n<3 X>E"),
		"a paired split":  draw(t, "start S\nor O\ntask A\ntask B\nor J\nend E", "S>O O>A?vars.a O>B A>J B>J J>E"),
		"a timed wait": draw(t, "start S\ntask A\nboundary T \"attachedTo\":\"P\",\"trigger\":{\"timer\":{\"after\":\"P1D\"}}\nsub P \"nodes\":[{\"id\":\"m\",\"kind\":\"catchEvent\",\"trigger\":{\"message\":{\"name\":\"paid\"}}}],\"flows\":[]\nend E\nend F",
			"S>A A>P P>E T>F"),
	}
	templates, err := fs.Glob(schemas.FS, "examples/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range templates {
		text, err := schemas.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if clean[path.Base(name)], err = graph.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	if len(templates) == 0 {
		t.Fatal("the examples were not found")
	}
	for name, def := range clean {
		if _, findings := lint.Check(def, graph.Options{}); len(findings) > 0 {
			t.Errorf("%s: %v", name, findings)
		}
	}
}
