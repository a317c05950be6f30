package memstore

import (
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// takeOver gives the documents of a former collection to the new one. The caller
// holds mu.
func (s *Store) takeOver(spec docstore.Spec) error {
	if spec.Formerly == nil || s.collections[spec.Formerly.Name] == nil {
		return nil
	}
	old := s.collections[spec.Formerly.Name]
	if now := s.collections[spec.Name]; now != nil && len(now.docs) > 0 {
		return fmt.Errorf("the former collection %s and %s both hold documents", spec.Formerly.Name, spec.Name)
	}
	for id, e := range old.docs {
		body, err := docstore.With(e.doc.Body, spec.Formerly.With)
		if err != nil {
			return fmt.Errorf("document %s: %w", id, err)
		}
		e.doc.Body = body
		if e.tree, err = docstore.ParseBody(e.doc.Body); err != nil {
			return fmt.Errorf("document %s: %w", id, err)
		}
		old.docs[id] = e
	}
	for i := range s.pending {
		if s.pending[i].Collection == spec.Formerly.Name {
			s.pending[i].Collection = spec.Name
		}
	}
	s.collections[spec.Name] = old
	delete(s.collections, spec.Formerly.Name)
	return nil
}
