package crm

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// The record types of every installation. Leads, deals, quotes and invoices stand
// on stages; contacts and companies are parties and do not.
const (
	TypeLead    = "lead"
	TypeDeal    = "deal"
	TypeQuote   = "quote"
	TypeInvoice = "invoice"
	TypeContact = "contact"
	TypeCompany = "company"
)

var (
	stagedTypes = []string{TypeLead, TypeDeal, TypeQuote, TypeInvoice}
	partyTypes  = []string{TypeContact, TypeCompany}
)

// Products is the type of the rows of a record; own fields cannot have it.
const Products field.Type = "products"

// stagedFields are the standard fields of every staged record, in form order.
var stagedFields = []FieldInfo{
	{Field: field.Field{Key: "title", Type: field.Text, Required: true}, Fixed: true},
	{Field: field.Field{Key: "company", Type: field.Reference, Target: TypeCompany}},
	{Field: field.Field{Key: "contact", Type: field.Reference, Target: TypeContact}},
	{Field: field.Field{Key: "amount", Type: field.Money}},
	{Field: field.Field{Key: "expectedCloseAt", Type: field.Date}},
	{Field: field.Field{Key: "responsible", Type: field.User}},
	{Field: field.Field{Key: "products", Type: Products}},
	{Field: field.Field{Key: "comment", Type: field.LongText}},
}

// partyFields are the standard fields of contacts and companies.
var partyStandards = map[string][]FieldInfo{
	TypeContact: {
		{Field: field.Field{Key: "firstName", Type: field.Text}},
		{Field: field.Field{Key: "lastName", Type: field.Text}},
		{Field: field.Field{Key: "email", Type: field.Email}},
		{Field: field.Field{Key: "phone", Type: field.Phone}},
		{Field: field.Field{Key: "company", Type: field.Reference, Target: TypeCompany}},
		{Field: field.Field{Key: "position", Type: field.Text}},
		{Field: field.Field{Key: "responsible", Type: field.User}},
	},
	TypeCompany: {
		{Field: field.Field{Key: "name", Type: field.Text, Required: true}, Fixed: true},
		{Field: field.Field{Key: "email", Type: field.Email}},
		{Field: field.Field{Key: "phone", Type: field.Phone}},
		{Field: field.Field{Key: "address", Type: field.Address}},
		{Field: field.Field{Key: "taxId", Type: field.Text}},
		{Field: field.Field{Key: "responsible", Type: field.User}},
	},
}

// standardsOf are the fields that records of a type have everywhere.
func standardsOf(recordType string) []FieldInfo {
	if of, party := partyStandards[recordType]; party {
		return of
	}
	return stagedFields
}

// Types lists the keys of all record types: shipped ones with stages, own ones, parties.
func (s *Service) Types(ctx context.Context) ([]string, error) {
	all, err := s.shapes.All(ctx, docstore.Query{}, maxTypes+len(stagedTypes)+len(partyTypes))
	if err != nil {
		return nil, fmt.Errorf("list record types: %w", err)
	}
	var own []string
	for _, of := range all {
		if of.Own {
			own = append(own, of.ID)
		}
	}
	return slices.Concat(stagedTypes, own, partyTypes), nil
}

func shipped(recordType string) bool {
	return slices.Contains(stagedTypes, recordType) || slices.Contains(partyTypes, recordType)
}

// knows tells whether there is a record type.
func (s *Service) knows(ctx context.Context, recordType string) (bool, error) {
	if shipped(recordType) {
		return true, nil
	}
	if !typeForm.MatchString(recordType) {
		return false, nil
	}
	of, err := s.shapes.Get(ctx, recordType)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	return of.Own, err
}

const maxTypes = 50

var typeForm = regexp.MustCompile(`^[a-z][a-zA-Z0-9]{0,29}$`)

// AddType makes a record type of the workspace's own, with stages and the standard
// fields of staged records. Without a key it gets one made of its name.
func (s *Service) AddType(ctx context.Context, by Change, key, name string, look Look) (RecordType, error) {
	var c checker
	c.line("/name", name, true)
	look.check(&c)
	if key == "" {
		key = field.KeyOf(name)
	}
	known, err := s.knows(ctx, key)
	if err != nil {
		return RecordType{}, err
	}
	switch {
	case !typeForm.MatchString(key):
		c.add("/key", "bad_key", "a lower-case letter first, then letters and digits, at most 30")
	case known || slices.Contains(reservedTypes, key):
		c.add("/key", "duplicate", "there is a record type %q already, or the name means something else", key)
	}
	all, err := s.Types(ctx)
	if err != nil {
		return RecordType{}, err
	}
	if len(all) >= maxTypes {
		c.add("/key", "too_many", "at most %d record types", maxTypes)
	}
	if err := c.err(); err != nil {
		return RecordType{}, err
	}
	event, err := by.event("recordType.created", edit{After: map[string]any{"name": name, "key": key}})
	if err != nil {
		return RecordType{}, err
	}
	saved, err := s.shapes.Save(ctx, shape{Entity: docstore.Entity{ID: key}, Own: true, Name: name, Look: look, Fields: []field.Field{}}, event)
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return RecordType{}, problem.New("exists", "what", "A record type with the key "+key).Because(err)
	}
	return saved.describe(), err
}

// ChangeType gives an own record type another name and another look.
func (s *Service) ChangeType(ctx context.Context, by Change, key string, rev int64, name string, look Look) (RecordType, error) {
	return s.reshape(ctx, by, key, rev, "recordType.changed", func(of *shape) (any, any, error) {
		var c checker
		c.line("/name", name, true)
		look.check(&c)
		if !of.Own {
			c.add("/name", "bad_value", "this record type is part of every installation")
		}
		told := func() map[string]any {
			return map[string]any{"name": of.Name, "icon": of.Icon, "color": of.Color}
		}
		before := told()
		of.Name, of.Look = name, look
		return before, told(), c.err()
	})
}

// reservedTypes mean something else where the type of a record is written.
var reservedTypes = []string{"task", "run", "template", "mail", "automation", "activity", "companie", "user", "file", TypeProduct}

// staged gives the shape of a type whose records stand on stages.
func (s *Service) staged(ctx context.Context, recordType string) (shape, error) {
	if slices.Contains(partyTypes, recordType) {
		return shape{}, problem.NotFound("record type with stages " + recordType)
	}
	return s.shape(ctx, recordType)
}

// Staged tells whether there is a record type of this key whose records stand on stages.
func (s *Service) Staged(ctx context.Context, recordType string) (bool, error) {
	_, err := s.staged(ctx, recordType)
	if isProblem(err, "not_found") {
		return false, nil
	}
	return err == nil, err
}
