package crm

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Binned reads a record in the bin.
func (s *Service) Binned(ctx context.Context, recordType, id string) (Record, error) {
	since, err := s.binSince(ctx)
	if err != nil {
		return Record{}, err
	}
	d, err := s.records.Get(ctx, id)
	if err == nil && (d.Type != recordType || !restorable(d.DeletedAt, since)) {
		err = docstore.ErrNotFound
	}
	return d.Record, named(err, recordType)
}

// RestoreContact takes a contact out of the bin.
func (s *Service) RestoreContact(ctx context.Context, by Change, id string) (Contact, error) {
	of, region, err := s.keysOf(ctx, TypeContact)
	if err != nil {
		return Contact{}, err
	}
	since, err := s.binSince(ctx)
	if err != nil {
		return Contact{}, err
	}
	_, err = s.contacts.Update(ctx, id, func(c *Contact) ([]docstore.Event, error) {
		if !restorable(c.DeletedAt, since) {
			return nil, docstore.ErrNotFound
		}
		c.DeletedAt, c.DeletedBy = docstore.Instant{}, ""
		c.Keys = c.keys(of, region)
		event, err := by.event("contact.restored", edit{After: *c})
		return []docstore.Event{event}, err
	})
	if err != nil {
		return Contact{}, named(err, "contact")
	}
	return s.Contact(ctx, id)
}

// RestoreCompany takes a company out of the bin.
func (s *Service) RestoreCompany(ctx context.Context, by Change, id string) (Company, error) {
	of, region, err := s.keysOf(ctx, TypeCompany)
	if err != nil {
		return Company{}, err
	}
	since, err := s.binSince(ctx)
	if err != nil {
		return Company{}, err
	}
	_, err = s.companies.Update(ctx, id, func(c *Company) ([]docstore.Event, error) {
		if !restorable(c.DeletedAt, since) {
			return nil, docstore.ErrNotFound
		}
		c.DeletedAt, c.DeletedBy = docstore.Instant{}, ""
		c.Keys = c.keys(of, region)
		event, err := by.event("company.restored", edit{After: *c})
		return []docstore.Event{event}, err
	})
	if err != nil {
		return Company{}, named(err, "company")
	}
	return s.Company(ctx, id)
}

// DeleteByEffect moves the record of a run to the bin; gone already is done.
func (s *Service) DeleteByEffect(ctx context.Context, by Change, recordType, id string) error {
	err := s.DeleteRecord(ctx, by, recordType, id, 0)
	if isProblem(err, "not_found") {
		known, typeErr := s.knows(ctx, recordType)
		if typeErr != nil || known {
			return typeErr
		}
	}
	return err
}

// MoveRecordTo moves a record to a stage of another pipeline of its type, "" for its own.
//
//
func (s *Service) MoveRecordTo(ctx context.Context, by Change, recordType, id, pipelineID, stageID, note string) (Record, error) {
	d, err := s.Record(ctx, recordType, id)
	if err != nil {
		return d, err
	}
	if pipelineID == "" || pipelineID == d.PipelineID {
		return s.MoveRecord(ctx, by, recordType, id, 0, stageID, note)
	}
	pipeline, err := s.Pipeline(ctx, pipelineID)
	if err != nil {
		return d, missing(err, "/pipeline", "there is no such pipeline")
	}
	if pipeline.Type != recordType {
		return d, problem.Invalid("/pipeline", "unknown_reference", "the pipeline is of another record type")
	}
	to, ok := pipeline.Stage(stageID)
	if !ok {
		return d, problem.Invalid("/stage", "unknown_reference", fmt.Sprintf("the pipeline %q has no stage %q", pipeline.Name, stageID))
	}
	of, err := s.staged(ctx, recordType)
	if err != nil {
		return d, err
	}
	moved, err := s.change(ctx, by, recordType, id, 0, func(d *storedRecord) ([]docstore.Event, error) {
		left, err := s.Pipeline(ctx, d.PipelineID)
		if err != nil && !isProblem(err, "not_found") {
			return nil, err
		}
		from, _ := left.Stage(d.StageID)
		fromPipeline, before := d.PipelineID, d.Record
		d.PipelineID = pipelineID
		if err := of.mayEnter(d.Record, to); err != nil {
			return nil, err
		}
		d.enter(to.ID, docstore.At(s.now()))
		event, err := by.event(RecordStageChanged, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: pipelineID, FromPipeline: fromPipeline,
			From: from.ID, To: to.ID, FromName: from.Name, ToName: to.Name, Note: note, Step: by.step(d.Marks, before, d.Record)})
		return []docstore.Event{event}, err
	})
	if err != nil || moved.StageID != stageID || moved.PipelineID != pipelineID {
		return moved, err
	}
	if err := s.keepPipeline(ctx, by, pipeline); err != nil {
		return moved, err
	}
	return moved, s.keepStage(ctx, by, pipelineID, to, pipeline.position(stageID))
}
