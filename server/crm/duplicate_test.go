package crm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

func TestDuplicatesAreFoundAndDismissed(t *testing.T) {
	f := setup(t)
	by := crm.Change{Actor: "marta"}
	contact := func(first, last, email, phone string) string {
		c, err := f.SaveContact(t.Context(), by, crm.Contact{FirstName: first, LastName: last, Email: email, Phone: phone})
		require.NoError(t, err)
		return c.ID
	}
	anna := contact("Anna", "Nowak", "anna@example.com", "")
	again := contact("A.", "Nowak", "ANNA@example.com", "+48 58 555 01 20")
	swapped := contact("Nowak", "Anna", "", "")
	contact("Jan", "Other", "jan@example.com", "")
	groups, next, err := f.Duplicates(t.Context(), crm.TypeContact, "", nil, 10, "")
	require.NoError(t, err)
	require.Empty(t, next)
	require.Len(t, groups, 2)
	require.Equal(t, []string{"email", "anna@example.com", anna, again}, []string{groups[0].By, groups[0].Value, groups[0].Records[0].ID, groups[0].Records[1].ID})
	require.Equal(t, []string{"name", anna, swapped}, []string{groups[1].By, groups[1].Records[0].ID, groups[1].Records[1].ID})
	first, next, err := f.Duplicates(t.Context(), crm.TypeContact, "", nil, 1, "")
	require.NoError(t, err)
	require.Equal(t, groups[:1], first)
	second, _, err := f.Duplicates(t.Context(), crm.TypeContact, "", nil, 1, next)
	require.NoError(t, err)
	require.Equal(t, groups[1:], second)

	require.NoError(t, f.Dismiss(t.Context(), by, crm.TypeContact, groups[1].Key, nil))
	named, _, err := f.Duplicates(t.Context(), crm.TypeContact, crm.ByName, nil, 10, "")
	require.NoError(t, err)
	require.Empty(t, named)
	contact("ANNA", "Nowak", "", "")
	named, _, err = f.Duplicates(t.Context(), crm.TypeContact, crm.ByName, nil, 10, "")
	require.NoError(t, err)
	require.Len(t, named[0].Records, 3, "another one has joined them")

	for _, c := range []crm.Company{{Name: "Lis Pumps Sp. z o.o.", TaxID: "PL 555-00-01"}, {Name: "LIS PUMPS"}, {Name: "Other", TaxID: "pl5550001"}} {
		_, err := f.SaveCompany(t.Context(), by, c)
		require.NoError(t, err)
	}
	groups, _, err = f.Duplicates(t.Context(), crm.TypeCompany, "", nil, 10, "")
	require.NoError(t, err)
	require.Equal(t, []string{"name", "taxId"}, []string{groups[0].By, groups[1].By})
	_, _, err = f.Duplicates(t.Context(), crm.TypeDeal, "", nil, 10, "")
	require.Equal(t, "not_found", code(err))
	_, _, err = f.Duplicates(t.Context(), crm.TypeContact, "color", nil, 10, "")
	require.Equal(t, "validation", code(err))
}

// Merging keeps everything that named those that went, and can be taken back.
func TestMergingContacts(t *testing.T) {
	f := setup(t)
	by := crm.Change{Actor: "marta"}
	_, err := f.AddField(t.Context(), by, crm.TypeContact, 0, field.Field{Key: "mails", Label: "Mails", Type: field.Email, Multiple: true})
	require.NoError(t, err)
	_, err = f.AddField(t.Context(), by, crm.TypeDeal, 0, field.Field{Key: "advisor", Label: "Advisor", Type: field.Reference, Target: crm.TypeContact})
	require.NoError(t, err)
	save := func(c crm.Contact) crm.Contact {
		c, err := f.SaveContact(t.Context(), by, c)
		require.NoError(t, err)
		return c
	}
	stays := save(crm.Contact{FirstName: "Anna", LastName: "Nowak", Email: "anna@work.test", Position: "Buyer", Fields: map[string]any{"mails": []any{"a@a.test"}}})
	goes := save(crm.Contact{FirstName: "Ania", LastName: "Nowak", Email: "ania@home.test", Phone: "+48 58 555 01 20", Position: "Owner", Fields: map[string]any{"mails": []any{"b@b.test", "a@a.test"}}})
	third := save(crm.Contact{LastName: "Third"})
	primary := f.deal(crm.RecordPatch{ContactID: &goes.ID})
	several := f.deal(crm.RecordPatch{ContactIDs: &[]string{third.ID, goes.ID, stays.ID}})
	advised := f.deal(crm.RecordPatch{ContactID: &third.ID, Fields: map[string]any{"advisor": goes.ID}})

	_, err = f.MergeRecords(t.Context(), by, crm.TypeContact, crm.Merging{Into: stays.ID, From: []string{stays.ID}})
	require.Equal(t, map[string]string{"/from/0": "named_twice"}, fields(t, err))
	_, err = f.MergeRecords(t.Context(), by, crm.TypeContact, crm.Merging{Into: stays.ID, From: []string{"nobody"}})
	require.Equal(t, map[string]string{"/from/0": "unknown_reference"}, fields(t, err))
	_, err = f.MergeRecords(t.Context(), by, crm.TypeContact, crm.Merging{Into: stays.ID, From: []string{goes.ID}, Take: map[string]string{"position": third.ID}})
	require.Equal(t, map[string]string{"/take/position": "unknown_reference"}, fields(t, err))

	m, err := f.MergeRecords(t.Context(), by, crm.TypeContact, crm.Merging{Into: stays.ID, From: []string{goes.ID}, Take: map[string]string{"position": goes.ID}})
	require.NoError(t, err)
	standing, title, err := f.Standing(t.Context(), crm.TypeContact, goes.ID)
	require.NoError(t, err)
	stands, err := f.Contact(t.Context(), stays.ID)
	require.NoError(t, err)
	require.Equal(t, []string{stays.ID, stands.Name}, []string{standing, title}, "what names the one that went leads to the one that stays")
	require.Equal(t, []any{"done", 3}, []any{m.Status, m.Count})
	one, err := f.Contact(t.Context(), stays.ID)
	require.NoError(t, err)
	require.Equal(t, []any{"Anna Nowak", "anna@work.test", "+48 58 555 01 20", "Owner", []any{"a@a.test", "b@b.test"}},
		[]any{one.Name, one.Email, one.Phone, one.Position, one.Fields["mails"]})
	same, err := f.Contact(t.Context(), goes.ID)
	require.NoError(t, err)
	require.Equal(t, stays.ID, same.ID, "who asks for one that went gets the one that stays")
	for _, address := range []string{"anna@work.test", "ania@home.test", "b@b.test"} {
		id, err := f.ContactBy(t.Context(), address, "")
		require.NoError(t, err)
		require.Equal(t, stays.ID, id, "%s: known by what any of them was known by", address)
	}
	read := func(id string) crm.Record {
		d, err := f.Record(t.Context(), crm.TypeDeal, id)
		require.NoError(t, err)
		return d
	}
	require.Equal(t, []string{stays.ID, "Anna Nowak"}, []string{read(primary.ID).ContactID, read(primary.ID).ContactName})
	require.Equal(t, []string{third.ID, stays.ID}, read(several.ID).ContactIDs)
	require.Equal(t, stays.ID, read(advised.ID).Fields["advisor"])

	// It may be repeated, as after a crash.
	merges, err := f.store.Collection(t.Context(), docstore.Spec{Name: "merges", Indexes: []docstore.Index{{Paths: []string{"status"}}, {Paths: []string{"createdAt"}}}})
	require.NoError(t, err)
	kept, err := merges.Get(t.Context(), m.ID)
	require.NoError(t, err)
	before := one.Rev
	require.NoError(t, f.ResumeMerges(t.Context()))
	one, err = f.Contact(t.Context(), stays.ID)
	require.NoError(t, err)
	require.Equal(t, before, one.Rev, "what is done is left alone")
	require.Contains(t, string(kept.Body), `"done"`)

	one.Position, one.Fields = "Director", nil
	_, err = f.SaveContact(t.Context(), by, one)
	require.NoError(t, err)
	undone, err := f.Unmerge(t.Context(), by, m.ID)
	require.NoError(t, err)
	require.Equal(t, "undone", undone.Status)
	again, err := f.Unmerge(t.Context(), by, m.ID)
	require.NoError(t, err)
	require.Equal(t, undone.Rev, again.Rev)
	one, err = f.Contact(t.Context(), stays.ID)
	require.NoError(t, err)
	require.Equal(t, []any{"", "Director", []any{"a@a.test"}}, []any{one.Phone, one.Position, one.Fields["mails"]}, "what somebody changed since stays")
	other, err := f.Contact(t.Context(), goes.ID)
	require.NoError(t, err)
	require.Equal(t, []any{goes.ID, "Ania Nowak"}, []any{other.ID, other.Name})
	require.Equal(t, goes.ID, read(primary.ID).ContactID)
	require.Equal(t, goes.ID, read(advised.ID).Fields["advisor"])
	id, err := f.ContactBy(t.Context(), "ania@home.test", "")
	require.NoError(t, err)
	require.Equal(t, goes.ID, id)
}

func TestMergingCompaniesAndLeads(t *testing.T) {
	f := setup(t)
	by := crm.Change{Actor: "marta"}
	require.NoError(t, f.FirstPipelineOf(t.Context(), by, crm.TypeLead, "en"))
	a, err := f.SaveCompany(t.Context(), by, crm.Company{Name: "Lis"})
	require.NoError(t, err)
	b, err := f.SaveCompany(t.Context(), by, crm.Company{Name: "Lis Ltd", TaxID: "5550001", Address: "Gdansk"})
	require.NoError(t, err)
	worker, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Worker", CompanyID: b.ID})
	require.NoError(t, err)
	deal := f.deal(crm.RecordPatch{CompanyID: &b.ID})
	m, err := f.MergeRecords(t.Context(), by, crm.TypeCompany, crm.Merging{Into: a.ID, From: []string{b.ID}})
	require.NoError(t, err)
	lis, err := f.Company(t.Context(), b.ID)
	require.NoError(t, err)
	require.Equal(t, []string{a.ID, "Lis", "5550001", "Gdansk"}, []string{lis.ID, lis.Name, lis.TaxID, lis.Address})
	worker, err = f.Contact(t.Context(), worker.ID)
	require.NoError(t, err)
	require.Equal(t, a.ID, worker.CompanyID)
	moved, err := f.Record(t.Context(), crm.TypeDeal, deal.ID)
	require.NoError(t, err)
	require.Equal(t, []string{a.ID, "Lis"}, []string{moved.CompanyID, moved.CompanyName})
	_, err = f.Unmerge(t.Context(), by, m.ID)
	require.NoError(t, err)
	worker, err = f.Contact(t.Context(), worker.ID)
	require.NoError(t, err)
	require.Equal(t, b.ID, worker.CompanyID)

	lead := func(title, comment string, amount int64) crm.Record {
		d, err := f.CreateRecord(t.Context(), by, crm.TypeLead, "leads", "", crm.RecordPatch{Title: &title, Comment: &comment, Amount: &amount})
		require.NoError(t, err)
		return d
	}
	first, second := lead("Fair", "", 0), lead("fair", "Wants pumps", 500)
	groups, _, err := f.Duplicates(t.Context(), crm.TypeLead, "", nil, 10, "")
	require.NoError(t, err)
	require.Len(t, groups, 1)
	m, err = f.MergeRecords(t.Context(), by, crm.TypeLead, crm.Merging{Into: first.ID, From: []string{second.ID}})
	require.NoError(t, err)
	one, err := f.Record(t.Context(), crm.TypeLead, second.ID)
	require.NoError(t, err)
	require.Equal(t, []any{first.ID, "Fair", "Wants pumps", int64(500)}, []any{one.ID, one.Title, one.Comment, one.Amount})
	aliases, err := f.Aliases(t.Context(), crm.TypeLead, first.ID)
	require.NoError(t, err)
	require.Equal(t, []string{first.ID, second.ID}, aliases)
	_, err = f.Unmerge(t.Context(), by, m.ID)
	require.NoError(t, err)
	one, err = f.Record(t.Context(), crm.TypeLead, second.ID)
	require.NoError(t, err)
	require.Equal(t, second.ID, one.ID)
}
