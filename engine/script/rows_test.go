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

// covering is what one line of a test or a script says that it covers.
type covering struct{ file, names string }

// coverings reads the lines that name what is covered.
func coverings(t *testing.T, patterns ...string) []covering {
	t.Helper()
	var out []covering
	for _, pattern := range patterns {
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
				if _, names, has := strings.Cut(line, " covers "); has {
					out = append(out, covering{file: file, names: names})
				}
			}
		}
	}
	return out
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
	for _, line := range coverings(t, "testdata/*.txt", "../core/*_test.go", "../host/*_test.go", "../approval/*_test.go", "../bpmn/*_test.go",
		"../message/*_test.go", "../schedule/*_test.go") {
		for _, r := range name.FindAllString(line.names, -1) {
			covered[r] = true
			if !known[r] {
				t.Errorf("%s covers %s, which no document knows", line.file, r)
			}
		}
	}
	for _, r := range wanted {
		if _, excused := elsewhere[r]; covered[r] == excused {
			t.Errorf("row %s: covered by a script %v, listed as shown elsewhere %v", r, covered[r], excused)
		}
	}
}
