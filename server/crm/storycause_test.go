package crm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/crm"
)

// covers U-36: the story of a record says whether a run or a trigger moved it, and
// takes neither for the other.
func TestStoryNamesWhatMovedTheRecord(t *testing.T) {
	f := setup(t)
	d := f.deal(crm.RecordPatch{})
	_, err := f.MoveRecord(t.Context(), crm.Change{Actor: "marta", Cause: "trigger:paid"}, crm.TypeDeal, d.ID, 0, "contract", "")
	require.NoError(t, err)
	_, err = f.MoveRecord(t.Context(), crm.Change{Run: "r-1"}, crm.TypeDeal, d.ID, 0, "won", "")
	require.NoError(t, err)
	f.drain()
	story, _, err := f.Timeline(t.Context(), crm.TypeDeal, d.ID, 10, "")
	require.NoError(t, err)
	require.Equal(t, []any{"r-1", nil}, []any{story[0].Run, story[0].Data["trigger"]})
	require.Equal(t, []any{"", "paid"}, []any{story[1].Run, story[1].Data["trigger"]})
}
