package run

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
)

// kinds reads every RecordKind that the engine declares from its source.
func kinds(t *testing.T) map[core.RecordKind]bool {
	t.Helper()
	files, err := filepath.Glob("../../engine/core/*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[core.RecordKind]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, named := spec.Type.(*ast.Ident); !named || kind.Name != "RecordKind" {
				return true
			}
			for _, v := range spec.Values {
				lit, isText := v.(*ast.BasicLit)
				if !isText {
					t.Fatalf("%s: a RecordKind that is no literal", file)
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				out[core.RecordKind(text)] = true
			}
			return true
		})
	}
	return out
}

func TestEveryRecordHasASentenceInEveryLanguage(t *testing.T) {
	declared := kinds(t)
	if len(declared) < 40 {
		t.Fatalf("found only %d kinds of records in engine/core", len(declared))
	}
	for kind := range declared {
		texts, ok := sentences()[kind]
		if !ok {
			t.Errorf("schemas/text/records.json lacks %s", kind)
			continue
		}
		for _, language := range []string{"en", "pt-BR", "pl", "ru"} {
			text := texts[language]
			if text == "" {
				t.Errorf("%s has no text in %s", kind, language)
			}
			if strings.Contains(text, "{{node}}") != strings.Contains(texts["en"], "{{node}}") {
				t.Errorf("%s in %s names the step unlike English: %q", kind, language, text)
			}
		}
		if len(texts) != 4 {
			t.Errorf("%s has %d languages, not 4", kind, len(texts))
		}
	}
	for kind := range sentences() {
		if !declared[kind] {
			t.Errorf("schemas/text/records.json has %s, which the engine does not know", kind)
		}
	}
}

func TestWords(t *testing.T) {
	nodes := map[string]step{
		"approve": {name: "Approval", outcomes: map[string]string{"rework": "Send back"}},
		"pack":    {name: "Pack"},
		"x":       {name: "x"},
	}
	for _, c := range []struct {
		record          core.Record
		actor, language string
		want            string
	}{
		{core.Record{Kind: core.RecordTaskCompleted, Node: "approve", Body: core.Values{"outcome": "rework"}}, "Henrik", "en",
			"Approval: task completed: Send back · Henrik"},
		{core.Record{Kind: core.RecordTaskCompleted, Node: "approve", Body: core.Values{"outcome": "gone"}}, "Henrik", "fr",
			"Approval: task completed: gone · Henrik"},
		{core.Record{Kind: core.RecordSignalThrown, Node: "pack", Body: core.Values{"signal": "sold"}}, "", "pl",
			"Pack: wysłano sygnał do wszystkich oczekujących: sold"},
		{core.Record{Kind: core.RecordMessageThrown, Node: "pack", Body: core.Values{"message": "order", "id": "7"}}, "", "en",
			"Pack: message sent: order"},
		{core.Record{Kind: core.RecordConditionHeld, Node: "x", Body: core.Values{"expression": "vars.n > 1"}}, "", "ru",
			"x: условие выполнено: vars.n > 1"},
		{core.Record{Kind: core.RecordEscalationThrown, Node: "pack", Body: core.Values{"code": "late", "by": "approve"}}, "", "en",
			"Pack: escalated: late → Approval"},
		{core.Record{Kind: core.RecordCompensationThrown, Node: "x", Body: core.Values{"activity": "pack"}}, "", "en",
			"x: finished work is being undone: Pack"},
		{core.Record{Kind: core.RecordCompensationThrown, Node: "x", Body: core.Values{"activity": ""}}, "", "en",
			"x: finished work is being undone"},
		{core.Record{Kind: core.RecordTokenMoved, Node: "pack", Reason: "wrong way", Body: core.Values{"to": "approve"}}, "Oscar", "en",
			"Pack: moved by hand to another step: Approval · Oscar · wrong way"},
		{core.Record{Kind: core.RecordNodeCanceled, Node: "pack", Reason: "moved"}, "", "en", "Pack: canceled"},
		{core.Record{Kind: core.RecordRunMigrated, Body: core.Values{"fromVersion": 1, "toVersion": 3}}, "Oscar", "en",
			"The run was moved to another version: 1 → 3 · Oscar"},
		{core.Record{Kind: core.RecordVariablesChanged, Body: core.Values{"message": "secret"}}, "Oscar", "en", "Variables changed · Oscar"},
		{core.Record{Kind: core.RecordScopeStarted, Node: "pack", Body: core.Values{"loopCounter": 2}}, "", "en", "Pack: steps inside begun: 2"},
		{core.Record{Kind: "somethingNew", Node: "pack"}, "", "en", "somethingNew"},
	} {
		if got := words(c.record, nodes, c.actor, c.language); got != c.want {
			t.Errorf("%s: %q, want %q", c.record.Kind, got, c.want)
		}
	}
}

func TestStepsWithoutANameAreCalledByTheirKind(t *testing.T) {
	process := json.RawMessage(`{"format":"fluxo/process@1","key":"p","name":"P","nodes":[
		{"id":"s1","kind":"startEvent"},{"id":"r1","kind":"robot","robot":"mail.send"},{"id":"t1","kind":"userTask","name":"Pack"}],"flows":[]}`)
	for language, want := range map[string][3]string{
		"en": {"Start", "Send an e-mail", "Pack"}, "ru": {"Начало", "Отправить письмо", "Pack"}, "fr": {"Start", "Send an e-mail", "Pack"},
	} {
		nodes, err := steps(process, language)
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range []string{"s1", "r1", "t1"} {
			if nodes[id].name != want[i] {
				t.Errorf("%s: %s is called %q, want %q", language, id, nodes[id].name, want[i])
			}
		}
	}
}
