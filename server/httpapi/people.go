package httpapi

import (
	"context"
	"net/http"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/identity"
)

type lightUser struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Title        string `json:"title"`
	DepartmentID string `json:"departmentId"`
	Active       bool   `json:"active"`
	AvatarColor  string `json:"avatarColor"`
}

type lightGroup struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	MemberIDs []string `json:"memberIds"`
}

type lightDepartment struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	HeadID   string `json:"headId"`
	ParentID string `json:"parentId"`
}

type lightRole struct {
	ID      string `json:"id"`
	Name    string `json:"name" doc:"empty for a built-in role"`
	Holders int    `json:"holders" doc:"how many active people hold it now"`
}

type directory struct {
	Users       []lightUser       `json:"users"`
	Groups      []lightGroup      `json:"groups"`
	Departments []lightDepartment `json:"departments"`
	Roles       []lightRole       `json:"roles" doc:"named role:<id> where people are chosen"`
}

type groupInput struct {
	Name      *string   `json:"name,omitempty" minLength:"1" maxLength:"200"`
	MemberIDs *[]string `json:"memberIds,omitempty" maxItems:"10000"`
}

type departmentInput struct {
	Name     *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
	HeadID   *string `json:"headId,omitempty" maxLength:"100"`
	ParentID *string `json:"parentId,omitempty" maxLength:"100"`
}

type change[T any] struct {
	ByID
	Matching
	Body T
}

type removal struct {
	ByID
	Matching
}

func (a *API) peopleRoutes() {
	const tag = "people"
	route(a, spec{method: http.MethodGet, path: "/directory", id: "readDirectory", summary: "Everybody, groups, departments and roles, for pickers", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*reply[directory], error) {
			d, err := a.Identity.Directory(ctx)
			if err != nil {
				return nil, err
			}
			out := directory{Users: []lightUser{}, Groups: []lightGroup{}, Departments: []lightDepartment{}, Roles: []lightRole{}}
			for _, u := range d.Users() {
				out.Users = append(out.Users, lightUser{ID: u.ID, Name: u.Name, Title: u.Title, DepartmentID: u.DepartmentID, Active: u.Active, AvatarColor: u.AvatarColor})
			}
			for _, g := range d.Groups() {
				out.Groups = append(out.Groups, lightGroup{ID: g.ID, Name: g.Name, MemberIDs: g.MemberIDs})
			}
			for _, p := range d.Departments() {
				out.Departments = append(out.Departments, lightDepartment{ID: p.ID, Name: p.Name, HeadID: p.HeadID, ParentID: p.ParentID})
			}
			for _, id := range access.Roles() {
				out.Roles = append(out.Roles, lightRole{ID: id, Holders: len(d.Members(access.HoldersOf + id))})
			}
			for _, r := range d.Roles() {
				if !r.BuiltIn() {
					out.Roles = append(out.Roles, lightRole{ID: r.ID, Name: r.Name, Holders: len(d.Members(access.HoldersOf + r.ID))})
				}
			}
			return body(out), nil
		})
	route(a, spec{method: http.MethodGet, path: "/users", id: "listUsers", summary: "Accounts", tag: tag, need: "users.manage"},
		func(ctx context.Context, in *struct {
			Paging
			Q string `query:"q" maxLength:"200"`
		}) (*list[identity.User], error) {
			all, next, err := a.Identity.Users(ctx, in.Q, in.Cursor, in.Limit)
			return page(all, next), err
		})
	route(a, spec{method: http.MethodPost, path: "/users", id: "createUser", summary: "Add an account", tag: tag, need: "users.manage", status: 201, fresh: true},
		func(ctx context.Context, in *struct{ Body identity.NewUser }) (*tagged[identity.User], error) {
			u, err := a.Identity.CreateUser(ctx, in.Body)
			return withTag(u.Rev, u), err
		})
	route(a, spec{method: http.MethodGet, path: "/users/{id}", id: "readUser", summary: "One account", tag: tag, need: "users.manage"},
		func(ctx context.Context, in *ByID) (*tagged[identity.User], error) {
			u, err := a.Identity.User(ctx, in.ID)
			return withTag(u.Rev, u), err
		})
	route(a, spec{method: http.MethodPatch, path: "/users/{id}", id: "changeUser", summary: "Change an account", tag: tag, need: "users.manage"},
		func(ctx context.Context, in *change[identity.UserChange]) (*tagged[identity.User], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			u, err := a.Identity.UpdateUser(ctx, in.ID, rev, in.Body)
			return withTag(u.Rev, u), err
		})
	route(a, spec{method: http.MethodPost, path: "/users/{id}/password", id: "setPassword", summary: "Give an account a new password; its sessions end", tag: tag, need: "users.manage", status: 204, fresh: true},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Password string `json:"password" minLength:"8" maxLength:"1000"`
			}
		}) (*none, error) {
			return nil, a.Identity.SetPassword(ctx, in.ID, in.Body.Password, callerOf(ctx).SessionID)
		})
	a.groupRoutes()
	a.roleRoutes()
	a.tokenRoutes()
}

func (a *API) groupRoutes() {
	const tag = "people"
	route(a, spec{method: http.MethodGet, path: "/groups", id: "listGroups", summary: "Groups", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[identity.Group], error) {
			d, err := a.Identity.Directory(ctx)
			if err != nil {
				return nil, err
			}
			return page(d.Groups(), ""), nil
		})
	route(a, spec{method: http.MethodPost, path: "/groups", id: "createGroup", summary: "Add a group", tag: tag, need: "users.manage", status: 201},
		func(ctx context.Context, in *struct{ Body groupInput }) (*tagged[identity.Group], error) {
			var g identity.Group
			put(&g.Name, in.Body.Name)
			put(&g.MemberIDs, in.Body.MemberIDs)
			g, err := a.Identity.SaveGroup(ctx, g)
			return withTag(g.Rev, g), err
		})
	route(a, spec{method: http.MethodPatch, path: "/groups/{id}", id: "changeGroup", summary: "Change a group", tag: tag, need: "users.manage"},
		func(ctx context.Context, in *change[groupInput]) (*tagged[identity.Group], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			d, err := a.Identity.Directory(ctx)
			if err != nil {
				return nil, err
			}
			var g identity.Group
			for _, known := range d.Groups() {
				if known.ID == in.ID {
					g = known
				}
			}
			g.ID, g.Rev = in.ID, rev
			put(&g.Name, in.Body.Name)
			put(&g.MemberIDs, in.Body.MemberIDs)
			g, err = a.Identity.SaveGroup(ctx, g)
			return withTag(g.Rev, g), err
		})
	route(a, spec{method: http.MethodDelete, path: "/groups/{id}", id: "deleteGroup", summary: "Delete a group", tag: tag, need: "users.manage", status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			return nil, a.Identity.DeleteGroup(ctx, in.ID, rev)
		})
	route(a, spec{method: http.MethodGet, path: "/departments", id: "listDepartments", summary: "Departments", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[identity.Department], error) {
			d, err := a.Identity.Directory(ctx)
			if err != nil {
				return nil, err
			}
			return page(d.Departments(), ""), nil
		})
	route(a, spec{method: http.MethodPost, path: "/departments", id: "createDepartment", summary: "Add a department", tag: tag, need: "users.manage", status: 201},
		func(ctx context.Context, in *struct{ Body departmentInput }) (*tagged[identity.Department], error) {
			var d identity.Department
			put(&d.Name, in.Body.Name)
			put(&d.HeadID, in.Body.HeadID)
			put(&d.ParentID, in.Body.ParentID)
			d, err := a.Identity.SaveDepartment(ctx, d)
			return withTag(d.Rev, d), err
		})
	route(a, spec{method: http.MethodPatch, path: "/departments/{id}", id: "changeDepartment", summary: "Change a department", tag: tag, need: "users.manage"},
		func(ctx context.Context, in *change[departmentInput]) (*tagged[identity.Department], error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			dir, err := a.Identity.Directory(ctx)
			if err != nil {
				return nil, err
			}
			var d identity.Department
			for _, known := range dir.Departments() {
				if known.ID == in.ID {
					d = known
				}
			}
			d.ID, d.Rev = in.ID, rev
			put(&d.Name, in.Body.Name)
			put(&d.HeadID, in.Body.HeadID)
			put(&d.ParentID, in.Body.ParentID)
			d, err = a.Identity.SaveDepartment(ctx, d)
			return withTag(d.Rev, d), err
		})
	route(a, spec{method: http.MethodDelete, path: "/departments/{id}", id: "deleteDepartment", summary: "Delete an empty department", tag: tag, need: "users.manage", status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := in.seen()
			if err != nil {
				return nil, err
			}
			return nil, a.Identity.DeleteDepartment(ctx, in.ID, rev)
		})
}

func (a *API) tokenRoutes() {
	const tag = "session"
	route(a, spec{method: http.MethodGet, path: "/tokens", id: "listTokens", summary: "My API tokens", tag: tag, need: member},
		func(ctx context.Context, _ *struct{}) (*list[identity.Token], error) {
			all, err := a.Identity.Tokens(ctx, callerOf(ctx).ID)
			return page(all, ""), err
		})
	type created struct {
		identity.Token
		Key string `json:"token" doc:"shown once"`
	}
	route(a, spec{method: http.MethodPost, path: "/tokens", id: "createToken", summary: "Make an API token; its key is shown once", tag: tag, need: member, status: 201, fresh: true},
		func(ctx context.Context, in *struct{ Body identity.NewToken }) (*reply[created], error) {
			key, t, err := a.Identity.CreateToken(ctx, callerOf(ctx).ID, in.Body)
			return body(created{Token: t, Key: key}), err
		})
	route(a, spec{method: http.MethodDelete, path: "/tokens/{id}", id: "deleteToken", summary: "Revoke an API token", tag: tag, need: member, status: 204},
		func(ctx context.Context, in *ByID) (*none, error) {
			return nil, a.Identity.RevokeToken(ctx, callerOf(ctx).ID, in.ID)
		})
}
