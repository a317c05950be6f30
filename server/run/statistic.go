package run

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Bounds of statistics. Counts of runs are exact; times of steps come from a
// sample, so that they cost the same for a hundred runs and for a million.
const (
	sampleRuns    = 300  // the latest runs that did something in the period
	sampleLooked  = 1000 // among the latest so many
	statisticKept = 15 * time.Second
	visitsKept    = 3000 // runs whose visits stay in memory
)

// NodeTimes tells how long a step takes.
type NodeTimes struct {
	Count    int   `json:"count"` // finished visits in the sample
	MedianMs int64 `json:"medianMs"`
	P95Ms    int64 `json:"p95Ms"`
	Failed   int   `json:"failed"` // of them, with an incident
}

// Statistic is what the runs of a definition did in a period.
type Statistic struct {
	Key      string           `json:"key"`
	Version  int              `json:"version,omitempty"`
	From     docstore.Instant `json:"from"`
	To       docstore.Instant `json:"to"`
	Statuses map[string]int   `json:"statuses" doc:"all runs by their status now"`
	// Incidents are the open ones.
	Incidents int            `json:"incidents"`
	Started   []int          `json:"started" doc:"per span of the period"`
	Ended     []int          `json:"ended" doc:"per span of the period"`
	Outcomes  map[string]int `json:"outcomes" doc:"the runs that ended in the period, by status"`
	Measured  int            `json:"measured" doc:"completed runs of the period whose durations were taken"`
	MedianMs  int64          `json:"medianMs"`
	P95Ms     int64          `json:"p95Ms"`
}

// StepStatistic are the times of the steps of a definition in a period.
type StepStatistic struct {
	From  docstore.Instant     `json:"from"`
	To    docstore.Instant     `json:"to"`
	Runs  int                  `json:"runs" doc:"runs in the sample"`
	All   bool                 `json:"all" doc:"the sample holds every run that did something in the period"`
	Nodes map[string]NodeTimes `json:"nodes"`
}

// Period is the time that statistics are about.
type Period struct {
	Days  int
	Spans int
}

// Periods are those that can be asked for, by name.
var Periods = map[string]Period{"24h": {1, 24}, "7d": {7, 28}, "30d": {30, 30}, "90d": {90, 30}}

// span is the period up to now. It ends with the running minute, so that
// answers can be kept for a while.
func (p Period) span(now time.Time) (from, to core.Instant) {
	end := now.Truncate(time.Minute).Add(time.Minute)
	return at(end.AddDate(0, 0, -p.Days)), at(end)
}

// visited is one finished visit of a step.
type visited struct {
	node     string
	from, to core.Instant
	failed   bool
}

// statistics keeps what was computed lately. Safe for concurrent use.
type statistics struct {
	mu     sync.Mutex
	kept   map[string]answered
	visits map[core.RunID]visitsOf
}

type answered struct {
	at    time.Time
	value any
}

type visitsOf struct {
	seq int64
	all []visited
}

// remembered computes an answer, or gives one that is young enough.
func remembered[T any](s *Service, key string, compute func() (T, error)) (T, error) {
	now := s.Clock.Now()
	s.stats.mu.Lock()
	a, ok := s.stats.kept[key]
	s.stats.mu.Unlock()
	if v, is := a.value.(T); ok && is && now.Sub(a.at) < statisticKept && !now.Before(a.at) {
		return v, nil
	}
	v, err := compute()
	if err != nil {
		return v, err
	}
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	if s.stats.kept == nil || len(s.stats.kept) > 1000 {
		s.stats.kept = map[string]answered{}
	}
	s.stats.kept[key] = answered{now, v}
	return v, nil
}

// Statistic counts and measures the runs of a definition; version 0 means all.
func (s *Service) Statistic(ctx context.Context, key string, version int, p Period) (Statistic, error) {
	return remembered(s, fmt.Sprintf("runs %s %d %d", key, version, p.Days), func() (Statistic, error) {
		from, to := p.span(s.Clock.Now())
		counts, err := s.Counts(ctx, key, version)
		if err != nil {
			return Statistic{}, err
		}
		flow, err := s.Store.Flow(ctx, store.FlowQuery{DefinitionKey: key, Version: version, From: from, To: to, Spans: p.Spans})
		if err != nil {
			return Statistic{}, fmt.Errorf("statistic of %s: %w", key, err)
		}
		out := Statistic{Key: key, Version: version, From: instant(from), To: instant(to), Statuses: counts.Statuses, Started: flow.Started, Ended: flow.Ended,
			Outcomes: map[string]int{}, Measured: len(flow.Durations)}
		for status, n := range flow.Statuses {
			out.Outcomes[string(status)] = n
		}
		for _, n := range counts.Nodes {
			out.Incidents += n.Incidents
		}
		slices.Sort(flow.Durations)
		out.MedianMs, out.P95Ms = quantile(flow.Durations, 50), quantile(flow.Durations, 95)
		return out, nil
	})
}

// quantile of sorted values, the nearest rank; 0 of none.
func quantile(sorted []int64, percent int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// StepStatistic measures the steps of a definition; version 0 means all.
func (s *Service) StepStatistic(ctx context.Context, key string, version int, p Period) (StepStatistic, error) {
	return remembered(s, fmt.Sprintf("steps %s %d %d", key, version, p.Days), func() (StepStatistic, error) {
		from, to := p.span(s.Clock.Now())
		runs, all, err := s.sample(ctx, key, version, from)
		if err != nil {
			return StepStatistic{}, err
		}
		times := map[string][]int64{}
		failed := map[string]int{}
		for _, r := range runs {
			visits, err := s.visitsOf(ctx, r)
			if err != nil {
				return StepStatistic{}, err
			}
			for _, v := range visits {
				if v.to >= from && v.to < to {
					times[v.node] = append(times[v.node], int64(v.to-v.from))
					if v.failed {
						failed[v.node]++
					}
				}
			}
		}
		out := StepStatistic{From: instant(from), To: instant(to), Runs: len(runs), All: all, Nodes: map[string]NodeTimes{}}
		for node, took := range times {
			slices.Sort(took)
			out.Nodes[node] = NodeTimes{Count: len(took), MedianMs: quantile(took, 50), P95Ms: quantile(took, 95), Failed: failed[node]}
		}
		return out, nil
	})
}

// sample lists the latest runs that did something since an instant; all tells
// that there are no others.
func (s *Service) sample(ctx context.Context, key string, version int, since core.Instant) (runs []store.Run, all bool, err error) {
	q := store.RunQuery{DefinitionKey: key, Version: version, Limit: 200}
	for looked := 0; looked < sampleLooked; {
		page, err := s.Store.List(ctx, q)
		if err != nil {
			return nil, false, fmt.Errorf("sample of %s: %w", key, err)
		}
		for _, r := range page.Runs {
			if r.UpdatedAt < since {
				continue
			}
			if len(runs) == sampleRuns {
				return runs, false, nil
			}
			runs = append(runs, r)
		}
		looked += len(page.Runs)
		if q.Cursor = page.Next; q.Cursor == "" {
			return runs, true, nil
		}
	}
	return runs, false, nil
}

// visitsOf are the finished visits of a run, kept until it moves on.
func (s *Service) visitsOf(ctx context.Context, r store.Run) ([]visited, error) {
	s.stats.mu.Lock()
	known, ok := s.stats.visits[r.ID]
	s.stats.mu.Unlock()
	if ok && known.seq >= r.Seq {
		return known.all, nil
	}
	f := newStays()
	if err := s.eachRecord(ctx, r.ID, r.Seq, f.add); err != nil {
		return nil, err
	}
	v := visitsOf{seq: f.seq}
	for _, b := range f.all {
		if b.end == BarDone {
			v.all = append(v.all, visited{node: b.node, from: b.from, to: b.to, failed: b.failed})
		}
	}
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	if s.stats.visits == nil || len(s.stats.visits) >= visitsKept {
		s.stats.visits = map[core.RunID]visitsOf{}
	}
	s.stats.visits[r.ID] = v
	return v.all, nil
}
