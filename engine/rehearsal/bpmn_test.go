package rehearsal_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/fluxo-app/fluxo/engine/bpmn"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
)

// TestRowsAsBPMN plays rows of docs/semantics.md from BPMN files: import, checks
// and engine together.
func TestRowsAsBPMN(t *testing.T) {
	const folder = "testdata/bpmn"
	text, err := os.ReadFile(filepath.Join(folder, "rows.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	played := map[string]bool{}
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		s, err := rehearsal.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		played[s.File] = true
		t.Run(s.Name, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(folder, s.File))
			if err != nil {
				t.Fatal(err)
			}
			imported := bpmn.Import(file, bpmn.Options{})
			if imported.Refused() {
				if s.Expect.End != rehearsal.Refused {
					t.Errorf("refused: %v", imported.Findings)
				}
				return
			}
			var defs []rehearsal.Definition
			for _, def := range imported.Definitions {
				g, findings := graph.Compile(def, graph.Options{})
				if g == nil {
					t.Fatal(findings)
				}
				defs = append(defs, rehearsal.Definition{Key: def.Key, Graph: g})
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
	files, err := filepath.Glob(folder + "/*.bpmn")
	if err != nil || len(files) != len(played) {
		t.Errorf("%d files, %d are played: %v", len(files), len(played), err)
	}
}
