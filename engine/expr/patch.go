package expr

import (
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/parser"
)

// Names of the functions that operators and loops are rewritten to. Authors
// cannot write them: names with this prefix are refused.
const (
	reservedPrefix = "__"
	budgetName     = "__budget"
	operatorName   = "__operator"
	negateName     = "__negate"
	tickName       = "__tick"
	tickBoolName   = "__tickBool"
	integerName    = "__integer"
	dateName       = "__date"
	sortByName     = "__sortBy"
	moduloName     = "__modulo"
)

// loops are the built-ins with a body; true when the body must be a condition.
var loops = map[string]bool{
	"all": true, "none": true, "any": true, "one": true, "filter": true, "find": true, "findIndex": true,
	"findLast": true, "findLastIndex": true, "count": true,
	"map": false, "sum": false, "groupBy": false, "sortBy": false, "reduce": false,
}

// ourOperators are computed by operators.go instead of the machine.
var ourOperators = map[string]bool{
	"+": true, "-": true, "*": true, "/": true, "%": true, "**": true, "^": true, "==": true, "!=": true,
	"<": true, "<=": true, ">": true, ">=": true, "in": true, "contains": true, "startsWith": true,
	"endsWith": true, "matches": true,
}

func walkTree(tree *parser.Tree, v ast.Visitor) { ast.Walk(&tree.Node, v) }

// nameVisitor is the first walk over a parsed tree. It refuses what must not be
// reachable and notes which values the expression reads.
type nameVisitor struct {
	scope  *Scope
	source string
	seen   map[ast.Node]bool
	paths  [][]string
	err    error
}

func (v *nameVisitor) walk(tree *parser.Tree) {
	v.seen = make(map[ast.Node]bool)
	v.visit(tree.Node)
}

func (v *nameVisitor) refuse(node ast.Node, code string, said saying) {
	if v.err == nil {
		at := node.Location()
		v.err = newSaid(code, v.source, at.From, at.To, said)
	}
}

func (v *nameVisitor) visit(node ast.Node) {
	if node == nil || v.err != nil {
		return
	}
	if v.seen[node] {
		// expr-lang turns a < b < c into a tree that holds b twice. Nesting that
		// doubles the work of every later walk, up to 2^600 for a short source.
		v.refuse(node, CodeForbidden, say("chained"))
		return
	}
	v.seen[node] = true

	switch n := node.(type) {
	case *ast.IdentifierNode:
		v.identifier(n, n.Value)
		v.addPath([]string{n.Value})
	case *ast.VariableDeclaratorNode:
		v.identifier(n, n.Name)
		if _, taken := functionByName[n.Name]; taken {
			v.refuse(n, CodeForbidden, say("functionName", "name", n.Name))
		}
	case *ast.MemberNode:
		if path, ok := memberPath(n); ok {
			v.addPath(path)
			v.identifier(n, path[0])
			v.markPath(n)
			return
		}
	case *ast.CallNode:
		v.call(n)
		return
	case *ast.BuiltinNode:
		if _, loop := loops[n.Name]; !loop {
			v.function(n, n.Name, len(n.Arguments))
		}
	}
	for _, child := range children(node) {
		v.visit(child)
	}
}

// markPath remembers the nodes of a path that is not descended into.
func (v *nameVisitor) markPath(node ast.Node) {
	for _, child := range children(node) {
		if v.seen[child] {
			v.refuse(child, CodeForbidden, say("chained"))
			return
		}
		v.seen[child] = true
		v.markPath(child)
	}
}

func (v *nameVisitor) identifier(node ast.Node, name string) {
	if strings.HasPrefix(name, reservedPrefix) || strings.HasPrefix(name, "$") {
		v.refuse(node, CodeForbidden, say("forbiddenName", "name", name))
	}
}

func (v *nameVisitor) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		v.refuse(n, CodeForbidden, say("noMethods"))
		return
	}
	v.function(n, callee.Value, len(n.Arguments))
	for _, argument := range n.Arguments {
		v.visit(argument)
	}
}

func (v *nameVisitor) function(node ast.Node, name string, arguments int) {
	if name == "now" && arguments == 0 {
		return
	}
	f, ok := functionByName[name]
	if !ok {
		v.refuse(node, CodeUnknownName, sayNear("unknownFunction", name, functionNames()))
		return
	}
	if arguments < f.min || (f.max >= 0 && arguments > f.max) {
		v.refuse(node, CodeType, say("arguments", "signature", f.signature))
	}
}

func (v *nameVisitor) addPath(path []string) {
	if path[0] == "" || len(v.paths) >= 20 {
		return
	}
	for _, known := range v.paths {
		if strings.Join(known, ".") == strings.Join(path, ".") {
			return
		}
	}
	if _, known := v.scope.Lookup(path[0]); v.scope != nil && !known {
		return
	}
	v.paths = append(v.paths, path)
}

// memberPath gives record, client, name for record.client?.name.
func memberPath(node ast.Node) ([]string, bool) {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return []string{n.Value}, true
	case *ast.ChainNode:
		return memberPath(n.Node)
	case *ast.MemberNode:
		property, ok := n.Property.(*ast.StringNode)
		if !ok {
			return nil, false
		}
		path, ok := memberPath(n.Node)
		return append(path, property.Value), ok
	}
	return nil, false
}

// children lists the direct parts of a node.
func children(node ast.Node) []ast.Node {
	switch n := node.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.SliceNode:
		return []ast.Node{n.Node, n.From, n.To}
	case *ast.CallNode:
		return append([]ast.Node{n.Callee}, n.Arguments...)
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.VariableDeclaratorNode:
		return []ast.Node{n.Value, n.Expr}
	case *ast.SequenceNode:
		return n.Nodes
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.PairNode:
		return []ast.Node{n.Key, n.Value}
	}
	return nil
}

// typeVisitor prepares a tree for expr-lang's checker: our functions instead of
// its built-ins, and % for all numbers.
type typeVisitor struct{}

func (typeVisitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BuiltinNode:
		if _, loop := loops[n.Name]; !loop {
			ast.Patch(node, plainCall(n.Name, n.Arguments))
		}
	case *ast.BinaryNode:
		if n.Operator == "%" {
			ast.Patch(node, plainCall(moduloName, []ast.Node{n.Left, n.Right}))
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "now" {
			ast.Patch(node, &ast.IdentifierNode{Value: "now"})
		}
	}
}

func plainCall(name string, arguments []ast.Node) ast.Node {
	if name == "now" {
		return &ast.IdentifierNode{Value: "now"}
	}
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: arguments}
}

// budgetVisitor rewrites every operator, loop body and call so that it draws
// from the budget, and gives dates in the record their type.
type budgetVisitor struct{ scope *Scope }

func (v budgetVisitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		switch {
		case ourOperators[n.Operator]:
			ast.Patch(node, limitedCall(operatorName, &ast.StringNode{Value: n.Operator}, n.Left, n.Right))
		case n.Operator == "..":
			n.Left, n.Right = integer(n.Left), integer(n.Right)
		}
	case *ast.UnaryNode:
		if n.Operator == "-" {
			ast.Patch(node, limitedCall(negateName, n.Node))
		}
	case *ast.MemberNode:
		v.member(node, n)
	case *ast.IdentifierNode:
		if t, ok := v.scope.Lookup(n.Value); ok && isDate(t) && n.Value != "now" {
			ast.Patch(node, limitedCall(dateName, &ast.IdentifierNode{Value: n.Value}))
		}
	case *ast.SliceNode:
		if n.From != nil {
			n.From = integer(n.From)
		}
		if n.To != nil {
			n.To = integer(n.To)
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && !strings.HasPrefix(callee.Value, reservedPrefix) {
			v.callTo(node, callee.Value, n.Arguments)
		}
	case *ast.BuiltinNode:
		v.builtin(node, n)
	}
}

func (v budgetVisitor) member(node *ast.Node, n *ast.MemberNode) {
	if _, constant := n.Property.(*ast.StringNode); !constant {
		if _, literal := n.Property.(*ast.IntegerNode); !literal {
			n.Property = limitedCall(integerName, n.Property)
		}
		return
	}
	path, ok := memberPath(n)
	if !ok {
		return
	}
	if t, known := v.scope.Lookup(path...); known && isDate(t) {
		wrapped := limitedCall(dateName, n)
		wrapped.SetLocation(n.Location())
		*node = wrapped
	}
}

func (v budgetVisitor) callTo(node *ast.Node, name string, arguments []ast.Node) {
	if name == "now" {
		ast.Patch(node, &ast.IdentifierNode{Value: "now"})
		return
	}
	ast.Patch(node, limitedCall(name, arguments...))
}

func (v budgetVisitor) builtin(node *ast.Node, n *ast.BuiltinNode) {
	condition, loop := loops[n.Name]
	if !loop {
		v.callTo(node, n.Name, n.Arguments)
		return
	}
	if len(n.Arguments) < 2 {
		if n.Name == "sum" {
			ast.Patch(node, limitedCall("sum", n.Arguments...))
		}
		return
	}
	body, ok := n.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return
	}
	tick := tickName
	if condition {
		tick = tickBoolName
	}
	cost := &ast.IntegerNode{Value: 1 + countNodes(body.Node)}
	if n.Name == "sortBy" {
		body.Node = &ast.ArrayNode{Nodes: []ast.Node{&ast.PointerNode{}, body.Node}}
	}
	at := body.Node.Location()
	body.Node = limitedCall(tick, cost, body.Node)
	body.Node.SetLocation(at)
	switch n.Name {
	case "sum":
		mapped := &ast.BuiltinNode{Name: "map", Arguments: n.Arguments[:2]}
		mapped.SetLocation(n.Location())
		ast.Patch(node, limitedCall("sum", mapped))
	case "sortBy":
		mapped := &ast.BuiltinNode{Name: "map", Arguments: n.Arguments[:2]}
		mapped.SetLocation(n.Location())
		ast.Patch(node, limitedCall(sortByName, append([]ast.Node{mapped}, n.Arguments[2:]...)...))
	}
}

func limitedCall(name string, arguments ...ast.Node) ast.Node {
	return &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: name},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: budgetName}}, arguments...),
	}
}

// integer makes a number usable as an index or a bound.
func integer(node ast.Node) ast.Node {
	if _, literal := node.(*ast.IntegerNode); literal {
		return node
	}
	call := limitedCall(integerName, node)
	call.SetLocation(node.Location())
	return call
}

func countNodes(node ast.Node) int {
	total := 1
	for _, child := range children(node) {
		if child != nil {
			total += countNodes(child)
		}
	}
	return total
}

func isDate(t Type) bool { return t.Kind == Date || t.Kind == DateTime }

// limitedFunction is a function whose first argument is the budget.
func limitedFunction(name string, call func(b *budget, args []any) (any, error)) *builtin.Function {
	return &builtin.Function{Name: name, Func: func(args ...any) (any, error) {
		b := args[0].(*budget)
		if err := b.spend(4); err != nil {
			return nil, err
		}
		return call(b, args[1:])
	}}
}

func moduloType() *builtin.Function {
	return &builtin.Function{Name: moduloName, Types: []reflect.Type{reflect.TypeOf(func(float64, float64) float64 { return 0 })},
		Func: func(...any) (any, error) { return 0.0, nil }}
}

// nearest finds a name that differs little from the misspelled one.
func nearest(name string, known []string) string {
	best, bestDistance := "", 3
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < bestDistance && d < len(candidate) {
			best, bestDistance = candidate, d
		}
	}
	return best
}

func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	previous := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range len(a) {
		current := make([]int, len(b)+1)
		current[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			current[j+1] = min(previous[j]+cost, previous[j+1]+1, current[j]+1)
		}
		previous = current
	}
	return previous[len(b)]
}
