package expr

import (
	"errors"
	"fmt"
	"strings"
)

// Codes of findings and errors. They are stable: the user interface translates them.
const (
	CodeTooLong     = "exprTooLong"
	CodeSyntax      = "exprSyntax"
	CodeUnknownName = "exprUnknownName"
	CodeForbidden   = "exprForbidden"
	CodeType        = "exprType"
	CodeTemplate    = "exprTemplate"
	CodeFailed      = "exprFailed"
	CodeBudget      = "exprBudget"
)

// ErrBudget is wrapped by the error of an evaluation that was stopped because
// it did too much work or built too large a value.
var ErrBudget = errors.New("the expression does too much work")

// Error tells why an expression could not be compiled or evaluated, and where.
type Error struct {
	// Code is one of the Code constants.
	Code string `json:"code"`
	// Source is the expression itself, also when it stands inside a template.
	Source string `json:"source"`
	// Line and Column count from 1; inside a template they count from its beginning.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Message says what is wrong in one sentence.
	Message string `json:"message"`
	// Values holds the shortened values of the names that the expression used.
	Values map[string]any `json:"values,omitempty"`

	from, to Position
	cause    error
	said     saying
}

// Error implements error: message, position, expression and values on one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (line %d, column %d) in %q", e.Message, e.Line, e.Column, shorten(e.Source, 200))
	for i, name := range sortedKeys(e.Values) {
		sep := ", "
		if i == 0 {
			sep = " with "
		}
		fmt.Fprintf(&b, "%s%s = %v", sep, name, e.Values[name])
	}
	return b.String()
}

// Unwrap gives the cause, so that errors.Is(err, ErrBudget) works.
func (e *Error) Unwrap() error { return e.cause }

// Position is a place in a source text.
type Position struct {
	// Offset counts UTF-16 code units, as the editors of browsers do.
	Offset int `json:"offset"`
	// Line and Column count from 1, columns in characters.
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Finding is one mistake found by Check.
type Finding struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	From    Position `json:"from"`
	To      Position `json:"to"`
	// Texts holds the message by language when it is known in all of them.
	Texts map[string]string `json:"texts,omitempty"`
}

// Text gives the message in a language, as far as it is known.
func (f Finding) Text(language string) string {
	if text, ok := f.Texts[language]; ok {
		return text
	}
	return f.Message
}

// asError gives the *Error in err, which is what this package's functions return.
func asError(err error) *Error {
	var e *Error
	if !errors.As(err, &e) {
		e = newError(CodeFailed, "", 0, 0, err.Error())
		e.cause = err
	}
	return e
}

// finding turns a compile error into what the editor shows.
func (e *Error) finding() Finding {
	f := Finding{Code: e.Code, Message: e.Message, From: e.from, To: e.to}
	if e.said.key != "" {
		f.Texts = e.said.texts()
	}
	return f
}

// newError builds an Error for the runes [from, to) of source.
func newError(code, source string, from, to int, message string) *Error {
	start := positionAt(source, from)
	end := start
	if to > from {
		end = positionAt(source, to)
	}
	return &Error{Code: code, Source: source, Line: start.Line, Column: start.Column, Message: message, from: start, to: end}
}

// newSaid builds an Error whose message is known in every language.
func newSaid(code, source string, from, to int, said saying) *Error {
	e := newError(code, source, from, to, said.in("en"))
	e.said = said
	return e
}

// shift moves an error of an embedded expression to its place in the text around it.
func (e *Error) shift(base Position) *Error {
	e.from, e.to = e.from.after(base), e.to.after(base)
	e.Line, e.Column = e.from.Line, e.from.Column
	return e
}

func (p Position) after(base Position) Position {
	moved := Position{Offset: base.Offset + p.Offset, Line: base.Line + p.Line - 1, Column: p.Column}
	if p.Line == 1 {
		moved.Column += base.Column - 1
	}
	return moved
}

// positionAt converts an index of runes to a position.
func positionAt(source string, index int) Position {
	p := Position{Line: 1, Column: 1}
	for _, r := range source {
		if index <= 0 {
			break
		}
		index--
		p.Offset += utf16Len(r)
		if r == '\n' {
			p.Line++
			p.Column = 1
		} else {
			p.Column++
		}
	}
	return p
}

func utf16Len(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

// byteOffset converts an offset in UTF-16 code units to one in bytes.
func byteOffset(source string, offset int) int {
	for i, r := range source {
		if offset <= 0 {
			return i
		}
		offset -= utf16Len(r)
	}
	return len(source)
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
