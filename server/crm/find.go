package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Probe is what is known of somebody or something that may be there already.
type Probe struct {
	Emails, Phones []string
	Name, TaxID    string
	SKU            string // of products
	// Visible bounds those that are found, nil for no bounds.
	Visible *docstore.Filter
	// Fields are own fields by key.
	Fields map[string]any
}

// Ways in which duplicates are found, beside the keys of own fields.
const (
	ByEmail = "email"
	ByPhone = "phone"
	ByName  = "name"
	ByTaxID = "taxId"
	BySKU   = "sku"
)

// Find gives the records of a type that agree with a probe in one of some ways, the
// earlier ways first, then the oldest first.
func (s *Service) Find(ctx context.Context, recordType string, p Probe, by []string) ([]Match, error) {
	if recordType == TypeProduct {
		return s.findProduct(ctx, p, by)
	}
	settings, err := s.ClientSettings(ctx)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, way := range by {
		switch way {
		case ByEmail:
			keys = append(keys, reach{emails: p.Emails}.wanted(settings.Country)...)
		case ByPhone:
			keys = append(keys, reach{phones: p.Phones}.wanted(settings.Country)...)
		case ByName:
			if key := nameKey(recordType, p.Name); key != "" {
				keys = append(keys, key)
			}
		case ByTaxID:
			if key := taxKey(p.TaxID); key != "" {
				keys = append(keys, key)
			}
		}
	}
	var out []Match
	if hasKeys(recordType) {
		if out, err = s.holdersSeen(ctx, []string{recordType}, keys, p.Visible); err != nil {
			return nil, err
		}
	} else if slices.Contains(by, ByName) && p.Name != "" {
		if out, err = s.titled(ctx, recordType, docstore.Filter{Path: "title", Op: docstore.Eq, Value: p.Name}, ByName, p.Visible); err != nil {
			return nil, err
		}
	}
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return nil, err
	}
	for _, way := range by {
		f, own := of.field(way)
		if !own || p.Fields[way] == nil {
			continue
		}
		value, mistake := f.Value(p.Fields[way])
		if mistake != nil {
			continue
		}
		for _, v := range each(value) {
			if _, composed := v.(map[string]any); composed {
				continue // amounts are no names
			}
			found, err := s.titled(ctx, recordType, docstore.Filter{Path: "fields." + way, Op: docstore.Eq, Value: v}, way, p.Visible)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(m Match) bool { had := seen[m.ID]; seen[m.ID] = true; return had }), nil
}

// hasKeys tells whether records of a type have match keys.
func hasKeys(recordType string) bool {
	return recordType == TypeContact || recordType == TypeCompany || recordType == TypeLead
}

// titled are the visible records of a type for which a condition holds.
func (s *Service) titled(ctx context.Context, recordType string, f docstore.Filter, way string, visible *docstore.Filter) ([]Match, error) {
	query := docstore.Query{Filters: []docstore.Filter{f, alive}, Limit: 20}
	if visible != nil {
		query.Filters = append(query.Filters, *visible)
	}
	var out []Match
	switch recordType {
	case TypeContact:
		found, _, err := s.contacts.Find(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("find contacts: %w", err)
		}
		for _, c := range found {
			out = append(out, Match{Ref: Ref{recordType, c.ID}, Name: c.Name, Email: c.Email, Phone: c.Phone, By: []string{way}, created: c.CreatedAt})
		}
	case TypeCompany:
		found, _, err := s.companies.Find(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("find companies: %w", err)
		}
		for _, c := range found {
			out = append(out, Match{Ref: Ref{recordType, c.ID}, Name: c.Name, Email: c.Email, Phone: c.Phone, By: []string{way}, created: c.CreatedAt})
		}
	default:
		query.Filters = append(query.Filters, docstore.Filter{Path: "type", Op: docstore.Eq, Value: recordType})
		found, _, err := s.records.Find(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("find records: %w", err)
		}
		for _, d := range found {
			out = append(out, Match{Ref: Ref{recordType, d.ID}, Name: d.Title, By: []string{way}, created: d.CreatedAt})
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int { return a.created.Compare(b.created.Time) })
	return out, nil
}

// taxKey is a tax number in the form in which two of them are compared.
func taxKey(text string) string {
	text = strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, text))
	if len(text) < 5 {
		return ""
	}
	return "x:" + text
}
