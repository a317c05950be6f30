package archtest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	table "github.com/fluxo-app/fluxo/schemas/errors"
)

// TestProblemsAreFilledIn: whoever makes a problem gives all that its text names;
// otherwise people would read "still in use: {by}".
func TestProblemsAreFilledIn(t *testing.T) {
	var all struct {
		Errors []struct {
			Code         string
			Text, Remedy map[string]string
		}
	}
	if err := json.Unmarshal(table.Table, &all); err != nil {
		t.Fatal(err)
	}
	hole, needs := regexp.MustCompile(`\{(\w+)\}`), map[string][]string{}
	for _, e := range all.Errors {
		for _, found := range hole.FindAllStringSubmatch(e.Text["en"]+e.Remedy["en"], -1) {
			needs[e.Code] = append(needs[e.Code], found[1])
		}
	}
	made, files := 0, token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isProblem(call) || call.Ellipsis.IsValid() {
				return true
			}
			made++
			var given []string
			for i := 1; i < len(call.Args); i += 2 {
				given = append(given, literal(call.Args[i]))
			}
			for _, name := range needs[literal(call.Args[0])] {
				if !slices.Contains(given, name) {
					t.Errorf("%s makes the problem %s without %q", files.Position(call.Pos()), literal(call.Args[0]), name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if made < 100 {
		t.Errorf("only %d problems found", made)
	}
}

// isProblem tells whether a call is problem.New.
func isProblem(call *ast.CallExpr) bool {
	of, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || of.Sel.Name != "New" || len(call.Args) == 0 {
		return false
	}
	from, ok := of.X.(*ast.Ident)
	return ok && from.Name == "problem"
}

// literal is the text of a literal, "" of anything else.
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return text
}
