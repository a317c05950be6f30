package benchtest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/crm"
)

const undoneDeals = 1000

// BenchmarkUndo takes back what a wrong robot has written over 1,000 deals: first it is
// looked what it has done, then it is done, each as a job with a line per deal.
// Afterwards every deal is what it was.
func BenchmarkUndo(b *testing.B) {
	for range b.N {
		s := newIdleServer(b)
		by := crm.Change{Actor: s.admin.ID}
		_, err := s.CRM.CreatePipeline(s.system, by, crm.Pipeline{Key: "sales", Name: "Sales", Type: crm.TypeDeal, Stages: []crm.Stage{
			{ID: "new", Name: "New", Color: "#64748b", Kind: crm.Normal}, {ID: "won", Name: "Won", Color: "#15803d", Kind: crm.Success}, {ID: "lost", Name: "Lost", Color: "#b91c1c", Kind: crm.Failure}}})
		require.NoError(b, err)
		s.work(b)
		_, err = s.Boards.Put(s.system, board.By{Actor: s.admin.ID, Language: "en"}, "sales", 0, []board.Stage{{Stage: "new", Robots: []board.Robot{
			{ID: "wrong", Robot: "record.setFields", Config: json.RawMessage(`{"fields":[{"field":"comment","value":"wrong"}]}`), Timing: board.Timing{Mode: board.Immediate}}}}})
		require.NoError(b, err)
		ids := make([]string, undoneDeals)
		_, _ = closedLoop(b, 16, undoneDeals, func(_, i int) error {
			title, currency, words := fmt.Sprint("Deal ", i), "EUR", fmt.Sprint("mine ", i)
			d, err := s.CRM.CreateRecord(s.system, by, crm.TypeDeal, "sales", "new", crm.RecordPatch{Title: &title, Currency: &currency, Comment: &words})
			ids[i] = d.ID
			return err
		})
		comments := func(want func(i int) string) bool {
			for i, id := range ids {
				d, err := s.CRM.Record(s.system, crm.TypeDeal, id)
				require.NoError(b, err)
				if d.Comment != want(i) {
					return false
				}
			}
			left, err := s.Stores.Documents.Pending(s.system, 1)
			require.NoError(b, err)
			return len(left) == 0
		}
		for began := time.Now(); !comments(func(int) string { return "wrong" }); time.Sleep(100 * time.Millisecond) {
			require.Less(b, time.Since(began), 5*time.Minute, "the robot has written everywhere")
		}

		cookie := s.cookie(b, "ada")
		undo := func(dry bool) time.Duration {
			began := time.Now()
			var job struct {
				ID string `json:"id"`
			}
			require.NoError(b, s.call(cookie, "POST", "/stage-boards/sales/stages/new/robots/wrong/undo", map[string]any{"dry": dry}, &job))
			for {
				var v struct {
					Records int `json:"records"`
					Job     struct {
						Status string `json:"status"`
					} `json:"job"`
				}
				require.NoError(b, s.call(cookie, "GET", "/undoings/"+job.ID, nil, &v))
				if v.Job.Status == "done" {
					require.Equal(b, undoneDeals, v.Records)
					return time.Since(began)
				}
				require.Less(b, time.Since(began), 5*time.Minute, "the undoing ends")
				time.Sleep(20 * time.Millisecond)
			}
		}
		looked, cpu := undo(true), cpuTime(b)
		took := undo(false)
		b.ReportMetric(milliseconds(cpuTime(b)-cpu)/undoneDeals, "cpu-ms/record")
		b.ReportMetric(rate(undoneDeals, looked), "looked-records/s")
		b.ReportMetric(rate(undoneDeals, took), "records/s")
		require.True(b, comments(func(i int) string { return fmt.Sprint("mine ", i) }), "every deal is what it was")
		s.stop()
	}
}
