package docstore_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// A total is what unbounded numbers give, within the range of whole numbers; in which
// order it is added up does not matter.
func TestTotalDoesNotWrap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	edges := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}
	for range 2000 {
		var sum docstore.Total
		exact := new(big.Int)
		for range r.IntN(9) {
			n := edges[r.IntN(len(edges))]
			sum.Add(n)
			exact.Add(exact, big.NewInt(n))
		}
		want := exact.Int64()
		if exact.Cmp(big.NewInt(math.MaxInt64)) > 0 {
			want = math.MaxInt64
		} else if exact.Cmp(big.NewInt(math.MinInt64)) < 0 {
			want = math.MinInt64
		}
		require.Equal(t, want, sum.Int64(), "%s", exact)
	}
}
