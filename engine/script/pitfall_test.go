package script

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pitfalls is how many faults of other engines docs/semantics.md lists.
const pitfalls = 30

// TestScriptsCoverThePitfalls looks for a script or a test of each known fault.
func TestScriptsCoverThePitfalls(t *testing.T) {
	page, err := os.ReadFile("../../docs/semantics.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`(?m)^\| ([0-9]+) \| `).FindAllSubmatch(page, -1)
	if len(listed) != pitfalls {
		t.Fatalf("docs/semantics.md lists %d pitfalls, not %d", len(listed), pitfalls)
	}
	name := regexp.MustCompile(`\bpitfall ([0-9]+)\b`)
	covered := map[int]bool{}
	for _, line := range coverings(t, "testdata/*.txt", "../core/*_test.go") {
		for _, m := range name.FindAllStringSubmatch(line.names, -1) {
			n, err := strconv.Atoi(m[1])
			if err != nil || n < 1 || n > pitfalls {
				t.Errorf("%s covers pitfall %s, which the document does not list", line.file, m[1])
			}
			covered[n] = true
		}
	}
	for n := 1; n <= pitfalls; n++ {
		if !covered[n] {
			t.Errorf("no script shows pitfall %d", n)
		}
	}
}

// TestPoliciesAreDecided looks for the record that gives the reasons of each row
// in which we chose what the standard leaves open.
func TestPoliciesAreDecided(t *testing.T) {
	page, err := os.ReadFile("../../docs/semantics.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../docs/decisions/0*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var decided strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		decided.Write(text)
	}
	rows := regexp.MustCompile(`(?m)^\| ([A-Z]+-[0-9]{2}) .*\*\*policy\*\*`).FindAllSubmatch(page, -1)
	if len(rows) < 18 {
		t.Errorf("only %d rows are marked as policies", len(rows))
	}
	for _, row := range rows {
		if !strings.Contains(decided.String(), string(row[1])) {
			t.Errorf("row %s is a policy that no record of docs/decisions gives reasons for", row[1])
		}
	}
}
