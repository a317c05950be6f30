package board

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// prepare makes of what somebody wants on a board what would be stored, and finds
// what is wrong with it.
func (s *Service) prepare(ctx context.Context, by By, p crm.Pipeline, before stored, stages []Stage) (stored, []graph.Finding, error) {
	k, err := s.known(ctx, p.Type)
	if err != nil {
		return stored{}, nil, err
	}
	if fields := check(p, stages, k); len(fields) > 0 {
		return stored{}, nil, &problem.Problem{Code: "validation", Fields: fields}
	}
	after := stored{Entity: before.Entity, Language: by.Language, Personal: before.Personal || personal(stages), Keys: map[string]string{}}
	for _, one := range stages {
		c := content{Stage: one.Stage, Robots: one.Robots, Triggers: one.Triggers, Kept: before.of(one.Stage).Kept}
		if len(c.Robots)+len(c.Triggers)+len(c.Kept) > 0 {
			after.Stages = append(after.Stages, c)
		}
	}
	for stage, key := range before.Keys {
		after.Keys[stage] = key // its runs may go on
	}
	if err := s.name(ctx, p, &after); err != nil {
		return stored{}, nil, err
	}
	round, err := s.circles(ctx, p, after)
	if err != nil {
		return stored{}, nil, err
	}
	var wrong []graph.Finding
	for i, one := range stages {
		for _, f := range round[one.Stage] {
			f.Path = fmt.Sprintf("/stages/%d%s", i, f.Path)
			wrong = append(wrong, f)
		}
		stage, _ := p.Stage(one.Stage)
		if len(one.Robots) == 0 {
			continue
		}
		found, err := s.findings(p, stage, after, fmt.Sprintf("/stages/%d", i))
		if err != nil {
			return stored{}, nil, err
		}
		wrong = append(wrong, found...)
	}
	return after, wrong, nil
}

// refused is the answer to a board with errors, nil when it has none.
func refused(wrong []graph.Finding) error {
	if !graph.HasErrors(wrong) {
		return nil
	}
	refused := problem.New("board_findings").With("findings", wrong)
	for _, f := range wrong {
		if f.Severity == graph.Error {
			refused.Fields = append(refused.Fields, problem.Field{Path: f.Path, Code: f.Code, Message: f.Message})
		}
	}
	return refused
}

// Compiled is what an entry of a stage runs.
type Compiled struct {
	Stage   string
	Key     string // of the definition
	Node    string // where it begins
	Robots  []Robot
	Process json.RawMessage
}

// Draft is a board that is tried out: nothing of it is stored.
type Draft struct {
	Pipeline crm.Pipeline
	// Stages are those of the pipeline that have something on them, in its order.
	Stages   []Stage
	Compiled []Compiled
	// Keys are all definitions of the board, also of stages that have no robots any more.
	Keys map[string]string
}

// Draft compiles a board without saving it; with stages nil, the one that is saved.
// What is wrong with it is refused as when it is saved.
func (s *Service) Draft(ctx context.Context, by By, pipeline string, stages []Stage) (Draft, error) {
	p, err := s.Records.Pipeline(ctx, pipeline)
	if err != nil {
		return Draft{}, err
	}
	kept, err := s.load(ctx, pipeline)
	if err != nil {
		return Draft{}, err
	}
	if stages != nil {
		var wrong []graph.Finding
		if kept, wrong, err = s.prepare(ctx, by, p, kept, stages); err != nil {
			return Draft{}, err
		}
		if err := refused(wrong); err != nil {
			return Draft{}, err
		}
	}
	out := Draft{Pipeline: p, Keys: kept.Keys}
	for _, stage := range p.Stages {
		c := kept.of(stage.ID)
		if len(c.Robots)+len(c.Triggers) > 0 {
			out.Stages = append(out.Stages, Stage{Stage: stage.ID, Robots: c.Robots, Triggers: c.Triggers})
		}
		if len(c.Robots) == 0 {
			continue
		}
		made, err := s.compile(p, stage, kept)
		if err != nil {
			return Draft{}, err
		}
		out.Compiled = append(out.Compiled, Compiled{Stage: stage.ID, Key: kept.Keys[stage.ID], Node: nodeStart, Robots: c.Robots, Process: made.process})
	}
	return out, nil
}

// Told reads the history of one run of a stage into the states of its robots. Of the
// detail, the status, the end, the waits and the incidents are looked at.
func (s *Service) Told(robots []Robot, records []core.Record, detail run.Detail, language string) []RobotState {
	f := newFold(robots)
	for _, r := range records {
		f.add(r)
	}
	s.finish(f, detail, language)
	return f.states
}

// RobotOf tells which robot a node of a compiled stage belongs to, and which part of
// it the node is: "" for its step.
func RobotOf(robots []Robot, node string) (robot *Robot, part string) {
	at, part := newFold(robots).robot(node)
	if at < 0 {
		return nil, ""
	}
	return &robots[at], part
}

// Parts of a robot that tell what became of it.
const (
	Wait   = partWait
	Due    = partDue     // it waits for its time
	Away   = partAway    // the responsible person is not at work
	Came   = partCame    // for the responsible person to be at work
	None   = partNone    // its date has not been entered
	Check  = partCheck   // it asks whether it may run
	Passed = partSkipped // it may not, and the next one goes on
	Left   = partCanceled
	Broken = partFailed
)

// NameOf is what people call a robot.
func (s *Service) NameOf(r Robot, language string) string { return s.nameOf(r, language) }

// finish says what holds now, beside what the history says.
func (s *Service) finish(f *fold, detail run.Detail, language string) {
	for _, w := range detail.Waits {
		if at, part := f.robot(w.Node); at >= 0 && part == partDue {
			f.states[at].Until = w.DueAt
		}
	}
	for _, i := range detail.Incidents {
		if at, _ := f.robot(i.Node); at >= 0 {
			f.states[at].State, f.states[at].Because, f.states[at].At, f.states[at].Node = Failed, becauseIncident, i.At, i.Node
			f.states[at].Incident = &RobotIncident{ID: i.ID, Code: i.Code, Message: i.Message, Remedy: i.Remedy}
		}
	}
	f.settle(detail)
	for i, r := range f.robots {
		one := &f.states[i]
		one.ID, one.Robot, one.Name, one.Group, one.Timing, one.RunID = r.ID, r.Robot, s.nameOf(r, language), r.Group, r.Timing, detail.ID
		one.CanStop = detail.Status == core.Active && (one.State == Waiting || one.State == WaitsTurn)
		if one.Because == becauseIncident {
			one.Reason = one.Incident.Message
		} else if one.Because != "" {
			one.Reason = reasonIn(language, one.Because)
		}
	}
}

// AskedOf picks a robot's own condition among those that its check evaluated, nil
// when it did not ask for it.
func AskedOf(r core.Record, when string) (*Asked, map[string]any) { return asked(r, when) }

// ValuesOf are values by their names, in their order, as texts.
func ValuesOf(seen map[string]any) []Value {
	if seen == nil {
		return nil
	}
	values := make([]Value, 0, len(seen))
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		values = append(values, Value{Name: name, Value: plain(seen[name])})
	}
	return values
}
