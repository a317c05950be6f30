package crm

import (
	"context"
	"errors"
	"net/mail"
	"strings"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Exception is an address or a number from which no mail and no call makes anything
// in the CRM. What a client sends with a form is not asked for it: the client came
// by itself. Its id is the normalized form, so that one number written in two ways is one exception.
type Exception struct {
	docstore.Entity
	Kind  string `json:"kind" enum:"email,phone"`
	Value string `json:"value"`
	// Record is the record with which it was added, "" when it was typed in.
	Record string `json:"record,omitempty"`
	Title  string `json:"title,omitempty"`
	// Blocked counts what was kept out of the CRM because of it, Last when.
	Blocked int              `json:"blocked"`
	Last    docstore.Instant `json:"last,omitzero"`
}

// exceptionID is the normalized form of an address or a number, "" for neither.
func exceptionID(value, region string) (id, kind string) {
	if value = strings.TrimSpace(value); strings.Contains(value, "@") {
		if parsed, err := mail.ParseAddress(value); err != nil || parsed.Address != value {
			return "", ""
		}
		if keys := (reach{emails: []string{value}}).keys(region); len(keys) > 0 {
			return keys[0], "email"
		}
		return "", ""
	}
	if keys := (reach{phones: []string{value}}).keys(region); len(keys) > 0 {
		return keys[0], "phone"
	}
	return "", ""
}

// Exceptions pages the list of exceptions, the last added first.
//
// covers O-21
func (s *Service) Exceptions(ctx context.Context, limit int, cursor string) ([]Exception, string, error) {
	return s.exceptions.Find(ctx, docstore.Query{Sort: "-createdAt", Limit: limit, Cursor: cursor})
}

// AddException puts an address or a number on the list; one that is there stays.
func (s *Service) AddException(ctx context.Context, by Change, value, record, title string) (Exception, error) {
	settings, err := s.ClientSettings(ctx)
	if err != nil {
		return Exception{}, err
	}
	id, kind := exceptionID(value, settings.Country)
	if id == "" {
		return Exception{}, problem.Invalid("/value", "bad_value", "write an e-mail address or a phone number of at least six digits")
	}
	e := Exception{Entity: docstore.Entity{ID: id}, Kind: kind, Value: strings.TrimSpace(value), Record: record, Title: title}
	event, err := by.event("exception.added", edit{After: map[string]any{"name": e.Value, "record": title}})
	if err != nil {
		return e, err
	}
	saved, err := s.exceptions.Save(ctx, e, event)
	if errors.Is(err, docstore.ErrExists) {
		return s.exceptions.Get(ctx, id)
	}
	return saved, err
}

// Excepted gives the exception that one of the addresses or numbers of a client is,
// nil when nobody excepted it, and counts that it kept something out.
//
// covers B-61
func (s *Service) Excepted(ctx context.Context, values ...string) (*Exception, error) {
	settings, err := s.ClientSettings(ctx)
	if err != nil {
		return nil, err
	}
	for _, value := range values {
		id, _ := exceptionID(value, settings.Country)
		if id == "" {
			continue
		}
		for {
			e, err := s.exceptions.Get(ctx, id)
			if errors.Is(err, docstore.ErrNotFound) {
				break
			}
			if err != nil {
				return nil, err
			}
			e.Blocked, e.Last = e.Blocked+1, docstore.At(s.now())
			saved, err := s.exceptions.Save(ctx, e)
			if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrNotFound) {
				continue // counted or taken away by another meanwhile
			}
			return &saved, err
		}
	}
	return nil, nil
}

// RemoveException takes an address or a number off the list.
func (s *Service) RemoveException(ctx context.Context, by Change, id string) error {
	e, err := s.exceptions.Get(ctx, id)
	if err != nil {
		return named(err, "exception")
	}
	event, err := by.event("exception.removed", edit{Before: map[string]any{"name": e.Value}})
	if err != nil {
		return err
	}
	return named(s.exceptions.Delete(ctx, id, e.Rev, event), "exception")
}

// AddToExceptions puts what is known of the client of a record on the list and
// moves the record with its contact and company to the bin, from where each can be
// restored. A contact or a company that other records name stays. It gives the
// addresses and numbers that are on the list now.
//
// covers R-05, B-61
func (s *Service) AddToExceptions(ctx context.Context, by Change, recordType, id string) ([]string, error) {
	d, err := s.Record(ctx, recordType, id)
	if isProblem(err, "not_found") && by.Effect != "" {
		return nil, nil // an earlier attempt has done it
	}
	if err != nil {
		return nil, err
	}
	values, err := s.addresses(ctx, d)
	if err != nil {
		return nil, err
	}
	var added []string
	for _, value := range values {
		if key, _ := exceptionID(value, ""); key == "" {
			continue
		}
		e, err := s.AddException(ctx, by, value, recordType+":"+id, d.Title)
		if err != nil {
			return added, err
		}
		added = append(added, e.Value)
	}
	if err := s.DeleteByEffect(ctx, by, recordType, id); err != nil {
		return added, err
	}
	for _, contact := range d.contacts() {
		if err := s.binUnlessNamed(ctx, by, TypeContact, contact); err != nil {
			return added, err
		}
	}
	if d.CompanyID != "" {
		return added, s.binUnlessNamed(ctx, by, TypeCompany, d.CompanyID)
	}
	return added, nil
}

// binUnlessNamed moves a client to the bin that no record names any more.
func (s *Service) binUnlessNamed(ctx context.Context, by Change, recordType, id string) error {
	named, _, err := s.RecordsWith(ctx, recordType, id, "")
	if err != nil || len(named) > 0 {
		return err
	}
	if recordType == TypeCompany {
		err = s.DeleteCompany(ctx, by, id, 0)
	} else {
		err = s.DeleteContact(ctx, by, id, 0)
	}
	if isProblem(err, "not_found") || isProblem(err, "in_use") {
		return nil
	}
	return err
}

// addresses are the e-mail addresses and phone numbers of a record's client.
func (s *Service) addresses(ctx context.Context, d Record) ([]string, error) {
	var out []string
	own := func(recordType string, values map[string]any) error {
		of, err := s.shape(ctx, recordType)
		if err != nil {
			return err
		}
		for _, f := range of.Fields {
			if f.Type != field.Email && f.Type != field.Phone {
				continue
			}
			for _, v := range each(values[f.Key]) {
				if text, is := v.(string); is {
					out = append(out, text)
				}
			}
		}
		return nil
	}
	if err := own(d.Type, d.Fields); err != nil {
		return nil, err
	}
	for _, id := range d.contacts() {
		c, err := s.contact(ctx, id)
		if isProblem(err, "not_found") {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c.Email, c.Phone)
		if err := own(TypeContact, c.Fields); err != nil {
			return nil, err
		}
	}
	if d.CompanyID != "" {
		c, err := s.company(ctx, d.CompanyID)
		if isProblem(err, "not_found") {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c.Email, c.Phone)
		return out, own(TypeCompany, c.Fields)
	}
	return out, nil
}
