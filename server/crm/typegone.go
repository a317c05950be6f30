package crm

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Look is how an own record type is shown.
type Look struct {
	// Icon is the name of one of the symbols that the browser has.
	Icon  string `json:"icon,omitempty" maxLength:"40"`
	Color string `json:"color,omitempty" maxLength:"7" doc:"such as #1d5fd1"`
}

var iconForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (l Look) check(c *checker) {
	if l.Icon != "" && !iconForm.MatchString(l.Icon) {
		c.add("/icon", "bad_value", "the name of a symbol, such as briefcase")
	}
	if l.Color != "" && !colorForm.MatchString(l.Color) {
		c.add("/color", "bad_color", "write a color such as #1d5fd1")
	}
}

// DeleteType removes an own record type with its pipelines. It is refused while there
// are records of it, in the bin or not, and while fields of other types point to it or
// processes stand on its stages.
func (s *Service) DeleteType(ctx context.Context, by Change, key string, rev int64) error {
	of, err := s.shape(ctx, key)
	if err != nil {
		return err
	}
	if !of.Own {
		return problem.Invalid("/type", "bad_value", "this record type is part of every installation")
	}
	if rev != of.Rev {
		return problem.Stale(of.describe())
	}
	if err := s.typeUnused(ctx, key); err != nil {
		return err
	}
	pipelines, err := s.Pipelines(ctx, key)
	if err != nil {
		return err
	}
	for _, p := range pipelines {
		if s.usage == nil {
			break
		}
		stages := make([]string, len(p.Stages))
		for i, stage := range p.Stages {
			stages[i] = stage.ID
		}
		_, uses, err := s.usage.StageUses(ctx, p.ID, stages)
		if err != nil {
			return err
		}
		if len(uses) > 0 {
			return problem.New("in_use", "by", uses[0].Name).With("uses", uses)
		}
	}
	for _, p := range pipelines {
		if err := s.DeletePipeline(ctx, by, p.ID, p.Rev); err != nil {
			return err
		}
	}
	event, err := by.event("recordType.deleted", edit{Before: map[string]any{"name": of.Name, "key": key}})
	if err != nil {
		return err
	}
	err = s.shapes.Collection().Delete(ctx, key, of.Rev, event)
	if errors.Is(err, docstore.ErrConflict) {
		return problem.New("stale")
	}
	return named(err, "record type "+key)
}

// typeUnused refuses to delete a type that has records or that fields point to.
func (s *Service) typeUnused(ctx context.Context, key string) error {
	n, err := s.records.Count(ctx, docstore.Filter{Path: "type", Op: docstore.Eq, Value: key})
	if err != nil {
		return fmt.Errorf("count records of type %s: %w", key, err)
	}
	if n > 0 {
		return problem.New("record_type_in_use", "count", strconv.FormatInt(n, 10))
	}
	types, err := s.Types(ctx)
	if err != nil {
		return err
	}
	for _, other := range types {
		if other == key {
			continue
		}
		of, err := s.shape(ctx, other)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(of.Fields, func(f field.Field) bool { return f.Type == field.Reference && f.Target == key }); i >= 0 {
			return problem.New("in_use", "by", of.Fields[i].Label)
		}
	}
	return nil
}
