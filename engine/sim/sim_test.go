package sim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/engine/store/sqlitestore"
)

// number reads an environment variable: FLUXO_SIM_SEEDS is how many seeds to
// play, FLUXO_SIM_FIRST the first of them.
func number(name string, fallback uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return fallback
}

// play plays seeds, those that are asked for or, of a store that is slow, one of
// them in so many. It returns how often a run was reserved in them.
func play(t *testing.T, seeds, slower uint64, o Options) (leased int) {
	t.Helper()
	first := number("FLUXO_SIM_FIRST", 1)
	if asked := number("FLUXO_SIM_SEEDS", 0); asked > 0 {
		seeds = max(1, asked/slower)
	}
	for seed := first; seed < first+seeds; seed++ {
		o.Seed = seed
		w, err := New(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Run(); err != nil {
			t.Fatal(err)
		}
		leased += w.leased
	}
	return leased
}

func TestHostsOverAFailingStore(t *testing.T) {
	for _, immediate := range []bool{false, true} {
		name := "weak"
		if immediate {
			name = "embedded"
		}
		t.Run(name, func(t *testing.T) {
			leased := play(t, 25, 1, Options{Immediate: immediate, Hosts: 3, Runs: 3, Wide: 3, Actions: 300, Faults: 20, Store: func(now func() core.Instant) store.Store {
				return memstore.New(memstore.Options{Now: now, Lazy: !immediate})
			}})
			if !immediate && leased == 0 {
				t.Error("no two hosts have met at a run")
			}
		})
	}
}

func TestHostsOverAFailingSQLite(t *testing.T) {
	dir, files := t.TempDir(), 0
	done := func() {} // with the store of the last seed: a thousand of them would be too many at once
	t.Cleanup(func() { done() })
	play(t, 3, 1, Options{Immediate: true, Hosts: 3, Runs: 3, Wide: 3, Actions: 300, Faults: 20, Store: func(now func() core.Instant) store.Store {
		done()
		files++
		path := filepath.Join(dir, strconv.Itoa(files)+".db")
		db, err := sqlitedb.Open(context.Background(), path, sqlitedb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		done = func() {
			if err := errors.Join(db.Close(), os.Remove(path)); err != nil {
				t.Error(err)
			}
		}
		s, err := sqlitestore.New(context.Background(), db, sqlitestore.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}})
}
