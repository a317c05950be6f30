package portable_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/schemas/node"
	"github.com/fluxo-app/fluxo/server/definition/portable"
)

func schema(subject string) map[string]any {
	text, ok := node.Schema(subject)
	if !ok {
		return nil
	}
	var s map[string]any
	if json.Unmarshal(text, &s) != nil {
		return nil
	}
	return s
}

const sample = `{"key":"p","constants":[{"name":"boss","type":"user","value":"u1"},{"name":"limit","type":"number","value":7}],
 "nodes":[
  {"id":"begin","kind":"startEvent","trigger":{"on":"stageEntered","pipeline":"pl","stage":"st","when":"record.responsible in members('g1')"}},
  {"id":"a","kind":"userTask","config":{"assignee":"u1","groups":["g1","group:g2"],"text":"u1 {{ user(\"u2\").name }}"}},
  {"id":"b","kind":"approval","config":{"approvers":["u1",{"expr":"members(\"g2\")[0]"}],"outcomes":[{"name":"u1"}]}},
  {"id":"c","kind":"robot","robot":"notification.send","config":{"to":["g1","u2"],"text":"u1"}},
  {"id":"r","kind":"acknowledge","config":{"people":["role:r1",{"expr":"members('role:r1')"}]}},
  {"id":"d","kind":"robot","robot":"document.generate","config":{"template":"t"}},
  {"id":"e","kind":"robot","robot":"record.setStage","config":{"stage":"st"}},
  {"id":"s","kind":"subProcess","nodes":[{"id":"f","kind":"robot","robot":"process.run","config":{"process":"q"}},{"id":"h","kind":"callActivity","process":"r"}],"flows":[]}],
 "flows":[{"id":"f1","from":"a","to":"b","when":"head(\"u1\") == actor.id"}]}`

func tree(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}

func group(id string) bool { return id == "g1" || id == "g2" }

// covers B-17: ids of people, groups and stages do not stay wired in.
func TestEveryNameIsFound(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range portable.Collect(tree(t, sample), schema, group) {
		for _, n := range r.Nodes {
			got = append(got, r.Key()+" in "+n)
		}
		if len(r.Nodes) == 0 {
			got = append(got, r.Key())
		}
	}
	require.Equal(t, []string{
		"group:g1 in begin", "group:g1 in a", "group:g1 in c", "group:g2 in a", "group:g2 in b",
		"pipeline:pl in begin", "process:q in f", "process:r in h", "role:r1 in r", "stage:st in begin", "stage:st in e",
		"template:t in d", "user:u1 in a", "user:u1 in b", "user:u2 in a", "user:u2 in c",
	}, got)
}

// Swapping two names and swapping them back gives the same bytes, and changes
// nothing that only looks like a name.
func TestNamesAreReplacedOnce(t *testing.T) {
	t.Parallel()
	v := tree(t, sample)
	before, err := portable.Canonical(v)
	require.NoError(t, err)
	swap := map[string]string{"u1": "u2", "u2": "u1", "g1": "g2", "g2": "g1", "st": "other", "other": "st", "t": "t2", "t2": "t", "r1": "r2", "r2": "r1"}
	rename := func(_ portable.Kind, id string) string {
		if to, ok := swap[id]; ok {
			return to
		}
		return id
	}
	portable.Replace(v, schema, rename)
	text, err := json.Marshal(v)
	require.NoError(t, err)
	for _, want := range []string{`"assignee":"u2"`, `["g2","group:g1"]`, `u1 {{ user(\"u1\").name }}`, `"value":"u2"`, `members('g2')`, `["g2","u1"]`, `"name":"u1"`,
		`"approvers":["u2",{"expr":"members(\"g1\")[0]"}]`, `head(\"u2\")`, `"stage":"other"`, `"template":"t2"`, `["role:r2",{"expr":"members('role:r2')"}]`} {
		require.Contains(t, string(text), want)
	}
	portable.Replace(v, schema, rename)
	after, err := portable.Canonical(v)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestSymbolsAreReadable(t *testing.T) {
	t.Parallel()
	require.Equal(t, "accounting", portable.Symbol("accounting", "Accounting"))
	require.Equal(t, "księgowość-kraków", portable.Symbol("0197aa00-1111-7000-8000-000000000001", "Księgowość (Kraków)"))
	require.Equal(t, "отдел-продаж", portable.Symbol("0197aa00-1111-7000-8000-000000000001", "Отдел продаж"))
	require.Equal(t, "0197aa00-1111-7000-8000-000000000001", portable.Symbol("0197aa00-1111-7000-8000-000000000001", "***"))
}

// A change of one field is a change of one line.
func TestCanonicalTextHasSmallDifferences(t *testing.T) {
	t.Parallel()
	text, err := portable.Canonical(tree(t, `{"b":[{"id":"one","x":1},{"id":"two"}],"a":{"at":[0,160],"note":"<b> & „Ω“"},"c":[]}`))
	require.NoError(t, err)
	require.Equal(t, "{\n  \"a\": {\"at\": [0, 160], \"note\": \"<b> & „Ω“\"},\n  \"b\": [{\"id\": \"one\", \"x\": 1}, {\"id\": \"two\"}],\n  \"c\": []\n}\n", string(text))
}
