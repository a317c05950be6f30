package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Definitions gives the definitions that the scripts draw, as JSON, in the order
// of the files: a corpus with every construct in it.
func Definitions(pattern string) ([][]byte, error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no scripts at %s: %w", pattern, err)
	}
	var out [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // test data
		if err != nil {
			return nil, err
		}
		for block := range strings.SplitSeq(string(text), "\n\n") {
			lines := strings.Split(strings.Trim(block, "\n"), "\n")
			for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
				lines = lines[1:]
			}
			if len(lines) == 0 || strings.TrimSpace(lines[0]) != "graph" {
				continue
			}
			for i, line := range lines {
				if line == "----" {
					lines = lines[:i]
					break
				}
			}
			def, err := definition(lines[1:])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			raw, err := json.Marshal(def)
			if err != nil {
				return nil, err
			}
			out = append(out, raw)
		}
	}
	return out, nil
}

// Mutator changes JSON documents at random, always the same way for a seed:
// members are lost, doubled and exchanged, words and numbers become those of
// other documents or extremes. What comes out is JSON, so that it gets past the
// parser and into what lies behind it.
type Mutator struct {
	random *rand.Rand
	words  []any
}

// NewMutator collects the words of a corpus.
func NewMutator(random *rand.Rand, corpus ...[]byte) *Mutator {
	m := &Mutator{random: random, words: []any{nil, true, false, "", json.Number("0"), json.Number("-1"), json.Number("1e300"), json.Number("9223372036854775807"),
		json.Number("0.1"), []any{}, map[string]any{}, strings.Repeat("long", 300), "\u0000", "a.b", "1 +", `repeat("x", 100000)`}}
	for _, text := range corpus {
		if v, err := document(text); err == nil {
			m.collect(v)
		}
	}
	return m
}

func document(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func (m *Mutator) collect(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			m.words = append(m.words, key, v[key])
			m.collect(v[key])
		}
	case []any:
		for _, e := range v {
			m.words = append(m.words, e)
			m.collect(e)
		}
	}
}

// Mutate changes a document at some places. A text that is no JSON stays as it is.
func (m *Mutator) Mutate(text []byte) []byte {
	v, err := document(text)
	if err != nil {
		return text
	}
	for range 1 + m.random.IntN(4) {
		v = m.change(v, m.random.IntN(4))
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return out
}

// change descends at random and changes what it finds there.
func (m *Mutator) change(v any, shallow int) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return m.word()
		}
		keys := slices.Sorted(maps.Keys(v))
		key := keys[m.random.IntN(len(keys))]
		if shallow > 0 || m.random.IntN(3) > 0 {
			v[key] = m.change(v[key], shallow-1)
			return v
		}
		switch m.random.IntN(4) {
		case 0:
			delete(v, key)
		case 1:
			v[keys[m.random.IntN(len(keys))]] = v[key]
		case 2:
			if name, ok := m.word().(string); ok {
				v[name] = copied(v[key])
			}
		default:
			v[key] = m.word()
		}
		return v
	case []any:
		if len(v) == 0 {
			return []any{m.word()}
		}
		i := m.random.IntN(len(v))
		if m.random.IntN(3) > 0 {
			v[i] = m.change(v[i], shallow-1)
			return v
		}
		j := m.random.IntN(len(v))
		switch m.random.IntN(4) {
		case 0:
			return append(v[:i], v[i+1:]...)
		case 1:
			return append(v, copied(v[i]))
		case 2:
			v[i], v[j] = v[j], v[i]
		default:
			v[i] = m.word()
		}
		return v
	case json.Number:
		if n, err := v.Int64(); err == nil && m.random.IntN(2) == 0 {
			return json.Number(fmt.Sprint(n + int64(m.random.IntN(5)) - 2))
		}
	}
	// A value of the same kind goes further than any other.
	for range 8 {
		w := m.word()
		if fmt.Sprintf("%T", w) == fmt.Sprintf("%T", v) {
			return w
		}
	}
	return m.word()
}

func (m *Mutator) word() any { return copied(m.words[m.random.IntN(len(m.words))]) }

// copied keeps documents from sharing parts, which would grow without bound.
func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[key] = copied(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copied(e)
		}
		return out
	}
	return v
}
