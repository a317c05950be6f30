package board

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Findings about the ways on which records go round. Whatever is not found here is
// cut while it runs, after as many changes as a chain may have.
const (
	// endless is a circle that nothing interrupts: no condition, no wait, no person.
	endless = "stage_circle"
	// mayCircle is one that a condition, a wait or a person may end.
	mayCircle = "stage_circle_possible"
	// nowhere is a robot that moves records to a stage that is not there.
	nowhere = "unknown_stage"
)

// waits are the robots that let time pass.
var waits = []string{"wait.until", "record.wait", "control.watch", "process.run"}

// spot is a stage of a pipeline.
type spot struct{ pipeline, stage string }

// way is a rule that takes records from one stage to another.
type way struct {
	to      spot
	certain bool // every record that comes goes on at once
	robot   int  // of the stage
}

// ways are all that the boards of a record type do, by where they begin.
type ways map[spot][]way

// circles finds what leads records round: a finding at each robot of the board that
// is on such a way, with the stages as they follow from there.
//
// covers 5.8, U-35
func (s *Service) circles(ctx context.Context, p crm.Pipeline, b stored) (map[string][]graph.Finding, error) {
	others, err := s.boards.All(ctx, docstore.Query{}, 1000)
	if err != nil {
		return nil, fmt.Errorf("stage boards: %w", err)
	}
	found := ways{}
	found.add(p, b)
	for _, other := range others {
		if other.ID == p.ID {
			continue
		}
		of, err := s.Records.Pipeline(ctx, other.ID)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found.add(of, other)
	}
	out := map[string][]graph.Finding{}
	told := map[string]bool{}
	for _, stage := range p.Stages {
		from := spot{p.ID, stage.ID}
		if out[stage.ID], err = s.astray(ctx, p, b.of(stage.ID).Robots); err != nil {
			return nil, err
		}
		for _, w := range found[from] {
			round, certain := found.back(from, w)
			if round == nil {
				continue
			}
			once := slices.Clone(round)
			slices.SortFunc(once, func(a, b spot) int { return cmp.Or(cmp.Compare(a.pipeline, b.pipeline), cmp.Compare(a.stage, b.stage)) })
			key := fmt.Sprint(stage.ID, w.robot, once)
			if told[key] {
				continue
			}
			told[key] = true
			text, err := s.names(ctx, p, append([]spot{from}, round...))
			if err != nil {
				return nil, err
			}
			f := graph.Finding{Code: mayCircle, Severity: graph.Warning, Path: fmt.Sprintf("/robots/%d", w.robot), Data: map[string]any{"way": text},
				Message: "records can go round here: " + text, Remedy: "see to it that a condition ends it; a chain of changes is cut after a while"}
			if certain {
				f.Code, f.Severity = endless, graph.Error
				f.Message, f.Remedy = "records would go round without end: "+text, "give one of the robots a condition or a wait, or let it lead elsewhere"
			}
			out[stage.ID] = append(out[stage.ID], f)
		}
	}
	return out, nil
}

// astray finds the robots that move records to a stage that is not there.
func (s *Service) astray(ctx context.Context, p crm.Pipeline, robots []Robot) ([]graph.Finding, error) {
	var out []graph.Finding
	for i, r := range robots {
		to, moves := r.target(p.ID)
		if !moves || r.Disabled {
			continue
		}
		of := p
		if to.pipeline != p.ID {
			var err error
			if of, err = s.Records.Pipeline(ctx, to.pipeline); err != nil && !gone(err) {
				return nil, err
			}
		}
		if _, is := of.Stage(to.stage); !is {
			out = append(out, graph.Finding{Code: nowhere, Severity: graph.Warning, Path: fmt.Sprintf("/robots/%d", i),
				Message: fmt.Sprintf("there is no stage %q: the robot will fail", to.stage), Data: map[string]any{"stage": to.stage}})
		}
	}
	return out, nil
}

// add reads the robots of a board, and the triggers that their changes of fields set off.
func (w ways) add(p crm.Pipeline, b stored) {
	place := func(stage string) int {
		return slices.IndexFunc(p.Stages, func(s crm.Stage) bool { return s.ID == stage })
	}
	for _, c := range b.Stages {
		from := spot{p.ID, c.Stage}
		for i, r := range c.Robots {
			if r.Disabled {
				continue
			}
			if to, moves := r.target(p.ID); moves && to != from {
				w[from] = append(w[from], way{to: to, certain: atOnce(c.Robots[:i+1]), robot: i})
			}
			changes := r.changes()
			for _, o := range b.Stages {
				hears := func(t trigger.Trigger) bool {
					return !t.Disabled && (t.AllowBack || place(o.Stage) > place(c.Stage)) && t.HearsRobots(changes)
				}
				if o.Stage != c.Stage && len(changes) > 0 && slices.ContainsFunc(o.Triggers, hears) {
					w[from] = append(w[from], way{to: spot{p.ID, o.Stage}, robot: i})
				}
			}
		}
	}
}

// target is the stage to which a robot moves its own record, false when it moves
// none or finds out where to while it runs.
func (r Robot) target(pipeline string) (spot, bool) {
	var config struct {
		Pipeline any `json:"pipeline"`
		Stage    any `json:"stage"`
	}
	if r.Robot != "record.setStage" || json.Unmarshal(r.Config, &config) != nil {
		return spot{}, false
	}
	stage, named := config.Stage.(string)
	if other, is := config.Pipeline.(string); is && other != "" {
		pipeline = other
	} else if config.Pipeline != nil && !is {
		return spot{}, false
	}
	return spot{pipeline, stage}, named && stage != ""
}

// changes are the fields that a robot writes.
func (r Robot) changes() []string {
	switch r.Robot {
	case "record.setResponsible":
		return []string{"responsible"}
	case "record.setFields":
		var config struct {
			Fields []struct {
				Field string `json:"field"`
			} `json:"fields"`
		}
		if json.Unmarshal(r.Config, &config) != nil {
			return nil
		}
		var names []string
		for _, f := range config.Fields {
			names = append(names, f.Field)
		}
		return names
	}
	return nil
}

// atOnce tells whether the last of these robots runs for every record as soon as it
// comes to the stage.
func atOnce(robots []Robot) bool {
	last := len(robots) - 1
	if robots[last].When != "" {
		return false
	}
	for i := last; i >= 0; i-- {
		r := robots[i]
		if !r.Disabled {
			if r.Timing.WorkingTime != nil || i < last && (slices.Contains(human, r.Robot) || slices.Contains(waits, r.Robot)) {
				return false
			}
			if r.Timing.Mode != AfterPrevious {
				return r.Timing.Mode == Immediate
			}
		}
	}
	return true
}

// back is the shortest way from the end of a way to where it began, both included;
// one without conditions and waits before all others.
func (w ways) back(from spot, first way) (round []spot, certain bool) {
	for _, certain := range []bool{true, false} {
		if certain && !first.certain {
			continue
		}
		before := map[spot]spot{first.to: first.to}
		for queue := []spot{first.to}; len(queue) > 0; queue = queue[1:] {
			at := queue[0]
			if at == from {
				for ; at != first.to; at = before[at] {
					round = append(round, at)
				}
				round = append(round, first.to)
				slices.Reverse(round)
				return round, certain
			}
			for _, next := range w[at] {
				if _, seen := before[next.to]; !seen && (next.certain || !certain) {
					before[next.to] = at
					queue = append(queue, next.to)
				}
			}
		}
	}
	return nil, false
}

// names tells a way by the names of its stages, with the pipeline where it is another.
func (s *Service) names(ctx context.Context, p crm.Pipeline, round []spot) (string, error) {
	var names []string
	for _, at := range round {
		of := p
		if at.pipeline != p.ID {
			var err error
			if of, err = s.Records.Pipeline(ctx, at.pipeline); gone(err) {
				of = crm.Pipeline{Name: at.pipeline}
			} else if err != nil {
				return "", err
			}
		}
		name := at.stage
		if stage, is := of.Stage(at.stage); is {
			name = stage.Name
		}
		if at.pipeline != p.ID {
			name = of.Name + ": " + name
		}
		names = append(names, name)
	}
	return strings.Join(names, " → "), nil
}
