package host_test

import (
	"os"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/script"
	"github.com/fluxo-app/fluxo/engine/store/mongostore"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

// TestScriptsOnMongoDB runs the scripts over the MongoDB protocol: all of them in
// the long tests and against a real deployment, one in four against the slow
// stand-in.
func TestScriptsOnMongoDB(t *testing.T) {
	every := 0
	if mongotest.Light() && os.Getenv("FLUXO_SOAK") == "" {
		every = 4
	}
	script.Run(t, "../script/testdata/*.txt", script.Options{Every: every, New: func(tb testing.TB, g *graph.Graph, run core.RunID) script.Driver {
		f := clock.NewFake(time.UnixMilli(0))
		s, err := mongostore.New(tb.Context(), mongotest.Open(tb), mongostore.Options{Now: func() core.Instant { return clock.Now(f) }})
		if err != nil {
			tb.Fatal(err)
		}
		return newDriver(tb, s, f, false, g, run)
	}})
}
