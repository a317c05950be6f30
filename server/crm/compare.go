package crm

import (
	"context"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Compared are records that may become one, with the fields in which they differ.
type Compared struct {
	Records []ComparedRecord `json:"records"`
	// Fields are in the order of a form.
	Fields []FieldInfo       `json:"fields"`
	Names  map[string]string `json:"names" doc:"how the ids among the values are called"`
}

// ComparedRecord is one of them.
type ComparedRecord struct {
	ID        string           `json:"id"`
	Title     string           `json:"title"`
	CreatedAt docstore.Instant `json:"createdAt"`
	Values    map[string]any   `json:"values" doc:"of the fields in which they differ"`
}

// Compare reads records of a type that may be merged, side by side.
func (s *Service) Compare(ctx context.Context, recordType string, ids []string) (Compared, error) {
	out := Compared{Records: []ComparedRecord{}, Fields: []FieldInfo{}, Names: map[string]string{}}
	if !hasKeys(recordType) {
		return out, problem.NotFound("record type " + recordType)
	}
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return out, err
	}
	all := make([]map[string]any, len(ids))
	for i, id := range ids {
		var actual docstore.Entity
		if all[i], actual, err = s.mergeable(ctx, recordType, id); err != nil {
			return out, err
		}
		one := ComparedRecord{ID: actual.ID, CreatedAt: actual.CreatedAt, Values: map[string]any{}}
		if one.Title, err = s.Title(ctx, recordType, id); err != nil {
			return out, err
		}
		out.Records = append(out.Records, one)
	}
	for _, f := range of.describe().Fields {
		if !slices.ContainsFunc(all, func(values map[string]any) bool { return !sameValue(values[f.Key], all[0][f.Key]) }) {
			continue
		}
		out.Fields = append(out.Fields, f)
		for i := range out.Records {
			out.Records[i].Values[f.Key] = all[i][f.Key]
		}
	}
	return out, s.callAll(ctx, recordType, all, out.Names)
}
