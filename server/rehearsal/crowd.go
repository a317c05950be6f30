package rehearsal

import (
	"slices"

	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/server/resolve"
)

// crowd adds the people of a scenario to those of the installation, so that the
// scenarios of a template pass in an installation that has none of them.
type crowd struct {
	resolve.Directory
	people map[string]rehearsal.Person
}

// Head implements resolve.Directory.
func (c crowd) Head(user string) (string, bool) {
	if p, ok := c.people[user]; ok {
		return p.Head, p.Head != ""
	}
	return c.Directory.Head(user)
}

// User implements resolve.Directory.
func (c crowd) User(id string) (map[string]any, bool) {
	if p, ok := c.people[id]; ok {
		return map[string]any{"id": id, "name": p.Name, "email": p.Email}, true
	}
	return c.Directory.User(id)
}

// Members implements resolve.Directory: those of the installation, then those of
// the scenario in the order of their ids.
func (c crowd) Members(group string) []string {
	members := slices.Clone(c.Directory.Members(group))
	var more []string
	for id, p := range c.people {
		if slices.Contains(p.Groups, group) && !slices.Contains(members, id) {
			more = append(more, id)
		}
	}
	slices.Sort(more)
	return append(members, more...)
}
