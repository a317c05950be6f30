package identity

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Group is a named set of people.
type Group struct {
	docstore.Entity
	Name      string   `json:"name"`
	MemberIDs []string `json:"memberIds"`
}

// Department is a place in the company's tree.
type Department struct {
	docstore.Entity
	Name     string `json:"name"`
	HeadID   string `json:"headId"`
	ParentID string `json:"parentId"`
}

// SaveGroup makes (Rev 0) or changes a group. A new group may bring its id.
func (s *Service) SaveGroup(ctx context.Context, g Group) (Group, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return g, err
	}
	g.Name = strings.TrimSpace(g.Name)
	found := problem.Line(nil, "/name", g.Name, true, maxNameRunes)
	g.MemberIDs = append([]string{}, slices.Compact(slices.Sorted(slices.Values(g.MemberIDs)))...) // never null in JSON
	for _, m := range g.MemberIDs {
		if _, ok := d.users[m]; !ok {
			found = append(found, problem.Field{Path: "/memberIds", Code: "unknown_reference"})
			break
		}
	}
	if err := problem.Fields(found); err != nil {
		return g, err
	}
	var before any
	kind := "groupCreated"
	if g.Rev > 0 {
		before, kind = d.groups[g.ID], "groupChanged"
	} else if g.ID == "" {
		g.ID = uuid.Must(uuid.NewV7()).String()
	}
	e, err := event(ctx, kind, before, g)
	if err != nil {
		return g, err
	}
	saved, err := s.groups.Save(ctx, g, e)
	if err != nil {
		return g, refusal(ctx, s.groups, err, g.ID, g.Name, "group")
	}
	s.changed(ctx)
	return saved, nil
}

// refusal explains why a document of people was not written.
func refusal[T any](ctx context.Context, t docstore.Typed[T], err error, id, name, what string) error {
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		return problem.NotFound(what)
	case errors.Is(err, docstore.ErrExists):
		return problem.New("exists", "what", name)
	case errors.Is(err, docstore.ErrConflict):
		current, err := t.Get(ctx, id)
		if err != nil {
			return err
		}
		return problem.Stale(current)
	}
	return err
}

// setMember puts a user into a group or takes the user out.
func (s *Service) setMember(ctx context.Context, groupID, userID string, member bool) error {
	_, err := s.groups.Update(ctx, groupID, func(g *Group) ([]docstore.Event, error) {
		before := *g
		before.MemberIDs = slices.Clone(g.MemberIDs)
		g.MemberIDs = slices.DeleteFunc(slices.Clone(g.MemberIDs), func(m string) bool { return m == userID })
		if member {
			g.MemberIDs = append(g.MemberIDs, userID)
			slices.Sort(g.MemberIDs)
		}
		e, err := event(ctx, "groupChanged", before, *g)
		return []docstore.Event{e}, err
	})
	return err
}

// DeleteGroup removes a group.
func (s *Service) DeleteGroup(ctx context.Context, id string, rev int64) error {
	d, err := s.Directory(ctx)
	if err != nil {
		return err
	}
	e, err := event(ctx, "groupDeleted", d.groups[id], nil)
	if err != nil {
		return err
	}
	if err := s.groups.Delete(ctx, id, rev, e); err != nil {
		return refusal(ctx, s.groups, err, id, "", "group")
	}
	s.changed(ctx)
	return nil
}

// SaveDepartment makes (Rev 0) or changes a department. A new department may
// bring its id.
func (s *Service) SaveDepartment(ctx context.Context, dep Department) (Department, error) {
	s.order.Lock()
	defer s.order.Unlock()
	d, err := s.reload(ctx)
	if err != nil {
		return dep, err
	}
	dep.Name = strings.TrimSpace(dep.Name)
	found := problem.Line(nil, "/name", dep.Name, true, maxNameRunes)
	if _, ok := d.users[dep.HeadID]; dep.HeadID != "" && !ok {
		found = append(found, problem.Field{Path: "/headId", Code: "unknown_reference"})
	}
	if dep.ParentID != "" {
		above := d.chain(dep.ParentID)
		if len(above) == 0 {
			found = append(found, problem.Field{Path: "/parentId", Code: "unknown_reference"})
		}
		if dep.ID != "" && slices.ContainsFunc(above, func(x Department) bool { return x.ID == dep.ID }) {
			found = append(found, problem.Field{Path: "/parentId", Code: "invalid", Message: "a department cannot be below itself"})
		}
	}
	if err := problem.Fields(found); err != nil {
		return dep, err
	}
	var before any
	kind := "departmentCreated"
	if dep.Rev > 0 {
		before, kind = d.departments[dep.ID], "departmentChanged"
	} else if dep.ID == "" {
		dep.ID = uuid.Must(uuid.NewV7()).String()
	}
	e, err := event(ctx, kind, before, dep)
	if err != nil {
		return dep, err
	}
	saved, err := s.departments.Save(ctx, dep, e)
	if err != nil {
		return dep, refusal(ctx, s.departments, err, dep.ID, dep.Name, "department")
	}
	s.changed(ctx)
	return saved, nil
}

// DeleteDepartment removes an empty department.
func (s *Service) DeleteDepartment(ctx context.Context, id string, rev int64) error {
	s.order.Lock()
	defer s.order.Unlock()
	d, err := s.reload(ctx)
	if err != nil {
		return err
	}
	if len(d.below[id]) > 0 {
		return problem.New("in_use", "by", d.departments[d.below[id][0]].Name)
	}
	for _, u := range d.Users() {
		if u.DepartmentID == id {
			return problem.New("in_use", "by", u.Name)
		}
	}
	e, err := event(ctx, "departmentDeleted", d.departments[id], nil)
	if err != nil {
		return err
	}
	if err := s.departments.Delete(ctx, id, rev, e); err != nil {
		return refusal(ctx, s.departments, err, id, "", "department")
	}
	s.changed(ctx)
	return nil
}
