package field_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/server/crm/field"
)

// covers L-06
func TestValuesOfEveryTypeHaveOneForm(t *testing.T) {
	money := map[string]any{"amount": int64(120_000), "currency": "PLN"}
	cases := []struct {
		name     string
		typ      field.Type
		multiple bool
		in, out  any
		code     string
	}{
		{name: "line", typ: field.Text, in: "  Pumps ", out: "Pumps"},
		{name: "empty is no value", typ: field.Text, in: " ", out: nil},
		{name: "line break in a line", typ: field.Text, in: "a\nb", code: "control_character"},
		{name: "too long", typ: field.Text, in: strings.Repeat("ż", 501), code: "too_long"},
		{name: "lines", typ: field.LongText, in: "a\nb ", out: "a\nb "},
		{name: "not UTF-8", typ: field.LongText, in: "a\xff", code: "not_utf8"},
		{name: "number from a form", typ: field.Number, in: "1,5", out: 1.5},
		{name: "whole number", typ: field.Number, in: json.Number("12.0"), out: int64(12)},
		{name: "exponent", typ: field.Number, in: json.Number("1e400000000"), code: "not_a_number"},
		{name: "number too large to be exact", typ: field.Number, in: json.Number("9007199254740993"), code: "out_of_range"},
		{name: "number in words", typ: field.Number, in: "many", code: "not_a_number"},
		{name: "money", typ: field.Money, in: map[string]any{"amount": json.Number("120000"), "currency": "PLN"}, out: money},
		{name: "money without an amount", typ: field.Money, in: map[string]any{"currency": "PLN"}, out: nil},
		{name: "too much money", typ: field.Money, in: map[string]any{"amount": json.Number("1000000000000001"), "currency": "PLN"}, code: "out_of_range"},
		{name: "half a minor unit", typ: field.Money, in: map[string]any{"amount": 0.5, "currency": "PLN"}, code: "bad_value"},
		{name: "no currency", typ: field.Money, in: map[string]any{"amount": 5.0, "currency": "zł"}, code: "bad_currency"},
		{name: "date", typ: field.Date, in: "2026-03-31", out: "2026-03-31"},
		{name: "date of an instant", typ: field.Date, in: "2026-03-31T22:30:00+02:00", out: "2026-03-31"},
		{name: "no such day", typ: field.Date, in: "2026-02-30", code: "bad_date"},
		{name: "moment", typ: field.DateTime, in: "2026-03-31T14:00:00+02:00", out: "2026-03-31T12:00:00.000Z"},
		{name: "moment of an expression", typ: field.DateTime, in: time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC), out: "2026-03-31T12:00:00.000Z"},
		{name: "true", typ: field.Boolean, in: true, out: true},
		{name: "yes of a file", typ: field.Boolean, in: "Yes", out: true},
		{name: "perhaps", typ: field.Boolean, in: "perhaps", code: "bad_value"},
		{name: "mail", typ: field.Email, in: "anna@example.com", out: "anna@example.com"},
		{name: "mail with a name", typ: field.Email, in: "Anna <anna@example.com>", code: "bad_email"},
		{name: "phone", typ: field.Phone, in: "+48 22 555-01-20 x12", out: "+48 22 555-01-20 x12"},
		{name: "phone in words", typ: field.Phone, in: "call Anna 123", code: "bad_phone"},
		{name: "link", typ: field.Link, in: "https://example.com/a?b=c", out: "https://example.com/a?b=c"},
		{name: "script as a link", typ: field.Link, in: "javascript:alert(1)", code: "bad_link"},
		{name: "several", typ: field.Email, multiple: true, in: []any{"a@example.com", "", "b@example.com"}, out: []any{"a@example.com", "b@example.com"}},
		{name: "one where several may be", typ: field.List, multiple: true, in: "gold", out: []any{"gold"}},
		{name: "several where one may be", typ: field.List, in: []any{"gold", "iron"}, code: "bad_value"},
		{name: "none of several", typ: field.List, multiple: true, in: []any{""}, out: nil},
		{name: "a list as text", typ: field.User, in: map[string]any{}, code: "bad_value"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, wrong := field.Field{Key: "f", Type: c.typ, Multiple: c.multiple}.Value(c.in)
			if c.code != "" {
				require.NotNil(t, wrong)
				require.Equal(t, c.code, wrong.Code)
				require.NotEmpty(t, wrong.Message)
				return
			}
			require.Nil(t, wrong)
			require.Equal(t, c.out, got)
		})
	}
}

func TestTheSecondOfSeveralIsWrong(t *testing.T) {
	_, wrong := field.Field{Type: field.Email, Multiple: true}.Value([]any{"a@example.com", "b"})
	require.Equal(t, 1, wrong.Index)
}

// What is stored can be sent again and stays as it is, also through JSON.
func TestStoredValuesAreTheirOwnForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := field.Field{Key: "f", Type: rapid.SampledFrom(field.Types()).Draw(t, "type"), Multiple: rapid.Bool().Draw(t, "multiple")}
		raw := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Float64(), func(n float64) any { return n }),
			rapid.Map(rapid.SampledFrom([]string{"2026-01-02", "2026-01-02T03:04:05Z", "a@b.example", "https://b.example/", "+1 555 0100", "12.5", "true"}), func(s string) any { return s }),
			rapid.Map(rapid.Int64Range(-1<<40, 1<<40), func(n int64) any { return map[string]any{"amount": n, "currency": "EUR"} }),
		).Draw(t, "value")
		first, wrong := f.Value(raw)
		if wrong != nil {
			return
		}
		text, err := json.Marshal(first)
		require.NoError(t, err)
		var back any
		require.NoError(t, json.Unmarshal(text, &back))
		second, wrong := f.Value(back)
		require.Nil(t, wrong)
		again, err := json.Marshal(second)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}

func TestKeysComeFromLabels(t *testing.T) {
	for label, key := range map[string]string{
		"Date of visit": "dateOfVisit", "Źródło zgłoszenia": "zrodloZgloszenia", "Дата визита": "dataVizita", "2nd phone": "ndPhone", "???": "field", "VAT no.": "vatNo",
	} {
		require.Equal(t, key, field.KeyOf(label), label)
		require.True(t, field.ValidKey(field.KeyOf(label)), label)
	}
}

func TestRequiredAtStages(t *testing.T) {
	f := field.Field{RequiredAt: []field.Stages{{Pipeline: "sales", Stages: []string{"contract", "won"}}}}
	require.True(t, f.RequiredOn("sales", "won"))
	require.False(t, f.RequiredOn("sales", "new"))
	require.False(t, f.RequiredOn("other", "won"))
	require.True(t, field.Field{Required: true}.RequiredOn("sales", "new"))
}
