package crm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// covers E-02: a client is known again however address and number are written.
func TestClientsAreKnownAgain(t *testing.T) {
	f := setup(t)
	by := crm.Change{Actor: "marta"}
	anna, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Anna", Email: "Anna@Example.com", Phone: "+48 58 555 01 20"})
	require.NoError(t, err)
	jan, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Jan", Phone: "(58) 555-01-99 x12"})
	require.NoError(t, err)
	for name, c := range map[string]struct{ email, phone, want string }{
		"address in other letters":        {" ANNA@example.COM ", "", anna.ID},
		"address before number":           {"anna@example.com", "58 555 01 99", anna.ID},
		"number with the code":            {"", "0048 585550120", anna.ID},
		"number without the code":         {"", "58-555-01-20", anna.ID},
		"number of another country":       {"", "+49 58 555 01 20", ""},
		"stored without the code":         {"", "+48 58 555 01 99", jan.ID},
		"as it was stored":                {"", "585550199", jan.ID},
		"an address that nobody has":      {"nobody@example.com", "", ""},
		"too few digits to mean somebody": {"", "0120", ""},
		"nothing":                         {"", "", ""},
	} {
		id, err := f.ContactBy(t.Context(), c.email, c.phone)
		require.NoError(t, err, name)
		require.Equal(t, c.want, id, name)
	}
	require.NoError(t, f.DeleteContact(t.Context(), by, anna.ID, 0))
	id, err := f.ContactBy(t.Context(), "anna@example.com", "")
	require.NoError(t, err)
	require.Empty(t, id, "who is in the bin is not known")

	company, err := f.SaveCompany(t.Context(), by, crm.Company{Name: "Timber", Email: "office@timber.test"})
	require.NoError(t, err)
	id, err = f.CompanyBy(t.Context(), "Office@timber.test", "")
	require.NoError(t, err)
	require.Equal(t, company.ID, id)
	require.NoError(t, f.IndexClients(t.Context()))
	require.NoError(t, f.IndexClients(t.Context()), "once is enough")
}

// covers E-02: an address or a number in a field of the workspace's own, and that
// of a lead, means its client too.
func TestClientsAreKnownByOwnFieldsAndAsLeads(t *testing.T) {
	f := setup(t)
	by := crm.Change{Actor: "marta"}
	require.NoError(t, f.FirstPipelineOf(t.Context(), by, crm.TypeLead, "en"))
	for _, recordType := range []string{crm.TypeContact, crm.TypeLead} {
		_, err := f.AddField(t.Context(), by, recordType, 0, field.Field{Key: "mails", Label: "Mails", Type: field.Email, Multiple: true})
		require.NoError(t, err)
	}
	anna, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Anna", Email: "anna@work.test", Fields: map[string]any{"mails": []any{"anna@home.test", "a@club.test"}}})
	require.NoError(t, err)
	lead, err := f.CreateRecord(t.Context(), by, crm.TypeLead, "leads", "", crm.RecordPatch{Title: ptr("Asked at the fair"), Fields: map[string]any{"mails": []any{"A@Club.test"}}})
	require.NoError(t, err)

	found, err := f.MatchClients(t.Context(), []string{"a@club.test"}, nil)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, []string{anna.ID, lead.ID}, []string{found[0].ID, found[1].ID}, "the oldest first")
	require.Equal(t, []string{"email"}, found[1].By)

	_, err = f.UpdateRecord(t.Context(), by, crm.TypeLead, lead.ID, 0, crm.RecordPatch{Fields: map[string]any{"mails": nil}})
	require.NoError(t, err)
	require.NoError(t, f.DeleteContact(t.Context(), by, anna.ID, 0))
	found, err = f.MatchClients(t.Context(), []string{"a@club.test", "anna@work.test"}, nil)
	require.NoError(t, err)
	require.Empty(t, found)
	_, err = f.RestoreContact(t.Context(), by, anna.ID)
	require.NoError(t, err)
	found, err = f.MatchClients(t.Context(), []string{"anna@home.test"}, []string{"555"})
	require.NoError(t, err)
	require.Len(t, found, 1, "who is restored is known again")
}

// covers E-02: in a workspace that names its country, a number without a code is
// from there; changing the country makes all keys anew.
func TestNumbersAreFromTheCountryOfTheWorkspace(t *testing.T) {
	f := setup(t)
	by := crm.Change{Actor: "marta"}
	anna, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Anna", Phone: "(58) 555-01-20"})
	require.NoError(t, err)
	known := func(phone, want string) {
		t.Helper()
		id, err := f.ContactBy(t.Context(), "", phone)
		require.NoError(t, err)
		require.Equal(t, want, id, phone)
	}
	known("+49 58 5550120", anna.ID) // it may be from anywhere
	settings, err := f.ClientSettings(t.Context())
	require.NoError(t, err)
	_, err = f.SaveClientSettings(t.Context(), by, 0, "XX")
	require.Equal(t, map[string]string{"/country": "invalid"}, fields(t, err))
	settings, err = f.SaveClientSettings(t.Context(), by, settings.Rev, "pl")
	require.NoError(t, err)
	require.Equal(t, "PL", settings.Country)
	_, err = f.SaveClientSettings(t.Context(), by, 0, "DE")
	require.Equal(t, "stale", code(err))
	require.NoError(t, f.IndexClients(t.Context()))
	known("+48 58 555 01 20", anna.ID)
	known("0048585550120", anna.ID)
	known("58 555 01 20", anna.ID)
	known("+49 58 5550120", "")
	stored, err := f.Contact(t.Context(), anna.ID)
	require.NoError(t, err)
	require.Equal(t, "(58) 555-01-20", stored.Phone, "what was typed stays")

	peter, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Peter", Phone: "+44 20 7946 0958"})
	require.NoError(t, err)
	known("0044 (0)20 7946 0958", peter.ID)
	known("000 000 000", "")
}

// Clients of a former release are stored without such keys.
func TestClientsOfAFormerReleaseGetTheirKeys(t *testing.T) {
	f := setup(t)
	by := crm.Change{Actor: "marta"}
	contacts, err := f.store.Collection(t.Context(), docstore.Spec{Name: "contacts", Indexes: []docstore.Index{
		{Paths: []string{"createdAt"}}, {Paths: []string{"deletedAt", "createdAt"}}, {Paths: []string{"keys"}, Multi: true}}})
	require.NoError(t, err)
	for id, body := range map[string]string{
		"old": `{"lastName":"Old","name":"Old","email":"old@example.com","deletedAt":null}`,
		"bin": `{"lastName":"Bin","name":"Bin","email":"bin@example.com","keys":["e:bin@example.com"],"deletedAt":"2026-03-01T00:00:00.000Z"}`,
	} {
		_, err = contacts.Save(t.Context(), docstore.Document{ID: id, Body: []byte(body)})
		require.NoError(t, err)
	}
	require.NoError(t, f.IndexClients(t.Context()))
	id, err := f.ContactBy(t.Context(), "OLD@example.com", "")
	require.NoError(t, err)
	require.Equal(t, "old", id)
	binned, err := contacts.Get(t.Context(), "bin")
	require.NoError(t, err)
	require.NotContains(t, string(binned.Body), "keys", "who is in the bin has none")
	_, err = f.SaveContact(t.Context(), by, crm.Contact{LastName: "New", Email: "new@example.com"})
	require.NoError(t, err)
}

// covers E-03: a known client is met again, and only what is empty is filled in.
func TestMeetingAClient(t *testing.T) {
	f := setup(t)
	by := crm.Change{Cause: "intake", Effect: "order-1"}
	met, err := f.Meet(t.Context(), by, &crm.Contact{FirstName: "Anna", LastName: "Nowak", Email: "anna@example.com"}, &crm.Company{Name: "Timber Sp. z o.o.", TaxID: "123"})
	require.NoError(t, err)
	require.False(t, met.KnownContact || met.KnownCompany)
	anna, err := f.Contact(t.Context(), met.Contact)
	require.NoError(t, err)
	require.Equal(t, met.Company, anna.CompanyID)

	by.Effect = "order-2"
	again, err := f.Meet(t.Context(), by, &crm.Contact{FirstName: "Mallory", LastName: "Evil", Email: "ANNA@example.com", Phone: "+48 58 555 01 20", Position: "Buyer"},
		&crm.Company{Name: "TIMBER", TaxID: "666", Address: "Gdansk"})
	require.NoError(t, err)
	require.Equal(t, crm.Met{Contact: met.Contact, Company: met.Company, KnownContact: true, KnownCompany: true}, again)
	anna, err = f.Contact(t.Context(), met.Contact)
	require.NoError(t, err)
	require.Equal(t, []string{"Anna Nowak", "+48 58 555 01 20", "Buyer"}, []string{anna.Name, anna.Phone, anna.Position})
	timber, err := f.Company(t.Context(), met.Company)
	require.NoError(t, err)
	require.Equal(t, []string{"123", "Gdansk"}, []string{timber.TaxID, timber.Address})

	_, err = f.Meet(t.Context(), by, &crm.Contact{LastName: "No", Email: "no"}, nil)
	require.Equal(t, map[string]string{"/contact/email": "bad_email"}, fields(t, err))
	_, err = f.Meet(t.Context(), by, nil, &crm.Company{Name: ""})
	require.Equal(t, map[string]string{"/company/name": "required"}, fields(t, err))

	// An address that its owner has left may be another's.
	_, err = f.SaveContact(t.Context(), crm.Change{}, crm.Contact{Entity: anna.Entity, FirstName: "Anna", LastName: "Nowak", Email: "nowak@example.com"})
	require.NoError(t, err)
	by.Effect = "order-3"
	other, err := f.Meet(t.Context(), by, &crm.Contact{LastName: "Other", Email: "anna@example.com"}, nil)
	require.NoError(t, err)
	require.NotEqual(t, met.Contact, other.Contact)
	repeated, err := f.Meet(t.Context(), by, &crm.Contact{LastName: "Other", Email: "anna@example.com"}, nil)
	require.NoError(t, err)
	require.Equal(t, other.Contact, repeated.Contact)
}
