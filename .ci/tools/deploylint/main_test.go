package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../../.."

// broken writes a changed copy of a file of deploy/ beside the original's place
// in a copy of the folder, so that its relative paths stay right.
func broken(t *testing.T, name, old, with string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not contain %q any more", name, old)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, with, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMistakesAreFound(t *testing.T) {
	for _, c := range []struct{ old, with, want string }{
		{"COPY schemas", "COPY schemaz", "schemaz"},
		{"--from=ui", "--from=uu", "no such stage"},
		{"WORKDIR /data", "WORKDRI /data", "unknown instruction"},
	} {
		if _, err := dockerfile(broken(t, "Dockerfile", c.old, c.with), root); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.with, err)
		}
	}
	for _, c := range []struct{ old, with, want string }{
		{"depends_on:", "dependson:", "dependson"},
		{"mongo:\n        condition", "mongoo:\n        condition", "mongoo"},
		{"mongo-data:/data/db", "mongodata:/data/db", "mongodata"},
		{`"8025:8025"`, `"8080:8025"`, "8080"},
		{"mongo:8", "mongo", "no version"},
	} {
		if _, err := compose(t.Context(), broken(t, "compose.yaml", c.old, c.with)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.with, err)
		}
	}
	if err := known([]string{"FLUXO_LISTEN", "FLUXO_OUTGOING_ALLOW", "FLUXO_DATA_DIR", "HOME"}, root); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"FLUXO_LISSEN", "FLUXO_OUTGOING_ALOW"} {
		if known([]string{name}, root) == nil {
			t.Errorf("%s is taken for a setting", name)
		}
	}
}
