// Package trigger holds one JSON Schema per kind of trigger of a stage: the form
// of its config with hints for the panel, what its event tells to conditions,
// and its name and help in every language.
package trigger

import (
	"embed"
	"encoding/json"
	"io/fs"
	"sort"
	"strings"
)

//go:embed *.json
var files embed.FS

// Schema gives the schema of the config of a kind.
func Schema(kind string) (json.RawMessage, bool) {
	data, err := fs.ReadFile(files, kind+".json")
	return data, err == nil
}

// Keys lists the kinds, sorted.
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

// Value is something that a condition may read as event.<name>.
type Value struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Descriptor is what a chooser shows of a kind.
type Descriptor struct {
	Key      string
	Category string
	Icon     string
	Event    []Value
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

// Describe reads the descriptor of a kind.
func Describe(kind string) (Descriptor, bool) {
	raw, ok := Schema(kind)
	if !ok {
		return Descriptor{}, false
	}
	var schema struct {
		Text
		Category string          `json:"x-category"`
		Icon     string          `json:"x-icon"`
		Event    []Value         `json:"x-event"`
		Texts    map[string]Text `json:"x-i18n"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		return Descriptor{}, false
	}
	d := Descriptor{Key: kind, Category: schema.Category, Icon: schema.Icon, Event: schema.Event, Schema: raw, texts: map[string]Text{"en": schema.Text}}
	for language, text := range schema.Texts {
		d.texts[language] = text
	}
	return d, true
}
