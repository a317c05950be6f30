package access

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecide(t *testing.T) {
	admin := Actor{UserID: "a", Roles: []string{Administrator}}
	designer := Actor{UserID: "d", Roles: []string{Designer}}
	operator := Actor{UserID: "o", Roles: []string{Operator}}
	member := Actor{UserID: "m", Roles: []string{Member}, Groups: []string{"g1"}, Departments: []string{"sales"}}
	both := Actor{UserID: "b", Roles: []string{Member, Operator}}
	foreign := Object{Type: "deals", ID: "1", Owner: "x", Department: "legal"}
	cases := []struct {
		name   string
		actor  Actor
		action Action
		object Object
		want   bool
	}{
		{"administrator manages users", admin, UsersManage, Any, true},
		{"administrator completes no task of others", admin, TasksComplete, Object{Type: "tasks", Participants: []string{"m"}}, false},
		{"designer publishes", designer, DefinitionsPublish, Any, true},
		{"designer does not repair runs", designer, RunsOperate, Any, false},
		{"operator repairs runs", operator, RunsOperate, Object{Type: "runs", ID: "r"}, true},
		{"operator does not publish", operator, DefinitionsPublish, Any, false},
		{"operator edits no CRM record, not even an own one", operator, CRMEdit, Object{Owner: "o"}, false},
		{"member may edit CRM records in general", member, CRMEdit, Any, true},
		{"member edits an own record", member, CRMEdit, Object{Owner: "m", Department: "legal"}, true},
		{"member edits a record of the department", member, CRMEdit, Object{Owner: "x", Department: "sales"}, true},
		{"member edits no record of others", member, CRMEdit, foreign, false},
		{"member does not edit what belongs to nobody", member, CRMEdit, Object{Type: "deals", ID: "1"}, false},
		{"member sees every record", member, CRMView, foreign, true},
		{"member sees a run as a participant", member, RunsView, Object{Type: "runs", Participants: []string{"x", "m"}}, true},
		{"member sees a run by a group", member, RunsView, Object{Type: "runs", Groups: []string{"g1"}}, true},
		{"member sees no run of others", member, RunsView, Object{Type: "runs", Participants: []string{"x"}, Groups: []string{"g2"}}, false},
		{"member completes an own task", member, TasksComplete, Object{Participants: []string{"m"}}, true},
		{"the widest role counts", both, RunsView, foreign, true},
		{"nobody", Actor{}, CRMView, Any, false},
		{"nobody owns what nobody owns", Actor{Roles: []string{Member}}, CRMEdit, Object{Type: "deals"}, false},
		{"unknown role", Actor{UserID: "u", Roles: []string{"king"}}, CRMView, Any, false},
		{"system", Actor{System: true}, CRMEdit, foreign, true},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			d := Decide(tt.actor, tt.action, tt.object)
			require.Equal(t, tt.want, d.Allowed)
			require.Equal(t, tt.want, d.Reason == "")
		})
	}
}

func TestDenialsAreExplained(t *testing.T) {
	member := Actor{UserID: "m", Roles: []string{Member}}
	require.Equal(t, "it needs the right to publish processes, which your roles (member) do not give",
		Decide(member, DefinitionsPublish, Any).Reason)
	d := Decide(member, CRMEdit, Object{Owner: "x", Department: "legal"})
	require.Equal(t, "your roles (member) let you edit CRM records only in your departments", d.Reason)
	require.Equal(t, "право «изменение записей CRM» ваши роли (участник) дают только в ваших отделах", d.Why("ru"))
	require.Equal(t, "nobody is signed in", Decide(Actor{}, CRMEdit, Any).Reason)
	require.Equal(t, "nobody is signed in", Decide(Actor{}, CRMEdit, Any).Why("xx"))
}

func TestEveryLanguageNamesEverything(t *testing.T) {
	for language, w := range words {
		for action := range table[Administrator] {
			require.NotEmpty(t, w.actions[action], "%s %s", language, action)
		}
		for _, role := range Roles() {
			require.NotEmpty(t, w.roles[role], "%s %s", language, role)
		}
		require.Contains(t, w.none+w.own+w.dept, "{action}")
	}
	for role, grants := range table {
		for action := range grants {
			require.NotZero(t, table[Administrator][action], "%s has %s, which no administrator could give", role, action)
		}
	}
}

func TestPermissions(t *testing.T) {
	require.Empty(t, Permissions(Actor{}))
	p := Permissions(Actor{UserID: "o", Roles: []string{Operator}})
	require.True(t, slices.IsSorted(p))
	require.Contains(t, p, "runs.operate")
	require.NotContains(t, p, "definitions.edit")
	require.Equal(t, Actor{UserID: "u"}, From(With(t.Context(), Actor{UserID: "u"})))
	require.Equal(t, Actor{}, From(t.Context()))
}
