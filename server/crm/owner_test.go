package crm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Clients that were stored before they belonged to people get who added them, once:
// who is away is not responsible for them, and of whom nothing is known has nobody.
//
// covers PE-05
func TestFormerClientsGetWhoAddedThem(t *testing.T) {
	f := setup(t)
	made := map[string]string{}
	for _, name := range []string{"Known", "Left", "Unknown", "Forgotten"} {
		c, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: name})
		require.NoError(t, err)
		made[name] = c.ID
	}
	late, err := f.SaveCompany(t.Context(), crm.Change{Actor: "henrik"}, crm.Company{Name: "Late"})
	require.NoError(t, err)
	asked := 0
	creators := func(_ context.Context, recordType, cursor string) (map[string]string, string, error) {
		asked++
		if recordType == crm.TypeCompany {
			return map[string]string{late.ID: "marta", "erased": "marta"}, "", nil
		}
		if cursor == "" {
			return map[string]string{made["Known"]: "marta", made["Unknown"]: "nobody"}, "more", nil
		}
		return map[string]string{made["Left"]: "henrik"}, "", nil
	}
	require.NoError(t, f.OwnClients(t.Context(), creators))
	for name, want := range map[string]crm.Owned{
		"Known": {ResponsibleID: "marta", ResponsibleName: "Marta Nowak", CreatedBy: "marta"}, "Left": {ResponsibleID: "henrik", ResponsibleName: "Henrik Lund", CreatedBy: "henrik"},
		"Unknown": {}, "Forgotten": {},
	} {
		c, err := f.Contact(t.Context(), made[name])
		require.NoError(t, err)
		require.Equal(t, want, c.Owned, name)
	}
	after, err := f.Company(t.Context(), late.ID)
	require.NoError(t, err)
	require.Equal(t, "henrik", after.CreatedBy, "what is known stays")
	require.Empty(t, after.ResponsibleID)
	before := asked
	require.NoError(t, f.OwnClients(t.Context(), creators))
	require.Equal(t, before, asked, "once")
}

// Who is responsible for a client is checked, and can be asked for in lists; one whose
// account is closed may stay.
func TestResponsibleForAClient(t *testing.T) {
	f := setup(t)
	_, err := f.SaveCompany(t.Context(), crm.Change{Actor: "marta"}, crm.Company{Name: "X", Owned: crm.Owned{ResponsibleID: "nobody"}})
	require.ErrorContains(t, err, "/responsibleId")
	c, err := f.SaveCompany(t.Context(), crm.Change{Actor: "marta"}, crm.Company{Name: "X", Owned: crm.Owned{ResponsibleID: "henrik", CreatedBy: "ghost"}})
	require.NoError(t, err)
	require.Equal(t, "marta", c.CreatedBy, "what is sent is not believed")
	f.leave("henrik")
	c.Phone = "+48 22 555 01 01"
	c, err = f.SaveCompany(t.Context(), crm.Change{Actor: "marta"}, c)
	require.NoError(t, err)
	require.Equal(t, "henrik", c.ResponsibleID)
	found, _, err := f.Companies(t.Context(), crm.ListQuery{Responsible: "henrik"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	seen, err := f.ClientsAmong(t.Context(), crm.TypeCompany, []string{c.ID, "none"}, docstore.Filter{Path: "createdBy", Op: docstore.Eq, Value: "marta"})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{c.ID: true}, seen)
}
