package crm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fluxo-app/fluxo/server/problem"
)

// RecordFilter is one condition on a field, or a group of them: all, any or none
// of what it holds. The zero filter, and a group with nothing in it, lets
// everything through.
//
// covers L-01
type RecordFilter struct {
	All   []RecordFilter `json:"all,omitempty"`
	Any   []RecordFilter `json:"any,omitempty"`
	None  []RecordFilter `json:"none,omitempty"`
	Field string         `json:"field,omitempty"`
	Op    FilterOp       `json:"op,omitempty"`
	Value any            `json:"value,omitempty"`
}

// FilterOp compares a field with a value.
type FilterOp string

// The operators. In takes a list; Empty and NotEmpty take no value.
const (
	OpEq         FilterOp = "eq"
	OpNe         FilterOp = "ne"
	OpLt         FilterOp = "lt"
	OpLte        FilterOp = "lte"
	OpGt         FilterOp = "gt"
	OpGte        FilterOp = "gte"
	OpContains   FilterOp = "contains"
	OpStartsWith FilterOp = "startsWith"
	OpIn         FilterOp = "in"
	OpEmpty      FilterOp = "empty"
	OpNotEmpty   FilterOp = "notEmpty"
)

// Limits of a filter. Each group and each comparison of a day becomes one or two
// groups of the store, which has a limit of its own.
const (
	filterBytes  = 16_000
	filterDepth  = 4
	filterLeaves = 50
	filterList   = 200
	filterText   = 200
)

// Empty tells whether the filter lets everything through.
func (f RecordFilter) Empty() bool {
	return f.Field == "" && !slices.ContainsFunc(slices.Concat(f.All, f.Any, f.None), func(x RecordFilter) bool { return !x.Empty() })
}

// ParseFilter reads a filter and checks its form and size; which fields and values
// fit is known only with a record type. "" is no filter.
func ParseFilter(raw string) (RecordFilter, error) {
	var f RecordFilter
	if strings.TrimSpace(raw) == "" {
		return f, nil
	}
	if len(raw) > filterBytes {
		return f, problem.Invalid("/filter", "too_long", fmt.Sprintf("a filter has at most %d bytes", filterBytes))
	}
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return f, problem.Invalid("/filter", "format", "this is not valid JSON").Because(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return f, problem.Invalid("/filter", "format", "there is something behind the filter")
	}
	var c checker
	left := filterLeaves
	f = readFilter(&c, tree, "/filter", 0, &left)
	return f, c.err()
}

// UnmarshalJSON reads a filter as ParseFilter does.
func (f *RecordFilter) UnmarshalJSON(text []byte) error {
	if bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
		*f = RecordFilter{}
		return nil
	}
	read, err := ParseFilter(string(text))
	*f = read
	return err
}

func readFilter(c *checker, tree any, at string, depth int, left *int) RecordFilter {
	var f RecordFilter
	members, ok := tree.(map[string]any)
	if !ok {
		c.add(at, "wrong_type", "a condition is an object")
		return f
	}
	groups := 0
	for _, g := range []struct {
		name string
		into *[]RecordFilter
	}{{"all", &f.All}, {"any", &f.Any}, {"none", &f.None}} {
		inner, has := members[g.name]
		if !has {
			continue
		}
		groups++
		list, ok := inner.([]any)
		if !ok {
			c.add(at+"/"+g.name, "wrong_type", "a group holds a list of conditions")
			continue
		}
		if depth == filterDepth {
			c.add(at+"/"+g.name, "too_deep", "at most %d groups inside each other", filterDepth)
			continue
		}
		for i, x := range list {
			if *left < 0 {
				break
			}
			*g.into = append(*g.into, readFilter(c, x, at+"/"+g.name+"/"+strconv.Itoa(i), depth+1, left))
		}
	}
	for name := range members {
		if !slices.Contains([]string{"all", "any", "none", "field", "op", "value"}, name) {
			c.add(at+"/"+escaped(name), "unknown_field", "a condition has field, op and value; a group has all, any or none")
		}
	}
	field, leaf := members["field"]
	switch {
	case groups > 1 || groups == 1 && (leaf || members["op"] != nil || members["value"] != nil):
		c.add(at, "invalid", "either one group or one condition")
	case groups == 1 || len(members) == 0:
	case !leaf:
		c.add(at+"/field", "required", "which field is compared?")
	default:
		if *left--; *left == -1 {
			c.add(at, "too_many", "at most %d conditions", filterLeaves)
		}
		f.Field, ok = field.(string)
		if !ok || f.Field == "" || len(f.Field) > 80 {
			c.add(at+"/field", "wrong_type", "a field is named by its key")
		}
		op, ok := members["op"].(string)
		if !ok {
			c.add(at+"/op", "required", "how is it compared?")
		}
		f.Op, f.Value = FilterOp(op), members["value"]
		if text, is := f.Value.(string); is && utf8.RuneCountInString(text) > filterText {
			c.add(at+"/value", "too_long", "at most %d characters", filterText)
		}
	}
	return f
}

// escaped is a member's name in a JSON pointer.
func escaped(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name[:min(len(name), 60)])
}

// Selection is what a mass operation, an export or a merge is about: the records
// with the ids, or all that match filter and text but those excepted.
type Selection struct {
	Filter json.RawMessage `json:"filter,omitempty" doc:"as in the query parameter of lists: {\"all\": [{\"field\", \"op\", \"value\"}]}"`
	Text   string          `json:"text,omitempty" maxLength:"200"`
	IDs    []string        `json:"ids,omitempty" maxItems:"1000"`
	Except []string        `json:"except,omitempty" maxItems:"1000"`
	// All says that everything is meant, when there is neither filter nor text.
	All bool `json:"all,omitempty"`
}

// Check refuses a selection of nothing, which is a mistake and never everything.
func (s Selection) Check(at string) error {
	if len(s.IDs) > 0 {
		if len(s.Filter) > 0 || s.Text != "" || s.All {
			return problem.Invalid(at+"/ids", "invalid", "either ids, or what matches")
		}
		return nil
	}
	f, err := ParseFilter(string(s.Filter))
	if err == nil && f.Empty() && strings.TrimSpace(s.Text) == "" && !s.All {
		err = problem.Invalid(at, "required", "select records by ids, filter or text, or say that all are meant")
	}
	return err
}
