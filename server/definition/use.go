package definition

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// FieldUses lists the processes for a record type whose draft, or any of whose
// versions, names a field: a run may be on an old version still.
func (s *Service) FieldUses(ctx context.Context, recordType, key string) ([]crm.Use, error) {
	named := fieldNamed(key)
	var uses []crm.Use
	for q := (docstore.Query{Limit: docstore.MaxLimit}); ; {
		page, next, err := s.definitions.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("find processes that name %s: %w", key, err)
		}
		for _, d := range page {
			found, err := s.names(ctx, d, recordType, named)
			if err != nil {
				return nil, err
			}
			if found {
				uses = append(uses, crm.Use{Key: d.ID, Name: d.Name})
			}
		}
		if next == "" {
			return uses, nil
		}
		q.Cursor = next
	}
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
