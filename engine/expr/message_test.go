package expr

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// covers B-33
func TestMessagesAreForPeople(t *testing.T) {
	for source, want := range map[string]string{
		`vars.list[9]`:          "there is no element [9]: the length is 3",
		`vars.list[-9]`:         "there is no such element: the length is 3",
		`vars.list["x"]`:        "only objects have fields with a name",
		`vars.text.size`:        "only objects have fields with a name",
		`vars.whole.size`:       "a whole number has no field size",
		`vars.object[1]`:        `named by texts, such as ["name"]`,
		`vars.none[1:]`:         "a text or a list is expected here, this is empty",
		`now.year`:              "a date has no field year",
		`now[0]`:                "a date has no field [int]",
		`map(vars.whole, #)`:    "a list is expected here, this is a whole number",
		`1e999`:                 "the number 1e999 is too large",
		`0x`:                    "0x is no number",
		`vars.text matches "("`: "the pattern is not valid: missing closing )",
	} {
		_, err := run(source)
		require.ErrorContains(t, err, want, source)
	}
}

func run(source string) (any, error) {
	program, err := New(Options{}).Compile(source, nil)
	if err != nil {
		return nil, err
	}
	return program.Eval(Env{Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Roots: map[string]any{"vars": map[string]any{
		"text": "abc", "whole": int64(3), "part": 2.5, "yes": true, "none": nil, "object": map[string]any{"a": int64(1)},
		"list": []any{int64(1), "x", nil}, "when": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	}}})
}

// Every function and operator meets every kind of value: what is refused is refused
// in words that somebody who draws processes knows.
func TestMessagesNameNothingOfTheProgram(t *testing.T) {
	ours := regexp.MustCompile(`interface|reflect|strconv|runtime|<nil>|\bnil\b|u?int(8|16|32|64)|float(32|64)|map\[|\[\]|time\.|func\(|types\.|expr\.|unmarshal|panic`)
	values := []string{"vars.text", "vars.whole", "vars.part", "vars.yes", "vars.none", "vars.object", "vars.list", "vars.when", "now", "[]", "{}", `"x"`, "-1", "1e999"}
	var sources []string
	for _, a := range values {
		sources = append(sources, "-"+a, "not "+a, a+".field", a+"[0]", a+`["x"]`, a+"[1:]", a+" ? 1 : 2", a+"()")
		for _, b := range values {
			for _, operator := range []string{"+", "-", "*", "/", "%", "**", "==", "<", ">=", "and", "or", "in", "contains", "startsWith", "matches", "..", "??"} {
				sources = append(sources, a+" "+operator+" "+b)
			}
		}
	}
	for _, f := range Functions() {
		for _, a := range values {
			sources = append(sources, fmt.Sprintf("%s(%s)", f.Name, a), fmt.Sprintf("%s(%s, #)", f.Name, a))
			for _, b := range values {
				sources = append(sources, fmt.Sprintf("%s(%s, %s)", f.Name, a, b), fmt.Sprintf("%s(%s, %s, %s)", f.Name, a, b, a))
			}
		}
	}
	refused := 0
	for _, source := range sources {
		_, err := run(source)
		if err == nil {
			continue
		}
		refused++
		var e *Error
		require.True(t, errors.As(err, &e), source)
		message := strings.ReplaceAll(e.Message, source, "")
		require.False(t, ours.MatchString(message), "%s: %s", source, e.Message)
	}
	require.Greater(t, refused, len(sources)/3)
}
