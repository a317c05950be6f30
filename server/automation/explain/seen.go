package explain

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/expr"
)

// Past explains a condition by what it read at a past moment, as histories keep it:
// values by path, long ones shortened. What was not kept whole is taken from env,
// which is of now. Result is what the condition came to then; when the values that
// are left do not lead to it again, nothing is proposed.
func Past(c *expr.Compiler, source string, result bool, seen map[string]any, env expr.Env) (Why, error) {
	exact := true
	for _, path := range sortedPaths(seen) {
		value, whole := whole(seen[path], read(env, path))
		if !whole {
			exact = false
			continue
		}
		env = With(env, path, value)
	}
	why, err := Condition(c, source, env)
	why.Exact = exact
	if err == nil && (why.Error != "" || why.Result != result) {
		why.Exact, why.Changes = false, []Change{}
	}
	if err == nil && !exact && why.Error != "" { // it fails on what is not known any more, and did not then
		why.Error, why.Result = "", result
	}
	return why, err
}

func sortedPaths(seen map[string]any) []string {
	out := make([]string, 0, len(seen))
	for path := range seen {
		out = append(out, path)
	}
	slices.Sort(out) // an object before what is in it
	return out
}

var moneyForm = regexp.MustCompile(`^(-?[0-9][0-9 ]*(?:\.[0-9]+)?) ([A-Z]{3})$`)

// shortened is how a history writes lists and objects.
var shortened = regexp.MustCompile(`^(?:list of [0-9]+|object with .*)$`)

// whole turns what a history has kept of a value back into the value; false when it
// was shortened. now is the value at present, which tells what kind it is of.
func whole(kept, now any) (any, bool) {
	text, is := kept.(string)
	if !is {
		return kept, true
	}
	if _, isText := now.(string); !isText && shortened.MatchString(text) {
		return nil, false
	}
	switch now := now.(type) {
	case map[string]any:
		m := moneyForm.FindStringSubmatch(text)
		if _, isMoney := now["currency"]; !isMoney || m == nil {
			return nil, false
		}
		major, err := strconv.ParseFloat(strings.ReplaceAll(m[1], " ", ""), 64)
		if err != nil {
			return nil, false
		}
		minor := major
		for range expr.MinorDigits(m[2]) {
			minor *= 10
		}
		return map[string]any{"amount": int64(minor + 0.5), "currency": m[2]}, true
	case []any:
		return nil, false
	case time.Time:
		at, err := time.Parse(time.RFC3339, text)
		return at, err == nil
	}
	return text, !strings.HasSuffix(text, "…")
}
