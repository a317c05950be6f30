package portable

import "strings"

// Picked rewrites what a config holds: a value that a picker gave, by the widget of its
// schema, and every text that is an expression or has expressions in it.
func Picked(config, schema map[string]any, pick func(widget string, holder map[string]any, value string) string, text func(source string) string) {
	p := picked{root: schema, pick: pick, text: text}
	p.object(config, schema)
}

type picked struct {
	root map[string]any
	pick func(widget string, holder map[string]any, value string) string
	text func(source string) string
}

func (p picked) object(holder, schema map[string]any) {
	for key, v := range holder {
		holder[key] = p.value(v, member(schema, p.root, key), "", holder, key == "expr")
	}
}

// value rewrites one value; of is the widget of the list that it stands in.
func (p picked) value(v any, schema map[string]any, of string, holder map[string]any, expression bool) any {
	w := widget(schema, p.root, 0)
	if w == "" {
		w = of
	}
	switch v := v.(type) {
	case string:
		switch {
		case expression || strings.Contains(v, "{{"), w == "expression", w == "condition":
			return p.text(v)
		case strings.HasSuffix(w, "-picker") && v != "":
			return p.pick(w, holder, v)
		}
		return v
	case []any:
		for i, inner := range v {
			v[i] = p.value(inner, member(schema, p.root, "*"), w, holder, false)
		}
		return v
	case map[string]any:
		p.object(v, schema)
		return v
	}
	return v
}
