package host_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/store"
)

// A long list fans out in pages: no step and no outbox holds all of it, and
// what begins in parallel is open at the same time all the same.
func TestLongListsFanOutInPages(t *testing.T) {
	const items = 1500
	for _, lazy := range []bool{false, true} {
		t.Run(fmt.Sprintf("lazy=%v", lazy), func(t *testing.T) {
			r := newRig(t, lazy, func(o *host.Options) { o.Budget = 300 })
			r.define(fmt.Sprintf(`{"format":"fluxo/process@1","key":"many","name":"M","variables":[{"name":"all","type":"list"}],"nodes":[{"id":"s","kind":"startEvent"},
				{"id":"a","kind":"userTask","config":{"assignee":"ann"},"each":{"count":%d,"parallel":true,"until":"vars.numberOfCompletedInstances == 3","out":"all","result":"vars.loopCounter"}},
				{"id":"z","kind":"userTask","config":{"assignee":"ann"}}],"flows":[{"id":"f","from":"s","to":"a"},{"id":"g","from":"a","to":"z"}]}`, items))
			r.start("many", "r1")
			r.settle()
			require.Greater(t, len(r.steps), items/300)
			for _, step := range r.steps {
				require.LessOrEqual(t, len(step.Tasks), 300)
			}
			view, err := r.host.Inspect(r.ctx, "r1")
			require.NoError(t, err)
			require.Len(t, view.State.Waits(), items)
			tasks := r.tasks("r1", store.TaskOpen)
			for _, task := range tasks[:3] {
				_, err := r.complete(task, "")
				require.NoError(t, err)
			}
			r.settle()
			require.Equal(t, []core.NodeCount{{Node: "z", Count: 1}}, func() []core.NodeCount {
				view, err := r.host.Inspect(r.ctx, "r1")
				require.NoError(t, err)
				return view.State.Nodes()
			}())
			done := 0
			for _, v := range r.variables("r1")["all"].([]any) {
				if _, ok := v.(json.Number); ok {
					done++
				}
			}
			require.Equal(t, 3, done)
			require.Len(t, r.tasks("r1", store.TaskOpen), 1)
		})
	}
}
