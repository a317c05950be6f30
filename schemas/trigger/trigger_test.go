package trigger

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

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
	require.Greater(t, len(Keys()), 8)
	for _, key := range Keys() {
		t.Run(key, func(t *testing.T) {
			compile(t, key)
			d, ok := Describe(key)
			require.True(t, ok)
			require.NotEmpty(t, d.Category)
			require.NotEmpty(t, d.Icon)
			require.NotEmpty(t, d.Event)
			require.Equal(t, d.Text("en"), d.Text("xx"))
			var schema struct {
				Properties map[string]map[string]any `json:"properties"`
			}
			require.NoError(t, json.Unmarshal(d.Schema, &schema))
			for _, language := range []string{"pt-BR", "pl", "ru"} {
				require.NotEmpty(t, d.Text(language).Description, language)
				require.NotEqual(t, d.Text("en"), d.Text(language), language)
				for name, field := range schema.Properties {
					texts, _ := field["x-i18n"].(map[string]any)
					own, _ := texts[language].(map[string]any)
					require.NotEmpty(t, own["title"], "%s in %s", name, language)
					require.Equal(t, field["description"] != nil, own["description"] != nil, "%s in %s", name, language)
				}
			}
		})
	}
	_, ok := Describe("nothing")
	require.False(t, ok)
}

func TestConfigs(t *testing.T) {
	for _, c := range []struct {
		key, good string
		bad       []string
	}{
		{"webhook", `{"code":"paid-1"}`, []string{`{}`, `{"code":""}`, `{"code":"a b"}`, `{"code":"x","more":1}`}},
		{"form", `{"form":"f-1"}`, []string{`{"form":1}`}},
		{"callback", `{}`, []string{`{"page":"x"}`}},
		{"visit", `{"page":"/pricing"}`, []string{`{"page":["x"]}`}},
		{"fieldsChanged", `{"fields":["amount"],"byProcesses":true}`, []string{`{}`, `{"fields":[]}`, `{"fields":["a","a"]}`}},
		{"responsibleChanged", `{"to":["marta"]}`, []string{`{"to":"marta"}`}},
		{"taskStatus", `{"name":"Check","outcome":"approved"}`, []string{`{"status":"done"}`}},
		{"activityDone", `{"types":["call"]}`, []string{`{"types":["party"]}`}},
		{"reported", `{"events":["payment","missedCall"]}`, []string{`{"events":["rain"]}`, `{"events":"payment"}`, `{"code":"x"}`}},
		{"resourceBooked", `{"resources":["r1"]}`, []string{`{"resources":"r1"}`}},
		{"documentCreated", `{"name":"contract"}`, []string{`{"name":3}`}},
	} {
		schema := compile(t, c.key)
		good, err := jsonschema.UnmarshalJSON(strings.NewReader(c.good))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(good))
		for _, config := range c.bad {
			bad, err := jsonschema.UnmarshalJSON(strings.NewReader(config))
			require.NoError(t, err)
			require.Error(t, schema.Validate(bad), config)
		}
	}
}
