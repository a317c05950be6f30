package sim

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

// number reads an environment variable: FLUXO_SIM_SEEDS is how many seeds to
// play, FLUXO_SIM_FIRST the first of them.
func number(name string, fallback uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return fallback
}

func TestHostsOverAFailingStore(t *testing.T) {
	first, seeds := number("FLUXO_SIM_FIRST", 1), number("FLUXO_SIM_SEEDS", 60)
	for _, immediate := range []bool{false, true} {
		name := "weak"
		if immediate {
			name = "embedded"
		}
		t.Run(name, func(t *testing.T) {
			for seed := first; seed < first+seeds; seed++ {
				w, err := New(context.Background(), Options{
					Seed: seed, Immediate: immediate, Hosts: 3, Runs: 5, Actions: 250, Faults: 20,
					Store: func(now func() core.Instant) store.Store {
						return memstore.New(memstore.Options{Now: now, Lazy: !immediate})
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Run(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
