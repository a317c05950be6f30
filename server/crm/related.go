package crm

import (
	"context"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Ref names a record of any type.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// further begins the cursors of records that name a contact beside their primary one.
const further = "further:"

// RecordsWith pages the staged records that show data of another one: of a company
// or a contact, the primary one of a record or not. Of another type, and of one that
// nothing names, there are none. A first page without records is also the last.
func (s *Service) RecordsWith(ctx context.Context, recordType, id, cursor string) (found []Ref, next string, err error) {
	page := func(cursor string, filters ...docstore.Filter) (string, error) {
		records, next, err := s.records.Find(ctx, docstore.Query{Filters: append(filters, alive), Limit: docstore.MaxLimit, Cursor: cursor})
		if err != nil {
			return "", fmt.Errorf("find records with %s %s: %w", recordType, id, err)
		}
		for i := range records {
			found = append(found, Ref{records[i].Type, records[i].ID})
		}
		return next, nil
	}
	switch recordType {
	case TypeCompany:
		next, err = page(cursor, docstore.Filter{Path: "companyId", Op: docstore.Eq, Value: id})
		return found, next, err
	case TypeContact:
	default:
		return nil, "", nil
	}
	primary := docstore.Filter{Path: "contactId", Op: docstore.Eq, Value: id}
	rest, others := strings.CutPrefix(cursor, further)
	if !others {
		rest = ""
		if next, err = page(cursor, primary); err != nil || next != "" {
			return found, next, err
		}
	}
	// No index holds both, so those that name it otherwise come after the others.
	next, err = page(rest, docstore.Filter{Path: "contactIds", Op: docstore.Contains, Value: id},
		docstore.Filter{Op: docstore.NoneOf, Of: []docstore.Filter{primary}})
	if next != "" {
		next = further + next
	}
	return found, next, err
}
