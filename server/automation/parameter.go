package automation

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/problem"
)

// maxParameters bounds what a run is given at its start, in bytes of JSON: it is
// carried through the whole run.
const maxParameters = 256 << 10

// checkParameters tells what is wrong with the values that a person gives to a run.
func checkParameters(g *graph.Graph, given map[string]any) []problem.Field {
	var wrong []problem.Field
	declared := map[string]graph.Declared{}
	for _, p := range g.Parameters {
		declared[p.Name] = p
		if p.Required && p.Default == nil && given[p.Name] == nil {
			wrong = append(wrong, problem.Field{Path: "/parameters/" + p.Name, Code: "required"})
		}
	}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(given)) {
		at := "/parameters/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		p, known := declared[name]
		text, err := json.Marshal(given[name])
		size += len(name) + len(text)
		switch {
		case !known:
			wrong = append(wrong, problem.Field{Path: at, Code: "unknown_field"})
		case err != nil || !fits(p, given[name]):
			wrong = append(wrong, problem.Field{Path: at, Code: "wrong_type"})
		case size > maxParameters:
			wrong = append(wrong, problem.Field{Path: at, Code: "too_long"})
		case !offered(p, given[name]):
			wrong = append(wrong, problem.Field{Path: at, Code: "one_of", Message: strings.Join(p.Options, ", ")})
		}
	}
	return wrong
}

// fits tells whether a value is of the type of its parameter; none is of every type.
func fits(p graph.Declared, value any) bool {
	if value == nil {
		return true
	}
	if list, is := value.([]any); p.Multiple {
		return is && !slices.ContainsFunc(list, func(v any) bool { return !fitsOne(p.Type, v) })
	}
	return fitsOne(p.Type, value)
}

func fitsOne(of string, value any) bool {
	text, isText := value.(string)
	_, isObject := value.(map[string]any)
	switch of {
	case "any":
		return true
	case "number", "integer":
		n, is := value.(float64)
		return is && (of == "number" || n == math.Trunc(n))
	case "boolean":
		_, is := value.(bool)
		return is
	case "list":
		_, is := value.([]any)
		return is
	case "object", "money":
		return isObject
	case "file":
		return isText || isObject
	case "date":
		_, err := time.Parse(time.DateOnly, text)
		return isText && err == nil
	case "dateTime":
		day, _, _ := strings.Cut(text, "T")
		_, err := time.Parse(time.DateOnly, day)
		return isText && err == nil
	}
	return isText
}

// offered tells whether a value is among those that its parameter allows.
func offered(p graph.Declared, value any) bool {
	if len(p.Options) == 0 || value == nil {
		return true
	}
	list, is := value.([]any)
	if !is {
		list = []any{value}
	}
	return !slices.ContainsFunc(list, func(v any) bool {
		text, isText := v.(string)
		return !isText || !slices.Contains(p.Options, text)
	})
}
