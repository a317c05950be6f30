// Package portable finds what a process definition names of its installation
// (people, groups, roles, stages, templates, other processes), so that it can be carried
// to another one: there the same things have other ids.
//
// A definition in a file names them by symbols: the login of a user, the key of
// a pipeline, a template or a process, and for groups, roles and stages the id when
// people can read it, else their name in small letters.
package portable

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/fluxo-app/fluxo/server/access"
)

// Kind is what a reference leads to.
type Kind string

// The kinds of references.
const (
	User     Kind = "user"
	Group    Kind = "group"
	Role     Kind = "role"
	Pipeline Kind = "pipeline"
	Stage    Kind = "stage"
	Template Kind = "template"
	Process  Kind = "process"
	Secret   Kind = "secret"
)

// Schemas gives the schema of a node kind's or robot's config, nil when unknown.
type Schemas func(subject string) map[string]any

// Ref is one thing that a definition names; Nodes are the steps that do.
type Ref struct {
	Kind  Kind     `json:"kind"`
	ID    string   `json:"id"`
	Nodes []string `json:"nodes"`
}

// Key names the reference in one word.
func (r Ref) Key() string { return string(r.Kind) + ":" + r.ID }

// Rename gives the new name of a reference. Kind is a guess where a place takes
// people and groups alike (then User); it returns what it leads to.
type Rename func(kind Kind, id string) string

// Collect lists the references of a definition in the order of their keys.
// isGroup tells which names in places for people and groups are groups.
func Collect(tree map[string]any, schemas Schemas, isGroup func(string) bool) []Ref {
	found := map[string]*Ref{}
	var at string
	walk(tree, schemas, func(node string) { at = node }, func(kind Kind, id string) string {
		if kind == User && isGroup(id) {
			kind = Group
		}
		r := Ref{Kind: kind, ID: id}
		if found[r.Key()] == nil {
			r.Nodes = []string{}
			found[r.Key()] = &r
		}
		if known := found[r.Key()]; at != "" && !slices.Contains(known.Nodes, at) {
			known.Nodes = append(known.Nodes, at)
		}
		return id
	})
	keys := make([]string, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	out := make([]Ref, 0, len(keys))
	for _, key := range keys {
		out = append(out, *found[key])
	}
	return out
}

// Replace renames the references of a definition in place.
func Replace(tree map[string]any, schemas Schemas, rename Rename) {
	walk(tree, schemas, func(string) {}, rename)
}

type walker struct {
	schemas Schemas
	enter   func(node string)
	rename  Rename
}

func walk(tree map[string]any, schemas Schemas, enter func(string), rename Rename) {
	w := walker{schemas, enter, rename}
	enter("")
	for _, list := range []string{"parameters", "variables", "constants"} {
		for _, v := range items(tree[list]) {
			for _, member := range []string{"default", "value"} {
				switch v["type"] {
				case "user":
					w.names(v, member, User)
				case "group":
					w.names(v, member, Group)
				}
			}
		}
	}
	w.scope(tree)
}

func (w walker) scope(owner map[string]any) {
	for _, node := range items(owner["nodes"]) {
		id, _ := node["id"].(string)
		w.enter(id)
		w.node(node)
		w.scope(node)
	}
	for _, flow := range items(owner["flows"]) {
		from, _ := flow["from"].(string)
		w.enter(from)
		w.expression(flow, "when")
	}
	w.enter("")
}

func (w walker) node(node map[string]any) {
	w.names(node, "process", Process)
	if trigger, ok := node["trigger"].(map[string]any); ok {
		w.names(trigger, "pipeline", Pipeline)
		w.names(trigger, "stage", Stage)
		w.expression(trigger, "when")
		w.texts(trigger, nil, nil)
	}
	subject, _ := node["kind"].(string)
	if robot, ok := node["robot"].(string); ok {
		subject = robot
	}
	schema := w.schemas(subject)
	if config, ok := node["config"].(map[string]any); ok {
		w.texts(config, schema, schema)
	}
	for _, member := range []string{"each", "loop", "effect"} {
		if v, ok := node[member].(map[string]any); ok {
			w.texts(v, nil, nil)
		}
	}
}

var widgets = map[string]Kind{"user-picker": User, "performer-picker": User, "group-picker": Group, "stage-picker": Stage, "pipeline-picker": Pipeline,
	"template-picker": Template, "process-picker": Process, "secret-picker": Secret}

// texts renames inside a config: literals of pickers, and the names that
// expressions and templates quote.
func (w walker) texts(holder map[string]any, schema, root map[string]any) {
	for key, v := range holder {
		below := member(schema, root, key)
		kind, picks := widgets[widget(below, root, 0)]
		if picks {
			w.names(holder, key, kind)
		}
		switch v := v.(type) {
		case string:
			if key == "expr" || strings.Contains(v, "{{") {
				holder[key] = w.quoted(v)
			}
		case map[string]any:
			w.texts(v, below, root)
		case []any:
			w.list(v, member(below, root, "*"), root, picks)
		}
	}
}

// list renames inside a list; done tells that its literals were renamed already.
func (w walker) list(list []any, schema, root map[string]any, done bool) {
	for i, v := range list {
		switch v := v.(type) {
		case string:
			if kind, picks := widgets[widget(schema, root, 0)]; picks && !done {
				list[i] = w.name(v, kind)
			} else if strings.Contains(v, "{{") {
				list[i] = w.quoted(v)
			}
		case map[string]any:
			w.texts(v, schema, root)
		case []any:
			w.list(v, member(schema, root, "*"), root, done)
		}
	}
}

// names renames a literal, or a list of them.
func (w walker) names(holder map[string]any, key string, kind Kind) {
	switch v := holder[key].(type) {
	case string:
		holder[key] = w.name(v, kind)
	case []any:
		for i, inner := range v {
			if s, ok := inner.(string); ok {
				v[i] = w.name(s, kind)
			}
		}
	}
}

func (w walker) name(id string, kind Kind) string {
	if id == "" || strings.Contains(id, "{{") {
		return id
	}
	for prefix, stated := range map[string]Kind{"user:": User, "group:": Group, access.HoldersOf: Role} {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			return prefix + w.rename(stated, rest)
		}
	}
	return w.rename(kind, id)
}

// call is a function of people with the person or group written down, or a secret by its id.
var call = regexp.MustCompile(`\b(members|head|user|secret)\(\s*("(?:[^"\\]+)"|'(?:[^'\\]+)')\s*\)`)

func (w walker) quoted(source string) string {
	return call.ReplaceAllStringFunc(source, func(found string) string {
		m := call.FindStringSubmatch(found)
		kind, quote, id := User, m[2][:1], m[2][1:len(m[2])-1]
		switch m[1] {
		case "members":
			kind = Group
		case "secret":
			kind = Secret
		}
		if role, is := strings.CutPrefix(id, access.HoldersOf); is {
			return m[1] + "(" + quote + access.HoldersOf + w.rename(Role, role) + quote + ")"
		}
		return m[1] + "(" + quote + w.rename(kind, id) + quote + ")"
	})
}

func (w walker) expression(holder map[string]any, key string) {
	switch v := holder[key].(type) {
	case string:
		holder[key] = w.quoted(v)
	case map[string]any:
		w.texts(v, nil, nil)
	}
}

func items(v any) []map[string]any {
	list, _ := v.([]any)
	out := make([]map[string]any, 0, len(list))
	for _, inner := range list {
		if item, ok := inner.(map[string]any); ok {
			out = append(out, item)
		}
	}
	return out
}

// variants are a schema itself and what it is composed of.
func variants(schema, root map[string]any, depth int) []map[string]any {
	if schema == nil || depth > 5 {
		return nil
	}
	out := []map[string]any{schema}
	if ref, ok := schema["$ref"].(string); ok {
		defs, _ := root["$defs"].(map[string]any)
		if target, ok := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any); ok {
			out = append(out, variants(target, root, depth+1)...)
		}
	}
	for _, key := range []string{"anyOf", "oneOf", "allOf"} {
		for _, s := range items(schema[key]) {
			out = append(out, variants(s, root, depth+1)...)
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

// member is the schema of a member, "*" for the entries of a list.
func member(schema, root map[string]any, key string) map[string]any {
	for _, s := range variants(schema, root, 0) {
		if key == "*" {
			if entries, ok := s["items"].(map[string]any); ok {
				return entries
			}
			continue
		}
		properties, _ := s["properties"].(map[string]any)
		if p, ok := properties[key].(map[string]any); ok {
			return p
		}
	}
	return nil
}

var (
	readable  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	generated = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-`)
)

// Symbol is how a file names something: by its id when people can read it, else
// by its name in small letters, with hyphens between the words.
func Symbol(id, name string) string {
	if readable.MatchString(id) && !generated.MatchString(id) {
		return id
	}
	if s := Slug(name); s != "" {
		return s
	}
	return id
}

// Slug writes a name of any alphabet in small letters with hyphens.
func Slug(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), "-")
}
