package expr

import (
	"strings"
)

// Template is text with {{ expressions }}, checked and ready to be rendered any
// number of times. {{ "{{" }} writes the braces themselves.
type Template struct {
	source string
	parts  []part
}

// part is either literal text or a program and its place.
type part struct {
	text    string
	program *Program
	at      Position
}

// Source gives the text that was parsed.
func (t *Template) Source() string { return t.source }

// Dynamic says whether the template has any expression.
func (t *Template) Dynamic() bool {
	for _, p := range t.parts {
		if p.program != nil {
			return true
		}
	}
	return false
}

// Template parses and checks text. The error is the first *Error.
func (c *Compiler) Template(text string, scope *Scope) (*Template, error) {
	template, errs := c.template(text, scope)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return template, nil
}

// CheckTemplate lists everything that is wrong with text.
func (c *Compiler) CheckTemplate(text string, scope *Scope) []Finding {
	_, errs := c.template(text, scope)
	var findings []Finding
	for _, e := range errs {
		findings = append(findings, e.finding())
	}
	return findings
}

func (c *Compiler) template(text string, scope *Scope) (*Template, []*Error) {
	if len(text) > MaxTemplateBytes {
		return nil, []*Error{newSaid(CodeTooLong, shorten(text, 200), 0, 0, say("textTooLong"))}
	}
	t := &Template{source: text}
	var errs []*Error
	at := Position{Line: 1, Column: 1}
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if before != "" {
			t.parts = append(t.parts, part{text: before})
		}
		if !found {
			break
		}
		open := positionAt(before, len(before)).after(at)
		source, length, closed := Placeholder(after)
		inside := positionAt("{{", 2).after(open)
		if !closed {
			e := newSaid(CodeTemplate, shorten(after, 100), 0, 0, say("openPlaceholder")).shift(open)
			return nil, append(errs, e)
		}
		program, err := c.Compile(source, scope)
		if err != nil {
			moved := *asError(err) // a copy, for the cached one stays as it is
			errs = append(errs, moved.shift(inside))
		} else {
			t.parts = append(t.parts, part{program: program, at: inside})
		}
		at = positionAt(after[:length], length).after(inside)
		rest = after[length:]
	}
	return t, errs
}

// Placeholder reads an expression up to its closing braces, which may not stand
// in a text or in the braces of an object. The length includes the braces.
func Placeholder(text string) (source string, length int, closed bool) {
	depth := 0
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && strings.HasPrefix(text[i:], "}}"):
			return text[:i], i + 2, true
		}
	}
	return "", 0, false
}

// Render writes the text with every value put in. The error is an *Error whose
// position counts from the beginning of the text.
func (t *Template) Render(env Env) (string, error) {
	b := newBudget(env)
	var out strings.Builder
	for _, p := range t.parts {
		if p.program == nil {
			out.WriteString(p.text)
			continue
		}
		value, err := p.program.eval(env, b)
		if err != nil {
			return "", asError(err).shift(p.at)
		}
		text, err := formatValue(b, value, 0)
		if err != nil {
			return "", p.program.failure(err, env).shift(p.at)
		}
		out.WriteString(text)
		if out.Len() > maxStringBytes+MaxTemplateBytes {
			return "", p.program.failure(ErrBudget, env).shift(p.at)
		}
	}
	return out.String(), nil
}
