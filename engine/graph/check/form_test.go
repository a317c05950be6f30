package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/check"
	"github.com/fluxo-app/fluxo/schemas/node"
)

// What people fill in is known to expressions by its type: as results of the
// step, and as variables where the form says so.
func TestFormsAreInScope(t *testing.T) {
	def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"p","name":"P","nodes":[
		{"id":"ask","kind":"requestInformation","config":{"assignee":"u","form":[{"name":"weight","type":"number"},{"name":"sizes","type":"choice","options":["S"],"multiple":true}]}},
		{"id":"do","kind":"userTask","config":{"assignee":"u","form":[{"name":"note","into":"remark"},{"name":"day","type":"date"}]}}]}`))
	require.NoError(t, err)
	scope := check.Scope(def, check.Parts{Schema: node.Schema})
	c := expr.New(expr.Options{})
	for source, kind := range map[string]expr.Kind{
		"vars.weight + 1": expr.Number, "vars.sizes": expr.List, "vars.remark": expr.Text, "steps.ask.weight": expr.Number, "steps.do.day": expr.DateTime,
	} {
		p, err := c.Compile(source, scope)
		require.NoError(t, err, source)
		require.Equal(t, kind, p.Kind(), source)
	}
	require.NotEmpty(t, c.Check("vars.day", scope), "a field without a variable is a result of its step only")
}
