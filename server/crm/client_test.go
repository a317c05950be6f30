package crm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
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
