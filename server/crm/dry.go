package crm

import "context"

// CheckContact tells what saving a new contact would refuse; nothing is stored.
func (s *Service) CheckContact(ctx context.Context, c Contact) error {
	return s.readyContact(ctx, &c, Contact{})
}

// CheckCompany tells what saving a new company would refuse; nothing is stored.
func (s *Service) CheckCompany(ctx context.Context, c Company) error {
	return s.readyCompany(ctx, &c, Company{})
}

// CheckRecord tells what adding a record would refuse; nothing is stored.
func (s *Service) CheckRecord(ctx context.Context, by Change, recordType, pipelineID, stageID string, p RecordPatch) error {
	_, _, _, err := s.readyRecord(ctx, by, recordType, pipelineID, stageID, p)
	return err
}
