// Command coverage writes docs/coverage.md: each row of docs/catalogue.tsv with
// the tests that name it, and the rows that no test names.
//
//	go generate ./docs/coverage
//
// A test names a row in a comment that says "covers" and the row's id.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:generate go run .

// Where the repository is and the page is written, seen from this folder.
const (
	root = "../.."
	page = "../coverage.md"
)

func main() {
	text, err := write(os.DirFS(root))
	if err == nil {
		err = os.WriteFile(page, text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type row struct {
	id, name string
	proofs   []string // files, sorted
}

var (
	mark = regexp.MustCompile(`(?://|#|\*) covers (.*)`)
	// rowID is a row of the catalog, or an idea of its last section.
	rowID = regexp.MustCompile(`\b(?:[A-Z]{1,2}-[0-9]{2}|5\.[0-9]{1,2})\b`)
)

// sections are the groups of rows by the letters of their ids.
var sections = []struct{ prefix, title string }{
	{"S", "Stages and rules"}, {"T", "Timing"}, {"R", "Robots for employees"}, {"P", "Repeat sales and planning"}, {"C", "Robots for clients"},
	{"A", "Advertising"}, {"X", "Robots of one's own"}, {"G", "Triggers"}, {"PE", "Permissions"}, {"O", "Records and events"},
	{"L", "Lists, dictionaries, fields"}, {"M", "Mail"}, {"K", "Tasks of records"}, {"Q", "Search"}, {"BP", "Business processes"},
	{"D", "Documents"}, {"RP", "Reports"}, {"E", "Goods and store"}, {"H", "Hints"}, {"B", "Exact behavior"},
	{"U", "What users miss elsewhere"}, {"5", "What nobody has"},
}

// notCopied are rows of other products that Fluxo does not have on purpose, with the reason.
var notCopied = map[string]string{
	"PE-06": "nothing depends on a tariff",
	"B-07":  "rights over records are those of roles by pipeline and stage ([rights.md](rights.md)); a process does not overwrite them",
}

// prefixOf gives the letters of a row's id.
func prefixOf(id string) string {
	prefix, _, _ := strings.Cut(strings.ReplaceAll(id, ".", "-"), "-")
	return prefix
}

// write makes the page of a repository.
func write(repository fs.FS) ([]byte, error) {
	rows, err := readRows(repository)
	if err != nil {
		return nil, err
	}
	marks, err := proofs(repository)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	shown := 0
	for i := range rows {
		known[rows[i].id] = true
		rows[i].proofs = marks[rows[i].id]
		if len(rows[i].proofs) > 0 {
			shown++
		}
	}
	for id, files := range marks {
		// Rows of docs/semantics.md have other letters and their own test.
		if !known[id] && slices.ContainsFunc(sections, func(s struct{ prefix, title string }) bool { return s.prefix == prefixOf(id) }) {
			return nil, fmt.Errorf("%s covers %s, which no row of the catalog is", files[0], id)
		}
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Coverage\n\nWritten by `go generate ./docs/coverage` from [catalogue.tsv](catalogue.tsv) and the comments of the tests that say what they cover. %d of %d rows are\n"+
		"named by a test. An open row may work in part; it counts as soon as a test shows its behavior.\n", shown, len(rows))
	for _, s := range sections {
		of := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return prefixOf(r.id) != s.prefix })
		open := slices.DeleteFunc(slices.Clone(of), func(r row) bool { return len(r.proofs) > 0 || notCopied[r.id] != "" })
		proven := slices.DeleteFunc(slices.Clone(of), func(r row) bool { return len(r.proofs) == 0 })
		fmt.Fprintf(&out, "\n## %s: %d of %d\n", s.title, len(proven), len(of))
		if len(proven) > 0 {
			fmt.Fprint(&out, "\n| Row | What | Shown by |\n|---|---|---|\n")
		}
		for _, r := range proven {
			fmt.Fprintf(&out, "| %s | %s | %s |\n", r.id, cell(r.name), links(r.proofs))
		}
		for _, r := range of {
			if why := notCopied[r.id]; why != "" {
				fmt.Fprintf(&out, "\nNot copied: %s %s (%s).\n", r.id, r.name, why)
			}
		}
		if len(open) > 0 {
			fmt.Fprint(&out, "\nOpen:\n\n")
		}
		for _, r := range open {
			fmt.Fprintf(&out, "- %s %s\n", r.id, r.name)
		}
	}
	return out.Bytes(), nil
}

// most bounds how many proofs of one row are listed.
const most = 4

func links(files []string) string {
	var out []string
	for _, f := range files[:min(most, len(files))] {
		out = append(out, fmt.Sprintf("[%s](../%s)", strings.TrimPrefix(f, "designer-ui/"), f))
	}
	if extra := len(files) - most; extra > 0 {
		out = append(out, fmt.Sprintf("%d more", extra))
	}
	return strings.Join(out, ", ")
}

// cell keeps a text inside one cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// readRows reads the rows in their order.
func readRows(repository fs.FS) ([]row, error) {
	text, err := fs.ReadFile(repository, "docs/catalogue.tsv")
	if err != nil {
		return nil, err
	}
	var rows []row
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if rowID.FindString(cells[0]) == cells[0] && len(cells) > 1 {
			rows = append(rows, row{id: cells[0], name: cells[1]})
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("the catalog has no rows")
	}
	return rows, nil
}

// proofs finds which tests name which rows.
func proofs(repository fs.FS) (map[string][]string, error) {
	found := map[string][]string{}
	err := fs.WalkDir(repository, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := filepath.Base(name)
		if d.IsDir() {
			if base == "node_modules" || base == "dist" || (strings.HasPrefix(base, ".") && base != ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !isTest(name) {
			return nil
		}
		text, err := fs.ReadFile(repository, name)
		if err != nil {
			return err
		}
		for _, m := range mark.FindAllSubmatch(text, -1) {
			for _, id := range rowID.FindAllString(string(m[1]), -1) {
				if !slices.Contains(found[id], name) {
					found[id] = append(found[id], name)
				}
			}
		}
		return nil
	})
	return found, err
}

// isTest tells whether a file holds tests: of Go, of the browser's code, stories
// in the browser, or scripts of the engine.
func isTest(name string) bool {
	for _, end := range []string{"_test.go", ".test.ts", ".test.tsx", ".e2e.mjs"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.HasPrefix(name, "engine/script/testdata/") && strings.HasSuffix(name, ".txt")
}
