package definition

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

var errClash = errors.New("changed differently")

// edit applies patches to the tree of one draft.
type edit struct {
	tree  map[string]any
	guard bool // others changed the draft since the author saw it
	// moved are nodes and flows after which flows may stand in the wrong list.
	moved map[string]bool
}

func editOf(tree map[string]any, guard bool) *edit {
	return &edit{tree: tree, guard: guard, moved: map[string]bool{}}
}

// apply changes the tree. With guard a place that no longer holds Before (and not
// already After) is a clash, and what it holds now is returned.
func (e *edit) apply(p Patch) (any, error) {
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
		return set(e.tree, p.Path, p, e.guard)
	case list == "layout" && named:
		layout, ok := e.tree["layout"].(map[string]any)
		if !ok {
			layout = map[string]any{}
			e.tree["layout"] = layout
		}
		return set(layout, append([]string{id}, p.Path...), p, e.guard)
	case named && (list == "nodes" || list == "flows" || list == "notes" || list == "groups"):
		return e.element(list, id, p)
	}
	return nil, fmt.Errorf("unknown element %q", p.Element)
}

func (e *edit) element(list, id string, p Patch) (any, error) {
	owner, index := find(e.tree, list, id)
	var current map[string]any
	if owner != nil {
		current = items(owner, list)[index].(map[string]any)
	}
	if len(p.Path) > 0 {
		if owner == nil {
			if e.guard {
				return nil, errClash
			}
			return nil, fmt.Errorf("there is no %s/%s", list, id)
		}
		if list == "nodes" && len(p.Path) == 1 && p.Path[0] == "parent" {
			return e.move(id, owner, current, p)
		}
		if list == "flows" && p.Path[0] == "from" {
			e.moved[id] = true
		}
		return set(current, p.Path, p, e.guard)
	}
	theirs := own(owner, current)
	if e.guard && !sameElement(current, theirs, p.Before) && !sameElement(current, theirs, p.After) {
		return theirs, errClash
	}
	if p.After == nil {
		if owner == nil {
			return nil, nil
		}
		// What others have put inside meanwhile would vanish unseen.
		if seen, _ := p.Before.(map[string]any); e.guard && seen["nodes"] == nil && len(items(current, "nodes")) > 0 {
			return theirs, errClash
		}
		if list == "nodes" && current["kind"] == container {
			e.settle() // what has left it takes its flows along, before they vanish with it
		}
		owner[list] = slices.Delete(slices.Clone(items(owner, list)), index, index+1)
		return nil, nil
	}
	item, ok := p.After.(map[string]any)
	if !ok || item["id"] != id {
		return nil, fmt.Errorf("the new value must be an object with the id %q", id)
	}
	return nil, e.put(list, id, item, owner, index)
}

// put adds an element or puts it in place of the one at index of owner.
func (e *edit) put(list, id string, item, owner map[string]any, index int) error {
	item = maps.Clone(item)
	e.moved[id] = true
	if list != "nodes" {
		if owner == nil {
			owner, index = e.tree, len(items(e.tree, list))
		}
		owner[list] = replaced(items(owner, list), index, item)
		return nil
	}
	parent, _ := item["parent"].(string)
	delete(item, "parent")
	into, err := e.scope(parent)
	if err != nil {
		return err
	}
	if owner != nil {
		old := items(owner, list)[index].(map[string]any)
		if within(old, parent) {
			return fmt.Errorf("%s cannot be inside itself", id)
		}
		for _, inner := range []string{"nodes", "flows"} {
			if item[inner] == nil && item["kind"] == container && old[inner] != nil {
				item[inner] = old[inner]
			}
		}
		if same(owner["id"], into["id"]) {
			owner[list] = replaced(items(owner, list), index, item)
			return nil
		}
		owner[list] = slices.Delete(slices.Clone(items(owner, list)), index, index+1)
	}
	into[list] = append(slices.Clone(items(into, list)), item)
	return nil
}

// move takes a node, with all that is in it, from one sub-process to another.
func (e *edit) move(id string, owner, node map[string]any, p Patch) (any, error) {
	theirs := parentOf(owner)
	if e.guard && !same(theirs, p.Before) && !same(theirs, p.After) {
		return theirs, errClash
	}
	parent, _ := p.After.(string)
	into, err := e.scope(parent)
	switch {
	case err != nil && e.guard:
		return theirs, errClash
	case err != nil:
		return nil, err
	}
	if within(node, parent) {
		return nil, fmt.Errorf("%s cannot be inside itself", id)
	}
	index := slices.IndexFunc(items(owner, "nodes"), func(v any) bool { n, _ := v.(map[string]any); return n["id"] == id })
	owner["nodes"] = slices.Delete(slices.Clone(items(owner, "nodes")), index, index+1)
	into["nodes"] = append(slices.Clone(items(into, "nodes")), node)
	e.moved[id] = true
	return nil, nil
}

// within tells that a sub-process is a node, or inside it.
func within(node map[string]any, scope string) bool {
	if scope == "" {
		return false
	}
	inside, _ := find(node, "nodes", scope)
	return inside != nil || node["id"] == scope
}

// scope is the sub-process with this id; none is the process itself.
func (e *edit) scope(id string) (map[string]any, error) {
	if id == "" {
		return e.tree, nil
	}
	owner, index := find(e.tree, "nodes", id)
	if owner == nil {
		return nil, fmt.Errorf("there is no sub-process %q", id)
	}
	scope := items(owner, "nodes")[index].(map[string]any)
	if scope["kind"] != container {
		return nil, fmt.Errorf("%q is no sub-process", id)
	}
	return scope, nil
}

// settle puts flows that were added, or whose source was moved, beside the node
// that they leave.
func (e *edit) settle() {
	if len(e.moved) == 0 {
		return
	}
	scopes := map[string]map[string]any{}
	var all []map[string]any
	var collect func(scope map[string]any)
	collect = func(scope map[string]any) {
		all = append(all, scope)
		for _, v := range items(scope, "nodes") {
			node, _ := v.(map[string]any)
			if id, ok := node["id"].(string); ok {
				scopes[id] = scope
			}
			if node["kind"] == container {
				collect(node)
			}
		}
	}
	collect(e.tree)
	for _, scope := range all {
		var stay []any
		flows := items(scope, "flows")
		for _, v := range flows {
			flow, _ := v.(map[string]any)
			id, _ := flow["id"].(string)
			from, _ := flow["from"].(string)
			home := scopes[from]
			if home == nil || same(home["id"], scope["id"]) || !e.moved[id] && !e.moved[from] {
				stay = append(stay, v)
				continue
			}
			home["flows"] = append(slices.Clone(items(home, "flows")), v)
		}
		if len(stay) < len(flows) {
			scope["flows"] = append([]any{}, stay...)
		}
	}
}

const container = "subProcess"

func items(owner map[string]any, list string) []any {
	items, _ := owner[list].([]any)
	return items
}

func replaced(list []any, index int, item any) []any {
	list = slices.Clone(list)
	if index == len(list) {
		return append(list, item)
	}
	list[index] = item
	return list
}

// parentOf names a scope as patches do: the process itself is null.
func parentOf(scope map[string]any) any {
	if scope["kind"] == container {
		return scope["id"]
	}
	return nil
}

// own is an element as patches show it: a node without the steps inside it, and
// with the sub-process around it.
func own(owner, element map[string]any) any {
	if element == nil {
		return nil
	}
	parent := parentOf(owner)
	if parent == nil && element["kind"] != container {
		return element
	}
	bare := maps.Clone(element)
	if element["kind"] == container {
		delete(bare, "nodes")
		delete(bare, "flows")
	}
	if _, node := element["kind"]; node && parent != nil {
		bare["parent"] = parent
	}
	return bare
}

// sameElement compares with what an author saw: with or without inner steps.
func sameElement(whole map[string]any, bare, seen any) bool {
	if whole == nil {
		return seen == nil
	}
	return same(bare, seen) || same(any(whole), seen)
}

// find looks for an element by id, also inside sub-processes.
func find(owner map[string]any, list, id string) (map[string]any, int) {
	for i, v := range items(owner, list) {
		if item, ok := v.(map[string]any); ok && item["id"] == id {
			return owner, i
		}
	}
	for _, v := range items(owner, "nodes") {
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
