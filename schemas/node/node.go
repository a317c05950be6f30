// Package node holds one JSON Schema per node kind and per robot: the form of
// its config with hints for the property panel, its ports and results, and its
// name and help in every language.
package node

import (
	"embed"
	"encoding/json"
	"io/fs"
	"sort"
	"strings"
)

//go:embed *.json
var files embed.FS

// Schema gives the schema of a control node kind or of a robot by its key.
func Schema(key string) (json.RawMessage, bool) {
	data, err := fs.ReadFile(files, key+".json")
	return data, err == nil
}

// Keys lists the kinds and robots that have a schema, sorted.
func Keys() []string {
	// The embedded root directory can always be read.
	entries, _ := files.ReadDir(".")
	keys := make([]string, 0, len(entries))
	for _, entry := range entries {
		keys = append(keys, strings.TrimSuffix(entry.Name(), ".json"))
	}
	sort.Strings(keys)
	return keys
}

// Text is a name and a help text in one language.
type Text struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

// Result is a value that a node leaves for later steps.
type Result struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Descriptor is what palette and documentation show of a schema. Ports are the
// exits besides the normal one.
type Descriptor struct {
	Key      string
	Category string
	Icon     string
	Ports    []string
	Results  []Result
	Schema   json.RawMessage
	texts    map[string]Text
}

// Text gives name and help in a language, in English when it is not known.
func (d Descriptor) Text(language string) Text {
	if text, ok := d.texts[language]; ok {
		return text
	}
	return d.texts["en"]
}

// Describe reads the descriptor of a kind or robot.
func Describe(key string) (Descriptor, bool) {
	raw, ok := Schema(key)
	if !ok {
		return Descriptor{}, false
	}
	var schema struct {
		Text
		Category string          `json:"x-category"`
		Icon     string          `json:"x-icon"`
		Ports    []string        `json:"x-ports"`
		Results  []Result        `json:"x-results"`
		Texts    map[string]Text `json:"x-i18n"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		return Descriptor{}, false
	}
	d := Descriptor{Key: key, Category: schema.Category, Icon: schema.Icon, Ports: schema.Ports, Results: schema.Results, Schema: raw,
		texts: map[string]Text{"en": schema.Text}}
	for language, text := range schema.Texts {
		if language != "en" {
			d.texts[language] = text
		}
	}
	return d, true
}
