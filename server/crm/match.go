package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Match is a client that an address or a number belongs to.
type Match struct {
	Ref
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
	// By are the ways in which it is known: email, phone, name.
	By []string `json:"by"`

	rank    int
	created docstore.Instant
}

// minDigits is how many digits a number needs to mean somebody.
const minDigits = 6

// reach is how somebody can be reached: what match keys are made of.
type reach struct{ emails, phones []string }

// own adds the values of own fields that are addresses and numbers.
func (r reach) own(of shape, values map[string]any) reach {
	for _, f := range of.Fields {
		if f.Type != field.Email && f.Type != field.Phone {
			continue
		}
		for _, v := range each(values[f.Key]) {
			text, _ := v.(string)
			if f.Type == field.Email {
				r.emails = append(r.emails, text)
			} else {
				r.phones = append(r.phones, text)
			}
		}
	}
	return r
}

// keys are addresses and numbers in the form by which a client is known again:
// "e:" an address in lower case, "p:" a number with the code of its country and
// "t:" the rest of it, "l:" a number whose country is not known.
func (r reach) keys(region string) []string {
	var keys []string
	for _, email := range r.emails {
		if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
			keys = append(keys, "e:"+email)
		}
	}
	for _, phone := range r.phones {
		switch number, national := phoneNumber(phone, region); {
		case number != "":
			keys = append(keys, "p:"+number, "t:"+national)
		case national != "":
			keys = append(keys, "l:"+national)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// wanted are the keys of those whom addresses and numbers could mean, the surest first.
func (r reach) wanted(region string) []string {
	var sure, likely []string
	for _, email := range r.emails {
		if email = strings.ToLower(strings.TrimSpace(email)); email != "" {
			sure = append(sure, "e:"+email)
		}
	}
	for _, phone := range r.phones {
		switch number, national := phoneNumber(phone, region); {
		case number != "":
			sure, likely = append(sure, "p:"+number), append(likely, "l:"+national)
		case national != "":
			sure, likely = append(sure, "l:"+national), append(likely, "t:"+national)
		}
	}
	return append(sure, likely...)
}

// phoneNumber is a number in the form of E.164 without its plus, and the part of it
// that is dialed within its country. Of a number without the code of a country,
// where the workspace names none, only the second is known. Numbers that mean
// nobody, being too short or one digit over and over, are neither.
func phoneNumber(text, region string) (number, national string) {
	text, _, _ = strings.Cut(strings.TrimSpace(text), ";")
	text, _, _ = strings.Cut(text, ",")
	text, _, _ = strings.Cut(text, "x") // an extension
	digits := onlyDigits(text)
	if len(digits) < minDigits || strings.Trim(digits, digits[:1]) == "" || len(digits) > 30 {
		return "", ""
	}
	parsed, err := phonenumbers.Parse(text, region)
	if (err != nil || !phonenumbers.IsPossibleNumber(parsed)) && strings.HasPrefix(digits, "00") {
		digits = digits[2:]
		text = "+" + digits
		parsed, err = phonenumbers.Parse(text, region)
	}
	if err == nil && phonenumbers.IsPossibleNumber(parsed) {
		return strings.TrimPrefix(phonenumbers.Format(parsed, phonenumbers.E164), "+"), phonenumbers.GetNationalSignificantNumber(parsed)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "+") { // of a country that the tables do not know
		const national = 9
		return digits, digits[max(len(digits)-national, 0):]
	}
	return "", strings.TrimPrefix(digits, "0")
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// legalForms are words of companies' names that people write or leave out.
var legalForms = strings.Fields(`ltd limited llc llp inc incorporated corp corporation co company plc gmbh mbh ag kg ug sa sas sarl spa srl bv nv ab oy as aps ou
	sp z o oo zoo spzoo spolka akcyjna sk sj ltda me eireli epp ооо оао зао пао ао ип тоо`)

// nameKey is a name in the form in which two of them are compared; "" when it says
// too little. Persons may be written with either name first.
func nameKey(recordType, name string) string {
	words := docstore.Words(name)
	switch recordType {
	case TypeContact:
		if len(words) < 2 {
			return ""
		}
		slices.Sort(words)
	case TypeCompany:
		whole := words
		for len(words) > 0 && slices.Contains(legalForms, words[len(words)-1]) {
			words = words[:len(words)-1]
		}
		for len(words) > 0 && slices.Contains(legalForms, words[0]) {
			words = words[1:]
		}
		if len(words) == 0 {
			words = whole
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "n:" + strings.Join(words, " ")
}

// keyed adds the key of a name to those of addresses and numbers.
func keyed(recordType, name string, keys []string) []string {
	if key := nameKey(recordType, name); key != "" {
		return append(keys, key)
	}
	return keys
}

func (c Contact) keys(of shape, region string) []string {
	if !c.DeletedAt.IsZero() {
		return nil
	}
	return c.also(keyed(TypeContact, c.Name, reach{[]string{c.Email}, []string{c.Phone}}.own(of, c.Fields).keys(region)))
}

func (c Company) keys(of shape, region string) []string {
	if !c.DeletedAt.IsZero() {
		return nil
	}
	keys := reach{[]string{c.Email}, []string{c.Phone}}.own(of, c.Fields).keys(region)
	if key := taxKey(c.TaxID); key != "" {
		keys = append(keys, key)
	}
	return c.also(keyed(TypeCompany, c.Name, keys))
}

// keys of leads only: other staged records are about clients, and are none.
func (d storedRecord) keys(of shape, region string) []string {
	if !d.DeletedAt.IsZero() || d.Type != TypeLead {
		return nil
	}
	return d.also(keyed(TypeLead, cmp.Or(d.personName(), d.text("companyName"), d.Title), reach{}.own(of, d.Fields).keys(region)))
}

// keysOf reads what match keys are made with.
func (s *Service) keysOf(ctx context.Context, recordType string) (of shape, region string, err error) {
	if of, err = s.shape(ctx, recordType); err != nil {
		return of, "", err
	}
	settings, err := s.ClientSettings(ctx)
	return of, settings.Country, err
}

// MatchClients finds the contacts, companies and leads that addresses and numbers
// belong to, however they are written: by e-mail and whole numbers first, the
// oldest first. A number with the code of its country and the same number without
// it are one.
//
// covers E-02
func (s *Service) MatchClients(ctx context.Context, emails, phones []string) ([]Match, error) {
	return s.matches(ctx, []string{TypeContact, TypeCompany, TypeLead}, reach{emails, phones})
}

func (s *Service) matches(ctx context.Context, types []string, r reach) ([]Match, error) {
	settings, err := s.ClientSettings(ctx)
	if err != nil {
		return nil, err
	}
	return s.holders(ctx, types, r.wanted(settings.Country))
}

// holders are those of some types that hold one of some keys, by the order of the
// keys, then the oldest first.
func (s *Service) holders(ctx context.Context, types, keys []string) ([]Match, error) {
	return s.holdersSeen(ctx, types, keys, nil)
}

// holdersSeen are those of them that are visible, nil for all.
func (s *Service) holdersSeen(ctx context.Context, types, keys []string, visible *docstore.Filter) ([]Match, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	const most = 100
	query := docstore.Query{Filters: []docstore.Filter{{Path: "keys", Op: docstore.In, Value: keys}, alive}, Limit: most}
	if visible != nil {
		query.Filters = append(query.Filters, *visible)
	}
	var out []Match
	add := func(m Match, held []string) {
		m.rank = len(keys)
		for i, key := range keys {
			if !slices.Contains(held, key) {
				continue
			}
			m.rank = min(m.rank, i)
			if by := keyKind(key); !slices.Contains(m.By, by) {
				m.By = append(m.By, by)
			}
		}
		out = append(out, m)
	}
	for _, recordType := range types {
		switch recordType {
		case TypeContact:
			found, _, err := s.contacts.Find(ctx, query)
			if err != nil {
				return nil, fmt.Errorf("find a contact by its keys: %w", err)
			}
			for _, c := range found {
				add(Match{Ref: Ref{TypeContact, c.ID}, Name: c.Name, Email: c.Email, Phone: c.Phone, created: c.CreatedAt}, c.Keys)
			}
		case TypeCompany:
			found, _, err := s.companies.Find(ctx, query)
			if err != nil {
				return nil, fmt.Errorf("find a company by its keys: %w", err)
			}
			for _, c := range found {
				add(Match{Ref: Ref{TypeCompany, c.ID}, Name: c.Name, Email: c.Email, Phone: c.Phone, created: c.CreatedAt}, c.Keys)
			}
		default:
			found, _, err := s.records.Find(ctx, query)
			if err != nil {
				return nil, fmt.Errorf("find a lead by its keys: %w", err)
			}
			for _, d := range found {
				add(Match{Ref: Ref{d.Type, d.ID}, Name: d.Title, created: d.CreatedAt}, d.Keys)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), a.created.Compare(b.created.Time), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

func keyKind(key string) string {
	switch key[:1] {
	case "e":
		return ByEmail
	case "n":
		return ByName
	case "x":
		return ByTaxID
	}
	return ByPhone
}

// ContactBy finds the contact with an e-mail address, or else with a phone
// number, however both are written; the oldest of several. "" is no contact.
func (s *Service) ContactBy(ctx context.Context, email, phone string) (id string, err error) {
	return s.clientBy(ctx, TypeContact, email, phone)
}

// CompanyBy finds the company with an e-mail address, or else a phone number.
func (s *Service) CompanyBy(ctx context.Context, email, phone string) (id string, err error) {
	return s.clientBy(ctx, TypeCompany, email, phone)
}

func (s *Service) clientBy(ctx context.Context, recordType, email, phone string) (string, error) {
	found, err := s.matches(ctx, []string{recordType}, reach{[]string{email}, []string{phone}})
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].ID, nil
}

// ClientSettings are how clients are known again.
type ClientSettings struct {
	docstore.Entity
	// Country is where phone numbers without the code of a country are from, as two
	// letters of ISO 3166; "" when that is not known.
	Country string `json:"country" maxLength:"2" doc:"two letters of ISO 3166, empty when numbers without a country code may be from anywhere"`
}

const clientSettingsID = "clients"

// ClientSettings reads the settings.
func (s *Service) ClientSettings(ctx context.Context) (ClientSettings, error) {
	settings, err := s.settings.Get(ctx, clientSettingsID)
	if errors.Is(err, docstore.ErrNotFound) {
		return ClientSettings{Entity: docstore.Entity{ID: clientSettingsID}}, nil
	}
	return settings, err
}

// SaveClientSettings changes the settings; all clients get their keys anew.
func (s *Service) SaveClientSettings(ctx context.Context, by Change, rev int64, country string) (ClientSettings, error) {
	was, err := s.ClientSettings(ctx)
	if err != nil {
		return was, err
	}
	if rev != was.Rev {
		return was, problem.Stale(was)
	}
	country = strings.ToUpper(strings.TrimSpace(country))
	if country != "" && !phonenumbers.GetSupportedRegions()[country] {
		return was, problem.Invalid("/country", "invalid", "two letters of a country such as PL")
	}
	event, err := by.event("clientSettings.changed", edit{Before: map[string]any{"country": was.Country}, After: map[string]any{"country": country}})
	if err != nil {
		return was, err
	}
	now := was
	now.Country = country
	saved, err := s.settings.Save(ctx, now, event)
	if err == nil {
		select {
		case s.reindex <- struct{}{}:
		default:
		}
	}
	if errors.Is(err, docstore.ErrExists) {
		err = docstore.ErrConflict
	}
	return saved, s.stale(err, func() (any, error) { return s.ClientSettings(ctx) })
}

// clientsIndexed marks how all clients have got their keys: those that were stored
// before there were such keys, or with another country, get them anew.
const (
	clientsIndexed = "clientKeys"
	keysVersion    = "3"
)

// KeepIndexed gives keys to all clients whenever they must be made anew, until ctx ends.
func (s *Service) KeepIndexed(ctx context.Context) error {
	if err := s.ResumeMerges(ctx); err != nil {
		return err
	}
	for {
		if err := s.IndexClients(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.reindex:
		}
	}
}

// IndexClients gives keys to the clients that were stored with others or without.
// It may be cut short and begun again.
func (s *Service) IndexClients(ctx context.Context) error {
	settings, err := s.ClientSettings(ctx)
	if err != nil {
		return err
	}
	mark := keysVersion + " " + settings.Country
	done, err := s.shapes.Get(ctx, clientsIndexed)
	if errors.Is(err, docstore.ErrNotFound) {
		done, err = shape{Entity: docstore.Entity{ID: clientsIndexed}}, nil
	}
	if err != nil || done.Name == mark {
		return err
	}
	contact, err := s.shape(ctx, TypeContact)
	if err != nil {
		return err
	}
	company, err := s.shape(ctx, TypeCompany)
	if err != nil {
		return err
	}
	lead, err := s.shape(ctx, TypeLead)
	if err != nil {
		return err
	}
	if err := enterKeys(ctx, s.contacts, nil, func(c *Contact) bool { return renew(&c.Keys, c.keys(contact, settings.Country)) }); err != nil {
		return fmt.Errorf("index contacts: %w", err)
	}
	if err := enterKeys(ctx, s.companies, nil, func(c *Company) bool { return renew(&c.Keys, c.keys(company, settings.Country)) }); err != nil {
		return fmt.Errorf("index companies: %w", err)
	}
	leads := []docstore.Filter{{Path: "type", Op: docstore.Eq, Value: TypeLead}}
	if err := enterKeys(ctx, s.records, leads, func(d *storedRecord) bool { return renew(&d.Keys, d.keys(lead, settings.Country)) }); err != nil {
		return fmt.Errorf("index leads: %w", err)
	}
	done.Name = mark
	if _, err = s.shapes.Save(ctx, done); errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		return nil // another server was faster
	}
	return err
}

func renew(keys *[]string, with []string) bool {
	if slices.Equal(*keys, with) {
		return false
	}
	*keys = with
	return true
}

// enterKeys saves what must be changed. What somebody else changes meanwhile has
// got its keys by that.
func enterKeys[T any](ctx context.Context, of docstore.Typed[T], filters []docstore.Filter, put func(*T) bool) error {
	for cursor, more := "", true; more; more = cursor != "" {
		all, next, err := of.Find(ctx, docstore.Query{Filters: filters, Sort: "createdAt", Limit: docstore.MaxLimit, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, v := range all {
			if !put(&v) {
				continue
			}
			if _, err := of.Save(ctx, v); err != nil && !errors.Is(err, docstore.ErrConflict) && !errors.Is(err, docstore.ErrNotFound) {
				return err
			}
		}
		cursor = next
	}
	return nil
}
