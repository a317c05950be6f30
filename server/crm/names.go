package crm

import "context"

// UserName names a user, also one whose account is closed; active tells which.
func (s *Service) UserName(id string) (name string, active bool) { return s.people.UserName(id) }

// FileName names a file that a field points to.
func (s *Service) FileName(ctx context.Context, id string) (name string, known bool, err error) {
	if s.files == nil {
		return "", false, nil
	}
	return s.files.FileName(ctx, id)
}
