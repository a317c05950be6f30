package definition

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// FieldUses lists the processes for a record type whose draft, or any of whose
// versions, names a field: a run may be on an old version still.
func (s *Service) FieldUses(ctx context.Context, recordType, key string) ([]crm.Use, error) {
	named := fieldNamed(key)
	var uses []crm.Use
	err := s.each(ctx, func(d definition) error {
		found, err := s.names(ctx, d, recordType, named)
		if found {
			uses = append(uses, crm.Use{Key: d.ID, Name: d.Name})
		}
		return err
	})
	return uses, err
}

// each visits every definition.
func (s *Service) each(ctx context.Context, visit func(definition) error) error {
	for q := (docstore.Query{Limit: docstore.MaxLimit}); ; {
		page, next, err := s.definitions.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("look through the processes: %w", err)
		}
		for _, d := range page {
			if err := visit(d); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.Cursor = next
	}
}

// StageUses finds the processes whose draft or published version begins at one of
// the stages or moves records there; which of the stages, and all its processes.
// What a stage board is compiled to belongs to its board and is left out.
func (s *Service) StageUses(ctx context.Context, pipeline string, stages []string) (string, []crm.Use, error) {
	found := map[string][]crm.Use{}
	err := s.each(ctx, func(d definition) error {
		if d.Board == pipeline {
			return nil
		}
		texts := []json.RawMessage{d.Draft}
		if d.Published > 0 && !d.Disabled {
			v, err := s.version(ctx, d.ID, d.Published)
			if err != nil {
				return err
			}
			texts = append(texts, v.Process)
		}
		for _, text := range texts {
			def, err := graph.Parse(text)
			if err != nil {
				continue // it runs no more
			}
			begins := slices.ContainsFunc(def.Nodes, func(n graph.NodeDefinition) bool { return n.Trigger != nil && n.Trigger.Pipeline == pipeline })
			for _, stage := range stages {
				if namesStage(def.Nodes, begins, pipeline, stage) && !slices.Contains(found[stage], crm.Use{Key: d.ID, Name: d.Name}) {
					found[stage] = append(found[stage], crm.Use{Key: d.ID, Name: d.Name})
				}
			}
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	for _, stage := range stages {
		if len(found[stage]) > 0 {
			return stage, found[stage], nil
		}
	}
	return "", nil, nil
}

// TemplateUses lists the processes whose draft or published version makes documents
// from a template. Runs on older versions meet an incident that names it.
func (s *Service) TemplateUses(ctx context.Context, key string) ([]crm.Use, error) {
	var uses []crm.Use
	err := s.each(ctx, func(d definition) error {
		texts := []json.RawMessage{d.Draft}
		if d.Published > 0 && !d.Disabled {
			v, err := s.version(ctx, d.ID, d.Published)
			if err != nil {
				return err
			}
			texts = append(texts, v.Process)
		}
		if slices.ContainsFunc(texts, func(text json.RawMessage) bool {
			def, err := graph.Parse(text)
			return err == nil && namesTemplate(def.Nodes, key) // what cannot be read runs no more
		}) {
			uses = append(uses, crm.Use{Key: d.ID, Name: d.Name})
		}
		return nil
	})
	return uses, err
}

func namesTemplate(nodes []graph.NodeDefinition, key string) bool {
	return slices.ContainsFunc(nodes, func(n graph.NodeDefinition) bool {
		var config struct {
			Template any `json:"template"`
		}
		if n.Robot == "document.generate" && json.Unmarshal(n.Config, &config) == nil && config.Template == key {
			return true
		}
		return namesTemplate(n.Nodes, key)
	})
}

// namesStage tells whether a step begins at a stage or puts records on it. Without
// a pipeline a step means that of its record; this one, when the process begins in
// it.
func namesStage(nodes []graph.NodeDefinition, begins bool, pipeline, stage string) bool {
	means := func(p, st string) bool { return st == stage && (p == pipeline || p == "" && begins) }
	return slices.ContainsFunc(nodes, func(n graph.NodeDefinition) bool {
		if n.Trigger != nil && n.Trigger.On == "stageEntered" && means(n.Trigger.Pipeline, n.Trigger.Stage) {
			return true
		}
		var config struct {
			Pipeline any `json:"pipeline"`
			Stage    any `json:"stage"`
		}
		if n.Robot != "" && json.Unmarshal(n.Config, &config) == nil {
			p, _ := config.Pipeline.(string)
			if st, _ := config.Stage.(string); st != "" && means(p, st) {
				return true
			}
		}
		return namesStage(n.Nodes, begins, pipeline, stage)
	})
}

func (s *Service) names(ctx context.Context, d definition, recordType string, named func(json.RawMessage) bool) (bool, error) {
	if d.AppliesTo == recordType && named(d.Draft) {
		return true, nil
	}
	for n := d.Published; n > 0; n-- {
		v, err := s.version(ctx, d.ID, n)
		if err != nil {
			return false, err
		}
		def, err := graph.Parse(v.Process)
		if err != nil {
			continue // it runs no more
		}
		if def.AppliesTo == recordType && named(v.Process) {
			return true, nil
		}
	}
	return false, nil
}

// fieldNamed finds a field of the record in the text of a process: in an
// expression or as a whole value, as robots and triggers name fields.
func fieldNamed(key string) func(json.RawMessage) bool {
	word := regexp.QuoteMeta(key) + `(Name)?`
	form := regexp.MustCompile(`record\s*\??\.\s*` + word + `\b|record\s*\[\s*(\\"|\')` + word + `(\\"|\')\s*\]|"` + word + `"`)
	return func(process json.RawMessage) bool { return form.Match(process) }
}
