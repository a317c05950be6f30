package definition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/definition/portable"
)

// rolesNamed lists the roles that a process names, wherever people are chosen.
func (s *Service) rolesNamed(process json.RawMessage) []portable.Ref {
	if !bytes.Contains(process, []byte(access.HoldersOf)) {
		return nil
	}
	tree, err := parseTree(process)
	if err != nil {
		return nil // the check says what is wrong with it
	}
	nobody := func(string) bool { return false }
	return slices.DeleteFunc(portable.Collect(tree, s.schemas(), nobody), func(r portable.Ref) bool { return r.Kind != portable.Role })
}

// unknownRoles warns of roles that are named and do not exist, step by step.
func unknownRoles(seen inspected, d Directory) []graph.Finding {
	var out []graph.Finding
	for _, r := range seen.roles {
		if d.IsGroup(access.HoldersOf + r.ID) {
			continue
		}
		for _, node := range r.Nodes {
			at, found := pathOf(seen.def.Nodes, "", node)
			if !found {
				continue
			}
			out = append(out, graph.Finding{Code: "unknown_role", Severity: graph.Warning, Path: at, Node: node,
				Message: fmt.Sprintf("there is no role %q", r.ID), Remedy: "choose a role that is there", Data: map[string]any{"role": r.ID}})
		}
	}
	return out
}

// pathOf is where a node stands in the text of a process.
func pathOf(nodes []graph.NodeDefinition, path, id string) (string, bool) {
	for i := range nodes {
		at := fmt.Sprintf("%s/nodes/%d", path, i)
		if nodes[i].ID == id {
			return at, true
		}
		if below, found := pathOf(nodes[i].Nodes, at, id); found {
			return below, true
		}
	}
	return "", false
}
