package archtest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// findingPackages are those whose findings the designer and the boards show.
var findingPackages = []string{"engine/graph", "engine/graph/lint", "engine/graph/check", "server/definition", "server/automation/board", "server/rehearsal"}

// remediesIn collects what the findings of a package say can be done: texts in the
// place of a parameter or a field that is called remedy.
func remediesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
	require.NoError(t, err)
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
	}
	at := map[string]int{} // function -> place of its parameter
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			f, is := n.(*ast.FuncDecl)
			if !is {
				return true
			}
			i := 0
			for _, field := range f.Type.Params.List {
				for _, name := range field.Names {
					if name.Name == "remedy" {
						at[f.Name.Name] = i
					}
					i++
				}
			}
			return true
		})
	}
	out := map[string]string{}
	add := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(e.Value)
			require.NoError(t, err)
			if text != "" {
				out[text] = set.Position(e.Pos()).String()
			}
		case *ast.BinaryExpr, *ast.CallExpr:
			require.Fail(t, "a remedy is a text as it stands, so that it can be translated", "%s", set.Position(e.Pos()))
		}
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name := ""
				switch f := n.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if i, is := at[name]; is && i < len(n.Args) {
					add(n.Args[i])
				}
			case *ast.KeyValueExpr:
				if key, is := n.Key.(*ast.Ident); is && key.Name == "Remedy" {
					add(n.Value)
				}
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					name := ""
					switch left := left.(type) {
					case *ast.Ident:
						name = left.Name
					case *ast.SelectorExpr:
						name = left.Sel.Name
					}
					if (name == "remedy" || name == "Remedy") && i < len(n.Rhs) {
						add(n.Rhs[i])
					}
				}
			}
			return true
		})
	}
	return out
}

// What a finding says can be done is said in four languages, and nothing is left
// over from former wordings.
func TestRemediesOfFindingsHaveTexts(t *testing.T) {
	raw, err := os.ReadFile("../../schemas/finding/remedies.json")
	require.NoError(t, err)
	var texts map[string]map[string]string
	require.NoError(t, json.Unmarshal(raw, &texts))
	said := map[string]bool{}
	var missing []string
	for _, dir := range findingPackages {
		for text, place := range remediesIn(t, dir) {
			said[text] = true
			for _, language := range []string{"pt-BR", "pl", "ru"} {
				if texts[text][language] == "" {
					missing = append(missing, place+" "+language+" "+strconv.Quote(text))
				}
			}
		}
	}
	slices.Sort(missing)
	require.Empty(t, missing)
	require.Greater(t, len(said), 50)
	for text := range texts {
		require.True(t, said[text], "no finding says %q any more", text)
	}
}
