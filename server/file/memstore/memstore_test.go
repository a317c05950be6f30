package memstore_test

import (
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/file/filetest"
	"github.com/fluxo-app/fluxo/server/file/memstore"
)

func TestStore(t *testing.T) {
	filetest.Run(t, func(_ *testing.T, now func() time.Time) file.Store { return memstore.New(now, file.Options{}) })
}
