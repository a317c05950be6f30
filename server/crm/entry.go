package crm

import (
	"context"
)

// Entry reads one entry of the story of a record.
func (s *Service) Entry(ctx context.Context, id string) (Entry, error) {
	e, err := s.timeline.Get(ctx, id)
	return e.Entry, named(err, "entry")
}

// CreateWith adds a record with values by the names of Fields. What was
// made under an effect is found by MadeBy, and a repeated creation gives it again.
func (s *Service) CreateWith(ctx context.Context, by Change, recordType, pipeline, stage string, values map[string]any) (id string, err error) {
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return "", err
	}
	patch, err := of.patch(values)
	if err != nil {
		return "", err
	}
	d, err := s.CreateRecord(ctx, by, recordType, pipeline, stage, patch)
	return d.ID, err
}
