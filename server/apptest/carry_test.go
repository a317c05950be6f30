package apptest_test

import (
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/schemas"
	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/definition"
)

var languages = []string{"en", "pl", "pt-BR", "ru"}

// Every template, begun in every language, is fit to be published in the demo
// company as it is: without a finding, and its scenarios pass with the people and
// groups there.
//
// covers O-16, O-17, O-18
func TestTemplatesArePublishedAsTheyAre(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	seen := map[string]bool{}
	for _, language := range languages {
		dana.Do("PATCH", "/session/preferences", map[string]any{"language": language})
		templates := dana.Get("/definition-templates").Expect(200)
		require.GreaterOrEqual(t, templates.Len("items"), 12)
		var list struct{ Items []definition.Example }
		require.NoError(t, json.Unmarshal(templates.Raw, &list))
		for _, e := range list.Items {
			require.NotEmpty(t, e.Category)
			require.NotEmpty(t, e.Icon)
			require.NotEmpty(t, e.Description)
			require.GreaterOrEqual(t, len(e.Scenarios), 2, e.Key)
			references := dana.Get("/definition-templates/" + e.Key + "/references").Expect(200)
			for i := range references.Len("items") {
				at := "items." + string(rune('0'+i))
				require.NotEmpty(t, references.Text(at+".id"), "%s: %s leads to nothing in the demo company", e.Key, references.Text(at+".key"))
			}
			key := e.Key + "-" + strings.ToLower(language)
			made := dana.Post("/definitions", map[string]any{"key": key, "name": e.Name, "template": e.Key}).Expect(201)
			require.Zero(t, made.Len("findings"), "%s: %s", key, made.Raw)
			if language == "en" { // what runs is the same in every language
				dana.Post("/definitions/"+key+"/versions", map[string]any{"note": language}, "If-Match", made.ETag()).Expect(201)
			}
			seen[e.Name] = true
		}
	}
	require.Len(t, seen, 4*12, "every language has its own names")
	w.As("marta").Get("/definition-templates").Expect(403)
	dana.Get("/definition-templates/nothing/references").Expect(422)
}

// What explains the semantics is no template.
func TestTemplatesAreWhatPeopleBeginWith(t *testing.T) {
	t.Parallel()
	templates := apptest.New(t, apptest.Options{}).As("dana").Get("/definition-templates").Expect(200)
	require.Equal(t, 12, templates.Len("items"))
	require.Equal(t, "contract-preparation", templates.Text("items.0.key"))
}

var (
	placeholder = regexp.MustCompile(`\{\{.*?\}\}`)
	quoted      = regexp.MustCompile(`"[^"]*"`)
	words       = regexp.MustCompile(`\pL`)
)

// bare are the placeholders of a text without the words that they quote.
func bare(text string) []string {
	out := placeholder.FindAllString(text, -1)
	for i := range out {
		out[i] = quoted.ReplaceAllString(out[i], `""`)
	}
	slices.Sort(out)
	return out
}

// Every text of a template has its three translations with the same
// placeholders, and none is left over from a former wording.
func TestTemplatesSpeakFourLanguages(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(schemas.FS, "examples/gallery/*.texts.json")
	require.NoError(t, err)
	for _, name := range files {
		raw, err := fs.ReadFile(schemas.FS, name)
		require.NoError(t, err)
		var texts struct {
			Texts, References map[string]map[string]string
		}
		require.NoError(t, json.Unmarshal(raw, &texts))
		process := strings.TrimSuffix(path.Base(name), ".texts.json") + ".json"
		text, err := fs.ReadFile(schemas.FS, "examples/gallery/"+process)
		if err != nil {
			text, err = fs.ReadFile(schemas.FS, "examples/"+process)
		}
		require.NoError(t, err)
		var tree map[string]any
		require.NoError(t, json.Unmarshal(text, &tree))
		used := map[string]bool{}
		definition.Translate(tree, func(s string) string {
			used[s] = true
			if !words.MatchString(placeholder.ReplaceAllString(s, "")) {
				return s // nothing but values
			}
			for _, language := range []string{"pl", "pt-BR", "ru"} {
				own := texts.Texts[s][language]
				require.NotEmpty(t, own, "%s: %q has no %s", process, s, language)
				require.Equal(t, bare(s), bare(own), "%s: %q in %s", process, s, language)
			}
			return s
		})
		for s := range texts.Texts {
			require.True(t, used[s], "%s: nothing says %q any more", name, s)
		}
		for key, names := range texts.References {
			require.Len(t, names, 4, "%s: %s", name, key)
		}
	}
}

// A definition goes to another installation, where people and groups have other
// ids, and comes back byte for byte. covers B-17
func TestDefinitionsAreCarriedToOtherInstallations(t *testing.T) {
	t.Parallel()
	here, there := apptest.New(t, apptest.Options{}), apptest.New(t, apptest.Options{})
	dana := here.As("dana")
	dana.Post("/definitions", map[string]any{"key": "carried", "name": "Carried", "template": "incident"}).Expect(201)
	file := dana.Get("/definitions/carried/file").Expect(200)
	require.Contains(t, file.Header.Get("Content-Disposition"), "carried.fluxo.json")
	require.Contains(t, string(file.Raw), `"group:management": {"name": "Management"}`)

	// There the group has another id and the same name; IT does not exist.
	ada, other := there.As("ada"), there.As("dana")
	for _, id := range []string{"management", "it"} {
		old := ada.Get("/groups").Expect(200)
		for i := range old.Len("items") {
			at := "items." + string(rune('0'+i))
			if old.Text(at+".id") == id {
				ada.Do("DELETE", "/groups/"+id, nil, "If-Match", `"`+"1"+`"`).Expect(204)
			}
		}
	}
	made := ada.Post("/groups", map[string]any{"name": "Management", "memberIds": []string{"henrik"}}).Expect(201)
	group := made.Text("id")
	require.NotEqual(t, "management", group)

	trial := other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "dryRun": true}).Expect(200)
	require.EqualValues(t, 1, trial.At("missing"), "%s", trial.Raw)
	require.Equal(t, "group:it", trial.Text("references.0.key"))
	require.Empty(t, trial.Text("references.0.id"))
	require.Equal(t, "IT", trial.Text("references.0.name"))
	require.Equal(t, group, trial.Text("references.1.id"), "found by its name")
	require.Equal(t, false, trial.At("created"))
	other.Get("/definitions/carried").Expect(404)

	refused := other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw)}).Problem(422, "references_missing")
	require.Equal(t, 2, refused.Len("references"))
	it := ada.Post("/groups", map[string]any{"name": "IT", "memberIds": []string{"ada"}}).Expect(201).Text("id")
	created := other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "map": map[string]string{"group:it": it}}).Expect(200)
	require.Equal(t, true, created.At("created"), "%s", created.Raw)
	draft := other.Get("/definitions/carried").Expect(200)
	require.Contains(t, string(draft.Raw), group)
	require.Contains(t, string(draft.Raw), it)
	require.Zero(t, draft.Len("findings"), "%s", draft.Raw)

	back := other.Get("/definitions/carried/file").Expect(200)
	require.Equal(t, string(file.Raw), string(back.Raw))

	// Into a definition that exists it is only shown: saving the draft makes it so.
	into := other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "map": map[string]string{"group:it": it}, "dryRun": true, "into": "carried"}).Expect(200)
	require.Equal(t, "carried", into.Text("process.key"))
	require.Contains(t, string(into.Raw), it)
	require.Contains(t, string(into.Raw), `"missing":0`)
	other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "into": "carried"}).Problem(422, "validation")
	other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "dryRun": true, "into": "nowhere"}).Problem(404, "not_found")

	again := other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "dryRun": true}).Expect(200)
	require.Equal(t, "carried-2", again.Text("key"))
	require.Equal(t, true, again.At("taken"))
	other.Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw), "key": "carried"}).Problem(409, "exists")
	other.Post("/definition-files", map[string]any{"file": map[string]any{"format": "else"}}).Problem(422, "validation")
	other.Post("/definition-files", map[string]any{"file": []any{}}).Problem(422, "validation")
	there.As("marta").Post("/definition-files", map[string]any{"file": json.RawMessage(file.Raw)}).Expect(403)
	there.As("marta").Get("/definitions/carried/file").Expect(403)
}

// The choice of the person who begins with a template counts, also where a group
// of that name exists.
func TestTemplatesAskWhoIsMeant(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	made := w.As("dana").Post("/definitions", map[string]any{"key": "mine", "name": "Mine", "template": "leave-request",
		"map": map[string]string{"group:personnel": "support"}}).Expect(201)
	require.Contains(t, string(made.Raw), `"groups":["support"]`)
	require.NotContains(t, string(made.Raw), `"groups":["personnel"]`)
}

func TestDefinitionsAreCopied(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	dana := w.As("dana")
	copied := dana.Post("/definitions/contract-preparation/copies", map[string]any{"name": "Lease contract", "version": 1}).Expect(201)
	require.Equal(t, "lease-contract", copied.Text("key"))
	require.Equal(t, "Lease contract", copied.Text("draft.name"))
	require.Equal(t, "lease-contract", copied.Text("draft.key"))
	require.Nil(t, copied.At("publishedVersion"))
	second := dana.Post("/definitions/contract-preparation/copies", map[string]any{"name": "Lease contract"}).Expect(201)
	require.Equal(t, "lease-contract-2", second.Text("key"))
	dana.Post("/definitions/contract-preparation/copies", map[string]any{"name": "X", "version": 9}).Expect(404)
	w.As("marta").Post("/definitions/contract-preparation/copies", map[string]any{"name": "X"}).Expect(403)
}
