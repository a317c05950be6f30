package crm

import (
	"context"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/server/problem"
)

// Marks tell with which revision each field of a record was changed last, so that
// two people who change different fields do not get into each other's way.
type Marks struct {
	// FieldRevs are revisions by the keys of fields; marksSince is the one from which
	// on they are noted.
	FieldRevs map[string]int64 `json:"fieldRevs,omitempty" doc:"computed: the revision with which a field was changed last, by its key"`
}

// marksSince is no key of a field: those begin with a letter.
const marksSince = "_"

// mark notes that fields are changed by the write after a revision. The map may be
// shared with whoever read the record, so it is not written into.
func (m *Marks) mark(rev int64, fields []string) {
	revs := maps.Clone(m.FieldRevs)
	if revs == nil {
		revs = map[string]int64{marksSince: rev}
	}
	for _, key := range fields {
		revs[key] = rev + 1
	}
	m.FieldRevs = revs
}

// since gives those of the fields that may have been changed after a revision: of
// what was written before marks were noted, all.
func (m Marks) since(rev int64, fields []string) []string {
	from, noted := m.FieldRevs[marksSince]
	var out []string
	for _, key := range fields {
		if !noted || rev < from || m.FieldRevs[key] > rev {
			out = append(out, key)
		}
	}
	return out
}

// Clash is a field that somebody else has changed meanwhile, to another value.
type Clash struct {
	Field  string `json:"field"`
	Mine   any    `json:"mine"`
	Theirs any    `json:"theirs"`
}

// clashing is the problem of a change that is based on an older revision: the fields
// that it would take back, with both values. What others changed besides stays, and
// is no problem.
func (s *Service) clashing(ctx context.Context, recordType string, current any, fields []string, mine, theirs map[string]any) error {
	clashes := make([]Clash, 0, len(fields))
	of := [2]map[string]any{{}, {}}
	for _, key := range fields {
		clashes = append(clashes, Clash{Field: key, Mine: mine[key], Theirs: theirs[key]})
		of[0][key], of[1][key] = mine[key], theirs[key]
	}
	names := map[string]string{}
	if recordType == TypeProduct { // nothing of it is an id
		return problem.Stale(current).With("clashes", clashes).With("names", names)
	}
	if err := s.callAll(ctx, recordType, of[:], names); err != nil {
		return err
	}
	return problem.Stale(current).With("clashes", clashes).With("names", names)
}

// differing are the keys of the fields of after that are not as they were, in order.
func differing(before, after map[string]any) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if !sameValue(before[key], after[key]) {
			out = append(out, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, kept := after[key]; !kept && before[key] != nil {
			out = append(out, key)
		}
	}
	return out
}

// byKey are the values of a record by the keys of its fields.
func (d Record) byKey() map[string]any {
	values := map[string]any{}
	maps.Copy(values, d.Fields)
	values["title"], values["company"], values["contact"], values["responsible"], values["comment"] = d.Title, d.CompanyID, d.ContactID, d.ResponsibleID, d.Comment
	values["amount"], values["expectedCloseAt"], values["products"] = Money{d.Amount, d.Currency}, d.ExpectedCloseAt.String(), d.Products
	return values
}

// byKey are the values of a contact by the keys of its fields.
func (c Contact) byKey() map[string]any {
	values := map[string]any{}
	maps.Copy(values, c.Fields)
	values["firstName"], values["lastName"], values["email"], values["phone"], values["company"], values["position"] = c.FirstName, c.LastName, c.Email, c.Phone, c.CompanyID, c.Position
	values["responsible"] = c.ResponsibleID
	return values
}

// byKey are the values of a company by the keys of its fields.
func (c Company) byKey() map[string]any {
	values := map[string]any{}
	maps.Copy(values, c.Fields)
	values["name"], values["email"], values["phone"], values["address"], values["taxId"] = c.Name, c.Email, c.Phone, c.Address, c.TaxID
	values["responsible"] = c.ResponsibleID
	return values
}

// contended are the values about which two changes of a record can clash: all of its
// contacts are one value, and so is where it stands.
func (d Record) contended() map[string]any {
	values := d.byKey()
	values["contact"], values["stage"] = d.contacts(), d.PipelineID+" "+d.StageID
	return values
}

// settled marks what a change makes different, and refuses it when it is based on an
// older revision and would take back what others did since.
func (s *Service) settled(ctx context.Context, rev int64, before Record, d *storedRecord) error {
	theirs, mine := before.contended(), d.contended()
	fields := differing(theirs, mine)
	if rev != 0 {
		if clashes := d.since(rev, fields); rev > before.Rev || rev < before.Rev && len(clashes) > 0 {
			return s.clashing(ctx, d.Type, before, clashes, mine, theirs)
		}
	}
	d.mark(before.Rev, fields)
	return nil
}

// partyOf is what merged needs of contacts, companies and products.
type partyOf[T any] struct {
	recordType string
	read       func(ctx context.Context, id string) (T, error)
	save       func(ctx context.Context, by Change, v T) (T, error)
	look       func(T) (Marks, int64)
	values     func(T) map[string]any
}

// merged changes a contact, a company or a product that was read with a revision, 0 for whatever
// is stored. What others changed meanwhile stays, field by field.
func merged[T any](ctx context.Context, s *Service, of partyOf[T], by Change, id string, rev int64, edit func(*T)) (T, error) {
	for attempt := 1; ; attempt++ {
		before, err := of.read(ctx, id)
		if err != nil {
			return before, err
		}
		after := before
		edit(&after)
		marks, stored := of.look(before)
		if rev != 0 && rev != stored {
			theirs := of.values(before)
			mine := maps.Clone(theirs) // own fields that are not sent keep their values
			maps.Copy(mine, of.values(after))
			if clashes := marks.since(rev, differing(theirs, mine)); rev > stored || len(clashes) > 0 {
				return before, s.clashing(ctx, of.recordType, before, clashes, mine, theirs)
			}
		}
		saved, err := of.save(ctx, by, after)
		if err == nil || attempt == changeAttempts || !isProblem(err, "stale") {
			return saved, err
		}
	}
}

// ChangeContact edits a contact that was read with a revision, 0 for whatever is
// stored. A field that somebody else changed meanwhile to another value is a stale
// problem with both values; other fields are merged.
func (s *Service) ChangeContact(ctx context.Context, by Change, id string, rev int64, edit func(*Contact)) (Contact, error) {
	return merged(ctx, s, partyOf[Contact]{TypeContact, s.contact, s.SaveContact, func(c Contact) (Marks, int64) { return c.Marks, c.Rev }, Contact.byKey}, by, id, rev, edit)
}

// ChangeCompany is ChangeContact for a company.
func (s *Service) ChangeCompany(ctx context.Context, by Change, id string, rev int64, edit func(*Company)) (Company, error) {
	return merged(ctx, s, partyOf[Company]{TypeCompany, s.company, s.SaveCompany, func(c Company) (Marks, int64) { return c.Marks, c.Rev }, Company.byKey}, by, id, rev, edit)
}

// callAll adds what people read for the ids among values by the keys of fields, as
// far as the person of the request may read it.
func (s *Service) callAll(ctx context.Context, recordType string, all []map[string]any, names map[string]string) error {
	for _, values := range all {
		if id, _ := values["responsible"].(string); id != "" {
			if name := s.name(id); name != "" {
				names[id] = name
			}
		}
		for key, kind := range map[string]string{"company": TypeCompany, "contact": TypeContact} {
			ids := each(values[key])
			if several, is := values[key].([]string); is {
				ids = nil
				for _, id := range several {
					ids = append(ids, id)
				}
			}
			for _, v := range ids {
				id, _ := v.(string)
				if id == "" || s.sight != nil && !s.sight(ctx, kind, id) {
					continue
				}
				if title, err := s.Title(ctx, kind, id); err == nil {
					names[id] = title
				} else if !isProblem(err, "not_found") {
					return err
				}
			}
		}
	}
	return s.namesIn(ctx, recordType, all, names)
}
