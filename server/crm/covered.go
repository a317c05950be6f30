package crm

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Records keep the names of their clients, so that lists are searched and ordered by
// them. For a reader who may not see every client these names do not count, or a
// guess of one could be confirmed: words mean the clients that the reader sees, and
// there is no order by the others.

// mostNamed bounds how many visible clients words can mean.
const mostNamed = 1000

// clientPaths are where records keep which client they have.
var clientPaths = []struct{ recordType, path string }{{TypeContact, "contactId"}, {TypeCompany, "companyId"}}

// covered is a field of lists as the reader may use it.
func (r Reader) covered(of shape, l ListField) ListField {
	if len(r.Clients) > 0 && !slices.Contains(partyTypes, of.ID) && (l.Key == "company" || l.Key == "contact") {
		l.Sorts, l.Why = false, "clients"
	}
	return l
}

// searched are the conditions that the words of a list make.
func (s *Service) searched(ctx context.Context, recordType string, q ListQuery) ([]docstore.Filter, error) {
	if len(docstore.Words(q.Text)) == 0 {
		return nil, nil
	}
	words := docstore.Filter{Op: docstore.Text, Value: q.Text}
	if len(q.Reader.Clients) == 0 || slices.Contains(partyTypes, recordType) {
		return []docstore.Filter{words}, nil
	}
	meant := []docstore.Filter{{Op: docstore.OwnText, Value: q.Text}}
	for _, c := range clientPaths {
		ids, err := s.clientsNamed(ctx, c.recordType, words, q.Reader)
		if err != nil {
			return nil, err
		}
		if len(ids) > 0 {
			meant = append(meant, is(c.path, docstore.In, ids))
		}
	}
	if len(meant) > 1 {
		return []docstore.Filter{anyOf(meant...)}, nil
	}
	return meant, nil
}

// clientsNamed are the visible clients of a type that words name.
func (s *Service) clientsNamed(ctx context.Context, recordType string, words docstore.Filter, r Reader) ([]string, error) {
	q := docstore.Query{Filters: []docstore.Filter{alive, words}, Limit: docstore.MaxLimit}
	if bounds, bound := r.Clients[recordType]; bound {
		q.Filters = append(q.Filters, bounds)
	}
	var ids []string
	for {
		page, err := s.collection(recordType).Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("find clients of type %s by words: %w", recordType, err)
		}
		for _, d := range page.Documents {
			ids = append(ids, d.ID)
		}
		if page.Next == "" || len(ids) >= mostNamed {
			return ids, nil
		}
		q.Cursor = page.Next
	}
}
