package archtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/graph/kind"
	"github.com/fluxo-app/fluxo/schemas/node"
)

// TestKindsAndRobotsAreInAllTheirPlaces keeps what docs/add-a-node-kind.md says:
// its places exist, their number is the stated one, and each kind and robot is
// in all of them.
func TestKindsAndRobotsAreInAllTheirPlaces(t *testing.T) {
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	page := read("docs", "add-a-node-kind.md")
	_, kinds, found := strings.Cut(page, "## A kind: four places")
	if !found {
		t.Fatal("the page does not say any more that a kind has four places")
	}
	row := regexp.MustCompile("(?m)^\\| [0-9]+ \\| `([^`]+)` \\|")
	if places := row.FindAllString(kinds, -1); len(places) != 4 {
		t.Errorf("the page lists %d places of a kind, not four", len(places))
	}
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join("..", "..", m[1])); err != nil {
			t.Errorf("the page names a place that is gone: %v", err)
		}
	}

	var format struct {
		Defs struct {
			Node struct {
				Properties struct {
					Kind struct {
						Enum []string `json:"enum"`
					} `json:"kind"`
				} `json:"properties"`
			} `json:"node"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(read("schemas", "definition", "process-1.schema.json")), &format); err != nil {
		t.Fatal(err)
	}
	looks := read("designer-ui", "src", "lib", "process", "kinds.ts")
	for _, key := range kind.Keys() {
		k, known := kind.Of(key)
		if !known || !slices.Contains(format.Defs.Node.Properties.Kind.Enum, key) {
			t.Errorf("the kind %s is not in engine/graph/kind and the format", key)
		}
		if key == "robot" { // a robot's schema and look are its own
			continue
		}
		if _, has := node.Schema(key); !has {
			t.Errorf("the kind %s has no schema in schemas/node", key)
		}
		// An activity without a look of its own is a card with its schema's icon.
		if k.Role != kind.Activity && !regexp.MustCompile(`\b`+key+`\b`).MatchString(looks) {
			t.Errorf("the kind %s has no look in designer-ui/src/lib/process/kinds.ts", key)
		}
	}

	var performers strings.Builder
	files, err := filepath.Glob(filepath.Join("..", "robot", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			performers.WriteString(read("server", "robot", filepath.Base(f)))
		}
	}
	described := regexp.MustCompile(`describe\("([a-zA-Z.]+)"`).FindAllStringSubmatch(performers.String(), -1)
	var keys []string
	for _, m := range described {
		keys = append(keys, m[1])
	}
	for _, key := range node.Keys() {
		if _, control := kind.Of(key); !control && !slices.Contains(keys, key) {
			t.Errorf("the robot %s has a schema and no performer in server/robot", key)
		}
	}
	for _, key := range keys {
		if _, has := node.Schema(key); !has {
			t.Errorf("the robot %s has a performer and no schema in schemas/node", key)
		}
	}
}
