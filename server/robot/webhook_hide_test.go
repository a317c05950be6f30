package robot

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/server/channel/webhook"
)

// covers X-01: however another system writes what it repeats, no secret is in it.
func TestAnswersHideEscapedSecrets(t *testing.T) {
	const secret = "a\"b\\c%d&e 'f'\n<ż🐢>/+=g"
	quoted, err := json.Marshal(secret)
	require.NoError(t, err)
	inside := string(quoted[1 : len(quoted)-1])
	twice, err := json.Marshal(inside)
	require.NoError(t, err)
	for name, said := range map[string]string{
		"as it is": secret, "JSON": inside, "JSON in JSON": string(twice[1 : len(twice)-1]), "a query": url.QueryEscape(secret), "a path": url.PathEscape(secret),
		"small letters": strings.ToLower(url.QueryEscape(secret)), "HTML": html.EscapeString(secret), "an address in an address": url.QueryEscape(url.QueryEscape(secret)),
		"JSON in a form": url.QueryEscape(inside), "HTML in JSON": strings.ReplaceAll(html.EscapeString(secret), "\n", `\n`),
	} {
		require.Equal(t, "= [secret].", string(hide([]byte("= "+said+"."), []string{secret})), name)
	}
	require.Equal(t, "other A\"b", string(hide([]byte("other A\"b"), []string{secret})))
	long := strings.Repeat("%ż\"", 1300)
	require.Equal(t, "[secret]", string(hide([]byte(url.QueryEscape(long)), []string{long})))
}

// covers X-01: what a secret holds stays inside of the place where it is put.
func TestBodiesKeepSecretsInTheirPlace(t *testing.T) {
	for name, c := range map[string]struct{ kind, before, after, want string }{
		"JSON that values broke": {"application/json", `{"n":x,"k":"`, `"}`, `{"n":x,"k":"Bearer s3cr\"et-token"}`},
		"JSON of an own kind":    {"application/problem+json", `{"k":"`, `"`, `{"k":"Bearer s3cr\"et-token"`},
		"XML":                    {"text/xml; charset=utf-8", `<k a="`, `"/>`, `<k a="Bearer s3cr&#34;et-token"/>`},
		"XML of an own kind":     {"application/soap+xml", `<k>`, `</k>`, `<k>Bearer s3cr&#34;et-token</k>`},
		"a text":                 {"text/plain", `k: `, ``, `k: Bearer s3cr"et-token`},
	} {
		w := newWorld()
		w.answer = webhook.Answer{Status: 200}
		config, err := json.Marshal(map[string]any{"url": "https://example.com/", "headers": []any{map[string]any{"name": "content-type", "value": c.kind}},
			"body": map[string]any{robot.SecretParts: []any{c.before, map[string]any{"secret": "billing"}, c.after}}})
		require.NoError(t, err)
		_, err = w.attempt(t, "webhook.call", string(config), nil)
		require.NoError(t, err)
		require.Equal(t, c.want, string(w.requests[0].Body), name)
	}
}
