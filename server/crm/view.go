package crm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Field describes one field of a record type to editors and type checkers.
// Type is text, number, money, date, user, boolean, list (the product rows) or
// texts (several values).
type Field struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Editable bool   `json:"editable"`
}

// viewed are the standard names that expressions may read of a record. A nested name
// ("client.email") is read only.
var viewed = []Field{
	{"id", "text", false}, {"type", "text", false}, {"title", "text", true}, {"stage", "text", false}, {"stageName", "text", false},
	{"pipeline", "text", false}, {"amount", "money", true}, {"currency", "text", false},
	{"responsible", "user", true}, {"expectedCloseAt", "date", true}, {"comment", "text", true},
	{"createdAt", "date", false}, {"createdBy", "user", false},
	{"client.name", "text", false}, {"client.email", "text", false}, {"client.phone", "text", false}, {"client.address", "text", false}, {"client.taxId", "text", false},
	{"company.id", "text", false}, {"company.name", "text", false}, {"company.email", "text", false}, {"company.phone", "text", false}, {"company.address", "text", false}, {"company.taxId", "text", false},
	{"contact.id", "text", false}, {"contact.name", "text", false}, {"contact.firstName", "text", false}, {"contact.lastName", "text", false}, {"contact.email", "text", false}, {"contact.phone", "text", false}, {"contact.position", "text", false},
	{"products", "list", false}, {"contacts", "contacts", false}, {"repeat", "boolean", false},
	{"origin.type", "text", false}, {"origin.id", "text", false}, {"origin.title", "text", false},
}

// Fields lists what expressions may read of a record and robots may write. Own
// fields are named like standard ones; the name of a list's item is <key>Name.
func (s *Service) Fields(ctx context.Context, recordType string) ([]Field, error) {
	if slices.Contains(partyTypes, recordType) {
		return nil, nil
	}
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(viewed)
	for _, f := range of.Fields {
		if f.Type == field.Booking && !f.Multiple {
			out = append(out, Field{f.Key + ".id", "text", false}, Field{f.Key + ".resource", "text", false}, Field{f.Key + ".from", "date", false},
				Field{f.Key + ".to", "date", false}, Field{f.Key + ".user", "user", false})
			continue
		}
		typ := "text"
		switch f.Type {
		case field.Number, field.Money, field.User, field.Boolean:
			typ = string(f.Type)
		case field.Date, field.DateTime:
			typ = "date"
		}
		if f.Multiple {
			typ = "texts"
		}
		out = append(out, Field{f.Key, typ, f.Type != field.Booking})
		if f.Type == field.List {
			out = append(out, Field{f.Key + "Name", typ, false})
		}
	}
	return out, nil
}

// View is a record as expressions and document templates see it.
func (s *Service) View(ctx context.Context, recordType, id string) (map[string]any, error) {
	of, err := s.staged(ctx, recordType)
	if err != nil {
		return nil, err
	}
	d, err := s.Record(ctx, recordType, id)
	if err != nil {
		return nil, err
	}
	pipeline, err := s.Pipeline(ctx, d.PipelineID)
	if err != nil {
		return nil, err
	}
	stage, _ := pipeline.Stage(d.StageID)
	products := make([]any, len(d.Products))
	for i, row := range d.Products {
		products[i] = map[string]any{
			"name": row.Name, "quantity": number(row.Quantity), "discountPercent": number(row.DiscountPercent), "taxPercent": number(row.TaxPercent),
			"price": money(row.Price), "total": money(row.Total), "position": i + 1, "unit": row.Unit, "taxIncluded": row.TaxIncluded,
		}
	}
	view := map[string]any{
		"id": d.ID, "type": d.Type, "title": d.Title,
		"pipeline": d.PipelineID, "stage": d.StageID, "stageName": stage.Name, "stageEntry": d.StageEntry,
		"amount": money(Money{d.Amount, d.Currency}), "currency": d.Currency,
		"responsible": d.ResponsibleID, "comment": d.Comment,
		"createdAt": moment(d.CreatedAt), "createdBy": d.CreatedBy, "expectedCloseAt": moment(d.ExpectedCloseAt),
		"products": products, "repeat": d.Repeat, "origin": origin(d.Origin),
	}
	for _, f := range of.Fields {
		value := d.Fields[f.Key]
		if value == nil && f.Multiple {
			value = []any{}
		}
		if f.Type == field.Booking && !f.Multiple {
			if view[f.Key], err = s.bookedView(ctx, value); err != nil {
				return nil, err
			}
			continue
		}
		view[f.Key] = value
		if f.Type == field.List {
			view[f.Key+"Name"] = s.words(ctx, f, d.Fields[f.Key])
		}
	}
	company := map[string]any{"id": "", "name": "", "email": "", "phone": "", "address": "", "taxId": ""}
	contact := map[string]any{"id": "", "name": "", "firstName": "", "lastName": "", "email": "", "phone": "", "position": ""}
	client := map[string]any{"name": "", "email": "", "phone": "", "address": "", "taxId": ""}
	if d.Type == TypeLead { // until it has a client, it is one itself
		client["name"], client["email"], client["phone"] = cmp.Or(d.text("companyName"), d.personName()), d.text("email"), d.text("phone")
	}
	if d.ContactID != "" {
		if c, err := s.contact(ctx, d.ContactID); err == nil {
			contact = contactView(c)
			client["name"], client["email"], client["phone"] = c.Name, c.Email, c.Phone
		} else if !isProblem(err, "not_found") {
			return nil, err
		}
	}
	if d.CompanyID != "" {
		if c, err := s.company(ctx, d.CompanyID); err == nil {
			company = map[string]any{"id": c.ID, "name": c.Name, "email": c.Email, "phone": c.Phone, "address": c.Address, "taxId": c.TaxID}
			client["name"], client["address"], client["taxId"] = c.Name, c.Address, c.TaxID
			if c.Email != "" {
				client["email"] = c.Email
			}
			if c.Phone != "" {
				client["phone"] = c.Phone
			}
		} else if !isProblem(err, "not_found") {
			return nil, err
		}
	}
	view["company"], view["contact"], view["client"] = company, contact, client
	contacts := []any{}
	for i, id := range d.contacts() {
		if i == 0 {
			if contact["id"] != "" {
				contacts = append(contacts, contact)
			}
			continue
		}
		if c, err := s.contact(ctx, id); err == nil {
			contacts = append(contacts, contactView(c))
		} else if !isProblem(err, "not_found") {
			return nil, err
		}
	}
	view["contacts"] = contacts
	return view, nil
}

func contactView(c Contact) map[string]any {
	return map[string]any{"id": c.ID, "name": c.Name, "firstName": c.FirstName, "lastName": c.LastName, "email": c.Email, "phone": c.Phone, "position": c.Position}
}

func origin(o *Origin) map[string]any {
	if o == nil {
		return map[string]any{"type": "", "id": "", "title": ""}
	}
	return map[string]any{"type": o.Type, "id": o.ID, "title": o.Title}
}

// number keeps a decimal text exact; an empty one is no value.
func number(text string) any {
	if text == "" {
		return nil
	}
	return json.Number(text)
}

// moment is an instant as text, no value for an empty one.
func moment(at docstore.Instant) any {
	if at.IsZero() {
		return nil
	}
	return at.String()
}

func money(m Money) map[string]any { return map[string]any{"amount": m.Amount, "currency": m.Currency} }

// Title names a record for lists.
func (s *Service) Title(ctx context.Context, recordType, id string) (string, error) {
	_, title, err := s.Standing(ctx, recordType, id)
	return title, err
}

// SetFields writes fields by their names of Fields; all or none.
//
//
func (s *Service) SetFields(ctx context.Context, by Change, recordType, id string, values map[string]any) error {
	of, err := s.staged(ctx, recordType)
	if err != nil {
		return err
	}
	patch, err := of.patch(values)
	if err != nil {
		return err
	}
	_, err = s.UpdateRecord(ctx, by, recordType, id, 0, patch)
	return err
}

// patch turns values by the names of expressions into a change of a record.
func (of shape) patch(values map[string]any) (RecordPatch, error) {
	var p RecordPatch
	var c checker
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		value := values[name]
		if add, is := value.(Append); is {
			if f, own := of.field(name); !own || !f.Multiple {
				c.add("/"+name, "bad_value", "only a field with several values can be added to")
				continue
			}
			value = add
		}
		text := func() *string {
			switch v := value.(type) {
			case nil:
				return new(string)
			case string:
				return &v
			case fmt.Stringer:
				s := v.String()
				return &s
			}
			c.add("/"+name, "bad_value", "a text is expected, this is %T", value)
			return nil
		}
		switch name {
		case "title":
			p.Title = text()
		case "comment":
			p.Comment = text()
		case "responsible":
			p.ResponsibleID = text()
		case "company":
			p.CompanyID = text()
		case "contact":
			p.ContactID = text()
		case "expectedCloseAt":
			p.ExpectedCloseAt = text()
		case "amount":
			amount, currency, ok := moneyOf(value)
			if !ok {
				c.add("/amount", "bad_value", "an amount of money is expected, for example money(1200, \"PLN\")")
				continue
			}
			p.Amount, p.Currency = &amount, &currency
		default:
			if _, own := of.field(name); own {
				if p.Fields == nil {
					p.Fields = map[string]any{}
				}
				p.Fields[name] = value
				continue
			}
			c.add("/"+name, "unknown_field", "a record of this type has no field %q that can be changed", name)
		}
	}
	return p, c.err()
}

func moneyOf(value any) (amount int64, currency string, ok bool) {
	m, isMap := value.(map[string]any)
	if !isMap {
		return 0, "", false
	}
	currency, ok = m["currency"].(string)
	if !ok {
		return 0, "", false
	}
	switch n := m["amount"].(type) {
	case int64:
		return n, currency, true
	case int:
		return int64(n), currency, true
	case float64:
		return int64(n), currency, n == float64(int64(n))
	case interface{ Int64() (int64, error) }:
		v, err := n.Int64()
		return v, currency, err == nil
	}
	return 0, "", false
}
