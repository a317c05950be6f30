package sim

import (
	"os"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/mongostore"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

func TestHostsOverAFailingMongoDB(t *testing.T) {
	actions := 400
	if mongotest.Light() {
		actions = 60
	}
	play(t, 1, 100, Options{Hosts: 2, Runs: 1, Wide: 2, Actions: actions, Faults: 20, Store: func(now func() core.Instant) store.Store {
		s, err := mongostore.New(t.Context(), mongotest.Open(t), mongostore.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}})
}
