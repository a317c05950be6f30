package crm

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Ref names a record of any type.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// RecordsWith pages the staged records that show data of another one: of a company
// or a contact. Of another type, and of one that nothing names, there are none.
func (s *Service) RecordsWith(ctx context.Context, recordType, id, cursor string) (found []Ref, next string, err error) {
	var path string
	switch recordType {
	case TypeCompany:
		path = "companyId"
	case TypeContact:
		path = "contactId"
	default:
		return nil, "", nil
	}
	records, next, err := s.records.Find(ctx, docstore.Query{
		Filters: []docstore.Filter{alive, {Path: path, Op: docstore.Eq, Value: id}}, Limit: docstore.MaxLimit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("find records with %s %s: %w", recordType, id, err)
	}
	for i := range records {
		found = append(found, Ref{records[i].Type, records[i].ID})
	}
	return found, next, nil
}
