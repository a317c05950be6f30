package rehearsal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
)

// A loop without any wait writes a million records before the engine calls it a
// runaway: the rehearsal ends long before, because all of them would be answered.
func TestLoopWithoutWaitEndsEarly(t *testing.T) {
	def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"spin","name":"Spin","variables":[{"name":"n","type":"number"}],
		"nodes":[{"id":"s","kind":"startEvent"},{"id":"m","kind":"exclusiveGateway"},{"id":"a","kind":"setVariables","config":{"set":[{"name":"n","value":1}]}}],
		"flows":[{"id":"f1","from":"s","to":"m"},{"id":"f2","from":"m","to":"a"},{"id":"f3","from":"a","to":"m"}]}`))
	require.NoError(t, err)
	g, findings := lint.Check(def, graph.Options{})
	require.NotNil(t, g, findings)
	r, err := rehearsal.Play(t.Context(), []rehearsal.Definition{{Key: "spin", Graph: g}}, rehearsal.Scenario{}, rehearsal.Options{})
	require.NoError(t, err)
	require.False(t, r.Passed())
	require.Contains(t, r.Failures[0].Message, "without ever waiting")
	require.Less(t, len(r.Records), 2*rehearsal.MaxRecords)
}
