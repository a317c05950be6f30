package memstore_test

import (
	"testing"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memstore.New(memstore.Options{}) }, storetest.Options{})
}

func TestLazyStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memstore.New(memstore.Options{Lazy: true}) }, storetest.Options{})
}

func BenchmarkCommit(b *testing.B) {
	for _, work := range storetest.Benchmarks {
		b.Run(work.Name, func(b *testing.B) { work.Run(b, memstore.New(memstore.Options{}), 32) })
	}
}
