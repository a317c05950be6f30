package definition

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/access"
)

// Directory knows who can act. "role:<id>" is a group of those who hold the role.
type Directory interface {
	User(id string) (map[string]any, bool)
	Members(groupID string) []string
	IsGroup(id string) bool
}

// nobodyToAsk warns of tasks and approvals whose people are written down and
// among whom nobody can act: unknown or switched off users, groups without
// members. Whom an expression will name is not known yet.
func nobodyToAsk(nodes []graph.NodeDefinition, path string, d Directory) []graph.Finding {
	var out []graph.Finding
	for i := range nodes {
		n := &nodes[i]
		at := fmt.Sprintf("%s/nodes/%d", path, i)
		out = append(out, nobodyToAsk(n.Nodes, at, d)...)
		if n.Disabled || !slices.Contains([]string{"userTask", "approval", "acknowledge", "requestInformation"}, n.Kind) {
			continue
		}
		var config map[string]any
		if json.Unmarshal(n.Config, &config) != nil {
			continue
		}
		var who []string
		somebody := false
		for _, key := range []string{"assignee", "assignees", "approvers", "group", "groups", "people"} {
			names, open := literals(config[key])
			who = append(who, names...)
			somebody = somebody || open || slices.ContainsFunc(names, func(id string) bool { return canAct(d, id) })
		}
		if somebody || len(who) == 0 {
			continue
		}
		list := strings.Join(who, ", ")
		out = append(out, graph.Finding{Code: "nobody_to_ask", Severity: graph.Warning, Path: at + "/config", Node: n.ID, Field: "/config",
			Message: fmt.Sprintf("nobody of %s can act: they are unknown or switched off, the group has no members, or nobody holds the role", list),
			Remedy:  "choose people who are there, add members to the group, or give somebody the role", Data: map[string]any{"who": list}})
	}
	return out
}

// literals lists the ids that are written down; open tells of an expression.
func literals(v any) (ids []string, open bool) {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "{{") {
			return nil, true
		}
		if v = strings.TrimSpace(v); v != "" {
			ids = []string{v}
		}
	case []any:
		for _, inner := range v {
			more, isOpen := literals(inner)
			ids, open = append(ids, more...), open || isOpen
		}
	case map[string]any:
		if _, is := v["expr"]; is {
			return nil, true
		}
		if role, is := v["role"].(string); is && role != "" {
			ids = append(ids, access.HoldersOf+role)
		}
		for _, key := range []string{"user", "group", "id", "users", "groups"} {
			more, isOpen := literals(v[key])
			ids, open = append(ids, more...), open || isOpen
		}
	}
	return ids, open
}

func canAct(d Directory, id string) bool {
	if group, is := strings.CutPrefix(id, "group:"); is {
		return len(d.Members(group)) > 0
	}
	if strings.HasPrefix(id, access.HoldersOf) {
		return len(d.Members(id)) > 0
	}
	id = strings.TrimPrefix(id, "user:")
	if user, known := d.User(id); known {
		return user["active"] != false
	}
	return d.IsGroup(id) && len(d.Members(id)) > 0
}
