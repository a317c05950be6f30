package run

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Live is what changes on a run's page while the run goes on: a Detail without
// what stays, and without what belongs to the record.
type Live struct {
	Summary
	Variables  map[string]any        `json:"variables"`
	NodeStates map[string]*NodeState `json:"nodeStates"`
	FlowsTaken map[string]int        `json:"flowsTaken"`
	Waits      []Wait                `json:"waits"`
	Incidents  []Incident            `json:"incidents"`
	Seq        int64                 `json:"seq"`
	Problem    string                `json:"problem,omitempty"`
}

// Live reads what a page that shows a run has to show now.
func (s *Service) Live(ctx context.Context, id string) (Live, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Live{}, err
	}
	v, _, err := s.live(ctx, r)
	return v, err
}

// live also gives the values of the start, which never change.
func (s *Service) live(ctx context.Context, r store.Run) (v Live, parameters map[string]any, err error) {
	all, err := s.summaries(ctx, []store.Run{r})
	if err != nil {
		return v, nil, err
	}
	v = Live{Summary: all[0], Variables: map[string]any{}, Problem: r.Problem}
	parameters = map[string]any{}
	if len(r.State) > 0 {
		if state, err := codec.Decode(r.State); err == nil {
			maps.Copy(v.Variables, state.Variables())
			maps.Copy(parameters, state.Parameters())
		} else if v.Problem == "" { // it is shown all the same, for it can be canceled
			v.Problem = err.Error()
		}
	}
	if v.Waits, err = s.waits(ctx, r); err != nil {
		return v, nil, err
	}
	p, err := s.picture(ctx, r, v.Waits)
	if err != nil {
		return v, nil, err
	}
	v.NodeStates, v.FlowsTaken, v.Incidents, v.Seq = p.NodeStates, p.FlowsTaken, p.Incidents, p.Seq
	return v, parameters, nil
}

// In is what the pages of a language are told: incidents are said in its words.
func (v Live) In(language string) Live {
	v.Incidents = slices.Clone(v.Incidents)
	Say(v.Incidents, language)
	return v
}

// Words puts records of a run into words of a language.
func (s *Service) Words(ctx context.Context, key string, version int, records []core.Record, language string) ([]Line, error) {
	nodes, err := s.stepsFor(ctx, key, version, language, records)
	if err != nil {
		return nil, err
	}
	return s.lines(ctx, nodes, records, language)
}

// stepsNear is how many versions around a run's own are looked through for a step.
const stepsNear = 20

// stepsFor are the steps that records tell of: those of a version, and those that
// another one had on which the run has been before a migration. History is told in
// the words of the version that made it.
func (s *Service) stepsFor(ctx context.Context, key string, version int, language string, records []core.Record) (map[string]step, error) {
	nodes, err := s.stepsOf(ctx, key, version, language)
	if err != nil {
		return nil, err
	}
	missing := map[string]bool{}
	for _, r := range records {
		if _, known := nodes[string(r.Node)]; r.Node != "" && !known {
			missing[string(r.Node)] = true
		}
	}
	if len(missing) == 0 {
		return nodes, nil
	}
	nodes = maps.Clone(nodes)
	for away := 1; away <= stepsNear && len(missing) > 0; away++ {
		for _, v := range []int{version - away, version + away} {
			if v < 1 {
				continue
			}
			other, err := s.stepsOf(ctx, key, v, language)
			if err != nil {
				continue // there is no such version: the step keeps its id
			}
			for id := range missing {
				if found, ok := other[id]; ok {
					nodes[id] = found
					delete(missing, id)
				}
			}
		}
	}
	return nodes, nil
}

// stepsKept bounds how many versions' steps are remembered.
const stepsKept = 100

// stepsOf are the steps of a version in words of a language; a version never changes.
func (s *Service) stepsOf(ctx context.Context, key string, version int, language string) (map[string]step, error) {
	name := fmt.Sprintf("%s/%d/%s", key, version, language)
	s.mu.Lock()
	known := s.steps[name]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	process, err := s.Definitions.Process(ctx, key, version)
	if err != nil {
		return nil, err
	}
	if known, err = steps(process, language); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) >= stepsKept {
		clear(s.steps)
	}
	s.steps[name] = known
	return known, nil
}

// Told is what a live page is told: a Live, or what is new in it. Members that
// stayed as they are are left out, an entry that is gone is null.
type Told struct {
	Kind  string `json:"kind" enum:"picture"`
	Whole bool   `json:"whole,omitempty" doc:"nothing of what was shown before stays"`
	Summary
	Variables  *map[string]any       `json:"variables,omitempty"`
	NodeStates map[string]*NodeState `json:"nodeStates,omitempty"`
	FlowsTaken map[string]*int       `json:"flowsTaken,omitempty"`
	Waits      *[]Wait               `json:"waits,omitempty"`
	Incidents  *[]Incident           `json:"incidents,omitempty"`
	Seq        int64                 `json:"seq"`
	Problem    string                `json:"problem"`
}

// Whole is what pages are told that show nothing yet.
func (v Live) Whole() Told { return v.Since(nil) }

// Since is what pages are told that show before, nil when nobody knows what they show.
func (v Live) Since(before *Live) Told {
	c := Told{Kind: "picture", Whole: before == nil, Summary: v.Summary, Seq: v.Seq, Problem: v.Problem,
		NodeStates: map[string]*NodeState{}, FlowsTaken: map[string]*int{}}
	if before == nil {
		before = &Live{}
	}
	for id, n := range v.NodeStates {
		if was, ok := before.NodeStates[id]; !ok || !reflect.DeepEqual(was, n) {
			c.NodeStates[id] = n
		}
	}
	for id := range before.NodeStates {
		if _, stays := v.NodeStates[id]; !stays {
			c.NodeStates[id] = nil
		}
	}
	for id, n := range v.FlowsTaken {
		if was, ok := before.FlowsTaken[id]; !ok || was != n {
			c.FlowsTaken[id] = &n
		}
	}
	for id := range before.FlowsTaken {
		if _, stays := v.FlowsTaken[id]; !stays {
			c.FlowsTaken[id] = nil
		}
	}
	if c.Whole || !reflect.DeepEqual(before.Variables, v.Variables) {
		c.Variables = &v.Variables
	}
	if c.Whole || !reflect.DeepEqual(before.Waits, v.Waits) {
		c.Waits = &v.Waits
	}
	if c.Whole || !reflect.DeepEqual(before.Incidents, v.Incidents) {
		c.Incidents = &v.Incidents
	}
	return c
}
