package definition

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/definition/portable"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Example is a definition offered as a template. Its texts are English; In gives
// it in another language.
type Example struct {
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	Description string   `json:"description" doc:"one sentence"`
	Guide       string   `json:"guide" doc:"how it goes, and what to adapt"`
	AppliesTo   string   `json:"appliesTo,omitempty"`
	Category    string   `json:"category"`
	Icon        string   `json:"icon"`
	Steps       int      `json:"steps"`
	Scenarios   []string `json:"scenarios" doc:"names of its rehearsals"`
	// Process is drawn by the gallery: nodes, flows and layout.
	Process json.RawMessage `json:"process"`

	order int
	whole json.RawMessage              // the process with its scenarios
	texts map[string]map[string]string // English -> language -> text
	names map[string]map[string]string // "group:accounting" -> language -> name
}

// exampleTexts is the file beside an example.
type exampleTexts struct {
	Category   string                       `json:"category"`
	Icon       string                       `json:"icon"`
	Order      int                          `json:"order"`
	References map[string]map[string]string `json:"references"`
	Texts      map[string]map[string]string `json:"texts"`
}

// ReadExamples reads the templates of a file system: processes in examples/ and
// examples/gallery/, and beside the latter <key>.texts.json with the texts in
// other languages. A process without texts is not offered.
func ReadExamples(files fs.FS) ([]Example, error) {
	names, err := fs.Glob(files, "examples/gallery/*.texts.json")
	if err != nil {
		return nil, err
	}
	out := make([]Example, 0, len(names))
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var t exampleTexts
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, fmt.Errorf("example %s: %w", name, err)
		}
		key := strings.TrimSuffix(path.Base(name), ".texts.json")
		text, err := fs.ReadFile(files, "examples/gallery/"+key+".json")
		if errors.Is(err, fs.ErrNotExist) {
			text, err = fs.ReadFile(files, "examples/"+key+".json")
		}
		if err != nil {
			return nil, fmt.Errorf("example %s: %w", name, err)
		}
		out = append(out, Example{Key: key, Category: t.Category, Icon: t.Icon, order: t.Order, whole: text, texts: t.Texts, names: t.References})
	}
	slices.SortFunc(out, func(a, b Example) int { return cmp.Compare(a.order, b.order) })
	return out, nil
}

// In is the example in a language, as far as there are texts.
func (e Example) In(language string) Example {
	tree, err := parseTree(e.whole)
	if err != nil {
		return e
	}
	Translate(tree, func(text string) string {
		if own := e.texts[text][language]; own != "" {
			return own
		}
		return text
	})
	if e.whole, err = json.Marshal(tree); err != nil {
		return e
	}
	def, err := graph.Parse(e.whole)
	if err != nil {
		return e
	}
	e.Name, e.AppliesTo, e.Steps = def.Name, def.AppliesTo, countNodes(def.Nodes)
	e.Description, e.Guide, _ = strings.Cut(def.Description, "\n\n")
	e.Scenarios = make([]string, 0, len(def.Scenarios))
	for _, s := range objects(tree["scenarios"]) {
		name, _ := s["name"].(string)
		e.Scenarios = append(e.Scenarios, name)
	}
	shown := map[string]any{}
	for _, member := range []string{"format", "key", "name", "nodes", "flows", "layout", "appliesTo", "variables", "groups", "notes"} {
		if v, ok := tree[member]; ok {
			shown[member] = v
		}
	}
	if e.Process, err = json.Marshal(shown); err != nil {
		return e
	}
	return e
}

// groups tells which names of the example are groups.
func (e Example) groups() func(string) bool {
	return func(id string) bool { return e.names["group:"+id] != nil }
}

// Templates lists the examples that a new definition may begin as, in a language.
func (s *Service) Templates(language string) []Example {
	out := make([]Example, 0, len(s.Examples))
	for _, e := range s.Examples {
		out = append(out, e.In(language))
	}
	return out
}

// TemplateReferences lists what a template names, and what that leads to here.
func (s *Service) TemplateReferences(ctx context.Context, key, language string) ([]Reference, error) {
	e, err := s.example(key, language)
	if err != nil {
		return nil, err
	}
	tree, err := parseTree(e.whole)
	if err != nil {
		return nil, err
	}
	references, err := s.localize(ctx, tree, nil, e.groups(), e.named)
	for i := range references {
		if name := e.names[references[i].Key][language]; name != "" {
			references[i].Name = name
		}
	}
	return references, err
}

func (s *Service) example(key, language string) (Example, error) {
	for _, e := range s.Examples {
		if e.Key == key {
			return e.In(language), nil
		}
	}
	return Example{}, problem.Invalid("/template", "unknown_reference", "")
}

// named gives what a reference of the example is called, in any language.
func (e Example) named(r portable.Ref) []string {
	out := make([]string, 0, len(e.names[r.Key()]))
	for _, name := range e.names[r.Key()] {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// shownText are the members of a config that people read.
var shownText = []string{"label", "text", "subject", "body", "help", "note", "description"}

// Translate gives every text for people of a definition to translate and puts
// back what that returns: names, labels, messages; never ids, expressions and
// names that expressions use.
func Translate(tree map[string]any, translate func(string) string) {
	put := func(holder map[string]any, members ...string) {
		for _, m := range members {
			if text, ok := holder[m].(string); ok && text != "" {
				holder[m] = translate(text)
			}
		}
	}
	put(tree, "name", "description")
	for _, list := range []string{"parameters", "variables", "constants"} {
		for _, v := range objects(tree[list]) {
			put(v, "label", "description")
		}
	}
	for _, list := range []struct{ name, member string }{{"notes", "text"}, {"groups", "name"}, {"scenarios", "name"}} {
		for _, v := range objects(tree[list.name]) {
			put(v, list.member)
		}
	}
	var config func(v any)
	config = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, computed := v["expr"]; computed {
				return
			}
			put(v, shownText...)
			for key, inner := range v {
				if options, ok := inner.([]any); ok && key == "options" {
					for i, o := range options {
						if text, ok := o.(string); ok {
							options[i] = translate(text)
						}
					}
					continue
				}
				config(inner)
			}
		case []any:
			for _, inner := range v {
				config(inner)
			}
		}
	}
	var scope func(owner map[string]any)
	scope = func(owner map[string]any) {
		for _, n := range objects(owner["nodes"]) {
			put(n, "name", "description")
			config(n["config"])
			scope(n)
		}
		for _, f := range objects(owner["flows"]) {
			put(f, "name")
		}
	}
	scope(tree)
}

func objects(v any) []map[string]any {
	list, _ := v.([]any)
	out := make([]map[string]any, 0, len(list))
	for _, inner := range list {
		if item, ok := inner.(map[string]any); ok {
			out = append(out, item)
		}
	}
	return out
}
