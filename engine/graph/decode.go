package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Limits of a definition as text.
const (
	MaxBytes  = 4 << 20 // a definition of 5 000 nodes with layout is about 2 MiB
	maxDepth  = 64
	maxErrors = 100
)

// Parse reads a definition strictly: unknown and repeated fields, wrong types
// and text after the end are refused, each with its JSON pointer. A parsed
// definition may still be nonsense; Compile tells.
func Parse(text []byte) (*Definition, error) {
	if len(text) > MaxBytes {
		return nil, &DecodeError{[]Finding{{Code: "too_large", Severity: Error,
			Message: fmt.Sprintf("the definition has %d bytes, at most %d are allowed", len(text), MaxBytes),
			Remedy:  "split the process into sub-processes",
			Data:    map[string]any{"bytes": len(text), "max": MaxBytes}}}}
	}
	w := shapeWalker{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	w.dec.UseNumber()
	err := w.value("", reflect.TypeFor[Definition](), 0)
	if err == nil {
		if _, end := w.dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("text after the end of the definition")
		}
	}
	if err != nil {
		w.found = append(w.found, w.malformed(err))
	}
	if len(w.found) > 0 {
		return nil, &DecodeError{Problems: w.found}
	}
	def := new(Definition)
	if err := json.Unmarshal(text, def); err != nil {
		return nil, &DecodeError{[]Finding{w.malformed(err)}}
	}
	if def.Nodes == nil {
		def.Nodes = []NodeDefinition{}
	}
	if def.Flows == nil {
		def.Flows = []Flow{}
	}
	return def, nil
}

// shapeWalker compares JSON text with the Go type that it is meant for.
// encoding/json alone reports neither the path of an unknown field nor a
// repeated one.
type shapeWalker struct {
	text  []byte
	dec   *json.Decoder
	found []Finding
}

func (w *shapeWalker) malformed(err error) Finding {
	offset := w.dec.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	if offset > int64(len(w.text)) {
		offset = int64(len(w.text))
	}
	line := 1 + bytes.Count(w.text[:offset], []byte("\n"))
	column := int(offset) - bytes.LastIndexByte(w.text[:offset], '\n')
	message := strings.TrimPrefix(err.Error(), "json: ")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		message = "the text ends in the middle"
	}
	return Finding{Code: "malformed", Severity: Error, From: int(offset),
		Message: fmt.Sprintf("line %d, column %d: %s", line, column, message),
		Data:    map[string]any{"line": line, "column": column}}
}

func (w *shapeWalker) report(path, code, message string, data map[string]any) {
	if len(w.found) < maxErrors {
		w.found = append(w.found, Finding{Code: code, Severity: Error, Path: path, Message: message, Data: data})
	}
}

// value consumes one value. want is nil where anything goes.
func (w *shapeWalker) value(path string, want reflect.Type, depth int) error {
	token, err := w.dec.Token()
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d levels at %s", maxDepth, path)
	}
	if want != nil && want.Kind() == reflect.Pointer {
		if token == nil {
			return nil
		}
		want = want.Elem()
	}
	if want == reflect.TypeFor[json.RawMessage]() {
		want = nil
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return w.array(path, want, depth)
		}
		return w.object(path, want, depth)
	case string:
		w.expect(path, want, reflect.String, "text")
	case json.Number:
		w.number(path, want, t)
	case bool:
		w.expect(path, want, reflect.Bool, "true or false")
	case nil:
		if want != nil {
			w.report(path, "wrong_type", "null is not allowed here; leave the field out", nil)
		}
	}
	return nil
}

func (w *shapeWalker) expect(path string, want reflect.Type, got reflect.Kind, name string) {
	if want != nil && want.Kind() != got {
		w.report(path, "wrong_type", fmt.Sprintf("expected %s, found %s", nameOf(want), name),
			map[string]any{"expected": nameOf(want), "found": name})
	}
}

func (w *shapeWalker) number(path string, want reflect.Type, n json.Number) {
	if want == nil || want.Kind() == reflect.Float64 {
		return
	}
	if want.Kind() != reflect.Int {
		w.expect(path, want, reflect.Float64, "a number")
		return
	}
	if _, err := strconv.Atoi(n.String()); err != nil {
		w.report(path, "wrong_type", "expected a whole number, found "+n.String(), map[string]any{"expected": "a whole number"})
	}
}

func (w *shapeWalker) array(path string, want reflect.Type, depth int) error {
	var element reflect.Type
	if want != nil {
		if want.Kind() == reflect.Slice {
			element = want.Elem()
		} else {
			w.expect(path, want, reflect.Slice, "a list")
		}
	}
	for i := 0; w.dec.More(); i++ {
		if err := w.value(path+"/"+strconv.Itoa(i), element, depth+1); err != nil {
			return err
		}
	}
	_, err := w.dec.Token()
	return err
}

func (w *shapeWalker) object(path string, want reflect.Type, depth int) error {
	if want != nil && want.Kind() != reflect.Struct && want.Kind() != reflect.Map {
		w.expect(path, want, reflect.Struct, "an object")
		want = nil
	}
	seen := map[string]bool{}
	for w.dec.More() {
		token, err := w.dec.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		at := pointer(path, key)
		if seen[key] {
			w.report(at, "repeated_field", fmt.Sprintf("%q appears twice", key), map[string]any{"field": key})
		}
		seen[key] = true
		var field reflect.Type
		switch {
		case want == nil:
		case want.Kind() == reflect.Map:
			field = want.Elem()
		default:
			var known bool
			if field, known = fieldOf(want, key); !known {
				w.report(at, "unknown_field", fmt.Sprintf("%q is not a field of the format", key), map[string]any{"field": key})
			}
		}
		if err := w.value(at, field, depth+1); err != nil {
			return err
		}
	}
	_, err := w.dec.Token()
	return err
}

func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == key {
			return f.Type, true
		}
	}
	return nil, false
}

func nameOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
