package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// StageKind tells what reaching a stage means.
type StageKind string

// The kinds of stages; success and failure end the way of a record.
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
	Key    string  `json:"key"`
	Name   string  `json:"name"`
	Type   string  `json:"type" doc:"record type"`
	Stages []Stage `json:"stages"`
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

// Pipelines lists the pipelines of a record type, or all, by key.
func (s *Service) Pipelines(ctx context.Context, recordType string) ([]Pipeline, error) {
	all, err := s.pipelines.All(ctx, docstore.Query{}, 1000)
	if err != nil {
		return nil, fmt.Errorf("list pipelines: %w", err)
	}
	found := all[:0]
	for _, p := range all {
		if p = p.typed(); recordType == "" || p.Type == recordType {
			found = append(found, p)
		}
	}
	return found, nil
}

// typed gives a pipeline its type; those of former releases have none and are of deals.
func (p Pipeline) typed() Pipeline {
	if p.Type == "" {
		p.Type = TypeDeal
	}
	return p
}

// Pipeline reads one pipeline.
func (s *Service) Pipeline(ctx context.Context, id string) (Pipeline, error) {
	p, err := s.pipelines.Get(ctx, id)
	return p.typed(), named(err, "pipeline "+id)
}

// CreatePipeline adds a pipeline under its key.
func (s *Service) CreatePipeline(ctx context.Context, by Change, p Pipeline) (Pipeline, error) {
	p.Entity = docstore.Entity{ID: p.Key}
	if !keyForm.MatchString(p.Key) {
		return p, problem.Invalid("/key", "bad_key", "use lower-case letters, digits and hyphens, at most 40")
	}
	if _, err := s.staged(ctx, p.Type); err != nil {
		return p, missing(err, "/type", "there is no such record type with stages")
	}
	if err := p.check(); err != nil {
		return p, err
	}
	event, err := by.event("pipeline.created", edit{After: p})
	if err != nil {
		return p, err
	}
	if s.cleared != nil {
		if err := s.cleared(ctx, p.ID, by.Actor); err != nil {
			return p, fmt.Errorf("clear the key %s: %w", p.ID, err)
		}
	}
	saved, err := s.pipelines.Save(ctx, p, event)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return p, problem.New("exists", "what", "A pipeline with the key "+p.Key).Because(err)
	}
	return saved, err
}

// AddPipeline adds a pipeline, of deals when it has no type: without stages with those of a first
// one, in words of a language, and without a key under one made from its name.
func (s *Service) AddPipeline(ctx context.Context, by Change, p Pipeline, language string) (Pipeline, error) {
	p = p.typed()
	if len(p.Stages) == 0 {
		p.Stages = stagesIn(p.Type, language)
	}
	if p.Key != "" {
		return s.CreatePipeline(ctx, by, p)
	}
	base := keyOf(p.Name)
	for n := 1; ; n++ {
		if p.Key = base; n > 1 {
			p.Key = base + "-" + strconv.Itoa(n)
		}
		saved, err := s.CreatePipeline(ctx, by, p)
		if n == 1000 || !isProblem(err, "exists") {
			return saved, err
		}
	}
}

// keyOf makes a key of the letters and digits of a name that keys know.
func keyOf(name string) string {
	key := strings.Trim(strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "-"), "-")
	if key == "" || key[0] < 'a' {
		key = strings.Trim("pipeline-"+key, "-")
	}
	return strings.Trim(key[:min(len(key), 35)], "-")
}

// DeletePipeline removes a pipeline that holds no records, none in the bin either:
// those could not be put back.
func (s *Service) DeletePipeline(ctx context.Context, by Change, id string, rev int64) error {
	p, err := s.Pipeline(ctx, id)
	if err != nil {
		return err
	}
	if rev != 0 && rev != p.Rev {
		return problem.Stale(p)
	}
	n, err := s.records.Count(ctx, docstore.Filter{Path: "pipelineId", Op: docstore.Eq, Value: id})
	if err != nil {
		return fmt.Errorf("count records of pipeline %s: %w", id, err)
	}
	if n > 0 {
		return problem.New("pipeline_in_use", "count", strconv.FormatInt(n, 10))
	}
	event, err := by.event("pipeline.deleted", edit{Before: p})
	if err != nil {
		return err
	}
	err = s.pipelines.Delete(ctx, id, p.Rev, event)
	if errors.Is(err, docstore.ErrConflict) {
		return problem.Stale(p)
	}
	if err != nil {
		return named(err, "pipeline "+id)
	}
	// A record that was added between the count and the deletion keeps its pipeline.
	if n, err = s.records.Count(ctx, docstore.Filter{Path: "pipelineId", Op: docstore.Eq, Value: id}); err != nil {
		return fmt.Errorf("count records of pipeline %s: %w", id, err)
	}
	if n == 0 {
		return nil
	}
	if err := s.keepPipeline(ctx, by, p); err != nil {
		return err
	}
	return problem.New("pipeline_in_use", "count", strconv.FormatInt(n, 10))
}

// HoldsRecords tells whether a pipeline has records, in the bin or not.
func (s *Service) HoldsRecords(ctx context.Context, pipeline string) (bool, error) {
	n, err := s.records.Count(ctx, docstore.Filter{Path: "pipelineId", Op: docstore.Eq, Value: pipeline})
	if err != nil {
		return false, fmt.Errorf("count records of pipeline %s: %w", pipeline, err)
	}
	return n > 0, nil
}

// keepPipeline puts a pipeline back that was deleted while a record was added.
// Both sides look after their write, so that whoever is last sees the other.
func (s *Service) keepPipeline(ctx context.Context, by Change, p Pipeline) error {
	_, err := s.Pipeline(ctx, p.ID)
	if err == nil || !isProblem(err, "not_found") {
		return err
	}
	p.Rev = 0
	// That it has a past tells those who follow pipelines that it is no new one.
	event, err := by.event("pipeline.created", edit{Before: p, After: p})
	if err != nil {
		return err
	}
	_, err = s.pipelines.Save(ctx, p, event)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return nil
	}
	return err
}

// UpdatePipeline replaces name and stages. A stage that still holds records
// cannot be removed.
func (s *Service) UpdatePipeline(ctx context.Context, by Change, id string, rev int64, name string, stages []Stage) (Pipeline, error) {
	p, err := s.Pipeline(ctx, id)
	if err != nil {
		return p, err
	}
	if rev != 0 && rev != p.Rev {
		return p, problem.Stale(p)
	}
	stored := p
	p.Name, p.Stages = name, stages
	if err := p.check(); err != nil {
		return p, err
	}
	if stage, n, err := s.occupied(ctx, stored, p); err != nil || n > 0 {
		return p, cmp.Or(err, stageInUse(stage, n))
	}
	if err := s.unused(ctx, stored, p); err != nil {
		return p, err
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
	if err != nil {
		return p, err
	}
	// A record that was put on a stage between the count and the removal keeps it.
	var refused error
	for {
		stage, n, err := s.occupied(ctx, stored, saved)
		if err != nil || n == 0 {
			return saved, cmp.Or(err, refused)
		}
		refused = stageInUse(stage, n)
		if err := s.keepStage(ctx, by, id, stage, stored.position(stage.ID)); err != nil {
			return saved, err
		}
		if saved, err = s.Pipeline(ctx, id); err != nil {
			return saved, err
		}
	}
}
