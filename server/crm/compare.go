package crm

import (
	"context"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/server/crm/field"
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
		return out, s.notMerged(ctx, recordType)
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
		if slices.ContainsFunc(out.Records, func(r ComparedRecord) bool { return r.ID == actual.ID }) {
			return out, problem.Invalid("query.id/"+strconv.Itoa(i), "named_twice", "")
		}
		one := ComparedRecord{ID: actual.ID, CreatedAt: actual.CreatedAt, Values: map[string]any{}}
		if one.Title, err = s.Title(ctx, recordType, id); err != nil {
			return out, err
		}
		out.Records = append(out.Records, one)
	}
	for _, f := range of.describe().Fields {
		if f.Type == field.Booking {
			continue // there is nothing to choose: the record that stays has them all
		}
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

// notMerged tells of a type that is not merged apart from one that is not there.
func (s *Service) notMerged(ctx context.Context, recordType string) error {
	if _, err := s.shape(ctx, recordType); err != nil {
		return err
	}
	return problem.New("not_merged", "type", recordType)
}
