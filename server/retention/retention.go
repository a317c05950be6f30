// Package retention removes runs that ended long ago, with the records of their
// history: a year after the end, or as the company or the process says.
//
// Entry points: Put (the rule, as people set it) and Sweep, which every server
// calls now and then. What is left to do stands in the stores alone, so a sweep
// may stop anywhere and go on anywhere else.
package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// DefaultDays is how long an ended run is kept when nobody said anything else.
const DefaultDays = 365

// LeastDays is the shortest time: closed tasks and steps, which people still open
// from their lists, are kept for thirty days by default.
const LeastDays = 30

const mostDays = 36_500

// Rule says how long ended runs are kept. 0 days is for ever.
type Rule struct {
	Days      int            `json:"days" minimum:"0" maximum:"36500" doc:"days after the end of a run; 0 = for ever; at least 30 otherwise"`
	Processes map[string]int `json:"processes" doc:"other numbers of days, by the key of the definition"`
	Rev       int64          `json:"rev,omitempty" readOnly:"true"`
}

// days is the rule of one process.
func (r Rule) days(definition string) int {
	if d, own := r.Processes[definition]; own {
		return d
	}
	return r.Days
}

type stored struct {
	docstore.Entity
	Rule Rule `json:"rule"`
}

// Runs is what a sweep needs of the engine's store.
type Runs interface {
	EndedDefinitions(ctx context.Context) ([]string, error)
	RemoveEnded(ctx context.Context, definitionKey string, before core.Instant, limit int) (int, error)
	Now(ctx context.Context) (core.Instant, error)
	AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error)
}

// Options are what a Service needs.
type Options struct {
	Documents docstore.Store
	Runs      Runs
	Known     func(ctx context.Context, definition string) (bool, error)
	Audit     *audit.Log
	Owner     string // of this server
	// Closed is how long closed tasks and steps are kept: no run goes before them.
	Closed time.Duration
}

// Service keeps the rule and follows it. Safe for concurrent use.
type Service struct {
	Options
	rules docstore.Typed[stored]
}

// New opens the collection.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o}
	var err error
	s.rules, err = docstore.NewTyped[stored](ctx, o.Documents, docstore.Spec{Name: "retention"})
	return s, err
}

const id = "runs"

func (s *Service) load(ctx context.Context) (stored, error) {
	v, err := s.rules.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return stored{Entity: docstore.Entity{ID: id}, Rule: Rule{Days: DefaultDays, Processes: map[string]int{}}}, nil
	}
	v.Rule.Rev = v.Rev
	return v, err
}

// Get reads the rule.
func (s *Service) Get(ctx context.Context) (Rule, error) {
	v, err := s.load(ctx)
	if err != nil {
		return Rule{}, fmt.Errorf("read the retention of runs: %w", err)
	}
	return v.Rule, nil
}

// Put replaces the rule of the revision rev.
func (s *Service) Put(ctx context.Context, r Rule, rev int64) (Rule, error) {
	v, err := s.load(ctx)
	if err != nil {
		return Rule{}, fmt.Errorf("read the retention of runs: %w", err)
	}
	if v.Rev != rev {
		return Rule{}, problem.Stale(v.Rule)
	}
	if r.Processes == nil {
		r.Processes = map[string]int{}
	}
	var fields []problem.Field
	check := func(path string, days int) {
		if days < 0 || days > 0 && days < LeastDays || days > mostDays {
			fields = append(fields, problem.Field{Path: path, Code: "out_of_range", Message: fmt.Sprintf("0, %d .. %d", LeastDays, mostDays)})
		}
	}
	check("/days", r.Days)
	for _, key := range slices.Sorted(maps.Keys(r.Processes)) {
		check("/processes/"+key, r.Processes[key])
		_, before := v.Rule.Processes[key]
		known, err := s.Known(ctx, key)
		if err != nil {
			return Rule{}, err
		}
		if !known && !before { // the rule of a process outlives it as its runs do
			fields = append(fields, problem.Field{Path: "/processes/" + key, Code: "unknown_reference"})
		}
	}
	if len(fields) > 0 {
		return Rule{}, &problem.Problem{Code: "validation", Fields: fields}
	}
	r.Rev = 0
	before := v.Rule
	before.Rev = 0
	event, err := docstore.NewEvent("retentionChanged", map[string]any{"before": before, "after": r})
	if err != nil {
		return Rule{}, err
	}
	event.Actor = access.From(ctx).UserID
	v.Rule = r
	saved, err := s.rules.Save(ctx, v, event)
	switch {
	case errors.Is(err, docstore.ErrConflict), errors.Is(err, docstore.ErrExists):
		return Rule{}, problem.New("stale")
	case err != nil:
		return Rule{}, fmt.Errorf("save the retention of runs: %w", err)
	}
	r.Rev = saved.Rev
	return r, nil
}

// Limits of a sweep: how many runs one write removes, how many a sweep does, and
// how long a server that died over one keeps the others from it.
const (
	portion = 50
	most    = 20_000
	turn    = core.Instant(5 * 60 * 1000)
)

// Sweep removes what the rule no longer keeps, in small portions, and returns how
// many runs that were. One server at a time does it; that two may is a waste and no more.
func (s *Service) Sweep(ctx context.Context) (removed int, err error) {
	rule, err := s.Get(ctx)
	if err != nil {
		return 0, err
	}
	definitions, err := s.Runs.EndedDefinitions(ctx)
	if err != nil {
		return 0, fmt.Errorf("list definitions with ended runs: %w", err)
	}
	for _, key := range definitions {
		if rule.days(key) == 0 {
			continue
		}
		n, err := s.sweep(ctx, key, max(time.Duration(rule.days(key))*24*time.Hour, s.Closed), most-removed)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// sweep removes runs of one definition and notes it in the trail.
func (s *Service) sweep(ctx context.Context, key string, keep time.Duration, limit int) (removed int, err error) {
	now, err := s.Runs.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the time of the store: %w", err)
	}
	before := now - core.Instant(keep.Milliseconds())
	for removed < limit {
		if now, err = s.Runs.Now(ctx); err != nil {
			break
		}
		var mine bool
		if mine, err = s.Runs.AcquireLease(ctx, "retention", s.Owner, now, now+turn); err != nil || !mine {
			break
		}
		var n int
		n, err = s.Runs.RemoveEnded(ctx, key, before, min(portion, limit-removed))
		removed += n
		if err != nil || n < portion {
			break
		}
	}
	if removed == 0 {
		return 0, err
	}
	detail, encodeErr := json.Marshal(map[string]any{"runs": removed, "endedBefore": docstore.At(time.UnixMilli(int64(before)).UTC())})
	return removed, errors.Join(err, encodeErr, s.Audit.Append(context.WithoutCancel(ctx), audit.Entry{At: docstore.At(time.UnixMilli(int64(now)).UTC()), Action: "runs.removed",
		Object: "definitions:" + key, Source: fmt.Sprintf("retention:%s:%d:%s", key, now, s.Owner), Detail: detail}))
}
