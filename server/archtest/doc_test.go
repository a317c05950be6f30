package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEnginePackagesSayWhereToBegin: a newcomer goes from the map of the
// architecture into any package and finds there what it is for and which file to
// open first.
func TestEnginePackagesSayWhereToBegin(t *testing.T) {
	engine := filepath.Join("..", "..", "engine")
	folders, err := os.ReadDir(engine)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	page, seen := string(text), 0
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		seen++
		if !strings.Contains(page, "(../engine/"+f.Name()+"/doc.go)") {
			t.Errorf("docs/architecture.md does not lead to engine/%s/doc.go", f.Name())
		}
		doc, err := os.ReadFile(filepath.Join(engine, f.Name(), "doc.go"))
		if err != nil {
			t.Errorf("engine/%s has no doc.go", f.Name())
			continue
		}
		if words := strings.ToLower(string(doc)); !strings.Contains(words, "entry points") && !strings.Contains(words, "reading order") {
			t.Errorf("engine/%s/doc.go does not say where to begin", f.Name())
		}
	}
	if seen < 15 {
		t.Fatalf("only %d packages found", seen)
	}
}
