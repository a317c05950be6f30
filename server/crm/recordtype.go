package crm

import (
	"context"
	"slices"

	"github.com/fluxo-app/fluxo/server/crm/field"
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
	},
	TypeCompany: {
		{Field: field.Field{Key: "name", Type: field.Text, Required: true}, Fixed: true},
		{Field: field.Field{Key: "email", Type: field.Email}},
		{Field: field.Field{Key: "phone", Type: field.Phone}},
		{Field: field.Field{Key: "address", Type: field.Address}},
		{Field: field.Field{Key: "taxId", Type: field.Text}},
	},
}

// standardsOf are the fields that records of a type have everywhere.
func standardsOf(recordType string) []FieldInfo {
	if of, party := partyStandards[recordType]; party {
		return of
	}
	return stagedFields
}

// Types lists the keys of all record types, those with stages first.
func (s *Service) Types(ctx context.Context) ([]string, error) {
	return slices.Concat(stagedTypes, partyTypes), nil
}

// knows tells whether there is a record type.
func (s *Service) knows(ctx context.Context, recordType string) (bool, error) {
	all, err := s.Types(ctx)
	return slices.Contains(all, recordType), err
}

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
