package benchtest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/crm"
)

// BenchmarkStageMoves moves 1,000 deals at once on a pipeline with 30 robots on
// ten stages: what is armed, run and canceled must be exact, and an entry costs so
// many commits of its run.
func BenchmarkStageMoves(b *testing.B) {
	const deals, stages = 1000, 10
	for range b.N {
		s := newServer(b)
		by := crm.Change{Actor: s.admin.ID}
		p := crm.Pipeline{Key: "sales", Name: "Sales", Type: crm.TypeDeal}
		for i := range stages {
			p.Stages = append(p.Stages, crm.Stage{ID: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("Stage %d", i), Color: "#64748b", Kind: crm.Normal})
		}
		p.Stages[stages-2].Kind, p.Stages[stages-1].Kind = crm.Success, crm.Failure
		_, err := s.CRM.CreatePipeline(s.system, by, p)
		require.NoError(b, err)
		comment := json.RawMessage(`{"text":"entered"}`)
		var rules []board.Stage
		for _, stage := range p.Stages {
			rules = append(rules, board.Stage{Stage: stage.ID, Robots: []board.Robot{
				{ID: "now", Robot: "comment.add", Config: comment, Timing: board.Timing{Mode: board.Immediate}},
				{ID: "later", Robot: "comment.add", Config: comment, Timing: board.Timing{Mode: board.Delay, Amount: 30, Unit: "day"}},
				{ID: "then", Robot: "comment.add", Config: comment, Timing: board.Timing{Mode: board.AfterPrevious}}}})
		}
		_, err = s.Boards.Put(s.system, board.By{Actor: s.admin.ID, Language: "en"}, p.Key, 0, rules)
		require.NoError(b, err)
		ids := make([]string, deals)
		for i := range ids {
			title, currency := fmt.Sprintf("Deal %d", i), "EUR"
			d, err := s.CRM.CreateRecord(s.system, by, crm.TypeDeal, p.Key, "s0", crm.RecordPatch{Title: &title, Currency: &currency})
			require.NoError(b, err)
			ids[i] = d.ID
		}
		// Of each deal one run of the stage, with what runs at once done, in a state.
		settled := func(stage string, status core.Status, commits *int64) bool {
			n, sum := 0, int64(0)
			for q := (store.RunQuery{DefinitionKey: "stage-sales-" + stage, Statuses: []core.Status{status}, Limit: 200}); ; {
				page, err := s.Stores.Engine.List(s.system, q)
				require.NoError(b, err)
				for _, r := range page.Runs {
					if status != core.Active || len(r.Nodes) == 1 {
						n, sum = n+1, sum+r.Rev
					}
				}
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
			}
			*commits = sum
			return n == deals
		}
		wait := func(stage string, status core.Status) (commits int64) {
			for began := time.Now(); !settled(stage, status, &commits); time.Sleep(20 * time.Millisecond) {
				require.Less(b, time.Since(began), 5*time.Minute, "%s %s", stage, status)
			}
			return commits
		}
		entered := wait("s0", core.Active)
		began := time.Now()
		took, total := closedLoop(b, 16, deals, func(_, i int) error {
			_, err := s.CRM.MoveRecord(s.system, by, crm.TypeDeal, ids[i], 0, "s1", "")
			return err
		})
		wait("s1", core.Active)
		left := wait("s0", core.Completed)
		b.ReportMetric(rate(deals, total), "moves/s")
		b.ReportMetric(milliseconds(time.Since(began)), "ms/all-settled")
		b.ReportMetric(float64(entered)/deals, "commits/entry")
		b.ReportMetric(float64(left-entered)/deals, "commits/leaving")
		quantiles(b, "", took)
		s.stop()
	}
}
