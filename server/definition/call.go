package definition

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/access"
)

// ErrInternal is what Options.Callable says of an address that this server may not call.
var ErrInternal = errors.New("the address is internal")

// keyNames are the words by which a name says that its value should not be readable.
var keyNames = []string{"authorization", "cookie", "apikey", "token", "secret", "password", "accesskey", "authkey", "credential", "signature"}

func namesKey(name string) bool {
	name = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	return slices.ContainsFunc(keyNames, func(word string) bool { return strings.Contains(name, word) })
}

// holdsKey is namesKey for members of addresses and bodies, which tell of many things:
// "secretary" and "tokenCount" are no keys.
func holdsKey(name string) bool {
	name = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	return slices.ContainsFunc([]string{"apikey", "token", "secret", "password", "accesskey", "authkey"}, func(word string) bool { return strings.HasSuffix(name, word) })
}

var (
	// keyInText is a member of a JSON text, or of a form, with the value that is written down.
	keyInText = regexp.MustCompile(`"?([A-Za-z0-9_-]+)"?\s*(?::\s*"|=)([^"&{}\s]+)`)
	// keyForms are forms of keys that well-known services give out.
	keyForms = regexp.MustCompile(`\b(?:sk_live_|sk-|gh[pousr]_|github_pat_|xox[abp]-|AKIA|glpat-|ya29\.)[A-Za-z0-9_-]{12,}|\b[Bb]earer [A-Za-z0-9._~+/-]{12,}`)
)

// callFindings are what is wrong with the addresses that robots call and with what they
// send there, as far as it is written down.
func callFindings(nodes []graph.NodeDefinition, path string, callable func(address string) error) []graph.Finding {
	var out []graph.Finding
	for i := range nodes {
		n := &nodes[i]
		at := fmt.Sprintf("%s/nodes/%d", path, i)
		out = append(out, callFindings(n.Nodes, at, callable)...)
		if n.Robot != "webhook.call" || n.Disabled {
			continue
		}
		found := func(field string, f graph.Finding) {
			f.Path, f.Node, f.Field = at+field, n.ID, field
			out = append(out, f)
		}
		var config struct {
			URL  any `json:"url"`
			Body any `json:"body"`
		}
		if json.Unmarshal(n.Config, &config) != nil {
			continue // the check of the config says what is wrong
		}
		if address, is := config.URL.(string); is && callable != nil && !strings.Contains(address, "{{") && strings.TrimSpace(address) != "" {
			switch err := callable(address); {
			case errors.Is(err, ErrInternal):
				found("/config/url", graph.Finding{Code: "call_internal", Severity: graph.Warning, Message: "the address is internal and is not called unless an administrator allows it: " + err.Error(),
					Remedy: "choose a public address, or let an administrator allow it in the configuration", Data: map[string]any{"address": address}})
			case err != nil:
				found("/config/url", graph.Finding{Code: "bad_call_address", Severity: graph.Error, Message: err.Error(), Remedy: "write an address that begins with https://", Data: map[string]any{"address": address}})
			}
		}
		for j, h := range headers(n) {
			var value string
			if json.Unmarshal(h.Value, &value) == nil && strings.ContainsAny(value, "\r\n\x00") {
				found(fmt.Sprintf("/config/headers/%d/value", j), graph.Finding{Code: "bad_header", Severity: graph.Error,
					Message: fmt.Sprintf("the value of the header %s has a line break in it", h.Name), Remedy: "write it on one line", Data: map[string]any{"name": h.Name}})
			}
		}
		plain := func(field, name string) {
			found(field, graph.Finding{Code: "plain_key", Severity: graph.Warning, Message: fmt.Sprintf("%s can be read by everyone who may read the process", name),
				Remedy: "let an administrator keep it as a secret, and choose that in its place", Data: map[string]any{"name": name}})
		}
		if address, is := config.URL.(string); is {
			if name, has := keyOfAddress(address); has {
				plain("/config/url", name)
			}
		}
		if name, has := keyOfBody(config.Body); has {
			plain("/config/body", name)
		}
	}
	return out
}

// keyOfAddress names what of an address looks like a key that is written down.
func keyOfAddress(address string) (string, bool) {
	if keyForms.MatchString(address) {
		return "url", true
	}
	_, query, _ := strings.Cut(address, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if holdsKey(name) && value != "" && !strings.Contains(value, "{{") {
			return name, true
		}
	}
	return "", false
}

// keyOfBody names what of a body looks like a key that is written down.
func keyOfBody(body any) (string, bool) {
	switch v := body.(type) {
	case string:
		if keyForms.MatchString(v) {
			return "body", true
		}
		for _, m := range keyInText.FindAllStringSubmatch(v, -1) {
			if holdsKey(m[1]) {
				return m[1], true
			}
		}
	case []any:
		for _, inner := range v {
			if name, has := keyOfBody(inner); has {
				return name, has
			}
		}
	case map[string]any:
		if _, is := v["expr"]; is && len(v) == 1 {
			return "", false
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner := v[name]
			if text, is := inner.(string); is && holdsKey(name) && strings.TrimSpace(text) != "" && !strings.Contains(text, "{{") {
				return name, true
			}
			if name, has := keyOfBody(inner); has {
				return name, has
			}
		}
	}
	return "", false
}

// unknownRecipients warns of people and groups that messages go to and that are
// not there. Whom an expression will name is not known yet.
func unknownRecipients(nodes []graph.NodeDefinition, path string, d Directory) []graph.Finding {
	var out []graph.Finding
	for i := range nodes {
		n := &nodes[i]
		at := fmt.Sprintf("%s/nodes/%d", path, i)
		out = append(out, unknownRecipients(n.Nodes, at, d)...)
		var config struct {
			To any `json:"to"`
		}
		if n.Disabled || !slices.Contains([]string{"notification.send", "mail.employees", "control.watch"}, n.Robot) || json.Unmarshal(n.Config, &config) != nil {
			continue
		}
		names, _ := literals(config.To)
		names = slices.DeleteFunc(names, func(id string) bool {
			return strings.HasPrefix(id, access.HoldersOf) || canAct(d, id) // a role that is not there is told of anyway
		})
		if len(names) == 0 {
			continue
		}
		list := strings.Join(names, ", ")
		out = append(out, graph.Finding{Code: "unknown_recipient", Severity: graph.Warning, Path: at + "/config/to", Node: n.ID, Field: "/config/to",
			Message: fmt.Sprintf("%s cannot be told anything: unknown or switched off, or nobody is in it", list), Remedy: "choose people who are there", Data: map[string]any{"who": list}})
	}
	return out
}
