package script

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// repeats tells whether an attribute makes a node repeat, or a sub-process ad hoc.
func repeats(attribute string) bool {
	return strings.HasPrefix(attribute, "loop.") || strings.HasPrefix(attribute, "each.") || strings.HasPrefix(attribute, "adhoc.")
}

// repetition takes the attributes of repetitions into a node and returns the others.
func repetition(n *graph.NodeDefinition, attributes []string) ([]string, error) {
	var others []string
	for _, a := range attributes {
		if !repeats(a) {
			others = append(others, a)
			continue
		}
		key, value, _ := strings.Cut(a, "=")
		switch part, field, _ := strings.Cut(key, "."); part {
		case "loop":
			if n.Loop == nil {
				n.Loop = &graph.Loop{}
			}
			switch field {
			case "while":
				n.Loop.While = value
			case "before":
				n.Loop.Before = true
			case "max":
				most, err := strconv.Atoi(value)
				if err != nil {
					return nil, err
				}
				n.Loop.Max = most
			}
		case "each":
			if n.Each == nil {
				n.Each = &graph.Each{}
			}
			switch field {
			case "items":
				n.Each.Items = valueOf(value)
			case "count":
				n.Each.Count = valueOf(value)
			case "item":
				n.Each.Item = value
			case "parallel":
				n.Each.Parallel = true
			case "until":
				n.Each.Until = value
			case "result":
				n.Each.Result = value
			case "out":
				n.Each.Out = value
			case "behavior":
				n.Each.Behavior = value
			}
		default:
			if n.AdHoc == nil {
				n.AdHoc = &graph.AdHoc{}
			}
			switch field {
			case "order":
				n.AdHoc.Order = value
			case "until":
				n.AdHoc.Until = value
			case "keep":
				cancel := false
				n.AdHoc.CancelRest = &cancel
			}
		}
	}
	return others, nil
}

// valueOf reads JSON as a literal and anything else as an expression.
func valueOf(s string) json.RawMessage {
	if json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return json.RawMessage(`{"expr":` + string(quoted(s)) + `}`)
}

// calls fills the config of a call: in.NAME and out.NAME are values or expressions.
func calls(config map[string]any, at map[string]string, keys []string) {
	for _, key := range keys {
		side, name, isRow := strings.Cut(key, ".")
		switch {
		case isRow:
			rows, _ := config[side].([]any)
			config[side] = append(rows, map[string]any{"name": name, "value": valueOf(at[key])})
		case key == "process" && strings.Contains(at[key], "."), key == "version":
			config[key] = valueOf(at[key])
		case key == "process":
			config[key] = at[key]
		}
	}
}

// callee knows every process but "missing"; "typed" has no start by hand.
func callee(key string, _ int) (graph.Callee, bool) {
	return graph.Callee{Startable: key != "typed", Inputs: []string{"a", "b"}}, key != "missing"
}
