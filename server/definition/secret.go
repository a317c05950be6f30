package definition

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
)

// header is a row of the headers that a robot sends. Its value is a text, an
// expression, or the name of a secret.
type header struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// secret is the name of a secret, "" when the value is none.
func (h header) secret() string {
	var value struct {
		Secret string `json:"secret"`
	}
	if json.Unmarshal(h.Value, &value) != nil {
		return ""
	}
	return value.Secret
}

// plain tells whether the value is a text that is written down and looks by the name of
// its header as if it should not be.
func (h header) plain() bool {
	var value string
	if json.Unmarshal(h.Value, &value) != nil || strings.TrimSpace(value) == "" || strings.Contains(value, "{{") {
		return false
	}
	return namesKey(h.Name)
}

// headers are the rows of a robot that sends some.
func headers(n *graph.NodeDefinition) []header {
	var config struct {
		Headers []header `json:"headers"`
	}
	if n.Robot == "" || json.Unmarshal(n.Config, &config) != nil {
		return nil // the check of its config says what is wrong
	}
	return config.Headers
}

var (
	// hostPart is the beginning of an address, as far as it says which host is called.
	hostPart = regexp.MustCompile(`^\s*(?i:https?)://[^/?#]*$`)
	// pastHost is one that says it whole.
	pastHost = regexp.MustCompile(`^\s*(?i:https?)://[^/?#\\@]+[/?]`)
)

// inHost tells whether a secret behind a beginning of an address stands where the host,
// or what comes before it, is. Of a beginning with values in it only the call knows.
func inHost(before string) bool {
	return hostPart.MatchString(before) || !strings.Contains(before, "{{") && !pastHost.MatchString(before)
}

// secretFindings are the secrets that are not there, those that stand where nothing sends
// them, and those that stand in a process for everyone to read. takes tells
// whether texts of a member of a subject's config may name secrets.
// goes tells whether a secret may be sent to an address.
func secretFindings(nodes []graph.NodeDefinition, path string, known func(id string) bool, goes func(id, address string) bool, takes func(subject, member string) bool) []graph.Finding {
	var out []graph.Finding
	for i := range nodes {
		n := &nodes[i]
		at := fmt.Sprintf("%s/nodes/%d", path, i)
		out = append(out, secretFindings(n.Nodes, at, known, goes, takes)...)
		address := writtenAddress(n)
		named := func(field, id string) {
			if known == nil {
				return
			}
			if known(id) {
				if address != "" && goes != nil && !goes(id, address) {
					out = append(out, graph.Finding{Code: "secret_elsewhere", Severity: graph.Warning, Path: at + field, Node: n.ID, Field: field,
						Message: fmt.Sprintf("the secret %q may not be sent to this address", id), Remedy: "correct the address, or let an administrator allow the host for the secret", Data: map[string]any{"name": id}})
				}
				return
			}
			out = append(out, graph.Finding{Code: "unknown_secret", Severity: graph.Error, Path: at + field, Node: n.ID, Field: field,
				Message: fmt.Sprintf("there is no secret %q", id), Remedy: "choose one that is there, or let an administrator add it", Data: map[string]any{"name": id}})
		}
		subject := n.Kind
		if n.Robot != "" {
			subject = n.Robot
		}
		var config map[string]any
		if bytes.Contains(n.Config, []byte("secret(")) && json.Unmarshal(n.Config, &config) != nil {
			config = nil // the check of the config says what is wrong
		}
		for _, member := range slices.Sorted(maps.Keys(config)) {
			secretTexts(config[member], "/config/"+member, func(field string, texts, ids []string) {
				if !takes(subject, member) {
					out = append(out, graph.Finding{Code: "misplaced_secret", Severity: graph.Error, Path: at + field, Node: n.ID, Field: field,
						Message: "a secret cannot stand here: nothing would send it", Remedy: "take it out; secrets stand in the address, the headers and the body of a webhook", Data: map[string]any{"name": ids[0]}})
					return
				}
				if member == "url" && inHost(texts[0]) {
					out = append(out, graph.Finding{Code: "secret_in_host", Severity: graph.Error, Path: at + field, Node: n.ID, Field: field,
						Message: "a secret stands where the host is, and the host says whether it may be sent", Remedy: "write the host, then a slash, then the secret", Data: map[string]any{"name": ids[0]}})
				}
				for _, id := range ids {
					named(field, id)
				}
			})
		}
		for j, h := range headers(n) {
			field := fmt.Sprintf("/config/headers/%d/value", j)
			switch id := h.secret(); {
			case id != "":
				named(field, id)
			case h.plain():
				out = append(out, graph.Finding{Code: "plain_secret", Severity: graph.Warning, Path: at + field, Node: n.ID, Field: field,
					Message: fmt.Sprintf("the header %s can be read by everyone who may read the process: keep it as a secret", h.Name),
					Remedy:  "let an administrator add a secret, and choose it here", Data: map[string]any{"name": h.Name}})
			}
		}
	}
	return out
}

// writtenAddress is the address that a robot calls, as far as it is written down with its
// host, else "".
func writtenAddress(n *graph.NodeDefinition) string {
	var config struct {
		URL string `json:"url"`
	}
	if n.Robot == "" || !bytes.Contains(n.Config, []byte("secret")) || json.Unmarshal(n.Config, &config) != nil {
		return "" // one that is computed is known when it is called
	}
	begins, _, computed := strings.Cut(config.URL, "{{")
	if computed && !pastHost.MatchString(begins) {
		return ""
	}
	return strings.TrimSpace(begins)
}

// secretTexts finds the texts below a value that name secrets, cut at them.
func secretTexts(v any, at string, found func(field string, texts, ids []string)) {
	switch v := v.(type) {
	case string:
		if texts, ids := expr.CutSecrets(v); len(ids) > 0 {
			found(at, texts, ids)
		}
	case []any:
		for i, inner := range v {
			secretTexts(inner, fmt.Sprintf("%s/%d", at, i), found)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			secretTexts(v[name], at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), found)
		}
	}
}

// takesSecrets tells whether texts of a member of a config may name secrets.
func (s *Service) takesSecrets(subject, member string) bool {
	properties, _ := s.schemas()(subject)["properties"].(map[string]any)
	of, _ := properties[member].(map[string]any)
	return of["x-secrets"] == true
}

// SecretUse is a place where a secret is sent from.
type SecretUse struct {
	Kind string `json:"kind" enum:"process,board,statusProcess"`
	Key  string `json:"key" doc:"of the process, the pipeline or the status-driven process"`
	Name string `json:"name"`
}

// SecretUses lists by secret the processes that send it: in their draft, in their
// published version, or in an older one on which runs still go. Of what stage boards
// and status-driven processes are compiled to, only old versions are told: their
// owners tell of themselves.
func (s *Service) SecretUses(ctx context.Context) (map[string][]SecretUse, error) {
	out := map[string][]SecretUse{}
	err := s.each(ctx, func(d definition) error {
		use := SecretUse{Kind: "process", Key: d.ID, Name: d.Name}
		if id, status := strings.CutPrefix(d.Board, "status:"); status {
			use.Kind, use.Key = "statusProcess", id
		} else if d.Board != "" {
			use.Kind, use.Key = "board", d.Board
		}
		texts := []json.RawMessage{d.Draft}
		for n := d.Published; n > 0; n-- {
			if n < d.Published || d.Disabled {
				counts, err := s.Runs.Counts(ctx, d.ID, n)
				if err != nil {
					return fmt.Errorf("count runs of %s: %w", d.ID, err)
				}
				if counts.Statuses[core.Active] == 0 {
					continue
				}
			}
			v, err := s.version(ctx, d.ID, n)
			if err != nil {
				return err
			}
			texts = append(texts, v.Process)
		}
		if d.Board != "" && d.Disabled {
			texts = texts[1:] // nothing starts by it, and nobody draws it
		}
		for _, text := range texts {
			AddSecretUses(out, text, use)
		}
		return nil
	})
	return out, err
}

// AddSecretUses adds the secrets that a text of a process, or of a part of one, names.
func AddSecretUses(into map[string][]SecretUse, text json.RawMessage, use SecretUse) {
	var tree any
	if json.Unmarshal(text, &tree) != nil {
		return // what cannot be read sends nothing
	}
	namedSecrets(tree, func(id string) {
		if !slices.Contains(into[id], use) {
			into[id] = append(into[id], use)
		}
	})
}

func namedSecrets(v any, found func(id string)) {
	switch v := v.(type) {
	case string:
		_, ids := expr.CutSecrets(v)
		for _, id := range ids {
			found(id)
		}
	case []any:
		for _, inner := range v {
			namedSecrets(inner, found)
		}
	case map[string]any:
		rows, _ := v["headers"].([]any)
		for _, row := range rows {
			if r, ok := row.(map[string]any); ok {
				if value, ok := r["value"].(map[string]any); ok {
					if id, _ := value["secret"].(string); id != "" {
						found(id)
					}
				}
			}
		}
		for _, inner := range v {
			namedSecrets(inner, found)
		}
	}
}
