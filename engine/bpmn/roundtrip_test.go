package bpmn

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// read imports a file that must not be refused.
func read(t *testing.T, text []byte) []*graph.Definition {
	t.Helper()
	r := Import(text, Options{})
	if r.Refused() {
		t.Fatalf("refused: %v", r.Findings)
	}
	return r.Definitions
}

func pretty(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestRoundTrip imports the files of several tools, exports what came of them and
// imports that: nothing may change, and a second export gives the same bytes.
func TestRoundTrip(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bpmn")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, def := range read(t, text) {
				out, err := Export(def)
				if err != nil {
					t.Fatal(err)
				}
				again := read(t, out)
				if i >= len(again) {
					t.Fatalf("%d processes came back, not %d", len(again), i+1)
				}
				if diff := cmp.Diff(pretty(t, def), pretty(t, again[i])); diff != "" {
					t.Errorf("import of the export (-first +second):\n%s\n%s", diff, out)
				}
				second, err := Export(again[i])
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(out), string(second)); diff != "" {
					t.Errorf("second export:\n%s", diff)
				}
			}
		})
	}
}

// TestOwnDefinitionsComeBack exports definitions that were drawn here: importing
// the file gives them back without anything added, and without a word.
func TestOwnDefinitionsComeBack(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.json", "gallery/*.json", "semantics/*.json"} {
		found, err := filepath.Glob("../../schemas/examples/" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".texts.json") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			def, err := graph.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			out, err := Export(def)
			if err != nil {
				t.Fatal(err)
			}
			again := Import(out, Options{})
			for _, f := range again.Findings {
				t.Errorf("%v", f)
			}
			if again.Refused() {
				t.Fatal("refused")
			}
			// A diagram has a place for everything, also for what had none.
			maps.DeleteFunc(again.Definitions[0].Layout, func(id string, _ graph.Place) bool { _, placed := def.Layout[id]; return !placed })
			if diff := cmp.Diff(pretty(t, def), pretty(t, again.Definitions[0])); diff != "" {
				t.Errorf("import of the export (-first +second):\n%s\n%s", diff, out)
			}
		})
	}
}

func TestReferencesGoThrough(t *testing.T) {
	def := &graph.Definition{Format: graph.Format, Key: "p", Name: "P", Nodes: []graph.NodeDefinition{{ID: "s", Kind: "startEvent"}}}
	want := []Reference{{"secret", "a", "A & <b>"}, {"secret", "c", "ż"}}
	first, err := Export(def, want...)
	require.NoError(t, err)
	result := Import(first, Options{})
	require.Empty(t, result.Findings)
	require.Equal(t, want, result.References)
	again, err := Export(result.Definitions[0], result.References...)
	require.NoError(t, err)
	require.Equal(t, string(first), string(again))
	bare, err := Export(result.Definitions[0])
	require.NoError(t, err)
	require.NotContains(t, string(bare), "reference", "what is called otherwise meanwhile is not kept")
}
