package expr

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// textFunctions work on texts. Each accounts for the text it builds.
var textFunctions = []function{
	textToText("upper", "In capital letters", strings.ToUpper),
	textToText("lower", "In small letters", strings.ToLower),
	{name: "trim", signature: "trim(text, characters?) string", doc: "Without spaces (or the given characters) at both ends",
		min: 1, max: 2, types: []any{new(func(string) string), new(func(string, string) string)}, call: func(b *budget, args []any) (any, error) {
			text, characters, err := twoTexts(args)
			if err != nil {
				return nil, err
			}
			if err := b.text(len(text)); err != nil {
				return nil, err
			}
			if len(args) == 1 {
				return strings.TrimSpace(text), nil
			}
			if len(characters) > 64 {
				return nil, errors.New("trim takes at most 64 characters")
			}
			return strings.Trim(text, characters), nil
		}},
	twoTextsToBool("hasPrefix", "True when the text begins so", strings.HasPrefix),
	twoTextsToBool("hasSuffix", "True when the text ends so", strings.HasSuffix),
	{name: "replace", signature: "replace(text, old, new) string", doc: "Every old part replaced by the new one",
		min: 3, max: 3, types: []any{new(func(string, string, string) string)}, call: func(b *budget, args []any) (any, error) {
			text, old, err := twoTexts(args)
			if err != nil {
				return nil, err
			}
			replacement, err := textArgument(args, 2)
			if err != nil {
				return nil, err
			}
			if err := b.spend(len(text) / 4); err != nil {
				return nil, err
			}
			if err := b.text(len(text) + strings.Count(text, old)*max(len(replacement)-len(old), 0)); err != nil {
				return nil, err
			}
			return strings.ReplaceAll(text, old, replacement), nil
		}},
	{name: "repeat", signature: "repeat(text, times) string", doc: "The text several times",
		min: 2, max: 2, types: []any{new(func(string, int) string)}, call: func(b *budget, args []any) (any, error) {
			text, err := textArgument(args, 0)
			if err != nil {
				return nil, err
			}
			times, err := toInt(args[1])
			if err != nil {
				return nil, err
			}
			if times < 0 || times > maxStringBytes {
				return nil, errors.New("repeat takes 0 or more times, up to a million")
			}
			if err := b.text(len(text) * times); err != nil {
				return nil, err
			}
			return strings.Repeat(text, times), nil
		}},
	{name: "split", signature: "split(text, separator) list", doc: "The parts between the separators",
		min: 2, max: 2, types: []any{new(func(string, string) []string)}, call: func(b *budget, args []any) (any, error) {
			text, separator, err := twoTexts(args)
			if err != nil {
				return nil, err
			}
			count := utf8.RuneCountInString(text)
			if separator != "" {
				count = strings.Count(text, separator) + 1
			}
			if err := b.list(count); err != nil {
				return nil, err
			}
			if err := b.text(len(text)); err != nil {
				return nil, err
			}
			parts := make([]any, 0, count)
			for _, part := range strings.Split(text, separator) {
				parts = append(parts, part)
			}
			return parts, nil
		}},
	{name: "join", signature: "join(list, separator?) string", doc: "The elements as one text",
		min: 1, max: 2, types: []any{new(func([]any) string), new(func([]any, string) string), new(func(any) string), new(func(any, string) string)}, call: func(b *budget, args []any) (any, error) {
			list, err := elements(b, args[0])
			if err != nil {
				return nil, err
			}
			separator, err := textArgument(args, 1)
			if err != nil {
				return nil, err
			}
			return joinValues(b, list, separator, 0)
		}},
	{name: "indexOf", signature: "indexOf(text, part) integer", doc: "Where the part begins, -1 when it is missing",
		min: 2, max: 2, types: []any{new(func(string, string) int)}, call: func(b *budget, args []any) (any, error) {
			text, part, err := twoTexts(args)
			if err != nil {
				return nil, err
			}
			at := strings.Index(text, part)
			if at > 0 {
				at = utf8.RuneCountInString(text[:at])
			}
			return at, b.spend(len(text) / 8)
		}},
	{name: "toJSON", signature: "toJSON(value) string", doc: "The value as JSON",
		min: 1, max: 1, types: []any{new(func(any) string)}, call: func(b *budget, args []any) (any, error) {
			plain, err := plainValue(b, args[0], 0)
			if err != nil {
				return nil, err
			}
			encoded, err := json.Marshal(JSONValue(plain, b.location))
			if err != nil {
				return nil, err
			}
			return string(encoded), b.text(len(encoded))
		}},
	{name: "fromJSON", signature: "fromJSON(text) value", doc: "The value that a JSON text describes",
		min: 1, max: 1, types: []any{new(func(string) any)}, call: func(b *budget, args []any) (any, error) {
			text, err := textArgument(args, 0)
			if err != nil {
				return nil, err
			}
			if err := b.spend(len(text)); err != nil {
				return nil, err
			}
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			var value any
			if err := decoder.Decode(&value); err != nil {
				return nil, errors.New("this text is not JSON")
			}
			return value, nil
		}},
}

func textToText(name, doc string, convert func(string) string) function {
	return function{name: name, signature: name + "(text) string", doc: doc, min: 1, max: 1,
		types: []any{new(func(string) string)}, call: func(b *budget, args []any) (any, error) {
			text, err := textArgument(args, 0)
			if err != nil {
				return nil, err
			}
			// A letter may become up to three times as long.
			if err := b.text(3 * len(text)); err != nil {
				return nil, err
			}
			return convert(text), nil
		}}
}

func twoTextsToBool(name, doc string, test func(string, string) bool) function {
	return function{name: name, signature: name + "(text, part) boolean", doc: doc, min: 2, max: 2,
		types: []any{new(func(string, string) bool)}, call: func(_ *budget, args []any) (any, error) {
			text, part, err := twoTexts(args)
			if err != nil {
				return nil, err
			}
			return test(text, part), nil
		}}
}

func twoTexts(args []any) (first, second string, err error) {
	if first, err = textArgument(args, 0); err != nil {
		return "", "", err
	}
	second, err = textArgument(args, 1)
	return first, second, err
}
