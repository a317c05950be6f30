package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
)

// BenchmarkWideProcess checks a process whose walk reaches its bound: parallel
// branches of independent choices that never join.
func BenchmarkWideProcess(b *testing.B) {
	var nodes, flows []string
	nodes = append(nodes, `{"id":"s","kind":"startEvent"}`, `{"id":"p","kind":"inclusiveGateway"}`, `{"id":"j","kind":"inclusiveGateway"}`, `{"id":"e","kind":"endEvent"}`)
	flows = append(flows, `{"id":"f0","from":"s","to":"p"}`, `{"id":"f1","from":"j","to":"e"}`)
	for i := range 12 {
		nodes = append(nodes, fmt.Sprintf(`{"id":"x%d","kind":"inclusiveGateway"}`, i))
		flows = append(flows, fmt.Sprintf(`{"id":"a%d","from":"p","to":"x%d","when":"vars.n > %d"}`, i, i, i))
		for k := range 5 {
			nodes = append(nodes, fmt.Sprintf(`{"id":"t%d_%d","kind":"userTask"}`, i, k))
			flows = append(flows, fmt.Sprintf(`{"id":"b%d_%d","from":"x%d","to":"t%d_%d","when":"vars.n > %d"}`, i, k, i, i, k, k),
				fmt.Sprintf(`{"id":"c%d_%d","from":"t%d_%d","to":"j"}`, i, k, i, k))
		}
	}
	text := `{"format":"fluxo/process@1","key":"wide","name":"Wide","nodes":[` + strings.Join(nodes, ",") + `],"flows":[` + strings.Join(flows, ",") + `]}`
	def, err := graph.Parse([]byte(text))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if g, findings := lint.Check(def, graph.Options{}); g == nil {
			b.Fatal(findings)
		}
	}
}
