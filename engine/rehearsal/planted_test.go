package rehearsal_test

import (
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

// process is a definition as a tree, to plant faults in.
type process map[string]any

func (p process) list(member string) []map[string]any {
	all, _ := p[member].([]any)
	out := make([]map[string]any, 0, len(all))
	for _, one := range all {
		out = append(out, one.(map[string]any))
	}
	return out
}

// plant reads a template anew and changes it; nil when it has no place for the fault.
func plant(t *testing.T, text []byte, fault func(p process) bool) *graph.Definition {
	t.Helper()
	var p process
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	delete(p, "scenarios")
	if !fault(p) {
		return nil
	}
	changed, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	def, err := graph.Parse(changed)
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// TestFaultsPlantedInTemplatesAreFound takes the templates of the gallery, which have
// no finding, and plants faults in each: all are found, and what may hang is shown by a
// run that does hang.
//
// covers 5.4
func TestFaultsPlantedInTemplatesAreFound(t *testing.T) {
	files, err := fs.Glob(schemas.FS, "examples/gallery/*.json")
	if err != nil {
		t.Fatal(err)
	}
	last := func(p process) map[string]any { // a flow that leads to an end
		ends := map[any]bool{}
		for _, n := range p.list("nodes") {
			ends[n["id"]] = n["kind"] == "endEvent"
		}
		for _, f := range p.list("flows") {
			if ends[f["to"]] && f["port"] == nil && f["when"] == nil {
				return f
			}
		}
		return nil
	}
	put := func(p process, nodes, flows string) {
		for member, more := range map[string]string{"nodes": nodes, "flows": flows} {
			var list []any
			if err := json.Unmarshal([]byte(more), &list); err != nil {
				t.Fatal(err)
			}
			p[member] = append(p[member].([]any), list...)
		}
	}
	// into leads the way to an end through what is planted: from in to out.
	into := func(nodes, flows, in, out string) func(p process) bool {
		return func(p process) bool {
			f := last(p)
			if f == nil {
				return false
			}
			end := f["to"]
			f["to"] = in
			put(p, nodes, strings.ReplaceAll(flows, "END", fmt.Sprint(end)))
			put(p, "[]", fmt.Sprintf(`[{"id":"planted-out","from":%q,"to":%q}]`, out, end))
			return true
		}
	}
	faults := []struct {
		code  string
		plant func(p process) bool
		shows func(rehearsal.Result) bool // nil: it is no matter of a run
	}{
		{"starved_join", into(`[{"id":"px","kind":"exclusiveGateway","default":"p2"},{"id":"pa","kind":"userTask"},{"id":"pb","kind":"userTask"},{"id":"pj","kind":"parallelGateway"}]`,
			`[{"id":"p1","from":"px","to":"pa","when":"1 > 2"},{"id":"p2","from":"px","to":"pb"},{"id":"p3","from":"pa","to":"pj"},{"id":"p4","from":"pb","to":"pj"}]`, "px", "pj"),
			func(r rehearsal.Result) bool { return r.End == rehearsal.Stuck }},
		{"wait_without_exit", into(`[{"id":"pm","kind":"catchEvent","trigger":{"message":{"name":"never"}}}]`, `[]`, "pm", "pm"),
			func(r rehearsal.Result) bool { return r.End == rehearsal.Waiting }},
		{"loop_without_wait", into(`[{"id":"pm","kind":"exclusiveGateway"},{"id":"pt","kind":"task"},{"id":"px","kind":"exclusiveGateway","default":"planted-out"}]`,
			`[{"id":"p1","from":"pm","to":"pt"},{"id":"p2","from":"pt","to":"px"},{"id":"p3","from":"px","to":"pm","when":"1 > 2"}]`, "pm", "px"),
			func(r rehearsal.Result) bool { return strings.Count(strings.Join(r.Entered, " "), "pt") >= 3 }},
		{"repeated_merge", into(`[{"id":"pp","kind":"parallelGateway"},{"id":"pa","kind":"userTask"},{"id":"pb","kind":"userTask"},{"id":"pc","kind":"userTask"}]`,
			`[{"id":"p1","from":"pp","to":"pa"},{"id":"p2","from":"pp","to":"pb"},{"id":"p3","from":"pa","to":"pc"},{"id":"p4","from":"pb","to":"pc"}]`, "pp", "pc"),
			func(r rehearsal.Result) bool { return strings.Count(strings.Join(r.Completed, " "), "pc") == 2 }},
		{"unreachable_node", func(p process) bool {
			put(p, `[{"id":"pa","kind":"userTask"},{"id":"pb","kind":"userTask"}]`, `[{"id":"p1","from":"pa","to":"pb"},{"id":"p2","from":"pb","to":"pa"}]`)
			return true
		}, nil},
		{"variable_never_set", func(p process) bool {
			variables, _ := p["variables"].([]any)
			p["variables"] = append(variables, map[string]any{"name": "planted", "type": "string"})
			return into(`[{"id":"px","kind":"exclusiveGateway","default":"p2"},{"id":"pa","kind":"userTask"},{"id":"pm","kind":"exclusiveGateway"}]`,
				`[{"id":"p1","from":"px","to":"pa","when":"vars.planted == \"yes\""},{"id":"p2","from":"px","to":"pm"},{"id":"p3","from":"pa","to":"pm"}]`, "px", "pm")(p)
		}, nil},
	}
	found, shown := map[string]int{}, map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, ".texts.json") {
			continue
		}
		text, err := fs.ReadFile(schemas.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := graph.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		first, err := rehearsal.Parse(whole.Scenarios[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults {
			def := plant(t, text, fault.plant)
			if def == nil {
				continue
			}
			name := path.Base(file) + ": " + fault.code
			g, findings := lint.Check(def, graph.Options{})
			if g == nil {
				t.Errorf("%s: refused: %v", name, findings)
				continue
			}
			hit := -1
			for i, f := range findings {
				if f.Code == fault.code {
					hit = i
				}
			}
			if hit < 0 {
				t.Errorf("%s is not found among %v", name, findings)
				continue
			}
			found[fault.code]++
			if fault.shows == nil {
				continue
			}
			shown[fault.code]++
			scenario, err := json.Marshal(findings[hit].Data["scenario"])
			if err != nil {
				t.Fatal(err)
			}
			s, err := rehearsal.Parse(scenario)
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, scenario)
			}
			s.People = first.People // it is played where there are people
			r, err := rehearsal.Play(t.Context(), []rehearsal.Definition{{Key: def.Key, Graph: g}}, s, rehearsal.Options{})
			if err != nil {
				t.Fatal(name, err)
			}
			if r.End == rehearsal.Incident && len(r.Incidents) > 0 && r.Incidents[0].Code == "bad_items" {
				shown[fault.code]--
				continue // it is about a list that a person has to give first
			}
			if !r.Passed() || !fault.shows(r) {
				t.Errorf("%s: the counterexample does not show it: %s\n%s, waits %v, failures %v", name, scenario, r.End, r.Waits, r.Failures)
			}
		}
	}
	for _, fault := range faults {
		if found[fault.code] < 5 {
			t.Errorf("%s was planted in %d templates only", fault.code, found[fault.code])
		}
		if fault.shows != nil && shown[fault.code] < 5 {
			t.Errorf("%s was shown in %d templates only", fault.code, shown[fault.code])
		}
	}
}
