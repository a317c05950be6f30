package run_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/run"
)

// The epoch is an instant like any other: as a bound it must not mean "any time",
// least of all for an act on everything that matches.
func TestEpochBoundsASearch(t *testing.T) {
	var q store.RunQuery
	require.True(t, run.Search{StartedTo: time.Unix(0, 0), IdleSince: time.Unix(0, 0)}.Narrow(&q))
	require.NotZero(t, q.StartedTo)
	require.NotZero(t, q.IdleSince)
	require.Zero(t, q.StartedFrom)
}
