package apptest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/config"
)

// request is what another system was sent.
type request struct{ uri, auth, kind, body string }

// echo remembers what it is sent and repeats all of it in its answer. Below /away it
// leads to another host, with the body.
type echo struct {
	*httptest.Server
	away string
	mu   sync.Mutex
	seen []request
}

func newEcho(t *testing.T, away string) *echo {
	t.Helper()
	e := &echo{away: away}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.seen = append(e.seen, request{r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(body)})
		if strings.HasPrefix(r.URL.Path, "/away") {
			http.Redirect(w, r, e.away, http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"uri": r.RequestURI, "path": r.URL.Path, "query": r.URL.Query(), "body": string(body)})
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *echo) requests() []request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]request{}, e.seen...)
}

// covers X-01: texts of a webhook name secrets. They are written as the place asks for,
// by the step itself only, and nothing of them is kept, whatever the other system repeats.
func TestSecretsInAddressesAndBodies(t *testing.T) {
	t.Parallel()
	const value = `0p3n"s\és/ame 100%&=+`
	away := newEcho(t, "")
	other := newEcho(t, away.URL)
	var dir string
	w := apptest.New(t, apptest.Options{SQLite: true, Change: func(c *config.Config) { c.Outgoing.Allow, dir = []string{"127.0.0.1/32"}, c.DataDir }})
	ada, oscar := w.As("ada"), w.As("oscar")
	ada.Post("/secrets", map[string]any{"name": "Billing", "hosts": []any{other.URL}, "value": value}).Expect(201)

	process := func(key string, config map[string]any) string {
		text, err := json.Marshal(map[string]any{"format": "fluxo/process@1", "key": key, "name": key,
			"parameters": []any{map[string]any{"name": "note", "type": "string"}},
			"nodes": []any{map[string]any{"id": "s", "kind": "startEvent"}, map[string]any{"id": "call", "kind": "robot", "robot": "webhook.call", "config": config},
				map[string]any{"id": "e", "kind": "endEvent"}},
			"flows": []any{map[string]any{"id": "f1", "from": "s", "to": "call"}, map[string]any{"id": "f2", "from": "call", "to": "e"}}})
		require.NoError(t, err)
		return string(text)
	}
	// What is given to a run looks like the name of a secret, and is none.
	const note = `{{secret("billing")}}`
	start := func(key string, config map[string]any) string {
		publishText(t, w, key, process(key, config))
		return oscar.Post("/definitions/"+key+"/runs", map[string]any{"parameters": map[string]any{"note": note}}).Expect(202).Text("id")
	}
	form := []any{map[string]any{"name": "content-type", "value": "application/x-www-form-urlencoded"}}
	const named = `{{ secret("billing") }}`
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	quoted := strings.ReplaceAll(string(encoded), `\u0026`, "&")
	path := (&url.URL{Path: value}).EscapedPath()
	runs := map[string]string{}
	for _, c := range []struct {
		key    string
		config map[string]any
		want   request
	}{
		{"in-path", map[string]any{"method": "GET", "url": other.URL + "/bot" + named + "/send"}, request{uri: "/bot" + path + "/send"}},
		{"in-query", map[string]any{"method": "GET", "url": other.URL + "/q?note={{ params.note }}&key=" + named}, request{uri: "/q?note=" + note + "&key=" + url.QueryEscape(value)}},
		{"in-json", map[string]any{"url": other.URL + "/j", "body": `{"key":"` + named + `","bare":` + named + `,"note":"` + "{{ replace(params.note, '\"', '') }}" + `"}`},
			request{uri: "/j", kind: "application/json", body: `{"key":` + quoted + `,"bare":` + quoted + `,"note":"` + strings.ReplaceAll(note, `"`, "") + `"}`}},
		{"in-object", map[string]any{"url": other.URL + "/o", "body": map[string]any{"auth": map[string]any{"keys": []any{"k-" + named}}, "note": "{{ params.note }}"}},
			request{uri: "/o", kind: "application/json", body: `{"auth":{"keys":["k-` + string(encoded[1:]) + `]},"note":` + string(must(json.Marshal(note))) + `}`}},
		{"in-form", map[string]any{"url": other.URL + "/f", "headers": form, "body": "grant=x&secret=" + named}, request{uri: "/f", kind: "application/x-www-form-urlencoded", body: "grant=x&secret=" + url.QueryEscape(value)}},
		{"in-header", map[string]any{"url": other.URL + "/h", "headers": []any{map[string]any{"name": "Authorization", "value": "Key " + named}}}, request{uri: "/h", auth: "Key " + value}},
		{"in-text", map[string]any{"url": other.URL + "/t", "body": "key: " + named + " of {{ params.note }}"}, request{uri: "/t", body: "key: " + value + " of " + note}},
	} {
		before := len(other.requests())
		runs[c.key] = start(c.key, c.config)
		w.Eventually(c.key+" has ended", 10*time.Millisecond, func() bool { return oscar.Get("/runs/"+runs[c.key]).Text("status") == "completed" })
		sent := other.requests()[before:]
		require.Len(t, sent, 1, c.key)
		got := sent[0]
		if unescaped, err := url.PathUnescape(strings.SplitN(got.uri, "&key=", 2)[0]); err == nil && c.key == "in-query" {
			got.uri = unescaped + "&key=" + strings.SplitN(got.uri, "&key=", 2)[1]
		}
		require.Equal(t, c.want, got, c.key)
	}

	// Where it may not go, nothing is sent.
	for key, c := range map[string]struct {
		config map[string]any
		code   string
	}{
		"other-host": {map[string]any{"url": away.URL + "/x?key=" + named}, "secret_elsewhere"},
		"led-away":   {map[string]any{"url": other.URL + "/away", "body": named}, "webhook_forbidden"},
		"no-secret":  {map[string]any{"url": `{{ "` + other.URL + `" }}/x{{ params.note }}`, "body": map[string]any{"expr": `{"$parts": [{"secret": "billing"}]}`}}, "bad_config"},
		"whole-host": {map[string]any{"url": `{{ "http://" }}` + named + `/x`}, "bad_value"},
	} {
		runs[key] = start(key, c.config)
		w.Eventually(key+" has an incident", 10*time.Millisecond, func() bool { return oscar.Get("/runs/"+runs[key]).Len("incidents") == 1 })
		require.Equal(t, c.code, oscar.Get("/runs/"+runs[key]).Text("incidents.0.code"), key)
	}
	require.Empty(t, away.requests())

	forms := []string{value, path, url.QueryEscape(value), quoted[1 : len(quoted)-1], "0p3n"}
	hidden := func(what, text string) {
		t.Helper()
		for _, one := range forms {
			require.NotContains(t, text, one, what)
		}
	}
	for key, run := range runs {
		hidden(key, string(oscar.Get("/runs/"+run).Expect(200).Raw))
		hidden(key, string(oscar.Get("/runs/"+run+"/records").Expect(200).Raw))
	}
	require.Contains(t, string(oscar.Get("/runs/"+runs["in-path"]+"/records").Raw), "[secret]", "the other system repeated it")
	files, err := filepath.Glob(filepath.Join(dir, "fluxo.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		hidden(file, string(raw))
	}
}

// What is wrong with the places of secrets is said while drawing; uses and files follow.
func TestSecretsInTextsAreKnownToTheCheckAndToFiles(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, dana := w.As("ada"), w.As("dana")
	ada.Post("/secrets", map[string]any{"name": "Billing", "hosts": []any{"api.example.com"}, "value": "0p3n-sesame"}).Expect(201)
	process := func(config string) json.RawMessage {
		return json.RawMessage(`{"format":"fluxo/process@1","key":"texts","name":"Texts","nodes":[{"id":"s","kind":"startEvent"},
			{"id":"call","kind":"robot","robot":"webhook.call","config":` + config + `},
			{"id":"e","kind":"endEvent"}],"flows":[{"id":"f1","from":"s","to":"call"},{"id":"f2","from":"call","to":"e"}]}`)
	}
	dana.Post("/definitions", map[string]any{"key": "texts", "name": "Texts"}).Expect(201)
	draft := func(config string) *apptest.Answer {
		t.Helper()
		return dana.Do("PUT", "/definitions/texts/draft", process(config), "If-Match", dana.Get("/definitions/texts").ETag()).Expect(200)
	}
	for config, want := range map[string][]string{
		`{"url":"https://api.example.com/{{ secret('billing') }}","body":{"a":["{{ secret(\"billing\") }}"]}}`: {},
		`{"url":"https://api.example.com/x?key={{ secret('nobody') }}"}`:                                       {"unknown_secret"},
		`{"url":"https://{{ secret('billing') }}/x"}`:                                                          {"secret_in_host"},
		`{"url":"{{ secret('billing') }}://api.example.com/x"}`:                                                {"secret_in_host"},
		`{"url":"{{ secret('billing') }}"}`:                                                                    {"secret_in_host"},
		`{"url":"https://api.example.com{{ secret('billing') }}"}`:                                             {"secret_in_host"},
		`{"url":"https://api.example.com:{{ secret('billing') }}/x"}`:                                          {"secret_in_host"},
		`{"url":"https://{{ secret('billing') }}@api.example.com/x"}`:                                          {"secret_in_host"},
		`{"url":"https://api.example.com#{{ secret('billing') }}"}`:                                            {"secret_in_host"},
		`{"url":"https://api.example.com?k={{ secret('billing') }}"}`:                                          {},
		`{"url":"{{ run.name }}/x?k={{ secret('billing') }}"}`:                                                 {},
		`{"url":"https://api.example.com/","headers":[{"name":"X-A","value":"a {{ secret('billing') }}"}]}`:    {},
		`{"url":"https://api.example.com/","method":"{{ secret('billing') }}"}`:                                {"config_enum", "misplaced_secret"},
		`{"url":"https://api.example.com/{{ upper(secret('billing')) }}"}`:                                     {"bad_expression"},
		`{"url":"https://other.example.com/x","body":"{{ secret('billing') }}"}`:                               {"secret_elsewhere"},
		`{"url":"https://api.example.com:444/{{ secret('billing') }}"}`:                                        {"secret_elsewhere"},
		`{"url":"https://other.example.com/","headers":[{"name":"X-A","value":{"secret":"billing"}}]}`:         {"secret_elsewhere"},
		`{"url":"https://{{ run.name }}/x","body":"{{ secret('billing') }}"}`:                                  {},
		`{"url":"https://api.example.com/x?api_key=abcdef"}`:                                                   {"plain_key"},
	} {
		require.Equal(t, want, codesOf(draft(config)), config)
	}
	draft(`{"url":"https://api.example.com/{{ secret('billing') }}","body":"{{ secret('billing') }}"}`)
	require.Equal(t, 1, ada.Get("/secrets").Len("items.0.uses"))
	file := dana.Get("/definitions/texts/file").Expect(200)
	require.Contains(t, string(file.Raw), `"secret:billing"`)
	strange := strings.NewReplacer(`secret('billing')`, `secret('warehouse')`, `"secret:billing"`, `"secret:warehouse"`, `"Billing"`, `"Warehouse"`).Replace(string(file.Raw))
	imported := dana.Post("/definition-files", map[string]any{"dryRun": true, "file": json.RawMessage(strange)}).Expect(200)
	require.EqualValues(t, 1, imported.At("missing"))
	chosen := dana.Post("/definition-files", map[string]any{"dryRun": true, "file": json.RawMessage(strange), "into": "texts", "map": map[string]any{"secret:warehouse": "billing"}}).Expect(200)
	require.Contains(t, string(chosen.Raw), `secret('billing')`)
	require.Equal(t, "[secret]/", dana.Post("/expressions/preview", map[string]any{"source": "{{ secret('billing') }}/", "template": true}).Expect(200).Text("text"))
	require.Zero(t, dana.Post("/expressions/check", map[string]any{"source": "{{ secret('billing') }}/", "template": true}).Expect(200).Len("findings"))
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}
