package lint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// neverSet warns of variables that expressions read although nothing can have
// set them: they have no first value and no node names them.
func neverSet(def *graph.Definition) []graph.Finding {
	var tree map[string]any
	raw, err := json.Marshal(def)
	if err != nil || json.Unmarshal(raw, &tree) != nil {
		return nil // other findings tell what is wrong with it
	}
	read, named := map[string]bool{}, map[string]bool{}
	var look func(key string, v any)
	look = func(key string, v any) {
		switch v := v.(type) {
		case string:
			switch {
			case slices.Contains([]string{"expr", "when", "conditional", "while", "until", "result"}, key), strings.Contains(v, "{{"):
				for _, m := range variable.FindAllStringSubmatch(v, -1) {
					read[m[1]] = true
				}
			default:
				named[v] = true
			}
		case []any:
			for _, inner := range v {
				look(key, inner)
			}
		case map[string]any:
			for _, inner := range slices.Sorted(maps.Keys(v)) {
				if inner != "variables" && inner != "layout" && inner != "scenarios" && inner != "x" {
					look(inner, v[inner])
				}
			}
		}
	}
	look("nodes", tree["nodes"])
	look("flows", tree["flows"])
	var out []graph.Finding
	for i, v := range def.Variables {
		if v.Default != nil || named[v.Name] || !read[v.Name] {
			continue
		}
		out = append(out, graph.Finding{Code: "variable_never_set", Severity: graph.Warning, Path: fmt.Sprintf("/variables/%d", i),
			Message: fmt.Sprintf("the variable %q is read, and nothing ever sets it", v.Name),
			Remedy:  "give it a first value, or let a step set it", Data: map[string]any{"name": v.Name}})
	}
	return out
}

// texts lists every string value in a JSON text.
func texts(raw []byte) []string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	var out []string
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case []any:
			for _, e := range v {
				collect(e)
			}
		case map[string]any:
			for _, e := range v {
				collect(e)
			}
		}
	}
	collect(v)
	return out
}
