package expr

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// covers P-16
func TestResolveComputesAConfig(t *testing.T) {
	config := map[string]any{
		"to":     map[string]any{"expr": "head(record.responsible)"},
		"text":   "{{ record.title }}: {{ record.total }}",
		"plain":  "no braces",
		"rows":   []any{map[string]any{"field": "dueAt", "value": map[string]any{"expr": "addDays(record.dueAt, 1)"}}, json.Number("3"), true, nil},
		"object": map[string]any{"expr": "1", "other": "kept"},
	}
	got, err := New(Options{}).Resolve(config, sampleScope(), sampleEnv())
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"to": "u-head", "text": "Deal: 1 240.00 PLN", "plain": "no braces",
		"rows":   []any{map[string]any{"field": "dueAt", "value": "2026-12-01"}, json.Number("3"), true, nil},
		"object": map[string]any{"expr": "1", "other": "kept"},
	}, got)
	require.Equal(t, "{{ record.title }}: {{ record.total }}", config["text"])
}

func TestResolveNamesTheField(t *testing.T) {
	cases := []struct {
		config any
		path   string
		code   string
	}{
		{map[string]any{"rows": []any{"ok", map[string]any{"a/b": map[string]any{"expr": "1 / 0"}}}}, "/rows/1/a~1b", CodeFailed},
		{map[string]any{"text": "x {{ record.titel }}"}, "/text", CodeUnknownName},
		{map[string]any{"text": "x {{ open"}, "/text", CodeTemplate},
		{map[string]any{"odd": struct{}{}}, "/odd", CodeFailed},
	}
	for _, c := range cases {
		_, err := New(Options{}).Resolve(c.config, sampleScope(), sampleEnv())
		var field *FieldError
		require.ErrorAs(t, err, &field)
		require.Equal(t, c.path, field.Path)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.code, e.Code)
	}
	deep := any("x")
	for range 100 {
		deep = []any{deep}
	}
	_, err := New(Options{}).Resolve(deep, nil, Env{})
	require.ErrorContains(t, err, "nested too deeply")
}
