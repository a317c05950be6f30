package definition

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/rehearsal"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Versions gives published versions of processes; Service fits.
type Versions interface {
	Graph(ctx context.Context, key string, number int) (*graph.Graph, error)
	Latest(ctx context.Context, key string) (int, *graph.Graph, error)
}

// Finder gives rehearsals and trials the processes that theirs start or call: a version,
// or the latest for 0. What is not there is store.ErrNotFound.
func Finder(of Versions) func(ctx context.Context, key string, version int) (rehearsal.Definition, error) {
	return func(ctx context.Context, key string, version int) (rehearsal.Definition, error) {
		var g *graph.Graph
		var err error
		if version > 0 {
			g, err = of.Graph(ctx, key, version)
		} else {
			version, g, err = of.Latest(ctx, key)
		}
		var p *problem.Problem
		if errors.As(err, &p) {
			return rehearsal.Definition{}, fmt.Errorf("process %s: %w: %w", key, store.ErrNotFound, err)
		}
		if err != nil {
			return rehearsal.Definition{}, err
		}
		return rehearsal.Definition{Key: key, Name: g.Name, Version: version, Graph: g}, nil
	}
}
