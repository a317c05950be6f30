package bpmn

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Expression languages by the addresses that files use.
const (
	languageOurs = "https://fluxo.app/expression"
	maxSource    = 4000
	maxSyntax    = 80 // levels of nesting
)

// dialect says how to read an expression.
type dialect int

const (
	plain dialect = iota // no mark, no language: what FEEL and JUEL share
	feel
	juel
	ours
	foreign // a language that is not read: XPath, JavaScript, Groovy
)

func (d dialect) String() string {
	return [...]string{"plain", "FEEL", "JUEL", "Fluxo", "foreign"}[d]
}

// dialectOf decides by the attribute, then by the shape, then by the file's default.
func dialectOf(source, language, fallback string) dialect {
	s := strings.TrimSpace(source)
	shape := plain
	switch {
	case strings.HasPrefix(s, "="):
		shape = feel
	case strings.Contains(s, "${"), strings.Contains(s, "#{"):
		shape = juel
	}
	for _, name := range []string{language, fallback} {
		if name != language && shape != plain {
			return shape
		}
		n := strings.ToLower(name)
		switch {
		case n == "":
			continue
		case n == languageOurs, n == "fluxo":
			return ours
		case strings.Contains(n, "feel"):
			return feel
		case strings.Contains(n, "juel"), strings.Contains(n, "unified"), strings.HasSuffix(n, "/el"):
			return juel
		case name == fallback && name != language:
			return shape // the default of most tools is XPath or Java although no expression is
		case strings.Contains(n, "xpath"), strings.Contains(n, "java"), strings.Contains(n, "natural"):
			return shape
		}
		return foreign
	}
	return shape
}

// languageError is an expression that is not translated; offset counts bytes.
type languageError struct {
	offset  int
	message string
}

func (e *languageError) Error() string { return e.message }

// translation is one expression on its way into ours. names collects the
// variables it reads.
type translation struct {
	dialect dialect
	names   map[string]bool
	root    string // what names belong to; "" = vars.
}

// expression translates a whole expression.
func (t *translation) expression(source string) (string, error) {
	s := strings.TrimSpace(source)
	start := strings.Index(source, s)
	if len(source) > maxSource {
		return "", &languageError{0, fmt.Sprintf("it is longer than %d characters", maxSource)}
	}
	switch t.dialect {
	case ours:
		return s, nil
	case foreign:
		return "", &languageError{0, "its language is not read"}
	case juel:
		if (strings.HasPrefix(s, "${") || strings.HasPrefix(s, "#{")) && strings.HasSuffix(s, "}") && closing(s, 2) == len(s)-1 {
			return t.parse(s[2:len(s)-1], start+2)
		}
		if strings.Contains(s, "${") || strings.Contains(s, "#{") {
			return t.composite(s, start)
		}
	}
	if rest, ok := strings.CutPrefix(s, "="); ok && t.dialect != juel {
		return t.parse(rest, start+1)
	}
	return t.parse(s, start)
}

// closing finds the brace that closes what opens before from.
func closing(s string, from int) int {
	quote := byte(0)
	for i := from; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '\'', c == '"':
			quote = c
		case c == '}':
			return i
		}
	}
	return -1
}

// composite is text with ${} in it: the parts are joined.
func (t *translation) composite(s string, base int) (string, error) {
	var parts []string
	for i := 0; i < len(s); {
		at := strings.IndexAny(s[i:], "$#")
		for at >= 0 && (i+at+1 >= len(s) || s[i+at+1] != '{') {
			next := strings.IndexAny(s[i+at+1:], "$#")
			if next < 0 {
				at = -1
				break
			}
			at += next + 1
		}
		if at < 0 {
			parts = append(parts, strconv.Quote(s[i:]))
			break
		}
		if at > 0 {
			parts = append(parts, strconv.Quote(s[i:i+at]))
		}
		end := closing(s, i+at+2)
		if end < 0 {
			return "", &languageError{base + i + at, "a closing brace is missing"}
		}
		inner, err := t.parse(s[i+at+2:end], base+i+at+2)
		if err != nil {
			return "", err
		}
		parts = append(parts, "string("+inner+")")
		i = end + 1
	}
	return strings.Join(parts, " + "), nil
}

func (t *translation) parse(s string, base int) (string, error) {
	p := &parser{source: s, base: base, t: t}
	p.next()
	if p.kind == end && p.err == nil {
		return "", &languageError{base, "it is empty"}
	}
	text, _ := p.expression(0)
	if p.err == nil && p.kind != end {
		p.fail("%q is not expected here", p.text)
	}
	if p.err != nil {
		return "", p.err
	}
	return text, nil
}

// Kinds of tokens.
type tokenKind int

const (
	end tokenKind = iota
	number
	quoted
	name
	operator
)

// parser reads one expression by precedence and writes ours.
type parser struct {
	source string
	base   int
	t      *translation
	at     int // behind the current token
	start  int // of the current token
	kind   tokenKind
	text   string
	depth  int
	err    *languageError
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &languageError{p.base + p.start, fmt.Sprintf(format, args...)}
	}
	p.kind, p.text = end, ""
	p.at = len(p.source)
}

var operators = []string{"&&", "||", "==", "!=", "<=", ">=", "..", "**", "=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]", ",", "."}

// phrases are the functions of FEEL whose names have blanks.
var phrases = []string{"starts with", "ends with", "string length", "upper case", "lower case", "list contains", "is defined", "is empty", "get or else"}

func (p *parser) next() {
	for p.at < len(p.source) && strings.IndexByte(" \t\r\n", p.source[p.at]) >= 0 {
		p.at++
	}
	p.start = p.at
	if p.err != nil || p.at >= len(p.source) {
		p.kind, p.text = end, ""
		return
	}
	rest := p.source[p.at:]
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case r >= '0' && r <= '9':
		p.number(rest)
	case r == '"', r == '\'' && p.t.dialect != feel:
		p.quoted(rest)
	case r == '_' || unicode.IsLetter(r):
		n := size
		for n < len(rest) {
			r, size := utf8.DecodeRuneInString(rest[n:])
			if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				break
			}
			n += size
		}
		p.kind, p.text = name, rest[:n]
		for _, phrase := range phrases {
			if p.t.dialect != juel && strings.HasPrefix(rest, phrase) && strings.HasPrefix(strings.TrimLeft(rest[len(phrase):], " "), "(") {
				p.text, n = phrase, len(phrase)
			}
		}
		p.at += n
	default:
		for _, op := range operators {
			if strings.HasPrefix(rest, op) {
				p.kind, p.text = operator, op
				p.at += len(op)
				return
			}
		}
		p.fail("the character %q is not expected", r)
	}
}

func (p *parser) number(rest string) {
	n, dot := 0, false
	for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.' && !dot && n+1 < len(rest) && rest[n+1] >= '0' && rest[n+1] <= '9') {
		dot = dot || rest[n] == '.'
		n++
	}
	p.kind, p.text = number, rest[:n]
	p.at += n
}

func (p *parser) quoted(rest string) {
	var b strings.Builder
	quote := rest[0]
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == quote:
			p.kind, p.text = quoted, b.String()
			p.at += i + 1
			return
		case c == '\\' && i+1 < len(rest):
			i++
			switch rest[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			default:
				b.WriteByte(rest[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	p.fail("a text is not closed")
}

func (p *parser) take(op string) bool {
	if p.kind == operator && p.text == op || p.kind == name && p.text == op {
		p.next()
		return true
	}
	return false
}

func (p *parser) want(op string) {
	if !p.take(op) {
		p.fail("%q is missing", op)
	}
}

// Levels of precedence in what is written.
const (
	levelChoice = 1 + iota
	levelOr
	levelAnd
	levelCompare
	levelAdd
	levelMultiply
	levelUnary
	levelAtom
)

// binary finds our operator and its level; "" = none.
func (p *parser) binary() (string, int) {
	if p.kind != operator && p.kind != name {
		return "", 0
	}
	switch p.text {
	case "or", "||":
		return "or", levelOr
	case "and", "&&":
		return "and", levelAnd
	case "=", "==", "eq":
		return "==", levelCompare
	case "!=", "ne":
		return "!=", levelCompare
	case "<", "lt":
		return "<", levelCompare
	case "<=", "le":
		return "<=", levelCompare
	case ">", "gt":
		return ">", levelCompare
	case ">=", "ge":
		return ">=", levelCompare
	case "between", "in":
		return p.text, levelCompare
	case "+", "-":
		return p.text, levelAdd
	case "*", "/", "%":
		return p.text, levelMultiply
	case "div":
		return "/", levelMultiply
	case "mod":
		return "%", levelMultiply
	case "**":
		p.fail("powers are not translated")
	case "instance":
		p.fail("type tests are not translated")
	}
	return "", 0
}

func (p *parser) expression(lowest int) (string, int) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxSyntax {
		p.fail("it is nested too deeply")
		return "", levelAtom
	}
	left, level := p.unary()
	for p.err == nil {
		op, at := p.binary()
		if op == "" || at < lowest {
			break
		}
		p.next()
		switch op {
		case "between":
			from, fl := p.expression(levelAdd)
			p.want("and")
			to, tl := p.expression(levelAdd)
			left, level = atLeast(left, level, levelAdd)+" >= "+atLeast(from, fl, levelAdd)+" and "+atLeast(left, level, levelAdd)+" <= "+atLeast(to, tl, levelAdd), levelAnd
		case "in":
			left, level = p.tests(atLeast(left, level, levelAdd))
		default:
			right, rl := p.expression(at + 1)
			left, level = atLeast(left, level, at)+" "+op+" "+atLeast(right, rl, at+1), at
		}
		if len(left) > 4*maxSource {
			p.fail("it becomes too long")
		}
	}
	if lowest <= levelChoice && p.take("?") {
		yes, yl := p.expression(levelChoice)
		p.want(":")
		no, nl := p.expression(levelChoice)
		left, level = atLeast(left, level, levelOr)+" ? "+atLeast(yes, yl, levelOr)+" : "+atLeast(no, nl, levelOr), levelChoice
	}
	return left, level
}

// atLeast puts parentheses round what binds more loosely.
func atLeast(text string, level, lowest int) string {
	if level < lowest {
		return "(" + text + ")"
	}
	return text
}

// tests are the right side of "in": a range, a test, or several in parentheses.
func (p *parser) tests(value string) (string, int) {
	if p.kind == operator && p.text == "(" && !p.rangeAhead() {
		p.next()
		all, level := "", levelAnd
		for p.err == nil {
			one, l := p.test(value)
			if all == "" {
				all, level = one, l
			} else {
				all, level = atLeast(all, level, levelOr)+" or "+atLeast(one, l, levelAnd), levelOr
			}
			if !p.take(",") {
				break
			}
		}
		p.want(")")
		return all, level
	}
	return p.test(value)
}

// rangeAhead tells whether brackets hold "..".
func (p *parser) rangeAhead() bool {
	depth := 1
	for i := p.at; i < len(p.source) && depth > 0; i++ {
		switch c := p.source[i]; c {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '.':
			if depth == 1 && i+1 < len(p.source) && p.source[i+1] == '.' {
				return true
			}
		}
	}
	return false
}

func (p *parser) test(value string) (string, int) {
	if p.kind == operator {
		switch p.text {
		case "<", "<=", ">", ">=", "=", "!=":
			op := p.text
			if op == "=" {
				op = "=="
			}
			p.next()
			right, level := p.expression(levelAdd)
			return value + " " + op + " " + atLeast(right, level, levelAdd), levelCompare
		case "[", "]", "(":
			if p.rangeAhead() {
				lower := ">="
				if p.text != "[" {
					lower = ">"
				}
				p.next()
				from, fl := p.expression(levelAdd)
				p.want("..")
				to, tl := p.expression(levelAdd)
				upper := "<="
				switch {
				case p.take("]"):
				case p.take(")"), p.take("["):
					upper = "<"
				default:
					p.fail("the range is not closed")
				}
				return value + " " + lower + " " + atLeast(from, fl, levelAdd) + " and " + value + " " + upper + " " + atLeast(to, tl, levelAdd), levelAnd
			}
		}
	}
	list := p.kind == operator && p.text == "["
	right, level := p.expression(levelAdd)
	if list || p.t.dialect == juel || level == levelAtom && !isLiteral(right) {
		return value + " in " + atLeast(right, level, levelAdd), levelCompare
	}
	return value + " == " + atLeast(right, level, levelAdd), levelCompare
}

func isLiteral(text string) bool {
	return text == "true" || text == "false" || text == "nil" || text != "" && (text[0] == '"' || text[0] >= '0' && text[0] <= '9')
}

func (p *parser) unary() (string, int) {
	switch {
	case p.take("-"):
		p.depth++
		text, level := p.unary()
		p.depth--
		return "-" + atLeast(text, level, levelAtom), levelUnary
	case p.kind == operator && p.text == "!", p.kind == name && p.text == "not":
		p.next()
		p.depth++
		defer func() { p.depth-- }()
		if p.depth > maxSyntax {
			p.fail("it is nested too deeply")
		}
		text, _ := p.unary()
		return "not (" + strip(text) + ")", levelUnary
	case p.kind == name && p.text == "empty" && p.t.dialect != feel:
		p.next()
		p.depth++
		defer func() { p.depth-- }()
		if p.depth > maxSyntax {
			p.fail("it is nested too deeply")
		}
		text, _ := p.unary()
		return "isEmpty(" + strip(text) + ")", levelAtom
	case p.take("if"):
		cond, cl := p.expression(levelOr)
		p.want("then")
		yes, yl := p.expression(levelChoice)
		p.want("else")
		no, nl := p.expression(levelChoice)
		return atLeast(cond, cl, levelOr) + " ? " + atLeast(yes, yl, levelOr) + " : " + atLeast(no, nl, levelOr), levelChoice
	}
	return p.postfix()
}

// strip takes off the parentheses that enclose a whole text.
func strip(s string) string {
	if !strings.HasPrefix(s, "(") || !strings.HasSuffix(s, ")") {
		return s
	}
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '"':
			return s // a text may hold parentheses: leave them
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 && i < len(s)-1 {
				return s
			}
		}
	}
	return s[1 : len(s)-1]
}
