package check_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/check"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/schemas/node"
)

// TestThousandsOfFaultsCostLittle: the schema of a kind is read a few times
// however many nodes are of that kind, and the list of findings ends.
func TestThousandsOfFaultsCostLittle(t *testing.T) {
	const nodes = 4000
	read := map[string]int{}
	rules := check.New(check.Parts{Compiler: expr.New(expr.Options{}), Schema: func(key string) (json.RawMessage, bool) {
		read[key]++
		return node.Schema(key)
	}})
	def := &graph.Definition{Format: graph.Format, Key: "p", Name: "P"}
	for i := range nodes {
		def.Nodes = append(def.Nodes, graph.NodeDefinition{ID: fmt.Sprint("n", i), Kind: "approval", Config: json.RawMessage(`{"outcomes":[{"name":"x"}],"due":7}`)})
		if i > 0 {
			def.Flows = append(def.Flows, graph.Flow{ID: fmt.Sprint("f", i), From: fmt.Sprint("n", i-1), To: fmt.Sprint("n", i)})
		}
	}
	g, findings := lint.Check(def, rules)
	if g != nil || read["approval"] > 3 {
		t.Errorf("graph %v; the schema was read %d times", g != nil, read["approval"])
	}
	last := findings[len(findings)-1]
	if len(findings) != 501 || last.Code != "too_many_findings" || last.Severity != graph.Error || last.Data["count"].(int) < nodes-500 {
		t.Errorf("%d findings, the last %+v", len(findings), last)
	}
}
