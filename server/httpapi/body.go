package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/problem"
)

const (
	// maxBody bounds a JSON body; files have their own limit and are streamed.
	maxBody = 1 << 20
	// maxLarge bounds a whole process definition.
	maxLarge = 4 << 20
	// maxDepth bounds nesting: deeper input serves no purpose but to exhaust a stack.
	maxDepth = 64
	// maxFindings bounds the list of mistakes in one answer.
	maxFindings = 20
)

// inspect reads a JSON text once and reports what no schema can: where it is
// malformed, control characters, keys given twice, nesting beyond reason.
func inspect(text []byte) *problem.Problem {
	if len(bytes.TrimSpace(text)) == 0 {
		return malformed(text, 0)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	w := &walker{decoder: d}
	err := w.value("", 0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			return malformed(text, d.InputOffset())
		}
	}
	// The stream's own offsets are relative to its last token: only reading the
	// whole text again tells the place.
	var whole json.RawMessage
	var syntax *json.SyntaxError
	if len(w.fields) == 0 && err != nil {
		err = json.Unmarshal(text, &whole)
	}
	switch {
	case errors.As(err, &syntax):
		return malformed(text, max(syntax.Offset-1, 0))
	case err != nil && len(w.fields) == 0:
		return malformed(text, int64(len(text)))
	case len(w.fields) > 0:
		return &problem.Problem{Code: "validation", Fields: w.fields}
	}
	return nil
}

func malformed(text []byte, offset int64) *problem.Problem {
	before := text[:min(int(offset), len(text))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))) + 1
	return problem.New("malformed_json", "line", strconv.Itoa(line), "column", strconv.Itoa(column)).
		With("line", line).With("column", column).With("offset", offset)
}

var errStop = errors.New("enough findings")

type walker struct {
	decoder *json.Decoder
	fields  []problem.Field
}

func (w *walker) add(path, code string) error {
	w.fields = append(w.fields, problem.Field{Path: path, Code: code})
	if len(w.fields) >= maxFindings {
		return errStop
	}
	return nil
}

func (w *walker) value(path string, depth int) error {
	if depth > maxDepth {
		_ = w.add(path, "too_deep")
		return errStop
	}
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case string:
		if problem.Disguised(v) {
			return w.add(path, "control_character")
		}
	case json.Number:
		if _, err := v.Float64(); err != nil {
			return w.add(path, "out_of_range")
		}
	case json.Delim:
		if v == '{' {
			return w.object(path, depth)
		}
		return w.array(path, depth)
	}
	return nil
}

func (w *walker) object(path string, depth int) error {
	seen := map[string]bool{}
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		place := path + "/" + escape(key)
		if seen[key] {
			if err := w.add(place, "duplicate_key"); err != nil {
				return err
			}
		}
		seen[key] = true
		if problem.Disguised(key) {
			if err := w.add(path, "control_character"); err != nil {
				return err
			}
		}
		if err := w.value(place, depth+1); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

func (w *walker) array(path string, depth int) error {
	for i := 0; w.decoder.More(); i++ {
		if err := w.value(path+"/"+strconv.Itoa(i), depth+1); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// placeOf finds the number that is written as literal in a sound JSON text: "" when
// there is none, or the text is nothing else.
func placeOf(text []byte, literal string) string {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var find func(path string) string
	find = func(path string) string {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		switch token {
		case json.Number(literal):
			return path
		case json.Delim('{'):
			for d.More() {
				key, _ := d.Token()
				name, _ := key.(string)
				if found := find(path + "/" + escape(name)); found != "" {
					return found
				}
			}
			_, _ = d.Token()
		case json.Delim('['):
			for i := 0; d.More(); i++ {
				if found := find(path + "/" + strconv.Itoa(i)); found != "" {
					return found
				}
			}
			_, _ = d.Token()
		}
		return ""
	}
	return find("")
}
