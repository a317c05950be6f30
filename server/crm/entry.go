package crm

import "context"

// Entry reads one entry of the story of a record.
func (s *Service) Entry(ctx context.Context, id string) (Entry, error) {
	e, err := s.timeline.Get(ctx, id)
	return e, named(err, "entry")
}
