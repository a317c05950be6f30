package crm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// A record names all of its contacts, not its primary one alone.
func TestRecordsWithAnyOfTheirContacts(t *testing.T) {
	f := setup(t)
	contact := func(name string) string {
		c, err := f.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: name})
		require.NoError(t, err)
		return c.ID
	}
	anna, olga := contact("Anna"), contact("Olga")
	f.deal(crm.RecordPatch{Title: ptr("One"), ContactID: &anna})
	f.deal(crm.RecordPatch{Title: ptr("Primary"), ContactIDs: &[]string{anna, olga}})
	further := map[string]bool{}
	for range docstore.MaxLimit + 1 {
		further[f.deal(crm.RecordPatch{Title: ptr("Further"), ContactIDs: &[]string{olga, anna}}).ID] = true
	}
	seen := map[string]bool{}
	for cursor := ""; ; {
		found, next, err := f.RecordsWith(t.Context(), crm.TypeContact, anna, cursor)
		require.NoError(t, err)
		require.NotEmpty(t, found)
		for _, r := range found {
			require.False(t, seen[r.ID], "once each")
			seen[r.ID] = true
		}
		if cursor = next; next == "" {
			break
		}
	}
	require.Len(t, seen, docstore.MaxLimit+3)
	for id := range further {
		require.True(t, seen[id])
	}
}
