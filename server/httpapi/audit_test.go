package httpapi

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/schemas"
)

func TestDetailsBecomeChanges(t *testing.T) {
	for name, c := range map[string]struct{ detail, want, called string }{
		"nothing":        {``, `[]`, ""},
		"no object":      {`[1]`, `[]`, ""},
		"before, after":  {`{"before":{"name":"Ana","role":"member","rev":1},"after":{"name":"Ana","role":"operator","rev":2}}`, `[{"field":"role","before":"member","after":"operator"}]`, "Ana"},
		"new":            {`{"after":{"title":"X","tags":[],"n":12345678901234567890}}`, `[{"field":"n","before":null,"after":12345678901234567890},{"field":"title","before":null,"after":"X"}]`, "X"},
		"gone":           {`{"before":{"login":"ana"}}`, `[{"field":"login","before":"ana","after":null}]`, "ana"},
		"plain members":  {`{"detail":"why"}`, `[{"field":"detail","before":null,"after":"why"}]`, ""},
		"stage of deal":  {`{"card":{"title":"Machines"},"pipeline":"sales","from":"new","to":"won","fromName":"New","toName":"Won","note":"signed"}`, `[{"field":"stage","before":"New","after":"Won"},{"field":"note","before":null,"after":"signed"}]`, "Machines"},
		"fields of deal": {`{"card":{"title":"Machines"},"changes":{"amount":{"before":1,"after":2}}}`, `[{"field":"amount","before":1,"after":2}]`, "Machines"},
	} {
		got := toldBy(json.RawMessage(c.detail))
		text, err := json.Marshal(got.changes)
		require.NoError(t, err, name)
		require.JSONEq(t, c.want, string(text), name)
		require.Equal(t, c.called, got.name, name)
	}
}

// TestActionsHaveNames compares the kinds of events in the source, which are the
// actions of the trail, with the names that people read.
func TestActionsHaveNames(t *testing.T) {
	raw, err := schemas.FS.ReadFile("text/actions.json")
	require.NoError(t, err)
	var names map[string]map[string]string
	require.NoError(t, json.Unmarshal(raw, &names))
	for action, texts := range names {
		for _, language := range languages {
			require.NotEmpty(t, texts[language], "%s in %s", action, language)
		}
	}
	kinds := []*regexp.Regexp{
		regexp.MustCompile(`(?:\bevent|NewEvent|\.note)\([^"\n]*"([A-Za-z.]+)"`),
		regexp.MustCompile(`\bkind\b.* :?= (?:[^"\n]*, )?"([A-Za-z.]+)"`),
		regexp.MustCompile(`(?:Event[A-Z]\w+|Record(?:Created|Changed|StageChanged|Deleted|Restored)) += "([A-Za-z.]+)"`),
	}
	found := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "docstore") ||
			filepath.Base(path) == "timeline.go" { // a record's timeline is not part of the trail
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(source), "docstore.") {
			return err
		}
		for _, kind := range kinds {
			for _, m := range kind.FindAllStringSubmatch(string(source), -1) {
				if strings.HasSuffix(m[1], ".") { // the first word of several, below
					continue
				}
				found++
				require.NotEmpty(t, names[m[1]], "%s in %s", m[1], path)
			}
		}
		return nil
	}))
	require.Greater(t, found, 25, "the patterns do not find the actions any more")
	for _, action := range []string{"retry", "skip", "resend", "drop", "move", "place", "plan", "fire", "cancelScope", "cancel", "suspend", "resume", "setVariables", "migrate", "dropEvent", "assign"} {
		require.Contains(t, names, "run."+action)
	}
	for _, action := range []string{"suspended", "resumed", "repair.started", "repair.canceled", "repair.takenBack", "timers.moved", "tasks.handedOn", "runs.removed"} {
		require.Contains(t, names, action)
	}
}
