package script

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// elsewhere lists the rows of the constructs that the engine runs which no
// script can show, and where they are shown or why they are not.
var elsewhere = map[string]string{
	"INST-03": "every script restarts the engine at every step",
}

// TestScriptsCoverTheRows compares the rows that tests name with the rows of the
// documents: none is invented, and none of a running construct is forgotten.
func TestScriptsCoverTheRows(t *testing.T) {
	row := regexp.MustCompile(`(?m)^(?:\| )?([A-Z]+-[0-9]{2})\b`)
	name := regexp.MustCompile(`\b[A-Z]+-[0-9]{2}\b`)
	known := map[string]bool{}
	var wanted []string
	for _, file := range []string{"../../docs/semantics.md", "../../docs/catalogue.tsv"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range row.FindAllStringSubmatch(string(text), -1) {
			known[m[1]] = true
			switch prefix, _, _ := strings.Cut(m[1], "-"); prefix {
			case "SEQ", "XOR", "AND", "OR", "TMR", "ERR", "TRM", "TASK", "DATA", "INST", "SUB",
				"EVS", "ESC", "CMP", "TX", "LOOP", "MI", "ADH", "CALL", "LNK", "POOL", "REF",
				"MSG", "SIG", "EBG", "CPX", "CND", "MUL", "TOK", "NONE":
				wanted = append(wanted, m[1])
			}
		}
	}
	covered := map[string]bool{}
	for _, pattern := range []string{
		"testdata/*.txt", "../core/*_test.go", "../host/*_test.go", "../approval/*_test.go", "../bpmn/*_test.go", "../message/*_test.go", "../schedule/*_test.go",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				_, rows, has := strings.Cut(line, " covers ")
				if !has {
					continue
				}
				for _, r := range name.FindAllString(rows, -1) {
					covered[r] = true
					if !known[r] {
						t.Errorf("%s covers %s, which no document knows", file, r)
					}
				}
			}
		}
	}
	for _, r := range wanted {
		if _, excused := elsewhere[r]; covered[r] == excused {
			t.Errorf("row %s: covered by a script %v, listed as shown elsewhere %v", r, covered[r], excused)
		}
	}
}
