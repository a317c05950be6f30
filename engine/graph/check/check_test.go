package check_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/check"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/schemas"
	"github.com/fluxo-app/fluxo/schemas/node"
)

func options() graph.Options {
	var robots []robot.Descriptor
	for _, key := range node.Keys() {
		if _, control := kind.Of(key); !control {
			robots = append(robots, robot.Descriptor{Key: key})
		}
	}
	return check.New(check.Parts{Schema: node.Schema, Robots: robots, Compiler: expr.New(expr.Options{})})
}

func shape(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schemas.FS.ReadFile("definition/process-1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("process", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("process")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(s *jsonschema.Schema, text []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	names, err := fs.Glob(schemas.FS, dir+"/*.json")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names
}

func TestExamplesHaveNoFindings(t *testing.T) {
	s, opts := shape(t), options()
	for _, name := range files(t, "examples") {
		t.Run(path.Base(name), func(t *testing.T) {
			text, _ := schemas.FS.ReadFile(name)
			if err := fits(s, text); err != nil {
				t.Error(err)
			}
			def, err := graph.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, findings := lint.Check(def, opts); len(findings) > 0 {
				t.Errorf("%+v", findings)
			}
			for _, n := range def.Nodes {
				if len(def.Layout[n.ID].At) != 2 {
					t.Errorf("%s is not placed", n.ID)
				}
			}
		})
	}
}

func TestInvalidDefinitionsGiveTheirFindings(t *testing.T) {
	type finding struct{ Code, Path, Severity string }
	s, opts := shape(t), options()
	for _, name := range files(t, "invalid") {
		t.Run(strings.TrimSuffix(path.Base(name), ".json"), func(t *testing.T) {
			raw, _ := schemas.FS.ReadFile(name)
			var file struct {
				Story, Text, Shape string
				Definition         json.RawMessage
				Findings           []finding
			}
			if err := json.Unmarshal(raw, &file); err != nil {
				t.Fatal(err)
			}
			text := []byte(file.Text)
			if len(file.Definition) > 0 {
				text = file.Definition
			}
			if err := fits(s, text); (err == nil) != (file.Shape == "valid") {
				t.Errorf("shape should be %s: %v", file.Shape, err)
			}
			var found []graph.Finding
			def, err := graph.Parse(text)
			var malformed *graph.DecodeError
			switch {
			case errors.As(err, &malformed):
				found = malformed.Problems
			case err != nil:
				t.Fatal(err)
			default:
				var g *graph.Graph
				g, found = lint.Check(def, opts)
				if (g == nil) != graph.HasErrors(found) {
					t.Errorf("graph %v with findings %+v", g != nil, found)
				}
			}
			var got []finding
			for _, f := range found {
				got = append(got, finding{f.Code, f.Path, string(f.Severity)})
				if f.Message == "" {
					t.Errorf("%s has no message", f.Code)
				}
			}
			if diff := cmp.Diff(file.Findings, got); diff != "" {
				t.Errorf("%s: findings (-want +got):\n%s\n%+v", file.Story, diff, found)
			}
		})
	}
}

// TestFindingsHaveTexts compares the codes in the source with the texts that
// people read, and the parts that a text names with the data of real findings.
func TestFindingsHaveTexts(t *testing.T) {
	raw, err := schemas.FS.ReadFile("finding/findings.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`"([a-z]+(?:_[a-z]+)+|malformed)"`)
	part := regexp.MustCompile(`{{(\w+)}}`)
	for _, pattern := range []string{"../*.go", "../lint/*.go", "../check/check.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range literal.FindAllStringSubmatch(string(source), -1) {
				if texts[m[1]] == nil {
					t.Errorf("%s: no text for %s", file, m[1])
				}
			}
		}
	}
	for code, languages := range texts {
		for _, language := range []string{"en", "pt-BR", "pl", "ru"} {
			if languages[language] == "" {
				t.Errorf("%s has no text in %s", code, language)
			}
			if want, got := part.FindAllString(languages["en"], -1), part.FindAllString(languages[language], -1); !slices.Equal(want, got) {
				t.Errorf("%s names %v in %s, %v in English", code, got, language, want)
			}
		}
	}
	opts := options()
	for _, name := range files(t, "invalid") {
		raw, _ := schemas.FS.ReadFile(name)
		var file struct{ Definition json.RawMessage }
		if json.Unmarshal(raw, &file) != nil || file.Definition == nil {
			continue
		}
		def, err := graph.Parse(file.Definition)
		if err != nil {
			continue
		}
		_, found := lint.Check(def, opts)
		for _, f := range found {
			for _, p := range part.FindAllStringSubmatch(texts[f.Code]["en"], -1) {
				if f.Data[p[1]] == nil {
					t.Errorf("%s: %s has no %s in its data", name, f.Code, p[1])
				}
			}
		}
	}
}

// TestExpressionsAreRightWhereverTheyStand: a schema lists the literal form
// only; the value of an expression is checked when it is used.
func TestExpressionsAreRightWhereverTheyStand(t *testing.T) {
	opts := options()
	for config, want := range map[string]string{
		`{"method":"GET","url":{"expr":"const.url"}}`:                 "",
		`{"method":{"expr":"vars.m"},"url":{"expr":"const.url"}}`:     "",
		`{"method":{"expression":"x"},"url":{"expr":"const.url"}}`:    "/method",
		`{"method":"GET","url":{"expr":"const.url","and":"more"}}`:    "/url",
		`{"method":"GET","url":"https://example.org","headers":[{}]}`: "/headers/0/name",
	} {
		problems := opts.Configs.CheckConfig("webhook.call", []byte(config))
		got := ""
		if len(problems) > 0 {
			got = problems[0].Path
		}
		if got != want {
			t.Errorf("%s: %+v, want one at %q", config, problems, want)
		}
	}
	if problems := opts.Configs.CheckConfig("no.such", []byte(`{"a":1}`)); problems != nil {
		t.Errorf("a robot without schema: %+v", problems)
	}
}

// TestSchemaAndTypesAgree compares the JSON Schema of the format with the Go
// types: a field known to one only would be lost or refused.
func TestSchemaAndTypesAgree(t *testing.T) {
	text, _ := schemas.FS.ReadFile("definition/process-1.schema.json")
	var doc struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	compare := func(name string, properties map[string]any, of reflect.Type) {
		var want, got []string
		for i := range of.NumField() {
			tag, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			want = append(want, tag)
		}
		for p := range properties {
			got = append(got, p)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-Go +schema):\n%s", name, diff)
		}
	}
	compare("definition", doc.Properties, reflect.TypeFor[graph.Definition]())
	for name, of := range map[string]reflect.Type{
		"variable": reflect.TypeFor[graph.Variable](), "constant": reflect.TypeFor[graph.Constant](), "named": reflect.TypeFor[graph.Named](),
		"note": reflect.TypeFor[graph.Note](), "group": reflect.TypeFor[graph.Group](), "place": reflect.TypeFor[graph.Place](),
		"flow": reflect.TypeFor[graph.Flow](), "trigger": reflect.TypeFor[graph.Trigger](), "timer": reflect.TypeFor[graph.TimerRule](),
		"message": reflect.TypeFor[graph.MessageRule](), "code": reflect.TypeFor[graph.CodeRule](), "effect": reflect.TypeFor[graph.Throw](),
		"policy": reflect.TypeFor[graph.Policy](), "node": reflect.TypeFor[graph.NodeDefinition](),
	} {
		compare(name, doc.Defs[name].Properties, of)
	}
	var kinds []string
	for _, k := range doc.Defs["node"].Properties["kind"].(map[string]any)["enum"].([]any) {
		kinds = append(kinds, k.(string))
	}
	known := kind.Keys()
	slices.Sort(known)
	slices.Sort(kinds)
	if diff := cmp.Diff(known, kinds); diff != "" {
		t.Errorf("kinds (-Go +schema):\n%s", diff)
	}
}

// TestRunnableKindsHaveSchemas keeps palette and property panel complete.
func TestRunnableKindsHaveSchemas(t *testing.T) {
	for _, key := range kind.Keys() {
		k, ok := kind.Of(key)
		if !ok || k.Key != key {
			t.Errorf("kind %s is not in the table", key)
		}
		if _, has := node.Schema(key); key != "robot" && !has {
			t.Errorf("kind %s has no schema", key)
		}
	}
}
