package expr

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Format says how values become text. The zero value writes ISO dates and
// groups digits with plain spaces.
type Format struct {
	// Locale is en, pt-BR, pl or ru.
	Locale string
	// Space separates groups of digits and the currency; documents use a no-break space.
	Space string
	// DateLayout and DateTimeLayout use yyyy, MM, MMMM, dd, HH, mm and ss.
	DateLayout     string
	DateTimeLayout string
}

func (f Format) withDefaults() Format {
	if f.Space == "" {
		f.Space = " "
	}
	if f.DateLayout == "" {
		switch f.Locale {
		case "pl", "ru":
			f.DateLayout = "dd.MM.yyyy"
		case "pt-BR":
			f.DateLayout = "dd/MM/yyyy"
		default:
			f.DateLayout = "yyyy-MM-dd"
		}
	}
	if f.DateTimeLayout == "" {
		f.DateTimeLayout = f.DateLayout + " HH:mm"
	}
	return f
}

// time writes a day without a time as a date.
func (f Format) time(t time.Time) string {
	if isDay(t) {
		return formatTime(t, f.DateLayout, f.Locale)
	}
	return formatTime(t, f.DateTimeLayout, f.Locale)
}

// FormatValue writes a value as templates do.
func FormatValue(value any, env Env) (string, error) {
	return formatValue(newBudget(env), value, 0)
}

func formatValue(b *budget, value any, depth int) (string, error) {
	if depth > maxDepth {
		return "", fmt.Errorf("%w: the value is nested too deeply", ErrBudget)
	}
	if err := b.spend(1); err != nil {
		return "", err
	}
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		// Data holds instants as text; nobody types one like this by hand.
		if isInstant(v) {
			if t, ok := ParseTime(v, b.location); ok {
				return b.format.time(t), nil
			}
		}
		return v, b.text(len(v))
	case bool:
		return fmt.Sprintf("%t", v), nil
	case time.Time:
		return b.format.time(v.In(b.location)), nil
	case time.Duration:
		return v.String(), nil
	}
	if m, ok := asMoney(value); ok {
		return m.text(b.format.Space), nil
	}
	if d, ok := number(value); ok {
		return plainNumber(d)
	}
	if err := b.spend(costOfParts); err != nil {
		return "", err
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		list, err := elements(b, value)
		if err != nil {
			return "", err
		}
		return joinValues(b, list, ", ", depth+1)
	case reflect.Map:
		// An object with a name or title (a client, a user) is written as that.
		if object, ok := value.(map[string]any); ok {
			for _, field := range []string{"name", "title"} {
				if text, ok := object[field].(string); ok {
					return text, b.text(len(text))
				}
			}
		}
		plain, err := plainValue(b, value, depth)
		if err != nil {
			return "", err
		}
		encoded, err := json.Marshal(JSONValue(plain, b.location))
		if err != nil {
			return "", err
		}
		return string(encoded), b.text(len(encoded))
	}
	return "", fmt.Errorf("%s cannot be written as text", describe(value))
}

// isInstant recognizes 2026-11-21T10:30:00Z with or without a fraction.
func isInstant(text string) bool {
	return len(text) >= 20 && len(text) <= 30 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[len(text)-1] == 'Z'
}

// plainNumber writes a number without an exponent.
func plainNumber(d decimal.Decimal) (string, error) {
	if d.Exponent() > 100 || d.Exponent() < -400 {
		return "", errTooLarge
	}
	return d.String(), nil
}

func joinValues(b *budget, list []any, separator string, depth int) (string, error) {
	var out strings.Builder
	for i, element := range list {
		text, err := formatValue(b, element, depth)
		if err != nil {
			return "", err
		}
		if i > 0 {
			out.WriteString(separator)
		}
		out.WriteString(text)
		if out.Len() > maxStringBytes {
			return "", b.text(out.Len())
		}
	}
	return out.String(), b.text(out.Len())
}

// JSONValue converts a result to what JSON and the engine's state can hold: nil,
// bool, string, json.Number, []any and map[string]any. A date without a time in
// location becomes 2026-11-21, an instant RFC 3339 in UTC with milliseconds.
func JSONValue(value any, location *time.Location) any {
	if location == nil {
		location = time.UTC
	}
	switch v := value.(type) {
	case nil, bool, string, json.Number:
		return v
	case time.Time:
		if local := v.In(location); isDay(local) {
			return local.Format("2006-01-02")
		}
		return v.UTC().Format("2006-01-02T15:04:05.000Z")
	case time.Duration:
		return v.String()
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = JSONValue(element, location)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, field := range v {
			object[name] = JSONValue(field, location)
		}
		return object
	}
	if d, ok := number(value); ok {
		return json.Number(d.String())
	}
	return nil
}
