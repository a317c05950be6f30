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
		for _, language := range []string{"pt-BR", "pl", "ru"} {
			require.NotEqual(t, e.Message, Translate(e.Message, language), source)
		}
	}
	require.Greater(t, refused, len(sources)/3)
}

func TestFailuresSpeakEveryLanguage(t *testing.T) {
	for source, want := range map[string]string{
		`vars.list[9]`:                           "нет элемента [9]: длина 3, а первый — [0]",
		`vars.none.name`:                         "нельзя прочитать name у пустого значения; пишите ?.name, если его может не быть",
		`vars.text + vars.whole`:                 `+ не применяется к значениям: текст "abc", число 3; чтобы получить текст, пишите string(значение)`,
		`1 / 0`:                                  "деление на ноль",
		`addDays("soon", 1)`:                     `нужна дата, а здесь: текст "soon"`,
		`vars.whole ? 1 : 2`:                     "условие должно быть истинным или ложным",
		`repeat("xx", 999999)`:                   "выражение требует слишком много работы: текст может занимать не больше 1024 КБ",
		`len(1)`:                                 "нужен текст, список или объект, а здесь: число 1",
		`vars.titel.x == 1 and nothing.here`:     "нельзя прочитать x у пустого значения; пишите ?.x, если его может не быть",
		`money(1, "PLN") + money(1, "EUR")`:      "суммы в PLN и EUR нельзя объединить",
		`vars.when + vars.when`:                  "+ не применяется к значениям: дата 2026-03-01T00:00:00Z, дата 2026-03-01T00:00:00Z; используйте addDays или daysBetween",
		`vars.text contains vars.yes`:            `contains работает с текстами, а здесь: текст "abc", да`,
		`addWorkingDays(now, 999999)`:            "выражение требует слишком много работы: столько рабочих дней — это слишком далеко",
		`timeBetween(now, "9 o'clock", "10:00")`: `"9 o'clock" — не время суток, такое как 09:30`,
	} {
		_, err := run(source)
		var e *Error
		require.True(t, errors.As(err, &e), source)
		require.Equal(t, want, Translate(e.Message, "ru"), "%s: %s", source, e.Message)
		require.Equal(t, e.Message, Translate(e.Message, "en"))
	}
	require.Equal(t, "out of paper", Translate("out of paper", "ru"), "what a process says by itself")
	for _, row := range append(heard, descriptions...) {
		want := placeholder.FindAllString(row[0], -1)
		for _, text := range row {
			require.NotEmpty(t, text, row[0])
			require.ElementsMatch(t, want, placeholder.FindAllString(text, -1), row[0])
		}
	}
}
