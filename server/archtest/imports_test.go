// Package archtest keeps the dependency rules: who may import what, and why.
// It reads the source with the standard library's parser, so nothing needs
// installing for the rules to hold.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fluxo-app/fluxo/"

// rule forbids imports to the packages under a path, or allows them to those only.
type rule struct {
	name   string
	reason string
	in     []string // package paths below the module; "x/..." is the whole tree
	deny   []string // import path prefixes that must not appear
	allow  []string // import path prefixes that are permitted although deny covers them
	except []string // packages the rule does not hold for
}

var rules = []rule{
	{
		name:   "core is pure",
		reason: "the interpreter must give the same output for the same input on every machine and at every time",
		in:     []string{"engine/core", "engine/core/codec", "engine/graph", "engine/graph/kind", "engine/graph/lint", "engine/approval"},
		deny:   []string{"time", "context", "os", "net", "sync", "math/rand", "log", "runtime", "unsafe", "github.com/", "go.mongodb.org/", "modernc.org/", "golang.org/"},
		allow:  []string{module + "engine/graph", module + "engine/core", module + "schemas"},
	},
	{
		name:   "the engine is a library",
		reason: "an engine that knows HTTP or the CRM cannot be embedded or tested alone",
		in:     []string{"engine/..."},
		deny:   []string{module + "server/", "github.com/gin-gonic/gin", "github.com/gorilla/websocket", "html/template", "text/template"},
	},
	{
		name:   "one door to MongoDB",
		reason: "driver behavior is tested where it is used; two styles of access would drift",
		in:     []string{"engine/...", "server/..."},
		deny:   []string{"go.mongodb.org/"},
		except: []string{"engine/store/mongostore", "engine/store/mongodb", "engine/store/mongostore/mongotest", "server/docstore/mongostore", "server/file/mongostore"},
	},
	{
		name:   "one door to SQLite",
		reason: "one writer and one set of pragmas per database file",
		in:     []string{"engine/...", "server/..."},
		deny:   []string{"modernc.org/sqlite", "database/sql"},
		except: []string{"engine/store/sqlitedb", "engine/store/sqlitestore", "server/docstore/sqlitestore", "server/file/sqlitestore"},
	},
	{
		name:   "siblings meet in the store",
		reason: "loops that call each other cannot be reasoned about after a crash",
		in:     []string{"engine/timer", "engine/schedule", "engine/message", "engine/effect", "engine/task"},
		deny: []string{module + "engine/host", module + "engine/timer", module + "engine/schedule", module + "engine/message",
			module + "engine/effect", module + "engine/task"},
		// Pure rules of time without loops or stores.
		allow: []string{module + "engine/timer/span", module + "engine/schedule/cron"},
	},
	{
		name:   "features do not know the web framework",
		reason: "rules tested without HTTP, and a transport that can be exchanged",
		in:     []string{"server/..."},
		deny:   []string{"github.com/gin-gonic/gin", "github.com/danielgtaylor/huma"},
		except: []string{"server/httpapi", "server/wsapi", "server/app", "server/apptest", "server/webui", "server/archtest"},
	},
	{
		name:   "crm knows nothing of processes",
		reason: "a CRM record changes; what that sets in motion is decided by those who listen",
		in:     []string{"server/crm"},
		deny:   []string{module + "server/worklist", module + "server/run", module + "server/definition", module + "engine/"},
	},
	{
		name:   "only the wiring names concrete stores",
		reason: "any other package would work on one database only",
		in:     []string{"server/..."},
		deny: []string{module + "engine/store/sqlitestore", module + "engine/store/mongostore", module + "engine/store/memstore",
			module + "server/docstore/sqlitestore", module + "server/docstore/mongostore"},
		except: []string{"server/app", "server/apptest", "server/cmd/fluxo", "server/docstore/sqlitestore", "server/docstore/mongostore", "server/file/mongostore", "server/file/sqlitestore"},
	},
}

// source is one parsed non-test file.
type source struct {
	pkg  string
	path string
	file *ast.File
	fset *token.FileSet
}

func load(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []source
	for _, top := range []string{"engine", "server", "schemas"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if d.Name() == "testdata" {
					return fs.SkipDir
				}
				if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
					return fs.SkipDir // a module of its own
				}
				return nil
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution|parser.ParseComments)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			out = append(out, source{pkg: filepath.ToSlash(rel), path: path, file: f, fset: fset})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d source files found: the walk is broken", len(out))
	}
	return out
}

func in(pkg string, patterns []string) bool {
	for _, p := range patterns {
		if tree, ok := strings.CutSuffix(p, "/..."); ok {
			if pkg == tree || strings.HasPrefix(pkg, tree+"/") {
				return true
			}
		} else if pkg == p {
			return true
		}
	}
	return false
}

func denied(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if path == p || strings.HasPrefix(path, strings.TrimSuffix(p, "/")+"/") {
			return true
		}
	}
	return false
}

func TestImportRules(t *testing.T) {
	files := load(t)
	packages := map[string]bool{}
	for _, f := range files {
		packages[f.pkg] = true
	}
	for _, r := range rules {
		for _, named := range append(append([]string{}, r.in...), r.except...) {
			if strings.HasSuffix(named, "/...") || packages[named] || named == "server/archtest" {
				continue
			}
			t.Errorf("rule %q names package %s, which is gone", r.name, named)
		}
		for _, f := range files {
			if !in(f.pkg, r.in) || in(f.pkg, r.except) {
				continue
			}
			for _, imp := range f.file.Imports {
				path, err := strconv.Unquote(imp.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if strings.TrimPrefix(path, module) == f.pkg {
					continue
				}
				if denied(path, r.deny) && !denied(path, r.allow) {
					t.Errorf("%s imports %s: %s (%s)", f.path, path, r.name, r.reason)
				}
			}
		}
	}
}

// TestCoreHasNoHiddenInputs looks at the syntax of the pure packages: no
// goroutine, no channel, no package variable that changes, no init.
func TestCoreHasNoHiddenInputs(t *testing.T) {
	pure := []string{"engine/core", "engine/core/codec", "engine/approval"}
	for _, f := range load(t) {
		if !in(f.pkg, pure) {
			continue
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: a goroutine in a pure package", f.fset.Position(x.Pos()))
			case *ast.ChanType:
				t.Errorf("%s: a channel in a pure package", f.fset.Position(x.Pos()))
			case *ast.FuncDecl:
				if x.Name.Name == "init" && x.Recv == nil {
					t.Errorf("%s: init in a pure package", f.fset.Position(x.Pos()))
				}
			}
			return true
		})
	}
}

// TestEveryPackageIsDocumented keeps the newcomer's path free of packages
// without a sentence.
func TestEveryPackageIsDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range load(t) {
		documented[f.pkg] = documented[f.pkg] || f.file.Doc != nil
	}
	var missing []string
	for pkg, ok := range documented {
		if !ok {
			missing = append(missing, pkg)
		}
	}
	sort.Strings(missing)
	for _, pkg := range missing {
		t.Errorf("package %s has no package comment", pkg)
	}
}

// TestRelayIsTheOnlyWriterOfDerivedCopies guards the rule that makes every
// derived document rebuildable.
func TestRelayIsTheOnlyWriterOfDerivedCopies(t *testing.T) {
	for _, f := range load(t) {
		if !strings.HasPrefix(f.pkg, "engine/") && !strings.HasPrefix(f.pkg, "server/") {
			continue
		}
		if f.pkg == "engine/relay" || strings.HasPrefix(f.pkg, "engine/store") {
			continue
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && (sel.Sel.Name == "Unrelayed" || sel.Sel.Name == "Copy" && len(call.Args) == 3) {
				t.Errorf("%s: only engine/relay copies derived documents", f.fset.Position(call.Pos()))
			}
			return true
		})
	}
}
