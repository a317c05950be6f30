package graph

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// PortRefused is the exit of a request for information that was refused.
const PortRefused = "refused"

// FormField is one field that a person fills in.
type FormField struct {
	Name      string          `json:"name"`
	Label     string          `json:"label,omitempty"`
	Type      string          `json:"type,omitempty"` // "" = string
	Required  bool            `json:"required,omitempty"`
	Multiple  bool            `json:"multiple,omitempty"`
	Options   []string        `json:"options,omitempty"`
	Default   json.RawMessage `json:"default,omitempty"`
	Min       json.RawMessage `json:"min,omitempty"` // of a number or an amount, or of a date
	Max       json.RawMessage `json:"max,omitempty"`
	MinLength int             `json:"minLength,omitempty"` // of a text; of a list: how many
	MaxLength int             `json:"maxLength,omitempty"`
	Into      string          `json:"into,omitempty"` // variable that takes the value
}

// Answer says which variable takes a field of what a person filled in.
type Answer struct{ Field, Variable string }

// Form reads the form of a task's config; nil when it has none or none that can
// be read.
func Form(config []byte) []FormField {
	var fields []FormField
	if raw := member(config, "form"); raw == nil || json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	return fields
}

// Variable is the variable that takes a field's value at a node of a kind, or "".
// What a request for information asks for are variables of the process.
func (f FormField) Variable(kind string) string {
	if f.Into == "" && kind == "requestInformation" {
		return f.Name
	}
	return f.Into
}

// ValueType is the type of one value, in the words in which variables are declared.
func (f FormField) ValueType() string {
	switch f.Type {
	case "", "text", "choice":
		return "string"
	}
	return f.Type
}

// ownResults are the results of a task that a field would hide.
var ownResults = []string{"outcome", "by", "comment", "timedOut", "files", "file", "error", "refusals"}

// form checks the fields of a task and notes which of them become variables.
func (c *compiler) form(n int) {
	node := &c.g.Nodes[n]
	raw := member(node.Config, "form")
	var fields []FormField
	if raw != nil && json.Unmarshal(raw, &fields) != nil {
		// With schemas at hand they have told the place.
		if c.opts.Configs == nil {
			c.atNode(n, "/config/form", "config_type", "", "form is a list of fields")
		}
		return
	}
	seen, before := map[string]bool{}, len(c.findings)
	for i, f := range fields {
		c.field(n, "/config/form/"+strconv.Itoa(i), f, seen)
		if v := f.Variable(c.defs[n].Kind); v != "" {
			node.Answers = append(node.Answers, Answer{Field: f.Name, Variable: v})
		}
	}
	if c.defs[n].Kind == "userTask" {
		// Versions that run were published before these rules.
		for i := range c.findings[before:] {
			c.findings[before+i].Severity = Warning
		}
	}
	var files struct {
		Into string `json:"into"`
	}
	if raw := member(node.Config, "files"); raw != nil && json.Unmarshal(raw, &files) == nil && files.Into != "" {
		node.Answers = append(node.Answers, Answer{Field: "files", Variable: files.Into})
	}
}

// field reports what is wrong with one field of a form.
func (c *compiler) field(n int, at string, f FormField, seen map[string]bool) {
	name := func(part, code, remedy, format string, args ...any) {
		c.atNode(n, at+part, code, remedy, format, args...)
		c.with("name", f.Name)
	}
	switch {
	case !identifier(f.Name):
		name("/name", "bad_name", "begin with a letter and use letters, digits and underscores only", "%q cannot be the name of a field", f.Name)
	case seen[f.Name]:
		name("/name", "duplicate_field", "give one of them another name", "two fields are called %q", f.Name)
	case slices.Contains(ownResults, f.Name):
		name("/name", "reserved_name", "choose another name", "%q is a name that the step itself uses", f.Name)
	}
	seen[f.Name] = true
	if f.Type == "choice" {
		c.options(n, at, f)
	}
	if low, high, ok := f.limits(); !ok {
		name("/min", "bad_limit", "correct the limits of the field", "the limits of %q do not fit its type", f.Name)
	} else if low != "" && high != "" && f.less(high, low) {
		name("/max", "bad_limit", "correct the limits of the field", "the largest value of %q is below the smallest one", f.Name)
	}
	if f.MaxLength > 0 && f.MaxLength < f.MinLength {
		name("/maxLength", "bad_limit", "correct the limits of the field", "the largest length of %q is below the smallest one", f.Name)
	}
	if len(f.Default) > 0 && !f.fits(f.Default) {
		name("/default", "bad_first_value", "choose a first value of the field's type", "the first value of %q does not fit its type", f.Name)
	}
}

func (c *compiler) options(n int, at string, f FormField) {
	if len(f.Options) == 0 {
		c.atNode(n, at+"/options", "choice_without_options", "write at least one option", "%q offers nothing to choose", f.Name)
		c.with("name", f.Name)
	}
	for i, o := range f.Options {
		switch {
		case strings.TrimSpace(o) == "":
			c.atNode(n, at+"/options/"+strconv.Itoa(i), "empty_option", "write a text or delete the option", "an option of %q is empty", f.Name)
		case slices.Index(f.Options, o) != i:
			c.atNode(n, at+"/options/"+strconv.Itoa(i), "duplicate_option", "delete one of them", "%q offers the option %q twice", f.Name, o)
		default:
			continue
		}
		c.with("name", f.Name)
		c.with("option", o)
	}
}

// limits reads the smallest and the largest value as texts; ok is false for
// limits that do not fit the type.
func (f FormField) limits() (low, high string, ok bool) {
	for _, l := range []struct {
		raw json.RawMessage
		to  *string
	}{{f.Min, &low}, {f.Max, &high}} {
		if len(l.raw) == 0 || string(l.raw) == "null" {
			continue
		}
		switch f.Type {
		case "number", "integer", "money":
			var v json.Number
			if l.raw[0] == '"' || json.Unmarshal(l.raw, &v) != nil {
				return "", "", false
			}
			*l.to = v.String()
		case "date", "dateTime":
			if json.Unmarshal(l.raw, l.to) != nil || !isDay(*l.to) {
				return "", "", false
			}
		default:
			return "", "", false
		}
	}
	return low, high, true
}

// less compares two limits.
func (f FormField) less(a, b string) bool {
	if f.Type == "date" || f.Type == "dateTime" {
		return a < b // ISO 8601 sorts as text
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x < y
}

// isDay tells whether a text has the form 2026-01-31.
func isDay(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	month, errM := strconv.Atoi(s[5:7])
	day, errD := strconv.Atoi(s[8:])
	_, errY := strconv.Atoi(s[:4])
	return errM == nil && errD == nil && errY == nil && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// fits tells whether a first value is of the field's type. What is computed when
// the task opens is not judged.
func (f FormField) fits(raw json.RawMessage) bool {
	value, err := decodeValue(raw)
	if err != nil {
		return false
	}
	if _, computed := expressionIn(value); computed || value == nil {
		return true
	}
	if list, is := value.([]any); f.Multiple {
		return is && !slices.ContainsFunc(list, func(v any) bool { return !f.fitsOne(v) })
	}
	return f.fitsOne(value)
}

func (f FormField) fitsOne(value any) bool {
	text, isText := value.(string)
	if isText && strings.Contains(text, "{{") {
		return true
	}
	switch f.Type {
	case "number":
		_, is := value.(json.Number)
		return is
	case "integer":
		v, is := value.(json.Number)
		return is && !strings.ContainsAny(v.String(), ".eE")
	case "boolean":
		_, is := value.(bool)
		return is
	case "money":
		_, is := value.(map[string]any)
		return is
	case "choice":
		return isText && slices.Contains(f.Options, text)
	case "date":
		return isText && isDay(text)
	case "dateTime":
		return isText && len(text) > 10 && isDay(text[:10])
	case "file":
		return isText || value != nil
	}
	return isText
}

// refusal is the exit of those who refuse to answer, "" when they may not.
func (c *compiler) refusal(n int) string {
	var rule string
	if raw := member(c.g.Nodes[n].Config, "refusal"); raw == nil || json.Unmarshal(raw, &rule) != nil || rule != "any" && rule != "all" {
		return ""
	}
	return PortRefused
}

// limit compiles the time limit of a task that goes on, or is refused, by itself.
func (c *compiler) limit(n int, outcome string) {
	node := &c.g.Nodes[n]
	var timeout struct {
		After json.RawMessage `json:"after"`
	}
	if raw := member(node.Config, "timeout"); raw == nil || json.Unmarshal(raw, &timeout) != nil || len(timeout.After) == 0 {
		return
	}
	rule := &TimerRule{After: timeout.After}
	c.timer(n, "/config/timeout", rule)
	trigger, err := json.Marshal(Trigger{Timer: rule})
	if err != nil {
		c.atNode(n, "/config/timeout", "malformed", "", "%s", err)
		return
	}
	node.Timeout = &Timeout{Trigger: trigger, Outcome: outcome}
}
