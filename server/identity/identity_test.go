package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/problem"
)

var cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const password = "correct horse battery"

type fixture struct {
	*testing.T
	*identity.Service
	clock *clock.Fake
	store *memstore.Store
}

func setup(t *testing.T) *fixture {
	f := &fixture{T: t, clock: clock.NewFake(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))}
	f.store = memstore.New(f.clock.Now)
	f.Service = f.open(cheap)
	return f
}

func (f *fixture) open(hash *argon2id.Params) *identity.Service {
	s, err := identity.New(f.Context(), identity.Options{Store: f.store, Clock: f.clock, Demo: true, Hash: hash})
	require.NoError(f, err)
	return s
}

func (f *fixture) user(login string, change ...func(*identity.NewUser)) identity.User {
	f.Helper()
	n := identity.NewUser{ID: login, Login: login, Name: strings.ToUpper(login), Email: login + "@example.com", Password: password}
	for _, c := range change {
		c(&n)
	}
	u, err := f.CreateUser(f.Context(), n)
	require.NoError(f, err)
	return u
}

func (f *fixture) code(err error) string {
	f.Helper()
	var p *problem.Problem
	require.ErrorAs(f, err, &p)
	require.True(f, problem.Known(p.Code), p.Code)
	for _, field := range p.Fields {
		require.True(f, problem.Known(field.Code), field.Code)
	}
	if len(p.Fields) > 0 {
		return p.Code + " " + p.Fields[0].Path + " " + p.Fields[0].Code
	}
	return p.Code
}

func (f *fixture) signIn(login, pass string) (string, error) {
	key, _, err := f.SignIn(f.Context(), identity.SignIn{Login: login, Password: pass, Address: "10.0.0.1", Agent: "test"})
	return key, err
}

func TestSetupWorksOnce(t *testing.T) {
	f := setup(t)
	needed, err := f.SetupNeeded(t.Context())
	require.NoError(t, err)
	require.True(t, needed)
	_, err = f.Setup(t.Context(), identity.NewUser{Login: "root", Name: "Root", Password: "short"}, "")
	require.Equal(t, "validation /password too_short", f.code(err))
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = f.Setup(t.Context(), identity.NewUser{Login: "root" + string(rune('a'+i)), Name: "Root", Password: password}, "")
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else {
			require.Equal(t, "setup_done", f.code(err))
		}
	}
	require.Equal(t, 1, made)
	d, err := f.Directory(t.Context())
	require.NoError(t, err)
	require.Len(t, d.Users(), 1)
	require.Contains(t, access.Permissions(d.Actor(d.Users()[0].ID)), "users.manage")
}

func TestSetupAfterACrash(t *testing.T) {
	f := setup(t)
	marks, err := f.store.Collection(t.Context(), docstore.Spec{Name: "identityMarks"})
	require.NoError(t, err)
	_, err = marks.Save(t.Context(), docstore.Document{ID: "setup", Body: json.RawMessage(`{"userId":"lost"}`)})
	require.NoError(t, err)
	n := identity.NewUser{Login: "root", Name: "Root", Password: password}
	_, err = f.Setup(t.Context(), n, "")
	require.Equal(t, "setup_done", f.code(err))
	f.clock.Advance(time.Minute)
	_, err = f.Setup(t.Context(), n, "")
	require.NoError(t, err)
	_, err = f.signIn("root", password)
	require.NoError(t, err)
}

func TestSignInAndSessions(t *testing.T) {
	f := setup(t)
	u := f.user("ana")
	_, err := f.signIn("ana", "wrong password")
	require.Equal(t, "invalid_credentials", f.code(err))
	_, err = f.signIn("nobody", password)
	require.Equal(t, "invalid_credentials", f.code(err))

	key, err := f.signIn(" ANA ", password)
	require.NoError(t, err)
	c, err := f.Authenticate(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, u.ID, c.User.ID)
	require.Equal(t, u.ID, c.Actor.UserID)
	require.False(t, c.Actor.ViaToken)
	_, err = f.Authenticate(t.Context(), key+"x")
	require.Equal(t, "unauthenticated", f.code(err))
	_, err = f.Authenticate(t.Context(), "")
	require.Equal(t, "unauthenticated", f.code(err))

	sessions, err := f.Sessions(t.Context(), u.ID)
	require.NoError(t, err)
	require.Len(t, sessions, 1)
	text, err := json.Marshal(sessions)
	require.NoError(t, err)
	require.NotContains(t, string(text), key, "the key is not stored")

	// Renewal: signing in again with a session ends the old one.
	again, _, err := f.SignIn(t.Context(), identity.SignIn{Login: "ana", Password: password, Previous: key})
	require.NoError(t, err)
	require.NotEqual(t, key, again)
	_, err = f.Authenticate(t.Context(), key)
	require.Equal(t, "unauthenticated", f.code(err))
	require.NoError(t, f.SignOut(t.Context(), again))
	require.NoError(t, f.SignOut(t.Context(), again))
	_, err = f.Authenticate(t.Context(), again)
	require.Equal(t, "unauthenticated", f.code(err))

	cookie := f.Cookie(key, true)
	require.True(t, cookie.HttpOnly && cookie.Secure)
	require.Equal(t, "fluxo_session", cookie.Name)
	require.Negative(t, identity.NoCookie(false).MaxAge)
}

func TestSessionsExpire(t *testing.T) {
	f := setup(t)
	f.user("ana")
	idle, err := f.signIn("ana", password)
	require.NoError(t, err)
	used, err := f.signIn("ana", password)
	require.NoError(t, err)
	for range 30 * 2 {
		f.clock.Advance(12*time.Hour - time.Second)
		_, err := f.Authenticate(t.Context(), used)
		require.NoError(t, err)
	}
	_, err = f.Authenticate(t.Context(), idle)
	require.Equal(t, "unauthenticated", f.code(err))
	f.clock.Advance(time.Minute)
	_, err = f.Authenticate(t.Context(), used)
	require.Equal(t, "unauthenticated", f.code(err), "30 days are the end")
	n, err := f.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestSignInIsThrottled(t *testing.T) {
	f := setup(t)
	f.user("ana")
	f.user("bob")
	for range 5 {
		_, err := f.signIn("ana", "wrong password")
		require.Equal(t, "invalid_credentials", f.code(err))
	}
	_, err := f.signIn("ana", password)
	var p *problem.Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, "too_many_requests", p.Code)
	require.Equal(t, 15, p.RetryAfterSeconds)
	_, err = f.signIn("bob", password)
	require.NoError(t, err, "others are not affected")
	f.clock.Advance(15 * time.Second)
	_, err = f.signIn("ana", "wrong password")
	require.Equal(t, "invalid_credentials", f.code(err))
	_, err = f.signIn("ana", password)
	require.ErrorAs(t, err, &p)
	require.Equal(t, 30, p.RetryAfterSeconds, "the pause doubles")
	f.clock.Advance(30 * time.Second)
	_, err = f.signIn("ana", password)
	require.NoError(t, err)
	_, err = f.signIn("ana", "wrong password")
	require.Equal(t, "invalid_credentials", f.code(err))
	_, err = f.signIn("ana", password)
	require.NoError(t, err, "the right password forgets the failures")
}

func TestSignInThrottlesAnAddress(t *testing.T) {
	f := setup(t)
	f.user("ana")
	for i := range 30 {
		_, err := f.signIn("guess"+string(rune('a'+i%26))+string(rune('a'+i/26)), "wrong password")
		require.Equal(t, "invalid_credentials", f.code(err))
	}
	_, err := f.signIn("ana", password)
	require.Equal(t, "too_many_requests", f.code(err))
	_, _, err = f.SignIn(t.Context(), identity.SignIn{Login: "ana", Password: password, Address: "10.0.0.2"})
	require.NoError(t, err)
	f.clock.Advance(2 * time.Hour)
	n, err := f.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 31, n)
}

func TestSignInForgetsFailuresInTime(t *testing.T) {
	f := setup(t)
	f.user("ana")
	// A busy office mistypes every minute, all day, from one address.
	for i := range 200 {
		_, err := f.signIn("person"+string(rune('a'+i%26)), "wrong password")
		require.Equal(t, "invalid_credentials", f.code(err), i)
		f.clock.Advance(time.Minute)
	}
	for range 4 {
		_, err := f.signIn("ana", "wrong password")
		require.Equal(t, "invalid_credentials", f.code(err))
	}
	f.clock.Advance(20 * time.Minute)
	for range 2 {
		_, err := f.signIn("ana", "wrong password")
		require.Equal(t, "invalid_credentials", f.code(err))
	}
	_, err := f.signIn("ana", password)
	require.NoError(t, err, "two of the four were forgotten")
}

func TestPasswordHashesAreRenewed(t *testing.T) {
	f := setup(t)
	u := f.user("ana")
	stored := func() string {
		c, err := f.store.Collection(t.Context(), docstore.Spec{Name: "credentials"})
		require.NoError(t, err)
		d, err := c.Get(t.Context(), u.ID)
		require.NoError(t, err)
		return string(d.Body)
	}
	require.Contains(t, stored(), "m=64,t=1")
	costly := *cheap
	costly.Memory = 128
	f.Service = f.open(&costly)
	_, err := f.signIn("ana", password)
	require.NoError(t, err)
	require.Contains(t, stored(), "m=128,t=1")
	_, err = f.signIn("ana", password)
	require.NoError(t, err)
}

func TestPasswordRules(t *testing.T) {
	f := setup(t)
	u := f.user("ana.lima", func(n *identity.NewUser) { n.Email = "ana.lima@example.com" })
	key, err := f.signIn("ana.lima", password)
	require.NoError(t, err)
	cases := []struct{ password, want string }{
		{"short", "validation /password too_short"},
		{strings.Repeat("long", 100), "validation /password too_long"},
		{"ANA.lima@example.com", "validation /password invalid"},
		{"aaaaaaaaaaaa", "validation /password invalid"},
	}
	for _, tt := range cases {
		require.Equal(t, tt.want, f.code(f.SetPassword(t.Context(), u.ID, tt.password, "")))
	}
	_, err = f.Authenticate(t.Context(), key)
	require.NoError(t, err)
	require.NoError(t, f.SetPassword(t.Context(), u.ID, "another long one", ""))
	_, err = f.Authenticate(t.Context(), key)
	require.Equal(t, "unauthenticated", f.code(err), "a new password ends the sessions")
	_, err = f.signIn("ana.lima", password)
	require.Equal(t, "invalid_credentials", f.code(err))
	_, err = f.signIn("ana.lima", "another long one")
	require.NoError(t, err)
	require.Equal(t, "not_found", f.code(f.SetPassword(t.Context(), "absent", password, "")))
}

func TestUsers(t *testing.T) {
	f := setup(t)
	ctx := access.With(t.Context(), access.Actor{UserID: "root"})
	root := f.user("root", func(n *identity.NewUser) { n.Roles = []string{access.Administrator} })
	g, err := f.SaveGroup(ctx, identity.Group{Name: "Accounting"})
	require.NoError(t, err)
	u := f.user("ana", func(n *identity.NewUser) { n.GroupIDs = []string{g.ID} })
	require.Equal(t, []string{g.ID}, u.GroupIDs)
	require.Equal(t, []string{access.Member}, u.Roles)
	require.NotEmpty(t, u.AvatarColor)

	_, err = f.CreateUser(ctx, identity.NewUser{Login: "Ana", Name: "Other"})
	require.Equal(t, "exists", f.code(err))
	for _, tt := range []struct {
		n    identity.NewUser
		want string
	}{
		{identity.NewUser{Login: "a b", Name: "X"}, "validation /login format"},
		{identity.NewUser{Login: "x"}, "validation /name required"},
		{identity.NewUser{Login: "x", Name: "a\x00b"}, "validation /name control_character"},
		{identity.NewUser{Login: "x", Name: strings.Repeat("x", 200)}, "validation /name too_long"},
		{identity.NewUser{Login: "x", Name: "X", Email: "not an address"}, "validation /email format"},
		{identity.NewUser{Login: "x", Name: "X", Language: "de"}, "validation /language one_of"},
		{identity.NewUser{Login: "x", Name: "X", Zone: "Mars/Olympus"}, "validation /zone unknown_reference"},
		{identity.NewUser{Login: "x", Name: "X", DepartmentID: "absent"}, "validation /departmentId unknown_reference"},
		{identity.NewUser{Login: "x", Name: "X", Roles: []string{"king"}}, "validation /roles one_of"},
		{identity.NewUser{Login: "x", Name: "X", GroupIDs: []string{"absent"}}, "validation /groupIds unknown_reference"},
		{identity.NewUser{Login: "x", Name: "X", Password: "short"}, "validation /password too_short"},
	} {
		_, err := f.CreateUser(ctx, tt.n)
		require.Equal(t, tt.want, f.code(err))
	}

	title, none := "Accountant", []string{}
	u, err = f.UpdateUser(ctx, u.ID, u.Rev, identity.UserChange{Title: &title, GroupIDs: &none})
	require.NoError(t, err)
	require.Equal(t, title, u.Title)
	require.Equal(t, []string{}, u.GroupIDs, "an empty list, not null")
	require.Equal(t, []string{}, g.MemberIDs)
	_, err = f.UpdateUser(ctx, u.ID, u.Rev-1, identity.UserChange{Title: &title})
	require.Equal(t, "stale", f.code(err))
	login := "root"
	_, err = f.UpdateUser(ctx, u.ID, u.Rev, identity.UserChange{Login: &login})
	require.Equal(t, "exists", f.code(err))
	member, inactive := []string{access.Member}, false
	_, err = f.UpdateUser(ctx, root.ID, root.Rev, identity.UserChange{Roles: &member})
	require.Equal(t, "validation /roles invalid", f.code(err), "the last administrator stays")
	_, err = f.UpdateUser(ctx, root.ID, root.Rev, identity.UserChange{Active: &inactive})
	require.Equal(t, "validation /roles invalid", f.code(err))

	u, err = f.SetPreferences(ctx, u.ID, "pl", "Europe/Warsaw")
	require.NoError(t, err)
	require.Equal(t, "pl Europe/Warsaw", u.Language+" "+u.Zone)

	key, err := f.signIn("ana", password)
	require.NoError(t, err)
	_, err = f.UpdateUser(ctx, u.ID, u.Rev, identity.UserChange{Active: &inactive})
	require.NoError(t, err)
	_, err = f.Authenticate(t.Context(), key)
	require.Equal(t, "unauthenticated", f.code(err))
	_, err = f.signIn("ana", password)
	require.Equal(t, "invalid_credentials", f.code(err))

	users, next, err := f.Users(ctx, "", "", 1)
	require.NoError(t, err)
	require.Equal(t, "ana", users[0].Login)
	users, _, err = f.Users(ctx, "", next, 1)
	require.NoError(t, err)
	require.Equal(t, "root", users[0].Login)
	users, _, err = f.Users(ctx, "accountant", "", 10)
	require.NoError(t, err)
	require.Len(t, users, 1)
	names, err := f.Names(ctx, []string{"ana", "absent"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"ana": "ANA"}, names)
	name, active := f.UserName("ana")
	require.Equal(t, "ANA", name)
	require.False(t, active)
}

func TestEventsCarryNoSecrets(t *testing.T) {
	f := setup(t)
	ctx := access.With(t.Context(), access.Actor{UserID: "root"})
	u := f.user("ana")
	key, err := f.signIn("ana", password)
	require.NoError(t, err)
	token, _, err := f.CreateToken(ctx, u.ID, identity.NewToken{Name: "script"})
	require.NoError(t, err)
	_, err = f.signIn("ana", "a wrong password")
	require.Error(t, err)
	pending, err := f.store.Pending(t.Context(), 100)
	require.NoError(t, err)
	text, err := json.Marshal(pending)
	require.NoError(t, err)
	for _, secret := range []string{password, key, token, "a wrong password", "argon2id"} {
		require.NotContains(t, string(text), secret)
	}
	kinds := map[string]string{}
	for _, d := range pending {
		kinds[d.Event.Kind] = d.Event.Actor
	}
	require.Equal(t, map[string]string{"userCreated": "", "passwordChanged": "", "signedIn": "ana", "tokenCreated": "root", "signInRefused": ""}, kinds)
}

func TestTokens(t *testing.T) {
	f := setup(t)
	u := f.user("ana", func(n *identity.NewUser) { n.Roles = []string{access.Designer, access.Member} })
	soon := f.clock.Now().Add(time.Hour)
	key, token, err := f.CreateToken(t.Context(), u.ID, identity.NewToken{Name: "script", Roles: []string{access.Designer}, ExpiresAt: &soon})
	require.NoError(t, err)
	c, err := f.AuthenticateToken(t.Context(), key)
	require.NoError(t, err)
	require.True(t, c.Actor.ViaToken)
	require.Equal(t, []string{access.Designer}, c.Actor.Roles)
	require.Empty(t, c.SessionID)

	// Rights taken from the user are taken from the token.
	member := []string{access.Member}
	_, err = f.UpdateUser(t.Context(), u.ID, u.Rev, identity.UserChange{Roles: &member})
	require.NoError(t, err)
	c, err = f.AuthenticateToken(t.Context(), key)
	require.NoError(t, err)
	require.Empty(t, c.Actor.Roles)
	_, _, err = f.CreateToken(t.Context(), u.ID, identity.NewToken{Name: "more", Roles: []string{access.Administrator}})
	require.Equal(t, "validation /roles one_of", f.code(err))
	_, _, err = f.CreateToken(t.Context(), u.ID, identity.NewToken{Roles: member})
	require.Equal(t, "validation /name required", f.code(err))

	for _, bad := range []string{"", "fluxo_", key + "x", strings.TrimPrefix(key, "fluxo_")} {
		_, err := f.AuthenticateToken(t.Context(), bad)
		require.Equal(t, "unauthenticated", f.code(err))
	}
	f.clock.Advance(time.Hour)
	_, err = f.AuthenticateToken(t.Context(), key)
	require.Equal(t, "unauthenticated", f.code(err))
	tokens, err := f.Tokens(t.Context(), u.ID)
	require.NoError(t, err)
	require.Len(t, tokens, 1)
	require.Equal(t, "not_found", f.code(f.RevokeToken(t.Context(), "somebody", token.ID)))
	require.NoError(t, f.RevokeToken(t.Context(), u.ID, token.ID))
	require.Equal(t, "not_found", f.code(f.RevokeToken(t.Context(), u.ID, token.ID)))
}

func TestDemoUsers(t *testing.T) {
	f := setup(t)
	f.user("ana")
	f.user("demo", func(n *identity.NewUser) { n.Demo = true })
	users, err := f.DemoUsers(t.Context())
	require.NoError(t, err)
	require.Len(t, users, 1)
	_, _, err = f.SignInDemo(t.Context(), identity.SignIn{Login: "ana"})
	require.Equal(t, "invalid_credentials", f.code(err))
	key, c, err := f.SignInDemo(t.Context(), identity.SignIn{Login: "demo"})
	require.NoError(t, err)
	require.NotEmpty(t, key)
	require.Equal(t, "demo", c.User.Login)
	closed, err := identity.New(t.Context(), identity.Options{Store: f.store, Clock: f.clock, Hash: cheap})
	require.NoError(t, err)
	_, _, err = closed.SignInDemo(t.Context(), identity.SignIn{Login: "demo"})
	require.Equal(t, "invalid_credentials", f.code(err))
	users, err = closed.DemoUsers(t.Context())
	require.NoError(t, err)
	require.Empty(t, users)
}

func TestDirectory(t *testing.T) {
	f := setup(t)
	ctx := t.Context()
	department := func(id, parent string) identity.Department {
		d, err := f.SaveDepartment(ctx, identity.Department{Entity: docstore.Entity{ID: id}, Name: id, ParentID: parent})
		require.NoError(t, err)
		return d
	}
	company := department("company", "")
	sales := department("sales", "company")
	department("north", "sales")
	in := func(id string) func(*identity.NewUser) { return func(n *identity.NewUser) { n.DepartmentID = id } }
	f.user("boss", in("company"))
	f.user("lead", in("sales"))
	f.user("ana", in("north"))
	f.user("bob", in("sales"))
	f.user("loner")
	company.HeadID, sales.HeadID = "boss", "lead"
	company, err := f.SaveDepartment(ctx, company)
	require.NoError(t, err)
	sales, err = f.SaveDepartment(ctx, sales)
	require.NoError(t, err)
	g, err := f.SaveGroup(ctx, identity.Group{Name: "readers", MemberIDs: []string{"bob", "ana", "bob"}})
	require.NoError(t, err)
	require.Equal(t, []string{"ana", "bob"}, g.MemberIDs)

	d, err := f.Directory(ctx)
	require.NoError(t, err)
	for _, tt := range []struct{ user, head string }{{"bob", "lead"}, {"lead", "boss"}, {"ana", "lead"}, {"boss", ""}, {"loner", ""}, {"absent", ""}} {
		head, ok := d.Head(tt.user)
		require.Equal(t, tt.head, head, tt.user)
		require.Equal(t, tt.head != "", ok)
	}
	require.Equal(t, []string{"north", "sales"}, d.DepartmentsOf("lead"))
	require.Equal(t, []string{"north"}, d.DepartmentsOf("ana"))
	require.Equal(t, []string{"company", "north", "sales"}, d.DepartmentsOf("boss"))
	require.Equal(t, []string{"ana", "bob"}, d.Subordinates("lead"))
	require.Equal(t, []string{"ana", "bob", "lead"}, d.Subordinates("boss"))
	require.Equal(t, []string{"ana", "bob"}, d.Members(g.ID))
	require.Empty(t, d.Members("absent"))
	who, ok := d.User("ana")
	require.True(t, ok)
	require.Equal(t, "ANA", who["name"])
	actor := d.Actor("ana")
	require.Equal(t, []string{g.ID}, actor.Groups)
	require.Equal(t, access.Actor{}, d.Actor("absent"))

	// An inactive head is passed over; an inactive member is no member.
	inactive := false
	lead, err := f.User(ctx, "lead")
	require.NoError(t, err)
	_, err = f.UpdateUser(ctx, "lead", lead.Rev, identity.UserChange{Active: &inactive})
	require.NoError(t, err)
	bob, err := f.User(ctx, "bob")
	require.NoError(t, err)
	_, err = f.UpdateUser(ctx, "bob", bob.Rev, identity.UserChange{Active: &inactive})
	require.NoError(t, err)
	d, err = f.Directory(ctx)
	require.NoError(t, err)
	head, _ := d.Head("ana")
	require.Equal(t, "boss", head)
	require.Equal(t, []string{"ana"}, d.Members(g.ID))

	// Refusals.
	company.ParentID = "north"
	_, err = f.SaveDepartment(ctx, company)
	require.Equal(t, "validation /parentId invalid", f.code(err), "no circles")
	_, err = f.SaveDepartment(ctx, identity.Department{Name: "x", ParentID: "absent", HeadID: "absent"})
	require.Equal(t, "validation /headId unknown_reference", f.code(err))
	require.Equal(t, "in_use", f.code(f.DeleteDepartment(ctx, "company", company.Rev)))
	require.Equal(t, "in_use", f.code(f.DeleteDepartment(ctx, "north", 1)))
	_, err = f.SaveGroup(ctx, identity.Group{Name: "readers"})
	require.Equal(t, "exists", f.code(err))
	require.Equal(t, "stale", f.code(f.DeleteGroup(ctx, g.ID, g.Rev+1)))
	require.NoError(t, f.DeleteGroup(ctx, g.ID, g.Rev))
	require.Equal(t, "not_found", f.code(f.DeleteGroup(ctx, g.ID, g.Rev)))
	_, err = f.SaveGroup(ctx, identity.Group{Entity: docstore.Entity{ID: sales.ID, Rev: 4}, Name: "x"})
	require.Equal(t, "not_found", f.code(err))
}

func TestDirectoryFollowsOtherProcesses(t *testing.T) {
	f := setup(t)
	other := f.open(cheap)
	f.user("ana")
	deliver := func() {
		pending, err := f.store.Pending(t.Context(), 100)
		require.NoError(t, err)
		for _, d := range pending {
			require.NoError(t, f.Deliver(t.Context(), d))
		}
		require.NoError(t, f.store.Delivered(t.Context(), pending))
	}
	find := func() bool {
		d, err := other.Directory(t.Context())
		require.NoError(t, err)
		_, ok := d.Find("ana")
		return ok
	}
	deliver()
	require.False(t, find(), "not asked again yet")
	f.clock.Advance(5 * time.Second)
	require.True(t, find())
}

func TestDeliverManyAtOnce(t *testing.T) {
	f := setup(t)
	var wg sync.WaitGroup
	errs := make([]error, 64)
	for i := range errs {
		wg.Go(func() { errs[i] = f.Deliver(t.Context(), docstore.Delivery{Collection: "users"}) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.NoError(t, f.Deliver(t.Context(), docstore.Delivery{Collection: "deals"}))
}

// failing refuses reads once told to, as a database that is down.
type failing struct {
	docstore.Store
	down bool
}

func (s *failing) Collection(ctx context.Context, spec docstore.Spec) (docstore.Collection, error) {
	c, err := s.Store.Collection(ctx, spec)
	return &failingCollection{c, s}, err
}

type failingCollection struct {
	docstore.Collection
	store *failing
}

var errDown = errors.New("database is down")

func (c *failingCollection) Get(ctx context.Context, id string) (docstore.Document, error) {
	if c.store.down {
		return docstore.Document{}, errDown
	}
	return c.Collection.Get(ctx, id)
}

func TestFailuresAreNotDenials(t *testing.T) {
	f := setup(t)
	f.user("ana")
	store := &failing{Store: f.store}
	s, err := identity.New(t.Context(), identity.Options{Store: store, Clock: f.clock, Hash: cheap})
	require.NoError(t, err)
	key, _, err := s.SignIn(t.Context(), identity.SignIn{Login: "ana", Password: password})
	require.NoError(t, err)
	store.down = true
	_, err = s.Authenticate(t.Context(), key)
	require.ErrorIs(t, err, errDown)
	_, _, err = s.SignIn(t.Context(), identity.SignIn{Login: "ana", Password: password})
	require.ErrorIs(t, err, errDown)
	_, err = s.AuthenticateToken(t.Context(), "fluxo_x")
	require.ErrorIs(t, err, errDown)
}
