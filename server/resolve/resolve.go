package resolve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/access"
)

// resolution is the work on one opening.
type resolution struct {
	*Service
	facts *facts
	names core.Values
	at    core.Instant
	// marked is the member of the config whose template is markdown: what is put
	// into it is escaped, because a comment such as "fix <date>" is no markup.
	marked string
}

func (s *Service) begin(ctx context.Context, o host.Opening) *resolution {
	f, ok := o.Facts.(*facts)
	if !ok {
		f = &facts{ctx: ctx, service: s, run: o.Run}
	}
	return &resolution{Service: s, facts: f, names: o.Command.Scope, at: o.At}
}

func refuse(code, message, remedy string) error {
	return &host.Refusal{FailureBody: core.FailureBody{Code: code, Message: message, Remedy: remedy}}
}

func decode(raw []byte) (any, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	return v, nil
}

// config resolves every expression and template of a node's config.
func (r *resolution) config(subject string, raw []byte) (map[string]any, error) {
	v, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var schema map[string]any
	if r.Schema != nil {
		schema = r.Schema(subject)
	}
	out, err := r.value(v, schema, schema, false)
	if err != nil {
		return nil, err
	}
	config, _ := out.(map[string]any)
	if config == nil {
		config = map[string]any{}
	}
	return config, nil
}

// value resolves a part of a config. Below a member whose schema says "x-secrets" texts
// may name secrets: there they become the parts that sends puts together.
func (r *resolution) value(v any, schema, root map[string]any, secrets bool) (any, error) {
	secrets = secrets || holdsSecrets(schema, root)
	switch v := v.(type) {
	case map[string]any:
		if source, ok := v["expr"].(string); ok && len(v) == 1 {
			out, err := r.facts.Eval(source, r.names, r.at)
			if err == nil && namesSecret(out) && sends(root) {
				err = refuse("bad_config", "an expression gave the name of a secret, and only the step itself may name one", "choose the secret in the step")
			}
			return out, err
		}
		if _, is := v[robot.SecretParts]; is {
			return nil, refuse("bad_config", "the member "+robot.SecretParts+" is the product's own", "call it otherwise")
		}
		out := make(map[string]any, len(v))
		for key, inner := range v {
			var err error
			if text, ok := inner.(string); ok && key == r.marked && key != "" && strings.Contains(text, "{{") {
				if out[key], err = r.facts.renderMarkdown(text, r.names, r.at); err != nil {
					return nil, err
				}
				continue
			}
			if out[key], err = r.value(inner, below(schema, root, key), root, secrets); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			var err error
			if out[i], err = r.value(inner, below(schema, root, "*"), root, secrets); err != nil {
				return nil, err
			}
		}
		return out, nil
	case string:
		if strings.Contains(v, "{{") && (schema == nil || widget(schema, root, 0) == "template") {
			if secrets {
				return r.withSecrets(v)
			}
			return r.facts.render(v, r.names, r.at)
		}
	}
	return v, nil
}

// withSecrets renders what stands round the secrets of a text. Nothing that is rendered
// is looked through for secrets again: only the step itself names them.
func (r *resolution) withSecrets(text string) (any, error) {
	texts, ids := expr.CutSecrets(text)
	if len(ids) == 0 {
		return r.facts.render(text, r.names, r.at)
	}
	parts := make([]any, 0, len(texts)+len(ids))
	for i, one := range texts {
		if one != "" {
			rendered, err := r.facts.render(one, r.names, r.at)
			if err != nil {
				return nil, err
			}
			parts = append(parts, rendered)
		}
		if i < len(ids) {
			parts = append(parts, map[string]any{"secret": ids[i]})
		}
	}
	return map[string]any{robot.SecretParts: parts}, nil
}

func holdsSecrets(schema, root map[string]any) bool {
	for _, s := range variants(schema, root, 0) {
		if s["x-secrets"] == true {
			return true
		}
	}
	return false
}

// namesSecret finds the form of a secret's name in a value: data of a run must not
// decide which secret is sent.
func namesSecret(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if _, is := v[robot.SecretParts]; is {
			return true
		}
		if id, is := v["secret"].(string); is && len(v) == 1 && id != "" {
			return true
		}
		for _, inner := range v {
			if namesSecret(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, namesSecret)
	}
	return false
}

// sends tells whether a step of this schema may send secrets.
func sends(schema any) bool {
	switch v := schema.(type) {
	case map[string]any:
		if v["x-widget"] == "secret-picker" {
			return true
		}
		for _, inner := range v {
			if sends(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, sends)
	}
	return false
}

// variants are a schema itself and what it is composed of.
func variants(schema, root map[string]any, depth int) []map[string]any {
	if schema == nil || depth > 5 {
		return nil
	}
	out := []map[string]any{schema}
	if ref, ok := schema["$ref"].(string); ok {
		if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
			if defs, ok := root["$defs"].(map[string]any); ok {
				if target, ok := defs[name].(map[string]any); ok {
					out = append(out, variants(target, root, depth+1)...)
				}
			}
		}
	}
	for _, key := range []string{"anyOf", "oneOf", "allOf"} {
		list, _ := schema[key].([]any)
		for _, v := range list {
			if s, ok := v.(map[string]any); ok {
				out = append(out, variants(s, root, depth+1)...)
			}
		}
	}
	return out
}

func widget(schema, root map[string]any, depth int) string {
	for _, s := range variants(schema, root, depth) {
		if w, ok := s["x-widget"].(string); ok {
			return w
		}
	}
	return ""
}

// below is the schema of a member, "*" for the entries of a list.
func below(schema, root map[string]any, key string) map[string]any {
	for _, s := range variants(schema, root, 0) {
		if key == "*" {
			if items, ok := s["items"].(map[string]any); ok {
				return items
			}
			continue
		}
		if properties, ok := s["properties"].(map[string]any); ok {
			if p, ok := properties[key].(map[string]any); ok {
				return p
			}
		}
		if more, ok := s["additionalProperties"].(map[string]any); ok {
			return more
		}
	}
	return nil
}

// people reads who is meant: a user id, a group id, "role:<id>" for those who hold
// the role now, {"user"|"group"|"role": id}, or a list of those.
func (r *resolution) people(v any) (users, groups []string) {
	seen := map[string]bool{} // a role may have thousands of holders
	add := func(list *[]string, id string) {
		kind := "user:"
		if list == &groups {
			kind = "group:"
		}
		if id != "" && !seen[kind+id] {
			seen[kind+id] = true
			*list = append(*list, id)
		}
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			id := strings.TrimSpace(v)
			if group, ok := strings.CutPrefix(id, "group:"); ok {
				add(&groups, group)
				return
			}
			if strings.HasPrefix(id, access.HoldersOf) {
				for _, holder := range r.Directory.Members(id) {
					add(&users, holder)
				}
				return
			}
			id = strings.TrimPrefix(id, "user:")
			if _, known := r.Directory.User(id); !known && r.Directory.IsGroup(id) {
				add(&groups, id)
				return
			}
			add(&users, id)
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case map[string]any:
			for _, key := range []string{"user", "group", "role", "id", "users", "groups"} {
				inner, ok := v[key]
				if !ok {
					continue
				}
				id, text := inner.(string)
				switch {
				case text && key == "group":
					add(&groups, id)
				case text && key == "role":
					walk(access.HoldersOf + id)
				default:
					walk(inner)
				}
			}
		}
	}
	walk(v)
	known := users[:0:0]
	for _, id := range users {
		if _, ok := r.Directory.User(id); ok {
			known = append(known, id)
		}
	}
	return known, groups
}

// inGroups reads a place for groups: what it names are groups, unless it says that
// it names a role.
func inGroups(d Directory, v any, users, groups []string) (holders, in []string) {
	list, several := v.([]any)
	if !several {
		list = []any{v}
	}
	role := func(v any) bool {
		id, ok := v.(string)
		return ok && strings.HasPrefix(strings.TrimSpace(id), access.HoldersOf)
	}
	for _, one := range list {
		if role(one) {
			holders = append(holders, d.Members(strings.TrimSpace(one.(string)))...)
		}
	}
	held := map[string]bool{}
	for _, id := range holders {
		held[id] = true
	}
	for _, id := range users {
		if !held[id] {
			groups = append(groups, id)
		}
	}
	if id, ok := v.(string); ok && !role(v) && !slices.Contains(groups, id) {
		groups = append(groups, id)
	}
	return holders, groups
}

// MaxPeople bounds who is asked by one task: each of them is written into it and told.
const MaxPeople = 500

// Task resolves a task for people: who they are, its due time, its text.
func (s *Service) Task(ctx context.Context, o host.Opening) (store.Task, error) {
	r := s.begin(ctx, o)
	r.marked = "text" // shown as markdown
	config, err := r.config(o.Command.NodeKind, o.Command.Config)
	if err != nil {
		return store.Task{}, err
	}
	var t store.Task
	for _, key := range []string{"assignee", "assignees", "approvers", "group", "groups", "people"} {
		users, groups := r.people(config[key])
		if key == "group" || key == "groups" {
			users, groups = inGroups(r.Directory, config[key], users, groups)
		}
		t.Users, t.Groups = append(t.Users, users...), append(t.Groups, groups...)
	}
	if kind := o.Command.NodeKind; kind == "approval" || kind == "acknowledge" || kind == "requestInformation" && config["refusal"] == "all" {
		// Where each of the appointed people counts, groups stand for their members of now.
		for _, g := range t.Groups {
			t.Users = append(t.Users, s.Directory.Members(g)...)
		}
		t.Groups = nil
	}
	t.Users, t.Groups = unique(t.Users), unique(t.Groups)
	if len(t.Users) == 0 && len(t.Groups) == 0 {
		return store.Task{}, refuse("nobody_assigned", "nobody can be assigned to this task",
			"check the expression of the assignee, and that the person it names exists and has a head, then retry")
	}
	if len(t.Users) > MaxPeople {
		return store.Task{}, refuse("too_many_assigned", fmt.Sprintf("%d people would be asked by one task, at most %d can be", len(t.Users), MaxPeople),
			"name a group, of whom one does the task, or a role that fewer people hold, then retry")
	}
	if err := s.standIns(ctx, o, &t); err != nil {
		return store.Task{}, err
	}
	if due := config["due"]; due != nil && due != "" {
		assignee := ""
		if people := t.People(); len(people) == 1 && len(t.Groups) == 0 {
			assignee = people[0]
		}
		if due, err = r.personal(due, assignee); err != nil {
			return store.Task{}, err
		}
		raw, err := json.Marshal(due)
		if err != nil {
			return store.Task{}, fmt.Errorf("encode due: %w", err)
		}
		at, err := s.resolve(ctx, raw, o.At, 0)
		if err != nil {
			return store.Task{}, refuse("bad_due", "the due time cannot be computed: "+err.Error(), "write a duration such as P2D, or see to the calendar that it goes by")
		}
		t.DueAt = at.At
	}
	if name := o.Command.Name; name != "" {
		t.Name = name
	}
	if t.Config, err = json.Marshal(config); err != nil {
		return store.Task{}, fmt.Errorf("encode config: %w", err)
	}
	return t, nil
}

func unique(ids []string) []string {
	out := ids[:0:0]
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Effect resolves the config of a robot.
func (s *Service) Effect(ctx context.Context, o host.Opening) (store.Effect, error) {
	r := s.begin(ctx, o)
	config, err := r.config(o.Command.Robot, o.Command.Config)
	if err != nil {
		return store.Effect{}, err
	}
	if _, err := r.personal(config, ""); err != nil {
		return store.Effect{}, err
	}
	var e store.Effect
	if e.Config, err = json.Marshal(config); err != nil {
		return e, fmt.Errorf("encode config: %w", err)
	}
	if e.Scope, err = json.Marshal(o.Command.Scope); err != nil {
		return e, fmt.Errorf("encode scope: %w", err)
	}
	e.Policy, err = r.policy(o.Command.Policy)
	return e, err
}

// policy is that of a node with the user on whose behalf it works filled in.
func (r *resolution) policy(raw []byte) (json.RawMessage, error) {
	if !bytes.Contains(raw, []byte(`"as"`)) {
		return raw, nil
	}
	var policy map[string]json.RawMessage
	if err := json.Unmarshal(raw, &policy); err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	as, err := decode(policy["as"])
	if err != nil {
		return nil, err
	}
	if as, err = r.value(as, map[string]any{}, nil, false); err != nil {
		return nil, err
	}
	users, _ := r.people(as)
	delete(policy, "as")
	if len(users) == 1 {
		if policy["as"], err = json.Marshal(users[0]); err != nil {
			return nil, fmt.Errorf("encode policy: %w", err)
		}
	}
	return json.Marshal(policy)
}

// Timer resolves a rule to its instant.
func (s *Service) Timer(ctx context.Context, o host.Opening) (host.Due, error) {
	r := s.begin(ctx, o)
	raw := o.Command.Trigger
	if len(raw) == 0 {
		raw = o.Command.Config
	}
	v, err := decode(raw)
	if err != nil {
		return host.Due{}, err
	}
	if v, err = r.value(v, map[string]any{}, nil, false); err != nil {
		return host.Due{}, err
	}
	if m, ok := v.(map[string]any); ok {
		delete(m, "outcome") // of an approval's time-out
		delete(m, "on")
	}
	if v, err = r.personal(v, ""); err != nil {
		return host.Due{}, err
	}
	rule, err := json.Marshal(v)
	if err != nil {
		return host.Due{}, fmt.Errorf("encode timer: %w", err)
	}
	due, err := s.resolve(ctx, rule, o.At, o.Command.Cycle)
	if err != nil {
		return host.Due{}, refuse("bad_timer", err.Error(), "correct the time of this node in a new version, or change the variable or the calendar it is computed from, and retry")
	}
	return due, nil
}

// Message resolves the name and key of an awaited message.
func (s *Service) Message(ctx context.Context, o host.Opening) (name, key string, err error) {
	r := s.begin(ctx, o)
	var trigger struct {
		Message struct {
			Name string          `json:"name"`
			Key  json.RawMessage `json:"key"`
		} `json:"message"`
	}
	if err := json.Unmarshal(o.Command.Trigger, &trigger); err != nil {
		return "", "", fmt.Errorf("read message rule: %w", err)
	}
	v, err := decode(trigger.Message.Key)
	if err != nil {
		return "", "", err
	}
	if v, err = r.value(v, nil, nil, false); err != nil {
		return "", "", err
	}
	switch v := v.(type) {
	case nil:
	case string:
		key = v
	case json.Number:
		key = v.String()
	default:
		return "", "", refuse("bad_message_key", "the key of the message must be a text or a number", "correct the expression of the key")
	}
	return trigger.Message.Name, key, nil
}
