package identity

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Role is a role of the workspace's own with those who hold it, or what the
// workspace decided of a built-in role, whose id is its name and whose holders are
// kept with the users.
type Role struct {
	docstore.Entity
	Name   string         `json:"name" doc:"empty for a built-in role"`
	Rights []access.Right `json:"rights"`
	// Holders. A department holds a role for all departments below it.
	UserIDs       []string `json:"userIds"`
	GroupIDs      []string `json:"groupIds"`
	DepartmentIDs []string `json:"departmentIds"`
	// OwnedClients: the rights were decided since clients belong to people.
	OwnedClients bool `json:"ownedClients,omitempty" doc:"computed; what is sent is ignored"`
}

// today is a role in the words of today: while clients belonged to nobody, any reach
// was all of them, and it stays so until somebody decides otherwise.
func (r Role) today() Role {
	if !r.OwnedClients {
		r.Rights, r.OwnedClients = access.BeforeOwners(r.ID, r.Rights), true
	}
	return r
}

const (
	maxRights  = 500
	maxHolders = 10_000
)

// BuiltIn tells whether the role is one of the product's own.
func (r Role) BuiltIn() bool { return slices.Contains(access.Roles(), r.ID) }

// Roles lists the roles of the directory by name.
func (d *Directory) Roles() []Role {
	return sorted(d.roles, func(r Role) string { return r.Name + "\x00" + r.ID })
}

// rolesOf lists the roles of a user: the built-in ones, and those that the user, a
// group of his or a department above him holds.
//
// covers PE-04
func (d *Directory) rolesOf(u User) (keys []string, decided map[string]access.Role) {
	keys = slices.Clone(u.Roles)
	decided = map[string]access.Role{}
	above := d.Above(u.DepartmentID)
	for id, r := range d.roles {
		if !r.BuiltIn() {
			holds := slices.Contains(r.UserIDs, u.ID) ||
				slices.ContainsFunc(r.GroupIDs, func(g string) bool { return slices.Contains(u.GroupIDs, g) }) ||
				slices.ContainsFunc(r.DepartmentIDs, func(dep string) bool { return slices.Contains(above, dep) })
			if !holds {
				continue
			}
			keys = append(keys, id)
		} else if !slices.Contains(u.Roles, id) {
			continue
		}
		decided[id] = access.Role{Name: r.Name, Rights: r.Rights}
	}
	slices.Sort(keys[len(u.Roles):])
	return keys, decided
}

// roleHolders lists the active holders of every role, those of a department's role with
// the people of all departments below it.
func (d *Directory) roleHolders() map[string][]string {
	out := map[string][]string{}
	staff := map[string][]string{}
	for id, u := range d.users {
		if !u.Active {
			continue
		}
		for _, role := range u.Roles {
			out[role] = append(out[role], id)
		}
		staff[u.DepartmentID] = append(staff[u.DepartmentID], id)
	}
	for id, r := range d.roles {
		if r.BuiltIn() {
			continue
		}
		held := slices.Clone(r.UserIDs)
		for _, g := range r.GroupIDs {
			held = append(held, d.groups[g].MemberIDs...)
		}
		for _, top := range r.DepartmentIDs {
			for _, dep := range d.DepartmentsBelow(top) {
				held = append(held, staff[dep]...)
			}
		}
		out[id] = slices.DeleteFunc(held, func(user string) bool { return !d.users[user].Active })
	}
	for id, held := range out {
		slices.Sort(held)
		out[id] = slices.Compact(held)
	}
	return out
}

// HasRole tells whether there is a role, built-in or the workspace's own.
func (d *Directory) HasRole(id string) bool {
	_, own := d.roles[id]
	return own || slices.Contains(access.Roles(), id)
}

// DepartmentsBelow lists a department and all below it.
func (d *Directory) DepartmentsBelow(id string) []string {
	if _, known := d.departments[id]; !known {
		return nil
	}
	out := []string{id}
	for i := 0; i < len(out); i++ {
		for _, child := range d.below[out[i]] {
			if !slices.Contains(out, child) {
				out = append(out, child)
			}
		}
	}
	return out
}

// SaveRole makes (Rev 0) or changes a role. known tells whether a record type,
// pipeline and stage exist.
//
// covers PE-03
func (s *Service) SaveRole(ctx context.Context, r Role, known func(recordType, pipeline, stage string) bool) (Role, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return r, err
	}
	r.Name, r.OwnedClients = strings.TrimSpace(r.Name), true
	r.UserIDs, r.GroupIDs, r.DepartmentIDs = listed(r.UserIDs), listed(r.GroupIDs), listed(r.DepartmentIDs)
	if r.Rights == nil {
		r.Rights = []access.Right{}
	}
	if r.Rev > 0 {
		r = d.withoutGone(r, known)
	}
	var found []problem.Field
	switch {
	case r.ID == access.Administrator:
		return r, problem.Invalid("/id", "invalid", "administrators may do everything; their rights cannot be changed")
	case r.BuiltIn():
		if r.Name != "" || len(r.UserIDs)+len(r.GroupIDs)+len(r.DepartmentIDs) > 0 {
			found = append(found, problem.Field{Path: "/name", Code: "invalid",
				Message: "a built-in role is given to each user and keeps its name; only its rights over records can be changed"})
		}
	default:
		found = problem.Line(found, "/name", r.Name, true, maxNameRunes)
		if slices.ContainsFunc(d.Roles(), func(other Role) bool { return other.ID != r.ID && strings.EqualFold(other.Name, r.Name) }) {
			found = append(found, problem.Field{Path: "/name", Code: "exists", Message: "there is a role of this name already"})
		}
	}
	found = append(found, d.holders(r)...)
	found = append(found, rights(r.Rights, known)...)
	if err := problem.Fields(found); err != nil {
		return r, err
	}
	var before any
	kind := "roleCreated"
	if r.Rev > 0 {
		before, kind = d.roles[r.ID], "roleChanged"
	} else if r.ID == "" {
		r.ID = uuid.Must(uuid.NewV7()).String()
	}
	e, err := event(ctx, kind, before, r)
	if err != nil {
		return r, err
	}
	saved, err := s.roles.Save(ctx, r, e)
	if err != nil {
		return r, refusal(ctx, s.roles, err, r.ID, r.Name, "role")
	}
	s.changed(ctx)
	return saved, nil
}

// listed sorts ids; the list is never null in JSON.
func listed(ids []string) []string {
	return append([]string{}, slices.Compact(slices.Sorted(slices.Values(ids)))...)
}

// withoutGone leaves out what the stored role names and is not there any more: who
// changes something else should not have to find it.
func (d *Directory) withoutGone(r Role, known func(recordType, pipeline, stage string) bool) Role {
	before := d.roles[r.ID]
	r.GroupIDs = slices.DeleteFunc(r.GroupIDs, func(id string) bool {
		_, there := d.groups[id]
		return !there && slices.Contains(before.GroupIDs, id)
	})
	r.DepartmentIDs = slices.DeleteFunc(r.DepartmentIDs, func(id string) bool {
		_, there := d.departments[id]
		return !there && slices.Contains(before.DepartmentIDs, id)
	})
	r.Rights = slices.DeleteFunc(slices.Clone(r.Rights), func(line access.Right) bool {
		return slices.Contains(before.Rights, line) && !known(line.Type, line.Pipeline, line.Stage)
	})
	return r
}

// holders checks those who hold a role.
func (d *Directory) holders(r Role) []problem.Field {
	var found []problem.Field
	for _, of := range []struct {
		path  string
		ids   []string
		known func(string) bool
	}{
		{"/userIds", r.UserIDs, func(id string) bool { _, ok := d.users[id]; return ok }},
		{"/groupIds", r.GroupIDs, func(id string) bool { _, ok := d.groups[id]; return ok }},
		{"/departmentIds", r.DepartmentIDs, func(id string) bool { _, ok := d.departments[id]; return ok }},
	} {
		if len(of.ids) > maxHolders {
			found = append(found, problem.Field{Path: of.path, Code: "too_many"})
		} else if slices.ContainsFunc(of.ids, func(id string) bool { return !of.known(id) }) {
			found = append(found, problem.Field{Path: of.path, Code: "unknown_reference"})
		}
	}
	return found
}

// rights checks the lines of a role.
func rights(lines []access.Right, known func(recordType, pipeline, stage string) bool) []problem.Field {
	if len(lines) > maxRights {
		return []problem.Field{{Path: "/rights", Code: "too_many"}}
	}
	var found []problem.Field
	seen := map[access.Right]bool{}
	for i, r := range lines {
		at := "/rights/" + strconv.Itoa(i)
		if !slices.Contains(access.Decidable(), r.Action) {
			found = append(found, problem.Field{Path: at + "/action", Code: "one_of"})
		}
		if r.Stage != "" && r.Pipeline == "" {
			found = append(found, problem.Field{Path: at + "/pipeline", Code: "required", Message: "a stage is named together with its pipeline"})
		} else if !known(r.Type, r.Pipeline, r.Stage) {
			found = append(found, problem.Field{Path: at, Code: "unknown_reference", Message: "there is no such record type, pipeline or stage"})
		}
		same := r
		same.Reach = access.Nothing
		if seen[same] {
			found = append(found, problem.Field{Path: at, Code: "exists", Message: "the same action at the same place is decided twice"})
		}
		seen[same] = true
	}
	return found
}

// DeleteRole removes a role of one's own, or what was decided of a built-in one.
func (s *Service) DeleteRole(ctx context.Context, id string, rev int64) error {
	d, err := s.Directory(ctx)
	if err != nil {
		return err
	}
	e, err := event(ctx, "roleDeleted", d.roles[id], nil)
	if err != nil {
		return err
	}
	if err := s.roles.Delete(ctx, id, rev, e); err != nil {
		return refusal(ctx, s.roles, err, id, "", "role")
	}
	s.changed(ctx)
	return nil
}

// Role gives one role; a built-in one of which nothing was decided has rev 0.
func (s *Service) Role(ctx context.Context, id string) (Role, error) {
	r, err := s.roles.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		r = Role{Entity: docstore.Entity{ID: id}, Rights: []access.Right{}, UserIDs: []string{}, GroupIDs: []string{}, DepartmentIDs: []string{}}
		if r.BuiltIn() {
			return r, nil
		}
		return r, problem.NotFound("role")
	}
	return r.today(), err
}
