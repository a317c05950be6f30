package rehearsal_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/schemas"
)

// TestTemplatesPassTheirScenarios: whoever begins with a template begins with one
// that does what it says, on its good way and on a bad one.
func TestTemplatesPassTheirScenarios(t *testing.T) {
	files, err := fs.Glob(schemas.FS, "examples/gallery/*.json")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, name := range files {
		if strings.HasSuffix(name, ".texts.json") {
			continue
		}
		played++
		t.Run(path.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(schemas.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			def, err := graph.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			g, findings := lint.Check(def, graph.Options{})
			if g == nil || len(findings) > 0 {
				t.Fatal(findings)
			}
			if len(def.Scenarios) < 2 {
				t.Errorf("%d scenarios: at least a good and a bad way are wanted", len(def.Scenarios))
			}
			seen := map[string]bool{}
			for _, raw := range def.Scenarios {
				s, err := rehearsal.Parse(raw)
				if err != nil {
					t.Fatal(err)
				}
				r, err := rehearsal.Play(t.Context(), []rehearsal.Definition{{Key: def.Key, Name: def.Name, Graph: g}}, s, rehearsal.Options{})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range r.Failures {
					t.Errorf("%s, step %d: %s", r.Scenario, f.Step, f.Message)
				}
				for _, n := range r.Entered {
					seen[n] = true
				}
			}
			for i := range def.Nodes {
				if id := def.Nodes[i].ID; !seen[id] {
					t.Errorf("no scenario comes to %s (%s)", id, def.Nodes[i].Name)
				}
			}
		})
	}
	if played < 11 {
		t.Errorf("only %d templates were found", played)
	}
}
