package rehearsal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/schemas"
)

// load compiles a definition of testdata.
func load(t *testing.T, name string) rehearsal.Definition {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	def, err := graph.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	g, findings := graph.Compile(def, graph.Options{})
	if g == nil {
		t.Fatal(findings)
	}
	return rehearsal.Definition{Key: def.Key, Name: def.Name, Graph: g}
}

func play(t *testing.T, scenario string, defs ...rehearsal.Definition) rehearsal.Result {
	t.Helper()
	s, err := rehearsal.Parse([]byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	r, err := rehearsal.Play(context.Background(), defs, s, rehearsal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestScenarios plays every line of testdata/*.jsonl over the definition of the
// same name: each states what it expects.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scenarios, err := rehearsal.ParseAll(text)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		defs := []rehearsal.Definition{load(t, name+".json")}
		others, err := filepath.Glob("testdata/" + name + "-*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range others {
			defs = append(defs, load(t, filepath.Base(other)))
		}
		for _, s := range scenarios {
			t.Run(name+"/"+s.Name, func(t *testing.T) {
				if s.Expect == nil {
					t.Fatal("the scenario expects nothing")
				}
				r, err := rehearsal.Play(context.Background(), defs, s, rehearsal.Options{})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range r.Failures {
					t.Errorf("step %d %s: %s", f.Step, f.Path, f.Message)
				}
			})
		}
	}
}

// TestSchemaDescribesScenarios compares the schema with what Parse takes.
func TestSchemaDescribesScenarios(t *testing.T) {
	text, err := schemas.FS.ReadFile("definition/scenario-1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("fluxo:scenario", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("fluxo:scenario")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile("testdata/order.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, line := range append(strings.Split(strings.TrimSpace(string(lines)), "\n"),
		`{"steps":[{}]}`, `{"steps":[{"complete":"a","hold":"b"}]}`, `{"step":[]}`, `{"steps":[{"advance":{}}]}`, `{"expect":{"entered":{}}}`,
		`{"steps":[{"choose":{"node":"x","flows":[]}}]}`, `{"steps":[{"advance":{"to":"2026-02-01T00:00:00Z"}}]}`, `{"hold":{"node":"a"}}`) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		_, parseErr := rehearsal.Parse([]byte(line))
		if schemaErr := schema.Validate(value); (schemaErr == nil) != (parseErr == nil) {
			t.Errorf("%s: schema says %v, Parse says %v", line, schemaErr, parseErr)
		}
		checked++
	}
	if checked < 20 {
		t.Errorf("only %d scenarios were compared", checked)
	}
}

func TestSameScenarioGivesTheSameBytes(t *testing.T) {
	order := load(t, "order.json")
	const scenario = `{"start":{"variables":{"amount":5}},"steps":[{"advance":"P10D"}]}`
	first, err := json.Marshal(play(t, scenario, order))
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(play(t, scenario, order))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("two rehearsals differ:\n%s\n%s", first, second)
	}
}

func TestFailedExpectationsSayWhatHappened(t *testing.T) {
	order := load(t, "order.json")
	for name, want := range map[string]string{
		`{"steps":[{"complete":"check"}],"expect":{"end":"failed"}}`:                                    "other_end: the run is completed, not failed",
		`{"expect":{"completed":["check"]}}`:                                                            "other_way: completed: wanted check, got check, ship",
		`{"expect":{"completed":{"anyOrder":["ship"]}}}`:                                                "other_way: completed: wanted ship, got check, ship",
		`{"expect":{"waits":["check"]}}`:                                                                "other_waits: waits: wanted check, got nothing",
		`{"expect":{"notEntered":["ship"]}}`:                                                            "was_entered: ship was entered",
		`{"expect":{"variables":{"amount":7}}}`:                                                         "other_value: amount is 0, not 7",
		`{"expect":{"sent":[{"robot":"parcel.send","count":2}]}}`:                                       "other_number_sends: 1 of parcel.send were sent, not 2",
		`{"expect":{"runs":[{"process":"order","end":"completed","count":0}]}}`:                         "other_number_runs: 1 runs of order completed, not 0",
		`{"steps":[{"trigger":"late"}]}`:                                                                "not_open: late cannot be triggered now",
		`{"steps":[{"complete":"nobody"}]}`:                                                             "no_node: there is no node nobody",
		`{"steps":[{"complete":"check"},{"complete":"check"}]}`:                                         "answer_left: the answer for check was never needed",
		`{"hold":["check"],"steps":[{"complete":{"node":"check","refused":true}}]}`:                     "not_refused: check should refuse an answer",
		`{"steps":[{"choose":{"node":"big","flows":["f5"]}},{"choose":{"node":"big","flows":["f5"]}}]}`: "choices_left: 1 of the choices for big were never asked for",
	} {
		r := play(t, name, order)
		var all []string
		for _, f := range r.Failures {
			all = append(all, f.Code+": "+f.Message)
		}
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("%s: want %q in %q", name, want, all)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"steps":[{}]}`: "holds 0 actions",
		`{"steps":[{"complete":"a","hold":"b"}]}`:         "holds 2 actions",
		`{"steps":[{"advance":"1 day"}]}`:                 "/steps/0/advance",
		`{"steps":[{"answer":{"node":"a","delay":"x"}}]}`: "/steps/0/delay",
		`{"step":[]}`:               "unknown field",
		`{"format":"other@1"}`:      "is not fluxo/scenario@1",
		`{"zone":"Mars/Olympus"}`:   "is not known",
		`{"expect":{"entered":{}}}`: "exactly one of inOrder and anyOrder",
		`{} {}`:                     "one scenario on a line",
		`{"steps":[{"choose":{"node":"x","flows":[]}}]}`: "name at least one flow",
		`nothing`: "invalid character",
	} {
		if _, err := rehearsal.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", text, want, err)
		}
	}
	if _, err := rehearsal.ParseAll([]byte("{}\n{\"a\":1}\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("the line of a mistake is not told: %v", err)
	}
}
