package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
)

func definitions(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(examples, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names
}

// TestPicturesAreCommitted draws every definition again and looks for pictures
// of definitions that are gone. go generate ./docs/drawing writes them.
func TestPicturesAreCommitted(t *testing.T) {
	known := map[string]bool{}
	for _, name := range definitions(t) {
		want, err := drawFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file := pictureOf(name)
		known[file] = true
		if got, err := os.ReadFile(filepath.Join(pictures, file)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the picture of %s: run go generate ./docs/drawing", file, name)
		}
	}
	left, err := filepath.Glob(filepath.Join(pictures, "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range left {
		if !known[filepath.Base(file)] {
			t.Errorf("%s shows no definition: delete it", file)
		}
	}
}

// TestEveryKindIsExplained looks for the section, the picture and the command of
// each kind, and for examples that the page does not show.
func TestEveryKindIsExplained(t *testing.T) {
	text, err := os.ReadFile("../semantics.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	shown := func(name string) error {
		for _, want := range []string{
			fmt.Sprintf("(images/semantics/%s.svg)", name),
			fmt.Sprintf("`fluxo rehearse schemas/examples/semantics/%s.json`", name),
		} {
			if !strings.Contains(page, want) {
				return fmt.Errorf("docs/semantics.md lacks %s", want)
			}
		}
		return nil
	}
	for _, key := range kind.Keys() {
		if !strings.Contains(page, "\n### 9.") || !strings.Contains(page, "(`"+key+"`)\n") {
			t.Errorf("docs/semantics.md has no section of %s", key)
		}
		if err := shown(key); err != nil {
			t.Error(err)
		}
		def := parse(t, filepath.Join(examples, key+".json"))
		if !uses(def.Nodes, key) {
			t.Errorf("the example of %s holds none", key)
		}
	}
	for _, name := range definitions(t) {
		if err := shown(strings.TrimSuffix(filepath.Base(name), ".json")); err != nil {
			t.Error(err)
		}
	}
}

func uses(nodes []graph.NodeDefinition, key string) bool {
	for i := range nodes {
		if nodes[i].Kind == key || uses(nodes[i].Nodes, key) {
			return true
		}
	}
	return false
}

func parse(t *testing.T, name string) *graph.Definition {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	def, err := graph.Parse(text)
	if err != nil {
		t.Fatal(name, err)
	}
	return def
}

// TestExamplesDoWhatTheySay plays the scenarios of every example; each has at
// least one that expects something.
func TestExamplesDoWhatTheySay(t *testing.T) {
	for _, name := range definitions(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			def := parse(t, name)
			g, findings := graph.Compile(def, graph.Options{})
			if g == nil || len(findings) > 0 {
				t.Fatal(findings)
			}
			if len(def.Scenarios) == 0 {
				t.Error("it has no scenario")
			}
			for i, raw := range def.Scenarios {
				s, err := rehearsal.Parse(raw)
				if err != nil {
					t.Fatal(i, err)
				}
				if s.Name == "" || s.Expect == nil {
					t.Errorf("scenario %d has no name or expects nothing", i)
				}
				r, err := rehearsal.Play(context.Background(), []rehearsal.Definition{{Key: def.Key, Name: def.Name, Graph: g}}, s, rehearsal.Options{})
				if err != nil {
					t.Fatal(s.Name, err)
				}
				for _, f := range r.Failures {
					t.Errorf("%s: step %d %s %s", s.Name, f.Step, f.Path, f.Message)
				}
			}
		})
	}
}
