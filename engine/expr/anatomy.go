package expr

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Part is a piece of a condition that is true or false by itself. Op "and", "or" and
// "not" are taken apart into Parts; a piece without an Op is not. Of a comparison,
// Compare is its operator, Left and Right its sides.
type Part struct {
	Source  string
	Op      string
	Parts   []Part
	Compare string
	Left    string
	Right   string
	// Paths are the values that it reads: "record.amount", "now".
	Paths []string
}

// comparisons are the operators of which both sides are values.
var comparisons = []string{"==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches"}

// Anatomy takes a condition apart. The sources of its parts mean what they mean in it.
func (c *Compiler) Anatomy(source string) (Part, error) {
	if _, err := c.Compile(source, nil); err != nil {
		return Part{}, err
	}
	tree, err := parse(source)
	if err != nil {
		return Part{}, err
	}
	return c.part(tree.Node, source)
}

func (c *Compiler) part(node ast.Node, source string) (Part, error) {
	p := Part{Source: source}
	var inner []ast.Node
	switch n := node.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			p.Op, inner = "and", operands(n, "and", "&&")
		case "or", "||":
			p.Op, inner = "or", operands(n, "or", "||")
		default:
			if slices.Contains(comparisons, n.Operator) {
				p.Compare, p.Left, p.Right = n.Operator, n.Left.String(), n.Right.String()
			}
		}
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			p.Op, inner = "not", []ast.Node{n.Node}
		}
	}
	program, err := c.Compile(source, nil)
	if err != nil {
		return p, err
	}
	p.Paths = program.Paths()
	for _, node := range inner {
		one, err := c.part(node, node.String())
		if err != nil {
			return p, err
		}
		p.Parts = append(p.Parts, one)
	}
	return p, nil
}

// operands gives the parts of a chain of one operator: a and b and c are three.
func operands(n *ast.BinaryNode, operators ...string) []ast.Node {
	var out []ast.Node
	for _, side := range []ast.Node{n.Left, n.Right} {
		if more, ok := side.(*ast.BinaryNode); ok && slices.Contains(operators, more.Operator) {
			out = append(out, operands(more, operators...)...)
			continue
		}
		out = append(out, side)
	}
	return out
}

// Paths are the values that the expression reads, in the order of their names.
func (p *Program) Paths() []string {
	out := make([]string, 0, len(p.paths))
	for _, path := range p.paths {
		out = append(out, strings.Join(path, "."))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
