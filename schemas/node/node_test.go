package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

var languages = []string{"pt-BR", "pl", "ru"}

func compile(t *testing.T, key string) *jsonschema.Schema {
	t.Helper()
	raw, ok := Schema(key)
	require.True(t, ok)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{})
	require.NoError(t, compiler.AddResource(key+".json", document))
	schema, err := compiler.Compile(key + ".json")
	require.NoError(t, err)
	return schema
}

func TestSchemasCompileAndSpeakEveryLanguage(t *testing.T) {
	for _, key := range Keys() {
		t.Run(key, func(t *testing.T) {
			compile(t, key)
			d, ok := Describe(key)
			require.True(t, ok)
			require.NotEmpty(t, d.Category)
			require.NotEmpty(t, d.Icon)
			for _, language := range append([]string{"en"}, languages...) {
				require.NotEmpty(t, d.Text(language).Title, language)
				require.NotEmpty(t, d.Text(language).Description, language)
			}
			require.Equal(t, d.Text("en"), d.Text("xx"))
			var schema map[string]any
			require.NoError(t, json.Unmarshal(d.Schema, &schema))
			properties, _ := schema["properties"].(map[string]any)
			for name, property := range properties {
				requireTexts(t, name, property.(map[string]any), strings.Contains(key, "."))
			}
		})
	}
	_, ok := Describe("nothing")
	require.False(t, ok)
}

// requireTexts demands that a field is titled in every language; of robots also
// the fields of its rows.
func requireTexts(t *testing.T, path string, field map[string]any, rows bool) {
	t.Helper()
	require.NotEmpty(t, field["title"], path)
	translations, _ := field["x-i18n"].(map[string]any)
	for _, language := range languages {
		texts, _ := translations[language].(map[string]any)
		require.NotEmpty(t, texts["title"], "%s in %s", path, language)
		if field["description"] != nil {
			require.NotEmpty(t, texts["description"], "%s in %s", path, language)
		}
	}
	if items, ok := field["items"].(map[string]any); ok && rows {
		properties, _ := items["properties"].(map[string]any)
		for name, property := range properties {
			requireTexts(t, path+"."+name, property.(map[string]any), rows)
		}
	}
}

// TestChoicesAreExplainedByTheirNames finds explanations that call a choice by
// the word of the format where readers see another one.
func TestChoicesAreExplainedByTheirNames(t *testing.T) {
	for _, key := range Keys() {
		d, _ := Describe(key)
		var schema any
		require.NoError(t, json.Unmarshal(d.Schema, &schema))
		eachObject(schema, func(field map[string]any) {
			labels, _ := field["x-labels"].(map[string]any)
			if labels == nil {
				return
			}
			own, _ := field["description"].(string)
			texts := []string{own}
			translations, _ := field["x-i18n"].(map[string]any)
			for _, language := range languages {
				translation, _ := translations[language].(map[string]any)
				text, _ := translation["description"].(string)
				texts = append(texts, text)
			}
			choices, _ := labels["en"].(map[string]any)
			for choice := range choices {
				for _, text := range texts {
					if choice != "" {
						require.NotContains(t, text, choice+":", "%s of %s", field["title"], key)
					}
				}
			}
		})
	}
}

// eachObject calls visit with every object inside of value.
func eachObject(value any, visit func(map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		visit(value)
		for _, inner := range value {
			eachObject(inner, visit)
		}
	case []any:
		for _, inner := range value {
			eachObject(inner, visit)
		}
	}
}

func TestRobotSchemasAcceptAndRefuse(t *testing.T) {
	cases := []struct {
		key, good string
		bad       []string
	}{
		{"notification.send", `{"to":["u-1",{"expr":"head(record.responsible)"}],"text":"late"}`, []string{`{"to":[],"text":"x"}`, `{"text":"x"}`, `{"to":["u"],"text":"x","more":1}`}},
		{"notification.send", `{"to":{"expr":"head(record.responsible)"},"text":"{{ record.title }}"}`, []string{`{"to":{"expr":""},"text":"x"}`}},
		{"mail.send", `{"to":"{{ record.client.email }}","subject":"Hi","body":"x","attach":{"expr":"vars.contract"}}`, []string{`{"to":"a@b.c","subject":"","body":"x"}`, `{"to":["a"],"subject":"s","body":"x"}`, `{"to":"a","subject":"s","text":"x"}`}},
		{"document.generate", `{"template":"contract","formats":["docx","pdf"],"into":"contract"}`, []string{`{"template":"c","formats":["odt"]}`, `{"template":"c","formats":[]}`, `{"template":"c","into":"a b"}`}},
		{"record.setFields", `{"fields":[{"field":"comment","value":"x"},{"field":"amount","value":{"expr":"money(1,\"PLN\")"}},{"field":"custom.n","value":3}]}`, []string{`{"fields":[]}`, `{"fields":[{"field":"x"}]}`}},
		{"record.setStage", `{"stage":"won"}`, []string{`{}`, `{"stage":1}`}},
		{"record.setResponsible", `{"user":{"expr":"actor.id"}}`, []string{`{"user":""}`}},
		{"comment.add", `{"text":"{{ steps.ok.comment }}"}`, []string{`{"text":""}`}},
		{"webhook.call", `{"method":"POST","url":"https://example.com","headers":[{"name":"X-A","value":"1"}],"body":{"expr":"{id: record.id}"}}`, []string{`{"url":"u","method":"TRACE"}`, `{"url":"u","headers":[{"name":"a b","value":"x"}]}`}},
		{"wait.until", `{"for":"P1D"}`, []string{`{"for":3}`, `{"until":false}`}},
		{"wait.until", `{"until":{"expr":"addDays(now, 1)"}}`, nil},
		{"process.run", `{"process":"onboarding","parameters":[{"name":"urgent","value":true}],"wait":true}`, []string{`{"wait":true}`, `{"process":"p","wait":"yes"}`}},
	}
	for i, c := range cases {
		t.Run(fmt.Sprintf("%s %d", c.key, i), func(t *testing.T) {
			schema := compile(t, c.key)
			good, err := jsonschema.UnmarshalJSON(strings.NewReader(c.good))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(good))
			for _, config := range c.bad {
				bad, err := jsonschema.UnmarshalJSON(strings.NewReader(config))
				require.NoError(t, err)
				require.Error(t, schema.Validate(bad), config)
			}
		})
	}
}
