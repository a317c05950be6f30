package portable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// lineWidth is how long a value may be to stay in one line.
const lineWidth = 100

// Canonical writes JSON so that equal values have equal bytes and a small change
// is a small difference between two files: members in the order of their names,
// what is short in one line, everything else one entry a line.
func Canonical(v any) ([]byte, error) {
	var b strings.Builder
	if err := write(&b, v, ""); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return []byte(b.String()), nil
}

func write(b *strings.Builder, v any, indent string) error {
	short, err := inline(v)
	if err != nil {
		return err
	}
	if len(short) <= lineWidth && indent != "" {
		b.WriteString(short)
		return nil
	}
	deeper := indent + "  "
	switch v := v.(type) {
	case map[string]any:
		keys := sortedKeys(v)
		b.WriteString("{\n")
		for i, key := range keys {
			name, err := scalar(key)
			if err != nil {
				return err
			}
			b.WriteString(deeper + name + ": ")
			if err := write(b, v[key], deeper); err != nil {
				return err
			}
			b.WriteString(comma(i, len(keys)))
		}
		b.WriteString(indent + "}")
	case []any:
		b.WriteString("[\n")
		for i, inner := range v {
			b.WriteString(deeper)
			if err := write(b, inner, deeper); err != nil {
				return err
			}
			b.WriteString(comma(i, len(v)))
		}
		b.WriteString(indent + "]")
	default:
		b.WriteString(short)
	}
	return nil
}

func comma(i, n int) string {
	if i < n-1 {
		return ",\n"
	}
	return "\n"
}

func inline(v any) (string, error) {
	switch v := v.(type) {
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, key := range sortedKeys(v) {
			name, err := scalar(key)
			if err != nil {
				return "", err
			}
			text, err := inline(v[key])
			if err != nil {
				return "", err
			}
			parts = append(parts, name+": "+text)
		}
		return "{" + strings.Join(parts, ", ") + "}", nil
	case []any:
		parts := make([]string, 0, len(v))
		for _, inner := range v {
			text, err := inline(inner)
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	}
	return scalar(v)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// scalar writes letters as they are: a file of processes is read by people.
func scalar(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}
