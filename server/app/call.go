package app

import (
	"context"
	"errors"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/problem"
)

// callee describes a published process to the checks of those that call it.
func callee(ctx context.Context, definitions *definition.Service, key string, number int) (graph.Callee, bool) {
	var g *graph.Graph
	var err error
	if number == 0 {
		_, g, err = definitions.Latest(ctx, key)
	} else {
		g, err = definitions.Graph(ctx, key, number)
	}
	var refused *problem.Problem
	switch {
	case errors.As(err, &refused) && refused.Status() < 500:
		return graph.Callee{}, false
	case err != nil: // the store is away: the call itself will tell
		return graph.Callee{Startable: true}, true
	}
	_, startable := g.CalledStart()
	return graph.Callee{Startable: startable, Inputs: g.Inputs()}, true
}
