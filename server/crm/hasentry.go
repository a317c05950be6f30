package crm

import "context"

// HasEntry tells whether a line of a story is there.
func (s *Service) HasEntry(ctx context.Context, id string) (bool, error) {
	_, err := s.Entry(ctx, id)
	if isProblem(err, "not_found") {
		return false, nil
	}
	return err == nil, err
}
