package problem_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	table "github.com/fluxo-app/fluxo/schemas/errors"
	"github.com/fluxo-app/fluxo/server/problem"
)

func TestTableSpeaksEveryLanguageWithTheSamePlaceholders(t *testing.T) {
	var doc struct {
		Languages []string
		Errors    []struct {
			Code         string
			Status       int
			Text, Remedy map[string]string
		}
	}
	if err := json.Unmarshal(table.Table, &doc); err != nil {
		t.Fatal(err)
	}
	holes := regexp.MustCompile(`\{\w+\}`)
	find := func(s string) []string { f := holes.FindAllString(s, -1); slices.Sort(f); return f }
	seen := map[string]bool{}
	for _, e := range doc.Errors {
		if seen[e.Code] {
			t.Errorf("%s is twice in the table", e.Code)
		}
		seen[e.Code] = true
		for _, language := range doc.Languages {
			if e.Text[language] == "" {
				t.Errorf("%s has no text in %s", e.Code, language)
			}
			if !slices.Equal(find(e.Text["en"]), find(e.Text[language])) {
				t.Errorf("%s: placeholders differ in %s", e.Code, language)
			}
			// Codes without a status are places in a request; "validation" carries the remedy.
			if (e.Remedy != nil || e.Status != 0) && e.Remedy[language] == "" {
				t.Errorf("%s has no remedy in %s", e.Code, language)
			}
		}
	}
}

func TestProblemFillsPlaceholders(t *testing.T) {
	p := problem.New("already_decided", "outcome", "approve", "by", "Henrik")
	if got := p.Text("en"); got != "This task was already decided: approve, by Henrik." {
		t.Error(got)
	}
	if p.Status() != 409 {
		t.Error(p.Status())
	}
}
