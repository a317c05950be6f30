package sqlitestore_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// BenchmarkFind reports what a page and a count of operators' filters cost among
// 100,000 runs.
func BenchmarkFind(b *testing.B) {
	s, _ := openDB(b)
	const runs = 100_000
	var work sync.WaitGroup
	const writers = 64
	for w := range writers {
		work.Go(func() {
			for i := w; i < runs; i += writers {
				if _, err := s.StartCommitted(b.Context(), numbered(i), nil, 0, false); err != nil {
					b.Error(err)
				}
			}
		})
	}
	work.Wait()
	var tasks, incidents []store.Outbox
	for i := range 300 {
		run := core.RunID(fmt.Sprintf("run-%06d", i*331))
		tasks = append(tasks, entryOf(b, store.PutTask, fmt.Sprintf("t%d", i), store.Task{RunID: run, Users: []string{"anna"}, OpenedAt: 5}))
		incidents = append(incidents, entryOf(b, store.PutIncident, fmt.Sprintf("i%d", i), store.OpenIncident{RunID: run, DefinitionKey: "d1",
			Incident: core.Incident{Failure: core.FailureBody{Code: fmt.Sprintf("code_%d", i%7), Message: "it did not work"}}}))
	}
	require.NoError(b, s.Copy(b.Context(), "r", append(tasks, incidents...)))
	for _, c := range []struct {
		name  string
		query store.RunQuery
	}{
		{"all", store.RunQuery{}},
		{"definition", store.RunQuery{DefinitionKey: "d1"}},
		{"definition-failed", store.RunQuery{DefinitionKey: "d1", Statuses: []core.Status{core.Failed}}},
		{"failed", store.RunQuery{Statuses: []core.Status{core.Failed}}},
		{"incident", store.RunQuery{WithIncident: true}},
		{"old-version", store.RunQuery{DefinitionKey: "d1", Version: 1}},
		{"node", store.RunQuery{DefinitionKey: "d1", Node: "rare"}},
		{"variable", store.RunQuery{Marks: []string{"number=77777"}}},
		{"variable-common", store.RunQuery{Marks: []string{"kind=even"}, Statuses: []core.Status{core.Active}}},
		{"person", store.RunQuery{People: []string{"anna"}}},
		{"incident-text", store.RunQuery{IncidentText: "ODE_3"}},
		{"idle", store.RunQuery{Statuses: []core.Status{core.Active}, IdleSince: 50_000}},
		{"title", store.RunQuery{Text: "Deal 4"}},
		{"started", store.RunQuery{StartedFrom: 40_000, StartedTo: 41_000}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				c.query.Limit = 50
				_, err := s.List(b.Context(), c.query)
				took = append(took, time.Since(begin))
				require.NoError(b, err)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[(len(took)*99+99)/100-1].Microseconds())/1000, "p99-ms")
			begin := time.Now()
			_, err := s.CountRuns(b.Context(), c.query, 10_000)
			require.NoError(b, err)
			b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "count-ms")
		})
	}
	b.Run("flow", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Flow(b.Context(), store.FlowQuery{DefinitionKey: "d1", From: 1, To: 200_000, Spans: 30})
			require.NoError(b, err)
		}
	})
}

// numbered is one of many runs; a few are old, have failed, or stand at a rare node.
func numbered(i int) store.Run {
	r := store.Run{ID: core.RunID(fmt.Sprintf("run-%06d", i)), DefinitionKey: fmt.Sprintf("d%d", i%5), Version: 2, GraphHash: "h", Name: "Contract",
		RecordType: "deal", RecordID: fmt.Sprintf("deal-%d", i), RecordTitle: fmt.Sprintf("Deal %d", i), StartedBy: "anna", Status: core.Active,
		StartedAt: core.Instant(i + 1), UpdatedAt: core.Instant(i + 1), Nodes: []core.NodeID{"common"}, State: make([]byte, 1500), Seq: 10, Rev: 1,
		Marks: []string{fmt.Sprintf("number=%d", i), map[int]string{0: "kind=even", 1: "kind=odd"}[i%2]}}
	if i < 500 {
		r.Version = 1
	}
	switch {
	case i%331 == 0:
		r.Incidents = 1
	case i%1001 == 0:
		r.Status, r.EndedAt, r.Nodes = core.Failed, r.StartedAt+10, nil
	case i%3 == 0:
		r.Status, r.EndedAt, r.Nodes = core.Completed, r.StartedAt+50, nil
	case i%997 == 0:
		r.Nodes = []core.NodeID{"rare"}
	}
	return r
}

func entryOf(b *testing.B, kind store.OutboxKind, id string, document any) store.Outbox {
	b.Helper()
	text, err := json.Marshal(document)
	require.NoError(b, err)
	return store.Outbox{Seq: 1, Kind: kind, ID: id, Body: text}
}
