package crm

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/server/problem"
)

const (
	maxName = 200
	maxText = 10_000
	maxRows = 500
)

// checker collects what is wrong with an input.
type checker struct{ fields []problem.Field }

func (c *checker) add(path, code, format string, args ...any) {
	c.fields = append(c.fields, problem.Field{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
}

// line checks a single-line text: required, length, no control characters.
func (c *checker) line(path, text string, required bool) {
	if required && problem.Blank(text) {
		c.add(path, "required", "this must not be empty")
		return
	}
	c.text(path, text, maxName, false)
}

// text checks length and characters; line breaks and tabs only when multi.
func (c *checker) text(path, text string, most int, multi bool) {
	if !utf8.ValidString(text) {
		c.add(path, "not_utf8", "this is not valid UTF-8 text")
		return
	}
	if n := utf8.RuneCountInString(text); n > most {
		c.add(path, "too_long", "%d characters; at most %d are allowed", n, most)
		return
	}
	for i, r := range text {
		if unicode.IsControl(r) && (!multi || r != '\n' && r != '\t' && r != '\r') {
			c.add(path, "control_character", "control character U+%04X at position %d; remove it", r, i)
			return
		}
	}
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &problem.Problem{Code: "validation", Fields: c.fields}
}
