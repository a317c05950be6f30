package crm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// DuplicateGroup are records of a type that are known by the same address, number or name.
type DuplicateGroup struct {
	Key string `json:"key"`
	// By is the way in which they agree, Value what they agree in.
	By      string  `json:"by" enum:"email,phone,taxId,name"`
	Value   string  `json:"value"`
	Records []Match `json:"records"`
}

// dismissed keeps that records which agree in something are no duplicates.
type dismissed struct {
	docstore.Entity
	IDs []string `json:"ids"`
}

func dismissedID(recordType, key string) string {
	sum := sha256.Sum256([]byte(recordType + "\x00" + key))
	return hex.EncodeToString(sum[:16])
}

// keyPrefixes are the beginnings of match keys by the ways of agreeing, in the order
// in which groups are listed.
func keyPrefixes(recordType, by string) ([]string, error) {
	if !hasKeys(recordType) {
		return nil, problem.NotFound("record type " + recordType)
	}
	all := map[string][]string{ByEmail: {"e:"}, ByPhone: {"l:", "p:"}, ByTaxID: {"x:"}, ByName: {"n:"}, "": {"e:", "l:", "n:", "p:", "x:"}}
	prefixes, known := all[by]
	if !known {
		return nil, problem.Invalid("query.by", "one_of", "email, phone, taxId, name")
	}
	return prefixes, nil
}

// Duplicates pages the groups of records of a type that agree in something; by "" for
// all ways. A group of which fewer than two are visible is none.
func (s *Service) Duplicates(ctx context.Context, recordType, by string, visible *docstore.Filter, limit int, cursor string) ([]DuplicateGroup, string, error) {
	prefixes, err := keyPrefixes(recordType, by)
	if err != nil {
		return nil, "", err
	}
	out := []DuplicateGroup{}
	looked := 0
	for _, prefix := range prefixes {
		if cursor >= prefix+string(rune(0x10FFFF)) {
			continue
		}
		after := ""
		if strings.HasPrefix(cursor, prefix) {
			after = cursor
		}
		for {
			keys, err := s.collection(recordType).Shared(ctx, "keys", prefix, after, limit)
			if err != nil {
				return nil, "", err
			}
			for _, key := range keys {
				after = key
				g, err := s.duplicates(ctx, recordType, key, visible)
				if err != nil {
					return nil, "", err
				}
				if len(g.Records) > 1 {
					out = append(out, g)
				}
				const most = 1000 // groups that nobody may see are not looked through without end
				if looked++; len(out) == limit || looked == most {
					return out, key, nil
				}
			}
			if len(keys) < limit {
				break
			}
		}
	}
	return out, "", nil
}

// duplicates are those who share a key, the oldest first.
func (s *Service) duplicates(ctx context.Context, recordType, key string, visible *docstore.Filter) (DuplicateGroup, error) {
	_, value, _ := strings.Cut(key, ":")
	g := DuplicateGroup{Key: key, By: keyKind(key), Value: value}
	if strings.HasPrefix(key, "p:") {
		g.Value = "+" + value
	}
	found, err := s.holdersSeen(ctx, []string{recordType}, []string{key}, visible)
	if err != nil || len(found) < 2 {
		return g, err
	}
	no, err := s.noDuplicates.Get(ctx, dismissedID(recordType, key))
	if err == nil && !slices.ContainsFunc(found, func(m Match) bool { return !slices.Contains(no.IDs, m.ID) }) {
		return g, nil
	}
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return g, err
	}
	g.Records = found
	return g, nil
}

// Dismiss notes that records which agree in a key are no duplicates, until another
// one joins them.
func (s *Service) Dismiss(ctx context.Context, by Change, recordType, key string, visible *docstore.Filter) error {
	if _, err := keyPrefixes(recordType, ""); err != nil {
		return err
	}
	g, err := s.duplicates(ctx, recordType, key, visible)
	if err != nil || len(g.Records) < 2 {
		return err
	}
	ids := make([]string, len(g.Records))
	for i, m := range g.Records {
		ids[i] = m.ID
	}
	event, err := by.event("duplicates.dismissed", edit{After: map[string]any{"name": g.Value, "type": recordType}})
	if err != nil {
		return err
	}
	for {
		d, err := s.noDuplicates.Get(ctx, dismissedID(recordType, key))
		if errors.Is(err, docstore.ErrNotFound) {
			d = dismissed{Entity: docstore.Entity{ID: dismissedID(recordType, key)}}
		} else if err != nil {
			return err
		}
		d.IDs = ids
		_, err = s.noDuplicates.Save(ctx, d, event)
		if !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrExists) {
			return err
		}
	}
}
