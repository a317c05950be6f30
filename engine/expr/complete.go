package expr

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Completion is one proposal of the editor.
type Completion struct {
	Label string `json:"label"`
	// Type is field, variable, function or keyword.
	Type   string `json:"type"`
	Detail string `json:"detail"`
}

// loopSignatures describe the built-ins with a body.
var loopSignatures = map[string]string{
	"all": "all(list, condition) boolean", "any": "any(list, condition) boolean", "none": "none(list, condition) boolean",
	"one": "one(list, condition) boolean", "filter": "filter(list, condition) list", "find": "find(list, condition) value",
	"findIndex": "findIndex(list, condition) integer", "findLast": "findLast(list, condition) value",
	"findLastIndex": "findLastIndex(list, condition) integer", "count": "count(list, condition) integer",
	"map": "map(list, value) list", "groupBy": "groupBy(list, key) object",
	"sortBy": "sortBy(list, key, \"desc\"?) list", "reduce": "reduce(list, value, start) value",
}

// Complete proposes what may stand at offset (in UTF-16 code units) of source.
func Complete(source string, offset int, scope *Scope) []Completion {
	if len(source) > MaxTemplateBytes {
		return nil
	}
	path, prefix, ok := pathBefore(source[:byteOffset(source, offset)])
	if !ok {
		return nil
	}
	var proposals []Completion
	add := func(label, kind, detail string) {
		if strings.HasPrefix(strings.ToLower(label), strings.ToLower(prefix)) {
			proposals = append(proposals, Completion{Label: label, Type: kind, Detail: detail})
		}
	}
	if len(path) > 0 {
		t, known := scope.Lookup(path...)
		if !known {
			return nil
		}
		for name, field := range t.shape().Fields {
			add(name, "field", field.detail())
		}
	} else {
		if scope != nil {
			for name, t := range scope.roots {
				add(name, "variable", t.detail())
			}
		}
		for _, f := range functions {
			add(f.name, "function", f.signature+" — "+f.doc)
		}
		for name, signature := range loopSignatures {
			add(name, "function", signature)
		}
		for _, word := range []string{"and", "or", "not", "in", "contains", "startsWith", "endsWith", "matches", "true", "false", "nil"} {
			if prefix != "" {
				add(word, "keyword", "")
			}
		}
	}
	sort.Slice(proposals, func(i, j int) bool {
		a, b := proposals[i], proposals[j]
		if rank(a.Type) != rank(b.Type) {
			return rank(a.Type) < rank(b.Type)
		}
		return a.Label < b.Label
	})
	return proposals
}

// CompleteTemplate completes inside the {{ }} of a template and proposes nothing outside.
func CompleteTemplate(text string, offset int, scope *Scope) []Completion {
	if len(text) > MaxTemplateBytes {
		return nil
	}
	end := byteOffset(text, offset)
	for at := 0; ; {
		open := strings.Index(text[at:end], "{{")
		if open < 0 {
			return nil
		}
		at += open + 2
		_, length, closed := Placeholder(text[at:end])
		if !closed {
			inside := text[at:end]
			return Complete(inside, positionAt(inside, len(inside)).Offset, scope)
		}
		at += length
	}
}

func rank(kind string) int {
	switch kind {
	case "field", "variable":
		return 0
	case "function":
		return 1
	}
	return 2
}

func (t Type) detail() string {
	detail := string(t.Kind)
	if t.Kind == List && t.Of != nil {
		detail = "list of " + string(t.Of.Kind)
	}
	if t.Label != "" {
		detail += " — " + t.Label
	}
	return detail
}

// pathBefore reads the names that end where the cursor is: record, client and
// the prefix na for "… record.client?.na".
func pathBefore(text string) (path []string, prefix string, ok bool) {
	isName := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	lastName := func() string {
		start := strings.LastIndexFunc(text, func(r rune) bool { return !isName(r) })
		if start >= 0 {
			_, size := utf8.DecodeRuneInString(text[start:])
			start += size
		} else {
			start = 0
		}
		name := text[start:]
		text = text[:start]
		return name
	}
	if insideText(text) {
		return nil, "", false
	}
	prefix = lastName()
	for strings.HasSuffix(text, ".") && len(path) < 20 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "."), "?")
		name := lastName()
		if name == "" {
			// After a bracket or inside a loop body nothing is known.
			return nil, "", false
		}
		path = append([]string{name}, path...)
	}
	if prefix != "" && unicode.IsDigit([]rune(prefix)[0]) {
		return nil, "", false
	}
	return path, prefix, true
}

func insideText(text string) bool {
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			quote = c
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case c == quote:
			quote = 0
		}
	}
	return quote != 0
}

// Identifiers lists the paths that source reads, such as record.client.name. A
// source that does not parse has none.
func Identifiers(source string) []string {
	if len(source) > MaxSourceBytes {
		return nil
	}
	tree, err := parse(source)
	if err != nil {
		return nil
	}
	return identifiersOf(tree)
}

func identifiersOf(tree *parser.Tree) []string {
	found := make(map[string]bool)
	seen := make(map[ast.Node]bool)
	declared := make(map[string]bool)
	var visit func(node ast.Node)
	visit = func(node ast.Node) {
		if node == nil || seen[node] {
			return
		}
		seen[node] = true
		switch n := node.(type) {
		case *ast.VariableDeclaratorNode:
			visit(n.Value)
			declared[n.Name] = true
			visit(n.Expr)
			return
		case *ast.CallNode:
			for _, argument := range n.Arguments {
				visit(argument)
			}
			return
		case *ast.IdentifierNode, *ast.MemberNode:
			if path, ok := memberPath(node); ok {
				if !declared[path[0]] {
					found[strings.Join(path, ".")] = true
				}
				return
			}
		}
		for _, child := range children(node) {
			visit(child)
		}
	}
	visit(tree.Node)
	return sortedKeys(found)
}
