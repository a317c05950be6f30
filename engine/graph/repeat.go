package graph

import (
	"encoding/json"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// Loop repeats an activity while a condition holds.
type Loop struct {
	While  string `json:"while,omitempty"`
	Before bool   `json:"before,omitempty"` // tested before the first pass too
	Max    int    `json:"max,omitempty"`    // passes at most, 0 = without limit
}

// Each repeats an activity for every item of a list, or a number of times.
type Each struct {
	Items    json.RawMessage `json:"items,omitempty"`
	Count    json.RawMessage `json:"count,omitempty"`
	Item     string          `json:"item,omitempty"` // variable of a pass that holds its item, "item" when absent
	Parallel bool            `json:"parallel,omitempty"`
	Until    string          `json:"until,omitempty"`  // tested after each pass; ends the others
	Result   string          `json:"result,omitempty"` // expression of what a pass adds to Out; absent = its result in steps
	Out      string          `json:"out,omitempty"`    // variable that takes the results in the order of the items
	Behavior string          `json:"behavior,omitempty"`
}

// Repeat is a compiled loop or each.
type Repeat struct {
	While  string
	Before bool
	Max    int

	Each     bool
	Items    *Assignment // nil: Count tells
	Count    *Assignment
	Item     string
	Parallel bool
	Until    string
	Result   string
	Out      string
}

// DefaultItem is the variable of an item when the definition names none.
const DefaultItem = "item"

// LoopNames are the variables that every pass of a repeated activity sees
// besides its item: its own number from 1 and, for each, how many passes there
// are, how many are under way and how many are done.
func LoopNames() []string {
	return []string{"loopCounter", "numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances"}
}

// repeat checks and lowers loop and each.
func (c *compiler) repeat(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	if d.Loop == nil && d.Each == nil {
		return
	}
	field := "/loop"
	if d.Loop == nil {
		field = "/each"
	}
	if node.Kind.Role != kind.Activity || d.Event {
		c.atNode(n, field, "unexpected_field", "", "a node of kind %s cannot be repeated", d.Kind)
		return
	}
	if d.Loop != nil && d.Each != nil {
		c.atNode(n, "/each", "repeat_conflict", "keep one of them", "the step repeats by a condition and for each item at once")
		return
	}
	if d.Loop != nil {
		c.loop(n, d.Loop)
		return
	}
	c.each(n, d.Each)
}

func (c *compiler) loop(n int, l *Loop) {
	if l.Max < 0 {
		c.atNode(n, "/loop/max", "bad_value", "give a number above 0 or leave it out", "the loop would pass %d times", l.Max)
	}
	if l.While == "" && l.Max == 0 {
		c.atNode(n, "/loop/while", "missing_field", "give a condition or the highest number of passes", "the loop never ends")
	}
	if l.While != "" {
		c.expression(n, "/loop/while", l.While, UseCondition)
	}
	c.g.Nodes[n].Repeat = &Repeat{While: l.While, Before: l.Before, Max: l.Max}
}

func (c *compiler) each(n int, e *Each) {
	r := &Repeat{Each: true, Item: e.Item, Parallel: e.Parallel, Until: e.Until, Result: e.Result, Out: e.Out}
	if r.Item == "" {
		r.Item = DefaultItem
	}
	switch {
	case len(e.Items) > 0 && len(e.Count) > 0:
		c.atNode(n, "/each/count", "repeat_conflict", "keep one of them", "the step repeats for each item and a number of times at once")
	case len(e.Items) > 0:
		r.Items = c.occasion(n, "/each/items", e.Items)
		if r.Items != nil && r.Items.Expr == "" {
			if _, ok := r.Items.Literal.([]any); !ok {
				c.atNode(n, "/each/items", "bad_value", "give a list or an expression", "the items are no list")
			}
		}
	case len(e.Count) > 0:
		r.Count = c.occasion(n, "/each/count", e.Count)
		if r.Count != nil && r.Count.Expr == "" {
			if count, ok := r.Count.Literal.(json.Number); !ok || !natural(count) {
				c.atNode(n, "/each/count", "bad_value", "give a whole number that is not negative, or an expression", "the count is no whole number from 0")
			}
		}
	default:
		c.atNode(n, "/each/items", "missing_field", "give a list of items or a count", "how often the step repeats is not said")
	}
	if e.Behavior != "" && e.Behavior != "all" {
		c.atNode(n, "/each/behavior", "unsupported_field", "use all, or leave it out", "the step is done when all its passes are; %q cannot be run", e.Behavior)
		c.with("field", "behavior")
	}
	for _, name := range []struct{ field, value string }{{"/each/item", r.Item}, {"/each/out", r.Out}} {
		if name.value != "" && !identifier(name.value) {
			c.atNode(n, name.field, "bad_name", "begin with a letter and use letters, digits and underscores only",
				"%q cannot be the name of a variable", name.value)
		}
	}
	if r.Until != "" {
		c.expression(n, "/each/until", r.Until, UseCondition)
	}
	if r.Result != "" {
		c.expression(n, "/each/result", r.Result, UseValue)
	}
	c.g.Nodes[n].Repeat = r
}

// occasion reads a literal or {"expr": "..."}; nil when it is neither.
func (c *compiler) occasion(n int, field string, raw json.RawMessage) *Assignment {
	value, err := decodeValue(raw)
	if err != nil {
		c.atNode(n, field, "malformed", "", "%s", err)
		return nil
	}
	if source, ok := expressionIn(value); ok {
		c.expression(n, field+"/expr", source, UseValue)
		return &Assignment{Expr: source}
	}
	return &Assignment{Literal: value}
}

func natural(n json.Number) bool {
	count, err := strconv.Atoi(n.String())
	return err == nil && count >= 0
}
