package memstore_test

import (
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/docstoretest"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
)

func TestStore(t *testing.T) {
	docstoretest.Run(t, func(_ *testing.T, now func() time.Time) docstore.Store { return memstore.New(now) })
}
