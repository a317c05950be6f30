package docstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// instantLayout has a fixed width, so that instants sort as strings.
const instantLayout = "2006-01-02T15:04:05.000Z"

// Instant is a moment in UTC with milliseconds. Its JSON form has a fixed
// width, so that stored instants sort and compare as strings; time.Time drops
// trailing zeros and does not. The zero Instant is null in JSON.
type Instant struct{ time.Time }

// At returns t as an Instant.
func At(t time.Time) Instant {
	if t.IsZero() {
		return Instant{}
	}
	return Instant{t.UTC().Truncate(time.Millisecond)}
}

// Moment returns a time that came from outside as an Instant. It refuses what could
// not be read again: in UTC an instant lies in the years 1000 to 9999, four digits in
// its stored form, whatever its own zone says.
func Moment(t time.Time) (Instant, error) {
	if year := t.UTC().Year(); year < 1000 || year > 9999 {
		return Instant{}, fmt.Errorf("the year %d is outside of 1000 to 9999", year)
	}
	return At(t), nil
}

// String returns the stored form, "" for the zero Instant.
func (i Instant) String() string {
	if i.IsZero() {
		return ""
	}
	return i.UTC().Format(instantLayout)
}

// MarshalJSON implements json.Marshaler.
func (i Instant) MarshalJSON() ([]byte, error) {
	if i.IsZero() {
		return []byte("null"), nil
	}
	if _, err := Moment(i.Time); err != nil {
		return nil, err
	}
	return []byte(`"` + i.String() + `"`), nil
}

// UnmarshalJSON implements json.Unmarshaler; it takes every RFC 3339 form.
func (i *Instant) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*i = Instant{}
		return nil
	}
	var t time.Time
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	at, err := Moment(t)
	if err == nil {
		*i = at
	}
	return err
}

// ParseInstant reads the stored form.
func ParseInstant(s string) (Instant, error) {
	if s == "" {
		return Instant{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return Instant{}, err
	}
	return Moment(t)
}

// normal reduces a filter value to nil, bool, int64, float64 or string.
func normal(v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case time.Time:
		return At(x).String(), nil
	case Instant:
		return x.String(), nil
	case json.Number:
		return number(x)
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Pointer:
		if r.IsNil() {
			return nil, nil
		}
		return normal(r.Elem().Interface())
	case r.Kind() == reflect.String:
		return r.String(), nil
	case r.Kind() == reflect.Bool:
		return r.Bool(), nil
	case r.CanInt():
		return r.Int(), nil
	case r.CanUint():
		if r.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("number %d is too large: %w", r.Uint(), ErrBadQuery)
		}
		return int64(r.Uint()), nil
	case r.CanFloat():
		if f := r.Float(); f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
			return f, nil
		}
		return int64(r.Float()), nil
	}
	return nil, fmt.Errorf("value of type %T cannot be compared: %w", v, ErrBadQuery)
}

func number(n json.Number) (any, error) {
	if i, err := n.Int64(); err == nil {
		return i, nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil, fmt.Errorf("number %q: %w", n, ErrBadQuery)
	}
	return normal(f)
}

// Tree is a decoded document body, with numbers as json.Number.
type Tree map[string]any

// ParseBody decodes a body, which must be one JSON object.
func ParseBody(body json.RawMessage) (Tree, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var t Tree
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("document body: %w", err)
	}
	if t == nil {
		return nil, fmt.Errorf("document body is not an object: %w", ErrBadQuery)
	}
	if d.More() {
		return nil, fmt.Errorf("document body has trailing data: %w", ErrBadQuery)
	}
	return t, nil
}

// Value returns the scalar at a path: nil, bool, int64, float64 or string.
// Objects, arrays and missing paths are nil.
func (t Tree) Value(path string) any {
	var at any = map[string]any(t)
	for _, key := range strings.Split(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[key]
	}
	return scalar(at)
}

// Values returns every scalar at a path, going through arrays on the way.
func (t Tree) Values(path string) []any {
	return collect(nil, map[string]any(t), strings.Split(path, "."))
}

func collect(into []any, at any, keys []string) []any {
	switch x := at.(type) {
	case []any:
		for _, e := range x {
			into = collect(into, e, keys)
		}
	case map[string]any:
		if len(keys) > 0 {
			into = collect(into, x[keys[0]], keys[1:])
		}
	default:
		if v := scalar(at); v != nil && len(keys) == 0 {
			into = append(into, v)
		}
	}
	return into
}

func scalar(v any) any {
	switch x := v.(type) {
	case bool, string:
		return x
	case json.Number:
		n, err := number(x)
		if err != nil {
			return nil
		}
		return n
	}
	return nil
}

// Compare orders two normal values: nothing, numbers (booleans are 0 and 1),
// strings by bytes.
func Compare(a, b any) int {
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	switch x := a.(type) {
	case nil:
		return 0
	case string:
		return strings.Compare(x, b.(string))
	}
	ai, aInt := integer(a)
	bi, bInt := integer(b)
	if aInt && bInt {
		switch {
		case ai < bi:
			return -1
		case ai > bi:
			return 1
		}
		return 0
	}
	switch af, bf := float(a), float(b); {
	case af < bf:
		return -1
	case af > bf:
		return 1
	}
	return 0
}

func rank(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case string:
		return 2
	}
	return 1
}

func integer(v any) (int64, bool) {
	switch x := v.(type) {
	case int64:
		return x, true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func float(v any) float64 {
	if f, ok := v.(float64); ok {
		return f
	}
	i, _ := integer(v)
	return float64(i)
}
