package activity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Forget takes a record that is gone for good out of the activities that are about
// it; those about nothing else go with it, told to nobody.
func (s *Service) Forget(ctx context.Context, r Ref) error {
	for {
		page, _, err := s.kept.Find(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "keys", Op: docstore.Contains, Value: r.String()}}, Limit: docstore.MaxLimit})
		if err != nil {
			return fmt.Errorf("activities of %s: %w", r, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, a := range page {
			a.Records = slices.DeleteFunc(a.Records, func(of Ref) bool { return of == r })
			if len(a.Records) == 0 {
				err = s.kept.Collection().Delete(ctx, a.ID, a.Rev)
			} else {
				a.index()
				_, err = s.kept.Save(ctx, a)
			}
			if err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
				return fmt.Errorf("forget %s in activity %s: %w", r, a.ID, err)
			}
		}
	}
}
