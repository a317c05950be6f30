package explain_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/server/automation/explain"
)

var compiler = expr.New(expr.Options{})

func seeing(record map[string]any) expr.Env {
	return expr.Env{Roots: map[string]any{"record": record}, Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Location: time.UTC}
}

func holds(t require.TestingT, source string, env expr.Env) bool {
	program, err := compiler.Compile(source, nil)
	require.NoError(t, err, source)
	is, err := program.Bool(env)
	require.NoError(t, err, source)
	return is
}

func applied(env expr.Env, changes []explain.Change) expr.Env {
	for _, c := range changes {
		env = explain.With(env, c.Path, c.To)
	}
	return env
}

func euros(minor int) map[string]any {
	return map[string]any{"amount": int64(minor), "currency": "EUR"}
}

// covers U-35, B-74: the smallest change is the one that a person would name.
func TestSmallestChange(t *testing.T) {
	record := map[string]any{"amount": euros(950_000), "title": "Pumps", "city": "", "urgent": false, "size": 7, "expectedCloseAt": "2026-04-01T00:00:00.000Z", "list": []any{"a"},
		"contact": map[string]any{"email": "eva@example.com"}}
	for source, want := range map[string]string{
		`record.amount >= money(10000, "EUR")`:                          "record.amount atLeast 1000000",
		`record.amount > money(10000, "EUR") and record.urgent == true`: "record.amount moreThan 1000001; record.urgent equal true",
		`record.amount > money(10000, "EUR") or record.size > 7`:        "record.amount moreThan 1000001",
		`not (record.size > 5)`:                                         "record.size atMost 5",
		`5 < record.size and record.size < 7`:                           "record.size lessThan 6",
		`record.city != ''`:                                             "record.city filled …",
		`record.title in ["Fans", "Motors"]`:                            "record.title oneOf Fans",
		`record.title contains "large"`:                                 "record.title contains Pumps large",
		`record.contact.email endsWith "@fluxo.dev"`:                    "record.contact.email ends eva@example.com@fluxo.dev",
		`record.urgent`:                                                 "record.urgent equal true",
		`len(record.list) > 3`:                                          "",
		`record.size > 3 and record.size < 2`:                           "",
		`date(record.expectedCloseAt) < now`:                            "record.expectedCloseAt lessThan 2026-03-02T08:59:00.000Z",
		`record.size > 3`:                                               "record.size atMost 3",
		`record.urgent and (record.size > 10 or record.city == "Porto" or record.none)`: "record.urgent equal true; record.size moreThan 11",
	} {
		env := seeing(record)
		why, err := explain.Condition(compiler, source, env)
		require.NoError(t, err, source)
		text := ""
		for i, c := range why.Changes {
			if i > 0 {
				text += "; "
			}
			to := c.To
			if m, ok := to.(map[string]any); ok {
				to = m["amount"]
			}
			text += fmt.Sprintf("%s %s %v", c.Path, c.Relation, to)
		}
		require.Equal(t, want, text, source)
		if len(why.Changes) > 0 {
			require.Equal(t, !why.Result, holds(t, source, applied(env, why.Changes)), source)
		}
	}
}

// leaf draws a condition on one of three small fields.
func leaf(t *rapid.T) string {
	switch rapid.IntRange(0, 3).Draw(t, "leaf") {
	case 0:
		return fmt.Sprintf("record.n %s %d", rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "op"), rapid.IntRange(1, 8).Draw(t, "limit"))
	case 1:
		return fmt.Sprintf("record.s %s %q", rapid.SampledFrom([]string{"==", "!=", "contains", "startsWith"}).Draw(t, "op"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "text"))
	case 2:
		return rapid.SampledFrom([]string{"record.b", "record.b == true", "record.b != true", `record.s in ["a", "c"]`}).Draw(t, "flag")
	}
	return fmt.Sprintf("%d < record.n", rapid.IntRange(1, 8).Draw(t, "limit"))
}

func condition(t *rapid.T, depth int) string {
	if depth == 0 {
		return leaf(t)
	}
	switch rapid.IntRange(0, 3).Draw(t, "shape") {
	case 0:
		return "not (" + condition(t, depth-1) + ")"
	case 1:
		return "(" + condition(t, depth-1) + ") and (" + condition(t, depth-1) + ")"
	case 2:
		return "(" + condition(t, depth-1) + ") or (" + condition(t, depth-1) + ")"
	}
	return leaf(t)
}

// covers U-35: what is proposed turns the condition round, always; and when a change
// of one field would, something is proposed, and it is not more than one.
func TestProposedChangesTurnConditionsRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := condition(t, 3)
		record := map[string]any{"n": rapid.IntRange(0, 9).Draw(t, "n"), "s": rapid.SampledFrom([]string{"", "a", "b", "ab"}).Draw(t, "s"), "b": rapid.Bool().Draw(t, "b")}
		env := seeing(record)
		is := holds(t, source, env)
		why, err := explain.Condition(compiler, source, env)
		require.NoError(t, err)
		require.Equal(t, is, why.Result, source)
		if len(why.Changes) > 0 {
			require.Equal(t, !is, holds(t, source, applied(env, why.Changes)), "%s with %v after %v", source, record, why.Changes)
		}
		single := false
		for name, domain := range map[string][]any{"n": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, "s": {"", "a", "b", "c", "ab", "ba"}, "b": {true, false}} {
			for _, v := range domain {
				single = single || holds(t, source, explain.With(env, "record."+name, v)) != is
			}
		}
		if single {
			require.NotEmpty(t, why.Changes, "%s with %v", source, record)
		}
	})
}

// What a history has kept is enough, and what it has not is said.
func TestConditionsOfThePast(t *testing.T) {
	now := seeing(map[string]any{"amount": euros(5), "title": "Now", "list": []any{}})
	why, err := explain.Past(compiler, `record.amount > money(100, "EUR")`, false, map[string]any{"record.amount": "95.50 EUR"}, now)
	require.NoError(t, err)
	require.True(t, why.Exact)
	raw, err := json.Marshal(why.Changes[0].From)
	require.NoError(t, err)
	require.JSONEq(t, `{"amount":9550,"currency":"EUR"}`, string(raw))
	require.Equal(t, explain.MoreThan, why.Changes[0].Relation)
	// The list was longer then: what it was is not known any more.
	why, err = explain.Past(compiler, `len(record.list) == 2`, true, map[string]any{"record.list": "list of 2"}, now)
	require.NoError(t, err)
	require.False(t, why.Exact)
	require.Empty(t, why.Changes)
	// Nor is a list that is not there at all now, and it was no text.
	why, err = explain.Past(compiler, `"a.pdf" in record.files`, false, map[string]any{"record.files": "list of 2"}, now)
	require.NoError(t, err)
	require.Empty(t, why.Error)
	require.False(t, why.Exact)
	require.False(t, why.Result)
}
