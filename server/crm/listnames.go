package crm

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/server/crm/field"
)

// RecordNames gives what people read for the ids in a page of records: of users,
// records and files in own fields, and of who added them.
func (s *Service) RecordNames(ctx context.Context, recordType string, records []Record) (map[string]string, error) {
	values := make([]map[string]any, len(records))
	out := map[string]string{}
	for i, r := range records {
		values[i] = r.Fields
		if name := s.name(r.CreatedBy); name != "" {
			out[r.CreatedBy] = name
		}
	}
	return out, s.namesIn(ctx, recordType, values, out)
}

// ContactNames gives the same of contacts, and the names of their companies.
func (s *Service) ContactNames(ctx context.Context, contacts []Contact) (map[string]string, error) {
	values := make([]map[string]any, len(contacts))
	var companies []string
	for i, c := range contacts {
		values[i] = c.Fields
		if c.CompanyID != "" {
			companies = append(companies, c.CompanyID)
		}
	}
	found, err := s.companies.GetMany(ctx, companies)
	if err != nil {
		return nil, fmt.Errorf("companies of contacts: %w", err)
	}
	out := map[string]string{}
	for _, c := range found {
		out[c.ID] = c.Name
	}
	return out, s.namesIn(ctx, TypeContact, values, out)
}

// CompanyNames gives the same of companies.
func (s *Service) CompanyNames(ctx context.Context, companies []Company) (map[string]string, error) {
	values := make([]map[string]any, len(companies))
	for i, c := range companies {
		values[i] = c.Fields
	}
	out := map[string]string{}
	return out, s.namesIn(ctx, TypeCompany, values, out)
}

// namesIn adds the names of what own fields point to, each looked up once.
func (s *Service) namesIn(ctx context.Context, recordType string, values []map[string]any, out map[string]string) error {
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return err
	}
	for _, f := range of.Fields {
		if f.Type != field.User && f.Type != field.Reference && f.Type != field.File && f.Type != field.Booking {
			continue
		}
		one := f
		one.Multiple = false
		for _, v := range values {
			for _, id := range each(v[f.Key]) {
				text, _ := id.(string)
				if _, known := out[text]; known || text == "" || !s.mayName(ctx, one, text) {
					continue
				}
				if name, ok := s.words(ctx, one, id).(string); ok {
					out[text] = name
				}
			}
		}
	}
	return nil
}
