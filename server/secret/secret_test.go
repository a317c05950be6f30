package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/secret"
)

func box(t *testing.T, fill byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(bytes.Repeat([]byte{fill}, secret.KeyBytes), nil)
	require.NoError(t, err)
	return b
}

func TestBoxOpensOnlyItsOwn(t *testing.T) {
	b := box(t, 1)
	for _, text := range []string{"", "hunter2", strings.Repeat("żółw", 1000)} {
		sealed, err := b.Seal("mail.password", text)
		require.NoError(t, err)
		if text != "" {
			require.NotContains(t, sealed, text)
		}
		opened, err := b.Open("mail.password", sealed)
		require.NoError(t, err)
		require.Equal(t, text, opened)
	}
	one, err := b.Seal("p", "same")
	require.NoError(t, err)
	two, err := b.Seal("p", "same")
	require.NoError(t, err)
	require.NotEqual(t, one, two)

	_, err = b.Open("other purpose", one)
	require.ErrorIs(t, err, secret.ErrDamaged)
	_, err = box(t, 2).Open("p", one)
	require.ErrorIs(t, err, secret.ErrDamaged)
	for _, bad := range []string{"", "v1.", "v1.!!", "hunter2", one[:len(one)-2], "v2" + one[2:]} {
		_, err := b.Open("p", bad)
		require.ErrorIs(t, err, secret.ErrDamaged, bad)
	}
	_, err = secret.NewBox([]byte("short"), nil)
	require.Error(t, err)
}

func TestLoadKeyMakesTheFileOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "secret.key")
	keys := make([][]byte, 8)
	errs := make([]error, len(keys))
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() { keys[i], errs[i] = secret.LoadKey("", path, rand.Reader) })
	}
	wg.Wait()
	for i := range keys {
		require.NoError(t, errs[i])
		require.Equal(t, keys[0], keys[i])
	}
	require.Len(t, keys[0], secret.KeyBytes)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1)

	given := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, secret.KeyBytes))
	key, err := secret.LoadKey(given, path, rand.Reader)
	require.NoError(t, err)
	require.Equal(t, bytes.Repeat([]byte{7}, secret.KeyBytes), key)
}

func TestLoadKeyRefusals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	_, err := secret.LoadKey("too short", path, rand.Reader)
	require.ErrorContains(t, err, "openssl rand")
	require.NoFileExists(t, path)
	require.NoError(t, os.WriteFile(path, []byte("garbage"), 0o600))
	_, err = secret.LoadKey("", path, rand.Reader)
	require.ErrorContains(t, err, "32 bytes in base64")
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = secret.LoadKey("", path, rand.Reader)
	require.ErrorContains(t, err, "chmod 600")
	_, err = secret.LoadKey("", filepath.Join(t.TempDir(), "k"), bytes.NewReader(nil))
	require.Error(t, err)
}

func TestCheckRefusesAnotherKey(t *testing.T) {
	store := memstore.New(func() time.Time { return time.Unix(0, 0) })
	require.NoError(t, box(t, 1).Check(t.Context(), store))
	require.NoError(t, box(t, 1).Check(t.Context(), store))
	require.ErrorIs(t, box(t, 2).Check(t.Context(), store), secret.ErrWrongKey)
}
