package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

var (
	exampleTime     time.Time
	exampleDuration time.Duration
	maxInt64        = decimal.NewFromInt(math.MaxInt64)
	minInt64        = decimal.NewFromInt(math.MinInt64)
)

// number reads any numeric value exactly; a float64 counts as its shortest
// decimal notation, so 0.1 is one tenth.
func number(value any) (decimal.Decimal, bool) {
	switch n := value.(type) {
	case int:
		return decimal.NewFromInt(int64(n)), true
	case int64:
		return decimal.NewFromInt(n), true
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return decimal.Decimal{}, false
		}
		return decimal.NewFromFloat(n), true
	case json.Number:
		if len(n) > 64 {
			return decimal.Decimal{}, false
		}
		d, err := decimal.NewFromString(n.String())
		return d, err == nil
	case decimal.Decimal:
		return n, true
	case nil, bool, string, time.Time, time.Duration:
		return decimal.Decimal{}, false
	}
	v := reflect.ValueOf(value)
	switch {
	case v.CanInt():
		return decimal.NewFromInt(v.Int()), true
	case v.CanUint():
		return decimal.NewFromUint64(v.Uint()), true
	case v.CanFloat():
		return number(v.Float())
	}
	return decimal.Decimal{}, false
}

var errTooLarge = errors.New("the number is too large")

// native turns a result back into int or float64, which the machine can index
// and sort with. float64 keeps 15 significant digits exactly.
func native(d decimal.Decimal) (any, error) {
	if d.IsInteger() {
		if d.GreaterThan(maxInt64) || d.LessThan(minInt64) {
			return nil, errTooLarge
		}
		return int(d.IntPart()), nil
	}
	f := d.InexactFloat64()
	if math.IsInf(f, 0) {
		return nil, errTooLarge
	}
	return f, nil
}

func toInt(value any) (int, error) {
	if n, ok := value.(int); ok {
		return n, nil
	}
	d, ok := number(value)
	if !ok || !d.IsInteger() || d.GreaterThan(maxInt64) || d.LessThan(minInt64) {
		return 0, errors.New("a whole number is expected, this is " + describe(value))
	}
	return int(d.IntPart()), nil
}

// timeLayouts are the notations of dates in data: ISO 8601 in its usual forms.
var timeLayouts = []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}

// ParseTime reads a date or an instant in ISO 8601; one without a zone is in location.
func ParseTime(text string, location *time.Location) (time.Time, bool) {
	if len(text) < 10 || len(text) > 40 {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.In(location), true
	}
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, text, location); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func toTime(b *budget, value any) (time.Time, error) {
	switch v := value.(type) {
	case time.Time:
		return v.In(b.location), nil
	case string:
		if t, ok := ParseTime(v, b.location); ok {
			return t, nil
		}
	}
	return time.Time{}, errors.New("a date is expected, this is " + describe(value))
}

// isDay says whether t is a date without a time in its zone.
func isDay(t time.Time) bool {
	hour, minute, second := t.Clock()
	return hour == 0 && minute == 0 && second == 0 && t.Nanosecond() == 0
}

// elements gives the elements of any kind of list.
func elements(b *budget, value any) ([]any, error) {
	if list, ok := value.([]any); ok {
		return list, b.list(len(list))
	}
	v := reflect.ValueOf(value)
	if !v.IsValid() || (v.Kind() != reflect.Slice && v.Kind() != reflect.Array) {
		return nil, errors.New("a list is expected, this is " + describe(value))
	}
	if err := b.list(v.Len()); err != nil {
		return nil, err
	}
	list := make([]any, v.Len())
	for i := range list {
		list[i] = v.Index(i).Interface()
	}
	return list, nil
}

// plainValue copies a result into the documented types and ends on values that
// share parts so often that they would be huge when written out.
func plainValue(b *budget, value any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: the value is nested deeper than %d levels", ErrBudget, maxDepth)
	}
	if err := b.spend(1); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case nil, bool, int64, time.Time, time.Duration:
		return v, nil
	case string:
		return v, b.text(len(v))
	case int:
		return int64(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errTooLarge
		}
		return v, nil
	case json.Number:
		d, ok := number(v)
		if !ok {
			return nil, errors.New("a number is not valid: " + shorten(v.String(), 40))
		}
		n, err := native(d)
		if i, whole := n.(int); whole {
			return int64(i), err
		}
		return n, err
	}
	// Lists and objects are looked at by reflection and made anew.
	if err := b.spend(costOfParts); err != nil {
		return nil, err
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			element, err := plainValue(b, v.Index(i).Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			list[i] = element
		}
		return list, nil
	case reflect.Map:
		object := make(map[string]any, v.Len())
		for _, key := range v.MapKeys() {
			if err := b.spend(costOfParts); err != nil {
				return nil, err
			}
			field, err := plainValue(b, v.MapIndex(key).Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			name, err := formatValue(b, key.Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			object[name] = field
		}
		return object, nil
	}
	if d, ok := number(value); ok {
		return native(d)
	}
	return nil, errors.New("this is not a value; a function needs brackets and arguments")
}

// describe names a value's type in words, with a short value.
func describe(value any) string {
	switch v := value.(type) {
	case nil:
		return "empty"
	case bool:
		return fmt.Sprintf("%t", v)
	case string:
		return fmt.Sprintf("the text %q", shorten(v, 60))
	case time.Time:
		return "the date " + v.Format(time.RFC3339)
	case time.Duration:
		return "the duration " + v.String()
	}
	if m, ok := asMoney(value); ok {
		return "the amount " + m.text(" ")
	}
	if d, ok := number(value); ok {
		return "the number " + shorten(d.String(), 40)
	}
	switch reflect.ValueOf(value).Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "an object"
	}
	return "another kind of value"
}

// summarize shortens a value for an incident.
func summarize(value any) any {
	switch v := value.(type) {
	case nil, bool, int, int64, float64, json.Number:
		return v
	case string:
		return shorten(v, 200)
	case time.Time:
		return v.Format(time.RFC3339)
	case []any:
		return fmt.Sprintf("list of %d", len(v))
	case map[string]any:
		if m, ok := asMoney(v); ok {
			return m.text(" ")
		}
		names := sortedKeys(v)
		if len(names) > 10 {
			names = append(names[:10], "…")
		}
		return "object with " + strings.Join(names, ", ")
	}
	return describe(value)
}
