package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/identity"
)

type roleInput struct {
	Name          *string         `json:"name,omitempty" maxLength:"200"`
	Rights        *[]access.Right `json:"rights,omitempty" maxItems:"500"`
	UserIDs       *[]string       `json:"userIds,omitempty" maxItems:"10000"`
	GroupIDs      *[]string       `json:"groupIds,omitempty" maxItems:"10000"`
	DepartmentIDs *[]string       `json:"departmentIds,omitempty" maxItems:"10000"`
}

func (in roleInput) into(r *identity.Role) {
	put(&r.Name, in.Name)
	put(&r.Rights, in.Rights)
	put(&r.UserIDs, in.UserIDs)
	put(&r.GroupIDs, in.GroupIDs)
	put(&r.DepartmentIDs, in.DepartmentIDs)
}

// roleView is a role with what of it the product gives by itself.
type roleView struct {
	identity.Role
	BuiltIn bool `json:"builtIn"`
	// Default are the reaches of a built-in role where its rights say nothing.
	Default map[access.Action]access.Reach `json:"default,omitempty"`
	// DefaultClients are those over contacts and companies.
	DefaultClients map[access.Action]access.Reach `json:"defaultClients,omitempty"`
}

func viewRole(r identity.Role) roleView {
	v := roleView{Role: r, BuiltIn: r.BuiltIn()}
	if v.BuiltIn {
		v.Default, v.DefaultClients = map[access.Action]access.Reach{}, map[access.Action]access.Reach{}
		for _, action := range access.Decidable() {
			usual := access.Actor{Roles: []string{r.ID}}
			v.Default[action], v.DefaultClients[action] = usual.Reach(action), usual.ReachIn(action, crm.TypeContact, "", "")
		}
	}
	return v
}

func (a *API) roleRoutes() {
	const tag = "people"
	route(a, spec{method: http.MethodGet, path: "/roles", id: "listRoles", summary: "Roles and their rights over records and automation", tag: tag, need: "users.manage"},
		func(ctx context.Context, _ *struct{}) (*list[roleView], error) {
			d, err := a.Identity.Directory(ctx)
			if err != nil {
				return nil, err
			}
			decided := d.Roles()
			var out []roleView
			for _, key := range access.Roles() {
				i := slices.IndexFunc(decided, func(r identity.Role) bool { return r.ID == key })
				if i < 0 {
					r, err := a.Identity.Role(ctx, key)
					if err != nil {
						return nil, err
					}
					out = append(out, viewRole(r))
					continue
				}
				out = append(out, viewRole(decided[i]))
			}
			for _, r := range decided {
				if !r.BuiltIn() {
					out = append(out, viewRole(r))
				}
			}
			return page(out, ""), nil
		})
	route(a, spec{method: http.MethodPost, path: "/roles", id: "createRole", summary: "Add a role", tag: tag, need: "users.manage", status: 201},
		func(ctx context.Context, in *struct{ Body roleInput }) (*tagged[roleView], error) {
			var r identity.Role
			in.Body.into(&r)
			r, err := a.Identity.SaveRole(ctx, r, a.knownPlace(ctx))
			return withTag(r.Rev, viewRole(r)), err
		})
	route(a, spec{method: http.MethodPatch, path: "/roles/{id}", id: "changeRole", summary: "Change a role, or the rights of a built-in one", tag: tag, need: "users.manage"},
		func(ctx context.Context, in *change[roleInput]) (*tagged[roleView], error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			r, err := a.Identity.Role(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			r.Rev = rev
			in.Body.into(&r)
			r, err = a.Identity.SaveRole(ctx, r, a.knownPlace(ctx))
			return withTag(r.Rev, viewRole(r)), err
		})
	route(a, spec{method: http.MethodDelete, path: "/roles/{id}", id: "deleteRole", summary: "Delete a role, or what was decided of a built-in one", tag: tag, need: "users.manage", status: 204},
		func(ctx context.Context, in *removal) (*none, error) {
			rev, err := in.rev()
			if err != nil {
				return nil, err
			}
			return nil, a.Identity.DeleteRole(ctx, in.ID, rev)
		})
}

// knownPlace tells whether a record type, pipeline and stage exist.
func (a *API) knownPlace(ctx context.Context) func(recordType, pipeline, stage string) bool {
	return func(recordType, pipeline, stage string) bool {
		if recordType != "" {
			if _, err := a.CRM.RecordType(ctx, recordType); err != nil {
				return false
			}
		}
		if pipeline == "" {
			return true
		}
		p, err := a.CRM.Pipeline(ctx, pipeline)
		if err != nil {
			return false
		}
		_, known := p.Stage(stage)
		return stage == "" || known
	}
}
