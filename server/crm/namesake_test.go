package crm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
)

// Two people, or two companies, may have one name: a change from one to the other is
// kept and told. A user who was renamed meanwhile is no change.
func TestNamesakesAreTwo(t *testing.T) {
	f := setup(t)
	f.staff["marta2"] = "Marta Nowak"
	by := crm.Change{Actor: "marta"}
	one, err := f.SaveCompany(t.Context(), by, crm.Company{Name: "Pumps Ltd."})
	require.NoError(t, err)
	other, err := f.SaveCompany(t.Context(), by, crm.Company{Name: "Pumps Ltd."})
	require.NoError(t, err)
	d := f.deal(crm.RecordPatch{ResponsibleID: ptr("marta"), CompanyID: &one.ID})
	f.drain()

	d, err = f.UpdateRecord(t.Context(), by, crm.TypeDeal, d.ID, d.Rev, crm.RecordPatch{ResponsibleID: ptr("marta2"), CompanyID: &other.ID})
	require.NoError(t, err)
	kept, err := f.Record(t.Context(), crm.TypeDeal, d.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"marta2", other.ID}, []string{kept.ResponsibleID, kept.CompanyID})
	require.Equal(t, crm.RecordChanged, f.drain()[0].Event.Kind)

	f.staff["marta2"] = "Marta Lund"
	_, err = f.UpdateRecord(t.Context(), by, crm.TypeDeal, d.ID, d.Rev, crm.RecordPatch{ResponsibleID: ptr("marta2")})
	require.NoError(t, err)
	require.Empty(t, f.drain(), "nothing was changed")
}
