package crm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
)

// A client that an effect has made is the answer to its repetition, even when what
// was right at first would be refused by now.
func TestEffectMakesAClientOnce(t *testing.T) {
	f := setup(t)
	by := crm.Change{Cause: "form:f", Effect: "s-1"}
	company, err := f.SaveCompany(t.Context(), by, crm.Company{Name: "Timber"})
	require.NoError(t, err)
	require.Equal(t, crm.MadeBy("s-1", crm.TypeCompany), company.ID)
	contact, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Anna", CompanyID: company.ID})
	require.NoError(t, err)
	require.Equal(t, crm.MadeBy("s-1", crm.TypeContact), contact.ID)
	f.drain()
	require.NoError(t, f.DeleteCompany(t.Context(), crm.Change{Actor: "marta"}, company.ID, 0))
	require.Len(t, f.drain(), 1)

	again, err := f.SaveContact(t.Context(), by, crm.Contact{LastName: "Anna", CompanyID: company.ID})
	require.NoError(t, err)
	require.Equal(t, contact.Entity, again.Entity)
	gone, err := f.SaveCompany(t.Context(), by, crm.Company{Name: "Timber"})
	require.NoError(t, err)
	require.Equal(t, company.ID, gone.ID)
	require.Empty(t, f.drain(), "a repeat is no second event")

	other, err := f.SaveContact(t.Context(), crm.Change{Effect: "s-2"}, crm.Contact{LastName: "Anna"})
	require.NoError(t, err)
	require.NotEqual(t, contact.ID, other.ID)
}
