package expr

import (
	"regexp"
	"strings"
)

// checkerMessages turn messages of the library's parser and checker, which are
// written for programmers, into words for the authors of processes. Write gets
// the submatches and the names that are known.
var checkerMessages = []struct {
	form  *regexp.Regexp
	write func(match []string, known []string) saying
}{
	{regexp.MustCompile(`^unknown name (\S+)`), func(m, known []string) saying { return sayNear("unknownName", m[1], known) }},
	{regexp.MustCompile(`^unknown field (\S+)`), func(m, known []string) saying { return sayNear("unknownField", m[1], known) }},
	{regexp.MustCompile(`^type (.+) has no field (\S+)`), func(m, _ []string) saying {
		return say("noFieldOf", "type", typeMark+m[1], "name", m[2])
	}},
	{regexp.MustCompile(`^type (.+)\[(.+)\] is undefined`), func(m, _ []string) saying {
		return say("noFieldOf", "type", typeMark+m[1], "name", "["+m[2]+"]")
	}},
	{regexp.MustCompile(`^unexpected token EOF|^unexpected end of expression`), func(_, _ []string) saying { return say("endsEarly") }},
	{regexp.MustCompile(`^unexpected token Operator\("="\)`), func(_, _ []string) saying { return say("singleEquals") }},
	{regexp.MustCompile(`^unexpected token (?:Identifier|Number|String)\((.+)\)`), func(m, _ []string) saying { return say("missingOperator", "token", m[1]) }},
	{regexp.MustCompile(`^unexpected token \w+\("(.+)"\)`), func(m, _ []string) saying { return say("unexpected", "token", m[1]) }},
	{regexp.MustCompile(`^expected at least (\d+) arguments`), func(m, _ []string) saying { return say("argumentsAtLeast", "n", m[1]) }},
	{regexp.MustCompile(`^bad number syntax: "(.*)"`), func(m, _ []string) saying { return say("noNumber", "text", m[1]) }},
	{regexp.MustCompile(`^literal not terminated`), func(_, _ []string) saying { return say("openText") }},
	{regexp.MustCompile(`^unrecognized character: \S+ '(.+)'`), func(m, _ []string) saying { return say("badCharacter", "character", m[1]) }},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (\S+) and (\S+)\)`), func(m, _ []string) saying {
		key := "mismatch"
		if m[1] == "+" && (m[2] == "string" || m[3] == "string") {
			key = "mismatchText"
		}
		return say(key, "operator", m[1], "left", typeMark+m[2], "right", typeMark+m[3])
	}},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (\S+)\)`), func(m, _ []string) saying {
		return say("mismatchOne", "operator", m[1], "type", typeMark+m[2])
	}},
	{regexp.MustCompile(`^non-bool expression \(type (\S+)\) used as condition`), func(m, _ []string) saying { return say("conditionType", "type", typeMark+m[1]) }},
	{regexp.MustCompile(`^predicate should return boolean \(got (\S+)\)`), func(m, _ []string) saying { return say("conditionType", "type", typeMark+m[1]) }},
	{regexp.MustCompile(`^cannot use (\S+) as argument \(type (\S+)\) to call (\S+)`), func(m, _ []string) saying {
		name := m[3]
		if name == moduloName {
			name = "%"
		}
		return say("argumentType", "function", name, "expected", typeMark+m[2], "actual", typeMark+m[1])
	}},
	{regexp.MustCompile(`^array elements can only be selected using an integer`), func(_, _ []string) saying { return say("fieldOfList") }},
	{regexp.MustCompile(`^(?:cannot|builtin) .*(?:iterate|takes only array)`), func(_, _ []string) saying { return say("listExpected") }},
}

// sayingOf rewrites a message of the parser or the checker.
func sayingOf(message string, known []string) (saying, bool) {
	for _, m := range checkerMessages {
		if match := m.form.FindStringSubmatch(message); match != nil {
			return m.write(match, known), true
		}
	}
	return saying{}, false
}

// machineMessages turn what the library and Go say while an expression is read or
// run into words for the authors of processes. Write gets the submatches.
var machineMessages = []struct {
	form  *regexp.Regexp
	write func(match []string) string
}{
	{regexp.MustCompile(`^cannot fetch (.*) from <nil>`), func(m []string) string {
		return "cannot read " + m[1] + " of an empty value; write ?." + m[1] + " when it may be missing"
	}},
	{regexp.MustCompile(`^cannot fetch (.*) from (\S+)`), func(m []string) string {
		return typeWords[typeKey(m[2])][0] + " has no field " + m[1]
	}},
	{regexp.MustCompile(`^index out of range: (-?\d+) \(array length is (\d+)\)`), func(m []string) string {
		if strings.HasPrefix(m[1], "-") { // counted from the end, which the library has added already
			return "there is no such element: the length is " + m[2] + ", and the last one is [-1]"
		}
		return "there is no element [" + m[1] + "]: the length is " + m[2] + ", and the first one is [0]"
	}},
	{regexp.MustCompile(`^invalid operation: (?:int|float64)\((.*)\)`), func(m []string) string {
		if m[1] == "string" {
			return "a whole number is expected here, this is a text; only objects have fields with a name"
		}
		return "a number is expected here, this is " + typeWords[typeKey(m[1])][0]
	}},
	{regexp.MustCompile(`strconv\.\w+: parsing "(.*)": (.*)`), func(m []string) string {
		if strings.HasSuffix(m[2], "out of range") {
			return "the number " + m[1] + " is too large"
		}
		return m[1] + " is no number"
	}},
	{regexp.MustCompile("^the pattern is not valid: error parsing regexp: ((?s).*)"), func(m []string) string {
		return "the pattern is not valid: " + m[1]
	}},
	{regexp.MustCompile(`^reflect: call of reflect\.Value\.Len on (\S+) Value`), func(m []string) string {
		return "a list is expected here, this is " + typeWords[typeKey(m[1])][0]
	}},
	{regexp.MustCompile(`^invalid argument for len \(type (\S+)\)`), func(m []string) string {
		return "a text or a list is expected here, this is " + typeWords[typeKey(strings.Trim(m[1], "<>"))][0]
	}},
	{regexp.MustCompile(`^reduce of empty array`), func([]string) string {
		return "reduce needs a value to begin with when the list is empty"
	}},
	{regexp.MustCompile(`^cannot slice `), func([]string) string { return "only texts and lists have parts such as [1:2]" }},
	{regexp.MustCompile(`^reflect\.Value\.MapIndex: `), func([]string) string {
		return "the fields of an object are named by texts, such as [\"name\"]"
	}},
	{regexp.MustCompile(`^interface conversion: .*not bool$`), func([]string) string { return "a condition must be true or false" }},
	{regexp.MustCompile(`interface conversion: |^runtime error: |^reflect|interface \{\}|map\[string\]`), func([]string) string {
		return "a value has the wrong type here"
	}},
}

// plainMessage makes the machine's own panics readable.
func plainMessage(message string) string {
	for _, m := range machineMessages {
		if match := m.form.FindStringSubmatch(message); match != nil {
			message = m.write(match)
			break
		}
	}
	return shorten(message, 500)
}

// sayNear adds a known name that differs little.
func sayNear(key, name string, known []string) saying {
	if near := nearest(name, known); near != "" {
		return say(key+"Near", "name", name, "near", near)
	}
	return say(key, "name", name)
}

// names lists every root and field of the scope, for suggestions.
func (s *Scope) names() []string {
	if s == nil {
		return nil
	}
	found := make(map[string]bool)
	var collect func(fields map[string]Type, depth int)
	collect = func(fields map[string]Type, depth int) {
		for name, t := range fields {
			found[name] = true
			if depth < 5 {
				collect(t.shape().Fields, depth+1)
				if t.Of != nil {
					collect(t.Of.shape().Fields, depth+1)
				}
			}
		}
	}
	collect(s.roots, 0)
	return sortedKeys(found)
}
