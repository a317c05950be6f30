package crm

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// StageKind tells what reaching a stage means.
type StageKind string

// The kinds of stages; success and failure end the way of a deal.
const (
	Normal  StageKind = "normal"
	Success StageKind = "success"
	Failure StageKind = "failure"
)

// Stage is one position of a pipeline. ID is stable; the order is that of the list.
type Stage struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Color string    `json:"color"`
	Kind  StageKind `json:"kind"`
}

// Pipeline is an ordered list of stages for one record type. Its id is its key.
type Pipeline struct {
	docstore.Entity
	Key        string  `json:"key"`
	Name       string  `json:"name"`
	RecordType string  `json:"recordType"`
	Stages     []Stage `json:"stages"`
}

// Stage finds a stage by id.
func (p Pipeline) Stage(id string) (Stage, bool) {
	for _, s := range p.Stages {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}

var (
	keyForm   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	colorForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

func (p Pipeline) check() error {
	var c checker
	c.line("/name", p.Name, true)
	if len(p.Stages) > 50 {
		c.add("/stages", "too_many", "at most 50 stages; keep 5 to 9")
	}
	seen := map[string]bool{}
	kinds := map[StageKind]int{}
	for i, s := range p.Stages {
		at := pointer("stages", i)
		c.line(at+"/name", s.Name, true)
		if !keyForm.MatchString(s.ID) {
			c.add(at+"/id", "bad_key", "use lower-case letters, digits and hyphens, at most 40")
		}
		if seen[s.ID] {
			c.add(at+"/id", "duplicate", "another stage has the id %q", s.ID)
		}
		seen[s.ID] = true
		if s.Color != "" && !colorForm.MatchString(s.Color) {
			c.add(at+"/color", "bad_color", "write a color such as #1d5fd1")
		}
		switch s.Kind {
		case Normal, Success, Failure:
			kinds[s.Kind]++
		default:
			c.add(at+"/kind", "unknown_kind", "normal, success or failure")
		}
	}
	for _, kind := range []StageKind{Normal, Success, Failure} {
		if kinds[kind] == 0 {
			c.add("/stages", "stage_missing", "a pipeline needs at least one %s stage", kind)
		}
	}
	return c.err()
}

// Pipelines lists all pipelines by key.
func (s *Service) Pipelines(ctx context.Context) ([]Pipeline, error) {
	all, err := s.pipelines.All(ctx, docstore.Query{}, 1000)
	if err != nil {
		return nil, fmt.Errorf("list pipelines: %w", err)
	}
	return all, nil
}

// Pipeline reads one pipeline.
func (s *Service) Pipeline(ctx context.Context, id string) (Pipeline, error) {
	p, err := s.pipelines.Get(ctx, id)
	return p, named(err, "pipeline "+id)
}

// CreatePipeline adds a pipeline under its key.
func (s *Service) CreatePipeline(ctx context.Context, by Change, p Pipeline) (Pipeline, error) {
	p.Entity = docstore.Entity{ID: p.Key}
	if !keyForm.MatchString(p.Key) {
		return p, problem.Invalid("/key", "bad_key", "use lower-case letters, digits and hyphens, at most 40")
	}
	if err := p.check(); err != nil {
		return p, err
	}
	event, err := by.event("pipeline.created", edit{After: p})
	if err != nil {
		return p, err
	}
	return s.pipelines.Save(ctx, p, event)
}

// UpdatePipeline replaces name and stages. A stage that still holds deals
// cannot be removed.
func (s *Service) UpdatePipeline(ctx context.Context, by Change, id string, rev int64, name string, stages []Stage) (Pipeline, error) {
	p, err := s.Pipeline(ctx, id)
	if err != nil {
		return p, err
	}
	if rev != 0 && rev != p.Rev {
		return p, problem.Stale(p)
	}
	stored, before := p, p.Stages
	p.Name, p.Stages = name, stages
	if err := p.check(); err != nil {
		return p, err
	}
	for _, old := range before {
		if _, kept := p.Stage(old.ID); kept {
			continue
		}
		n, err := s.deals.Count(ctx, s.inStage(id, old.ID)...)
		if err != nil {
			return p, fmt.Errorf("count deals of stage %s: %w", old.ID, err)
		}
		if n > 0 {
			return p, problem.Invalid("/stages", "stage_in_use",
				fmt.Sprintf("the stage %q still holds %d deals; move them first", old.Name, n))
		}
	}
	event, err := by.event("pipeline.changed", edit{Before: stored, After: p})
	if err != nil {
		return p, err
	}
	saved, err := s.pipelines.Save(ctx, p, event)
	if errors.Is(err, docstore.ErrConflict) {
		current, err := s.Pipeline(ctx, id)
		if err != nil {
			return p, err
		}
		return p, problem.Stale(current)
	}
	return saved, err
}
