package trigger

import (
	"github.com/fluxo-app/fluxo/engine/expr"
	schema "github.com/fluxo-app/fluxo/schemas/trigger"
)

// EventType is what a condition of a kind of trigger may read as "event"; ok is
// false for a kind that is not known. What senders choose themselves, such as the
// fields of a form, stays open.
func EventType(kind string) (t expr.Type, ok bool) {
	d, ok := schema.Describe(kind)
	if !ok {
		return expr.Type{}, false
	}
	t = expr.Type{Kind: expr.Object, Fields: make(map[string]expr.Type, len(d.Event))}
	for _, v := range d.Event {
		switch v.Type {
		case "text":
			t.Fields[v.Name] = expr.Type{Kind: expr.Text}
		case "object":
			t.Fields[v.Name] = expr.Type{Kind: expr.Object, Open: true}
		default:
			t.Fields[v.Name] = expr.Type{Kind: expr.Kind(v.Type)}
		}
	}
	return t, true
}
