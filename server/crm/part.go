package crm

import (
	"context"
	"errors"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Part is what merging keeps of a record.
type Part struct {
	// MergedInto is the record that stands for this one since a merge, MergedBy that merge.
	MergedInto string `json:"mergedInto,omitempty"`
	MergedBy   string `json:"mergedBy,omitempty"`
	// KnownBy is what the one that went was known by.
	KnownBy []string `json:"knownBy,omitempty"`
	// Merged are the records that this one stands for, Also what they were known by.
	Merged []string `json:"merged,omitempty"`
	Also   []string `json:"also,omitempty"`
}

// also adds what the parts of a record were known by to its keys.
func (p Part) also(keys []string) []string {
	for _, key := range p.Also {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// maxMerged bounds the way to the record that stands for another one.
const maxMerged = 20

// standing reads a document, or the one that stands for it since a merge.
func standing[T any](ctx context.Context, of docstore.Typed[T], id string, look func(T) (Part, bool)) (T, error) {
	for range maxMerged {
		v, err := of.Get(ctx, id)
		if err != nil {
			return v, err
		}
		p, there := look(v)
		if there {
			return v, nil
		}
		if p.MergedInto == "" {
			return v, docstore.ErrNotFound
		}
		id = p.MergedInto
	}
	var none T
	return none, docstore.ErrNotFound
}

// Standing gives the id and the title of a record, or of the one that stands for it
// since a merge.
func (s *Service) Standing(ctx context.Context, recordType, id string) (standing, title string, err error) {
	switch recordType {
	case TypeContact:
		c, err := s.contact(ctx, id)
		return c.ID, c.Name, err
	case TypeCompany:
		c, err := s.company(ctx, id)
		return c.ID, c.Name, err
	case TypeProduct:
		p, err := s.Product(ctx, id)
		return p.ID, p.Name, err
	}
	d, err := s.Record(ctx, recordType, id)
	return d.ID, d.Title, err
}

// Aliases are the ids under which a record is known: its own and those of the
// records that were merged into it.
func (s *Service) Aliases(ctx context.Context, recordType, id string) ([]string, error) {
	out := []string{id}
	for i := 0; i < len(out) && len(out) < 200; i++ {
		var p Part
		var err error
		switch recordType {
		case TypeContact:
			var c Contact
			c, err = s.contacts.Get(ctx, out[i])
			p = c.Part
		case TypeCompany:
			var c Company
			c, err = s.companies.Get(ctx, out[i])
			p = c.Part
		default:
			var d storedRecord
			d, err = s.records.Get(ctx, out[i])
			p = d.Part
		}
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return nil, err
		}
		for _, merged := range p.Merged {
			if !slices.Contains(out, merged) {
				out = append(out, merged)
			}
		}
	}
	return out, nil
}
