package run_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/run"
)

func TestPagesAreToldWhatChanged(t *testing.T) {
	was := run.Live{Summary: run.Summary{ID: "r", Status: "active"}, Variables: map[string]any{"x": 1},
		NodeStates: map[string]*run.NodeState{"a": {Status: run.NodeWaiting}, "b": {Status: run.NodeIdle}, "c": {Status: run.NodeDone}},
		FlowsTaken: map[string]int{"f1": 1, "f2": 2}, Waits: []run.Wait{{ID: "w"}}, Incidents: []run.Incident{}, Seq: 4}
	now := was
	now.NodeStates = map[string]*run.NodeState{"a": {Status: run.NodeDone}, "b": {Status: run.NodeIdle}, "d": {Status: run.NodeWaiting}}
	now.FlowsTaken = map[string]int{"f2": 3}
	now.Waits, now.Incidents, now.Seq = []run.Wait{}, []run.Incident{}, 7

	told := func(c run.Told) map[string]any {
		text, err := json.Marshal(c)
		require.NoError(t, err)
		var m map[string]any
		require.NoError(t, json.Unmarshal(text, &m))
		return m
	}
	change := told(now.Since(&was))
	nodes := change["nodeStates"].(map[string]any)
	require.Len(t, nodes, 3)
	require.Nil(t, nodes["c"])
	require.Equal(t, "done", nodes["a"].(map[string]any)["status"])
	require.Equal(t, map[string]any{"f1": nil, "f2": 3.0}, change["flowsTaken"])
	require.Equal(t, []any{}, change["waits"])
	require.NotContains(t, change, "variables")
	require.NotContains(t, change, "incidents")
	require.NotContains(t, change, "whole")
	require.EqualValues(t, 7, change["seq"])

	whole := told(now.Whole())
	require.Equal(t, true, whole["whole"])
	require.Len(t, whole["nodeStates"], 3)
	require.Equal(t, map[string]any{"x": 1.0}, whole["variables"])
	require.Equal(t, []any{}, whole["incidents"])
}
