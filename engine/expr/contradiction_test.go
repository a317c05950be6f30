package expr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestContradictionsAreNamed(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	for source, want := range map[string]string{
		`record.stage == "A" and record.stage == "B"`:                         `record.stage == "A" and record.stage == "B"`,
		`record.stage == "A" && vars.x > 1 && "B" == record.stage`:            `record.stage == "A" and "B" == record.stage`,
		`record.amount > 10 and record.amount < 5`:                            `record.amount > 10 and record.amount < 5`,
		`record.amount > 10 and record.amount <= 10`:                          `record.amount > 10 and record.amount <= 10`,
		`record.amount >= 10 and 10 >= record.amount and record.amount != 10`: `record.amount >= 10 and 10 >= record.amount and record.amount != 10`,
		`vars.x == 1 and vars.x != 1`:                                         `vars.x == 1 and vars.x != 1`,
		`vars.x == -1 and vars.x > 0`:                                         `vars.x == -1 and vars.x > 0`,
		`vars.x == true and not vars.x`:                                       `vars.x == true and not vars.x`,
		`vars.x and not vars?.x`:                                              `vars.x and not vars?.x`,
		`vars.x == "1" and vars.x == 1`:                                       `vars.x == "1" and vars.x == 1`,
		`vars.x > 1 and vars.x > "a"`:                                         `vars.x > 1 and vars.x > "a"`,
		`vars.x < "a" and vars.x > "b"`:                                       `vars.x < "a" and vars.x > "b"`,
		`vars.x in ["a", "b"] and vars.x != "a" and vars.x not in ["b", "c"]`: `vars.x in ["a", "b"] and vars.x != "a" and not (vars.x in ["b", "c"])`,
		`vars.x in [1, 2] and vars.x in [3, 4]`:                               `vars.x in [1, 2] and vars.x in [3, 4]`,
		`not (vars.x < 5 or vars.x >= 5)`:                                     `not (vars.x < 5) and not (vars.x >= 5)`,
		`vars.x == 1 and (vars.x == 2 or vars.x == 3)`:                        `vars.x == 1 and vars.x == 2; vars.x == 1 and vars.x == 3`,
		`lower(record.name) == "a" and lower(record.name) == "b"`:             `lower(record.name) == "a" and lower(record.name) == "b"`,
		`record.name contains "a" and not (record.name contains "a")`:         `record.name contains "a" and not (record.name contains "a")`,
		`vars.a == vars.b and vars.a != vars.b`:                               `vars.a == vars.b and vars.a != vars.b`,
		`record.due == "2026-01-02" and record.due != "2026-01-02"`:           `record.due == "2026-01-02" and record.due != "2026-01-02"`,

		// True for some values, or not known.
		`record.stage == "A" or record.stage == "B"`:                      "",
		`record.stage == "A" and record.other == "B"`:                     "",
		`record["a.b"] == 1 and record.a.b == 2`:                          "",
		`vars.x >= 10 and vars.x <= 10`:                                   "",
		`vars.x > 1 and vars.x < 2`:                                       "",
		`vars.x != 1 and vars.x != "1"`:                                   "",
		`vars.x == 1 and (vars.x == 2 or vars.x in [1, 3])`:               "",
		`record.due == "2026-01-02" and record.due == "2026-01-02T00:00"`: "",
		`vars.x == nil and vars.x == 1`:                                   "",
		`vars.x == nil and not (vars.x > 1)`:                              "",
		`atWork(vars.x) and not atWork(vars.x)`:                           "",
		`any(vars.l, # == 1 and # == 2)`:                                  "",
		`vars.x == 1 and (let x = 2; x == 2)`:                             "",
		`false and vars.x == 1`:                                           "",
		`vars.x in [vars.a, 1] and vars.x == 2`:                           "",
		`vars.x == 1 and vars.x == `:                                      "",
		// Too many ways to look at.
		"vars.x == 1 and vars.x == 2" + strings.Repeat(" and (vars.x == 3 or vars.x == 4)", 7): "",
	} {
		require.Equal(t, want, strings.Join(c.Contradictions(source), "; "), source)
	}
}

// values are what the names of conditions hold in turn.
var values = []any{nil, true, false, -1, 0, 1, 1.5, 2, int64(2), 3, "", "a", "b", "ab", "1", "2026-01-02", "2026-01-02T00:00",
	time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), time.Hour, []any{1}, []any{"a"}, map[string]any{"amount": 1, "currency": "PLN"}}

// words are what a condition is made of: few, so that its parts meet.
type words struct{ term, constant *rapid.Generator[string] }

func drawWords(t *rapid.T) words {
	term := rapid.SampledFrom([]string{"record.a", "record?.a", `record["a"]`, "record.a", "record.b", "lower(record.a)", "record.a + 1", "-record.a"})
	constant := rapid.SampledFrom([]string{"-1", "0", "1", "1.5", "2", "2.0", `"a"`, `"b"`, `"ab"`, `"1"`, "true", "false", "nil", `"2026-01-02"`, `"2026-01-02T00:00"`, "now"})
	some := func(from *rapid.Generator[string], most int) *rapid.Generator[string] {
		return rapid.SampledFrom(rapid.SliceOfN(from, 1, most).Draw(t, "words"))
	}
	return words{some(term, 2), some(constant, 3)}
}

// condition draws a condition that reads record.a and record.b.
func (w words) condition(t *rapid.T, depth int) string {
	term, constant := w.term, w.constant
	operator := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="})
	kinds := 9
	if depth == 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return term.Draw(t, "term")
	case 1, 2:
		return fmt.Sprintf("%s %s %s", term.Draw(t, "term"), operator.Draw(t, "op"), constant.Draw(t, "constant"))
	case 3:
		return fmt.Sprintf("%s %s %s", constant.Draw(t, "constant"), operator.Draw(t, "op"), term.Draw(t, "term"))
	case 4:
		list := rapid.SliceOfN(constant, 0, 3).Draw(t, "list")
		return fmt.Sprintf("%s %s [%s]", term.Draw(t, "term"), rapid.SampledFrom([]string{"in", "not in"}).Draw(t, "in"), strings.Join(list, ", "))
	case 5:
		word := rapid.SampledFrom([]string{"==", "!=", "<", "in", "contains", "startsWith"}).Draw(t, "word")
		return fmt.Sprintf("%s %s %s", term.Draw(t, "term"), word, term.Draw(t, "term"))
	case 6:
		return "not (" + w.condition(t, depth-1) + ")"
	}
	word := rapid.SampledFrom([]string{"and", "and", "and", "or"}).Draw(t, "word")
	return fmt.Sprintf("(%s) %s (%s)", w.condition(t, depth-1), word, w.condition(t, depth-1))
}

func TestTautologiesAreNamed(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	for source, want := range map[string][]string{
		`record.stage != "won" or record.stage != "lost"`:                       {`record.stage != "won" or record.stage != "lost"`},
		`record.a > 5 or record.a <= 5`:                                         {`record.a > 5 or record.a <= 5`},
		`record.yes or not record.yes`:                                          {`record.yes or not record.yes`},
		`record.b == 1 or record.a < 10 or record.a > 3`:                        {`record.a < 10 or record.a > 3`},
		`(record.a != 1 or record.a != 2) and (record.b != 1 or record.b != 2)`: {`record.a != 1 or record.a != 2`, `record.b != 1 or record.b != 2`},
		`not (record.a == 1 and record.a == 2)`:                                 {`not (record.a == 1) or not (record.a == 2)`},
		`record.stage != "won" or record.stage == "lost"`:                       nil,
		`record.a > 5 or record.a < 5`:                                          nil,
		`record.a != 1 or record.b != 1`:                                        nil,
		`true`:                                                                  nil,
		`(record.a != 1 or record.a != 2) and record.b > 1`:                     nil,
	} {
		require.Equal(t, want, c.Tautologies(source), source)
	}
}

// Whatever is said to be never true is not true for any of the values, and what is said
// to be always true is not false for any.
func TestContradictionsAreSound(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	dates := NewScope(map[string]Type{"record": {Kind: Object, Fields: map[string]Type{"a": {Kind: Date}, "b": {Kind: Any}}}})
	rapid.Check(t, func(t *rapid.T) {
		source := drawWords(t).condition(t, 4)
		never, always := c.Contradictions(source), c.Tautologies(source)
		if never == nil && always == nil {
			return
		}
		for _, scope := range []*Scope{nil, dates} {
			program, err := c.Compile(source, scope)
			if err != nil {
				continue // refused for another reason
			}
			for _, a := range values {
				for _, b := range values {
					env := Env{Roots: map[string]any{"record": map[string]any{"a": a, "b": b}}, Now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Location: time.UTC}
					is, err := program.Bool(env)
					if err == nil && is && never != nil {
						t.Fatalf("%s is true for a = %v, b = %v; said to be never true by %s", source, a, b, strings.Join(never, "; "))
					}
					if err == nil && !is && always != nil {
						t.Fatalf("%s is false for a = %v, b = %v; said to be always true by %s", source, a, b, strings.Join(always, "; "))
					}
				}
			}
		}
	})
}

// Every two comparisons of one value: said to be never true together only when no
// value makes both true.
func TestContradictionsOfEveryTwoComparisons(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	var sources []string
	for _, constant := range []string{"-1", "1", "1.5", `"a"`, `"1"`, "true", "nil", `"2026-01-02"`, `"2026-01-02T00:00"`} {
		for _, op := range []string{"==", "!=", "<", "<=", ">", ">="} {
			sources = append(sources, "record.a "+op+" "+constant)
		}
	}
	for _, positive := range append(sources, "record.a", `record.a in [1, "a"]`, "record.a in [1.5, true]", `record.a in ["2026-01-02"]`) {
		sources = append(sources, "not ("+positive+")")
	}
	sources = append(sources, "record.a", `record.a in [1, "a"]`, "record.a in [1.5, true]", `record.a in ["2026-01-02"]`)
	holds := make([][]bool, len(sources))
	for i, source := range sources {
		program, err := c.Compile(source, nil)
		require.NoError(t, err)
		for _, a := range values {
			is, err := program.Bool(Env{Roots: map[string]any{"record": map[string]any{"a": a}}, Location: time.UTC})
			holds[i] = append(holds[i], err == nil && is)
		}
	}
	never := 0
	for i, one := range sources {
		for j, other := range sources {
			told := c.Contradictions("(" + one + ") and (" + other + ")")
			if told == nil {
				continue
			}
			never++
			for k, a := range values {
				require.False(t, holds[i][k] && holds[j][k], "%s and %s are true for %v", one, other, a)
			}
		}
	}
	require.Greater(t, never, 2000, "the search finds something")
}
