package bpmn

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	declaredEncoding = regexp.MustCompile(`^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)
	markUTF8         = []byte{0xef, 0xbb, 0xbf}
)

// toUTF8 reads the encodings that BPMN tools write: UTF-8, UTF-16 with or without
// a byte order mark, ISO 8859-1 and Windows-1252. Positions are counted in the
// converted text.
func toUTF8(text []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(text, markUTF8):
		text = text[len(markUTF8):]
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{'<', 0}):
		return fromUTF16(bytes.TrimPrefix(text, []byte{0xff, 0xfe}), binary.LittleEndian)
	case bytes.HasPrefix(text, []byte{0xfe, 0xff}), bytes.HasPrefix(text, []byte{0, '<'}):
		return fromUTF16(bytes.TrimPrefix(text, []byte{0xfe, 0xff}), binary.BigEndian)
	}
	text = bytes.TrimLeft(text, " \t\r\n")
	name := "utf-8"
	if m := declaredEncoding.FindSubmatch(text[:min(len(text), 200)]); m != nil {
		name = strings.ToLower(string(m[1]))
	}
	switch name {
	case "utf-8", "utf8", "us-ascii", "ascii", "utf-16": // without a mark and readable as ASCII it cannot be UTF-16
		if !utf8.Valid(text) {
			line, column := firstInvalid(text)
			return nil, &syntaxError{rule: "bad_encoding", line: line, column: column, message: "the text is not valid UTF-8"}
		}
		return text, nil
	case "iso-8859-1", "latin1", "windows-1252", "cp1252", "iso-8859-15":
		var b strings.Builder
		for _, c := range text {
			b.WriteRune(western(c, name))
		}
		return []byte(b.String()), nil
	}
	return nil, &syntaxError{rule: "bad_encoding", line: 1, column: 1, message: "the encoding " + name + " is not read"}
}

// firstInvalid finds the first byte that is no UTF-8.
func firstInvalid(text []byte) (line, column int) {
	line, column = 1, 1
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		column += size
		if r == '\n' {
			line, column = line+1, 1
		}
		i += size
	}
	return line, column
}

// upper holds the characters of Windows-1252 from 0x80 to 0x9f; 0 = none.
const upper = "\u20ac\x00\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x00\u017d\x00\x00\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x00\u017e\u0178"

func western(c byte, name string) rune {
	switch {
	case c >= 0x80 && c <= 0x9f:
		// Files that say ISO 8859-1 and have these bytes are Windows-1252, as browsers know.
		if r := []rune(upper)[c-0x80]; r != 0 {
			return r
		}
		return utf8.RuneError
	case name == "iso-8859-15" && c == 0xa4:
		return '€'
	}
	return rune(c)
}

func fromUTF16(text []byte, order binary.ByteOrder) ([]byte, error) {
	if len(text)%2 != 0 {
		return nil, &syntaxError{rule: "bad_encoding", line: 1, column: 1, message: "the text is not valid UTF-16"}
	}
	units := make([]uint16, 0, len(text)/2)
	for i := 0; i < len(text); i += 2 {
		units = append(units, order.Uint16(text[i:]))
	}
	return []byte(string(utf16.Decode(units))), nil
}
