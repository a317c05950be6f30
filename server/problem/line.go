package problem

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Blank tells that nobody could read a text: it has nothing but white space,
// line breaks, control characters and marks without a form of their own.
func Blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		switch r {
		case unicode.ReplacementChar, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0: // the others are letters without ink
			return false
		}
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r)
	})
}

// Disguised tells whether a text holds characters that no keyboard makes: control
// characters other than line breaks and tabs, and the marks that turn the
// direction of text to disguise what is read.
func Disguised(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return false
		case unicode.IsControl(r), r == unicode.ReplacementChar:
			return true
		}
		return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
	})
}

// Line adds what is wrong with a text of one line that people read, such as a
// name: nothing to read in it although it is required, more than most
// characters, or characters that no line has. It is the rule for all names.
func Line(found []Field, path, text string, required bool, most int) []Field {
	var code string
	switch {
	case required && Blank(text):
		code = "required"
	case utf8.RuneCountInString(text) > most:
		code = "too_long"
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 }):
		code = "control_character"
	default:
		return found
	}
	return append(found, Field{Path: path, Code: code})
}

// Fields is a 422 for all that was found, nil for nothing.
func Fields(found []Field) error {
	if len(found) == 0 {
		return nil
	}
	return &Problem{Code: "validation", Fields: found}
}
