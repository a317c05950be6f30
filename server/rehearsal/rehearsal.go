// Package rehearsal plays scenarios of process definitions with the records,
// people and definitions of this installation: they are read, and nothing is
// changed or sent.
package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/resolve"
)

// Limits of one request.
const (
	MaxScenarios = 200
	limit        = 20 * time.Second // for all scenarios together
	// maxRecords is for all scenarios together: a request may name a long one often.
	maxRecords = 100_000
)

// Options are what a Service needs.
type Options struct {
	Definitions *definition.Service
	Check       definition.Checker
	Facts       resolve.Options
	Log         *slog.Logger
}

// Service plays scenarios. Safe for concurrent use once its Options are set.
type Service struct{ Options }

// Request asks for rehearsals. Without a process and with version 0 the draft is
// played; without scenarios, its own.
type Request struct {
	Version   int               `json:"version,omitempty" minimum:"0" doc:"a published version; 0 = the draft"`
	Process   json.RawMessage   `json:"process,omitempty" doc:"a definition that is not saved"`
	Scenarios []json.RawMessage `json:"scenarios,omitempty" maxItems:"200" doc:"format fluxo/scenario@1; absent = those of the definition"`
}

// Report is what came of them.
type Report struct {
	Results []rehearsal.Result `json:"results"`
	Passed  int                `json:"passed"`
	Failed  int                `json:"failed"`
}

// See refuses records that the person of a request may not read.
type See func(ctx context.Context, recordType, id string) error

// Play plays scenarios of a definition. What see refuses is as if it were not
// there; nil refuses nothing.
func (s *Service) Play(ctx context.Context, key string, r Request, see See) (Report, error) {
	process := r.Process
	if process == nil {
		var err error
		if process, err = s.process(ctx, key, r.Version); err != nil {
			return Report{}, err
		}
	}
	def, g, err := s.compile(process)
	if err != nil {
		return Report{}, err
	}
	scenarios := r.Scenarios
	if scenarios == nil {
		scenarios = def.Scenarios
	}
	if len(scenarios) == 0 {
		scenarios = []json.RawMessage{[]byte("{}")}
	}
	var out Report
	records := 0
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for i, raw := range scenarios {
		result, err := s.one(ctx, def, g, raw, see)
		if errors.Is(err, rehearsal.ErrScenario) {
			return Report{}, problem.Invalid(fmt.Sprintf("/scenarios/%d", i), "format", err.Error())
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return Report{}, problem.New("action_refused", "why", fmt.Sprintf("the rehearsals took longer than %s; scenario %d was under way", limit, i+1))
		}
		if err != nil {
			return Report{}, err
		}
		if records += len(result.Records); records > maxRecords {
			return Report{}, problem.New("action_refused", "why", fmt.Sprintf("the rehearsals have more than %d records; scenario %d was under way", maxRecords, i+1))
		}
		out.Results = append(out.Results, result)
		if result.Passed() {
			out.Passed++
		} else {
			out.Failed++
		}
	}
	return out, nil
}

func (s *Service) process(ctx context.Context, key string, version int) (json.RawMessage, error) {
	if version > 0 {
		return s.Definitions.Process(ctx, key, version)
	}
	d, err := s.Definitions.Get(ctx, key)
	return d.Draft, err
}

func (s *Service) compile(process json.RawMessage) (*graph.Definition, *graph.Graph, error) {
	def, err := graph.Parse(process)
	if err != nil {
		var shape *graph.DecodeError
		if errors.As(err, &shape) {
			return nil, nil, problem.New("findings").With("findings", shape.Problems)
		}
		return nil, nil, problem.Invalid("/process", "format", err.Error())
	}
	g, findings := s.Check(def)
	if g == nil {
		return nil, nil, problem.New("findings").With("findings", findings)
	}
	return def, g, nil
}

func (s *Service) one(ctx context.Context, def *graph.Definition, g *graph.Graph, raw json.RawMessage, see See) (rehearsal.Result, error) {
	scenario, err := rehearsal.Parse(raw)
	if err != nil {
		return rehearsal.Result{}, err
	}
	facts := s.Facts
	if see != nil {
		facts.Records = guarded{facts.Records, see}
	}
	records := &overlay{Records: facts.Records}
	if scenario.Start != nil && scenario.Start.Record != nil {
		records.record = scenario.Start.Record
		facts.Records = records
	}
	if len(scenario.People) > 0 {
		facts.Directory = crowd{Directory: facts.Directory, people: scenario.People}
	}
	if scenario.Zone == "" && facts.Zone != nil {
		scenario.Zone = facts.Zone.String()
	} else if zone, err := time.LoadLocation(scenario.Zone); err == nil {
		facts.Zone = zone
	}
	world := resolve.New(facts)
	result, err := rehearsal.Play(ctx, []rehearsal.Definition{{Key: def.Key, Name: def.Name, Graph: g}}, scenario,
		rehearsal.Options{Facts: world, Resolver: world, Logger: s.Log, Find: definition.Finder(s.Definitions), Change: records.change})
	if err != nil || result.Record == nil {
		return result, err
	}
	recordType, _ := result.Record["type"].(string)
	id, _ := result.Record["id"].(string)
	result.Record, err = facts.Records.View(ctx, recordType, id)
	return result, err
}

// Findings plays the scenarios of a process and tells of those that fail.
func (s *Service) Findings(ctx context.Context, process json.RawMessage) ([]graph.Finding, error) {
	def, err := graph.Parse(process)
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	if len(def.Scenarios) == 0 {
		return nil, nil
	}
	report, err := s.Play(ctx, def.Key, Request{Process: process}, nil)
	var p *problem.Problem
	if errors.As(err, &p) {
		return []graph.Finding{finding(0, "", p.Error())}, nil
	}
	if err != nil {
		return nil, err
	}
	var out []graph.Finding
	for i, r := range report.Results {
		if !r.Passed() {
			name := r.Scenario
			if name == "" {
				name = fmt.Sprint(i + 1)
			}
			out = append(out, finding(i, name, r.Failures[0].Message))
		}
	}
	return out, nil
}

func finding(i int, name, why string) graph.Finding {
	return graph.Finding{Code: "scenario_failed", Severity: graph.Warning, Path: fmt.Sprintf("/scenarios/%d", i),
		Message: fmt.Sprintf("the scenario %q fails: %s", name, why), Remedy: "rehearse it, and correct the process or what the scenario expects",
		Data: map[string]any{"scenario": name, "problem": why}}
}

// guarded gives only the records that somebody may read.
type guarded struct {
	resolve.Records
	see See
}

// View implements resolve.Records.
func (g guarded) View(ctx context.Context, recordType, id string) (map[string]any, error) {
	if err := g.see(ctx, recordType, id); err != nil {
		return nil, err
	}
	return g.Records.View(ctx, recordType, id)
}

// overlay lays the fields of the scenario's record over the real one, and then
// what its steps change.
type overlay struct {
	resolve.Records
	record  map[string]any
	changes []map[string]any
}

func (o *overlay) change(patch map[string]any) { o.changes = append(o.changes, patch) }

// View implements resolve.Records.
func (o *overlay) View(ctx context.Context, recordType, id string) (map[string]any, error) {
	if o.record["type"] != recordType || o.record["id"] != id {
		return o.Records.View(ctx, recordType, id)
	}
	view, err := o.Records.View(ctx, recordType, id)
	var p *problem.Problem
	switch {
	case err == nil:
		view = maps.Clone(view)
	case errors.As(err, &p) && p.Status() < 500:
		view = map[string]any{} // the scenario makes the record up
	default:
		return nil, err
	}
	maps.Copy(view, o.record)
	for _, patch := range o.changes {
		view = rehearsal.Merge(view, patch)
	}
	return view, nil
}
