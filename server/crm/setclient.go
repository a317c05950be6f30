package crm

import (
	"context"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/server/problem"
)

// ClientOptions say which contact or company a record is to have.
type ClientOptions struct {
	// Type is contact or company.
	Type string
	// ID names one; without it, it is found by e-mail or phone of Values, or made.
	ID string
	// Values are fields of the client by their names.
	Values map[string]any
	// Update writes Values also into a client that was found.
	Update bool
	// Create makes one when none is found.
	Create bool
	// Add keeps the contacts that are there.
	Add bool
}

// SetClient finds, makes, updates and links a client of a record. It gives its id,
// "" when none was found and none was to be made, and whether it was made.
//
// covers, H-05
func (s *Service) SetClient(ctx context.Context, by Change, recordType, id string, o ClientOptions) (client string, made bool, err error) {
	if o.Type != TypeContact && o.Type != TypeCompany {
		return "", false, problem.Invalid("/client", "one_of", "contact, company")
	}
	d, err := s.Record(ctx, recordType, id)
	if err != nil {
		return "", false, err
	}
	client = o.ID
	text := func(name string) string { t, _ := o.Values[name].(string); return t }
	if client == "" {
		if o.Type == TypeCompany {
			client, err = s.CompanyBy(ctx, text("email"), text("phone"))
		} else {
			client, err = s.ContactBy(ctx, text("email"), text("phone"))
		}
		if err != nil {
			return "", false, err
		}
	}
	switch {
	case client == "" && !o.Create:
		return "", false, nil
	case client == "":
		if client, err = s.makeClient(ctx, by, o, d); err != nil {
			return "", false, err
		}
		made = true
	case o.Update && len(o.Values) > 0:
		if err := s.updateClient(ctx, by, o, client); err != nil {
			return "", false, err
		}
	}
	p := RecordPatch{}
	switch {
	case o.Type == TypeCompany:
		p.CompanyID = &client
	case o.Add:
		list := append(slices.Clone(d.contacts()), client)
		p.ContactIDs = &list
	default:
		p.ContactID = &client
	}
	_, err = s.UpdateRecord(ctx, by, recordType, id, 0, p)
	return client, made, err
}

// makeClient adds a client once per effect.
func (s *Service) makeClient(ctx context.Context, by Change, o ClientOptions, d Record) (string, error) {
	if o.Type == TypeCompany {
		c := Company{Owned: s.ownedLike(d)}
		if err := c.put(o.Values); err != nil {
			return "", err
		}
		saved, err := s.SaveCompany(ctx, by, c)
		return saved.ID, err
	}
	c := Contact{CompanyID: d.CompanyID, Owned: s.ownedLike(d)}
	if err := c.put(o.Values); err != nil {
		return "", err
	}
	saved, err := s.SaveContact(ctx, by, c)
	return saved.ID, err
}

// ownedLike is whose client a record makes: of who is responsible for the record, as
// far as that is an active person.
func (s *Service) ownedLike(d Record) Owned {
	if _, active := s.people.UserName(d.ResponsibleID); !active {
		return Owned{}
	}
	return Owned{ResponsibleID: d.ResponsibleID}
}

func (s *Service) updateClient(ctx context.Context, by Change, o ClientOptions, id string) error {
	for {
		var err error
		if o.Type == TypeCompany {
			var c Company
			if c, err = s.company(ctx, id); err != nil {
				return err
			}
			if err = c.put(o.Values); err == nil {
				_, err = s.SaveCompany(ctx, by, c)
			}
		} else {
			var c Contact
			if c, err = s.contact(ctx, id); err != nil {
				return err
			}
			if err = c.put(o.Values); err == nil {
				_, err = s.SaveContact(ctx, by, c)
			}
		}
		if !isProblem(err, "stale") {
			return err
		}
	}
}

// put writes values by their names; those of other names are own fields.
func (c *Contact) put(values map[string]any) error {
	own, err := putTexts(values, map[string]*string{"firstName": &c.FirstName, "lastName": &c.LastName, "email": &c.Email, "phone": &c.Phone,
		"company": &c.CompanyID, "position": &c.Position, "responsible": &c.ResponsibleID})
	c.Fields = own
	return err
}

// put writes values by their names; those of other names are own fields.
func (c *Company) put(values map[string]any) error {
	own, err := putTexts(values, map[string]*string{"name": &c.Name, "email": &c.Email, "phone": &c.Phone, "address": &c.Address, "taxId": &c.TaxID, "responsible": &c.ResponsibleID})
	c.Fields = own
	return err
}

func putTexts(values map[string]any, standard map[string]*string) (own map[string]any, err error) {
	var c checker
	for _, name := range slices.Sorted(maps.Keys(values)) {
		to, is := standard[name]
		if !is {
			if own == nil {
				own = map[string]any{}
			}
			own[name] = values[name]
			continue
		}
		switch v := values[name].(type) {
		case nil:
			*to = ""
		case string:
			*to = v
		default:
			c.add("/"+name, "bad_value", "a text is expected, this is %T", v)
		}
	}
	return own, c.err()
}
