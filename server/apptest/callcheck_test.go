package apptest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
	"github.com/fluxo-app/fluxo/server/config"
)

// covers X-01: what of a call can be seen to go wrong is said when it is drawn: the
// address, a header with a line break, a key that everybody may read.
func TestCallsAreLookedAtBeforeTheyAreMade(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{Change: func(c *config.Config) { c.Outgoing.Allow = []string{"10.1.0.0/16"} }})
	found := func(key string, config map[string]any) []string {
		t.Helper()
		answer := putBoard(w, map[string][]map[string]any{"qualified": {robot("it", key, rightAway, config)}})
		list := "stages.1.findings"
		if answer.Status != 200 {
			answer.Problem(422, "board_findings")
			list = "findings"
		}
		var out []string
		for i := range answer.Len(list) {
			at := fmt.Sprintf("%s.%d.", list, i)
			require.Equal(t, "it", answer.Text(at+"node"))
			out = append(out, answer.Text(at+"code")+" "+answer.Text(at+"severity")+" "+answer.Text(at+"path"))
		}
		return out
	}
	call := func(more ...any) map[string]any {
		config := map[string]any{"method": "POST", "url": "https://api.example.com/orders"}
		for i := 0; i+1 < len(more); i += 2 {
			config[more[i].(string)] = more[i+1]
		}
		return config
	}
	for address, want := range map[string]string{
		"https://api.example.com/orders?page=2&tokens=3": "",
		"http://10.1.2.3/x":                                 "", // an administrator allows it
		"https://api.example.com/{{ record.title }}":        "",
		"https://api.example.com/?token={{ record.title }}": "",
		"file:///etc/passwd":                                "bad_call_address error",
		"api.example.com/orders":                            "bad_call_address error",
		"https://user:word@api.example.com/":                "bad_call_address error",
		"http://169.254.169.254/latest/meta-data":           "call_internal warning",
		"http://127.0.0.1:9000/x":                           "call_internal warning",
		"http://[::1]/x":                                    "call_internal warning",
		"http://localhost/x":                                "call_internal warning",
		"http://10.2.0.1/x":                                 "call_internal warning",
		"https://api.example.com/?api_key=abcdef":           "plain_key warning",
		"https://hooks.example.com/xoxb-1234567890abcdef/a": "plain_key warning",
	} {
		got := found("webhook.call", call("url", address))
		if want == "" {
			require.Empty(t, got, address)
			continue
		}
		require.Len(t, got, 1, address)
		require.Contains(t, got[0], want, address)
		require.Contains(t, got[0], "/robots/0/config/url", address)
	}
	require.Contains(t, found("webhook.call", call("headers", []any{map[string]any{"name": "X-Note", "value": "a\r\nHost: evil"}}))[0], "bad_header error")
	require.Empty(t, found("webhook.call", call("headers", []any{map[string]any{"name": "X-Note", "value": "a"}})))
	for name, body := range map[string]any{
		"a JSON text": `{"order": 5, "apiKey": "abcdef"}`,
		"a form":      "order=5&access_token=abcdef",
		"a known key": "use ghp_0123456789abcdefghij",
	} {
		require.Contains(t, found("webhook.call", call("body", body))[0], "plain_key warning", name)
	}
	for name, body := range map[string]any{
		"a person":         `{"secretary": "Ann", "tokenCount": "5"}`,
		"what is computed": `{"apiKey": "{{ record.title }}"}`,
		"an expression":    map[string]any{"expr": "{'password': record.title}"},
	} {
		require.Empty(t, found("webhook.call", call("body", body)), name)
	}
	require.Equal(t, []string{"unknown_recipient warning /robots/0/config/to"}, found("notification.send", map[string]any{"to": []any{"marta", "nobody-here"}, "text": "Look"}))
	require.Empty(t, found("notification.send", map[string]any{"to": []any{"marta", map[string]any{"expr": "record.responsible"}}, "text": "Look"}))
}

// A change of nothing is none: neither of a secret nor of what somebody prefers.
func TestAnEmptyChangeChangesNothing(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	made := ada.Post("/secrets", map[string]any{"name": "Billing", "hosts": []any{"api.example.com"}, "value": "x"}).Expect(201)
	same := ada.Do("PATCH", "/secrets/billing", map[string]any{}, "If-Match", made.ETag()).Expect(200)
	require.Equal(t, made.ETag(), same.ETag())
	require.NotEqual(t, made.ETag(), ada.Do("PATCH", "/secrets/billing", map[string]any{"name": "Bills"}, "If-Match", made.ETag()).Expect(200).ETag())

	first := ada.Do("PATCH", "/session/preferences", map[string]any{}).Expect(200)
	require.Equal(t, first.At("rev"), ada.Do("PATCH", "/session/preferences", map[string]any{}).Expect(200).At("rev"))
	require.NotEqual(t, first.At("rev"), ada.Do("PATCH", "/session/preferences", map[string]any{"language": "pl"}).Expect(200).At("rev"))

	many := []any{}
	for i := range 21 {
		many = append(many, fmt.Sprintf("h%d.example.com", i))
	}
	for _, wrong := range []map[string]any{{"name": "Many", "hosts": many, "value": "x"}, {"name": "Long", "hosts": []any{fmt.Sprintf("%0300d.com", 1)}, "value": "x"}, {"name": fmt.Sprintf("%0101d", 1), "hosts": []any{"a.com"}, "value": "x"}} {
		ada.Post("/secrets", wrong).Problem(422, "validation")
	}
}
