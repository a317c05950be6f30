package expr

import (
	"errors"
	"fmt"
	"reflect"
	"sort"

	"github.com/expr-lang/expr/builtin"
)

// function is one name that expressions can call.
type function struct {
	name string
	// signature and doc are shown by completion.
	signature, doc string
	// min and max are the numbers of arguments; max -1 means any number.
	min, max int
	// types are pointers to Go functions whose signatures the checker accepts.
	types []any
	call  func(b *budget, args []any) (any, error)
}

// functions and functionByName never change after the package is initialized.
var (
	functions      = allFunctions()
	functionByName = indexFunctions(functions)
)

func allFunctions() []function {
	var all []function
	for _, group := range [][]function{textFunctions, listFunctions, dateFunctions, moneyFunctions, valueFunctions, userFunctions} {
		all = append(all, group...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all
}

func indexFunctions(all []function) map[string]function {
	index := make(map[string]function, len(all))
	for _, f := range all {
		index[f.name] = f
	}
	return index
}

func functionNames() []string {
	names := make([]string, 0, len(functions)+len(loops))
	for _, f := range functions {
		names = append(names, f.name)
	}
	return append(names, sortedKeys(loops)...)
}

// typed is the function for the checker.
func (f function) typed() *builtin.Function {
	signatures := make([]reflect.Type, len(f.types))
	for i, example := range f.types {
		signatures[i] = reflect.TypeOf(example).Elem()
	}
	return &builtin.Function{Name: f.name, Types: signatures, Func: func(...any) (any, error) { return nil, nil }}
}

// limited is the function for the machine.
func (f function) limited() *builtin.Function { return limitedFunction(f.name, f.call) }

func textArgument(args []any, i int) (string, error) {
	if i >= len(args) {
		return "", nil
	}
	text, ok := args[i].(string)
	if !ok {
		return "", errors.New("a text is expected, this is " + describe(args[i]))
	}
	return text, nil
}

var valueFunctions = []function{
	{name: "string", signature: "string(value) string", doc: "Any value as text, as templates write it",
		min: 1, max: 1, types: []any{new(func(any) string)}, call: func(b *budget, args []any) (any, error) {
			return formatValue(b, args[0], 0)
		}},
	{name: "number", signature: "number(value) number", doc: "Reads a number from a text",
		min: 1, max: 1, types: []any{new(func(any) float64)}, call: func(_ *budget, args []any) (any, error) {
			d, ok := numberOrText(args[0])
			if !ok {
				return nil, errors.New("a number is expected, this is " + describe(args[0]))
			}
			return native(d)
		}},
	{name: "int", signature: "int(number) integer", doc: "The whole part of a number",
		min: 1, max: 1, types: []any{new(func(any) int)}, call: func(_ *budget, args []any) (any, error) {
			d, ok := numberOrText(args[0])
			if !ok {
				return nil, errors.New("a number is expected, this is " + describe(args[0]))
			}
			return native(d.Truncate(0))
		}},
	{name: "abs", signature: "abs(number or money) number", doc: "The value without its sign",
		min: 1, max: 1, types: []any{new(func(any) any)}, call: func(_ *budget, args []any) (any, error) {
			if m, ok := asMoney(args[0]); ok {
				return moneyOf(m.major().Abs().Shift(MinorDigits(m.currency)), m.currency)
			}
			d, ok := number(args[0])
			if !ok {
				return nil, errors.New("a number is expected, this is " + describe(args[0]))
			}
			return native(d.Abs())
		}},
	{name: "ceil", signature: "ceil(number) integer", doc: "Rounds up to a whole number",
		min: 1, max: 1, types: []any{new(func(any) int)}, call: func(_ *budget, args []any) (any, error) {
			d, ok := number(args[0])
			if !ok {
				return nil, errors.New("a number is expected, this is " + describe(args[0]))
			}
			return native(d.Ceil())
		}},
	{name: "floor", signature: "floor(number) integer", doc: "Rounds down to a whole number",
		min: 1, max: 1, types: []any{new(func(any) int)}, call: func(_ *budget, args []any) (any, error) {
			d, ok := number(args[0])
			if !ok {
				return nil, errors.New("a number is expected, this is " + describe(args[0]))
			}
			return native(d.Floor())
		}},
	{name: "isEmpty", signature: "isEmpty(value) boolean", doc: "True for nothing, empty text, an empty list or object",
		min: 1, max: 1, types: []any{new(func(any) bool)}, call: func(_ *budget, args []any) (any, error) {
			switch v := args[0].(type) {
			case nil:
				return true, nil
			case string:
				return v == "", nil
			}
			switch v := reflect.ValueOf(args[0]); v.Kind() {
			case reflect.Slice, reflect.Map:
				return v.Len() == 0, nil
			}
			return false, nil
		}},
	{name: "min", signature: "min(values...) value", doc: "The least value", min: 1, max: -1,
		types: []any{new(func(...any) any)}, call: func(b *budget, args []any) (any, error) { return extreme(b, args, -1) }},
	{name: "max", signature: "max(values...) value", doc: "The greatest value", min: 1, max: -1,
		types: []any{new(func(...any) any)}, call: func(b *budget, args []any) (any, error) { return extreme(b, args, 1) }},
}

// extreme finds the value for which compare says sign; a single list stands for its elements.
func extreme(b *budget, args []any, sign int) (any, error) {
	values := args
	if len(args) == 1 {
		list, err := elements(b, args[0])
		if err != nil {
			return nil, err
		}
		values = list
	}
	if len(values) == 0 {
		return nil, nil
	}
	best := values[0]
	for _, value := range values[1:] {
		c, err := compare(b, value, best)
		if err != nil {
			return nil, err
		}
		if c*sign > 0 {
			best = value
		}
	}
	return best, nil
}

var userFunctions = []function{
	{name: "head", signature: "head(user) user", doc: "The head of a user's department, empty when there is none",
		min: 1, max: 1, types: []any{new(func(any) string)}, call: func(b *budget, args []any) (any, error) {
			id, err := identifier(args[0])
			if err != nil || b.directory == nil {
				return nil, err
			}
			if head, ok := b.directory.Head(id); ok {
				return head, nil
			}
			return nil, nil
		}},
	{name: "members", signature: "members(group) list of users", doc: "The members of a group",
		min: 1, max: 1, types: []any{new(func(any) []string)}, call: func(b *budget, args []any) (any, error) {
			id, err := identifier(args[0])
			if err != nil || b.directory == nil {
				return []any{}, err
			}
			ids := b.directory.Members(id)
			if err := b.list(len(ids)); err != nil {
				return nil, err
			}
			members := make([]any, len(ids))
			for i, member := range ids {
				members[i] = member
			}
			return members, nil
		}},
	{name: "atWork", signature: "atWork(user) boolean", doc: "Whether a user has begun the day and is not on a break; true where days are not kept",
		min: 1, max: 1, types: []any{new(func(any) bool)}, call: func(b *budget, args []any) (any, error) {
			known, ok := b.directory.(Presence)
			if !ok || args[0] == nil {
				return !ok, nil
			}
			id, err := identifier(args[0])
			return err == nil && id != "" && known.AtWork(id), err
		}},
	{name: "user", signature: "user(id) object", doc: "A user's name, email and other details",
		min: 1, max: 1, types: []any{new(func(any) any)}, call: func(b *budget, args []any) (any, error) {
			id, err := identifier(args[0])
			if err != nil || b.directory == nil {
				return nil, err
			}
			if details, ok := b.directory.User(id); ok {
				return details, nil
			}
			return nil, nil
		}},
}

// identifier accepts an id or an object that has one.
func identifier(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case map[string]any:
		if id, ok := v["id"].(string); ok {
			return id, nil
		}
	}
	return "", fmt.Errorf("a user or group is expected, this is %s", describe(value))
}
