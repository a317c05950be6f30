package bpmn

import (
	"strconv"
	"strings"
)

// postfix reads a value with its paths, indexes and methods.
func (p *parser) postfix() (string, int) {
	text, level := p.primary()
	for p.err == nil {
		switch {
		case p.take("."):
			if p.kind != name {
				p.fail("a name is missing after the dot")
				break
			}
			field := p.text
			p.next()
			if p.kind == operator && p.text == "(" {
				text, level = p.method(text, level, field)
				continue
			}
			text = atLeast(text, level, levelAtom) + "." + field
			level = levelAtom
		case p.take("["):
			text, level = p.index(atLeast(text, level, levelAtom)), levelAtom
		default:
			return text, level
		}
	}
	return text, level
}

// index reads [n]; FEEL counts from one, and -1 is the last.
func (p *parser) index(list string) string {
	negative := p.take("-")
	digits, literal := p.text, p.kind == number
	if !literal && p.t.dialect != juel {
		p.fail("only a number can stand in brackets; filters are not translated")
		return ""
	}
	var inner string
	if literal {
		p.next()
		n, err := strconv.Atoi(digits)
		switch {
		case err != nil, negative && (n != 1 || p.t.dialect == juel), p.t.dialect != juel && n == 0:
			p.fail("this index is not translated")
			return ""
		case negative:
			p.want("]")
			return "last(" + list + ")"
		case p.t.dialect != juel:
			n--
		}
		inner = strconv.Itoa(n)
	} else {
		inner, _ = p.expression(0)
	}
	p.want("]")
	return list + "[" + inner + "]"
}

func (p *parser) primary() (string, int) {
	text := p.text
	switch p.kind {
	case number:
		p.next()
		return text, levelAtom
	case quoted:
		p.next()
		return strconv.Quote(text), levelAtom
	case name:
		switch text {
		case "some", "every", "for", "function", "return", "satisfies", "then", "else":
			p.fail("%q is not translated", text)
			return "", levelAtom
		}
		at := p.start
		p.next()
		if p.kind == operator && p.text == "(" {
			return p.call(text, at)
		}
		return p.variable(text), levelAtom
	case operator:
		switch text {
		case "(":
			p.next()
			inner, level := p.expression(0)
			p.want(")")
			return "(" + inner + ")", max(level, levelAtom)
		case "[":
			p.next()
			items := p.list("]")
			return "[" + strings.Join(items, ", ") + "]", levelAtom
		}
	}
	if p.kind == end {
		p.fail("the expression ends too early")
	} else {
		p.fail("%q is not expected here", text)
	}
	return "", levelAtom
}

// list reads expressions up to the closing token.
func (p *parser) list(close string) []string {
	var items []string
	if p.take(close) {
		return nil
	}
	for p.err == nil {
		item, _ := p.expression(0)
		items = append(items, item)
		if !p.take(",") {
			break
		}
	}
	p.want(close)
	return items
}

// roots are our own names: a file that was written for us may use them.
var roots = []string{"vars", "record", "params", "const", "steps", "actor", "run"}

// variable gives a name of the file its place among ours.
func (p *parser) variable(name string) string {
	switch name {
	case "true", "false":
		return name
	case "null", "nil":
		return "nil"
	case "execution":
		if p.kind == operator && p.text == "." {
			return name // only its methods are known
		}
	}
	if p.t.dialect == plain && p.kind == operator && p.text == "." {
		for _, root := range roots {
			if name == root {
				return name
			}
		}
	}
	clean := variableName(name)
	p.t.names[clean] = true
	if p.t.root != "" {
		return p.t.root + clean
	}
	return "vars." + clean
}

// call translates a function; at is where its name begins.
func (p *parser) call(function string, at int) (string, int) {
	p.want("(")
	args := p.list(")")
	if p.err != nil {
		return "", levelAtom
	}
	simple := map[string]string{"count": "len", "string length": "len", "upper case": "upper", "lower case": "lower", "ceiling": "ceil",
		"is empty": "isEmpty", "concatenate": "concat"}
	switch function {
	case "count", "string length", "upper case", "lower case", "ceiling", "is empty", "concatenate":
		return simple[function] + "(" + strings.Join(args, ", ") + ")", levelAtom
	case "sum", "min", "max", "abs", "floor", "string", "number", "date", "mean", "flatten", "reverse", "now", "today":
		if function == "now" {
			return "now", levelAtom
		}
		return function + "(" + strings.Join(args, ", ") + ")", levelAtom
	}
	binary := map[string]string{"contains": " contains ", "starts with": " startsWith ", "ends with": " endsWith ", "get or else": " ?? "}
	switch {
	case function == "is defined" && len(args) == 1:
		return args[0] + " != nil", levelCompare
	case function == "list contains" && len(args) == 2:
		return "(" + args[1] + ") in " + args[0], levelCompare
	case binary[function] != "" && len(args) == 2:
		return "(" + args[0] + ")" + binary[function] + "(" + args[1] + ")", levelCompare
	}
	p.start = at
	p.fail("the function %q is not translated", function)
	return "", levelAtom
}

// method reads the few methods of Java objects that conditions use.
func (p *parser) method(object string, level int, method string) (string, int) {
	p.want("(")
	args := p.list(")")
	if p.err != nil {
		return "", levelAtom
	}
	object = atLeast(object, level, levelAtom)
	if object == "execution" {
		if len(args) == 1 && (method == "getVariable" || method == "hasVariable" || method == "getVariableLocal") {
			if variable, err := strconv.Unquote(args[0]); err == nil && variable != "" {
				text := p.variable(variable)
				if method == "hasVariable" {
					return text + " != nil", levelCompare
				}
				return text, levelAtom
			}
		}
		p.fail("%q of the execution is not translated", method)
		return "", levelAtom
	}
	switch {
	case len(args) == 0 && (method == "size" || method == "length"):
		return "len(" + object + ")", levelAtom
	case len(args) == 0 && method == "isEmpty":
		return "isEmpty(" + object + ")", levelAtom
	case len(args) == 0 && method == "toUpperCase":
		return "upper(" + object + ")", levelAtom
	case len(args) == 0 && method == "toLowerCase":
		return "lower(" + object + ")", levelAtom
	case len(args) == 1 && method == "equals":
		return object + " == (" + args[0] + ")", levelCompare
	case len(args) == 1 && (method == "startsWith" || method == "endsWith"):
		return object + " " + method + " (" + args[0] + ")", levelCompare
	}
	p.fail("the method %q is not translated", method)
	return "", levelAtom
}

// variableName turns a name of a file into one that our expressions can say.
func variableName(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case r == '_', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', i > 0 && r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '0' && r <= '9':
			b.WriteByte('_')
			b.WriteRune(r)
		default:
			if short, ok := latin[r]; ok {
				b.WriteString(short)
			} else {
				b.WriteByte('_')
			}
		}
		if b.Len() >= 90 {
			break
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// latin spells the letters of our languages without marks.
var latin = map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'Ä': "Ae", 'Ö': "Oe", 'Ü': "Ue", 'ß': "ss", 'á': "a", 'à': "a", 'â': "a", 'ã': "a", 'ç': "c",
	'é': "e", 'ê': "e", 'è': "e", 'í': "i", 'ó': "o", 'ô': "o", 'õ': "o", 'ú': "u", 'ą': "a", 'ć': "c", 'ę': "e", 'ł': "l", 'ń': "n", 'ś': "s", 'ź': "z", 'ż': "z",
	'Ł': "L", 'Ś': "S", 'Ż': "Z", 'ñ': "n"}
