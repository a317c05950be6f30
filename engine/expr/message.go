package expr

import (
	"regexp"
	"strings"
)

// plainWords turns messages of the library's parser and checker, which are
// written for programmers, into words for the authors of processes.
type plainWords struct {
	form *regexp.Regexp
	// write gets the message's submatches and the names that are known.
	write func(match []string, known []string) string
}

var checkerMessages = []plainWords{
	{regexp.MustCompile(`^unknown name (\S+)`), func(m, known []string) string {
		return "there is no " + m[1] + didYouMean(m[1], known)
	}},
	{regexp.MustCompile(`^unknown field (\S+)`), func(m, known []string) string {
		return "there is no field " + m[1] + didYouMean(m[1], known)
	}},
	{regexp.MustCompile(`^type (\S+) has no field (\S+)`), func(m, _ []string) string {
		return typeWord(m[1]) + " has no field " + m[2]
	}},
	{regexp.MustCompile(`^unexpected token EOF|^unexpected end of expression`), func(_, _ []string) string {
		return "the expression ends too early; something is missing or a bracket is not closed"
	}},
	{regexp.MustCompile(`^unexpected token Operator\("="\)`), func(_, _ []string) string {
		return "= is not expected here; write == to compare"
	}},
	{regexp.MustCompile(`^unexpected token (?:Identifier|Number|String)\((.+)\)`), func(m, _ []string) string {
		return m[1] + " is not expected here; is an operator or a comma missing?"
	}},
	{regexp.MustCompile(`^unexpected token \w+\("(.+)"\)`), func(m, _ []string) string {
		return m[1] + " is not expected here"
	}},
	{regexp.MustCompile(`^literal not terminated`), func(_, _ []string) string { return "the text is not closed with a quote" }},
	{regexp.MustCompile(`^unrecognized character: \S+ '(.+)'`), func(m, _ []string) string {
		return "the character " + m[1] + " cannot stand here; texts stand in quotes"
	}},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (\S+) and (\S+)\)`), func(m, _ []string) string {
		text := m[1] + " cannot be used with " + typeWord(m[2]) + " and " + typeWord(m[3])
		if m[1] == "+" && (m[2] == "string" || m[3] == "string") {
			text += "; write string(value) to make it a text"
		}
		return text
	}},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (\S+)\)`), func(m, _ []string) string {
		return m[1] + " cannot be used with " + typeWord(m[2])
	}},
	{regexp.MustCompile(`^non-bool expression \(type (\S+)\) used as condition`), func(m, _ []string) string {
		return "a condition must be true or false, this is " + typeWord(m[1])
	}},
	{regexp.MustCompile(`^predicate should return boolean \(got (\S+)\)`), func(m, _ []string) string {
		return "a condition must be true or false, this is " + typeWord(m[1])
	}},
	{regexp.MustCompile(`^cannot use (\S+) as argument \(type (\S+)\) to call (\S+)`), func(m, _ []string) string {
		name := m[3]
		if name == moduloName {
			name = "%"
		}
		return name + " expects " + typeWord(m[2]) + " here, this is " + typeWord(m[1])
	}},
	{regexp.MustCompile(`^array elements can only be selected using an integer`), func(_, _ []string) string {
		return "this is a list; take an element with [0] or first(list), or map(list, .field)"
	}},
	{regexp.MustCompile(`^(?:cannot|builtin) .*(?:iterate|takes only array)`), func(_, _ []string) string { return "a list is expected here" }},
}

// plainFinding rewrites a message of the parser or the checker.
func plainFinding(message string, known []string) string {
	for _, words := range checkerMessages {
		if match := words.form.FindStringSubmatch(message); match != nil {
			return words.write(match, known)
		}
	}
	return plainMessage(message)
}

func didYouMean(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// typeWord names a type of the library.
func typeWord(name string) string {
	switch name {
	case "string":
		return "a text"
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "time.Time":
		return "a date"
	case "time.Duration":
		return "a duration"
	case "nil":
		return "empty"
	}
	switch {
	case strings.HasPrefix(name, "[]"), strings.HasPrefix(name, "array"):
		return "a list"
	case strings.HasPrefix(name, "map"), strings.HasPrefix(name, "types.Map"):
		return "an object"
	}
	return "another type"
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
