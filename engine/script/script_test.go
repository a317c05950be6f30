package script

import (
	"flag"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

func TestScripts(t *testing.T) {
	eval := NewFacts()
	Run(t, "testdata/*.txt", Options{
		Commands: true,
		Update:   *update,
		New: func(tb testing.TB, g *graph.Graph, run core.RunID) Driver {
			return NewCoreDriver(tb, g, run, eval)
		},
	})
}
