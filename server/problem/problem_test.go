package problem_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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

func TestWhatIsNotFoundIsNamedInTheLanguage(t *testing.T) {
	for language, want := range map[string]string{"en": "There is no such process.", "pl": "Nie znaleziono: proces.", "pt-BR": "Não encontrado: processo.", "ru": "Не найдено: процесс."} {
		require.Equal(t, want, problem.NotFound("process").Text(language))
	}
	require.Equal(t, "Nie znaleziono: shipment.", problem.NotFound("shipment").Text("pl"), "an own type keeps its key")
}

// Every noun of the source has its name in every language.
func TestNounsAreNamed(t *testing.T) {
	literal := regexp.MustCompile(`problem\.NotFound\("([^"]+)"\)`)
	found := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range literal.FindAllStringSubmatch(string(source), -1) {
			found++
			for _, language := range []string{"pl", "ru"} {
				if text := problem.NotFound(m[1]).Text(language); m[1] != "robot" && m[1] != "token" && m[1] != "webhook" && strings.Contains(text, " "+m[1]+".") {
					t.Errorf("%s: %q has no name in %s", path, m[1], language)
				}
			}
		}
		return err
	}))
	require.Greater(t, found, 30, "the pattern finds the nouns no more")
}

// Messages of places are written in English; other languages have the nearest of the
// table, with the same words and numbers in it.
func TestMessagesOfPlacesAreTranslated(t *testing.T) {
	for _, c := range []struct{ message, language, want string }{
		{"this must not be empty", "ru", "поле не может быть пустым"},
		{"this must not be empty", "en", "this must not be empty"},
		{"there is no such product", "pl", "nie ma takiego produktu"},
		{"there is no such yacht", "pl", "nie ma takiego obiektu: yacht"},
		{`the stage "New \"A\"" still holds 12 records; move them first`, "pt-BR", "a etapa “New \"A\"” ainda tem 12 registros; mova-os primeiro"},
		{"300 characters; at most 255 are allowed", "ru", "символов: 300; допускается не более 255"},
		{"nobody has written this", "ru", "nobody has written this"},
	} {
		require.Equal(t, c.want, problem.Field{Code: "invalid", Message: c.message}.Words(c.language))
	}
}
