package expr

import (
	"errors"
	"reflect"
	"sort"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// listFunctions work on lists and objects. Loops with a body (filter, map, ...)
// are the machine's own, under the budget through patch.go.
var listFunctions = []function{
	{name: "len", signature: "len(text, list or object) integer", doc: "How many characters or elements",
		min: 1, max: 1, types: []any{new(func(any) int)}, call: func(b *budget, args []any) (any, error) {
			if args[0] == nil {
				return 0, nil
			}
			if text, ok := args[0].(string); ok {
				return utf8.RuneCountInString(text), b.spend(len(text) / 16)
			}
			switch v := reflect.ValueOf(args[0]); v.Kind() {
			case reflect.Slice, reflect.Array, reflect.Map:
				return v.Len(), nil
			}
			return nil, errors.New("a text, list or object is expected, this is " + describe(args[0]))
		}},
	{name: "first", signature: "first(list) value", doc: "The first element, empty when there is none",
		min: 1, max: 1, types: []any{new(func([]any) any), new(func(any) any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil || len(list) == 0 {
				return nil, err
			}
			return list[0], nil
		}},
	{name: "last", signature: "last(list) value", doc: "The last element, empty when there is none",
		min: 1, max: 1, types: []any{new(func([]any) any), new(func(any) any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil || len(list) == 0 {
				return nil, err
			}
			return list[len(list)-1], nil
		}},
	{name: "take", signature: "take(list, count) list", doc: "The first elements",
		min: 2, max: 2, types: []any{new(func([]any, int) []any), new(func(any, int) []any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil {
				return nil, err
			}
			count, err := toInt(args[1])
			if err != nil {
				return nil, err
			}
			return list[:max(0, min(count, len(list)))], nil
		}},
	{name: "reverse", signature: "reverse(list) list", doc: "The elements in the opposite order",
		min: 1, max: 1, types: []any{new(func([]any) []any), new(func(any) []any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil {
				return nil, err
			}
			reversed := make([]any, len(list))
			for i, element := range list {
				reversed[len(list)-1-i] = element
			}
			return reversed, nil
		}},
	{name: "concat", signature: "concat(lists...) list", doc: "The elements of all lists in one",
		min: 1, max: -1, types: []any{new(func(...any) []any)}, call: func(b *budget, args []any) (any, error) {
			joined := []any{}
			for _, argument := range args {
				list, err := elements(b, argument)
				if err != nil {
					return nil, err
				}
				if err := b.list(len(joined) + len(list)); err != nil {
					return nil, err
				}
				joined = append(joined, list...)
			}
			return joined, nil
		}},
	{name: "flatten", signature: "flatten(list) list", doc: "The elements of the lists in a list",
		min: 1, max: 1, types: []any{new(func([]any) []any), new(func(any) []any)}, call: func(b *budget, args []any) (any, error) {
			return flatten(b, nil, args[0], 0)
		}},
	{name: "uniq", signature: "uniq(list) list", doc: "Each element once",
		min: 1, max: 1, types: []any{new(func([]any) []any), new(func(any) []any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil {
				return nil, err
			}
			unique := []any{}
			for _, element := range list {
				known, err := contained(b, element, unique)
				if err != nil {
					return nil, err
				}
				if !known {
					unique = append(unique, element)
				}
			}
			return unique, nil
		}},
	{name: "sort", signature: "sort(list, \"desc\"?) list", doc: "The elements in order",
		min: 1, max: 2, types: []any{new(func([]any) []any), new(func([]any, string) []any), new(func(any) []any), new(func(any, string) []any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil {
				return nil, err
			}
			return sortList(b, list, list, args[1:])
		}},
	{name: "keys", signature: "keys(object) list", doc: "The names of an object's fields in order",
		min: 1, max: 1, types: []any{new(func(any) []string)}, call: func(b *budget, args []any) (any, error) {
			object, ok := args[0].(map[string]any)
			if !ok {
				return nil, errors.New("an object is expected, this is " + describe(args[0]))
			}
			names := []any{}
			for _, name := range sortedKeys(object) {
				names = append(names, name)
			}
			return names, b.list(len(names))
		}},
	{name: "values", signature: "values(object) list", doc: "The values of an object's fields, ordered by their names",
		min: 1, max: 1, types: []any{new(func(any) []any)}, call: func(b *budget, args []any) (any, error) {
			object, ok := args[0].(map[string]any)
			if !ok {
				return nil, errors.New("an object is expected, this is " + describe(args[0]))
			}
			values := []any{}
			for _, name := range sortedKeys(object) {
				values = append(values, object[name])
			}
			return values, b.list(len(values))
		}},
	{name: "sum", signature: "sum(list, value?) number or money", doc: "The total of numbers or amounts",
		min: 1, max: 2, types: []any{new(func([]any) any), new(func(any) any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil || len(list) == 0 {
				return 0, err
			}
			sum, err := total(b, list)
			if d, ok := sum.(decimal.Decimal); ok {
				return native(d)
			}
			return sum, err
		}},
	{name: "mean", signature: "mean(list) number or money", doc: "The average of numbers or amounts",
		min: 1, max: 1, types: []any{new(func([]any) any), new(func(any) any)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil || len(list) == 0 {
				return nil, err
			}
			sum, err := total(b, list)
			if err != nil {
				return nil, err
			}
			return arithmetic(b, "/", sum, len(list))
		}},
}

// total adds exactly: numbers as decimals, amounts as minor units.
func total(b *budget, list []any) (any, error) {
	if _, ok := asMoney(list[0]); !ok {
		sum := decimal.Zero
		for _, element := range list {
			d, ok := number(element)
			if !ok {
				return nil, errors.New("a number is expected, this is " + describe(element))
			}
			sum = sum.Add(d)
		}
		return sum, nil
	}
	sum := list[0]
	var err error
	for _, element := range list[1:] {
		if sum, err = arithmetic(b, "+", sum, element); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

func flatten(b *budget, into []any, value any, depth int) ([]any, error) {
	if depth > maxDepth {
		return nil, ErrBudget
	}
	list, err := elements(b, value)
	if err != nil {
		return nil, err
	}
	if into == nil {
		into = []any{}
	}
	for _, element := range list {
		if kind := reflect.ValueOf(element).Kind(); kind == reflect.Slice {
			if into, err = flatten(b, into, element, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		if len(into) >= maxElements {
			return nil, ErrBudget
		}
		into = append(into, element)
	}
	return into, nil
}

// sortBy gets pairs of element and key.
func sortBy(b *budget, args []any) (any, error) {
	pairs, err := elements(b, args[0])
	if err != nil {
		return nil, err
	}
	list, keys := make([]any, len(pairs)), make([]any, len(pairs))
	for i, pair := range pairs {
		both, ok := pair.([]any)
		if !ok || len(both) != 2 {
			return nil, errors.New("sortBy needs a value to sort by")
		}
		list[i], keys[i] = both[0], both[1]
	}
	return sortList(b, list, keys, args[1:])
}

// sortList sorts list by keys, stably; empty keys come first.
func sortList(b *budget, list, keys []any, order []any) (any, error) {
	descending := false
	if len(order) > 0 {
		switch order[0] {
		case "asc":
		case "desc":
			descending = true
		default:
			return nil, errors.New(`the order is "asc" or "desc"`)
		}
	}
	index := make([]int, len(list))
	for i := range index {
		index[i] = i
	}
	var failure error
	sort.SliceStable(index, func(i, j int) bool {
		if failure != nil {
			return false
		}
		if descending {
			i, j = j, i
		}
		left, right := keys[index[i]], keys[index[j]]
		if left == nil || right == nil {
			return left == nil && right != nil
		}
		c, err := compare(b, left, right)
		if err == nil {
			err = b.spend(1)
		}
		if err != nil {
			failure = err
		}
		return c < 0
	})
	if failure != nil {
		return nil, failure
	}
	sorted := make([]any, len(list))
	for i, from := range index {
		sorted[i] = list[from]
	}
	return sorted, nil
}
