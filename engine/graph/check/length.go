package check

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/timer"
	"github.com/fluxo-app/fluxo/engine/timer/span"
)

// Bounds of lengths of time that are written as literals. What an expression
// gives is checked when it is used.
const (
	longest  = 100 // years
	shortest = time.Second
)

// epoch is where calendar lengths are laid out to compare them.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// CheckTime implements graph.TimeChecker.
func (c *configs) CheckTime(rule string, literal json.RawMessage) *graph.ConfigProblem {
	text, open := words(literal)
	if open {
		return nil
	}
	if rule == "at" {
		raw, err := json.Marshal(map[string]json.RawMessage{"at": literal})
		if err == nil {
			_, err = timer.ParseRule(raw)
		}
		if err != nil {
			return &graph.ConfigProblem{Code: "bad_instant", Message: text + " is not a point in time",
				Remedy: "write for example 2026-03-02T09:00", Data: map[string]any{"text": text}}
		}
		return nil
	}
	var length span.Span
	if err := json.Unmarshal(literal, &length); err != nil {
		return &graph.ConfigProblem{Code: "bad_duration", Message: text + " is not a duration",
			Remedy: "write for example PT30M, P3D or P1W", Data: map[string]any{"text": text}}
	}
	end := length.From(epoch)
	switch {
	case !length.Positive():
		return &graph.ConfigProblem{Code: "no_duration", Message: text + " is no time at all",
			Remedy: "give a longer duration or leave it out", Data: map[string]any{"text": text}}
	// Days beyond what time.Time counts come round to the past.
	case end.Before(epoch) || end.After(epoch.AddDate(longest, 0, 0)):
		return &graph.ConfigProblem{Code: "long_duration", Message: text + " is longer than a century",
			Remedy: "give a shorter duration", Data: map[string]any{"text": text, "years": longest}}
	case rule == "every" && end.Sub(epoch) < shortest:
		return &graph.ConfigProblem{Code: "short_repetition", Message: text + " is shorter than a second",
			Remedy: "repeat less often", Data: map[string]any{"text": text}}
	}
	return nil
}

// words is a literal as people wrote it; open when it holds an expression.
func words(literal json.RawMessage) (text string, open bool) {
	var value any
	dec := json.NewDecoder(bytes.NewReader(literal))
	dec.UseNumber()
	if dec.Decode(&value) != nil {
		return string(literal), false
	}
	if _, ok := expr.ExpressionIn(value); ok {
		return "", true
	}
	if s, ok := value.(string); ok {
		return s, strings.Contains(s, "{{")
	}
	return string(literal), false
}

// durations are the names of the fields that a schema shows as durations. Those
// deeper inside are timer rules of a kind, which the compiler asks about itself.
func durations(schema []byte) map[string]bool {
	type field struct {
		Widget string  `json:"x-widget"`
		AnyOf  []field `json:"anyOf"`
	}
	var shape struct {
		Properties map[string]field `json:"properties"`
	}
	out := map[string]bool{}
	if json.Unmarshal(schema, &shape) != nil {
		return out // the schema does not compile either, which is told
	}
	for name, f := range shape.Properties {
		for _, branch := range append(f.AnyOf, f) {
			if branch.Widget == "duration" {
				out[name] = true
			}
		}
	}
	return out
}

// lengths checks the durations of a config that is right in shape.
func (c *configs) lengths(fields map[string]bool, config []byte) []graph.ConfigProblem {
	if len(fields) == 0 {
		return nil
	}
	var values map[string]json.RawMessage
	if json.Unmarshal(config, &values) != nil {
		return nil
	}
	var out []graph.ConfigProblem
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if !fields[name] || bytes.Equal(value, []byte(`""`)) || bytes.Equal(value, []byte("null")) {
			continue
		}
		if p := c.CheckTime("after", value); p != nil {
			p.Path = pointer([]string{name})
			out = append(out, *p)
		}
	}
	return out
}
