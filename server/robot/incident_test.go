package robot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/schemas"
)

// TestIncidentsHaveTexts compares the failure codes in the source with the texts
// that people read, in every language.
func TestIncidentsHaveTexts(t *testing.T) {
	raw, err := schemas.FS.ReadFile("text/incidents.json")
	require.NoError(t, err)
	var texts map[string]map[string]string
	require.NoError(t, json.Unmarshal(raw, &texts))
	for code, languages := range texts {
		for _, language := range []string{"en", "pt-BR", "pl", "ru"} {
			require.NotEmpty(t, languages[language], "%s in %s", code, language)
		}
	}
	codes := []*regexp.Regexp{
		regexp.MustCompile(`\b(?:permanent|temporary|refused?)\("([a-z]+(?:_[a-z]+)*)"`),
		regexp.MustCompile(`(?:FailureBody|robot\.Failure)\{(?:[^}\n]*\bCode: |\n\s*Code: +)"([a-z_]+)"`),
		regexp.MustCompile(`"((?:smtp|mail|webhook|call)_[a-z]+(?:_[a-z]+)*)"`),
		regexp.MustCompile(`const workerLost = "([a-z_]+)"`),
	}
	found := map[string]bool{}
	for _, pattern := range []string{"*.go", "../resolve/*.go", "../channel/mail/mail.go", "../../engine/core/*.go", "../../engine/host/*.go", "../../engine/effect/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, code := range codes {
				for _, m := range code.FindAllStringSubmatch(string(source), -1) {
					found[m[1]] = true
					if len(texts[m[1]]) == 0 {
						t.Errorf("%s in %s has no text", m[1], file)
					}
				}
			}
		}
	}
	require.Greater(t, len(found), 40, "the patterns do not find the codes any more")
	for code := range texts {
		if !found[code] {
			t.Errorf("%s is raised nowhere", code)
		}
	}
}
