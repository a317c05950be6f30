package expr

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// Bounds of the search for contradictions. A condition beyond them counts as one
// that may be true.
const (
	maxWays  = 64 // ways to be true, as written with "or" outside and "and" inside
	maxFacts = 32 // said of one value on one way
	maxTold  = 3
)

// Contradictions tells why a condition can never be true: the parts of it that cannot
// hold together, one text for each way on which it might have been. Nothing when it
// can be true, and when that is not known. What is computed from the same values by
// the same expression counts as one value; what is compared with nil, with dates or
// with other values is not looked into.
func (c *Compiler) Contradictions(source string) []string { return c.impossible(source, true) }

// Tautologies tells why a condition can never be false: the parts of it of which one
// always holds. Nothing when it can be false, and when that is not known. A condition
// that is no more than true is none: it was written to switch something on.
func (c *Compiler) Tautologies(source string) []string { return c.impossible(source, false) }

// impossible tells why a condition can never come out as truth, as Contradictions does.
func (c *Compiler) impossible(source string, truth bool) []string {
	if _, err := c.Compile(source, nil); err != nil {
		return nil
	}
	tree, err := parse(source)
	if err != nil {
		return nil
	}
	found, ok := waysTo(tree.Node, truth)
	if !ok {
		return nil
	}
	word := " or "
	if truth {
		word = " and "
	}
	var out []string
	for _, w := range found {
		parts := w.conflict()
		if parts == nil {
			return nil
		}
		said := make([]string, 0, len(parts))
		for _, f := range parts {
			said = append(said, f.source(truth))
		}
		if text := strings.Join(said, word); len(out) < maxTold && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// fact is what must be so of a value: it is one of values ("=="), none of them ("!=")
// or lies on a side of the only one.
type fact struct {
	of     string // the key of the value
	op     string
	values []any // decimal.Decimal, string or bool
	node   ast.Node
	truth  bool // how the node comes out
}

// source is the part of the condition that says the fact, when the whole comes out
// as truth: what makes a condition false is what its opposite says.
func (f fact) source(truth bool) string {
	if f.truth == truth {
		return f.node.String()
	}
	return (&ast.UnaryNode{Operator: "not", Node: f.node}).String()
}

// way is a list of facts that must all be so.
type way []fact

// waysTo gives the ways on which a condition comes out as truth, false when there
// are too many. No way is left out, and a way may ask for less than the condition.
func waysTo(node ast.Node, truth bool) ([]way, bool) {
	switch n := node.(type) {
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return waysTo(n.Node, !truth)
		}
	case *ast.BinaryNode:
		and := n.Operator == "and" || n.Operator == "&&"
		if !and && n.Operator != "or" && n.Operator != "||" {
			break
		}
		left, ok := waysTo(n.Left, truth)
		if !ok {
			return nil, false
		}
		right, ok := waysTo(n.Right, truth)
		if !ok {
			return nil, false
		}
		if and != truth {
			return append(left, right...), len(left)+len(right) <= maxWays
		}
		if len(left)*len(right) > maxWays {
			return nil, false
		}
		var out []way
		for _, l := range left {
			for _, r := range right {
				out = append(out, append(slices.Clone(l), r...))
			}
		}
		return out, true
	}
	if f, ok := factOf(node, truth); ok {
		return []way{{f}}, true
	}
	return []way{{}}, true
}

var (
	opposite = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
	mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
)

// factOf reads what is so when a part without "and" and "or" comes out as truth.
func factOf(node ast.Node, truth bool) (fact, bool) {
	f := fact{node: node, truth: truth}
	if n, ok := node.(*ast.BinaryNode); ok {
		if f.compared(n) {
			if !truth {
				f.op = opposite[f.op]
			}
			return f, true
		}
		if n.Operator == "!=" { // the same question as ==
			node, truth = &ast.BinaryNode{Operator: "==", Left: n.Left, Right: n.Right}, !truth
		}
	}
	if _, constant := literal(node); constant {
		return f, false // written to switch something off
	}
	key, ok := keyOf(node)
	f.of, f.op, f.values = key, "==", []any{truth}
	return f, ok
}

// compared fills in a comparison of a value with what stands in the source.
func (f *fact) compared(n *ast.BinaryNode) bool {
	of := n.Left
	if list, ok := n.Right.(*ast.ArrayNode); ok && n.Operator == "in" && len(list.Nodes) > 0 {
		f.op = "=="
		for _, element := range list.Nodes {
			v, ok := literal(element)
			if !ok {
				return false
			}
			f.values = append(f.values, v)
		}
	} else {
		v, ok := literal(n.Right)
		f.op = n.Operator
		if !ok {
			v, ok = literal(n.Left)
			f.op, of = mirrored[n.Operator], n.Right
		}
		if _, truth := v.(bool); !ok || opposite[f.op] == "" || truth && f.op != "==" && f.op != "!=" {
			return false
		}
		f.values = []any{v}
	}
	if _, constant := literal(of); constant {
		return false
	}
	var ok bool
	f.of, ok = keyOf(of)
	return ok
}

// literal reads a number, a truth or a text. A text that may be a date is none: it
// equals instants, and other texts for the same one.
func literal(node ast.Node) (any, bool) {
	switch n := node.(type) {
	case *ast.IntegerNode:
		return number(n.Value)
	case *ast.FloatNode:
		return number(n.Value)
	case *ast.BoolNode:
		return n.Value, true
	case *ast.StringNode:
		_, date := ParseTime(n.Value, exampleTime.Location())
		return n.Value, !date
	case *ast.UnaryNode:
		if v, ok := literal(n.Node); ok && n.Operator == "-" {
			d, ok := v.(decimal.Decimal)
			return d.Neg(), ok
		}
	}
	return nil, false
}

// steady are the functions that give the same for the same values, however often
// they are called.
var steady = []string{"string", "number", "int", "abs", "ceil", "floor", "round", "isEmpty", "min", "max", "len", "first", "last",
	"trim", "lower", "upper", "replace", "indexOf"}

// keyOf names what an expression computes: expressions with one key give one value
// within one evaluation.
func keyOf(node ast.Node) (string, bool) {
	if path, ok := memberPath(node); ok {
		for i, part := range path {
			path[i] = strconv.Quote(part)
		}
		return strings.Join(path, "."), true
	}
	var name string
	parts := children(node)
	switch n := node.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return "=" + n.String(), true
	case *ast.StringNode:
		return "=" + strconv.Quote(n.Value), true
	case *ast.UnaryNode:
		name = n.Operator
	case *ast.BinaryNode:
		if !ourOperators[n.Operator] {
			return "", false
		}
		name = n.Operator
	case *ast.ArrayNode:
		name = "[]"
	case *ast.BuiltinNode:
		name = n.Name
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			return "", false
		}
		name, parts = callee.Value, n.Arguments
	default:
		return "", false
	}
	switch node.(type) {
	case *ast.BuiltinNode, *ast.CallNode:
		if !slices.Contains(steady, name) {
			return "", false
		}
	}
	keys := make([]string, 0, len(parts))
	for _, part := range parts {
		key, ok := keyOf(part)
		if !ok {
			return "", false
		}
		keys = append(keys, key)
	}
	return name + "(" + strings.Join(keys, ",") + ")", true
}

// conflict gives facts that cannot be so together, as few of them as needed, or nothing.
func (w way) conflict() way {
	of := map[string]way{}
	for _, f := range w {
		of[f.of] = append(of[f.of], f)
	}
	for _, f := range w {
		facts := of[f.of]
		if len(facts) > maxFacts || facts.possible() {
			continue
		}
		for i := len(facts) - 1; i >= 0; i-- {
			if fewer := slices.Delete(slices.Clone(facts), i, i+1); !fewer.possible() {
				facts = fewer
			}
		}
		return facts
	}
	return nil
}

// possible tells whether one value may have all of the facts, which are about it.
func (w way) possible() bool {
	for _, f := range w {
		if f.op == "==" {
			return slices.ContainsFunc(f.values, w.allow)
		}
	}
	var low, high *fact
	for i, f := range w {
		if f.op == "!=" {
			continue
		}
		for _, bound := range []*fact{low, high} {
			if bound == nil {
				continue
			}
			if _, alike := order(f.values[0], bound.values[0]); !alike {
				return false // nothing is beyond a number and a text
			}
		}
		if f.op[0] == '>' && (low == nil || tighter(f, *low, 1)) {
			low = &w[i]
		}
		if f.op[0] == '<' && (high == nil || tighter(f, *high, -1)) {
			high = &w[i]
		}
	}
	if low == nil || high == nil {
		return true
	}
	c, _ := order(low.values[0], high.values[0])
	return c < 0 || c == 0 && w.allow(low.values[0])
}

// tighter tells whether f leaves out more than other does; side is 1 for lower bounds.
func tighter(f, other fact, side int) bool {
	c, _ := order(f.values[0], other.values[0])
	return c*side > 0 || c == 0 && len(f.op) < len(other.op)
}

// allow tells whether all facts are so of a value.
func (w way) allow(value any) bool {
	for _, f := range w {
		var is bool
		switch f.op {
		case "==", "!=":
			same := slices.ContainsFunc(f.values, func(v any) bool { c, alike := order(value, v); return alike && c == 0 })
			is = same == (f.op == "==")
		default:
			c, alike := order(value, f.values[0])
			is = alike && (c < 0 && f.op[0] == '<' || c > 0 && f.op[0] == '>' || c == 0 && len(f.op) == 2)
		}
		if !is {
			return false
		}
	}
	return true
}

// order compares two values of one kind; false when they are of two.
func order(a, b any) (int, bool) {
	switch a := a.(type) {
	case decimal.Decimal:
		if b, ok := b.(decimal.Decimal); ok {
			return a.Cmp(b), true
		}
	case string:
		if b, ok := b.(string); ok {
			return cmp.Compare(a, b), true
		}
	case bool:
		if b, ok := b.(bool); ok && a == b {
			return 0, true
		}
		_, ok := b.(bool)
		return 1, ok
	}
	return 0, false
}
