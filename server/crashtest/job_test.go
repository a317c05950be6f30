package crashtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// twoSteps is a process whose runs rest at a task, so that its token can be moved
// to the other one.
var twoSteps = map[string]any{
	"format": "fluxo/process@1", "key": "two-steps", "name": "Two steps",
	"nodes": []map[string]any{
		{"id": "s", "kind": "startEvent"},
		{"id": "first", "kind": "userTask", "name": "First", "config": map[string]any{"assignee": map[string]any{"expr": "run.startedBy"}}},
		{"id": "second", "kind": "userTask", "name": "Second", "config": map[string]any{"assignee": map[string]any{"expr": "run.startedBy"}}},
		{"id": "e", "kind": "endEvent"},
	},
	"flows": []map[string]any{
		{"id": "f1", "from": "s", "to": "first"}, {"id": "f2", "from": "first", "to": "second"}, {"id": "f3", "from": "second", "to": "e"},
	},
}

// jobState is what a bulk repair says of itself.
type jobState struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Open    bool   `json:"open"`
	Total   int    `json:"total"`
	Done    int    `json:"done"`
	Changed int    `json:"changed"`
	Refused int    `json:"refused"`
}

// publish makes the first version of a process.
func (w *world) publish(process map[string]any) {
	dana := signIn(w.t, w.server.URL(), "dana")
	key := process["key"].(string)
	require.NoError(w.t, dana.post("/definitions", map[string]any{"key": key, "name": process["name"]}, nil))
	var draft struct {
		Rev int64 `json:"rev"`
	}
	var saved struct {
		Findings []struct {
			Code string `json:"code"`
		} `json:"findings"`
	}
	require.NoError(w.t, dana.get("/definitions/"+key, &draft))
	require.NoError(w.t, dana.put("/definitions/"+key+"/draft", draft.Rev, process, &saved))
	require.NoError(w.t, dana.get("/definitions/"+key, &draft))
	confirm := []string{}
	for _, f := range saved.Findings {
		confirm = append(confirm, f.Code)
	}
	require.NoError(w.t, dana.change("/definitions/"+key+"/versions", draft.Rev, map[string]any{"confirm": confirm}, nil))
}

// TestJobGoesOnAfterKills kills the server while a bulk repair moves the token of
// every run. Moving a token twice would show: the history of a run tells every
// move, and the second would find no token.
func TestJobGoesOnAfterKills(t *testing.T) {
	const runs = 240
	w := newWorld(t, "")
	w.publish(twoSteps)
	ids := map[string]bool{}
	for range runs {
		var r struct {
			ID string `json:"id"`
		}
		require.NoError(t, w.oscar.post("/definitions/two-steps/runs", map[string]any{}, &r))
		ids[r.ID] = true
	}
	require.Len(t, ids, runs)

	var job jobState
	require.NoError(t, w.oscar.post("/repairs", map[string]any{
		"wish":   map[string]any{"action": "move", "node": "first", "to": "second", "reason": "the first step is done on paper"},
		"select": map[string]any{"filter": map[string]any{"definition": "two-steps", "statuses": []string{"active"}}},
	}, &job))
	inTheMiddle := 0
	for _, share := range []int{0, runs / 3, 2 * runs / 3} { // the first while it writes down what it is about
		require.NoError(t, w.wait(fmt.Sprintf("%d lines", share), func() (bool, error) {
			err := w.oscar.get("/repairs/"+job.ID, &job)
			return job.Done >= share, err
		}))
		w.server.Kill()
		require.NoError(t, w.server.Start())
		if job.Open && job.Done > 0 {
			inTheMiddle++
		}
	}
	require.Positive(t, inTheMiddle, "no kill met the job at work: it needs more runs")
	require.NoError(t, w.wait("the end of the job", func() (bool, error) {
		err := w.oscar.get("/repairs/"+job.ID, &job)
		return !job.Open, err
	}))
	require.Equal(t, jobState{ID: job.ID, Status: "done", Total: runs, Done: runs, Changed: runs}, job)

	lines := map[string]int{}
	for cursor := "?limit=100"; cursor != ""; {
		var results struct {
			Items []struct {
				Run     string `json:"run"`
				Status  string `json:"status"`
				Outcome struct {
					After struct {
						Nodes []string `json:"nodes"`
						Names []string `json:"names"`
					} `json:"after"`
				} `json:"outcome"`
			} `json:"items"`
			Next string `json:"next"`
		}
		require.NoError(t, w.oscar.get("/repairs/"+job.ID+"/results"+cursor, &results))
		for _, line := range results.Items {
			require.Equal(t, "done", line.Status)
			require.Equal(t, []string{"second"}, line.Outcome.After.Nodes, "the line tells the state after")
			require.Equal(t, []string{"Second"}, line.Outcome.After.Names)
			lines[line.Run]++
		}
		cursor = ""
		if results.Next != "" {
			cursor = "?limit=100&cursor=" + results.Next
		}
	}
	require.Len(t, lines, runs)
	ada := signIn(t, w.server.URL(), "ada")
	for id := range ids {
		require.Equal(t, 1, lines[id], "one line for run %s", id)
		require.Equal(t, 1, w.moves(id), "run %s was moved once", id)
	}
	for id := range lines {
		var entries page[struct {
			Action string `json:"action"`
		}]
		require.NoError(t, ada.get("/audit?object=run:"+id, &entries))
		require.Len(t, entries.Items, 1, "one entry for one act")
		require.Equal(t, "run.move", entries.Items[0].Action)
	}
	t.Logf("%d runs, %d of 3 kills in the middle of the job, %s after the last", runs, inTheMiddle, time.Since(w.server.KilledAt()).Round(time.Second))
}

// moves counts how often a token of a run was moved by hand.
func (w *world) moves(runID string) int {
	w.t.Helper()
	var records page[struct {
		Kind string `json:"kind"`
	}]
	require.NoError(w.t, w.oscar.get("/runs/"+runID+"/records?from=1&limit=200", &records))
	moved := 0
	for _, r := range records.Items {
		if r.Kind == "tokenMoved" {
			moved++
		}
	}
	return moved
}
