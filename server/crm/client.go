package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// nationalDigits is how much of a phone number stays the same whether or not it
// is written with the code of its country.
const nationalDigits = 9

// clientKeys are an e-mail address and a phone number in the form by which a
// client is known again: "e:" an address in lower case, "p:" a number with the
// code of its country and "t:" the end of it, "l:" a number without.
func clientKeys(email, phone string) []string {
	var keys []string
	if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
		keys = append(keys, "e:"+email)
	}
	number, international := phoneDigits(phone)
	switch {
	case len(number) < 6:
	case international:
		keys = append(keys, "p:"+number, "t:"+number[max(len(number)-nationalDigits, 0):])
	default:
		keys = append(keys, "l:"+number)
	}
	return keys
}

// wanted are the keys of those whom an address and a number could mean.
func wanted(email, phone string) (byEmail string, byPhone []string) {
	if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
		byEmail = "e:" + email
	}
	number, international := phoneDigits(phone)
	switch {
	case len(number) < 6:
	case international:
		byPhone = []string{"p:" + number, "l:" + number[max(len(number)-nationalDigits, 0):]}
	default:
		byPhone = []string{"l:" + number, "t:" + number}
	}
	return byEmail, byPhone
}

// phoneDigits are the digits of a number, and whether they begin with the code
// of a country. Two numbers that differ in blanks, brackets and dashes are one.
func phoneDigits(phone string) (digits string, international bool) {
	phone = strings.TrimSpace(phone)
	var b strings.Builder
	for _, r := range phone {
		if r == 'x' || r == ';' || r == ',' { // an extension
			break
		}
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	digits = b.String()
	international = strings.HasPrefix(phone, "+") || strings.HasPrefix(digits, "00")
	if strings.HasPrefix(digits, "00") {
		digits = digits[2:]
	} else if !international {
		digits = strings.TrimPrefix(digits, "0")
	}
	return digits, international
}

// ContactBy finds the contact with an e-mail address, or else with a phone
// number, however both are written; the oldest of several. "" is no contact.
//
// covers E-02
func (s *Service) ContactBy(ctx context.Context, email, phone string) (id string, err error) {
	return clientBy(ctx, s.contacts.Collection(), email, phone)
}

// CompanyBy finds the company with an e-mail address, or else a phone number.
func (s *Service) CompanyBy(ctx context.Context, email, phone string) (id string, err error) {
	return clientBy(ctx, s.companies.Collection(), email, phone)
}

func clientBy(ctx context.Context, of docstore.Collection, email, phone string) (string, error) {
	byEmail, byPhone := wanted(email, phone)
	for _, key := range slices.Concat([]string{byEmail}, byPhone) {
		if key == "" {
			continue
		}
		found, err := of.Find(ctx, docstore.Query{Filters: []docstore.Filter{alive, {Path: "keys", Op: docstore.Contains, Value: key}}, Limit: 20})
		if err != nil {
			return "", fmt.Errorf("find a client: %w", err)
		}
		if len(found.Documents) > 0 {
			oldest := slices.MinFunc(found.Documents, func(a, b docstore.Document) int { return a.CreatedAt.Compare(b.CreatedAt) })
			return oldest.ID, nil
		}
	}
	return "", nil
}

// clientsIndexed marks that all clients have their keys; those that were stored
// before there were keys get them once.
const clientsIndexed = "clientKeys"

// IndexClients gives keys to the clients that were stored without, once per
// installation. It may be cut short and begun again.
func (s *Service) IndexClients(ctx context.Context) error {
	if _, err := s.shapes.Get(ctx, clientsIndexed); err == nil || !errors.Is(err, docstore.ErrNotFound) {
		return err
	}
	for cursor, more := "", true; more; more = cursor != "" {
		contacts, next, err := s.contacts.Find(ctx, docstore.Query{Sort: "createdAt", Limit: docstore.MaxLimit, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("index contacts: %w", err)
		}
		for _, c := range contacts {
			if keys := clientKeys(c.Email, c.Phone); !slices.Equal(keys, c.Keys) {
				c.Keys = keys
				if _, err := s.contacts.Save(ctx, c); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
					return fmt.Errorf("index contact %s: %w", c.ID, err)
				}
			}
		}
		cursor = next
	}
	for cursor, more := "", true; more; more = cursor != "" {
		companies, next, err := s.companies.Find(ctx, docstore.Query{Sort: "createdAt", Limit: docstore.MaxLimit, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("index companies: %w", err)
		}
		for _, c := range companies {
			if keys := clientKeys(c.Email, c.Phone); !slices.Equal(keys, c.Keys) {
				c.Keys = keys
				if _, err := s.companies.Save(ctx, c); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
					return fmt.Errorf("index company %s: %w", c.ID, err)
				}
			}
		}
		cursor = next
	}
	_, err := s.shapes.Save(ctx, shape{Entity: docstore.Entity{ID: clientsIndexed}})
	if errors.Is(err, docstore.ErrExists) {
		return nil
	}
	return err
}
