package definition

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Processes reads definitions and what they were in each of their versions.
type Processes interface {
	Summary(ctx context.Context, key string) (Summary, error)
	Process(ctx context.Context, key string, version int) (json.RawMessage, error)
}

// Placed is a node with the flows that stand beside it.
type Placed struct {
	graph.NodeDefinition
	Beside []graph.Flow
}

// Nodes are the nodes of a process at any depth, by id.
func Nodes(process json.RawMessage) (map[string]Placed, error) {
	def, err := graph.Parse(process)
	if err != nil {
		return nil, err
	}
	out := map[string]Placed{}
	var place func(nodes []graph.NodeDefinition, beside []graph.Flow)
	place = func(nodes []graph.NodeDefinition, beside []graph.Flow) {
		for _, n := range nodes {
			out[n.ID] = Placed{n, beside}
			place(n.Nodes, n.Flows)
		}
	}
	place(def.Nodes, def.Flows)
	return out, nil
}

// HasNode tells whether a node stands in a version of a definition, or in any for 0. A
// definition that was never published has none; a version that is not there yet is
// not found.
func HasNode(ctx context.Context, all Processes, key, node string, version int) (bool, error) {
	d, err := all.Summary(ctx, key)
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() == http.StatusNotFound || err == nil && d.PublishedVersion == nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	newest, oldest := *d.PublishedVersion, 1
	if version > 0 {
		if version > newest {
			return false, problem.NotFound("version")
		}
		newest, oldest = version, version
	}
	for n := newest; n >= oldest; n-- {
		process, err := all.Process(ctx, key, n)
		if err != nil {
			return false, err
		}
		if nodes, err := Nodes(process); err == nil {
			if _, is := nodes[node]; is {
				return true, nil
			}
		}
	}
	return false, nil
}
