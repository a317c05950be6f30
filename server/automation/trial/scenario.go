package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Scenarios is where trials are kept that are played again.
const Scenarios = "trialScenarios"

// Limits of what is kept: the scenarios of a pipeline, which are listed together, and
// the bytes of each.
const (
	mostScenarios = 100
	mostBytes     = 256 << 10
)

// Scenario is a trial that was saved: with what it began, what was done, and how it
// ended. Played again, also with rules that are not saved, it tells what ends otherwise.
type Scenario struct {
	docstore.Entity
	Pipeline  string           `json:"pipeline"`
	Name      string           `json:"name"`
	Record    Subject          `json:"record"`
	At        docstore.Instant `json:"at"`
	Acts      []Act            `json:"acts" nullable:"false"`
	Expect    Outcomes         `json:"expect"`
	ChangedBy string           `json:"changedBy"`
}

// Outcomes are how a trial ends.
type Outcomes struct {
	Stage   string            `json:"stage"`
	Deleted bool              `json:"deleted,omitempty"`
	Robots  map[string]string `json:"robots" doc:"stage/robot -> state, of robots of stages that the record has entered"`
	Sent    []string          `json:"sent" nullable:"false" doc:"stage/robot of what was done, in its order"`
}

// Difference is something that ends otherwise than it did.
type Difference struct {
	What string `json:"what" enum:"stage,deleted,robot,sent"`
	// Robot and Stage say where.
	Stage string `json:"stage,omitempty"`
	Robot string `json:"robot,omitempty"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

// Again is a scenario that was played again.
type Again struct {
	Report      Report       `json:"report"`
	Differences []Difference `json:"differences" nullable:"false"`
}

// outcomes reads how a trial has ended.
func (r Report) outcomes() Outcomes {
	out := Outcomes{Stage: r.Stage, Deleted: r.Deleted, Robots: map[string]string{}, Sent: []string{}}
	for _, stage := range r.Stages {
		for _, robot := range stage.Robots {
			if stage.Entries > 0 {
				out.Robots[stage.Stage+"/"+robot.ID] = robot.State
			}
		}
	}
	for _, s := range r.Outbox {
		out.Sent = append(out.Sent, s.Stage+"/"+s.Robot)
	}
	return out
}

// differences compares how a trial has ended with how it ended before.
func differences(was, is Outcomes) []Difference {
	out := []Difference{}
	if was.Stage != is.Stage {
		out = append(out, Difference{What: "stage", Was: was.Stage, Is: is.Stage})
	}
	if was.Deleted != is.Deleted {
		out = append(out, Difference{What: "deleted", Was: fmt.Sprint(was.Deleted), Is: fmt.Sprint(is.Deleted)})
	}
	all := maps.Clone(was.Robots)
	maps.Copy(all, is.Robots)
	for _, at := range slices.Sorted(maps.Keys(all)) {
		if was.Robots[at] != is.Robots[at] {
			stage, robot := placeOf(at)
			out = append(out, Difference{What: "robot", Stage: stage, Robot: robot, Was: was.Robots[at], Is: is.Robots[at]})
		}
	}
	count := func(in []string, at string) (n int) {
		for _, one := range in {
			if one == at {
				n++
			}
		}
		return n
	}
	for _, at := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(was.Sent, is.Sent)))) {
		if before, now := count(was.Sent, at), count(is.Sent, at); before != now {
			stage, robot := placeOf(at)
			out = append(out, Difference{What: "sent", Stage: stage, Robot: robot, Was: fmt.Sprint(before), Is: fmt.Sprint(now)})
		}
	}
	return out
}

func placeOf(at string) (stage, robot string) {
	for i := range at {
		if at[i] == '/' {
			return at[:i], at[i+1:]
		}
	}
	return at, ""
}

// Keeper keeps trials that are played again. Safe for concurrent use.
type Keeper struct {
	*Service
	scenarios docstore.Typed[Scenario]
}

// Keep opens the collection.
func Keep(ctx context.Context, store docstore.Store, s *Service) (*Keeper, error) {
	scenarios, err := docstore.NewTyped[Scenario](ctx, store, docstore.Spec{Name: Scenarios, Indexes: []docstore.Index{{Paths: []string{"pipeline", "name"}, Unique: true}}})
	return &Keeper{s, scenarios}, err
}

// List reads the scenarios of a pipeline by name.
func (k *Keeper) List(ctx context.Context, pipeline string) ([]Scenario, error) {
	all, err := k.scenarios.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "pipeline", Op: docstore.Eq, Value: pipeline}}, Sort: "name"}, mostScenarios)
	if err != nil {
		return nil, fmt.Errorf("list trials of %s: %w", pipeline, err)
	}
	return all, nil
}

// Get reads one.
func (k *Keeper) Get(ctx context.Context, pipeline, id string) (Scenario, error) {
	one, err := k.scenarios.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) || err == nil && one.Pipeline != pipeline {
		return Scenario{}, problem.NotFound("trial")
	}
	return one, err
}

// Save plays a trial and keeps it with how it has ended.
func (k *Keeper) Save(ctx context.Context, by board.By, pipeline, name string, r Request) (Scenario, error) {
	if found := problem.Line(nil, "/name", name, true, 100); found != nil {
		return Scenario{}, problem.Fields(found)
	}
	have, err := k.List(ctx, pipeline)
	if err != nil {
		return Scenario{}, err
	}
	if len(have) >= mostScenarios {
		return Scenario{}, problem.New("action_refused", "why", fmt.Sprintf("there are %d saved trials already", len(have)))
	}
	if slices.ContainsFunc(have, func(s Scenario) bool { return s.Name == name }) {
		return Scenario{}, problem.Invalid("/name", "duplicate", "")
	}
	if text, err := json.Marshal(r.Acts); err != nil || len(text) > mostBytes {
		return Scenario{}, problem.Invalid("/acts", "too_long", fmt.Sprintf("a saved trial has at most %d KiB of acts", mostBytes>>10))
	}
	if r.At.IsZero() {
		r.At = docstore.At(k.Clock.Now())
	}
	report, err := k.Play(ctx, by, pipeline, r)
	if err != nil {
		return Scenario{}, err
	}
	one := Scenario{Entity: docstore.Entity{ID: uuid.Must(uuid.NewV7()).String()}, Pipeline: pipeline, Name: name, Record: r.Record, At: r.At, Acts: r.Acts,
		Expect: report.outcomes(), ChangedBy: by.Actor}
	if one.Acts == nil {
		one.Acts = []Act{}
	}
	event, err := docstore.NewEvent("trial.saved", map[string]any{"after": map[string]any{"name": name, "pipeline": pipeline}})
	if err != nil {
		return Scenario{}, err
	}
	event.Actor = by.Actor
	return k.keep(ctx, one, event)
}

// keep saves a scenario whose name another may have got meanwhile.
func (k *Keeper) keep(ctx context.Context, s Scenario, event docstore.Event) (Scenario, error) {
	saved, err := k.scenarios.Save(ctx, s, event)
	switch {
	case errors.Is(err, docstore.ErrExists):
		return Scenario{}, problem.Invalid("/name", "duplicate", "")
	case errors.Is(err, docstore.ErrConflict), errors.Is(err, docstore.ErrNotFound):
		return Scenario{}, problem.New("stale")
	}
	return saved, err
}

// Rename gives a scenario another name.
func (k *Keeper) Rename(ctx context.Context, by board.By, s Scenario, rev int64, name string) (Scenario, error) {
	if s.Rev != rev {
		return Scenario{}, problem.Stale(s)
	}
	if found := problem.Line(nil, "/name", name, true, 100); found != nil {
		return Scenario{}, problem.Fields(found)
	}
	if s.Name == name {
		return s, nil
	}
	have, err := k.List(ctx, s.Pipeline)
	if err != nil {
		return Scenario{}, err
	}
	if slices.ContainsFunc(have, func(one Scenario) bool { return one.Name == name }) {
		return Scenario{}, problem.Invalid("/name", "duplicate", "")
	}
	event, err := docstore.NewEvent("trial.renamed", map[string]any{"before": map[string]any{"name": s.Name, "pipeline": s.Pipeline}, "after": map[string]any{"name": name, "pipeline": s.Pipeline}})
	if err != nil {
		return Scenario{}, err
	}
	event.Actor = by.Actor
	s.Name, s.ChangedBy = name, by.Actor
	return k.keep(ctx, s, event)
}

// Again plays a scenario with the rules that are saved, or others, and tells what ends
// otherwise.
func (k *Keeper) Again(ctx context.Context, by board.By, s Scenario, stages []board.Stage) (Again, error) {
	report, err := k.Play(ctx, by, s.Pipeline, Request{Stages: stages, Record: s.Record, At: s.At, Acts: s.Acts})
	if err != nil {
		return Again{}, err
	}
	return Again{Report: report, Differences: differences(s.Expect, report.outcomes())}, nil
}

// Delete forgets a scenario.
func (k *Keeper) Delete(ctx context.Context, by board.By, s Scenario, rev int64) error {
	if s.Rev != rev {
		return problem.Stale(s)
	}
	event, err := docstore.NewEvent("trial.deleted", map[string]any{"before": map[string]any{"name": s.Name, "pipeline": s.Pipeline}})
	if err != nil {
		return err
	}
	event.Actor = by.Actor
	err = k.scenarios.Delete(ctx, s.ID, rev, event)
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrNotFound) {
		return problem.New("stale")
	}
	return err
}
