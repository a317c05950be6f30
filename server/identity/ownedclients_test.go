package identity

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// A role that was stored before clients belonged to people keeps all of them; one that
// was decided since goes no further than it says.
//
// covers PE-03
func TestStoredRolesKeepTheirClients(t *testing.T) {
	lines := []access.Right{{Action: access.CRMView, Reach: access.Own}}
	of := func(decidedSince bool) access.Actor {
		r := Role{Entity: docstore.Entity{ID: "seller", Rev: 1}, Name: "Seller", Rights: lines, UserIDs: []string{"u"}, OwnedClients: decidedSince}
		d := newDirectory([]User{{Entity: docstore.Entity{ID: "u"}, Active: true}}, nil, nil, []Role{r})
		u, _ := d.Find("u")
		keys, decided := d.rolesOf(u)
		return access.Actor{UserID: "u", Roles: keys, Decided: decided}
	}
	require.Equal(t, access.All, of(false).ReachIn(access.CRMView, "contact", "", ""))
	require.Equal(t, access.Own, of(false).ReachIn(access.CRMView, "deal", "", ""))
	require.Equal(t, access.Own, of(true).ReachIn(access.CRMView, "contact", "", ""))
}
