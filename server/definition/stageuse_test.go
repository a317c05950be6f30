package definition

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/graph"
)

func TestStepsThatNameAStage(t *testing.T) {
	start := func(pipeline, stage string) graph.NodeDefinition {
		return graph.NodeDefinition{Kind: "startEvent", Trigger: &graph.Trigger{On: "stageEntered", Pipeline: pipeline, Stage: stage}}
	}
	move := func(config string) graph.NodeDefinition {
		return graph.NodeDefinition{Kind: "robot", Robot: "record.setStage", Config: json.RawMessage(config)}
	}
	for name, tt := range map[string]struct {
		node   graph.NodeDefinition
		begins bool
		want   bool
	}{
		"begins there":                   {start("sales", "won"), false, true},
		"begins at such a stage":         {start("", "won"), true, true},
		"in whatever pipeline":           {start("", "won"), false, false},
		"of another pipeline":            {start("repairs", "won"), true, false},
		"another stage":                  {start("sales", "new"), true, false},
		"moves there":                    {move(`{"stage":"won"}`), true, true},
		"copies there":                   {move(`{"pipeline":"sales","stage":"won"}`), false, true},
		"moves elsewhere":                {move(`{"pipeline":"repairs","stage":"won"}`), true, false},
		"where an expression says":       {move(`{"stage":{"expr":"vars.stage"}}`), true, false},
		"inside a sub-process":           {graph.NodeDefinition{Kind: "subProcess", Nodes: []graph.NodeDefinition{move(`{"stage":"won"}`)}}, true, true},
		"a step without anything to say": {graph.NodeDefinition{Kind: "userTask"}, true, false},
	} {
		require.Equal(t, tt.want, namesStage([]graph.NodeDefinition{tt.node}, tt.begins, "sales", "won"), name)
	}
}
