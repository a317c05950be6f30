package apptest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
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

// stands counts in how many files of a folder a text stands.
func stands(t *testing.T, folder, text string) int {
	t.Helper()
	found := 0
	require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), text) {
			found++
		}
		return err
	}))
	return found
}

// covers X-01: between two attempts, and over the end of the server, what waits to be
// sent names its secrets. The second attempt is the same request, also with variables that
// read like names of secrets, and whatever way the other system repeats it in.
func TestSecretsAreSentAgainAfterARestart(t *testing.T) {
	t.Parallel()
	const core = "0p3nSesame" // no way to escape the value changes this part of it
	const value = core + " q\"uo\\te'd & 100% żółw 🐢 <x> #?=+" + core
	var mu sync.Mutex
	var seen []string
	calls := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, seen...)
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, r.RequestURI+" "+r.Header.Get("Idempotency-Key")+" "+string(body))
		if len(seen) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]any{"uri": r.RequestURI, "path": r.URL.Path, "query": r.URL.Query(), "body": string(body),
			"lower": strings.ToLower(r.URL.RawQuery), "again": url.QueryEscape(string(body))})
	}))
	defer other.Close()
	var folder string
	w := apptest.New(t, apptest.Options{SQLite: true, Change: func(c *config.Config) { c.Outgoing.Allow, folder = []string{"127.0.0.1/32"}, c.DataDir }})
	ada, oscar := w.As("ada"), w.As("oscar")
	ada.Post("/secrets", map[string]any{"name": "Billing", "hosts": []any{other.URL}, "value": value}).Expect(201)
	ada.Post("/secrets", map[string]any{"name": "Other", "hosts": []any{"*"}, "value": "n0t-to-be-sent"}).Expect(201)

	process := func(key, variable, call string) {
		t.Helper()
		publishText(t, w, key, fmt.Sprintf(`{"format":"fluxo/process@1","key":%q,"name":"Sending","variables":[%s],"nodes":[{"id":"s","kind":"startEvent"},
			{"id":"call","kind":"robot","robot":"webhook.call","config":%s},{"id":"e","kind":"endEvent"}],"flows":[{"id":"f1","from":"s","to":"call"},{"id":"f2","from":"call","to":"e"}]}`, key, variable, call))
	}
	process("sending", `{"name":"note","type":"string","default":"{{ secret('other') }}"}`,
		`{"url":"`+other.URL+`/{{ secret('billing') }}?k={{ secret('billing') }}","body":"{\"key\": \"{{ secret('billing') }}\", \"note\": \"{{ vars.note }}\"}"}`)
	run := oscar.Post("/definitions/sending/runs", map[string]any{}).Expect(202).Text("id")
	w.Eventually("it was called once", 0, func() bool { return len(calls()) == 1 })
	require.Zero(t, stands(t, folder, core))
	require.NotZero(t, stands(t, folder, "Sending"), "the look into the files sees what is kept")
	w.Restart(time.Hour)
	w.Eventually("it has ended", 10*time.Millisecond, func() bool { return oscar.Get("/runs/"+run).Text("status") == "completed" })
	sent := calls()
	require.Len(t, sent, 2)
	require.Equal(t, sent[0], sent[1])
	require.Contains(t, sent[1], `"note": "{{ secret('other') }}"`)
	var body struct{ Key string }
	require.NoError(t, json.Unmarshal([]byte(sent[1][strings.Index(sent[1], `{"key"`):]), &body), sent[1])
	require.Equal(t, value, body.Key)
	require.Contains(t, string(oscar.Get("/runs/"+run+"/records").Raw), "[secret]", "the other system repeated it")

	// All variables together look like the name of a secret.
	process("variables", `{"name":"secret","type":"string","default":"billing"}`, `{"url":"`+other.URL+`","headers":[{"name":"X-Key","value":{"expr":"vars"}}]}`)
	bad := oscar.Post("/definitions/variables/runs", map[string]any{}).Expect(202).Text("id")
	w.Eventually("it has an incident", 10*time.Millisecond, func() bool { return oscar.Get("/runs/"+bad).Len("incidents") == 1 })
	require.Equal(t, "bad_config", oscar.Get("/runs/"+bad).Text("incidents.0.code"))
	require.Len(t, calls(), 2)
	for _, path := range []string{"/runs/" + run, "/runs/" + run + "/records", "/runs/" + run + "/answers", "/audit"} {
		require.NotContains(t, string(ada.Get(path).Expect(200).Raw), core, path)
	}

	// A trial of a board opens none.
	board := robot("call", "webhook.call", rightAway, map[string]any{"url": other.URL + "/tried?key={{ secret('billing') }}", "body": "{{ secret('billing') }}"})
	played := tryBoard(w, []map[string]any{onStage("new", []map[string]any{board})}, map[string]any{"new": map[string]any{"title": "Tried"}})
	played.Expect(200)
	require.Equal(t, []string{"call webhook.call leaves=true"}, played.outbox())
	require.NotContains(t, string(played.Raw), core)
	require.Zero(t, stands(t, folder, core))
	require.Zero(t, stands(t, folder, "n0t-to-be-sent"))
}
