package access

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// While clients belonged to nobody any reach was all of them, and none was none: what
// was decided then keeps meaning that.
//
// covers PE-03
func TestRightsDecidedBeforeClientsBelongedToPeople(t *testing.T) {
	old := []Right{
		{Action: CRMView, Reach: Own}, {Action: CRMEdit, Reach: All}, {Action: CRMDelete, Type: "contact", Reach: Department},
		{Action: CRMExport, Type: "company", Reach: Nothing}, {Action: CRMExport, Type: "deal", Reach: Own},
	}
	for _, role := range []string{"own", Member} {
		actor := Actor{UserID: "m", Roles: []string{role}, Decided: map[string]Role{role: {Name: role, Rights: BeforeOwners(role, old)}}}
		for _, of := range []string{"contact", "company"} {
			require.Equal(t, All, actor.ReachIn(CRMView, of, "", ""))
			require.Equal(t, All, actor.ReachIn(CRMEdit, of, "", ""))
		}
		require.Equal(t, All, actor.ReachIn(CRMDelete, "contact", "", ""))
		require.Equal(t, Nothing, actor.ReachIn(CRMExport, "company", "", ""))
		require.Equal(t, Own, actor.ReachIn(CRMView, "deal", "", ""), "records are as they were")
		require.Equal(t, Own, actor.ReachIn(CRMExport, "deal", "", ""))
	}
	require.Equal(t, Nothing, Actor{Roles: []string{"own"}, Decided: map[string]Role{"own": {Rights: BeforeOwners("own", old)}}}.ReachIn(CRMDelete, "company", "", ""))
	again := BeforeOwners(Member, BeforeOwners(Member, old))
	require.ElementsMatch(t, BeforeOwners(Member, old), again)
	require.Equal(t, All, Actor{Roles: []string{Member}}.ReachIn(CRMEdit, "contact", "", ""), "a built-in role as it comes")
	require.Equal(t, Nothing, Actor{Roles: []string{Operator}}.ReachIn(CRMEdit, "contact", "", ""))
}

// Who has several roles is told which of them gives how much.
func TestDenialNamesTheReachOfEachRole(t *testing.T) {
	actor := Actor{UserID: "m", Roles: []string{Operator, "seller"}, Decided: map[string]Role{"seller": {Name: "Seller", Rights: []Right{{Action: CRMEdit, Type: "contact", Reach: Own}}}}}
	d := Decide(actor, CRMEdit, Object{Type: "contact", ID: "1", Record: "contact", Owner: "x"})
	require.False(t, d.Allowed)
	require.Equal(t, "your roles (operator: none, Seller: their own) let you edit CRM records only where you are responsible or take part", d.Reason)
	for language, w := range words {
		for _, reach := range []Reach{Nothing, Own, Department, Below} {
			require.NotEmpty(t, w.reach[reach], language)
		}
	}
}
