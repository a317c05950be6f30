package identity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/identity"
)

func everything(string, string, string) bool { return true }

// covers PE-03, PE-04
func TestRolesAreHeldByPeopleGroupsAndDepartments(t *testing.T) {
	f := setup(t)
	ctx := t.Context()
	sales, err := f.SaveDepartment(ctx, identity.Department{Name: "Sales"})
	require.NoError(t, err)
	north, err := f.SaveDepartment(ctx, identity.Department{Name: "North", ParentID: sales.ID})
	require.NoError(t, err)
	f.user("ana")
	f.user("ben")
	f.user("eva", func(n *identity.NewUser) { n.DepartmentID = north.ID })
	f.user("olo")
	group, err := f.SaveGroup(ctx, identity.Group{Name: "Helpers", MemberIDs: []string{"ben"}})
	require.NoError(t, err)

	right := access.Right{Action: access.CRMDelete, Type: "deal", Reach: access.All}
	role, err := f.SaveRole(ctx, identity.Role{Name: "Deleters", Rights: []access.Right{right}, UserIDs: []string{"ana"}, GroupIDs: []string{group.ID}, DepartmentIDs: []string{sales.ID}}, everything)
	require.NoError(t, err)
	reach := func(user string) access.Reach {
		actor, err := f.Actor(ctx, user)
		require.NoError(t, err)
		return actor.ReachIn(access.CRMDelete, "deal", "", "")
	}
	require.Equal(t, access.All, reach("ana"), "a person")
	require.Equal(t, access.All, reach("ben"), "by a group")
	require.Equal(t, access.All, reach("eva"), "by the department above")
	require.Equal(t, access.Department, reach("olo"), "only a member")

	d, err := f.Directory(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"ana", "ben", "eva"}, d.Members(access.HoldersOf+role.ID), "the same people hold it by name")
	require.Equal(t, []string{"ana", "ben", "eva", "olo"}, d.Members(access.HoldersOf+access.Member))
	require.Empty(t, d.Members(access.HoldersOf+"none"))
	off := false
	eva, err := f.User(ctx, "eva")
	require.NoError(t, err)
	_, err = f.UpdateUser(ctx, "eva", eva.Rev, identity.UserChange{Active: &off})
	require.NoError(t, err)
	d, err = f.Directory(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"ana", "ben"}, d.Members(access.HoldersOf+role.ID), "who has left holds nothing")

	member, err := f.Role(ctx, access.Member)
	require.NoError(t, err)
	member.Rights = []access.Right{{Action: access.CRMDelete, Reach: access.Nothing}}
	member, err = f.SaveRole(ctx, member, everything)
	require.NoError(t, err)
	require.Equal(t, access.Nothing, reach("olo"), "what the workspace decides of a built-in role replaces it")
	require.Equal(t, access.All, reach("ana"), "the widest of several roles counts")
	require.NoError(t, f.DeleteRole(ctx, access.Member, member.Rev))
	require.Equal(t, access.Department, reach("olo"))

	key, _, err := f.CreateToken(ctx, "ana", identity.NewToken{Name: "script"})
	require.NoError(t, err)
	c, err := f.AuthenticateToken(ctx, key)
	require.NoError(t, err)
	require.Equal(t, []string{access.Member, role.ID}, c.Actor.Roles, "a token does what its owner may")
}

// covers B-72, PE-02
func TestTheNarrowestRightOfARoleDecides(t *testing.T) {
	actor := access.Actor{UserID: "u", Roles: []string{"r"}, Departments: []string{"d"}, Below: []string{"d", "e"}, Decided: map[string]access.Role{"r": {Name: "Juniors", Rights: []access.Right{
		{Action: access.CRMView, Reach: access.Own},
		{Action: access.CRMView, Type: "lead", Reach: access.All},
		{Action: access.CRMView, Pipeline: "sales", Reach: access.Below},
		{Action: access.CRMView, Pipeline: "sales", Stage: "won", Reach: access.Nothing},
		{Action: access.AutomationEdit, Type: "lead", Reach: access.All},
	}}}}
	see := func(o access.Object) bool {
		o.Type = "records"
		return access.Decide(actor, access.CRMView, o).Allowed
	}
	require.True(t, see(access.Object{Record: "lead", Owner: "x"}))
	require.False(t, see(access.Object{Record: "deal", Owner: "x"}))
	require.True(t, see(access.Object{Record: "deal", Owner: "u"}))
	require.True(t, see(access.Object{Record: "deal", Pipeline: "sales", Stage: "new", Owner: "x", Department: "e"}), "a department below")
	require.False(t, see(access.Object{Record: "deal", Pipeline: "sales", Stage: "new", Owner: "x", Department: "f"}))
	require.False(t, see(access.Object{Record: "deal", Pipeline: "sales", Stage: "won", Owner: "u"}), "not even an own one")
	require.True(t, access.Decide(actor, access.AutomationEdit, access.Object{Type: "boards", Record: "lead"}).Allowed)
	require.False(t, access.Decide(actor, access.AutomationEdit, access.Object{Type: "boards", Record: "deal"}).Allowed)

	rest, places := actor.Places(access.CRMView, "deal")
	require.Equal(t, access.Own, rest)
	require.Equal(t, []access.Place{{Pipeline: "sales", Stage: "won", Reach: access.Nothing}, {Pipeline: "sales", Reach: access.Below}}, places)
	require.Equal(t, "your roles (Juniors) let you see CRM records in Sales only in your department and those below it",
		access.Decide(actor, access.CRMView, access.Object{Type: "records", Record: "deal", Pipeline: "sales", Stage: "new", In: "Sales"}).Reason)
}

func TestRolesThatCannotBe(t *testing.T) {
	f := setup(t)
	ctx := t.Context()
	f.user("ana")
	ok, err := f.SaveRole(ctx, identity.Role{Name: "Sellers"}, everything)
	require.NoError(t, err)
	view := access.Right{Action: access.CRMView, Reach: access.All}
	for _, tt := range []struct {
		role identity.Role
		want string
	}{
		{identity.Role{}, "validation /name required"},
		{identity.Role{Name: "sellers"}, "validation /name exists"},
		{identity.Role{Name: "A", UserIDs: []string{"nobody"}}, "validation /userIds unknown_reference"},
		{identity.Role{Name: "A", Rights: []access.Right{{Action: access.UsersManage, Reach: access.All}}}, "validation /rights/0/action one_of"},
		{identity.Role{Name: "A", Rights: []access.Right{view, view}}, "validation /rights/1 exists"},
		{identity.Role{Name: "A", Rights: []access.Right{{Action: access.CRMView, Stage: "new", Reach: access.All}}}, "validation /rights/0/pipeline required"},
		{identity.Role{Name: "A", Rights: []access.Right{{Action: access.CRMView, Type: "ship", Reach: access.All}}}, "validation /rights/0 unknown_reference"},
		{identity.Role{Entity: docstore.Entity{ID: access.Administrator}, Rights: []access.Right{}}, "validation /id invalid"},
		{identity.Role{Entity: docstore.Entity{ID: access.Member}, UserIDs: []string{"ana"}}, "validation /name invalid"},
	} {
		_, err := f.SaveRole(ctx, tt.role, func(recordType, _, _ string) bool { return recordType == "" })
		require.Equal(t, tt.want, f.code(err), "%+v", tt.role)
	}
	ok.Rev++
	_, err = f.SaveRole(ctx, ok, everything)
	require.Equal(t, "stale", f.code(err))
	require.Equal(t, "not_found", f.code(f.DeleteRole(ctx, "gone", 1)))
}
