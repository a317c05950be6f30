package run

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
)

func TestAnswersAreWhatRobotsAndPeopleBrought(t *testing.T) {
	f := answers{kinds: map[string]string{}, last: map[core.NodeID]int{}}
	f.learn([]graph.NodeDefinition{{ID: "ask", Kind: "userTask"}, {ID: "set", Kind: "setVariables"},
		{ID: "inner", Kind: "subProcess", Nodes: []graph.NodeDefinition{{ID: "call", Kind: "robot"}}}})
	for _, r := range []core.Record{
		{At: 1, Kind: core.RecordVariablesChanged, Node: "call", Body: core.Values{"before": 1}},
		{At: 2, Kind: core.RecordEffectCompleted, Node: "call", Body: core.Values{"result": core.Values{"status": json.Number("200"), "token": "abc"}}},
		{At: 2, Kind: core.RecordVariablesChanged, Node: "call", Body: core.Values{"answer": map[string]any{"apiKey": "xyz", "list": []any{map[string]any{"password": "p", "n": 1}}}}},
		{At: 2, Kind: core.RecordNodeLeft, Node: "call", Body: core.Values{"port": "found"}},
		{At: 3, Kind: core.RecordVariablesChanged, Node: "call", Actor: "oscar", Body: core.Values{"by": "hand"}},
		{At: 4, Kind: core.RecordEffectCompleted, Node: "set"},
		{At: 5, Kind: core.RecordTaskCompleted, Node: "ask", Body: core.Values{"outcome": "yes", "note": "fine"}},
		{At: 5, Kind: core.RecordVariablesChanged, Node: "ask", Body: core.Values{"note": "fine"}},
		{At: 6, Kind: core.RecordTaskCompleted, Node: "ask", Body: core.Values{"timedOut": true}},
		{At: 7, Kind: core.RecordErrorThrown, Node: "call", Body: core.Values{"code": "gone"}},
	} {
		f.add(r)
	}
	require.Len(t, f.all, 3, "of each visit; what the process sets by itself and what nobody answered are left out")
	call, ask, failed := f.all[0], f.all[1], f.all[2]
	require.Equal(t, "found", call.Port)
	require.Equal(t, map[string]any{"status": json.Number("200")}, call.plain("/result", call.Result))
	require.Equal(t, map[string]any{"answer": map[string]any{"list": []any{map[string]any{"n": 1}}}}, call.plain("/variables", call.Variables))
	require.Equal(t, []string{"/result/token", "/variables/answer/apiKey", "/variables/answer/list/0/password"}, call.Hidden)
	require.Equal(t, "yes", ask.Outcome)
	require.Equal(t, "fine", ask.Result["note"])
	require.Nil(t, ask.Variables, "its result sets them again")
	require.Equal(t, "gone", failed.Error)
}
