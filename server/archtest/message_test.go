package archtest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	table "github.com/fluxo-app/fluxo/schemas/errors"
)

// placeMakers are the functions of our own that take the message of a place last, or
// its format and what is put into it.
var placeMakers = []string{"Invalid", "mistake", "add", "bad", "wrong"}

// spokenTo are the packages whose messages of places a person reads in a form, and
// those that answer requests.
var spokenTo = []string{
	"activity", "app", "automation", "automation/board", "automation/status", "automation/trial", "booking", "calendar", "crm", "crm/field", "definition",
	"form", "httpapi", "identity", "intake", "retention", "template", "transfer", "view", "vault", "worklist",
}

// listed are the words that a field of the API takes: they are the same in all languages.
var listed = regexp.MustCompile(`^[\w%:<>]+(?:(?:, | or )[\w%]+)+$`)

// TestMessagesOfPlacesSpeakEveryLanguage: what is wrong at a place is written in
// English in the source; the table has it in the other languages, with the same
// things in it, and nothing that the source does not say.
func TestMessagesOfPlacesSpeakEveryLanguage(t *testing.T) {
	var texts map[string]map[string]string
	if err := json.Unmarshal(table.Messages, &texts); err != nil {
		t.Fatal(err)
	}
	verbs, holes := regexp.MustCompile(`%(?:04)?[a-zA-Z]`), regexp.MustCompile(`\{\d\}`)
	for message, in := range texts {
		for _, language := range []string{"pt-BR", "pl", "ru"} {
			text := in[language]
			found := holes.FindAllString(text, -1)
			slices.Sort(found)
			if n := len(verbs.FindAllString(message, -1)); text == "" || len(slices.Compact(found)) != n {
				t.Errorf("schemas/errors/messages.json: %q in %s is %q, it needs {1} to {%d}", message, language, text, n)
			}
		}
	}
	said := map[string]bool{}
	for _, folder := range spokenTo {
		for message, at := range messagesOf(t, filepath.Join("..", filepath.FromSlash(folder))) {
			said[message] = true
			if texts[message] == nil && !listed.MatchString(message) {
				t.Errorf("%s says %q, which schemas/errors/messages.json does not have", at, message)
			}
		}
	}
	if len(said) < 150 {
		t.Errorf("only %d messages found", len(said))
	}
	for message := range texts {
		if !said[message] {
			t.Errorf("schemas/errors/messages.json has %q, which nobody says", message)
		}
	}
}

// messagesOf are the messages of places that the source of a folder writes, and where.
func messagesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	out, files := map[string]string{}, token.NewFileSet()
	sources, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	note := func(of ast.Expr) {
		if message := format(of); strings.Contains(message, " ") {
			out[message] = files.Position(of.Pos()).String()
		}
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if !slices.Contains(placeMakers, called(n)) {
					return true
				}
				for _, argument := range n.Args {
					note(argument)
				}
			case *ast.CompositeLit:
				if name := typeName(n.Type); name != "Field" && name != "Mistake" {
					return true
				}
				for _, element := range n.Elts {
					if pair, ok := element.(*ast.KeyValueExpr); ok && typeName(pair.Key) == "Message" {
						note(pair.Value)
					}
				}
			}
			return true
		})
	}
	return out
}

// format is the text of an expression, with %s in the place of what is not written
// there; "" when nothing is.
func format(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.BasicLit:
		if of.Kind == token.STRING {
			text, _ := strconv.Unquote(of.Value)
			return text
		}
	case *ast.BinaryExpr:
		left, right := format(of.X), format(of.Y)
		if left == "" && right == "" {
			return ""
		}
		if left == "" {
			left = "%s"
		}
		if right == "" {
			right = "%s"
		}
		return left + right
	case *ast.CallExpr:
		if called(of) == "Sprintf" {
			return format(of.Args[0])
		}
	}
	return ""
}

func called(call *ast.CallExpr) string { return typeName(call.Fun) }

func typeName(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name
	case *ast.SelectorExpr:
		return of.Sel.Name
	}
	return ""
}
