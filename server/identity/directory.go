package identity

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Limits of what a directory holds in memory.
const (
	maxUsers  = 50_000
	maxGroups = 10_000
)

// Directory is an immutable snapshot of people. It implements the directory of
// the expression language.
type Directory struct {
	users       map[string]User
	byLogin     map[string]string
	groups      map[string]Group
	departments map[string]Department
	roles       map[string]Role
	groupsOf    map[string][]string
	below       map[string][]string // child departments
	heldBy      map[string][]string // role -> who of the active users holds it, sorted
}

func newDirectory(users []User, groups []Group, departments []Department, roles []Role) *Directory {
	d := &Directory{users: map[string]User{}, byLogin: map[string]string{}, groups: map[string]Group{},
		departments: map[string]Department{}, roles: map[string]Role{}, groupsOf: map[string][]string{}, below: map[string][]string{}}
	for _, g := range groups {
		d.groups[g.ID] = g
		for _, m := range g.MemberIDs {
			d.groupsOf[m] = append(d.groupsOf[m], g.ID)
		}
	}
	for _, u := range users {
		slices.Sort(d.groupsOf[u.ID])
		u.GroupIDs = d.groupIDs(u.ID)
		d.users[u.ID] = u
		d.byLogin[u.Login] = u.ID
	}
	for _, dep := range departments {
		d.departments[dep.ID] = dep
		if dep.ParentID != "" {
			d.below[dep.ParentID] = append(d.below[dep.ParentID], dep.ID)
		}
	}
	for _, r := range roles {
		d.roles[r.ID] = r.today()
	}
	d.heldBy = d.roleHolders()
	return d
}

// groupIDs lists the groups of a user; it is an empty list, not null, in JSON.
func (d *Directory) groupIDs(userID string) []string {
	if ids := d.groupsOf[userID]; ids != nil {
		return ids
	}
	return []string{}
}

// Find returns a user by id.
func (d *Directory) Find(id string) (User, bool) {
	u, ok := d.users[id]
	return u, ok
}

// FindLogin returns a user by login.
func (d *Directory) FindLogin(login string) (User, bool) {
	u, ok := d.users[d.byLogin[normalLogin(login)]]
	return u, ok
}

// Users lists everybody by name.
func (d *Directory) Users() []User {
	return sorted(d.users, func(u User) string { return u.Name + "\x00" + u.ID })
}

// Groups lists the groups by name.
func (d *Directory) Groups() []Group {
	return sorted(d.groups, func(g Group) string { return g.Name + "\x00" + g.ID })
}

// Departments lists the departments by name.
func (d *Directory) Departments() []Department {
	return sorted(d.departments, func(x Department) string { return x.Name + "\x00" + x.ID })
}

func sorted[T any](m map[string]T, key func(T) string) []T {
	out := make([]T, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b T) int {
		if ka, kb := key(a), key(b); ka < kb {
			return -1
		} else if ka > kb {
			return 1
		}
		return 0
	})
	return out
}

// User describes a user to expressions.
func (d *Directory) User(id string) (map[string]any, bool) {
	u, ok := d.users[id]
	if !ok {
		return nil, false
	}
	return map[string]any{"id": u.ID, "name": u.Name, "login": u.Login, "email": u.Email, "title": u.Title,
		"departmentId": u.DepartmentID, "language": u.Language, "zone": u.Zone, "active": u.Active}, true
}

// UserName gives the name of a user, and whether the user is active.
func (d *Directory) UserName(id string) (string, bool) {
	u, ok := d.users[id]
	return u.Name, ok && u.Active
}

// Members lists the active members of a group, or of "role:<id>" the active
// holders of the role.
func (d *Directory) Members(groupID string) []string {
	if role, is := strings.CutPrefix(groupID, access.HoldersOf); is {
		return slices.Clone(d.heldBy[role])
	}
	var out []string
	for _, id := range d.groups[groupID].MemberIDs {
		if d.users[id].Active {
			out = append(out, id)
		}
	}
	return out
}

// Chosen lists the active people that a choice of people means: a user, or the
// members of a group, the holders of a role, or who works in a department or below
// it. known is false for a choice that is not there.
func (d *Directory) Chosen(who string) (people []string, known bool) {
	kind, id, prefixed := strings.Cut(who, ":")
	switch {
	case !prefixed:
		if u, is := d.users[who]; is {
			if u.Active {
				people = []string{who}
			}
			return people, true
		}
		_, known = d.groups[who]
		return d.Members(who), known
	case kind == "user":
		return d.Chosen(id)
	case kind == "group":
		_, known = d.groups[id]
		return d.Members(id), known
	case kind+":" == access.HoldersOf:
		return d.Members(who), d.HasRole(id)
	case kind == "department":
		_, known = d.departments[id]
		for _, u := range d.Users() {
			if known && u.Active && slices.Contains(d.Above(u.DepartmentID), id) {
				people = append(people, u.ID)
			}
		}
		return people, known
	}
	return nil, false
}

// Among tells whether a choice of people means a person: somebody who has left, too,
// when it is the person that was chosen.
func (d *Directory) Among(who, user string) bool {
	if user == "" {
		return false
	}
	if strings.TrimPrefix(who, "user:") == user {
		return true
	}
	people, _ := d.Chosen(who)
	return slices.Contains(people, user)
}

// Head is the head of the user's department; for the head, and where a
// department has no active head, the one of the department above.
func (d *Directory) Head(userID string) (string, bool) {
	u, ok := d.users[userID]
	if !ok {
		return "", false
	}
	for _, dep := range d.chain(u.DepartmentID) {
		if dep.HeadID != "" && dep.HeadID != userID && d.users[dep.HeadID].Active {
			return dep.HeadID, true
		}
	}
	return "", false
}

// chain lists a department and those above it, from below. A stored circle ends it.
func (d *Directory) chain(id string) []Department {
	var out []Department
	seen := map[string]bool{}
	for dep, ok := d.departments[id]; ok && !seen[dep.ID]; dep, ok = d.departments[dep.ParentID] {
		seen[dep.ID] = true
		out = append(out, dep)
	}
	return out
}

// Above lists the ids of a department and those above it; none for one that is not
// known.
func (d *Directory) Above(departmentID string) []string {
	var out []string
	for _, dep := range d.chain(departmentID) {
		out = append(out, dep.ID)
	}
	return out
}

// DepartmentsOf lists the departments whose affairs are the user's: the own one
// and, for a head, all below.
func (d *Directory) DepartmentsOf(userID string) []string {
	u, ok := d.users[userID]
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	var out []string
	var add func(id string, deep bool)
	add = func(id string, deep bool) {
		if _, ok := d.departments[id]; !ok || seen[id] {
			return
		}
		seen[id] = true
		out = append(out, id)
		for _, child := range d.below[id] {
			if deep {
				add(child, true)
			}
		}
	}
	for _, dep := range d.departments {
		if dep.HeadID == userID {
			add(dep.ID, true)
		}
	}
	add(u.DepartmentID, false)
	slices.Sort(out)
	return out
}

// Subordinates lists the active users of the departments that the user heads.
func (d *Directory) Subordinates(userID string) []string {
	heads := map[string]bool{}
	for _, id := range d.DepartmentsOf(userID) {
		for _, dep := range d.chain(id) {
			heads[id] = heads[id] || dep.HeadID == userID
		}
	}
	var out []string
	for id, u := range d.users {
		if u.Active && id != userID && heads[u.DepartmentID] {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Actor is the user as package access sees people.
func (d *Directory) Actor(userID string) access.Actor {
	u, ok := d.users[userID]
	if !ok || !u.Active {
		return access.Actor{}
	}
	roles, decided := d.rolesOf(u)
	return access.Actor{UserID: u.ID, Name: u.Name, Roles: roles, Decided: decided, Groups: u.GroupIDs,
		Departments: d.DepartmentsOf(userID), Below: d.DepartmentsBelow(u.DepartmentID)}
}

// Directory returns the current snapshot.
func (s *Service) Directory(ctx context.Context) (*Directory, error) {
	s.mu.Lock()
	d, rev, fresh := s.directory, s.markRev, s.now().Before(s.checkedAt.Add(s.options.DirectoryAge))
	s.mu.Unlock()
	if d != nil && fresh {
		return d, nil
	}
	stored, err := s.directoryMark(ctx)
	if err != nil {
		return nil, err
	}
	if d == nil || stored != rev {
		return s.reload(ctx)
	}
	s.mu.Lock()
	s.checkedAt = s.now()
	s.mu.Unlock()
	return d, nil
}

func (s *Service) directoryMark(ctx context.Context) (int64, error) {
	m, err := s.marks.Get(ctx, "directory")
	if errors.Is(err, docstore.ErrNotFound) {
		return 0, nil
	}
	return m.Rev, err
}

// reload reads everybody. The mark is read first, so that a change in between is
// seen by the next check.
func (s *Service) reload(ctx context.Context) (*Directory, error) {
	rev, err := s.directoryMark(ctx)
	if err != nil {
		return nil, err
	}
	at := s.now()
	users, err := s.users.All(ctx, docstore.Query{}, maxUsers)
	if err != nil {
		return nil, err
	}
	groups, err := s.groups.All(ctx, docstore.Query{}, maxGroups)
	if err != nil {
		return nil, err
	}
	departments, err := s.departments.All(ctx, docstore.Query{}, maxGroups)
	if err != nil {
		return nil, err
	}
	roles, err := s.roles.All(ctx, docstore.Query{}, maxGroups)
	if err != nil {
		return nil, err
	}
	d := newDirectory(users, groups, departments, roles)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.directory, s.markRev, s.checkedAt = d, rev, at
	return d, nil
}

// Refresh reads everybody anew: whoever is told of a change before the one who made it
// has read it would decide by what was before.
func (s *Service) Refresh(ctx context.Context) error {
	_, err := s.reload(ctx)
	return err
}

// changed replaces the snapshot after a change made here. When it cannot be read
// now, the next reader tries again.
func (s *Service) changed(ctx context.Context) {
	if _, err := s.reload(ctx); err != nil {
		s.options.Log.WarnContext(ctx, "reload the directory", "error", err)
		s.mu.Lock()
		s.directory = nil
		s.mu.Unlock()
	}
}

// Current returns the last snapshot read, for callers without a context; it is
// never nil after New, and as old as the last call of Directory.
func (s *Service) Current() *Directory {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.directory == nil {
		return newDirectory(nil, nil, nil, nil)
	}
	return s.directory
}

// UserName gives the name of a user, and whether the user is active.
func (s *Service) UserName(id string) (string, bool) { return s.Current().UserName(id) }

// Among tells whether a choice of people means a person, by the newest directory that
// was read.
func (s *Service) Among(who, user string) bool { return s.Current().Among(who, user) }

// Chosen lists the people that a choice means, by the newest directory that was read.
func (s *Service) Chosen(who string) ([]string, bool) { return s.Current().Chosen(who) }

// UserLanguage gives the language that a user reads, "" for an unknown one.
func (s *Service) UserLanguage(id string) string {
	u, _ := s.Current().Find(id)
	return u.Language
}

// Names gives the names of the users that are known.
func (s *Service) Names(ctx context.Context, ids []string) (map[string]string, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(ids))
	for _, id := range ids {
		if u, ok := d.users[id]; ok {
			out[id] = u.Name
		}
	}
	return out, nil
}

// GroupNames gives the names of the groups that are known.
func (s *Service) GroupNames(ctx context.Context, ids []string) (map[string]string, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(ids))
	for _, id := range ids {
		if g, ok := d.groups[id]; ok {
			out[id] = g.Name
		}
	}
	return out, nil
}

// Deliver takes events from the relay and tells other processes that people
// changed. It ignores the events of other packages.
func (s *Service) Deliver(ctx context.Context, d docstore.Delivery) error {
	if d.Collection != "users" && d.Collection != "groups" && d.Collection != "departments" && d.Collection != "roles" {
		return nil
	}
	_, err := s.marks.Update(ctx, "directory", func(*mark) ([]docstore.Event, error) { return nil, nil })
	if errors.Is(err, docstore.ErrNotFound) {
		_, err = s.marks.Save(ctx, mark{Entity: docstore.Entity{ID: "directory"}})
	}
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		// Somebody marked it between our read and our write, so after the change
		// that this event tells of: that mark stands for ours too.
		return nil
	}
	return err
}
