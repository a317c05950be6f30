package crm

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// DealsWith pages the ids of the deals that show data of a record: a company or a
// contact. Of another type, and of one that no deal names, there are none.
func (s *Service) DealsWith(ctx context.Context, recordType, id, cursor string) (ids []string, next string, err error) {
	var path string
	switch recordType {
	case "company":
		path = "companyId"
	case "contact":
		path = "contactId"
	default:
		return nil, "", nil
	}
	deals, next, err := s.deals.Find(ctx, docstore.Query{
		Filters: []docstore.Filter{alive, {Path: path, Op: docstore.Eq, Value: id}}, Limit: docstore.MaxLimit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("find deals with %s %s: %w", recordType, id, err)
	}
	for i := range deals {
		ids = append(ids, deals[i].ID)
	}
	return ids, next, nil
}
