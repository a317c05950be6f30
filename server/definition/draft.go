package definition

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Patch changes one place of a draft: Element names a node, a flow, a layout
// entry, a note, a group ("nodes/<id>") or the rest ("meta"); Path leads inside
// it. An empty Path adds (Before null), replaces or removes (After null) the
// element itself. Before is what the author saw there.
type Patch struct {
	Element string   `json:"element" minLength:"4" maxLength:"200"`
	Path    []string `json:"path" maxItems:"40"`
	Before  any      `json:"before"`
	After   any      `json:"after"`
}

// Clash is a place that two people changed differently.
type Clash struct {
	Element string   `json:"element"`
	Path    []string `json:"path"`
	Base    any      `json:"base"`
	Mine    any      `json:"mine"`
	Theirs  any      `json:"theirs"`
}

// PatchDraft applies patches that were made on draft rev. When others changed
// the draft since, patches on places that still look as their author saw them
// are merged; all others are clashes and nothing is written.
func (s *Service) PatchDraft(ctx context.Context, key string, rev int64, patches []Patch, actor string) (Saved, error) {
	for {
		d, err := s.get(ctx, key)
		if err != nil {
			return Saved{}, err
		}
		if rev > d.DraftRev {
			return Saved{}, s.stale(ctx, d)
		}
		tree, err := parseTree(d.Draft)
		if err != nil {
			return Saved{}, err
		}
		merged := rev < d.DraftRev
		var clashes []Clash
		for i, p := range patches {
			p.Before, p.After = number(p.Before), number(p.After)
			theirs, err := apply(tree, p, merged)
			switch {
			case errors.Is(err, errClash):
				clashes = append(clashes, Clash{Element: p.Element, Path: p.Path, Base: p.Before, Mine: p.After, Theirs: theirs})
			case err != nil:
				return Saved{}, problem.Invalid("/patches/"+strconv.Itoa(i), "invalid", err.Error())
			}
		}
		if len(clashes) > 0 {
			return Saved{}, problem.New("clash").With("clashes", clashes).With("draft", d.Draft).With("draftRev", d.DraftRev)
		}
		if k, _ := tree["key"].(string); k != key {
			return Saved{}, problem.Invalid("/patches", "invalid", "the key of a process cannot change")
		}
		before := d
		if err := s.take(&d, tree, actor); err != nil {
			return Saved{}, err
		}
		events, err := s.drafted(before, &d, actor)
		if err != nil {
			return Saved{}, err
		}
		saved, err := s.definitions.Save(ctx, d, events...)
		if errors.Is(err, docstore.ErrConflict) {
			continue // somebody else was faster: merge with what they wrote
		}
		if err != nil {
			return Saved{}, fmt.Errorf("save draft %s: %w", key, err)
		}
		out := s.saved(saved)
		if merged {
			out.Draft = saved.Draft
		}
		return out, nil
	}
}

// PutDraft replaces the whole draft.
func (s *Service) PutDraft(ctx context.Context, key string, rev int64, process json.RawMessage, actor string) (Saved, error) {
	d, err := s.get(ctx, key)
	if err != nil {
		return Saved{}, err
	}
	if d.DraftRev != rev {
		return Saved{}, s.stale(ctx, d)
	}
	tree, err := parseTree(process)
	if err != nil {
		return Saved{}, problem.Invalid("", "wrong_type", "a process definition is a JSON object")
	}
	if k, ok := tree["key"].(string); ok && k != key {
		return Saved{}, problem.Invalid("/key", "invalid", "the key of a process cannot change")
	}
	tree["key"] = key
	before := d
	if err := s.take(&d, tree, actor); err != nil {
		return Saved{}, err
	}
	events, err := s.drafted(before, &d, actor)
	if err != nil {
		return Saved{}, err
	}
	saved, err := s.save(ctx, d, events...)
	if err != nil {
		return Saved{}, err
	}
	return s.saved(saved), nil
}

func (s *Service) saved(d definition) Saved {
	return Saved{DraftRev: d.DraftRev, Findings: s.findings(d.Draft), SavedAt: d.ChangedAt}
}

func parseTree(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read process definition: %w", err)
	}
	if tree == nil {
		return nil, errors.New("process definition is null")
	}
	return tree, nil
}

// number brings values that came through encoding/json's float64 to the form of
// parseTree, so that equal values compare equal.
func number(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	if d.Decode(&out) != nil {
		return v
	}
	return out
}

var errClash = errors.New("changed differently")

// apply changes tree. With guard a place that no longer holds Before (and not
// already After) is a clash, and what it holds now is returned.
func apply(tree map[string]any, p Patch, guard bool) (any, error) {
	list, id, named := strings.Cut(p.Element, "/")
	switch {
	case p.Element == "meta":
		if len(p.Path) == 0 {
			return nil, errors.New("a path into the process is needed")
		}
		switch p.Path[0] {
		case "nodes", "flows", "layout", "notes", "groups", "format":
			return nil, fmt.Errorf("%s is not part of meta", p.Path[0])
		}
		return set(tree, p.Path, p, guard)
	case list == "layout" && named:
		layout, ok := tree["layout"].(map[string]any)
		if !ok {
			layout = map[string]any{}
			tree["layout"] = layout
		}
		return set(layout, append([]string{id}, p.Path...), p, guard)
	case named && (list == "nodes" || list == "flows" || list == "notes" || list == "groups"):
		return element(tree, list, id, p, guard)
	}
	return nil, fmt.Errorf("unknown element %q", p.Element)
}

func element(tree map[string]any, list, id string, p Patch, guard bool) (any, error) {
	owner, index := find(tree, list, id)
	if len(p.Path) > 0 {
		if owner == nil {
			if guard {
				return nil, errClash
			}
			return nil, fmt.Errorf("there is no %s/%s", list, id)
		}
		item := owner[list].([]any)[index].(map[string]any)
		return set(item, p.Path, p, guard)
	}
	var current any
	if owner != nil {
		current = owner[list].([]any)[index]
	}
	if guard && !same(current, p.Before) && !same(current, p.After) {
		return current, errClash
	}
	if p.After == nil {
		if owner != nil {
			items := owner[list].([]any)
			owner[list] = append(items[:index:index], items[index+1:]...)
		}
		return nil, nil
	}
	item, ok := p.After.(map[string]any)
	if !ok || item["id"] != id {
		return nil, fmt.Errorf("the new value must be an object with the id %q", id)
	}
	if owner != nil {
		owner[list].([]any)[index] = item
		return nil, nil
	}
	items, _ := tree[list].([]any)
	tree[list] = append(items, item)
	return nil, nil
}

// find looks for an element by id, also inside sub-processes.
func find(owner map[string]any, list, id string) (map[string]any, int) {
	items, _ := owner[list].([]any)
	for i, v := range items {
		if item, ok := v.(map[string]any); ok && item["id"] == id {
			return owner, i
		}
	}
	nodes, _ := owner["nodes"].([]any)
	for _, v := range nodes {
		if node, ok := v.(map[string]any); ok && node["nodes"] != nil {
			if o, i := find(node, list, id); o != nil {
				return o, i
			}
		}
	}
	return nil, 0
}

// set writes After at path below container, making objects on the way; null
// removes a member or an entry of a list.
func set(container map[string]any, path []string, p Patch, guard bool) (any, error) {
	var parent any = container
	var replace func(any) // puts a grown list back into its holder
	for _, step := range path[:len(path)-1] {
		switch c := parent.(type) {
		case map[string]any:
			if c[step] == nil {
				if p.After == nil {
					return nil, nil
				}
				c[step] = map[string]any{}
			}
			parent, replace = c[step], func(v any) { c[step] = v }
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(c) {
				if guard {
					return nil, errClash
				}
				return nil, fmt.Errorf("there is no entry %q", step)
			}
			parent, replace = c[i], func(v any) { c[i] = v }
		default:
			if guard {
				return parent, errClash
			}
			return nil, fmt.Errorf("%q does not lead anywhere", step)
		}
	}
	last := path[len(path)-1]
	switch c := parent.(type) {
	case map[string]any:
		if guard && !same(c[last], p.Before) && !same(c[last], p.After) {
			return c[last], errClash
		}
		if p.After == nil {
			delete(c, last)
		} else {
			c[last] = p.After
		}
	case []any:
		i, err := strconv.Atoi(last)
		if err != nil || i < 0 || i > len(c) {
			if guard {
				return c, errClash
			}
			return nil, fmt.Errorf("there is no entry %q", last)
		}
		var current any
		if i < len(c) {
			current = c[i]
		}
		if guard && !same(current, p.Before) && !same(current, p.After) {
			return current, errClash
		}
		switch {
		case p.After == nil && i < len(c):
			replace(append(c[:i:i], c[i+1:]...))
		case i == len(c) && p.After != nil:
			replace(append(c, p.After))
		case i < len(c):
			c[i] = p.After
		}
	default:
		if guard {
			return parent, errClash
		}
		return nil, fmt.Errorf("%q does not lead anywhere", last)
	}
	return nil, nil
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

// tooLong finds names and descriptions beyond reason, with their places.
func tooLong(v any) []problem.Field {
	var fields []problem.Field
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, limit := range map[string]int{"name": maxText, "id": maxText, "key": maxText, "description": maxLong} {
				if text, ok := v[key].(string); ok && len([]rune(text)) > limit {
					fields = append(fields, problem.Field{Path: path + "/" + key, Code: "too_long",
						Message: fmt.Sprintf("at most %d characters", limit)})
				}
			}
			for key, inner := range v {
				walk(path+"/"+key, inner)
			}
		case []any:
			for i, inner := range v {
				walk(path+"/"+strconv.Itoa(i), inner)
			}
		}
	}
	walk("", v)
	return fields
}
