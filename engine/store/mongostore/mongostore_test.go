package mongostore_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/mongostore"
	"github.com/fluxo-app/fluxo/engine/store/mongostore/mongotest"
	"github.com/fluxo-app/fluxo/engine/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

func open(t *testing.T) *mongostore.Store {
	t.Helper()
	s, err := mongostore.New(t.Context(), mongotest.Open(t), mongostore.Options{})
	require.NoError(t, err)
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t) }, storetest.Options{Light: mongotest.Light()})
}
