package explain

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/expr"
)

// leaf tries other values for what a leaf reads.
func (e *explainer) leaf(a expr.Part, want bool) [][]Change {
	var out [][]Change
	for _, path := range a.Paths {
		from := read(e.env, path)
		for _, c := range e.candidates(a, path, from, want) {
			if e.tries++; e.tries > maxTries {
				return out
			}
			c.Path, c.From = path, shown(from)
			c.cost = distance(path, from, c.To, e.env.Now)
			if same(from, c.To) || math.IsInf(c.cost, 1) {
				continue
			}
			if is, err := e.truth(a.Source, []Change{c}); err == nil && is == want {
				out = append(out, []Change{c})
			}
		}
	}
	return out
}

// candidates are values that may turn a leaf round, with what they mean.
func (e *explainer) candidates(a expr.Part, path string, from any, want bool) []Change {
	var out []Change
	add := func(relation string, limit any, values ...any) {
		for _, v := range values {
			out = append(out, Change{To: v, Relation: relation, Limit: limit})
		}
	}
	if _, is := from.(bool); is || from == nil && a.Compare == "" {
		add(Equal, nil, true, false)
	}
	if a.Compare == "" {
		// A call of a function, or a value by itself: empty and filled are all that is known.
		add(Empty, nil, "", nil)
		return append(out, e.literals(a)...)
	}
	left, right := slices.Contains(e.pathsOf(a.Left), path), slices.Contains(e.pathsOf(a.Right), path)
	if left == right {
		return out
	}
	other, mirrored := a.Right, false
	if right {
		other, mirrored = a.Left, true
	}
	limit, err := e.value(other)
	if err != nil {
		return out
	}
	relation := relationOf(a.Compare, mirrored, want)
	switch a.Compare {
	case "in":
		if list, ok := limit.([]any); ok && !mirrored {
			if want {
				add(OneOf, limit, list[:min(len(list), 20)]...)
			} else {
				add(Not, limit, "…", "", nil)
			}
			return out
		}
		return out
	case "contains", "startsWith", "endsWith":
		have, _ := from.(string)
		text, ok := limit.(string)
		if !ok || mirrored {
			return out
		}
		if !want {
			add(Not, limit, "…", "", nil)
			return out
		}
		switch a.Compare {
		case "startsWith":
			add(relation, limit, text+have, text, text+" …")
		case "endsWith":
			add(relation, limit, have+text, text, "… "+text)
		default:
			add(relation, limit, strings.TrimSpace(have+" "+text), text, text+" …", "… "+text)
		}
		return out
	}
	blank := limit == nil || limit == ""
	switch {
	case blank && (a.Compare == "==") == want:
		add(Empty, nil, limit, "", nil)
	case blank:
		add(Filled, nil, "…")
	}
	for _, v := range beside(limit, from) {
		add(relation, shown(limit), v)
	}
	return out
}

// literals gives what a call compares with, as far as it can be told from its text:
// the texts and numbers that are written in it.
func (e *explainer) literals(a expr.Part) []Change {
	var out []Change
	for _, text := range texts(a.Source) {
		out = append(out, Change{To: text, Relation: Equal, Limit: text})
	}
	return out
}

// texts are the literals between quotes.
func texts(source string) []string {
	var out []string
	for {
		i := strings.IndexAny(source, `'"`)
		if i < 0 {
			return out
		}
		quote := source[i]
		j := strings.IndexByte(source[i+1:], quote)
		if j < 0 {
			return out
		}
		out = append(out, source[i+1:i+1+j])
		source = source[i+j+2:]
	}
}

func (e *explainer) pathsOf(source string) []string {
	program, err := e.compiler.Compile(source, nil)
	if err != nil {
		return nil
	}
	return program.Paths()
}

func (e *explainer) value(source string) (any, error) {
	program, err := e.compiler.Compile(source, nil)
	if err != nil {
		return nil, err
	}
	return program.Eval(e.env)
}

// relationOf says what a value has to be to the limit.
func relationOf(operator string, mirrored, want bool) string {
	if mirrored {
		operator = map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<="}[operator]
	}
	if !want {
		if not, ok := map[string]string{"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}[operator]; ok {
			operator = not
		}
	}
	switch operator {
	case "<":
		return LessThan
	case "<=":
		return AtMost
	case ">":
		return MoreThan
	case ">=":
		return AtLeast
	case "!=":
		return Not
	case "contains":
		return Contains
	case "startsWith":
		return Begins
	case "endsWith":
		return Ends
	}
	return Equal
}

// beside gives a limit and the values next to it on both sides, in the type of the
// value that is changed.
func beside(limit, from any) []any {
	if m, ok := limit.(map[string]any); ok {
		amount, ok := numberOf(m["amount"])
		currency, isMoney := m["currency"].(string)
		if !ok || !isMoney {
			return nil
		}
		var out []any
		for _, step := range []float64{0, 1, -1} {
			out = append(out, map[string]any{"amount": int64(amount + step), "currency": currency})
		}
		return out
	}
	if n, ok := numberOf(limit); ok {
		out := []any{limit}
		steps := []float64{1, -1}
		if was, ok := numberOf(from); n != math.Trunc(n) || ok && was != math.Trunc(was) {
			steps = append(steps, 0.01, -0.01)
		}
		for _, step := range steps {
			if v := n + step; v == math.Trunc(v) {
				out = append(out, int64(v))
			} else {
				out = append(out, v)
			}
		}
		if _, text := from.(string); text {
			for _, v := range out[:3] {
				out = append(out, fmt.Sprint(v))
			}
		}
		return out
	}
	at, isTime := limit.(time.Time)
	text, isText := limit.(string)
	if isText {
		if t, ok := expr.ParseTime(text, time.UTC); ok && len(text) >= len(time.DateOnly) {
			at, isTime = t, true
		}
	}
	if isTime {
		out := []any{limit}
		for _, step := range []time.Duration{time.Minute, -time.Minute, 24 * time.Hour, -24 * time.Hour} {
			moved := at.Add(step)
			switch from := from.(type) {
			case time.Time:
				out = append(out, moved)
			case string:
				if len(from) == len(time.DateOnly) {
					out = append(out, moved.Format(time.DateOnly))
				} else {
					out = append(out, moved.UTC().Format("2006-01-02T15:04:05.000Z"))
				}
			default:
				out = append(out, moved.UTC().Format("2006-01-02T15:04:05.000Z"))
			}
		}
		return out
	}
	if isText {
		return []any{text, "", text + " …"}
	}
	if b, ok := limit.(bool); ok {
		return []any{b, !b}
	}
	if limit == nil {
		return []any{nil, ""}
	}
	return nil
}

func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// distance says how large a change is: changing a value of the record is better
// than waiting, and time does not go back.
func distance(path string, from, to any, now time.Time) float64 {
	if path == "now" {
		at, ok := to.(time.Time)
		if text, is := to.(string); is {
			at, ok = expr.ParseTime(text, time.UTC)
		}
		if !ok || at.Before(now) {
			return math.Inf(1)
		}
		return 2 + at.Sub(now).Hours()/1e6
	}
	if m, ok := from.(map[string]any); ok {
		if n, is := to.(map[string]any); is {
			if m["currency"] != nil && m["currency"] != n["currency"] {
				return 3
			}
			from, to = m["amount"], n["amount"]
		}
	}
	a, ok1 := numberOf(from)
	b, ok2 := numberOf(to)
	if ok1 && ok2 {
		return math.Abs(a-b) / (math.Abs(a) + math.Abs(b) + 1)
	}
	x, ok1 := timeOf(from)
	y, ok2 := timeOf(to)
	if ok1 && ok2 {
		return min(math.Abs(x.Sub(y).Hours())/(365*24), 1)
	}
	if to == nil || to == "" {
		return 1.5 // to empty something is more than to change it
	}
	return 1
}

func timeOf(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		if len(v) >= len(time.DateOnly) {
			return expr.ParseTime(v, time.UTC)
		}
	}
	return time.Time{}, false
}

// same compares by what is written down of values.
func same(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// shown is a value as JSON has it.
func shown(v any) any { return expr.JSONValue(v, nil) }

// read gives the value at a path, nil when there is none.
func read(env expr.Env, path string) any {
	if path == "now" {
		return env.Now
	}
	parts := strings.Split(path, ".")
	v := env.Roots[parts[0]]
	for _, part := range parts[1:] {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[part]
	}
	return v
}

// With gives an environment in which the value at a path is another. Nothing that
// the other environment holds is changed.
func With(env expr.Env, path string, value any) expr.Env {
	if path == "now" {
		if at, ok := timeOf(value); ok {
			env.Now = at
		}
		return env
	}
	parts := strings.Split(path, ".")
	if len(parts) == 1 {
		return env.With(path, value)
	}
	root, _ := env.Roots[parts[0]].(map[string]any)
	return env.With(parts[0], put(root, parts[1:], value))
}

func put(object map[string]any, path []string, value any) map[string]any {
	out := maps.Clone(object)
	if out == nil {
		out = map[string]any{}
	}
	if len(path) == 1 {
		out[path[0]] = value
		return out
	}
	inner, _ := out[path[0]].(map[string]any)
	out[path[0]] = put(inner, path[1:], value)
	return out
}
