package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// TestPageIsCommitted writes the page again. go generate ./docs/coverage writes it.
func TestPageIsCommitted(t *testing.T) {
	want, err := write(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(page); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/coverage.md is not what the tests name: run go generate ./docs/coverage (%v)", err)
	}
}

func TestPageTellsShownFromOpen(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	repository := fstest.MapFS{
		"docs/catalogue.tsv": file("id\tname\twhat\nT-01\tAt once\tx\nT-02\tAfter\tx\n5.3\tWhy | not\tx\n"),
		"server/a_test.go":   file("// Test says it.\n//\n// " + "covers T-01, 5.3\n"),
		"server/a.go":        file("// " + "covers T-02\n"), // no test
	}
	got, err := write(repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 of 3 rows", "| T-01 | At once | [server/a_test.go](../server/a_test.go) |", "- T-02 After\n", `| 5.3 | Why \| not |`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the page lacks %q:\n%s", want, got)
		}
	}
	repository["server/b_test.go"] = file("// " + "covers T-99\n")
	if _, err := write(repository); err == nil || !strings.Contains(err.Error(), "T-99") {
		t.Errorf("an unknown row: %v", err)
	}
}
