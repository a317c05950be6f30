package graph

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// Canonical returns the bytes that identify a version: JSON with sorted keys,
// plain numbers and no white space, without layout, notes, groups and pinned test
// data, which may change without making a new version.
func (d *Definition) Canonical() ([]byte, error) {
	bare := *d
	bare.Layout, bare.Notes, bare.Groups, bare.Pins = nil, nil, nil, nil
	text, err := json.Marshal(&bare)
	if err != nil {
		return nil, fmt.Errorf("canonical form of %s: %w", d.Key, err)
	}
	value, err := decodeValue(text)
	if err != nil {
		return nil, fmt.Errorf("canonical form of %s: %w", d.Key, err)
	}
	var b bytes.Buffer
	if err := writeCanonical(&b, value); err != nil {
		return nil, fmt.Errorf("canonical form of %s: %w", d.Key, err)
	}
	return b.Bytes(), nil
}

// Hash is the content hash of the canonical bytes, in hexadecimal.
func (d *Definition) Hash() (string, error) {
	text, err := d.Canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// decodeValue reads JSON into nil, bool, string, json.Number, []any and
// map[string]any.
func decodeValue(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

func writeCanonical(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, k := range sortedKeys(v) {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeString(b, k); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeCanonical(b, v[k]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeCanonical(b, e); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case json.Number:
		b.WriteString(plainNumber(v.String()))
	case string:
		return writeString(b, v)
	case bool:
		if v {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	default:
		b.WriteString("null")
	}
	return nil
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func writeString(b *bytes.Buffer, s string) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode ends with a newline
	return nil
}

// plainNumber drops what does not change a number: a browser writes 1.0 as 1.
// Numbers with an exponent are kept as they are written.
func plainNumber(n string) string {
	if strings.ContainsAny(n, "eE") {
		return n
	}
	if strings.Contains(n, ".") {
		n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
	}
	if n == "-0" {
		return "0"
	}
	return n
}
