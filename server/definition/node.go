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
		if def, err := graph.Parse(process); err == nil {
			if _, _, is := nodeIn(def.Nodes, def.Flows, node); is {
				return true, nil
			}
		}
	}
	return false, nil
}

// nodeIn finds a node at any depth, with the flows beside it.
func nodeIn(nodes []graph.NodeDefinition, flows []graph.Flow, id string) (graph.NodeDefinition, []graph.Flow, bool) {
	for _, n := range nodes {
		if n.ID == id {
			return n, flows, true
		}
		if inner, beside, is := nodeIn(n.Nodes, n.Flows, id); is {
			return inner, beside, true
		}
	}
	return graph.NodeDefinition{}, nil, false
}

// NodeOf reads a node of a version, at any depth, with the flows beside it; false when
// it has none of that id.
func NodeOf(process json.RawMessage, id string) (graph.NodeDefinition, []graph.Flow, bool, error) {
	def, err := graph.Parse(process)
	if err != nil {
		return graph.NodeDefinition{}, nil, false, err
	}
	n, flows, is := nodeIn(def.Nodes, def.Flows, id)
	return n, flows, is, nil
}
