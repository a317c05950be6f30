package benchtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/job"
)

const (
	movedDeals = 1000
	otherDeals = 100_000
	probeDeals = 40
	ownStage   = "s7" // of the probes
)

// stageServer is a company with 100,000 deals in a pipeline of ten stages with
// three robots each, all its loops running.
func stageServer(b *testing.B) (*server, crm.Change) {
	b.Helper()
	s := newIdleServer(b)
	by := crm.Change{Actor: s.admin.ID}
	p := crm.Pipeline{Key: "sales", Name: "Sales", Type: crm.TypeDeal}
	for i := range 10 {
		p.Stages = append(p.Stages, crm.Stage{ID: fmt.Sprintf("s%d", i), Name: fmt.Sprintf("Stage %d", i), Color: "#64748b", Kind: crm.Normal})
	}
	p.Stages[8].Kind, p.Stages[9].Kind = crm.Success, crm.Failure
	_, err := s.CRM.CreatePipeline(s.system, by, p)
	require.NoError(b, err)
	deals, err := s.CRM.RecordType(s.system, crm.TypeDeal)
	require.NoError(b, err)
	_, err = s.CRM.AddField(s.system, by, crm.TypeDeal, deals.Rev, field.Field{Key: "due", Label: "Due", Type: field.DateTime})
	require.NoError(b, err)
	title, currency := "Delivery", "EUR"
	first, err := s.CRM.CreateRecord(s.system, by, crm.TypeDeal, p.Key, "s2", crm.RecordPatch{Title: &title, Currency: &currency})
	require.NoError(b, err)
	multiply(b, s, first.ID, otherDeals, func(i int, deal map[string]any) {
		deal["title"], deal["stageId"] = fmt.Sprintf("Delivery %d", i), p.Stages[2+i%5].ID
	})
	data, admin := s.data, s.admin
	s.stop()
	s = newServerOn(b, data)
	s.admin = admin
	s.work(b)
	comment := json.RawMessage(`{"text":"entered"}`)
	var rules []board.Stage
	for _, stage := range p.Stages {
		later := board.Timing{Mode: board.Delay, Amount: 30, Unit: "day"}
		if stage.ID == ownStage {
			later = board.Timing{Mode: board.Date, Field: "due", Direction: "at"}
		}
		rules = append(rules, board.Stage{Stage: stage.ID, Robots: []board.Robot{
			{ID: "now", Robot: "comment.add", Config: comment, Timing: board.Timing{Mode: board.Immediate}},
			{ID: "later", Robot: "comment.add", Config: comment, Timing: later},
			{ID: "then", Robot: "comment.add", Config: comment, Timing: board.Timing{Mode: board.AfterPrevious}}}})
	}
	_, err = s.Boards.Put(s.system, board.By{Actor: s.admin.ID, Language: "en"}, p.Key, 0, rules)
	require.NoError(b, err)
	return s, by
}

// BenchmarkStageMoves moves 1,000 of 100,000 deals at once from a stage to the
// next, by the job that a list starts, where 30 robots stand on ten stages. What was armed, has run and was
// dropped must be exact; an entry and a leaving cost so many commits of a run; and
// robots of other deals that come due meanwhile are this late.
func BenchmarkStageMoves(b *testing.B) {
	for range b.N {
		s, by := stageServer(b)
		enter := func(stage, title string, own map[string]any) string {
			currency := "EUR"
			d, err := s.CRM.CreateRecord(s.system, by, crm.TypeDeal, "sales", stage, crm.RecordPatch{Title: &title, Currency: &currency, Fields: own})
			require.NoError(b, err)
			return d.ID
		}
		// settled waits until each deal has one run of the stage with the robots that
		// run at once done, and gives those runs and their commits.
		settled := func(stage string, status core.Status) (runs map[string]store.Run, commits int64) {
			for began := time.Now(); ; time.Sleep(250 * time.Millisecond) { // a look costs a page per 200 runs
				runs, commits = map[string]store.Run{}, 0
				for q := (store.RunQuery{DefinitionKey: "stage-sales-" + stage, Statuses: []core.Status{status}, Limit: 200}); ; {
					page, err := s.Stores.Engine.List(s.system, q)
					require.NoError(b, err)
					for _, r := range page.Runs {
						if status != core.Active || len(r.Nodes) == 1 {
							runs[r.RecordID], commits = r, commits+r.Rev
						}
					}
					if q.Cursor = page.Next; q.Cursor == "" {
						break
					}
				}
				if len(runs) == movedDeals {
					return runs, commits
				}
				require.Less(b, time.Since(began), 5*time.Minute, "%s %s: %d", stage, status, len(runs))
			}
		}
		ids := make([]string, movedDeals)
		_, _ = closedLoop(b, 16, movedDeals, func(_, i int) error { ids[i] = enter("s0", fmt.Sprint("Deal ", i), nil); return nil })
		left, entered := settled("s0", core.Active)

		// Of the others, one every 50 ms from now on.
		due := map[string]time.Time{}
		for i := range probeDeals {
			at := time.Now().Add(2*time.Second + time.Duration(i)*50*time.Millisecond).Truncate(time.Millisecond)
			due[enter(ownStage, fmt.Sprint("Other ", i), map[string]any{"due": at.UTC().Format(time.RFC3339Nano)})] = at
		}
		time.Sleep(time.Until(slices.MinFunc(slices.Collect(maps.Values(due)), time.Time.Compare)))
		began, cpu := time.Now(), cpuTime(b)
		total := s.massMove(b, ids, "s1")
		here, _ := settled("s1", core.Active)
		all := time.Since(began)
		b.ReportMetric(milliseconds(cpuTime(b)-cpu)/movedDeals, "cpu-ms/move")
		_, ended := settled("s0", core.Completed)

		late := make([]time.Duration, 0, probeDeals)
		for id, at := range due {
			late = append(late, s.secondComment(b, id).Sub(at))
		}
		require.GreaterOrEqual(b, slices.Min(late), time.Duration(0), "never early")
		for _, id := range ids {
			require.Equal(b, map[string]string{"now": board.Done, "later": board.Waiting, "then": board.WaitsTurn}, s.robots(b, id, here[id].ID))
			require.Equal(b, map[string]string{"now": board.Done, "later": board.Canceled, "then": board.Canceled}, s.robots(b, id, left[id].ID))
			require.Len(b, s.comments(b, id), 2)
		}
		b.ReportMetric(rate(movedDeals, total), "moves/s")
		b.ReportMetric(milliseconds(all), "all-settled-ms")
		b.ReportMetric(float64(entered)/movedDeals, "commits/entry")
		b.ReportMetric(float64(ended-entered)/movedDeals, "commits/leaving")
		b.ReportMetric(milliseconds(slices.Max(late)), "others-late-max-ms")
		quantiles(b, "others-late-", late)
		s.stop()
	}
}

// massMove moves deals as people do it from a list, by a job, and says how long that took.
func (s *server) massMove(b *testing.B, ids []string, stage string) time.Duration {
	b.Helper()
	cookie, began := s.cookie(b, "ada"), time.Now()
	var j struct {
		ID      string `json:"id"`
		Status  string `json:"status"`
		Changed int    `json:"changed"`
	}
	require.NoError(b, s.call(cookie, http.MethodPost, "/lists/deal/mass", map[string]any{
		"wish": map[string]any{"action": "stage", "pipeline": "sales", "stage": stage}, "select": map[string]any{"ids": ids}}, &j))
	for j.Status == job.Collecting || j.Status == job.Running {
		require.Less(b, time.Since(began), 5*time.Minute)
		time.Sleep(50 * time.Millisecond)
		require.NoError(b, s.call(cookie, http.MethodGet, "/jobs/"+j.ID, nil, &j))
	}
	require.Equal(b, len(ids), j.Changed)
	return time.Since(began)
}

// robots is what became of the robots of a deal in one entry.
func (s *server) robots(b *testing.B, id string, run core.RunID) map[string]string {
	b.Helper()
	state, err := s.Boards.State(s.system, crm.TypeDeal, id, string(run), "en")
	require.NoError(b, err)
	out := map[string]string{}
	for _, r := range state.Items {
		out[r.ID] = r.State
	}
	return out
}

// comments is when robots have written to a deal, newest first.
func (s *server) comments(b *testing.B, id string) []time.Time {
	b.Helper()
	entries, _, err := s.CRM.Timeline(s.system, crm.TypeDeal, id, 50, "")
	require.NoError(b, err)
	var out []time.Time
	for _, e := range entries {
		if e.Text == "entered" {
			out = append(out, e.At.Time)
		}
	}
	return out
}

// secondComment waits for the robot that had to wait.
func (s *server) secondComment(b *testing.B, id string) time.Time {
	b.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if all := s.comments(b, id); len(all) > 1 {
			return all[len(all)-2]
		}
		require.Less(b, time.Since(began), time.Minute, "the robot of %s", id)
	}
}
