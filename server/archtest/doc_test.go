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

// TestNoConflictIsLeftInPages: a compiler finds what a merge left in code, and
// nothing finds it in a page.
func TestNoConflictIsLeftInPages(t *testing.T) {
	root := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, strings.Repeat("<", 7)+" ") || strings.HasPrefix(line, strings.Repeat(">", 7)+" ") {
				t.Errorf("%s:%d: a conflict of a merge is left", path, n+1)
			}
		}
	}
	if len(pages) < 20 {
		t.Fatalf("only %d pages found", len(pages))
	}
}
