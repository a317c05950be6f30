package identity

import (
	"crypto/rand"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"
)

// An unknown login is compared with a text that nothing was hashed for; it must
// cost what a real hash costs, or the time tells who has an account.
func TestUnmatchedCostsAsMuchAsARealHash(t *testing.T) {
	p := argon2id.Params{Memory: 64, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	text, err := unmatched(rand.Reader, p)
	require.NoError(t, err)
	real, err := argon2id.CreateHash("a long enough passphrase", &p)
	require.NoError(t, err)
	require.Len(t, text, len(real))
	ok, params, err := argon2id.CheckHash("a long enough passphrase", text)
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, p, *params)
}
