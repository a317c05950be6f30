package crm

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Contact is a person who is the client or stands for it.
type Contact struct {
	docstore.Entity
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	// Name is first and last name, computed.
	Name      string         `json:"name"`
	Email     string         `json:"email,omitempty"`
	Phone     string         `json:"phone,omitempty"`
	CompanyID string         `json:"companyId,omitempty"`
	Position  string         `json:"position,omitempty"`
	Fields    map[string]any `json:"fields,omitempty"`
	Owned
	// Keys are e-mail and phone as a client is known again by them, computed.
	Keys []string `json:"keys,omitempty" doc:"computed: how the client is known again"`
	// Names of the users, records and files in own fields, by id; filled when one
	// contact is read.
	Names     map[string]string `json:"names,omitempty"`
	DeletedAt docstore.Instant  `json:"deletedAt"`
	DeletedBy string            `json:"deletedBy,omitempty"`
	Part
	Marks
}

// Company is an organization with its data for contracts.
type Company struct {
	docstore.Entity
	Name    string         `json:"name"`
	Email   string         `json:"email,omitempty"`
	Phone   string         `json:"phone,omitempty"`
	Address string         `json:"address,omitempty"`
	TaxID   string         `json:"taxId,omitempty"`
	Fields  map[string]any `json:"fields,omitempty"`
	Owned
	// Keys are e-mail and phone as a client is known again by them, computed.
	Keys []string `json:"keys,omitempty" doc:"computed: how the client is known again"`
	// Names of the users, records and files in own fields, by id; filled when one
	// company is read.
	Names     map[string]string `json:"names,omitempty"`
	DeletedAt docstore.Instant  `json:"deletedAt"`
	DeletedBy string            `json:"deletedBy,omitempty"`
	Part
	Marks
}

func (c *checker) email(path, address string) {
	c.line(path, address, false)
	if address == "" {
		return
	}
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
		c.add(path, "bad_email", "write an address such as name@example.com")
	}
}

func (c *Contact) check() error {
	var k checker
	c.Name = strings.TrimSpace(c.FirstName + " " + c.LastName)
	k.line("/lastName", c.Name, true)
	k.line("/firstName", c.FirstName, false)
	k.email("/email", c.Email)
	k.line("/phone", c.Phone, false)
	k.line("/position", c.Position, false)
	return k.err()
}

func (c *Company) check() error {
	var k checker
	k.line("/name", c.Name, true)
	k.email("/email", c.Email)
	k.line("/phone", c.Phone, false)
	k.text("/address", c.Address, 1000, true)
	k.line("/taxId", c.TaxID, false)
	return k.err()
}

// ListQuery pages and filters a list of CRM records. Sort is a field name, with
// "-" for descending.
type ListQuery struct {
	Text        string
	Responsible string
	Pipeline    string
	Stage       string
	Company     string
	Sort        string
	Limit       int
	Cursor      string
	Filter      RecordFilter
	Reader      Reader
	// IDs, when not nil, and Except name records themselves.
	IDs, Except []string
	// Visible bounds the list to what its reader may see, nil for no bounds.
	Visible *docstore.Filter
}

var alive = docstore.Filter{Path: "deletedAt", Op: docstore.Eq, Value: nil}

func (q ListQuery) store(sort string) docstore.Query {
	out := docstore.Query{Filters: []docstore.Filter{alive}, Limit: q.Limit, Cursor: q.Cursor, Sort: sort}
	// Always in the same order: a cursor knows its query by them.
	for _, f := range []struct{ path, value string }{
		{"responsibleId", q.Responsible}, {"pipelineId", q.Pipeline}, {"stageId", q.Stage}, {"companyId", q.Company},
	} {
		if f.value != "" {
			out.Filters = append(out.Filters, docstore.Filter{Path: f.path, Op: docstore.Eq, Value: f.value})
		}
	}
	if q.Visible != nil {
		out.Filters = append(out.Filters, *q.Visible)
	}
	return out
}

// Contacts pages contacts by name.
func (s *Service) Contacts(ctx context.Context, q ListQuery) ([]Contact, string, error) {
	l, err := s.list(ctx, TypeContact, q, "name")
	if err != nil {
		return nil, "", err
	}
	found, next, err := page(ctx, l, s.contacts.Find)
	for i := range found {
		found[i].ResponsibleName = s.name(found[i].ResponsibleID)
	}
	return found, next, err
}

// Companies pages companies by name.
func (s *Service) Companies(ctx context.Context, q ListQuery) ([]Company, string, error) {
	l, err := s.list(ctx, TypeCompany, q, "name")
	if err != nil {
		return nil, "", err
	}
	found, next, err := page(ctx, l, s.companies.Find)
	for i := range found {
		found[i].ResponsibleName = s.name(found[i].ResponsibleID)
	}
	return found, next, err
}

// Contact reads one contact with the names of what its own fields point to.
func (s *Service) Contact(ctx context.Context, id string) (Contact, error) {
	c, err := s.contact(ctx, id)
	if err == nil && len(c.Fields) > 0 {
		c.Names, err = s.Names(ctx, TypeContact, c.Fields)
	}
	return c, err
}

// contact reads one contact as it is stored: what its fields point to may point back.
func (s *Service) contact(ctx context.Context, id string) (Contact, error) {
	c, err := standing(ctx, s.contacts, id, func(c Contact) (Part, bool) { return c.Part, c.DeletedAt.IsZero() })
	c.ResponsibleName = s.name(c.ResponsibleID)
	return c, named(err, "contact")
}

// Company reads one company with the names of what its own fields point to.
func (s *Service) Company(ctx context.Context, id string) (Company, error) {
	c, err := s.company(ctx, id)
	if err == nil && len(c.Fields) > 0 {
		c.Names, err = s.Names(ctx, TypeCompany, c.Fields)
	}
	return c, err
}

// company reads one company as it is stored: what its fields point to may point back.
func (s *Service) company(ctx context.Context, id string) (Company, error) {
	c, err := standing(ctx, s.companies, id, func(c Company) (Part, bool) { return c.Part, c.DeletedAt.IsZero() })
	c.ResponsibleName = s.name(c.ResponsibleID)
	return c, named(err, "company")
}

// SaveContact creates (ID "") or replaces a contact; Rev is the one that was read.
// What an effect has made already is given as it is stored: a repeat is the same act.
func (s *Service) SaveContact(ctx context.Context, by Change, c Contact) (Contact, error) {
	kind, of := "contact.changed", edit{After: &c}
	var before Contact
	if c.ID == "" {
		kind, c.Entity = "contact.created", docstore.Entity{ID: s.idFor(by, TypeContact)}
		if made, is, err := madeOnce(ctx, s.contacts, by, c.ID); is || err != nil {
			return made, err
		}
	} else {
		var err error
		if before, err = s.contact(ctx, c.ID); err != nil {
			return c, err
		}
		of.Before = before
	}
	if err := s.readyContact(ctx, &c, before); err != nil {
		return c, err
	}
	if before.ID == "" {
		c.CreatedBy = by.Actor
	} else {
		of.Step = by.partyStep(before.Marks, before.byKey(), c.byKey())
	}
	event, err := by.event(kind, of)
	if err != nil {
		return c, err
	}
	saved, err := s.contacts.Save(ctx, c, event)
	if errors.Is(err, docstore.ErrExists) { // another attempt was faster
		if made, is, readErr := madeOnce(ctx, s.contacts, by, c.ID); is || readErr != nil {
			return made, readErr
		}
	}
	if err == nil {
		saved.ResponsibleName = s.name(saved.ResponsibleID)
		saved.Names, err = s.Names(ctx, TypeContact, saved.Fields)
	}
	return saved, s.stale(err, func() (any, error) { return s.Contact(ctx, c.ID) })
}

// readyContact checks a contact and computes what follows from it.
func (s *Service) readyContact(ctx context.Context, c *Contact, before Contact) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.CompanyID != "" && c.CompanyID != before.CompanyID {
		if _, err := s.company(ctx, c.CompanyID); err != nil {
			return missing(err, "/companyId", "there is no such company")
		}
	}
	if err := s.owner(&c.Owned, before.Owned); err != nil {
		return err
	}
	var err error
	if c.Fields, err = s.partyFields(ctx, TypeContact, before.Fields, c.Fields, before.filledIn, c.filledIn, before.ID == ""); err != nil {
		return err
	}
	c.Names, c.Part, c.Marks = nil, before.Part, before.Marks
	c.mark(before.Rev, differing(before.byKey(), c.byKey()))
	of, region, err := s.keysOf(ctx, TypeContact)
	c.Keys = c.keys(of, region)
	return err
}

// readyCompany checks a company and computes what follows from it.
func (s *Service) readyCompany(ctx context.Context, c *Company, before Company) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := s.owner(&c.Owned, before.Owned); err != nil {
		return err
	}
	var err error
	if c.Fields, err = s.partyFields(ctx, TypeCompany, before.Fields, c.Fields, before.filledIn, c.filledIn, before.ID == ""); err != nil {
		return err
	}
	c.Names, c.Part, c.Marks = nil, before.Part, before.Marks
	c.mark(before.Rev, differing(before.byKey(), c.byKey()))
	of, region, err := s.keysOf(ctx, TypeCompany)
	c.Keys = c.keys(of, region)
	return err
}

// SaveCompany creates (ID "") or replaces a company; Rev is the one that was read.
// What an effect has made already is given as it is stored: a repeat is the same act.
func (s *Service) SaveCompany(ctx context.Context, by Change, c Company) (Company, error) {
	kind, of := "company.changed", edit{After: &c}
	var before Company
	if c.ID == "" {
		kind, c.Entity = "company.created", docstore.Entity{ID: s.idFor(by, TypeCompany)}
		if made, is, err := madeOnce(ctx, s.companies, by, c.ID); is || err != nil {
			return made, err
		}
	} else {
		var err error
		if before, err = s.company(ctx, c.ID); err != nil {
			return c, err
		}
		of.Before = before
	}
	if err := s.readyCompany(ctx, &c, before); err != nil {
		return c, err
	}
	if before.ID == "" {
		c.CreatedBy = by.Actor
	} else {
		of.Step = by.partyStep(before.Marks, before.byKey(), c.byKey())
	}
	event, err := by.event(kind, of)
	if err != nil {
		return c, err
	}
	saved, err := s.companies.Save(ctx, c, event)
	if errors.Is(err, docstore.ErrExists) { // another attempt was faster
		if made, is, readErr := madeOnce(ctx, s.companies, by, c.ID); is || readErr != nil {
			return made, readErr
		}
	}
	if err == nil {
		saved.ResponsibleName = s.name(saved.ResponsibleID)
		saved.Names, err = s.Names(ctx, TypeCompany, saved.Fields)
	}
	return saved, s.stale(err, func() (any, error) { return s.Company(ctx, c.ID) })
}

// madeOnce reads what an effect has made already. It is looked for before anything
// is checked: what was right when it was made need not be right when it is repeated.
func madeOnce[T any](ctx context.Context, of docstore.Typed[T], by Change, id string) (made T, is bool, err error) {
	if by.Effect == "" {
		return made, false, nil
	}
	made, err = of.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return made, false, nil
	}
	return made, err == nil, err
}

// DeleteContact moves a contact to the bin; records keep their reference.
func (s *Service) DeleteContact(ctx context.Context, by Change, id string, rev int64) error {
	c, err := s.contact(ctx, id)
	if err != nil {
		return err
	}
	if rev != 0 && c.Rev != rev {
		return problem.Stale(c)
	}
	event, err := by.event("contact.deleted", edit{Before: c})
	if err != nil {
		return err
	}
	c.DeletedAt, c.DeletedBy, c.Keys = docstore.At(s.now()), by.Actor, nil
	_, err = s.contacts.Save(ctx, c, event)
	return s.stale(err, func() (any, error) { return s.Contact(ctx, id) })
}

// DeleteCompany moves a company to the bin unless records still name it.
func (s *Service) DeleteCompany(ctx context.Context, by Change, id string, rev int64) error {
	c, err := s.company(ctx, id)
	if err != nil {
		return err
	}
	if rev != 0 && c.Rev != rev {
		return problem.Stale(c)
	}
	n, err := s.records.Count(ctx, alive, docstore.Filter{Path: "companyId", Op: docstore.Eq, Value: id})
	if err != nil {
		return fmt.Errorf("count records of company %s: %w", id, err)
	}
	if n > 0 {
		return problem.New("company_in_use", "count", strconv.FormatInt(n, 10))
	}
	event, err := by.event("company.deleted", edit{Before: c})
	if err != nil {
		return err
	}
	c.DeletedAt, c.DeletedBy, c.Keys = docstore.At(s.now()), by.Actor, nil
	_, err = s.companies.Save(ctx, c, event)
	return s.stale(err, func() (any, error) { return s.Company(ctx, id) })
}

// named turns the store's ErrNotFound into a problem that names the thing.
func named(err error, what string) error {
	if errors.Is(err, docstore.ErrNotFound) {
		return problem.NotFound(what)
	}
	return err
}

// missing turns a reference to nothing into a mistake at its place.
func missing(err error, path, message string) error {
	if isProblem(err, "not_found") {
		return problem.Invalid(path, "unknown_reference", message)
	}
	return err
}

func isProblem(err error, code string) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Code == code
}

// stale turns a lost compare-and-set into a problem with the current version.
func (s *Service) stale(err error, current func() (any, error)) error {
	if !errors.Is(err, docstore.ErrConflict) {
		return err
	}
	now, readErr := current()
	if readErr != nil {
		return readErr
	}
	return problem.Stale(now)
}

// partyFields checks the own fields of a contact or company and that nothing
// required is missing. Fields that are not sent keep their values.
func (s *Service) partyFields(ctx context.Context, recordType string, old, sent map[string]any, had, has func(string) bool, created bool) (map[string]any, error) {
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return nil, err
	}
	var c checker
	values, err := s.values(ctx, &c, of, old, sent)
	if err != nil {
		return nil, err
	}
	for _, f := range of.describe().Fields {
		there, before := has(f.Key), had(f.Key)
		if !f.Standard {
			there, before = values[f.Key] != nil, old[f.Key] != nil
		}
		if f.Required && !f.Retired && !f.Fixed && !there && (created || before) {
			c.add(partyPath(f), "required", "this must not be empty")
		}
	}
	return values, c.err()
}

func partyPath(f FieldInfo) string {
	switch {
	case !f.Standard:
		return "/fields/" + f.Key
	case f.Key == "company", f.Key == "responsible":
		return "/" + f.Key + "Id"
	}
	return "/" + f.Key
}

// filledIn tells whether a standard field has a value.
func (c Contact) filledIn(key string) bool {
	return map[string]string{"firstName": c.FirstName, "lastName": c.LastName, "email": c.Email, "phone": c.Phone, "company": c.CompanyID, "position": c.Position, "responsible": c.ResponsibleID}[key] != ""
}

// filledIn tells whether a standard field has a value.
func (c Company) filledIn(key string) bool {
	return map[string]string{"name": c.Name, "email": c.Email, "phone": c.Phone, "address": c.Address, "taxId": c.TaxID, "responsible": c.ResponsibleID}[key] != ""
}
