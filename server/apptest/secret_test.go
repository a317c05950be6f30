package apptest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/config"
)

// partner is another system that remembers the header it was called with, and repeats
// it in its answer, as some do.
type partner struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func newPartner(t *testing.T) *partner {
	t.Helper()
	p := &partner{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.seen = append(p.seen, r.Header.Get("Authorization"))
		p.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"you": r.Header.Get("Authorization")})
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *partner) calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.seen...)
}

const calling = `{"format":"fluxo/process@1","key":"%s","name":"Calling","nodes":[{"id":"s","kind":"startEvent"},
	{"id":"call","kind":"robot","robot":"webhook.call","config":{"url":"%s","headers":[{"name":"Authorization","value":%s}]}},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"call"},{"id":"f2","from":"call","to":"e"}]}`

// codes of the findings of a draft.
func codesOf(a *apptest.Answer) []string {
	codes := []string{}
	for i := range a.Len("findings") {
		codes = append(codes, a.Text(fmt.Sprintf("findings.%d.code", i)))
	}
	return codes
}

// covers X-01: what a webhook robot must not show is kept as a secret. Its value is
// sent and stands nowhere: not in what the API tells, not in the history of the run, not
// in the outbox of a trial, not in a file, not in the trail.
func TestSecretsOfWebhooksAreSentAndNotShown(t *testing.T) {
	t.Parallel()
	const value = "Bearer 0p3n-sesame-42"
	other := newPartner(t)
	w := apptest.New(t, apptest.Options{Change: func(c *config.Config) { c.Outgoing.Allow = []string{"127.0.0.1/32"} }})
	ada, dana, oscar, marta := w.As("ada"), w.As("dana"), w.As("oscar"), w.As("marta")
	hidden := func(what string, a *apptest.Answer) {
		t.Helper()
		require.NotContains(t, string(a.Raw), "0p3n", what)
	}

	in := map[string]any{"name": "Billing", "hosts": []any{other.URL}, "value": value}
	dana.Post("/secrets", in).Problem(403, "forbidden")
	made := ada.Post("/secrets", in).Expect(201)
	hidden("the answer", made)
	id := made.Text("id")
	require.Equal(t, "billing", id)
	ada.Post("/secrets", in).Problem(422, "validation")
	hidden("a refusal", ada.Post("/secrets", map[string]any{"name": "", "hosts": []any{}, "value": value}).Problem(422, "validation"))

	draft := func(key, value string) *apptest.Answer {
		t.Helper()
		have := dana.Get("/definitions/" + key)
		if have.Status == 404 {
			have = dana.Post("/definitions", map[string]any{"key": key, "name": "Calling"}).Expect(201)
		}
		return dana.Do("PUT", "/definitions/"+key+"/draft", json.RawMessage(fmt.Sprintf(calling, key, other.URL, value)), "If-Match", have.ETag()).Expect(200)
	}
	require.Equal(t, []string{"plain_secret"}, codesOf(draft("calling", `"Bearer written down"`)))
	require.Empty(t, codesOf(draft("calling", `"{{ vars.token }}"`))[1:], "what is computed stands nowhere")
	unknown := draft("calling", `{"secret":"nothing"}`)
	require.Equal(t, []string{"unknown_secret"}, codesOf(unknown))
	dana.Post("/definitions/calling/versions", map[string]any{}, "If-Match", unknown.ETag()).Problem(422, "findings")
	saved := draft("calling", `{"secret":"billing"}`)
	require.Empty(t, codesOf(saved))
	dana.Post("/definitions/calling/versions", map[string]any{}, "If-Match", saved.ETag()).Expect(201)

	run := oscar.Post("/definitions/calling/runs", map[string]any{}).Expect(202).Text("id")
	w.Eventually("the run has ended", 10*time.Millisecond, func() bool { return oscar.Get("/runs/"+run).Text("status") == "completed" })
	require.Equal(t, []string{value}, other.calls())
	for _, path := range []string{"/runs/" + run, "/runs/" + run + "/records", "/secrets", "/definitions/calling", "/audit", "/directory"} {
		hidden(path, ada.Get(path).Expect(200))
	}
	require.Contains(t, string(oscar.Get("/runs/"+run+"/records").Raw), "[secret]", "the partner repeated it")

	// Those who draw choose by name; where it is used is told to those who manage them.
	require.Equal(t, "Billing", dana.Get("/secrets").Expect(200).Text("items.0.name"))
	require.Zero(t, dana.Get("/secrets").Len("items.0.uses"))
	require.Equal(t, []any{map[string]any{"kind": "process", "key": "calling", "name": "Calling"}}, ada.Get("/secrets").At("items.0.uses"))

	// Only to its hosts, and only where the step itself names it.
	other2 := newPartner(t)
	for key, c := range map[string]struct{ url, value, code string }{
		"elsewhere": {other2.URL, `{"secret":"billing"}`, "secret_elsewhere"},
		"computed":  {other.URL, `{"expr":"{secret: \"billing\"}"}`, "bad_config"},
	} {
		publishText(t, w, key, fmt.Sprintf(calling, key, c.url, c.value))
		bad := oscar.Post("/definitions/"+key+"/runs", map[string]any{}).Expect(202).Text("id")
		w.Eventually(key+" has an incident", 10*time.Millisecond, func() bool { return oscar.Get("/runs/"+bad).Len("incidents") == 1 })
		require.Equal(t, c.code, oscar.Get("/runs/"+bad).Text("incidents.0.code"))
	}
	require.Empty(t, other2.calls())
	require.Len(t, other.calls(), 1)

	// A file carries the name; an import says what is missing here.
	file := dana.Get("/definitions/calling/file").Expect(200)
	hidden("the file", file)
	require.Contains(t, string(file.Raw), `"secret:billing"`)
	imported := dana.Post("/definition-files", map[string]any{"dryRun": true, "file": json.RawMessage(file.Raw)}).Expect(200)
	require.Zero(t, imported.At("missing"))
	strange := strings.NewReplacer(`"secret": "billing"`, `"secret": "warehouse"`, `"secret:billing"`, `"secret:warehouse"`, `"Billing"`, `"Warehouse"`).Replace(string(file.Raw))
	imported = dana.Post("/definition-files", map[string]any{"dryRun": true, "file": json.RawMessage(strange)}).Expect(200)
	require.EqualValues(t, 1, imported.At("missing"))
	require.Equal(t, "secret:warehouse", imported.Text("references.0.key"))
	require.Equal(t, "Warehouse", imported.Text("references.0.name"))

	// A trial plays the call and keeps the value where it is; robots that are switched
	// off count as uses.
	board := robot("call", "webhook.call", rightAway, map[string]any{"url": other.URL, "headers": []any{map[string]any{"name": "Authorization", "value": map[string]any{"secret": "billing"}}}})
	played := tryBoard(w, []map[string]any{onStage("new", []map[string]any{board})}, map[string]any{"new": map[string]any{"title": "Tried"}})
	played.Expect(200)
	require.Equal(t, []string{"call webhook.call leaves=true"}, played.outbox())
	hidden("the trial", played.Answer)
	require.Len(t, other.calls(), 1)
	board["disabled"] = true
	putBoard(w, map[string][]map[string]any{"new": {board}}).Expect(200)
	require.Equal(t, 3, ada.Get("/secrets").Len("items.0.uses"), "%s", ada.Get("/secrets").Raw)

	// A new name and a new value: the process goes on with them.
	kept := ada.Do("PATCH", "/secrets/billing", map[string]any{"name": "Billing, live", "value": "Bearer 0p3n-other"}, "If-Match", made.ETag()).Expect(200)
	hidden("the change", kept)
	ada.Do("PATCH", "/secrets/billing", map[string]any{"name": "Again"}, "If-Match", made.ETag()).Problem(409, "stale")
	marta.Do("PATCH", "/secrets/billing", map[string]any{"name": "Mine"}, "If-Match", kept.ETag()).Problem(403, "forbidden")
	oscar.Post("/definitions/calling/runs", map[string]any{}).Expect(202)
	w.Eventually("the new value is sent", 10*time.Millisecond, func() bool { return len(other.calls()) == 2 })
	require.Equal(t, "Bearer 0p3n-other", other.calls()[1])

	refused := ada.Do("DELETE", "/secrets/billing", nil, "If-Match", kept.ETag()).Problem(409, "in_use")
	require.Equal(t, 3, refused.Len("uses"))
	putBoard(w, nil).Expect(200)
	for _, key := range []string{"calling", "elsewhere", "computed"} {
		publishText(t, w, key, fmt.Sprintf(calling, key, other.URL, `"x"`))
	}
	ada.Do("DELETE", "/secrets/billing", nil, "If-Match", kept.ETag()).Problem(409, "in_use") // "elsewhere" still runs on its old version
	waiting := oscar.Get("/runs?status=active&definition=elsewhere").Expect(200)
	oscar.Post("/runs/"+waiting.Text("items.0.id")+"/actions", map[string]any{"action": "cancel"}).Expect(202)
	w.Eventually("nothing uses it", 10*time.Millisecond, func() bool { return ada.Get("/secrets").Len("items.0.uses") == 0 })
	ada.Do("DELETE", "/secrets/billing", nil, "If-Match", kept.ETag()).Expect(204)
	ada.Do("DELETE", "/secrets/billing", nil, "If-Match", kept.ETag()).Problem(404, "not_found")

	var actions []string
	w.Eventually("all three are in the trail", 10*time.Millisecond, func() bool {
		trail := ada.Get("/audit?object=vault:billing").Expect(200)
		hidden("the trail", trail)
		actions = nil
		for i := range trail.Len("items") {
			actions = append(actions, trail.Text(fmt.Sprintf("items.%d.action", i)))
		}
		return len(actions) == 3
	})
	require.Equal(t, []string{"secret.deleted", "secret.changed", "secret.created"}, actions)
}
