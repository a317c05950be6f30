package crm

import (
	"context"
	"errors"
	"slices"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Met is who somebody turned out to be: ids of a contact and of a company, "" for
// none, and whether they were known before.
type Met struct {
	Contact, Company           string
	KnownContact, KnownCompany bool
}

// Meet finds the contact and the company that somebody outside tells of, by e-mail
// and phone, or makes them. Of a known client only what is empty is filled in: a
// stranger who knows an address cannot overwrite a client. Nothing is written when
// something is wrong; the paths of what is begin with /contact and /company.
//
// Two who bring the same new client at once make one: its id follows from the
// address or number by which it is known.
//
// covers E-03
func (s *Service) Meet(ctx context.Context, by Change, contact *Contact, company *Company) (Met, error) {
	var met Met
	var known Contact
	if contact != nil {
		found, err := s.matches(ctx, []string{TypeContact}, reach{[]string{contact.Email}, []string{contact.Phone}})
		if err != nil {
			return met, err
		}
		if len(found) > 0 {
			if known, err = s.contact(ctx, found[0].ID); err != nil {
				return met, err
			}
			met.Contact, met.KnownContact = known.ID, true
		} else if err := under(s.CheckContact(ctx, *contact), "/contact"); err != nil {
			return met, err
		}
	}
	if company != nil {
		found, err := s.matches(ctx, []string{TypeCompany}, reach{[]string{company.Email}, []string{company.Phone}})
		if err != nil {
			return met, err
		}
		switch {
		case len(found) > 0:
			met.Company, met.KnownCompany = found[0].ID, true
		case known.CompanyID != "" && s.isCalled(ctx, known.CompanyID, company.Name):
			met.Company, met.KnownCompany = known.CompanyID, true
		default:
			if err := under(s.CheckCompany(ctx, *company), "/company"); err != nil {
				return met, err
			}
			made, err := s.makeCompany(ctx, by, *company)
			if err != nil {
				return met, under(err, "/company")
			}
			met.Company = made
		}
		if met.KnownCompany {
			if err := s.completeCompany(ctx, by, met.Company, *company); err != nil {
				return met, under(err, "/company")
			}
		}
	} else if known.CompanyID != "" {
		if _, err := s.company(ctx, known.CompanyID); err == nil {
			met.Company, met.KnownCompany = known.CompanyID, true
		} else if !isProblem(err, "not_found") {
			return met, err
		}
	}
	if contact == nil {
		return met, nil
	}
	with := *contact
	with.CompanyID = met.Company
	var err error
	if met.KnownContact {
		err = s.completeContact(ctx, by, met.Contact, with)
	} else {
		met.Contact, err = s.makeContact(ctx, by, with)
	}
	return met, under(err, "/contact")
}

func (s *Service) isCalled(ctx context.Context, company, name string) bool {
	c, err := s.company(ctx, company)
	return err == nil && nameKey(TypeCompany, c.Name) == nameKey(TypeCompany, name)
}

// under puts the places of mistakes below a member of the request.
func under(err error, path string) error {
	var p *problem.Problem
	if err == nil || !errors.As(err, &p) || len(p.Fields) == 0 {
		return err
	}
	moved := *p
	moved.Fields = make([]problem.Field, len(p.Fields))
	for i, f := range p.Fields {
		f.Path = path + f.Path
		moved.Fields[i] = f
	}
	return &moved
}

// makes is the effect under which a client is made: the surest way in which it is
// known, so that it is made once whoever brings it.
func (s *Service) makes(ctx context.Context, by Change, r reach) (as Change, key string, err error) {
	settings, err := s.ClientSettings(ctx)
	if wanted := r.wanted(settings.Country); len(wanted) > 0 {
		key = wanted[0]
		by.Effect = "client:" + key
	}
	return by, key, err
}

// makeContact makes a contact that was not found. The one that was made of the same
// address before, and has left it or is in the bin, is another one by now.
func (s *Service) makeContact(ctx context.Context, by Change, c Contact) (string, error) {
	as, key, err := s.makes(ctx, by, reach{[]string{c.Email}, []string{c.Phone}})
	if err != nil {
		return "", err
	}
	saved, err := s.SaveContact(ctx, as, c)
	if err == nil && key != "" && !slices.Contains(saved.Keys, key) {
		saved, err = s.SaveContact(ctx, by, c)
	}
	return saved.ID, err
}

func (s *Service) makeCompany(ctx context.Context, by Change, c Company) (string, error) {
	as, key, err := s.makes(ctx, by, reach{[]string{c.Email}, []string{c.Phone}})
	if err != nil {
		return "", err
	}
	saved, err := s.SaveCompany(ctx, as, c)
	if err == nil && key != "" && !slices.Contains(saved.Keys, key) {
		saved, err = s.SaveCompany(ctx, by, c)
	}
	return saved.ID, err
}

// completeContact fills in what is empty of a known contact.
func (s *Service) completeContact(ctx context.Context, by Change, id string, with Contact) error {
	return again(func() error {
		c, err := s.contact(ctx, id)
		if err != nil {
			return err
		}
		changed := complete(&c.Email, with.Email)
		changed = complete(&c.Phone, with.Phone) || changed
		changed = complete(&c.Position, with.Position) || changed
		changed = complete(&c.CompanyID, with.CompanyID) || changed
		if c.FirstName == "" && c.LastName == "" {
			changed = complete(&c.FirstName, with.FirstName) || changed
			changed = complete(&c.LastName, with.LastName) || changed
		} else if c.FirstName == "" && (c.LastName == with.LastName || c.LastName == c.Email || c.LastName == c.Phone) {
			// known by half a name, or by an address in the place of one
			changed = complete(&c.FirstName, with.FirstName) || changed
			if with.LastName != "" {
				c.LastName = with.LastName
			}
		}
		fields := lacked(c.Fields, with.Fields)
		if !changed && len(fields) == 0 {
			return nil
		}
		c.Fields = fields
		_, err = s.SaveContact(ctx, by, c)
		return err
	})
}

// completeCompany fills in what is empty of a known company.
func (s *Service) completeCompany(ctx context.Context, by Change, id string, with Company) error {
	return again(func() error {
		c, err := s.company(ctx, id)
		if err != nil {
			return err
		}
		changed := complete(&c.Email, with.Email)
		changed = complete(&c.Phone, with.Phone) || changed
		changed = complete(&c.Address, with.Address) || changed
		changed = complete(&c.TaxID, with.TaxID) || changed
		fields := lacked(c.Fields, with.Fields)
		if !changed && len(fields) == 0 {
			return nil
		}
		c.Fields = fields
		_, err = s.SaveCompany(ctx, by, c)
		return err
	})
}

// again repeats what lost against somebody faster.
func again(act func() error) error {
	const attempts = 20
	var err error
	for range attempts {
		if err = act(); !isProblem(err, "stale") && !errors.Is(err, docstore.ErrConflict) {
			return err
		}
	}
	return err
}

func complete(to *string, from string) bool {
	if *to != "" || from == "" {
		return false
	}
	*to = from
	return true
}

// lacked are the values that are not there yet.
func lacked(has, with map[string]any) map[string]any {
	var out map[string]any
	for key, value := range with {
		if value != nil && has[key] == nil {
			if out == nil {
				out = map[string]any{}
			}
			out[key] = value
		}
	}
	return out
}
